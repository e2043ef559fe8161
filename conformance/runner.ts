import { Host } from '../src/host/host.ts';
import type { Packet } from '../src/host/packet.ts';
import { State } from '../src/host/sockets.ts';
import { CATALOGUE, NAMES } from '../src/trace/catalogue.ts';
import type { Decision } from '../src/trace/decision.ts';
import { Trace } from '../src/trace/trace.ts';
import { formatIp } from '../src/wire/address.ts';
import { u16 } from '../src/wire/bytes.ts';
import { ETHERNET_HEADER, EtherType } from '../src/wire/ethernet.ts';
import { Frame } from '../src/wire/frame.ts';
import { hostConfig, type LinuxEvent, type LinuxScenario } from './capture.ts';
import { type Description, describeFrame } from './describe.ts';
import { IsnBook } from './isns.ts';
import { RecordedProgram } from './program.ts';
import { alignTicks } from './ticks.ts';

/** Multicast listener reports and router solicitations, which no recording has. */
const CHATTER = [131, 132, 133, 143];

/** Within this time of each other two timers count as one, even with a client frame between them. */
const EDGE = 10_000_000;
/** So much of a quoted packet tells which it is. */
const QUOTED = 44;
const QUOTED6 = 80;
const MILLISECOND = 1_000_000;
/** Answers that come this much after what they answer are a timer's work, and a check of their own. */
const TIMER = 15 * MILLISECOND;

/** One client frame with its answers, or one frame that a timer sent. */
export interface LinuxCheck {
  readonly scenario: string;
  /** Index in the capture. */
  readonly frame: number;
  readonly note: string;
  /** Empty: our host did what the kernel did. */
  readonly problems: readonly string[];
}

/** A frame of the kernel that we must send too; `cause`: when what it answers happened, or its timer was set. */
interface Awaited {
  readonly out: LinuxEvent;
  readonly theirs: SentFrame;
  readonly cause: number;
}

interface SentFrame {
  readonly time: number;
  readonly bytes: Uint8Array;
}

/** Plays a scenario's client frames to a live host at their times, drives its program as the recorded one ran, and compares. */
export class LinuxRunner {
  readonly checks: LinuxCheck[] = [];
  /** Each client frame's last decision, and the counters that the kernel raised because of the frame. */
  readonly raised: { readonly decision: string; readonly counters: readonly string[] }[] = [];
  private readonly scenario: LinuxScenario;
  private readonly trace = new Trace();
  private readonly host: Host;
  private readonly frame = new Frame();
  private readonly isns: IsnBook;
  private readonly program = new RecordedProgram();
  private readonly sent: SentFrame[] = [];
  private readonly sysctl: Record<string, number>;
  private readonly ownAddresses: ReadonlySet<string>;
  /** Kernel names of the packets that were dropped in the step, the frame's own and others. */
  private readonly drops = new Set<string>();
  /** Timers' work that just missed the next client frame, the kernel's and ours: the other's may come right behind it. */
  private late: Awaited[] = [];
  private early: SentFrame[] = [];
  private verdict: Decision | null = null;
  private verdictName = '';
  /** The packet in which a connection's clock was asked for. */
  private opening: Packet | null = null;

  /** `shift`: see `alignTicks`. */
  constructor(scenario: LinuxScenario, shift?: number) {
    this.scenario = alignTicks(scenario, shift);
    const config = hostConfig(scenario);
    this.sysctl = config.sysctl;
    this.ownAddresses = new Set(config.addresses.map(({ family, words }) => formatIp(family, ...words)));
    this.host = new Host(config, this.trace, () => this.program);
    this.host.send = (bytes, start, end, time) => this.sent.push({ time, bytes: bytes.slice(start, end) });
    this.isns = new IsnBook(this.scenario);
    this.host.tcp.initial.issFor = (packet) => this.isns.next(packet, this.host.context.now);
    this.host.tcp.initial.timestampFor = (packet) => {
      this.opening = packet;
      return this.isns.nextTimestamp(packet, this.host.context.now);
    };
  }

  run(): readonly LinuxCheck[] {
    const { events } = this.scenario;
    let at = 0;
    while (at < events.length && !isClientFrame(events[at]!)) at++;
    while (at < events.length) {
      let next = at + 1;
      while (next < events.length && !isClientFrame(events[next]!)) next++;
      this.step(events[at]!, events.slice(at + 1, next), events[next]);
      at = next;
    }
    return this.checks;
  }

