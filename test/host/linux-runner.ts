import { Host } from '../../src/host/host.ts';
import type { Listener, Program, Socket } from '../../src/host/sockets.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import { Trace } from '../../src/trace/trace.ts';
import { Frame } from '../../src/wire/frame.ts';
import { hostConfig, type LinuxEvent, type LinuxScenario } from './linux-capture.ts';
import { type Description, describeFrame } from './linux-describe.ts';
import { IsnTranslator } from './linux-isn.ts';

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

interface SentFrame {
  readonly time: number;
  readonly bytes: Uint8Array;
}

/** Plays a scenario's client frames to a live host at their times, drives its program as the recorded one ran, and compares. */
export class LinuxRunner {
  readonly checks: LinuxCheck[] = [];
  private readonly scenario: LinuxScenario;
  private readonly trace = new Trace();
  private readonly host: Host;
  private readonly frame = new Frame();
  private readonly isns = new IsnTranslator();
  private readonly program = new RecordedProgram();
  private readonly sent: SentFrame[] = [];
  private verdict: Decision | null = null;
  private verdictName = '';

  constructor(scenario: LinuxScenario) {
    this.scenario = scenario;
    this.host = new Host(hostConfig(scenario), this.trace, () => this.program);
    this.host.send = (bytes, start, end, time) => this.take(bytes.slice(start, end), time);
  }

  run(): readonly LinuxCheck[] {
    const { events } = this.scenario;
    for (const event of events) if (event.type === 'frame' && event.dir === 'out') this.isns.learn(this.bytesOf(event), false);
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
    const bytes = this.isns.translate(this.bytesOf(event));
    this.sent.length = 0;
    host.advance(time, () => {});
    frame.bytes = bytes;
    frame.start = 0;
    frame.end = frame.wireLength = bytes.length;
    frame.time = time;
    frame.number = event.pcap! + 1;
    // What a timer sent up to here belongs to the frame before.
    this.sent.length = 0;
    host.receive(frame);
    this.verdict = trace.final < 0 ? null : (CATALOGUE[trace.final] as Decision);
    this.verdictName = trace.final < 0 ? 'nothing' : NAMES[trace.final]!;
    for (const app of until.filter(({ type }) => type === 'app')) this.drive(app);
    const end = next === undefined ? time + this.scenario.duration * 1e9 : this.scenario.frames[next.pcap!]!.time - 1;
    host.advance(next === undefined ? Math.max(end, this.scenario.duration * 1e9) : end, () => {});
    this.compare(event, time, until);
  }

  private drive(event: LinuxEvent): void {
    const time = Math.round(event.t * 1e9);
    this.host.advance(time, () => {});
    this.host.act(time, () => this.program.act(event));
  }

  private take(bytes: Uint8Array, time: number): void {
    this.isns.learn(bytes, true);
    this.sent.push({ time, bytes });
  }

  private bytesOf(event: LinuxEvent): Uint8Array {
    return this.scenario.frames[event.pcap!]!.bytes;
  }

  private compare(event: LinuxEvent, time: number, until: readonly LinuxEvent[]): void {
    const expected = until.filter(({ type, dir }) => type === 'frame' && dir === 'out');
    const causes = [time, ...until.filter(({ type }) => type === 'app').map(({ t }) => t * 1e9)];
    const problems = this.compareDrop(event, expected);
    const ours = [...this.sent];
    for (const out of expected) {
      const theirs = this.scenario.frames[out.pcap!]!;
      const cause = Math.max(...causes.filter((at) => at <= theirs.time));
      const found = this.compareFrame(theirs, ours.shift(), time, cause);
      if (theirs.time - cause <= TIMER) problems.push(...found);
      else this.checks.push(this.check(out, found));
    }
    for (const extra of ours)
      problems.push(`we also send at ${ms(extra.time - time)}: ${text(this.describe(extra.bytes, true))}`);
    this.checks.push(this.check(event, problems));
  }

