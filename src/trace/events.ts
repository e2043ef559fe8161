/** What becomes of sockets and requests: told beside the frame or timer that caused it. Times in nanoseconds, as in Frame.time. */
export type TraceEvent = SocketEvent | RequestEvent | ResponseEvent | DivergenceEvent;

export interface SocketEvent {
  readonly type: 'socket';
  readonly time: number;
  /** `listen`, `syn_received`, `established`, `accept`, `state`, `reset`, `close`, `removed`. */
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
}

export interface RequestEvent {
  readonly type: 'request';
  readonly time: number;
  /** Frame that completed the request's head; 0 when a timer did. */
  readonly n: number;
  readonly fd: number;
  readonly method: string;
  readonly target: string;
  /** `1.0`, `1.1`. */
  readonly version: string;
  readonly host?: string;
}

export interface ResponseEvent {
  readonly type: 'response';
  readonly time: number;
  readonly n: number;
  readonly fd: number;
  readonly status: number;
  readonly bodyBytes: number;
  readonly source: 'captured' | 'server';
}

/** One side of a comparison, as far as it matters. */
export interface SentSummary {
  readonly proto: string;
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly type?: number;
  readonly code?: number;
  readonly why?: string;
}

export interface DivergenceEvent {
  readonly type: 'divergence';
  readonly time: number;
  readonly n: number;
  readonly kind: string;
  readonly expected: SentSummary | null;
  readonly captured: SentSummary | null;
}