  /** One client frame and what happened until the next one. */
  private step(event: LinuxEvent, until: readonly LinuxEvent[], next: LinuxEvent | undefined): void {
    const { frame, host, trace } = this;
    const time = this.scenario.frames[event.pcap!]!.time;
    const bytes = this.bytesOf(event);
    host.advance(time, () => {});
    frame.bytes = bytes;
    frame.start = 0;
    frame.end = frame.wireLength = bytes.length;
    frame.time = time;
    frame.number = event.pcap! + 1;
    // What a timer sent up to here belongs to the frame before.
    this.sent.length = 0;
    this.opening = null;
    host.receive(frame);
    if (this.opening !== null) this.setClock(this.opening, time);
    this.verdict = trace.final < 0 ? null : (CATALOGUE[trace.final] as Decision);
    this.verdictName = trace.final < 0 ? 'nothing' : NAMES[trace.final]!;
    this.drops.clear();
    for (const id of trace.ids.subarray(0, trace.length)) {
      const { skb } = CATALOGUE[id] as Decision;
      if (skb !== undefined) this.drops.add(skb);
    }
    for (const later of until) {
      if (later.type === 'app') this.drive(later);
      else if (later.type === 'note') this.note(later.text ?? '');
    }
    host.advance(next === undefined ? this.scenario.duration * 1e9 : this.scenario.frames[next.pcap!]!.time - 1, () => {});
    const end = next === undefined ? Number.POSITIVE_INFINITY : this.scenario.frames[next.pcap!]!.time;
    this.compare(event, time, until, end);
  }

  /** A connection has begun with the recorded TSval: its clock goes on as the kernel's did. */
  private setClock(packet: Packet, now: number): void {
    const c = this.host.tcp.find(packet);
    if (c !== null && c.state === State.synReceived) c.tsOffset = (c.tsOffset - this.isns.clockError(packet, now)) >>> 0;
  }

  private drive(event: LinuxEvent): void {
    const time = Math.round(event.t * 1e9);
    this.host.advance(time, () => {});
    this.host.act(time, () => this.program.act(event));
  }

  /** A setting that was changed in the middle: `tcp_ecn=1`. */
  private note(text: string): void {
    const change = /^(tcp_\w+)=(\d+)$/.exec(text);
    if (change !== null) this.sysctl[`ipv4.${change[1]}`] = Number(change[2]);
  }

  private bytesOf(event: LinuxEvent): Uint8Array {
    return this.scenario.frames[event.pcap!]!.bytes;
  }

  /** `end`: when the next client frame comes; Infinity after the last one. */
  private compare(event: LinuxEvent, time: number, until: readonly LinuxEvent[], end: number): void {
    const expected = until.filter(({ type, dir }) => type === 'frame' && dir === 'out');
    const ended = until.find(({ op }) => op === 'read-error');
    // What the program does with a connection that the kernel has ended causes nothing.
    const acts = until.filter(({ type, conn }) => type === 'app' && (ended === undefined || conn !== ended.conn));
    const causes = [time, ...acts.map(({ t }) => t * 1e9)];
    const problems = this.compareDrop(event, expected);
    this.raised.push({ decision: this.verdictName, counters: Object.keys(event.counters ?? {}) });
    const awaited: Awaited[] = [
      ...this.late,
      ...expected.map((out) => {
        const theirs = this.scenario.frames[out.pcap!]!;
        const earlier = Math.max(...causes.filter((at) => at <= theirs.time));
        return { out, theirs, cause: this.quoted(theirs) ?? this.causeInFlow(event, out, acts) ?? earlier };
      }),
    ];
    const ours = [...this.early, ...this.sent.filter(({ bytes }) => !isLeftOut(bytes))];
    this.late = [];
    this.early = [];
    for (const waiting of awaited) {
      const { out, theirs, cause } = waiting;
      const isTimed = theirs.time - cause > TIMER;
      const flow = flowOf(theirs.bytes);
      const same = ours.findIndex(({ bytes }) => isSameEvent(theirs.bytes, bytes));
      const at = same >= 0 ? same : ours.findIndex(({ bytes }) => flowOf(bytes) === flow);
      if (at < 0 && isTimed && end - theirs.time < EDGE && theirs.time > time) {
        this.late.push(waiting);
        continue;
      }
      const found = this.compareFrame(theirs, at < 0 ? ours.shift() : ours.splice(at, 1)[0], time, cause);
      if (isTimed) this.checks.push(this.check(out, found));
      else problems.push(...found);
    }
    for (const extra of ours) {
      const isTimed = extra.time - Math.max(...causes.filter((at) => at <= extra.time)) > TIMER;
      if (isTimed && end - extra.time < EDGE && extra.time > time) this.early.push(extra);
      // The recording may have stopped just before.
      else if (!isTimed || this.scenario.duration * 1e9 - extra.time > toleranceOf(extra.time - time)) {
        const seen = describeFrame(extra.bytes, this.isns.origin(extra.bytes, extra.time));
        problems.push(`we also send at ${ms(extra.time - time)}: ${text(seen)}`);
      }
    }
    this.checks.push(this.check(event, problems));
  }

