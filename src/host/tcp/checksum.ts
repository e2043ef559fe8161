import { D } from '../../trace/catalogue.ts';
import { fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import type { CaptureRules } from '../config.ts';
import type { Packet } from '../packet.ts';
import type { Segment } from './segment.ts';

const PROTOCOL = 6;
/** A longer Ethernet frame than has been on a wire without jumbo frames: VLAN tag and FCS included. */
export const LONGEST_FRAME = 1522;
/** What a connection's MSS may already be less for timestamps. */
const TIMESTAMPS = 12;

/**
 * The decision about the segment's checksum (RFC 9293 §3.1): good, bad, not captured to tell, or left to a card that sent or merged it.
 * `mss`: what its receiver has announced, so long may one segment be; 0: not known.
 */
export function checksumVerdict(packet: Packet, s: Segment, capture: CaptureRules | null, mss: number): number {
  const { bytes, payloadStart: start, payloadLength: length } = packet;
  const end = start + length;
  if (end > packet.payloadEnd) return D.tcp_checksum_not_captured;
  const pseudo =
    packet.family === 4
      ? pseudoHeader4(packet.src3, packet.dst3, PROTOCOL, length)
      : pseudoHeader6(
          packet.src0,
          packet.src1,
          packet.src2,
          packet.src3,
          packet.dst0,
          packet.dst1,
          packet.dst2,
          packet.dst3,
          PROTOCOL,
          length,
        );
  if (fold(sumBytes(bytes, start, end, pseudo)) === 0xffff) return D.tcp_checksum_good;
  if (capture === null || packet.sealed) return D.tcp_checksum_bad;
  if (capture.offload) {
    const field = (bytes[start + 16]! << 8) | bytes[start + 17]!;
    // A card that cuts segments itself is given the sum without their length.
    if (field === fold(pseudo) || field === fold(pseudo + 0xffff - (length % 0xffff))) return D.tcp_checksum_offloaded;
    if (packet.frame.wireLength > LONGEST_FRAME && !packet.reassembled && exceeds(s, mss)) return D.tcp_checksum_merged;
  }
  return capture.disregardChecksum(packet) ? D.tcp_checksum_disregarded : D.tcp_checksum_bad;
}

/** Is the segment longer than one may be? Then it is several. */
function exceeds(s: Segment, mss: number): boolean {
  return s.dataLength + s.headerLength - 20 > (mss > 0 ? mss + TIMESTAMPS : 0);
}
