import { CATALOGUE, D } from '../../trace/catalogue.ts';
import { Opening, type Trace } from '../../trace/trace.ts';
import { NO_BYTES } from '../../wire/bytes.ts';
import { viewOf } from '../../wire/data-view.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import type { Packet } from '../packet.ts';

// Offsets in an Ethernet frame with an IPv4 header without options. Words are compared as the machine loads them.
const MACS_MIDDLE = 4;
const MACS_END = 8;
const TYPE = 12;
const IP = ETHERNET_HEADER;
const TCP = IP + IPV4_HEADER;
const TCP_HEADER = 20;
/** EtherType IPv4, then version 4 and five words of header, as one little-endian word without the TOS. */
const PLAIN_IPV4 = 0x0045_0008;
/** Fragment offset, more fragments and the reserved bit of flags and offset, little-endian. */
const NOT_PLAIN = 0xffbf;
/** Fewer bytes behind the packet are no FCS, and no frame below this length has one (see the nic). */
const FCS_LENGTH = 4;
const FCS_FRAME = 64;

/** Lengths that the nic tells apart. */
const Size = { plain: 0, short: 1, merged: 2 } as const;

/** The decisions that a frame with nothing special about it meets on its way to TCP. */
const PLAIN = new Uint8Array(CATALOGUE.length);
for (const id of [
  D.nic_fcs_not_captured,
  D.nic_short_frame,
  D.nic_merged_segments,
  D.nic_mac_ours,
  D.nic_mac_unknown,
  D.nic_ring_slot,
  D.nic_interrupt,
  D.driver_poll,
  D.driver_ipv4,
  D.ipv4_header_valid,
  D.ipv4_ours,
  D.ipv4_to_tcp,
]) {
  PLAIN[id] = 1;
}

/**
 * The way of TCP segments between two addresses under two MACs, from the card up to TCP (or, of those that the captured server sent, past
 * it): which decisions the layers took for the last one, and what they found in its headers. A frame with the same headers that is whole
 * and whose IP header is right meets the same ones, so they need not be taken again.
 */
export class Lane {
  /** To our host; else from it. */
  inbound = false;
  private macsStart = 0;
  private macsMiddle = 0;
  private macsEnd = 0;
  private source = 0;
  private destination = 0;
  private linkType = -1;
  private size: number = Size.plain;
  private readonly opening = new Opening();
  /** Places among the values of those that are the frame's own: its length, its packet's. */
  private frameLengthAt = -1;
  private packetLengthAt = -1;
  private destinationMacHigh = 0;
  private destinationMacLow = 0;
  private sourceMacHigh = 0;
  private sourceMacLow = 0;
  private src3 = 0;
  private dst3 = 0;
  private linkTarget = 0;
  private ipTarget = 0;
  private readonly minFrame: number;
  private readonly maxFrame: number;

  constructor(minFrame: number, maxFrame: number) {
    this.minFrame = minFrame;
    this.maxFrame = maxFrame;
  }

  /** Would the frame's headers meet the lane's decisions? */
  fits(frame: Frame): boolean {
    const { start, end } = frame;
    const length = end - start;
    if (length < TCP + TCP_HEADER || frame.wireLength !== length || frame.linkType !== this.linkType) return false;
    const view = viewOf(frame.bytes);
    if (view.getInt32(start + TCP - 4, true) !== this.destination || view.getInt32(start + TCP - 8, true) !== this.source)
      return false;
    if (view.getInt32(start, true) !== this.macsStart || view.getInt32(start + MACS_MIDDLE, true) !== this.macsMiddle)
      return false;
    if (view.getInt32(start + MACS_END, true) !== this.macsEnd) return false;
    if ((view.getInt32(start + TYPE, true) & 0x00ff_ffff) !== PLAIN_IPV4) return false;
    const idAndFlags = view.getInt32(start + IP + 4, true);
    if (((idAndFlags >>> 16) & NOT_PLAIN) !== 0 || view.getUint8(start + IP + 9) !== IpProtocol.tcp) return false;
    const packetLength = view.getUint16(start + IP + 2);
    if (packetLength < IPV4_HEADER + TCP_HEADER || packetLength > length - IP) return false;
    if (!isRight(view, start + IP)) return false;
    if (!this.inbound) return true;
    if (frame.linkErrors !== 0 || frame.fcsLength > 0 || this.sizeOf(length) !== this.size) return false;
    return length < FCS_FRAME || length - IP - packetLength < FCS_LENGTH;
  }

