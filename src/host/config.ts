import type { Facts } from '../trace/facts.ts';
import type { Packet } from './packet.ts';
import type { Sysctls } from './sysctl.ts';
import type { ProfileName } from './tcp/profile.ts';

/** An address of the host: four unsigned words (IPv4 in the last), family and prefix length in bits. */
export interface HostAddress {
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
  readonly prefix: number;
}

/** Upper 16 and lower 32 bits, unsigned. */
export interface Mac {
  readonly high: number;
  readonly low: number;
}

/** What a program sets on its TCP socket before it listens; connections inherit it. Buffers in bytes as setsockopt is given them (Linux doubles them). */
export interface TcpSocketOptions {
  readonly rcvbuf?: number;
  readonly sndbuf?: number;
  readonly noDelay?: boolean;
  /** SO_KEEPALIVE; times in seconds, absent: the sysctls. */
  readonly keepAlive?: { readonly idle?: number; readonly interval?: number; readonly probes?: number };
}

/** A socket that the server program opens when the host starts, and the program behind it. */
export interface ListenerConfig {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Absent: any address of the host. */
  readonly address?: HostAddress;
  /** An IPv6 socket, which hears IPv4 too, but none of its groups. */
  readonly isDual?: boolean;
  readonly backlog: number;
  /** Name of the program behind it, as the server room knows it: `http`, `echo`, `discard`, `silent`, `idle`, `captured`, or that of a mounted one. */
  readonly program: string;
  /** Communication modules of `http`: started beforehand, and the most there may be. */
  readonly workers?: number;
  readonly max?: number;
  /** The waiting module itself answers so when all modules are busy. Absent: connections wait in the accept queue. */
  readonly busy?: 503;
  /** Of `http` and mounted programs: bytes of content of all requests that are being read together. */
  readonly memory?: number;
  /** Milliseconds of real time that a mounted program has for an answer. */
  readonly timeout?: number;
  readonly options?: TcpSocketOptions;
}

/** Who speaks to whom, by what: what names a flow. */
export type FlowEnds = Pick<
  Facts,
  'family' | 'protocol' | 'src0' | 'src1' | 'src2' | 'src3' | 'dst0' | 'dst1' | 'dst2' | 'dst3' | 'sourcePort' | 'destinationPort'
>;

/** What a capture cannot show or shows differently than the host saw it; only when the frames come from one. */
export interface CaptureRules {
  /** `auto`: look at the trailing four bytes of each frame; `present`: they are an FCS; `none`: there is none. */
  readonly fcs: 'auto' | 'present' | 'none';
  /** Accept a transport checksum field that holds the pseudo-header's sum: the sender's card was to fill it in. */
  readonly offload: boolean;
  /** A checksum is wrong: are nearly all of this sender's, so that they say nothing (a capture rewritten, or taken before they were made)? */
  readonly disregardChecksum: (packet: Packet) => boolean;
  /** A packet comes from or goes to an address, or with a MAC, that the rules forbid: did the captured host answer this sender all the same? */
  readonly answered: (packet: Packet) => boolean;
  /** A SYN asks for what this host does not give (it is signed): did the captured host take part in this very connection? */
  readonly accepted: (packet: Packet) => boolean;
  /** The packet filter drops what is of this flow: did the captured host take part in it all the same? */
  readonly disproves: (flow: FlowEnds) => boolean;
  /** Nothing here handles the packet's protocol: does the captured host speak it itself? */
  readonly speaks: (packet: Packet) => boolean;
  /** A segment belongs to no connection we know: did its connection begin before the capture did? */
  readonly adopt: (packet: Packet) => boolean;
  /** A SYN finds no listener: is there one that we have not learnt of yet (a live capture)? */
  readonly assumeListener: (packet: Packet) => boolean;
  /** A datagram finds no UDP socket: is one there as far as the capture can tell (nothing refused the port)? */
  readonly assumeUdp: (packet: Packet) => boolean;
}

/** What becomes of fragments that overlap: as Linux has it (the datagram is dropped), or data of the first, of the last, or as RFC 815 fills its holes. */
export type FragPolicy = 'linux' | 'rfc815' | 'first' | 'last';

/** An entry of the neighbour table that never ages. */
export interface NeighbourConfig {
  readonly address: HostAddress;
  readonly mac: Mac;
}

