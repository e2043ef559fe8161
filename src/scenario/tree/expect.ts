import type { Layer } from '../../trace/decision.ts';
import type { Node } from './node.ts';
import type { Bounds, IcmpCode, Payload, SequenceNumber } from './values.ts';

/** Verdicts a script may expect of a step's frames, and count. */
export type ExpectedVerdict = 'deliver' | 'consume' | 'hold' | 'forward' | 'drop';

/** `expect drop LAYER REASON`; reason as in the catalogue. */
export interface ExpectDrop extends Node {
  readonly type: 'drop';
  readonly layer: Layer;
  readonly reason: string;
}

/** `expect deliver`. */
export interface ExpectVerdict extends Node {
  readonly type: 'verdict';
  readonly verdict: Exclude<ExpectedVerdict, 'drop'>;
}

/** `expect reply RST,ACK ack 1 win 0`: numbers as in the header, or relative to the sender's own. */
export interface ExpectReplyTcp extends Node {
  readonly type: 'reply_tcp';
  readonly flags: number;
  readonly ack?: SequenceNumber;
  readonly win?: number;
}

/** `expect reply icmp port_unreachable`, `expect reply icmp 3 3`. */
export interface ExpectReplyIcmp extends Node {
  readonly type: 'reply_icmp';
  readonly protocol: 'icmp' | 'icmpv6';
  readonly icmp: IcmpCode;
}

/** `expect reply udp "body has this"`. */
export interface ExpectReplyUdp extends Node {
  readonly type: 'reply_udp';
  readonly data?: Payload;
}

/** `expect reply arp`; with IPv6, `expect reply nd`: a neighbour advertisement. */
export interface ExpectReplyNeighbour extends Node {
  readonly type: 'reply_neighbour';
  readonly protocol: 'arp' | 'nd';
}

/** `expect no reply`. */
export interface ExpectNoReply extends Node {
  readonly type: 'no_reply';
}

/** `expect socket ESTABLISHED`: of the step's connection, else of the one that is named. A name of `STATE_NAMES`. */
export interface ExpectSocket extends Node {
  readonly type: 'socket';
  readonly connection?: string;
  readonly state: string;
}

/** `expect http 200 "body has this"`. */
export interface ExpectHttp extends Node {
  readonly type: 'http';
  readonly status: number;
  readonly body?: Payload;
}

/** `expect count drop 6`: frames with this verdict, of the step or (at the margin) of the run. */
export interface ExpectCount extends Node {
  readonly type: 'count';
  readonly verdict: ExpectedVerdict | 'reply';
  readonly count: Bounds;
}

/** `expect reason fcs_error 1`. */
export interface ExpectReason extends Node {
  readonly type: 'reason';
  readonly reason: string;
  readonly count: Bounds;
}

/** `expect decision tcp_in_order`, `expect no decision tcp_challenge_ack`: a name of the catalogue. */
export interface ExpectDecision extends Node {
  readonly type: 'decision';
  readonly name: string;
  readonly no: boolean;
}

/** `expect analysis decision tcp_listener_assumed`, `expect analysis no decision …`: of the analysis of the run's capture, at its end. */
export interface ExpectAnalysis extends Node {
  readonly type: 'analysis_decision';
  readonly name: string;
  readonly no: boolean;
}

/** `expect analysis count drop 2`: frames that the analysis of the run's capture gives this verdict. */
export interface ExpectAnalysisCount extends Node {
  readonly type: 'analysis_count';
  readonly verdict: ExpectedVerdict | 'observe';
  readonly count: Bounds;
}

/** `expect within 20ms`: from the step's beginning until its response is complete, or without one until it has settled. */
export interface ExpectWithin extends Node {
  readonly type: 'within';
  /** Nanoseconds. */
  readonly duration: number;
}

export type Expectation =
  | ExpectDrop
  | ExpectVerdict
  | ExpectReplyTcp
  | ExpectReplyIcmp
  | ExpectReplyUdp
  | ExpectReplyNeighbour
  | ExpectNoReply
  | ExpectSocket
  | ExpectHttp
  | ExpectCount
  | ExpectReason
  | ExpectDecision
  | ExpectAnalysis
  | ExpectAnalysisCount
  | ExpectWithin;

/** What is expected of the analysis of the run's capture: it can only be judged when all is captured. */
export type OfAnalysis = ExpectAnalysis | ExpectAnalysisCount;

export function isOfAnalysis(expectation: Expectation): expectation is OfAnalysis {
  return expectation.type === 'analysis_decision' || expectation.type === 'analysis_count';
}
