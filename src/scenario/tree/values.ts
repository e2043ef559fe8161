import type { HostAddress, Mac } from '../../host/config.ts';

export type { Mac };

/** Where something stands in a script. Line and column count from 1, column and length in characters (code points). */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** An address without a prefix: four unsigned words, IPv4 in the last. */
export type Address = Omit<HostAddress, 'prefix'>;

/** An address with a prefix length in bits; `firewall … from 10.0.0.0/8`, `ip 10.0.0.1/24`. */
export type Network = HostAddress;

/** `20ms`: since the beginning of the run. `+1ms`: since the step before. */
export interface StepTime {
  readonly relative: boolean;
  /** Nanoseconds. */
  readonly ns: number;
}

/** Where a connection, a datagram or a ping goes; without an address: the server's first one of the client's family. */
export interface Destination {
  readonly address?: Address;
  readonly port: number;
}

/** `bob:5000`, `a`: a client, or a connection, and the port that it sends from. */
export interface Origin {
  readonly name: string;
  readonly port?: number;
}

/** What stands right of `>`: all of it may be absent, then it goes to the server, or where the connection goes. */
export interface Target {
  readonly address?: Address;
  /** A client: the frame goes to its machine, past the server. */
  readonly name?: string;
  readonly port?: number;
}

/** `"text"` and `hex …`, `data 1000` (so many bytes of filling), `file PATH` (as written: relative to the script). */
export type Payload =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'fill'; readonly length: number }
  | { readonly type: 'file'; readonly path: string };

/** `seq 1000` is the number in the header; `seq +0` counts from where the sender of an open connection stands. */
export interface SequenceNumber {
  readonly relative: boolean;
  readonly value: number;
}

/** `sack 100-200`; `sack +100-200`: both edges count from the next byte that the sender expects. */
export interface SackRange {
  readonly relative: boolean;
  readonly left: number;
  readonly right: number;
}

/** First and last port, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `10/second`; per in nanoseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** `6`, `>= 6`, `2..5`: both bounds included, max absent where there is none. */
export interface Bounds {
  readonly min: number;
  readonly max?: number;
}

/** An ICMP message's type and code; code absent where the script left it open. */
export interface IcmpCode {
  readonly type: number;
  readonly code?: number;
}

/** Name and value of an HTTP field. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** `flags SYN`: of SYN, ACK, FIN and RST only SYN; `flags SYN/SYN,ACK`: of those in the mask exactly these. */
export interface FlagMatch {
  readonly mask: number;
  readonly value: number;
}