/** ICMP codes that `reject` may name: each is the nearest one in the other family too. */
export type RejectCode =
  | 'net-unreachable'
  | 'host-unreachable'
  | 'prot-unreachable'
  | 'port-unreachable'
  | 'net-prohibited'
  | 'host-prohibited'
  | 'admin-prohibited'
  | 'no-route'
  | 'addr-unreachable'
  | 'policy-fail'
  | 'reject-route';

/** What connection tracking says of a packet, as a rule's `state` names it. */
export type ConnectionState = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

/** Inclusive. */
export type PortRange = readonly [from: number, to: number];

/** Where a rule looks into a packet: up to 32 bits, counted from the start of the IP header or of what stands behind it. */
export interface PayloadField {
  readonly header: 'network' | 'transport';
  readonly bit: number;
  readonly length: number;
}

/** What is known of a packet: numbers; IPv4 addresses as unsigned 32 bits, MACs as 48, packet types as `LinkTarget`, directions 0 and 1. */
export type PacketField =
  | 'family'
  | 'protocol'
  | 'nextHeader'
  | 'source4'
  | 'destination4'
  | 'length'
  | 'packetType'
  | 'sourceMac'
  | 'destinationMac'
  | 'direction'
  | 'mark';

/** One more thing that a rule asks of a packet. A packet that does not have the field fails it, also where it is turned round. */
export type FirewallTest =
  | {
      readonly of: PayloadField | PacketField;
      /** Absent: all bits. */
      readonly mask?: number;
      /** Any of these, inclusive. */
      readonly ranges: readonly (readonly [from: number, to: number])[];
      readonly not?: boolean;
    }
  | { readonly of: 'source6' | 'destination6'; readonly networks: readonly HostAddress[]; readonly not?: boolean };

/** A token bucket that begins full. */
export interface FirewallLimit {
  readonly perSecond: number;
  /** So much at once. Absent: 5 packets, or the bytes of a second. */
  readonly burst?: number;
  /** The rule matches what is beyond the limit. */
  readonly over?: boolean;
  /** Bytes of IP packets are counted. Absent: packets. */
  readonly counts?: 'bytes';
  /** A bucket for each address. */
  readonly by?: 'source' | 'destination';
  /** Where those buckets lie: limits that name the same set have them in common. */
  readonly set?: string;
}

/**
 * One rule of the packet filter. A packet matches when every part that is given matches; ports match TCP and UDP (and SCTP, DCCP,
 * UDP-Lite) only, flags TCP only, ICMP types ICMP and ICMPv6. Later fragments, which have no ports, match no rule that asks for them.
 */
export interface FirewallRule {
  /** `jump`, `goto`: on with the rules of another chain; `return`: back; `continue`: nothing, but what else the rule does. */
  readonly action: 'accept' | 'drop' | 'reject' | 'jump' | 'goto' | 'return' | 'continue';
  /** The chain that `jump` and `goto` name. */
  readonly target?: string;
  /** What `reject` answers with. Absent: port unreachable. */
  readonly rejectWith?: 'tcp_reset' | RejectCode;
  /**
   * Where it stands. Absent: `input` and `forward`, unless it stands in a chain. `raw`: before fragments are put together; `output`:
   * packets of the host itself; `postrouting`: those and forwarded ones.
   */
  readonly hook?: 'raw' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  /** Rules of one name belong together: at a hook each chain is asked on its own; without a hook, only where a rule names it. */
  readonly chain?: string;
  /** Chains at a hook are asked from the least number on. Absent: 0. */
  readonly priority?: number;
  /** Asked where no rule of its chain decides. */
  readonly isPolicy?: boolean;
  readonly family?: 4 | 6;
  /** IP protocol number, behind IPv6 extension headers. */
  readonly protocol?: number;
  /** Source and destination: an address with its prefix length. */
  readonly from?: HostAddress;
  readonly to?: HostAddress;
  /** Any of these destination ports, source ports. */
  readonly ports?: readonly PortRange[];
  readonly sourcePorts?: readonly PortRange[];
  /** Of the TCP flags in `mask`, exactly those in `value` are set. */
  readonly flags?: { readonly mask: number; readonly value: number };
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** Only fragments (IPv4: offset or more-fragments; `later`: offset only). Useful in `raw`, since other hooks see whole datagrams. */
  readonly fragment?: 'any' | 'later';
  /** These parts must not match, the others must. */
  readonly not?: readonly ('protocol' | 'from' | 'to' | 'ports' | 'sourcePorts' | 'flags')[];
  readonly tests?: readonly FirewallTest[];
  /** Any of these; the first rule with a state switches connection tracking on. */
  readonly states?: readonly ConnectionState[];
  /** Matches so often only (Linux `limit rate N/second burst M packets`). Rules with the same object share it. */
  readonly limit?: FirewallLimit;
  /** A packet that matches gets this mark. */
  readonly setsMark?: number;
  /** Connection tracking leaves a packet alone that matches: in `raw`, and below priority -200 in `prerouting` and `output`. */
  readonly untracks?: boolean;
  /** The rule as it was written, for whoever asks which rule it was. */
  readonly text: string;
}

