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
import type {
  Damage,
  EndInfo,
  ExpectOutcome,
  FrameRecord,
  HostInfo,
  Note,
  Reporter,
  SocketRow,
  StartInfo,
} from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import { noteText } from '../notes.ts';
import type { Output } from '../output.ts';
import { Tally } from '../tally.ts';
import { fragment, JsonBytes } from './bytes.ts';
import { JsonPackets } from './packets.ts';

/** Version of the line format (major.minor): fields may be added within a major one, never renamed. */
export const FORMAT = '1.0';

const ROOM = 256;
/** The years that four digits can write, in nanoseconds since 1970. */
const YEAR_0 = -62_167_219_200_000_000_000n;
const YEAR_10000 = 253_402_300_800_000_000_000n;
const SOCKET = fragment('{"type":"socket","t_ns":');
const REQUEST = fragment('{"type":"request"');
const RESPONSE = fragment('{"type":"response"');
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

/** JSON Lines as JSON.md says: one object a line, `start` first, `end` last. */
export class JsonReporter implements Reporter {
  readonly wantsEvents = true;
  private readonly out: Output;
  private readonly version: string;
  private readonly json: JsonBytes;
  private readonly packets: JsonPackets;
  private readonly tally = new Tally('en');
  /** The only frame whose lines are wanted; 0: all. */
  private readonly only: number;
  private readonly extra: readonly Note[];
  /** The frame was there, where one was asked for. */
  found: boolean;

  constructor(out: Output, version: string, only = 0, notes: readonly Note[] = []) {
    this.extra = notes;
    this.out = out;
    this.version = version;
    this.only = only;
    this.found = only === 0;
    this.json = new JsonBytes(out);
    this.packets = new JsonPackets(this.json);
  }

  get done(): boolean {
    return this.out.closed || (this.only > 0 && this.found);
  }

  start(info: StartInfo): void {
    const line: Record<string, unknown> = {
      type: 'start',
      format: FORMAT,
      tool: 'rxpath',
      version: this.version,
      command: info.command,
      source: info.sources.length === 1 ? info.sources[0] : info.sources,
    };
    const t0 = isoTime(info.t0);
    if (t0 !== '') line.t0 = t0;
    line.host = host(info.host);
    if (info.packets >= 0) line.packets = info.packets;
    if (info.format !== '') line.capture = info.format;
    if (info.linkTypes.length > 0) line.link_types = info.linkTypes;
    const notes = [...info.notes, ...this.extra];
    if (notes.length > 0) line.notes = notes.map(note);
    this.out.line(JSON.stringify(line));
  }

  frame(frame: FrameRecord, trace: Trace): void {
    this.tally.frame(frame, trace);
    if (this.only > 0) {
      if (frame.number !== this.only) return;
      this.found = true;
    }
    this.packets.packet(frame, trace);
    this.events(trace);
  }

  activity(trace: Trace): void {
    this.tally.activity(trace);
    if (this.only > 0) return;
    this.packets.activity(trace);
    this.events(trace);
  }

  expect({ file, line, ok, expected, actual, frame }: ExpectOutcome): void {
    const n = frame === null ? {} : { n: frame.number };
    this.out.line(JSON.stringify({ type: 'expect', file, line, ok, expected, actual, ...n }));
  }

  idle(): void {
    this.out.flush();
  }

  end(info: EndInfo): void {
    const { tally } = this;
    const line: Record<string, unknown> = {
      type: 'end',
      packets: info.packets,
      in: tally.inbound,
      out: tally.observed,
      verdicts: Object.fromEntries(tally.verdicts()),
      reasons: Object.fromEntries(tally.reasons()),
      sockets: info.socketCount,
      requests: info.requestCount,
      responses: Object.fromEntries([...info.responses].sort((x, y) => x[0] - y[0])),
    };
    if (info.divergences.size > 0) line.divergences = Object.fromEntries(info.divergences);
    if (info.comparison !== undefined) line.comparison = Object.fromEntries(info.comparison);
    const pools = info.sockets.flatMap(pool);
    if (pools.length > 0) line.pools = pools;
    line.host = host(info.host);
    if (info.notes.length > 0) line.notes = info.notes.map(note);
    line.damaged = info.damage.length === 0 ? null : info.damage.map(damaged);
    this.out.line(JSON.stringify(line));
    this.out.flush();
  }

  private events(trace: Trace): void {
    if (trace.events === null) return;
    for (const event of trace.events) this.event(event);
  }

