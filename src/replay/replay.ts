import type { Capture } from '../capture/capture.ts';
import type { HostAddress } from '../host/config.ts';
import { Host } from '../host/host.ts';
import { type Socket, State } from '../host/sockets.ts';
import { TcpConnection } from '../host/tcp/connection.ts';
import { toldProfile } from '../host/tcp/profile.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import type { ConnectionRecord } from '../server/http/exchange.ts';
import type { ExchangeWatch } from '../server/http/exchange-log.ts';
import { Programs } from '../server/programs.ts';
import { SocketRows } from '../server/rows.ts';
import { D } from '../trace/catalogue.ts';
import type { Facts } from '../trace/facts.ts';
import type { EndInfo, HostInfo, Note, Progress, Reporter } from '../trace/run.ts';
import { Trace } from '../trace/trace.ts';
import { formatMac } from '../wire/address.ts';
import { Frame } from '../wire/frame.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { LINK_NAMES } from '../wire/link.ts';
import { settle } from '../wire/shape.ts';
import { AnswerPairs } from './compare/answer-pairs.ts';
import { BodySums, type ClientEnd, clientText, watchBoth } from './compare/answers.ts';
import { CapturedSide } from './compare/captured-side.ts';
import { Comparison } from './compare/compare.ts';
import { answerRow } from './compare/replay-rows.ts';
import { KnownNeighbours } from './described/known-neighbours.ts';
import { liveHost } from './described/live-host.ts';
import { addressText, damageOf, formatName, listening, statusCounts } from './endings.ts';
import { FrameRecorder } from './frame-recorder.ts';
import { replayNotes, startingNotes } from './replay-notes.ts';
import { type AddressPlan, isSame, planAddresses } from './rewrite/address-plan.ts';
import { CapturedIsns, type Opening } from './rewrite/captured-isns.ts';
import { ClientNumbers } from './rewrite/client-numbers.ts';
import { Rewriter } from './rewrite/rewriter.ts';
import { translate } from './rewrite/translate.ts';
import { DirectionByAddress } from './survey/direction.ts';
import { type ChosenHost, chooseCaptured } from './survey/hosts.ts';
import { Peek } from './survey/peek.ts';
import type { Survey } from './survey/survey.ts';
import { takeSurvey } from './survey/take-survey.ts';

/** Nanoseconds for which timers go on after the last frame: TIME_WAIT and FIN_WAIT2 last 60 s, and both may follow each other. */
export const AFTERMATH = 120_000_000_000;
const PROGRESS_STEP = 16_384;
const CLOCK_STEP = 1_000_000_000;

/** What the user may decide of a replay. */
export interface ReplayOptions {
  /** The captured server; empty: as the script says, else found. */
  readonly hosts: readonly HostAddress[];
  /** Names of the sources, where the capture's own paths are not those that the user gave. */
  readonly sources?: readonly string[];
  /** Shown every frame that goes in and every frame that our host sends: `direction` 1 in, 2 out. */
  readonly record?: ((frame: Frame) => void) | null;
  /** Shown the bodies that pass: of our server, and of the captured one. */
  readonly bodies?: { readonly server: ExchangeWatch; readonly captured: ExchangeWatch } | null;
}

/**
 * What if: sends the client's frames of a capture, at their times, to our own host with a server of ours, lets both answer, and holds what they
 * say against what the captured server said. The capture must be one that can be read twice.
 */
export async function replay(
  capture: Capture,
  server: ServerConfiguration,
  options: ReplayOptions,
  reporter: Reporter,
  progress: Progress,
): Promise<EndInfo> {
  const isns = new CapturedIsns();
  const survey = await takeSurvey(capture, progress, (frame) => isns.look(frame));
  const replaying = new Replay(capture, server, options, reporter, survey, isns);
  await replaying.run(progress);
  return replaying.end();
}

/** An ACK number of the client, and what it was changed to. */
interface Mapping {
  readonly from: number;
  readonly to: number;
}

