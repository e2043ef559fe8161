import { Frame } from '../wire/frame.ts';

export const LinkTarget = { us: 0, broadcast: 1, multicast: 2, other: 3 } as const;
export const IpTarget = { unicast: 0, broadcast: 1, multicast: 2 } as const;

/**
 * What the layers below have found out about the packet that is climbing, for the layers above: the host's skb. One object per
 * host, filled on the way up. Addresses are four unsigned 32-bit words, most significant first; IPv4 sits in the last word, the others are 0.
 */
export class Packet {
  frame: Frame = new Frame();
  /** Buffer of the packet: the frame's, or that of a reassembled datagram. */
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte after the link header (and VLAN tags); one past the last captured byte without FCS. */
  networkStart = 0;
  networkEnd = 0;
  /** Link type has MAC addresses. */
  hasMacs = false;
  /** Upper 16 and lower 32 bits, unsigned. */
  sourceMacHigh = 0;
  sourceMacLow = 0;
  destinationMacHigh = 0;
  destinationMacLow = 0;
  /** A `LinkTarget` number. */
  linkTarget = 0;
  /** Outermost VLAN id; -1 without a tag. */
  vlan = -1;
  etherType = 0;

  /** 4 or 6. */
  family = 4;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** An `IpTarget` number. */
  ipTarget = 0;
  protocol = 0;
  ttl = 0;
  tos = 0;
  /** IPv4 options of the packet, as offsets in `bytes`; equal when there are none. */
  optionsStart = 0;
  optionsEnd = 0;
  /** Transport header begins; one past the last byte of it that is there. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Length of the transport header and data as the IP header gives it; more than is there where the snaplen cut. */
  payloadLength = 0;
  /** Made of fragments: offload and snaplen rules do not apply. */
  reassembled = false;

  /** Set by the transport layer, for reports. */
  sourcePort = 0;
  destinationPort = 0;
}