  /** Records the lane's decisions for a frame that fits, and fills in what the layers would have. */
  lead(packet: Packet, trace: Trace): void {
    const { frame } = packet;
    const { bytes, start } = frame;
    const network = start + IP;
    const length = (bytes[network + 2]! << 8) | bytes[network + 3]!;
    packet.bytes = bytes;
    packet.hasMacs = true;
    packet.destinationMacHigh = this.destinationMacHigh;
    packet.destinationMacLow = this.destinationMacLow;
    packet.sourceMacHigh = this.sourceMacHigh;
    packet.sourceMacLow = this.sourceMacLow;
    packet.etherType = EtherType.ipv4;
    packet.linkTarget = this.linkTarget;
    packet.loopback = false;
    packet.family = 4;
    packet.src0 = packet.src1 = packet.src2 = packet.dst0 = packet.dst1 = packet.dst2 = 0;
    packet.src3 = this.src3;
    packet.dst3 = this.dst3;
    packet.protocol = IpProtocol.tcp;
    packet.tos = bytes[network + 1]!;
    packet.ttl = bytes[network + 8]!;
    packet.networkStart = network;
    packet.networkEnd = packet.payloadEnd = network + length;
    packet.optionsStart = packet.optionsEnd = packet.payloadStart = network + IPV4_HEADER;
    packet.replyOptions = packet.changedOptions = NO_BYTES;
    packet.replyOptionsFail = false;
    packet.payloadLength = length - IPV4_HEADER;
    packet.reassembled = false;
    if (!this.inbound) return;
    packet.ipTarget = this.ipTarget;
    const { values } = this.opening;
    if (this.frameLengthAt >= 0) values[this.frameLengthAt] = frame.end - start;
    values[this.packetLengthAt] = length;
    values[this.packetLengthAt + 1] = packet.ttl;
    trace.open(this.opening);
  }

  /** Becomes the lane of the segment that has climbed, or was observed, if its way was a plain one. */
  learn(packet: Packet, trace: Trace, inbound: boolean): void {
    const { frame } = packet;
    if (packet.reassembled || packet.loopback || packet.networkStart !== frame.start + IP) return;
    this.linkType = -1;
    this.inbound = inbound;
    if (inbound && !this.learnSteps(trace)) return;
    const view = viewOf(frame.bytes);
    const { start } = frame;
    this.macsStart = view.getInt32(start, true);
    this.macsMiddle = view.getInt32(start + MACS_MIDDLE, true);
    this.macsEnd = view.getInt32(start + MACS_END, true);
    this.source = view.getInt32(start + TCP - 8, true);
    this.destination = view.getInt32(start + TCP - 4, true);
    this.size = this.sizeOf(frame.end - start);
    this.destinationMacHigh = packet.destinationMacHigh;
    this.destinationMacLow = packet.destinationMacLow;
    this.sourceMacHigh = packet.sourceMacHigh;
    this.sourceMacLow = packet.sourceMacLow;
    this.src3 = packet.src3;
    this.dst3 = packet.dst3;
    this.linkTarget = packet.linkTarget;
    this.ipTarget = packet.ipTarget;
    this.linkType = frame.linkType;
    if (!this.fits(frame)) this.linkType = -1;
  }

  private learnSteps({ ids, values, length }: Trace): boolean {
    this.frameLengthAt = this.packetLengthAt = -1;
    let count = 0;
    while (count < length && ids[count] !== D.ipv4_to_tcp) {
      const id = ids[count]!;
      if (PLAIN[id] === 0) return false;
      if (id === D.nic_short_frame || id === D.nic_merged_segments) this.frameLengthAt = count * 3;
      else if (id === D.ipv4_header_valid) this.packetLengthAt = count * 3 + 1;
      count++;
    }
    if (count === length || this.packetLengthAt < 0) return false;
    const { opening } = this;
    opening.length = count + 1;
    opening.ids.set(ids.subarray(0, count + 1));
    opening.values.set(values.subarray(0, (count + 1) * 3));
    return true;
  }

  private sizeOf(length: number): number {
    return length < this.minFrame ? Size.short : length > this.maxFrame ? Size.merged : Size.plain;
  }
}

/** Is the checksum of the IPv4 header of five words right (RFC 1071)? Their sum is never 0. */
function isRight(view: DataView, at: number): boolean {
  const sum =
    view.getUint16(at) +
    view.getUint16(at + 2) +
    view.getUint16(at + 4) +
    view.getUint16(at + 6) +
    view.getUint16(at + 8) +
    view.getUint16(at + 10) +
    view.getUint16(at + 12) +
    view.getUint16(at + 14) +
    view.getUint16(at + 16) +
    view.getUint16(at + 18);
  return sum % 0xffff === 0;
}