  /** When the client's packet came that an ICMP error of the kernel quotes; undefined for any other frame. */
  private quoted(theirs: SentFrame): number | undefined {
    const quote = quoteOf(theirs.bytes);
    if (quote === undefined) return undefined;
    const head = Buffer.from(quote.subarray(0, QUOTED));
    const isQuoted = ({ bytes }: SentFrame) => head.equals(bytes.subarray(ETHERNET_HEADER, ETHERNET_HEADER + head.length));
    return this.scenario.frames.findLast((frame) => frame.time <= theirs.time && isQuoted(frame))?.time;
  }

  /** What a segment answers, or what its timer has waited from: what its connection did before the run of segments that it is of. */
  private causeInFlow(event: LinuxEvent, out: LinuxEvent, acts: readonly LinuxEvent[]): number | undefined {
    const { frames } = this.scenario;
    const { bytes, time } = frames[out.pcap!]!;
    const flow = flowOf(bytes);
    if (flow === '') return undefined;
    const ended = flow.split(',').map(Number);
    const conn = `${ended.slice(4, 8).join('.')}:${ended[10]! * 256 + ended[11]!}>${ended[8]! * 256 + ended[9]!}`;
    const act = Math.max(0, ...acts.filter((event) => event.conn === conn && event.t * 1e9 <= time).map(({ t }) => t * 1e9));
    const client = frames[event.pcap!]!;
    // An ICMP error may be what makes a connection send.
    if (flowOf(client.bytes) === '' && time - client.time <= TIMER) return Math.max(act, client.time);
    let first = time;
    for (let at = out.pcap! - 1; at >= 0; at--) {
      const earlier = frames[at]!;
      const isAnswer = flowOf(earlier.bytes) === flow;
      if (!isAnswer && reverseOf(earlier.bytes) !== flow) continue;
      if (isAnswer && first - earlier.time <= TIMER && earlier.time > act) first = earlier.time;
      else return Math.max(act, earlier.time);
    }
    return act > 0 ? act : undefined;
  }

  private check(event: LinuxEvent, problems: readonly string[]): LinuxCheck {
    return { scenario: this.scenario.name, frame: event.pcap!, note: event.note ?? '', problems };
  }

  private compareDrop(event: LinuxEvent, expected: readonly LinuxEvent[]): string[] {
    const { verdict } = this;
    const ours = verdict !== null && verdict.effect === 'drop' ? verdict : null;
    // The kernel hears its own broadcasts: what it drops then is not the client's frame.
    if (expected.some((out) => this.bytesOf(out)[0] === 0xff && this.bytesOf(out)[13] === 0)) return [];
    // And its answers to a packet that said to come from itself.
    if (this.isFromItself(this.bytesOf(event))) return [];
    // A wrong UDP checksum may wait until the program reads, when no event tells of it.
    if (event.drop === undefined && ours?.skb === 'UDP_CSUM' && expected.length === 0) return [];
    if (event.nic !== undefined) return [];
    const named = (event.drop ?? []).filter(({ reason }) => reason !== 'NOT_SPECIFIED');
    const unlike = named.filter(({ reason }) => !this.drops.has(reason));
    if (unlike.length > 0) return unlike.map((drop) => `kernel drops ${drop.reason} in ${drop.in}, we: ${this.verdictName}`);
    // The kernel frees what it has used up in the same way as what it drops: only what reached a program was surely not dropped.
    const isOwn = event.drop?.[0] !== undefined && !/purge|release|kill/.test(event.drop[0].in);
    if (isOwn && named.length === 0 && expected.length === 0 && this.verdict?.effect === 'deliver') {
      return [`kernel drops silently in ${event.drop![0]!.in}, we: ${this.verdictName}`];
    }
    if (event.drop === undefined && ours !== null && ours.skb !== 'NOT_SPECIFIED') {
      return [`kernel drops nothing, we: ${this.verdictName} (${ours.reason})`];
    }
    return [];
  }