class Replay {
  private readonly capture: Capture;
  private readonly options: ReplayOptions;
  private readonly reporter: Reporter;
  private readonly survey: Survey;
  private readonly chosen: ChosenHost;
  private readonly plan: AddressPlan;
  private readonly captured: CapturedSide;
  private readonly trace = new Trace();
  /** Tells of what the captured server answered. */
  private readonly echo = new Trace();
  private readonly programs: Programs;
  private readonly host: Host;
  private readonly direction: DirectionByAddress;
  private readonly comparison: Comparison;
  private readonly sockets = new SocketRows();
  private readonly rewriter: Rewriter;
  private readonly isns: CapturedIsns;
  private readonly numbers: ClientNumbers;
  private readonly neighbours: KnownNeighbours;
  private readonly recorder: FrameRecorder;
  private readonly serverSums = new BodySums();
  private readonly capturedSums = new BodySums();
  private readonly answers: AnswerPairs;
  private readonly peek = new Peek();
  /** What is known of frames that a busy CPU has not taken yet, by their number. */
  private readonly inRing = new Map<number, { readonly opening: Opening | undefined; readonly mapping: Mapping | null }>();
  private readonly frame = settle(new Frame(), ['time']);
  private lastTime = 0;
  private endTime = 0;
  private backwards = 0;
  private unsent = 0;

  constructor(
    capture: Capture,
    server: ServerConfiguration,
    options: ReplayOptions,
    reporter: Reporter,
    survey: Survey,
    isns: CapturedIsns,
  ) {
    this.capture = capture;
    this.options = options;
    this.reporter = reporter;
    this.survey = survey;
    this.isns = isns;
    this.chosen = chooseCaptured(survey, options.hosts, server.host.addresses);
    this.plan = planAddresses(server.host, this.chosen, survey);
    this.captured = new CapturedSide(this.chosen, survey);
    this.direction = new DirectionByAddress(this.chosen.addresses, this.chosen.macs, survey.flows);
    this.rewriter = new Rewriter(this.plan, (peek) => survey.trust.isMeaningless(peek));
    if (reporter.wantsEvents) this.trace.events = [];
    this.comparison = new Comparison(this.trace, { trace: this.captured.trace, isAnswer: (facts) => this.isAnswer(facts) });
    this.programs = new Programs(this.trace, server);
    this.host = new Host(liveHost(server.host, this.plan), this.trace, this.programs.programFor);
    this.neighbours = new KnownNeighbours(this.host);
    this.numbers = new ClientNumbers(isns, this.host);
    this.host.tcp.initial.issFor = () => this.opening()?.isn ?? -1;
    this.host.tcp.initial.timestampFor = () => this.opening()?.tsVal ?? -1;
    this.recorder = new FrameRecorder(options.record ?? null);
    this.host.send = this.recorder.sent;
    this.host.onEnded = (socket, how) => {
      if (how !== 'peer_reset') this.lookForUnsent(socket);
      this.comparison.ended(socket);
      this.sockets.add(socket, how);
    };
    this.programs.log.watch = watchBoth(this.serverSums, options.bodies?.server ?? null);
    this.captured.program.log.watch = watchBoth(this.capturedSums, options.bodies?.captured ?? null);
    this.answers = new AnswerPairs(
      { log: this.captured.program.log, sums: this.capturedSums },
      { log: this.programs.log, sums: this.serverSums },
      { clientOf: (record) => clientText(this.inReplay(record)), row: answerRow, onlyCaptured: false },
    );
  }

  async run(progress: Progress): Promise<void> {
    const { capture, reporter, frame } = this;
    this.start();
    progress.stage('climb', this.survey.frames);
    do {
      while (capture.next(frame)) {
        const pending = this.step(frame);
        if (pending !== null) await pending;
        if (this.answers.isDue) this.compareAnswers();
        if (frame.number % PROGRESS_STEP === 0) progress.at(frame.number);
        if (reporter.done) return;
      }
    } while (await capture.fill());
    await this.passTime(this.lastTime + AFTERMATH);
    progress.end();
  }

