import { Host } from '../host/host.ts';
import { toldProfile } from '../host/tcp/profile.ts';
import { addressText, listening, statusCounts } from '../replay/endings.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import type { ExchangeWatch } from '../server/http/exchange-log.ts';
import { Programs } from '../server/programs.ts';
import { exchangeRow, SocketRows } from '../server/rows.ts';
import type { EndInfo, HostInfo, Note, Reporter } from '../trace/run.ts';
import { Trace } from '../trace/trace.ts';
import { formatMac } from '../wire/address.ts';
import { Frame, FrameDirection } from '../wire/frame.ts';
import { settle } from '../wire/shape.ts';
import type { RealTime } from './real-time.ts';
import type { Wire } from './wire.ts';

/** Frames taken in one go: then timers and signals of the process have their turn. */
const BATCH = 256;
/** Bytes of the longest frame that an interface gives. */
const LONGEST = 0x1_0000 + 64;
/** Bytes of the shortest frame: an interface of the kernel pads none. */
const SHORTEST = 14;
const MILLISECOND = 1_000_000;
/** Milliseconds that the process's timer is set for at most. */
const LONGEST_NAP = 60_000;

/** How an interface is served. */
export interface ServeOptions {
  /** Name of the interface. */
  readonly name: string;
  /** Only the summary at the end is wanted. */
  readonly quiet: boolean;
  /** Shown every frame that comes in (`direction` 1) and every one that goes out (2). */
  readonly record?: ((frame: Frame) => void) | null;
  readonly bodies?: ExchangeWatch | null;
}

/**
 * The simulated host on a real network: frames of an interface climb as they come, in real time, and what the host sends goes out. The
 * host's own time is the time that has passed since the beginning, moved on by whatever happens: a frame, or a timer that is due.
 */
export class Serving {
  private readonly wire: Wire;
  private readonly time: RealTime;
  private readonly options: ServeOptions;
  private readonly reporter: Reporter;
  private readonly trace = new Trace();
  private readonly programs: Programs;
  private readonly host: Host;
  private readonly sockets = new SocketRows();
  private readonly buffer = new Uint8Array(LONGEST);
  private readonly frame = settle(new Frame(), ['time']);
  private readonly sent = settle(new Frame(), ['time']);
  private timer: NodeJS.Timeout | undefined;
  /** Nanoseconds: when the timer is to go off; Infinity: it is not set. */
  private timerAt = Number.POSITIVE_INFINITY;
  private frames = 0;
  private lastTime = 0;
  private unsent = 0;
  private isOver = false;
  private isGone = false;
  private over: () => void = () => {};
  private failed: (error: unknown) => void = () => {};

  constructor(wire: Wire, time: RealTime, server: ServerConfiguration, options: ServeOptions, reporter: Reporter) {
    this.wire = wire;
    this.time = time;
    this.options = options;
    this.reporter = reporter;
    if (reporter.wantsEvents) this.trace.events = [];
    this.programs = new Programs(this.trace, server);
    this.programs.beforeAnswer = () => this.answerComes();
    this.programs.log.watch = options.bodies ?? null;
    const { host } = server;
    const config = { ...host, timeOfDay: time.timeOfDay, minFrame: host.minFrame ?? SHORTEST, capture: null };
    this.host = new Host(config, this.trace, this.programs.programFor);
    this.host.send = (bytes, start, end, at) => this.leaves(bytes, start, end, at);
    this.host.onEnded = (socket, how) => this.sockets.add(socket, how);
    this.frame.fcsLength = this.sent.fcsLength = 0;
    this.frame.bytes = this.buffer;
    this.frame.direction = FrameDirection.inbound;
    this.sent.direction = FrameDirection.outbound;
  }

  /** Sockets of the configuration that could not be opened. */
  get refused(): Host['refused'] {
    return this.host.refused;
  }

  /** Serves until `stop` is called, nobody reads what is told, or the interface is gone. Rejects with what the reporter throws. */
  async run(): Promise<void> {
    this.start();
    await new Promise<void>((resolve, reject) => {
      this.over = resolve;
      this.failed = reject;
      this.wire.watch(() => this.attempt(this.arrive));
      this.setTimer();
    });
  }

  stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.wire.unwatch();
    this.over();
  }

  /** The interface was taken away while we served. */
  get gone(): boolean {
    return this.isGone;
  }

  /** Tells the end. `notes`: remarks beside ours. */
  end(notes: readonly Note[] = []): EndInfo {
    const { host, sockets, programs, reporter } = this;
    for (const socket of host.sockets()) sockets.add(socket, '');
    const { log } = programs;
    const info: EndInfo = {
      packets: this.frames,
      lastTime: this.lastTime,
      host: this.hostInfo(),
      damage: [],
      sockets: sockets.rows,
      socketCount: sockets.count,
      exchanges: log.kept.map(exchangeRow),
      requestCount: log.requests,
      responses: statusCounts(log),
      divergences: new Map(),
      notes: [...this.endNotes(), ...notes],
    };
    reporter.end(info);
    return info;
  }

  private endNotes(): Note[] {
    const { sockets, unsent } = this;
    const { log, failures } = this.programs;
    const notes: Note[] = [];
    if (unsent > 0) notes.push({ code: 'live_unsent', count: unsent, text: this.options.name });
    if (sockets.count > sockets.rows.length) notes.push({ code: 'sockets_limited', count: sockets.rows.length });
    if (log.exchanges > log.kept.length) notes.push({ code: 'exchanges_limited', count: log.kept.length });
    for (const text of new Set(failures)) notes.push({ code: 'other', text });
    return notes;
  }

  private start(): void {
    const { reporter, trace, options } = this;
    reporter.start({
      command: 'serve',
      sources: [options.name],
      format: '',
      linkTypes: ['Ethernet'],
      packets: -1,
      ...(options.quiet ? { guess: Number.POSITIVE_INFINITY } : {}),
      t0: this.time.origin,
      host: this.hostInfo(),
      notes: [],
    });
    trace.tellsAll = reporter.wantsDivergencesOnly !== true;
    // what the program did when the host was made
    if (trace.length > 0) reporter.activity(trace);
    reporter.idle();
  }

  /** Frames wait: as many as there are climb. */
  private readonly arrive = (): void => {
    for (let taken = 0; taken < BATCH && !this.isOver; taken++) {
      const length = this.wire.read(this.buffer);
      if (length <= 0) {
        if (length < 0) this.interfaceIsGone();
        break;
      }
      this.climb(length);
    }
    this.rest();
  };

  private climb(length: number): void {
    const { frame, host, reporter, options } = this;
    const now = this.passTime();
    frame.start = 0;
    frame.end = frame.wireLength = length;
    frame.time = now;
    frame.number = ++this.frames;
    this.lastTime = now;
    options.record?.(frame);
    if (host.receive(frame)) reporter.frame(frame, this.trace);
    this.programs.settle();
  }

  /** All that is due by now is done; gives the time. */
  private passTime(): number {
    const now = this.time.now();
    const { host } = this;
    if (host.nextTimer <= now) host.advance(now, this.afterTimer);
    return now;
  }

  /** What a timer did: in a host with a load, also a frame that climbs out of the ring. */
  private readonly afterTimer = (): void => {
    const { trace, reporter } = this;
    if (trace.frame > 0) reporter.frame(this.host.packet.frame, trace);
    else if (trace.length > 0) reporter.activity(trace);
    this.programs.settle();
  };

  /** A mounted program is about to say its answer, which time has not waited for. */
  private answerComes(): void {
    if (this.isOver) return;
    this.attempt(() => this.host.act(this.passTime(), nothing));
    setImmediate(this.answerIsThere);
  }

  private readonly answerIsThere = (): void => this.attempt(this.wake);

  private readonly wake = (): void => {
    this.passTime();
    this.rest();
  };

  private readonly timerIsDue = (): void => {
    this.timerAt = Number.POSITIVE_INFINITY;
    this.attempt(this.wake);
  };

  /** Nothing more to do at the moment: what was told is shown, and the timer set for what is due next. */
  private rest(): void {
    if (this.isOver) return;
    const { reporter } = this;
    reporter.idle();
    if (reporter.done) this.stop();
    else this.setTimer();
  }

  /** Does a piece of work that the event loop has for us. */
  private attempt(work: () => void): void {
    if (this.isOver) return;
    try {
      work();
    } catch (error) {
      this.failed(error);
      this.stop();
    }
  }

  private setTimer(): void {
    const due = this.host.nextTimer;
    if (due >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = due;
    const wait = Math.ceil((due - this.time.now()) / MILLISECOND);
    this.timer = setTimeout(this.timerIsDue, Math.min(Math.max(wait, 0), LONGEST_NAP));
  }

  private leaves(bytes: Uint8Array, start: number, end: number, time: number): void {
    if (this.isOver) return;
    const { sent, options } = this;
    if (options.record != null) {
      sent.bytes = bytes;
      sent.start = start;
      sent.end = end;
      sent.wireLength = end - start;
      sent.time = time;
      options.record(sent);
    }
    if (!this.wire.write(bytes, start, end)) this.unsent++;
  }

  private interfaceIsGone(): void {
    this.isGone = true;
    this.stop();
  }

  private hostInfo(): HostInfo {
    const { config } = this.host.context;
    return {
      addresses: config.addresses.map(addressText),
      macs: config.macs.map(({ high, low }) => formatMac(high, low)),
      listen: listening(this.host),
      choice: 'script',
      ...toldProfile(config),
    };
  }
}

function nothing(): void {}
