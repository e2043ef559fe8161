import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { viewOf } from '../../wire/data-view.ts';
import type { Packet } from '../packet.ts';
import { roomBehind, type Segment, truesize } from './segment.ts';
import { add } from './seq.ts';

/**
 * Reads the TCP header of the packet (RFC 9293 §3.1) into the segment and into the packet's facts; false where it is not whole or not
 * there. `observed`: nothing is recorded then.
 */
export function readSegment(packet: Packet, s: Segment, trace: Trace, observed: boolean): boolean {
  const { payloadStart: start, payloadEnd: end, payloadLength: length } = packet;
  const { bytes } = packet;
  if (end - start < 20) {
    if (!observed) {
      if (length < 20) trace.record(D.tcp_header_truncated, length);
      else trace.record(D.tcp_header_not_captured, end - start);
    }
    return false;
  }
  // in one go, where TcpView would look at its bytes for each field
  const view = viewOf(bytes);
  const offsetAndFlags = view.getUint16(start + 12);
  packet.hasTransport = true;
  packet.sourcePort = view.getUint16(start);
  packet.destinationPort = view.getUint16(start + 2);
  packet.tcpFlags = s.flags = offsetAndFlags & 0xff;
  packet.seq = s.seq = view.getUint32(start + 4);
  packet.ack = s.ack = view.getUint32(start + 8);
  packet.window = s.window = view.getUint16(start + 14);
  s.urgentPointer = view.getUint16(start + 18);
  const header = (offsetAndFlags >> 12) << 2;
  s.headerLength = header;
  if (header < 20) {
    if (!observed) trace.record(D.tcp_bad_data_offset, header >> 2);
    return false;
  }
  if (header > length) {
    if (!observed) trace.record(D.tcp_header_beyond_end, header, length);
    return false;
  }
  const data = length - header;
  packet.dataLength = s.dataLength = data;
  s.bytes = bytes;
  s.dataStart = Math.min(start + header, end);
  s.dataEnd = Math.min(end, start + length);
  s.endSeq = add(s.seq, data + ((s.flags >> 1) & 1) + (s.flags & 1));
  s.ce = (packet.tos & 3) === 3;
  s.ect = (packet.tos & 3) !== 0;
  s.hasOptions = header > 20;
  if (s.hasOptions) s.options.parse(bytes, start + 20, Math.min(start + header, end));
  else s.options.sackCount = 0;
  const withHeader = length + (packet.family === 4 ? 20 : 40);
  s.truesize = truesize(withHeader);
  s.room = roomBehind(withHeader);
  return true;
}
