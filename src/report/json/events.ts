import type {
  AnswerSummary,
  ComparisonEvent,
  DivergenceEvent,
  RequestEvent,
  ResponseEvent,
  SentSummary,
  SocketEvent,
  TraceEvent,
} from '../../trace/events.ts';
import type { Output } from '../terminal/output.ts';
import { fragment, type JsonBytes } from './bytes.ts';
import { plainJson } from './plain-text.ts';

const SOCKET = fragment('{"type":"socket","t_ns":');
const REQUEST = fragment('{"type":"request"');
const RESPONSE = fragment('{"type":"response"');
const COMPARISON = fragment('{"type":"comparison"');
const DIVERGENCE = fragment('{"type":"divergence"');
const N = fragment(',"n":');
const T_NS = fragment(',"t_ns":');
const EVENT = fragment(',"event":');
const FD = fragment(',"fd":');
const PROTO = fragment(',"proto":');
const LOCAL = fragment(',"local":');
const LPORT = fragment(',"lport":');
const PEER = fragment(',"peer":');
const PPORT = fragment(',"pport":');
const STATE = fragment(',"state":');
const ADOPTED = fragment(',"adopted":true');
const METHOD = fragment(',"method":');
const TARGET = fragment(',"target":');
const VERSION = fragment(',"version":');
const HOST = fragment(',"host":');
const CUT = fragment(',"cut":true');
const BAD = fragment(',"bad":true');
const STATUS = fragment(',"status":');
const BODY = fragment(',"body_bytes":');
const SOURCE = fragment(',"source":');
const FIRST_N = fragment(',"first_n":');
const FIRST_T_NS = fragment(',"first_t_ns":');
const MODULE = fragment(',"module":');
const HAND_OVER = fragment(',"hand_over":');
const SERVED_NS = fragment(',"served_ns":');
const ERROR = fragment(',"error":');
const RESPONSE_WHY = fragment(',"why":');
const INCOMPLETE = fragment(',"incomplete":true');
const END = fragment('}\n');

/** Lines of what has happened above the packets: sockets, requests and responses, and where the captured server did otherwise. */
export class JsonEvents {
  private readonly json: JsonBytes;
  private readonly out: Output;

  constructor(json: JsonBytes, out: Output) {
    this.json = json;
    this.out = out;
  }

  event(event: TraceEvent): void {
    switch (event.type) {
      case 'socket':
        this.socket(event);
        break;
      case 'request':
        this.request(event);
        break;
      case 'response':
        this.response(event);
        break;
      case 'comparison':
        this.begin(COMPARISON, event.n, event.time);
        this.rest(comparison(event));
        break;
      case 'divergence':
        this.begin(DIVERGENCE, event.n, event.time);
        this.rest(divergence(event));
        break;
    }
  }

  private socket(e: SocketEvent): void {
    const { json } = this;
    json.number(SOCKET, e.time);
    json.text(EVENT, e.event);
    if (e.fd >= 0) json.number(FD, e.fd);
    json.text(PROTO, e.proto);
    json.text(LOCAL, e.local);
    json.number(LPORT, e.lport);
    if (e.peer !== undefined) json.text(PEER, e.peer);
    if (e.pport !== undefined) json.number(PPORT, e.pport);
    json.text(STATE, e.state);
    if (e.adopted) json.long(ADOPTED);
    if (e.module !== undefined) json.number(MODULE, e.module);
    if (e.handOver !== undefined) json.text(HAND_OVER, e.handOver);
    if (e.served !== undefined) json.number(SERVED_NS, e.served);
    json.long(END);
  }

  private request(e: RequestEvent): void {
    const { json } = this;
    this.begin(REQUEST, e.n, e.time);
    json.number(FD, e.fd);
    json.text(METHOD, e.method);
    json.text(TARGET, e.target);
    json.text(VERSION, e.version);
    if (e.host !== undefined) json.text(HOST, e.host);
    if (e.cut) json.long(CUT);
    if (e.bad) json.long(BAD);
    if (e.module !== undefined) json.number(MODULE, e.module);
    json.long(END);
  }

  /** `n` and `t_ns` are those of its last byte, so that lines stay in the order of time; its first byte has fields of its own. */
  private response(e: ResponseEvent): void {
    const { json } = this;
    this.begin(RESPONSE, e.endN, e.endTime);
    json.number(FD, e.fd);
    json.number(STATUS, e.status);
    if (e.bodyBytes >= 0) json.number(BODY, e.bodyBytes);
    json.text(SOURCE, e.source);
    this.frameNumber(FIRST_N, e.n);
    json.number(FIRST_T_NS, e.time);
    if (e.incomplete) json.long(INCOMPLETE);
    if (e.module !== undefined) json.number(MODULE, e.module);
    if (e.error !== undefined) json.text(ERROR, e.error);
    if (e.why !== undefined) json.text(RESPONSE_WHY, e.why);
    json.long(END);
  }

  private begin(type: Buffer, n: number, time: number): void {
    this.json.long(type);
    this.frameNumber(N, n);
    this.json.number(T_NS, time);
  }

  /** The fields of a line that comes seldom, behind those that all lines begin with. */
  private rest(fields: object): void {
    this.out.line(`,${plainJson(fields).slice(1)}`);
  }

  /** A timer's work has none. */
  private frameNumber(field: Buffer, n: number): void {
    if (n > 0) this.json.number(field, n);
  }
}

function divergence(e: DivergenceEvent): object {
  return { kind: e.kind, expected: side(e.expected), captured: side(e.captured) };
}

function comparison(e: ComparisonEvent): object {
  const { fd, method, target } = e;
  const same = e.differs.length === 0;
  const differs = same ? undefined : e.differs;
  return { fd: fd < 0 ? undefined : fd, method, target, same, differs, server: answer(e.server), captured: answer(e.captured) };
}

function answer(a: AnswerSummary | null): object | null {
  if (a === null) return null;
  return { status: a.status, body_bytes: a.bodyBytes < 0 ? undefined : a.bodyBytes, closed_by: a.closedBy };
}

function side(s: SentSummary | null): object | null {
  if (s === null) return null;
  return { proto: s.proto, flags: s.flags, seq: s.seq, ack: s.ack, abs: s.abs, icmp_type: s.type, icmp_code: s.code, why: s.why };
}
