import { Facts } from '../trace/facts.ts';
import { Frame } from '../wire/frame.ts';

export const LinkTarget = { us: 0, broadcast: 1, multicast: 2, other: 3 } as const;
export const IpTarget = { unicast: 0, broadcast: 1, multicast: 2 } as const;

/** The packet that is climbing, as the layers below have found it, for the layers above: the host's skb. One object per host, filled on the way up. */
export class Packet extends Facts {
  frame: Frame = new Frame();
  /** Buffer of the packet: the frame's, or that of a reassembled datagram. */
  bytes: Uint8Array = new Uint8Array(0);
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
  /** Transport header begins; one past the last byte of it that is there. */
  payloadStart = 0;
  payloadEnd = 0;
  /** Length of the transport header and data as the IP header gives it; more than is there where the snaplen cut. */
  payloadLength = 0;
  /** Made of fragments: offload and snaplen rules do not apply. */
  reassembled = false;
}