  end(): EndInfo {
    const { trace, sockets, host, captured, comparison } = this;
    captured.end(this.lastTime);
    this.tellCaptured(this.lastTime, 0, -1);
    trace.begin(Math.max(this.endTime, this.lastTime));
    comparison.finish();
    for (const connection of host.tcp.connections()) {
      this.lookForUnsent(connection);
      comparison.ended(connection);
    }
    for (const socket of host.sockets()) sockets.add(socket, '');
    const compared = this.answers.finish(trace.time);
    if (trace.told !== null) for (const event of compared) trace.told.push(event);
    if (trace.events !== null && trace.events.length > 0) this.reporter.activity(trace);
    const info = this.endInfo();
    this.reporter.end(info);
    return info;
  }

  private endInfo(): EndInfo {
    const { sockets, answers } = this;
    const { log, failures } = this.programs;
    const after = Math.max(0, this.endTime - this.lastTime);
    const notes: Note[] = replayNotes(this.captured.trace, {
      acks: this.numbers.acks.changed,
      rewritten: this.rewriter.counts,
      backwards: this.backwards,
      unsent: this.unsent,
      after,
      mute: this.comparison.mute && this.survey.frames > 0,
      sockets,
      answers,
      failures,
    });
    return {
      packets: this.frame.number,
      lastTime: this.lastTime,
      host: this.hostInfo(),
      damage: damageOf(this.capture),
      sockets: sockets.rows,
      socketCount: sockets.count,
      exchanges: answers.rows,
      requestCount: log.requests,
      responses: statusCounts(log),
      divergences: this.comparison.counts,
      ...(answers.counts.size === 0 ? null : { comparison: answers.counts, compared: answers.compared }),
      notes,
    };
  }

  private start(): void {
    const { capture, survey, options, trace } = this;
    this.reporter.start({
      command: 'replay',
      sources: options.sources ?? capture.paths,
      format: formatName(capture.format),
      linkTypes: [...survey.linkTypes.keys()].map((type) => LINK_NAMES[type] ?? `link type ${type}`),
      packets: survey.frames,
      t0: survey.frames === 0 ? null : capture.origin,
      host: this.hostInfo(),
      notes: startingNotes(survey, this.chosen, this.plan, this.host),
    });
    trace.tellsAll = this.reporter.wantsDivergencesOnly !== true;
    // what the program did when the host was made
    if (trace.length > 0) this.reporter.activity(trace);
  }

  /** One frame; what is to be awaited before the next one, or null. */
  private step(frame: Frame): Promise<void> | null {
    if (frame.time >= this.lastTime) this.lastTime = frame.time;
    else {
      this.backwards++;
      if (this.lastTime - frame.time > CLOCK_STEP) this.lastTime = frame.time;
    }
    const waiting = this.passTime(this.lastTime);
    if (waiting !== null) return waiting.then(() => this.meet(frame) ?? undefined);
    return this.meet(frame);
  }

  private meet(frame: Frame): Promise<void> | null {
    const { peek, captured } = this;
    captured.advance(this.lastTime, () => this.tellCaptured(this.lastTime, 0, -1));
    peek.look(frame);
    if (!this.direction.isInbound(peek, frame)) {
      this.observe(frame);
      return null;
    }
    this.rewriter.take(frame, peek);
    this.numbers.fit(this.rewriter, peek, captured.sentTo(peek));
    this.rewriter.finish();
    captured.receive(frame);
    this.tellCaptured(frame.time, frame.number, -1);
    this.climb();
    return this.settle();
  }

  private climb(): void {
    const { rewriter, host } = this;
    const { frame } = rewriter;
    this.neighbours.meet(rewriter.peek);
    this.recorder.received(frame);
    if (host.receive(frame)) this.climbed(frame, this.mapping());
    else this.inRing.set(frame.number, { opening: this.opening(), mapping: this.mapping() });
  }

  private climbed(frame: Frame, mapping: Mapping | null): void {
    const { host, trace } = this;
    if (mapping !== null) {
      trace.record(D.tcp_replay_ack, mapping.from, mapping.to);
      host.packet.capturedAck = mapping.from;
    }
    this.comparison.climbed(frame.number, host.tcp.current);
    this.reporter.frame(frame, trace);
  }

  /** How the ACK number of the frame at hand was changed; null: it was not. */
  private mapping(): Mapping | null {
    const { acks, isMapped } = this.numbers;
    return isMapped ? { from: acks.from, to: acks.to } : null;
  }

