/** What becomes of sockets and requests: told beside the frame or timer that caused it. Times in nanoseconds, as in Frame.time. */
export type TraceEvent = SocketEvent | RequestEvent | ResponseEvent | DivergenceEvent | ComparisonEvent;

/** Something has happened to a socket. Addresses are texts, `*` for any; times nanoseconds as in Frame.time. */
export interface SocketEvent {
  readonly type: 'socket';
  readonly time: number;
  /** `bind` (UDP), `listen`, `syn_sent`, `syn_received`, `established`, `accept`, `handed_over`, `released`, `state`, `reset`, `close`, `removed`. */
  readonly event: string;
  /** -1 while the program has no descriptor for it. */
  readonly fd: number;
  readonly proto: 'tcp' | 'udp';
  readonly local: string;
  readonly lport: number;
  readonly peer?: string;
  readonly pport?: number;
  /** As `ss` names states: LISTEN, SYN-RECV, ESTAB … in full words: `ESTABLISHED`, `FIN_WAIT2`. */
  readonly state: string;
  /** The connection's beginning was not captured. */
  readonly adopted?: boolean;
  /** Of `handed_over` and `released`: the module, 0 the waiting module itself, and how it came to the connection. */
  readonly module?: number;
  readonly handOver?: 'prestarted' | 'started' | 'reused' | 'waiting';
  /** Of `released`: how long the module had it, in nanoseconds. */
  readonly served?: number;
}

/** The head of a request is there. */
export interface RequestEvent {
  readonly type: 'request';
  readonly time: number;
  /** Frame that completed the request's head; 0 when a timer did. */
  readonly n: number;
  readonly fd: number;
  /** Empty where it could not be read. */
  readonly method: string;
  readonly target: string;
  /** `1.0`, `1.1`; empty where it could not be read. */
  readonly version: string;
  readonly host?: string;
  /** Number of the communication module that reads it; 0: the waiting module itself; absent for a captured server. */
  readonly module?: number;
  /** Its end was not captured: method and target may be shortened. */
  readonly cut?: true;
  /** It breaks HTTP's rules. */
  readonly bad?: true;
}

/** Told when the last byte of the response's body is there, or when it will not come any more. */
export interface ResponseEvent {
  readonly type: 'response';
  /** Time and frame of its first byte. */
  readonly time: number;
  readonly n: number;
  /** Time and frame of its last byte. */
  readonly endTime: number;
  readonly endN: number;
  /** Frame that completed the head of the request it answers; 0 where no request is known. */
  readonly requestN: number;
  readonly fd: number;
  readonly status: number;
  readonly reason?: string;
  readonly version?: string;
  readonly contentType?: string;
  /** Bytes of content, without the chunks' framing. */
  readonly bodyBytes: number;
  readonly source: 'captured' | 'server';
  /** Communication module that answers; 0: the waiting module itself; absent for a captured server. */
  readonly module?: number;
  /** What went wrong in the mounted program that should have answered. */
  readonly error?: string;
  /** The decision that the status comes from: `http_limited`. Absent for a captured server. */
  readonly why?: string;
  /** The body ended before its length said so, or bytes of it were not captured to tell. */
  readonly incomplete?: true;
}

/** One side of a comparison, as far as it matters. */
export interface SentSummary {
  readonly proto: string;
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  /** `seq` and `ack` are absolute: an ISN that they would count from is not known. */
  readonly abs?: true;
  readonly type?: number;
  readonly code?: number;
  readonly why?: string;
}

/** The captured server has done something else than our host: what each did, null for nothing. `n`: the frame, 0 where it was a timer. */
export interface DivergenceEvent {
  readonly type: 'divergence';
  readonly time: number;
  readonly n: number;
  readonly kind: string;
  readonly expected: SentSummary | null;
  readonly captured: SentSummary | null;
}

/** One of two answers to the same request. */
export interface AnswerSummary {
  readonly status: number;
  /** Bytes of content; -1: not known. */
  readonly bodyBytes: number;
  /** Who closed the connection first; absent while it is open. */
  readonly closedBy?: 'client' | 'server';
}

/** What our server answered, beside what the captured one did. Told at the end of a run. */
export interface ComparisonEvent {
  readonly type: 'comparison';
  readonly time: number;
  /** Frame that completed the request's head. */
  readonly n: number;
  readonly fd: number;
  readonly method: string;
  readonly target: string;
  /** `status`, `length`, `body`, `closed`, `not_answered` (by our server), `not_captured`; none: the same. */
  readonly differs: readonly string[];
  readonly server: AnswerSummary | null;
  readonly captured: AnswerSummary | null;
}
