import { Facts } from '../trace/facts.ts';
import { Frame } from '../wire/frame.ts';

export const LinkTarget = { us: 0, broadcast: 1, multicast: 2, other: 3 } as const;
/** `anycast`: an address that other routers have too; only UDP and ICMP answer there. */
export const IpTarget = { unicast: 0, broadcast: 1, multicast: 2, anycast: 3 } as const;

const NO_STARTS: readonly number[] = [];
const NO_OPTIONS = new Uint8Array(0);

/** The packet that is climbing, as the layers below have found it, for the layers above: the host's skb. One object per host, filled on the way up. */
export class Packet extends Facts {
  frame: Frame = new Frame();
  /** Its FCS is in the capture, and right: so it was on the wire, and no card has anything to do to it any more. */
  sealed = false;
  /** Bits that the line had behind the frame's last octet. */
  dribble = 0;
  /** First byte after the link header (and VLAN tags); one past the last captured byte without FCS. */
  networkStart = 0;
  networkEnd = 0;
  /** A `LinkTarget` number. */
  linkTarget = 0;
  /** An `IpTarget` number. */
  ipTarget = 0;
  ttl = 0;
  tos = 0;
  /** IPv4 options of the packet, as offsets in `bytes`; equal when there are none. */
  optionsStart = 0;
  optionsEnd = 0;
  /** The IPv4 options that an answer to this packet carries (record route and timestamp, filled in); empty when there are none. Valid while it climbs. */
  replyOptions: Uint8Array = NO_OPTIONS;
  /** Those options do not fit: an ICMP answer is not possible (Linux __ip_options_echo). */
  replyOptionsFail = false;
  /** The options as the receiving host has changed them, for an ICMP error that quotes the packet; empty when it has not. */
  changedOptions: Uint8Array = NO_OPTIONS;
  /** IPv6: it came with a fragment header, even if it was whole. */
  hadFragmentHeader = false;
  /** It came over the loopback device: addresses that no wire may carry are as they should be. */
  loopback = false;
  /** Length of the transport header and data as the IP header gives it; more than is there where the snaplen cut. */
  payloadLength = 0;
  /** Made of fragments: offload and snaplen rules do not apply. */
  reassembled = false;
  /** Where those fragments began in the datagram, in the order in which they came. Valid while it climbs. */
  fragmentStarts: readonly number[] = NO_STARTS;
  /** Memory that Linux charges for all of them together. */
  memory = 0;
  /** IPv4: bytes of the largest of them. */
  largestFragment = 0;
  /** IPv6: bytes before the fragment header that it had, and the byte, from the first one, that named it. */
  fragmentHeaderAt = 0;
  fragmentNamedAt = 0;
  /** It ended at the packet filter or was forwarded: no protocol of this host has heard of it. */
  passedBy = false;
}
