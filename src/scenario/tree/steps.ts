import type { Comments, Node, StepNode } from './node.ts';
import type { Address, Destination, HeaderField, Mac, Payload, Span } from './values.ts';
import type { HexStep, WireStep } from './wire.ts';

/** `client alice mac 02:00:00:00:00:0a ip 10.0.0.10`: declares a client; takes no time. */
export interface ClientStep extends StepNode {
  readonly type: 'client';
  readonly name: string;
  readonly ip: Address;
  /** Absent: made from the address (02:00 and the address's last four bytes). */
  readonly mac?: Mac;
  readonly ttl?: number;
  readonly mss?: number;
  /** Absent: no window scaling. */
  readonly wscale?: number;
  /** Bytes of its receive buffer. */
  readonly window?: number;
  readonly noSack?: boolean;
  readonly timestamps?: boolean;
  /** Nanoseconds. */
  readonly rtt?: number;
}

/** `alice connect tcp 80 as a`. */
export interface ConnectStep extends StepNode {
  readonly type: 'connect';
  readonly client: string;
  readonly to: Destination;
  /** Source port; absent: the client's next one. */
  readonly from?: number;
  /** Name of the connection; absent: the client's own name. */
  readonly as?: string;
}

/** `a send "TEXT"`, `a send file PATH`, `a send data 1000`. */
export interface SendStep extends StepNode {
  readonly type: 'send';
  readonly connection: string;
  readonly data: Payload;
}

/** `a request GET /path`: a whole HTTP request, with Host and, for a body, Content-Length. */
export interface RequestStep extends StepNode {
  readonly type: 'request';
  readonly connection: string;
  readonly method: string;
  readonly target: string;
  /** Absent: 1.1. */
  readonly http?: '1.0' | '1.1';
  readonly header: readonly HeaderField[];
  readonly body?: Payload;
}

/** `a close` (both directions, in order), `a reset` (RST), `a shutdown` (FIN, and reads on). */
export interface CloseStep extends StepNode {
  readonly type: 'close' | 'reset' | 'shutdown';
  readonly connection: string;
}

/** `a read none`: the client stops reading and its window closes; `a read all`: it reads again. */
export interface ReadStep extends StepNode {
  readonly type: 'read';
  readonly connection: string;
  readonly amount: 'none' | 'all';
}

/** `alice udp 53 "data"`. */
export interface UdpStep extends StepNode {
  readonly type: 'udp';
  readonly client: string;
  readonly to: Destination;
  readonly from?: number;
  readonly data?: Payload;
}

/** `alice ping`, `alice ping 10.0.0.1 size 1000`. */
export interface PingStep extends StepNode {
  readonly type: 'ping';
  readonly client: string;
  readonly address?: Address;
  /** Bytes of data; absent: 56. */
  readonly size?: number;
}

/** `alice arp 10.0.0.1`; an IPv6 address is asked for with a neighbour solicitation. */
export interface ArpStep extends StepNode {
  readonly type: 'arp';
  readonly client: string;
  readonly address: Address;
}

/** `wait 60s`. */
export interface WaitStep extends StepNode {
  readonly type: 'wait';
  /** Nanoseconds. */
  readonly duration: number;
}

/** `replay FILE only from 10.0.0.10`: the frames of a capture at their own distances. */
export interface ReplayStep extends StepNode {
  readonly type: 'replay';
  /** As written: relative to the script. */
  readonly file: string;
  readonly onlyFrom?: Address;
}

/** `impair alice loss 5% delay 20ms`: from now on, in both directions. A second one replaces the first. */
export interface ImpairStep extends StepNode {
  readonly type: 'impair';
  /** `all`: every client. */
  readonly client: string;
  /** Probabilities from 0 to 1. */
  readonly loss?: number;
  readonly dup?: number;
  readonly reorder?: number;
  readonly corrupt?: number;
  /** Nanoseconds. */
  readonly delay?: number;
  readonly jitter?: number;
  readonly seed?: number;
}

/** `signal alice noise 0.2 level 0.5`: line noise, as the standard deviation of a sample, and the signal's level where that of the transmitter is 1. */
export interface SignalStep extends StepNode {
  readonly type: 'signal';
  readonly client: string;
  /** Absent: none. */
  readonly noise?: number;
  /** Absent: 1. */
  readonly level?: number;
  readonly seed?: number;
}

/**
 * `capture snaplen 96 link_type sll2`: how a capture of the server's wire is taken from now on. A second one replaces the first;
 * `capture off`: what passes now is not in it.
 */
export interface CaptureStep extends StepNode {
  readonly type: 'capture';
  /** Nothing is captured. */
  readonly off?: boolean;
  readonly only?: 'in' | 'out';
  /** Most bytes that are kept of a frame. */
  readonly snaplen?: number;
  /** LINKTYPE_ number; absent: Ethernet. */
  readonly linkType?: number;
  /** The frame check sequence is kept. */
  readonly fcs?: boolean;
  /** Checksums are not there yet, and nothing is padded. */
  readonly offload?: boolean;
}

/** `expect count drop 6` at the margin: judges the run so far. Takes no time. */
export interface CheckStep extends StepNode {
  readonly type: 'check';
}

/** A concrete step, ready to be done. */
export type Step =
  | ClientStep
  | ConnectStep
  | SendStep
  | RequestStep
  | CloseStep
  | ReadStep
  | UdpStep
  | PingStep
  | ArpStep
  | WaitStep
  | WireStep
  | HexStep
  | ReplayStep
  | ImpairStep
  | SignalStep
  | CaptureStep
  | CheckStep;

/**
 * A step with `$n` in it. Its fields are those of `statement`, with a `Template` in the place of each value that is not known before
 * the loop is run; `unroll` makes a `Step` of it.
 */
export interface PatternStep extends Node {
  readonly type: 'pattern';
  readonly step: unknown;
}

/** `repeat 1000 … end`: `$n` counts from 1. */
export interface RepeatStatement extends Node {
  readonly type: 'repeat';
  readonly count: number | Template;
  readonly body: readonly StepStatement[];
  /** Comments before `end`, and on its line. */
  readonly endComments?: Comments;
}

/** `for n in 1..100 … end`, `for n in 0..1000 step 10`, `for word in SYN FIN RST`. */
export interface ForStatement extends Node {
  readonly type: 'for';
  readonly variable: string;
  readonly values: ForValues;
  readonly body: readonly StepStatement[];
  readonly endComments?: Comments;
}

export type ForValues =
  | { readonly type: 'range'; readonly first: number | Template; readonly last: number | Template; readonly step: number }
  | { readonly type: 'list'; readonly words: readonly string[] };

/** A value that waits for its variables: the text as written, and the kind of value that it becomes. */
export class Template {
  readonly kind: string;
  readonly text: string;
  readonly at: Span;

  constructor(kind: string, text: string, at: Span) {
    this.kind = kind;
    this.text = text;
    this.at = at;
  }
}

/** What may stand in the steps of a script and in a loop. */
export type StepStatement = Step | PatternStep | RepeatStatement | ForStatement;