  private check(event: LinuxEvent, problems: readonly string[]): LinuxCheck {
    return { scenario: this.scenario.name, frame: event.pcap!, note: event.note ?? '', problems };
  }

  private compareDrop(event: LinuxEvent, expected: readonly LinuxEvent[]): string[] {
    const { verdict } = this;
    const ours = verdict !== null && verdict.effect === 'drop' ? verdict : null;
    // The kernel hears its own broadcasts: what it drops then is not the client's frame.
    if (expected.some((out) => this.bytesOf(out)[0] === 0xff && this.bytesOf(out)[13] === 0)) return [];
    if (event.nic !== undefined) return [];
    const drop = event.drop?.[0];
    if (drop !== undefined && drop.reason !== 'NOT_SPECIFIED') {
      return ours?.skb === drop.reason ? [] : [`kernel drops ${drop.reason} in ${drop.in}, we: ${this.verdictName}`];
    }
    if (drop === undefined && ours !== null && ours.skb !== 'NOT_SPECIFIED') {
      return [`kernel drops nothing, we: ${this.verdictName} (${ours.reason})`];
    }
    return [];
  }

  private compareFrame(theirs: SentFrame, ours: SentFrame | undefined, from: number, cause: number): string[] {
    const wanted = this.describe(theirs.bytes, false);
    if (ours === undefined) return [`kernel sends at ${ms(theirs.time - from)}, we do not: ${text(wanted)}`];
    const given = this.describe(ours.bytes, true);
    const problems = Object.keys({ ...wanted, ...given })
      .filter((field) => wanted[field] !== given[field])
      .map((field) => `${field}: kernel ${wanted[field]}, we ${given[field]} (${text(wanted)})`);
    const tolerance = Math.max(0.125 * (theirs.time - cause), 10 * MILLISECOND);
    if (Math.abs(theirs.time - ours.time) > tolerance) {
      problems.push(`time: kernel ${ms(theirs.time - from)}, we ${ms(ours.time - from)} (${text(wanted)})`);
    }
    return problems;
  }

  private describe(frame: Uint8Array, isOurs: boolean): Description {
    return describeFrame(frame, this.isns.isn(frame, isOurs));
  }
}

/** The server program as it was recorded: it accepts, reads, writes and closes when the recorded one did. */
class RecordedProgram implements Program {
  private readonly listeners = new Map<number, Listener>();
  private readonly connections = new Map<string, Socket>();
  private readonly datagrams = new Map<number, Socket>();
  private read = new Uint8Array(0);

  acceptable(listener: Listener): void {
    this.listeners.set(listener.localPort, listener);
  }
  readable(socket: Socket): void {
    if (socket.protocol === 'udp') this.datagrams.set(socket.localPort, socket);
  }
  writable(): void {}
  ended(): void {}

  act(event: LinuxEvent): void {
    const port = Number(event.conn?.slice(event.conn.lastIndexOf('>') + 1));
    const connection = this.connections.get(event.conn ?? '');
    switch (event.op) {
      case 'accept': {
        const socket = this.listeners.get(port)?.accept();
        if (socket) this.connections.set(event.conn!, socket);
        return;
      }
      case 'read':
      case 'read-eof':
        connection?.read(() => {});
        return;
      case 'write':
        connection?.write(new Uint8Array(event.n!), 0, event.n!);
        return;
      case 'close':
        connection?.close();
        return;
      case 'shutdown-write':
        connection?.shutdown();
        return;
      case 'udp-read':
        this.read = new Uint8Array(0);
        this.datagrams.get(port)?.read((bytes, start, end) => {
          this.read = bytes.slice(start, end);
        });
        return;
      case 'udp-write':
      case 'udp-write-error':
        this.datagrams.get(port)?.write(this.read, 0, this.read.length);
        return;
      default:
    }
  }
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