  private event(event: TraceEvent): void {
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
        this.out.line(JSON.stringify(comparison(event)));
        break;
      case 'divergence':
        this.out.line(JSON.stringify(divergence(event)));
        break;
    }
  }

  private socket(e: SocketEvent): void {
    const { json } = this;
    json.reserve(ROOM);
    json.raw(SOCKET);
    json.integer(e.time);
    json.raw(EVENT);
    json.string(e.event);
    if (e.fd >= 0) {
      json.raw(FD);
      json.integer(e.fd);
    }
    json.raw(PROTO);
    json.string(e.proto);
    json.raw(LOCAL);
    json.string(e.local);
    json.reserve(ROOM);
    json.raw(LPORT);
    json.integer(e.lport);
    if (e.peer !== undefined) {
      json.raw(PEER);
      json.string(e.peer);
    }
    if (e.pport !== undefined) {
      json.reserve(ROOM);
      json.raw(PPORT);
      json.integer(e.pport);
    }
    json.raw(STATE);
    json.string(e.state);
    json.reserve(ROOM);
    if (e.adopted) json.raw(ADOPTED);
    if (e.module !== undefined) {
      json.raw(MODULE);
      json.integer(e.module);
    }
    if (e.handOver !== undefined) {
      json.raw(HAND_OVER);
      json.string(e.handOver);
    }
    if (e.served !== undefined) {
      json.reserve(ROOM);
      json.raw(SERVED_NS);
      json.integer(e.served);
    }
    json.raw(END);
  }

  private request(e: RequestEvent): void {
    const { json } = this;
    json.reserve(ROOM);
    json.raw(REQUEST);
    this.frameNumber(N, e.n);
    json.raw(T_NS);
    json.integer(e.time);
    json.raw(FD);
    json.integer(e.fd);
    json.raw(METHOD);
    json.string(e.method);
    json.reserve(ROOM);
    json.raw(TARGET);
    json.string(e.target);
    json.reserve(ROOM);
    json.raw(VERSION);
    json.string(e.version);
    if (e.host !== undefined) {
      json.reserve(ROOM);
      json.raw(HOST);
      json.string(e.host);
    }
    json.reserve(ROOM);
    if (e.cut) json.raw(CUT);
    if (e.bad) json.raw(BAD);
    if (e.module !== undefined) {
      json.raw(MODULE);
      json.integer(e.module);
    }
    json.raw(END);
  }

  /** A timer's work has none. */
  private frameNumber(field: Buffer, n: number): void {
    if (n <= 0) return;
    this.json.raw(field);
    this.json.integer(n);
  }

  /** `n` and `t_ns` are those of its last byte, so that lines stay in the order of time; its first byte has fields of its own. */
  private response(e: ResponseEvent): void {
    const { json } = this;
    json.reserve(ROOM);
    json.raw(RESPONSE);
    this.frameNumber(N, e.endN);
    json.raw(T_NS);
    json.integer(e.endTime);
    json.raw(FD);
    json.integer(e.fd);
    json.raw(STATUS);
    json.integer(e.status);
    if (e.bodyBytes >= 0) {
      json.raw(BODY);
      json.integer(e.bodyBytes);
    }
    json.raw(SOURCE);
    json.string(e.source);
    json.reserve(ROOM);
    this.frameNumber(FIRST_N, e.n);
    json.raw(FIRST_T_NS);
    json.integer(e.time);
    if (e.incomplete) json.raw(INCOMPLETE);
    if (e.module !== undefined) {
      json.raw(MODULE);
      json.integer(e.module);
    }
    if (e.error !== undefined) {
      json.raw(ERROR);
      json.string(e.error);
      json.reserve(ROOM);
    }
    if (e.why !== undefined) {
      json.raw(RESPONSE_WHY);
      json.string(e.why);
      json.reserve(ROOM);
    }
    json.raw(END);
  }
}

/** Nanoseconds since 1970 as `2023-11-14T22:13:20.000000000Z`; empty where that is none: forged times lie in any year. */
export function isoTime(ns: bigint | null): string {
  if (ns === null || ns < YEAR_0 || ns >= YEAR_10000) return '';
  const second = 1_000_000_000n;
  const rest = ((ns % second) + second) % second;
  const date = new Date(Number((ns - rest) / 1_000_000n));
  return `${date.toISOString().slice(0, -5)}.${String(rest).padStart(9, '0')}Z`;
}

function host(info: HostInfo): object {
  return { addresses: info.addresses, macs: info.macs, listen: info.listen, choice: info.choice, profile: info.profile };
}

/** The communication modules of a listener. */
function pool({ pool: of, local, lport }: SocketRow): object[] {
  if (of === undefined) return [];
  const { workers, max, started, mostBusy, served, turnedAway } = of;
  const where = { local: local === '' ? '*' : local, lport };
  return [{ ...where, workers, max, started, most_busy: mostBusy, served, turned_away: turnedAway }];
}

function note(n: Note): object {
  return { code: n.code, count: n.count, message: noteText(n, 'en') };
}

function damaged(d: Damage): object {
  return { file: d.file, offset: d.offset, lost: d.lost < 0 ? undefined : d.lost, code: d.code, message: d.message };
}

function divergence(e: DivergenceEvent): object {
  return {
    type: e.type,
    n: e.n > 0 ? e.n : undefined,
    t_ns: e.time,
    kind: e.kind,
    expected: side(e.expected),
    captured: side(e.captured),
  };
}

function comparison(e: ComparisonEvent): object {
  const { type, n, time: t_ns, fd, method, target } = e;
  const what = {
    type,
    n: n > 0 ? n : undefined,
    t_ns,
    fd: fd < 0 ? undefined : fd,
    method,
    target,
    same: e.differs.length === 0,
  };
  const differs = e.differs.length === 0 ? undefined : e.differs;
  return { ...what, differs, server: answer(e.server), captured: answer(e.captured) };
}

function answer(a: AnswerSummary | null): object | null {
  if (a === null) return null;
  return { status: a.status, body_bytes: a.bodyBytes < 0 ? undefined : a.bodyBytes, closed_by: a.closedBy };
}

function side(s: SentSummary | null): object | null {
  if (s === null) return null;
  return { proto: s.proto, flags: s.flags, seq: s.seq, ack: s.ack, abs: s.abs, icmp_type: s.type, icmp_code: s.code, why: s.why };
}
