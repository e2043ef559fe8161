import type { Packet } from './packet.ts';
import type { Sysctls } from './sysctl.ts';

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

export interface ListenerConfig {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Absent: any address of the host. */
  readonly address?: HostAddress;
  readonly backlog: number;
  /** Name of the program behind it, as the server room knows it: `http`, `echo`, `discard`, `silent`, `idle`, `captured`. */
  readonly program: string;
  /** Communication modules of `http`: started beforehand, and the most there may be. */
  readonly workers?: number;
  readonly max?: number;
  readonly options?: TcpSocketOptions;
}

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
  readonly sysctl: Sysctls;
  /** Null: frames are what they seem (scripts, replay to a live host). */
  readonly capture: CaptureRules | null;
  /** Seed of the one generator of chance (ISNs, IP ids). */
  readonly seed: number;
  /** Absent: `linux`. */
  readonly fragPolicy?: FragPolicy;
  /** Bytes of the shortest frame, without FCS, that the card takes from the wire. Absent: 60; a TAP device takes 14. */
  readonly minFrame?: number;
  /** Default routers, one for each family at most; where a family has none, only what is on the link can be reached. */
  readonly gateways?: readonly HostAddress[];
  readonly neighbours?: readonly NeighbourConfig[];
  /** Milliseconds since midnight UT at time 0, for ICMP and IP timestamps. Absent: 0. */
  readonly timeOfDay?: number;
}