  private isFromItself(bytes: Uint8Array): boolean {
    const { src } = describeFrame(bytes);
    return src !== undefined && (src === '0.0.0.0' || this.ownAddresses.has(src));
  }

  private compareFrame(theirs: SentFrame, ours: SentFrame | undefined, from: number, cause: number): string[] {
    const origin = this.isns.origin(theirs.bytes, theirs.time);
    const wanted = describeFrame(theirs.bytes, origin);
    if (ours === undefined) return [`kernel sends at ${ms(theirs.time - from)}, we do not: ${text(wanted)}`];
    const given = describeFrame(ours.bytes, origin);
    const problems = Object.keys({ ...wanted, ...given })
      .filter((field) => wanted[field] !== given[field])
      .map((field) => `${field}: kernel ${wanted[field]}, we ${given[field]} (${text(wanted)})`);
    if (Math.abs(theirs.time - ours.time) > toleranceOf(theirs.time - cause)) {
      problems.push(`time: kernel ${ms(theirs.time - from)}, we ${ms(ours.time - from)} (${text(wanted)})`);
    }
    return problems;
  }
}

/** Connections are compared each for itself: which of several timers that are due at once fires first is chance. */
function flowOf(frame: Uint8Array): string {
  const isTcp = frame[12] === 8 && frame[13] === 0 && frame[23] === 6 && frame[14] === 0x45;
  return isTcp ? frame.subarray(26, 38).join() : '';
}

/** `flowOf` the answer to a client's frame. */
function reverseOf(frame: Uint8Array): string {
  const flow = flowOf(frame).split(',');
  return [...flow.slice(4, 8), ...flow.slice(0, 4), ...flow.slice(10), ...flow.slice(8, 10)].join();
}

/** The recorder takes no notice of what a kernel says on the link of itself, and of ICMPv6 from nobody. */
function isLeftOut(frame: Uint8Array): boolean {
  if (u16(frame, 12) !== EtherType.ipv6 || frame[20] !== 58) return false;
  return CHATTER.includes(frame[ETHERNET_HEADER + 40]!) || frame.subarray(22, 38).every((byte) => byte === 0);
}

function isClientFrame(event: LinuxEvent): boolean {
  return event.type === 'frame' && event.dir === 'in';
}

function ms(time: number): string {
  return `${(time / MILLISECOND).toFixed(1)} ms`;
}

function text(description: Description): string {
  return Object.entries(description)
    .filter(([field, value]) => value !== '' && !['to', 'from', 'body'].includes(field))
    .map(([field, value]) => `${field} ${value}`)
    .join(' ');
}

/** The packet that an ICMP error quotes. */
function quoteOf(frame: Uint8Array): Uint8Array | undefined {
  const is4 = u16(frame, 12) === EtherType.ipv4;
  const at = is4 ? ETHERNET_HEADER + (frame[ETHERNET_HEADER]! & 15) * 4 : ETHERNET_HEADER + 40;
  const type = frame[at];
  if (is4 && frame[23] === 1 && (type === 3 || type === 11 || type === 12)) return frame.subarray(at + 8);
  return u16(frame, 12) === EtherType.ipv6 && frame[20] === 58 && type! < 128 ? frame.subarray(at + 8) : undefined;
}

/** So far off may a frame be for which a timer has waited so long. */
function toleranceOf(waited: number): number {
  return Math.max(0.125 * waited, EDGE);
}

/** Of timers that are due at once, chance says which fires first: the same frame, or an ICMP error about the same packet. */
function isSameEvent(theirs: Uint8Array, ours: Uint8Array): boolean {
  const quote = quoteOf(theirs);
  if (quote === undefined) return Buffer.from(theirs).equals(ours);
  const other = quoteOf(ours);
  const length = quote[0]! >> 4 === 6 ? QUOTED6 : QUOTED;
  return other !== undefined && Buffer.from(quote.subarray(0, length)).equals(other.subarray(0, length));
}