/** A route: packets to the prefix go to a router, straight to the link (`via` absent), or nowhere. */
export interface RouteConfig {
  /** An address with its prefix length: all packets whose destination begins so. */
  readonly destination: HostAddress;
  readonly via?: HostAddress;
  /** Absent: `unicast`. The others answer as Linux does: silence, host unreachable, administratively prohibited, no route. */
  readonly type?: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw';
  /** Bytes of the largest packet forwarded along it; absent: as the card's. */
  readonly mtu?: number;
}

/** Everything about a host that does not change while it runs. */
export interface HostConfig {
  /** Empty: the link has no addresses, or they are not known; every frame is for us. */
  readonly macs: readonly Mac[];
  readonly addresses: readonly HostAddress[];
  readonly promiscuous: boolean;
  /** Bytes of IP packet. */
  readonly mtu: number;
  /** Receive ring: slots. */
  readonly ring: number;
  /** Interrupt coalescing: after this many microseconds, or frames. */
  readonly irqUsecs: number;
  readonly irqFrames: number;
  /** Frames the driver takes in one poll. */
  readonly pollBudget: number;
  /** Nanoseconds of CPU time a frame costs; 0: the CPU is never behind. */
  readonly cpuPerFrame: number;
  readonly listeners: readonly ListenerConfig[];
  /** TCP connections that are kept at one time, half-open ones too; the next SYN is dropped. Absent: a million. */
  readonly connections?: number;
  readonly sysctl: Sysctls;
  /** Null: frames are what they seem (scripts, replay to a live host). */
  readonly capture: CaptureRules | null;
  /** Seed of the one generator of chance (ISNs, IP ids). */
  readonly seed: number;
  /** Absent: `linux`. */
  readonly fragPolicy?: FragPolicy;
  /** Whose rules TCP follows where Linux and RFC 9293 differ. Absent: `linux`. */
  readonly profile?: ProfileName;
  /** Bytes of the shortest frame, without FCS, that the card takes from the wire. Absent: 60; a TAP device takes 14. */
  readonly minFrame?: number;
  /** Bytes of the longest one. Absent: MTU, header and two VLAN tags; a card that merges segments takes more. */
  readonly maxFrame?: number;
  /** Default routers, one for each family at most; where a family has none, only what is on the link can be reached. */
  readonly gateways?: readonly HostAddress[];
  readonly neighbours?: readonly NeighbourConfig[];
  /** First match wins; a packet that no rule matches is accepted. */
  readonly firewall?: readonly FirewallRule[];
  /** Besides what is on the link; the longest prefix wins, and of equal ones the first. `gateways` stand behind them. */
  readonly routes?: readonly RouteConfig[];
  /** Frames come as a line signal (`Host.receiveSignal`). Absent: as bytes. */
  readonly phy?: '10base-t';
  /** Milliseconds since midnight UT at time 0, for ICMP and IP timestamps. Absent: 0. */
  readonly timeOfDay?: number;
}

/** A host of which nothing is said: no addresses and no listeners, a card that takes what is for it, a CPU that is never behind. */
export const PLAIN_HOST = {
  macs: [],
  addresses: [],
  promiscuous: false,
  mtu: 1500,
  ring: 256,
  irqUsecs: 0,
  irqFrames: 1,
  pollBudget: 64,
  cpuPerFrame: 0,
  listeners: [],
  capture: null,
  seed: 1,
} as const satisfies Omit<HostConfig, 'sysctl'>;
