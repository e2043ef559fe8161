import type { AnswerSummary } from './events.ts';
import type { Trace } from './trace.ts';

/** What a run tells whoever prints it: plain data at its start and its end, and the trace in between. Addresses are text, times nanoseconds as in Frame.time. */

/**
 * How the host was found: `given` by the user, by its SYN-ACKs, because it `answers` others, by the SYNs it got, by the well-known port,
 * because it is `asked` though it answers nobody, because it `receives` and nothing better is known, by a server configuration, or because it is that of a `script`; `none` yet.
 */
export type HostChoice = 'given' | 'syn_ack' | 'answers' | 'syn' | 'port' | 'asked' | 'receives' | 'config' | 'script' | 'none';

/** Whose path the frames climbed: addresses and MACs as texts, and how it was chosen. */
export interface HostInfo {
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  /** `tcp/80`, `udp/53`. */
  readonly listen: readonly string[];
  readonly choice: HostChoice;
  /** Whose TCP it has (`rfc9293`); absent: that of Linux. */
  readonly profile?: string;
}

/** Remarks on the run as a whole; words.ts of the report room has the sentences. */
export const NOTE_CODES = [
  'offload',
  'snaplen',
  'fcs_present',
  'adopted',
  'learning',
  'unknown_link',
  'clock_backwards',
  'no_host',
  'absent_host',
  'silent_addresses',
  'copies_routed',
  'copies_same',
  'given_twice',
  'not_opened',
  'no_server_frames',
  'no_client_frames',
  'gaps',
  'turned_back',
  'sockets_limited',
  'exchanges_limited',
  'comparison_limited',
  'flows_limited',
  'cross_check_same',
  'cross_check_differs',
  'cross_check_unable',
  'replay_host',
  'replay_ports',
  'replay_midstream',
  'replay_acks',
  'replay_completed',
  'replay_padded',
  'replay_relinked',
  'replay_unsent',
  'replay_after',
  'live_unsent',
  'live_missed',
  'other',
] as const;
export type NoteCode = (typeof NOTE_CODES)[number];

/** Something to be said about a run beside its frames: a code, which has its sentence in the report, and what the sentence names. */
export interface Note {
  readonly code: NoteCode;
  /** Frames, connections … that it is about. */
  readonly count?: number;
  /** A name or value to show: a link type, a reason; the whole sentence of `other`. */
  readonly text?: string;
  /** What there is instead. */
  readonly others?: string;
}

/** What is known before the first frame. */
export interface StartInfo {
  /** `analyze`, `replay`, `run`, `serve`. */
  readonly command: string;
  /** File names as given; `-` for standard input. */
  readonly sources: readonly string[];
  /** `pcap`, `pcapng`, `pcap (gzip)` … */
  readonly format: string;
  /** Frames that there will be, guessed, where `packets` is not known before. */
  readonly guess?: number;
  /** Names of the link types met in the survey: `Ethernet`. */
  readonly linkTypes: readonly string[];
  /** Frames in all; -1 where that is not known before the end (standard input). */
  readonly packets: number;
  /** Nanoseconds since 1970 at Frame.time 0; null without a frame. */
  readonly t0: bigint | null;
  readonly host: HostInfo;
  readonly notes: readonly Note[];
}

/** One place where an input could not be read on. */
export interface Damage {
  readonly file: string;
  /** Byte of the (unpacked) input where what could be read ends. */
  readonly offset: number;
  /** Bytes after it that were not read; -1 where that is not known. */
  readonly lost: number;
  /** `E_CAPTURE_TRUNCATED` … */
  readonly code: string;
  readonly message: string;
}

/** The communication modules of a listener, at the end of the run. */
export interface PoolSummary {
  /** Started beforehand; the most there might be; started because those were busy. */
  readonly workers: number;
  readonly max: number;
  readonly started: number;
  /** Most that had a connection at one time. */
  readonly mostBusy: number;
  /** Connections that they were given, and those that the waiting module answered itself. */
  readonly served: number;
  readonly turnedAway: number;
}

/** One socket that there was: a line of `ss -tan` and what the program made of it. */
export interface SocketRow {
  readonly proto: 'tcp' | 'udp';
  /** As in events: `LISTEN`, `ESTABLISHED`, `TIME_WAIT` …; the state at the end, or the last one before it left the table. */
  readonly state: string;
  readonly recvQ: number;
  readonly sendQ: number;
  /** Empty: any address. */
  readonly local: string;
  readonly lport: number;
  /** Empty: no peer. */
  readonly peer: string;
  readonly pport: number;
  /** -1: never had one. */
  readonly fd: number;
  readonly requests: number;
  readonly closedBy: '' | 'client' | 'server';
  /** Why it is no more (`closed`, `peer_reset`, `aborted`, `timeout`, `replaced`); empty while it is in the table. */
  readonly ending: string;
  /** Communication module that serves it: `#2`; `#0` is the waiting module itself; empty: none. */
  readonly module: string;
  /** How the connection came to its module: one pre-started, one started for it, one started earlier, or the waiting module itself. */
  readonly handOver?: 'prestarted' | 'started' | 'reused' | 'waiting';
  /** Nanoseconds for which the module had it; absent while it has. */
  readonly served?: number;
  /** Of a listener with communication modules. */
  readonly pool?: PoolSummary;
  readonly adopted: boolean;
}