  /** The captured connection that the SYN under way began. */
  private opening(): Opening | undefined {
    const waited = this.inRing.get(this.trace.frame);
    return waited === undefined ? this.isns.find(this.peek, this.rewriter.seq) : waited.opening;
  }

  /** A frame of the captured server: what ours should have said by now. */
  private observe(frame: Frame): void {
    const { captured, host } = this;
    captured.observe(frame);
    const { packet } = captured.host;
    translate(packet, this.plan);
    const socket = packet.protocol === IpProtocol.tcp && packet.hasTransport ? host.tcp.findObserved(packet) : null;
    this.trace.begin(this.lastTime, frame.number);
    this.comparison.observed(frame.number, packet, socket);
    if (this.trace.events !== null && this.trace.events.length > 0) this.reporter.activity(this.trace);
    this.tellCaptured(frame.time, frame.number, socket === null ? -1 : socket.fd);
  }

  /** Those that are over on both sides. */
  private compareAnswers(): void {
    const { echo, answers } = this;
    const compared = answers.compare(this.lastTime);
    if (this.trace.told === null || compared.length === 0) return;
    echo.begin(this.lastTime);
    echo.events = compared;
    this.reporter.activity(echo);
  }

  /** Tells of the responses that the captured side has completed, with the descriptor that the connection has on our host. */
  private tellCaptured(time: number, frame: number, fd: number): void {
    const { echo, captured } = this;
    if (this.trace.told === null) return;
    echo.begin(time, frame);
    echo.events ??= [];
    for (const response of captured.responses()) echo.events.push({ ...response, fd });
    if (echo.events.length > 0) this.reporter.activity(echo);
  }

  /** Lets virtual time pass up to `until`, one timer after the other; null where no program has to be waited for. */
  private passTime(until: number): Promise<void> | null {
    const { host } = this;
    while (host.nextTimer <= until) {
      host.advance(Math.min(until, host.nextTimer), this.tellActivity);
      this.endTime = host.context.now;
      const pending = this.settle();
      if (pending !== null) return pending.then(() => this.passTime(until) ?? undefined);
    }
    return null;
  }

  /** Lets mounted programs answer; null where none was asked. */
  private settle(): Promise<void> | null {
    const pending = this.programs.settle();
    if (pending === null) return null;
    return pending.then(() => {
      this.host.advance(this.host.context.now, this.tellActivity);
      return this.settle() ?? undefined;
    });
  }

  private readonly tellActivity = (): void => {
    const { trace, inRing } = this;
    const waited = inRing.get(trace.frame);
    if (waited !== undefined) {
      inRing.delete(trace.frame);
      this.climbed(this.host.packet.frame, waited.mapping);
    } else if (trace.length > 0) this.reporter.activity(trace);
  };

  /** Data waits that the client has not acknowledged (a FIN is none). */
  private lookForUnsent(socket: Socket): void {
    if (!(socket instanceof TcpConnection) || Math.max(socket.state, socket.lastState) <= State.synReceived) return;
    if (((socket.writeSeq - socket.sndUna) | 0) > 1) this.unsent++;
  }

  /** The captured server's port was asked, and not the client's. */
  private isAnswer(facts: Facts): boolean {
    return this.chosen.listeners.some(({ protocol, port }) => protocol === 'udp' && port === facts.sourcePort);
  }

  /** The client's end of a captured connection, as it is called in the replay. */
  private inReplay(record: ConnectionRecord): ClientEnd {
    const { family, client0, client1, client2, client3, clientPort, serverPort } = record;
    const words = [client0, client1, client2, client3] as const;
    const by = this.plan.clients.find((one) => one.family === family && isSame(one.from, words));
    const [w0, w1, w2, w3] = by?.to ?? words;
    return { family, client0: w0, client1: w1, client2: w2, client3: w3, clientPort, serverPort };
  }

  private hostInfo(): HostInfo {
    const { config } = this.host.context;
    const { servers } = this.plan;
    return {
      addresses: config.addresses.map(addressText),
      macs: config.macs.map(({ high, low }) => formatMac(high, low)),
      listen: listening(this.host),
      choice: servers.length > 0 ? 'config' : this.chosen.how,
      ...toldProfile(config),
    };
  }
}
