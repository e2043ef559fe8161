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
import { Tally } from '../tally.ts';
import type { Output } from '../terminal/output.ts';
import { noteText } from '../views/notes.ts';
import { JsonBytes } from './bytes.ts';
import { JsonEvents } from './events.ts';
import { JsonPackets } from './packets.ts';
import { plainJson } from './plain-text.ts';

/** Version of the line format (major.minor): fields may be added within a major one, never renamed. */
const FORMAT = '1.0';

/** The years that four digits can write, in nanoseconds since 1970. */
const YEAR_0 = -62_167_219_200_000_000_000n;
const YEAR_10000 = 253_402_300_800_000_000_000n;
/** JSON Lines as schema/rxpath-1.0.schema.json has them: one object a line, `start` first, `end` last. */
export class JsonReporter implements Reporter {
  readonly wantsEvents = true;
  private readonly out: Output;
  private readonly version: string;
  private readonly packets: JsonPackets;
  private readonly events: JsonEvents;
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
    const json = new JsonBytes(out);
    this.packets = new JsonPackets(json);
    this.events = new JsonEvents(json, out);
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
    this.out.line(plainJson(line));
  }

  frame(frame: FrameRecord, trace: Trace): void {
    this.tally.frame(frame, trace);
    if (this.only > 0) {
      if (frame.number !== this.only) return;
      this.found = true;
    }
    this.packets.packet(frame, trace);
    this.happened(trace);
  }

  activity(trace: Trace): void {
    this.tally.activity(trace);
    if (this.only > 0) return;
    this.packets.activity(trace);
    this.happened(trace);
  }

  expect({ file, line, ok, expected, actual, frame }: ExpectOutcome): void {
    const n = frame === null ? {} : { n: frame.number };
    this.out.line(plainJson({ type: 'expect', file, line, ok, expected, actual, ...n }));
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
    this.out.line(plainJson(line));
    this.out.flush();
  }

  private happened(trace: Trace): void {
    if (trace.events === null) return;
    for (const event of trace.events) this.events.event(event);
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