/** One HTTP request and its response. */
export interface ExchangeRow {
  /** Frame that completed the request's head. */
  readonly n: number;
  readonly fd: number;
  readonly client: string;
  readonly cport: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string;
  /** 0: not answered. */
  readonly status: number;
  /** -1: not known. */
  readonly bodyBytes: number;
  /** Its last byte did not come, or was not captured. */
  readonly requestIncomplete: boolean;
  readonly responseIncomplete: boolean;
  /** -1: no request was seen. */
  readonly requestAt: number;
  /** First and last byte of the response; -1 not seen. */
  readonly firstByteAt: number;
  readonly lastByteAt: number;
  readonly source: 'captured' | 'server';
  readonly closedBy: '' | 'client' | 'server';
  /** The server's end of the connection, and the communication module that served it (`#2`; empty for a captured server). */
  readonly server?: string;
  readonly sport?: number;
  readonly module?: string;
  /** What the other one of the captured server and ours answered to the same request; null: nothing. `differs` as in ComparisonEvent. */
  readonly other?: AnswerSummary | null;
  readonly differs?: readonly string[];
}

/** What came of a run. */
export interface EndInfo {
  readonly packets: number;
  /** Frames of the last time: the span of the trace. */
  readonly lastTime: number;
  readonly host: HostInfo;
  readonly damage: readonly Damage[];
  /** The first of them, up to a bound; `socketCount` is how many there were. */
  readonly sockets: readonly SocketRow[];
  readonly socketCount: number;
  readonly exchanges: readonly ExchangeRow[];
  readonly requestCount: number;
  /** Responses by status. */
  readonly responses: ReadonlyMap<number, number>;
  /** Those of them that belong to no request that was seen; absent: none. */
  readonly unsolicited?: number;
  /** Divergences by kind. */
  readonly divergences: ReadonlyMap<string, number>;
  /** Our server's answers held against the captured ones: how many are the `same`, and how many differ in what. Absent: there was nothing to hold. */
  readonly comparison?: ReadonlyMap<string, number>;
  /** Requests that were compared. */
  readonly compared?: number;
  readonly notes: readonly Note[];
}

/** What reporters read of a frame; wire's Frame is one. Valid during the call only. */
export interface FrameRecord {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Nanoseconds since the first frame. */
  readonly time: number;
  readonly wireLength: number;
  readonly linkType: number;
  /** From 1. */
  readonly number: number;
  /** What somebody has written into the capture about it. */
  readonly comments?: readonly string[];
}

/** What came of something that a script expects. */
export interface ExpectOutcome {
  readonly file: string;
  readonly line: number;
  /** The script's own line, and that of the step it judges where it is another one. */
  readonly source: string;
  readonly step: string;
  readonly ok: boolean;
  /** `drop nic fcs_error`, and what happened instead or besides. */
  readonly expected: string;
  readonly actual: string;
  /** The frame concerned with its decisions, where the expectation failed and there is one; no frame: what a timer did. */
  readonly frame: FrameRecord | null;
  readonly trace: Trace | null;
}

/** Somebody who is told of a run as it goes. Calls are synchronous; the trace is valid during the call only. */
export interface Reporter {
  /** Socket, request, response and divergence events are wanted: `trace.events` is to be an array. */
  readonly wantsEvents: boolean;
  /** Of the events only divergences are looked at; asked after `start`. */
  readonly wantsDivergencesOnly?: boolean;
  /** Nothing more is wanted (nobody reads the output, or all that was asked for is printed): the run may end; `end` is called all the same. */
  readonly done: boolean;
  start(info: StartInfo): void;
  /** After each frame's climb or observation. */
  frame(frame: FrameRecord, trace: Trace): void;
  /** After a timer's work: transmissions and events without a frame. */
  activity(trace: Trace): void;
  /** What the script says of the steps that come now, a line each. */
  remark?(lines: readonly string[]): void;
  /** An expectation of the script was judged. */
  expect?(outcome: ExpectOutcome): void;
  /** The input has nothing more at the moment: what is gathered should be shown. */
  idle(): void;
  end(info: EndInfo): void;
}

/** Somebody who is told how far a long work is. */
export interface Progress {
  /** A new stage of `total` frames or bytes; 0 where that is not known. */
  stage(name: 'survey' | 'climb', total: number): void;
  at(done: number): void;
  end(): void;
}
