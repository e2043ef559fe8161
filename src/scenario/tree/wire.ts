import type { StepNode } from './node.ts';
import type { Address, IcmpCode, Mac, Origin, Payload, SackRange, SequenceNumber, Target } from './values.ts';

/** `bob:5000 > 80 tcp SYN …`: a frame whose fields are given by hand. What is omitted is computed and right. */
export interface WireStep extends StepNode {
  readonly type: 'wire';
  readonly from: Origin;
  readonly to?: Target;
  readonly packet: WirePacket;
  readonly frame: FrameChanges;
}

/** `hex 020000000001 …`: a frame's bytes without FCS; padded to 60 unless `nopad`. */
export interface HexStep extends StepNode {
  readonly type: 'hex';
  readonly bytes: Uint8Array;
  readonly nopad?: boolean;
  readonly frame: FrameChanges;
}

/** `tcp SYN seq 1000 win 64240 mss 1460 "data"`. */
export interface TcpPacket {
  readonly protocol: 'tcp';
  /** Bits as in the header; absent: ACK, with PSH where there is data. */
  readonly flags?: number;
  readonly seq?: SequenceNumber;
  readonly ack?: SequenceNumber;
  /** The 16 bits in the header, not scaled. */
  readonly win?: number;
  readonly mss?: number;
  readonly wscale?: number;
  readonly sackPermitted?: boolean;
  readonly sack: readonly SackRange[];
  readonly tsval?: number;
  readonly tsecr?: number;
  /** Urgent pointer. */
  readonly urg?: number;
  /** In 32-bit words, also wrongly. */
  readonly dataOffset?: number;
  /** Option bytes as they are, after those above. */
  readonly options?: Uint8Array;
  readonly data?: Payload;
}

/** `udp length 9 "data"`. */
export interface UdpPacket {
  readonly protocol: 'udp';
  /** The length field, also wrongly. */
  readonly length?: number;
  readonly data?: Payload;
}

/**
 * `icmp echo id 1 seq 2 "data"`, `icmp fragmentation_needed mtu 1400`. An error message without data quotes the last packet that the
 * server sent to this client, or on this connection; ports in the line say of which flow.
 */
export interface IcmpPacket {
  readonly protocol: 'icmp' | 'icmpv6';
  readonly icmp: IcmpCode;
  readonly id?: number;
  readonly seq?: number;
  readonly mtu?: number;
  readonly gateway?: Address;
  readonly pointer?: number;
  readonly data?: Payload;
}

/** `arp request 10.0.0.1`, `arp reply 10.0.0.10`: whose MAC is asked for, or told. */
export interface ArpPacket {
  readonly protocol: 'arp';
  readonly operation: number;
  /** Absent: the server's address in a request, the sender's own in a reply. */
  readonly address?: Address;
  readonly senderMac?: Mac;
  readonly senderIp?: Address;
  readonly targetMac?: Mac;
  readonly targetIp?: Address;
  readonly hardwareType?: number;
  readonly protocolType?: number;
  readonly hardwareLength?: number;
  readonly protocolLength?: number;
}

/** `nd solicit ADDR`, `nd advertise ADDR`: neighbour discovery (RFC 4861). */
export interface NdPacket {
  readonly protocol: 'nd';
  readonly message: 'solicit' | 'advertise' | 'router_solicit' | 'router_advertise' | 'redirect';
  /** Absent: the server's address in a solicitation, the sender's own in an advertisement. */
  readonly address?: Address;
  /** The link-layer address option; absent: the sender's own. */
  readonly mac?: Mac;
  readonly noMac?: boolean;
  readonly router?: boolean;
  readonly solicited?: boolean;
  readonly override?: boolean;
}

/** `ip proto 47 "data"`: any other protocol inside IP. */
export interface IpPacket {
  readonly protocol: 'ip';
  readonly number: number;
  readonly data?: Payload;
}

/** `ether 0x88b5 "data"`: any other protocol on the link. */
export interface EtherPacket {
  readonly protocol: 'ether';
  readonly etherType: number;
  readonly data?: Payload;
}

export type WirePacket = TcpPacket | UdpPacket | IcmpPacket | ArpPacket | NdPacket | IpPacket | EtherPacket;

/** `checksum`: that of the innermost header that has one. `byte`: the byte at this offset of the frame is inverted. */
export type Corruption =
  | { readonly what: 'fcs' | 'ip_checksum' | 'tcp_checksum' | 'udp_checksum' | 'icmp_checksum' | 'checksum' }
  | { readonly what: 'byte'; readonly offset: number };

/** `fragment 24 reverse`: payload bytes in each fragment, then what becomes of them. Fragments count from 1. */
export interface Fragmentation {
  readonly size: number;
  readonly order?: 'reverse' | 'shuffle';
  /** Each fragment but the first begins eight bytes early. */
  readonly overlap?: boolean;
  readonly lose: readonly number[];
  readonly dup: readonly number[];
}

/** What is different from the right frame, in any combination. Lengths and numbers are written as given, also wrongly. */
export interface FrameChanges {
  readonly corrupt: readonly Corruption[];
  readonly toMac?: Mac;
  readonly fromMac?: Mac;
  readonly fromIp?: Address;
  readonly toIp?: Address;
  /** IPv6: the hop limit. */
  readonly ttl?: number;
  /** IEEE 802.1Q tags, outermost first. */
  readonly vlan: readonly number[];
  /** The version field of IP. */
  readonly version?: number;
  /** In 32-bit words. */
  readonly ihl?: number;
  /** IPv6: the payload length. */
  readonly totalLength?: number;
  /** IPv6: the traffic class. */
  readonly tos?: number;
  readonly id?: number;
  readonly df?: boolean;
  readonly mf?: boolean;
  /** Fragment offset in bytes. */
  readonly offset?: number;
  /** Protocol or next header number. */
  readonly proto?: number;
  /** Bytes of IPv4 options, or of an IPv6 hop-by-hop header's options. */
  readonly ipOptions?: Uint8Array;
  readonly fragment?: Fragmentation;
  /** Bytes of the frame that are left, before padding; the FCS is right. */
  readonly truncate?: number;
  readonly nopad?: boolean;
  readonly dup?: boolean;
  readonly lose?: boolean;
  /** Nanoseconds later than its time. */
  readonly delay?: number;
}
