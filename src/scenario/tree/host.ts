import type { ConnectionState, FirewallRule, RejectCode } from '../../host/config.ts';
import type { ProfileName } from '../../host/tcp/profile.ts';
import type { Node } from './node.ts';
import type { Address, FlagMatch, HeaderField, IcmpCode, Mac, Network, PortRange, Rate } from './values.ts';

/** `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ring 8`. Absent fields: the host's defaults. */
export interface ServerStatement extends Node {
  readonly type: 'server';
  readonly name: string;
  readonly mac: Mac;
  readonly ip: readonly Network[];
  readonly mtu?: number;
  readonly ring?: number;
  readonly irqUsecs?: number;
  readonly irqFrames?: number;
  readonly pollBudget?: number;
  /** Nanoseconds. */
  readonly cpuPerFrame?: number;
  /** Those that the machine keeps at one time. */
  readonly connections?: number;
  readonly promiscuous?: boolean;
  readonly phy?: '10base-t';
  /** Of everything that is left to chance. */
  readonly seed?: number;
}

/** `profile rfc9293`: whose rules TCP follows where Linux and the standard differ. */
export interface ProfileStatement extends Node {
  readonly type: 'profile';
  readonly name: ProfileName;
}

/** `sysctl net.ipv4.tcp_syncookies 0`. `host-part.ts` says which setting of the host the name stands for. */
export interface SysctlStatement extends Node {
  readonly type: 'sysctl';
  /** As Linux has it, with dots. */
  readonly name: string;
  /** One; three for tcp_rmem and tcp_wmem. */
  readonly values: readonly number[];
}

/** `route 10.1.0.0/16 via 10.0.0.254`, `route default via …`, `route unreachable 10.2.0.0/16`. */
export interface RouteStatement extends Node {
  readonly type: 'route';
  /** Absent: unicast. */
  readonly kind?: 'blackhole' | 'unreachable' | 'prohibit';
  readonly to: Network | 'default';
  /** Absent: the destinations are on the link. */
  readonly via?: Address;
  readonly mtu?: number;
}

/** `neighbour 10.0.0.254 mac 02:00:00:00:00:fe`. */
export interface NeighbourStatement extends Node {
  readonly type: 'neighbour';
  readonly address: Address;
  readonly mac: Mac;
}

/** `firewall drop udp port 53`; the first one that matches wins. */
export interface FirewallStatement extends Node {
  readonly type: 'firewall';
  readonly action: 'accept' | 'drop' | 'reject';
  /** Of `reject`; absent: ICMP port unreachable. */
  readonly with?: 'tcp_reset' | RejectCode;
  /** Absent: frames for the host itself, and those that pass through it. */
  readonly hook?: NonNullable<FirewallRule['hook']>;
  /** IP protocol number. */
  readonly protocol?: number;
  readonly family?: 4 | 6;
  readonly from?: Network;
  readonly to?: Network;
  /** Destination ports, source ports: any of these. */
  readonly port: readonly PortRange[];
  readonly sourcePort: readonly PortRange[];
  readonly flags?: FlagMatch;
  /** `not tcp`: every other protocol. */
  readonly notProtocol?: number;
  /** `not from 10.0.0.0/8`: the rule matches what this does not. */
  readonly notFrom?: Network;
  readonly notTo?: Network;
  readonly notPort?: readonly PortRange[];
  readonly notSourcePort?: readonly PortRange[];
  readonly notFlags?: FlagMatch;
  /** `icmp type echo`, `icmpv6 type packet_too_big`: say the protocol too. */
  readonly icmp?: IcmpCode;
  readonly icmpv6?: IcmpCode;
  readonly fragment?: 'any' | 'later';
  readonly state: readonly ConnectionState[];
  /** The rule matches so often and no more. */
  readonly limit?: Rate;
  readonly burst?: number;
  /** The limit is turned round: the rule matches what is beyond it. */
  readonly over?: boolean;
}

/** `listen tcp 80 backlog 4 program http`. */
export interface ListenStatement extends Node {
  readonly type: 'listen';
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly address?: Address;
  readonly backlog?: number;
  /** A built-in program, or the path of a module as written (relative to the script). */
  readonly program?: string;
  readonly workers?: number;
  readonly max?: number;
  /** What the server itself answers when all modules are busy. */
  readonly busy?: '503';
  /** Socket options: buffers in bytes. */
  readonly rcvbuf?: number;
  readonly sndbuf?: number;
  readonly nodelay?: boolean;
  /** SO_KEEPALIVE with this idle time, in nanoseconds. */
  readonly keepalive?: number;
  /** Of `http` and modules: bytes of content of all requests that are being read. */
  readonly memory?: number;
  /** Of a module: nanoseconds of real time that it has for an answer. */
  readonly timeout?: number;
}

/** `site DIR modified 2026-01-31`, as written: relative to the script. */
export interface SiteStatement extends Node {
  readonly type: 'site';
  readonly directory: string;
  /** Seconds since 1970: when its files were last changed. */
  readonly modified?: number;
  /** Bytes that requests may add to it. */
  readonly room?: number;
}

/** `respond GET /hello 200 "hi there"`. */
export interface RespondStatement extends Node {
  readonly type: 'respond';
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body?: string;
  readonly header: readonly HeaderField[];
  /** Nanoseconds of virtual time before the answer. */
  readonly after?: number;
  readonly location?: string;
  /** `user:password`. */
  readonly auth?: string;
  readonly limit?: Rate;
}

export type HostStatement =
  | ServerStatement
  | ProfileStatement
  | SysctlStatement
  | RouteStatement
  | NeighbourStatement
  | FirewallStatement
  | ListenStatement
  | SiteStatement
  | RespondStatement;
