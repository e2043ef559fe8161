import type { Capture } from '../capture/capture.ts';
import type { Lanes } from '../host/card/lanes.ts';
import { Host } from '../host/host.ts';
import { toldProfile } from '../host/tcp/profile.ts';
import { CapturedServer } from '../server/captured/server.ts';
import { exchangeRow, SocketRows } from '../server/rows.ts';
import { EFFECT_OF } from '../trace/catalogue.ts';
import { Effect } from '../trace/decision.ts';
import type { TraceEvent } from '../trace/events.ts';
import type { EndInfo, HostInfo, Note, Progress, Reporter, StartInfo } from '../trace/run.ts';
import { Trace } from '../trace/trace.ts';
import { formatMac } from '../wire/address.ts';
import { Frame } from '../wire/frame.ts';
import { LINK_NAMES } from '../wire/link.ts';
import { settle } from '../wire/shape.ts';
import { AnswerPairs } from './compare/answer-pairs.ts';
import { BodySums, watchBoth } from './compare/answers.ts';
import { Comparison } from './compare/compare.ts';
import type { ConfiguredServer } from './compare/configured-server.ts';
import { followingHost } from './compare/following.ts';
import { capturedRow } from './compare/replay-rows.ts';
import type { Described } from './described/described.ts';
import type { Machine, OnClimbed } from './described/machine.ts';
import { addressText, damageOf, formatName, listening, statusCounts } from './endings.ts';
import { endNotes, exchangeNotes, startNotes } from './notes.ts';
import type { AnalyzeOptions } from './options.ts';
import { type Direction, DirectionByAddress, DirectionByFlow } from './survey/direction.ts';
import { Evidence, NO_EVIDENCE } from './survey/evidence.ts';
import { DirectionByFile } from './survey/file-directions.ts';
import { type ChosenHost, chooseCaptured, isAtCard } from './survey/hosts.ts';
import { Peek } from './survey/peek.ts';
import type { Survey } from './survey/survey.ts';
import { takeSurvey } from './survey/take-survey.ts';

/** Frames between two looks at the progress bar. */
const PROGRESS_STEP = 16_384;
/** Nanoseconds by which a later frame may be older without the clock having been set. */
const CLOCK_STEP = 1_000_000_000;
const NOBODY: ChosenHost = { addresses: [], macs: [], listeners: [], how: 'none', silent: [] };

/**
 * What happened: sends the frames of a capture up a host that stands in the captured server's place, lets that host follow what the server
 * sent, and holds its replies against the captured ones. A file is surveyed first; a pipe is learnt as it comes.
 */
export async function analyze(
  capture: Capture,
  options: AnalyzeOptions,
  reporter: Reporter,
  progress: Progress,
): Promise<EndInfo> {
  const described = await describedBy(options);
  const survey = capture.rewindable ? await takeSurvey(capture, progress, described?.look) : null;
  const analysis = new Analysis(capture, options, reporter, survey, described);
  await analysis.run(progress);
  return analysis.end();
}

/** A server of ours that answers too, with all the libraries of a web server: loaded only if there is to be one. */
async function describedBy({ server }: AnalyzeOptions): Promise<Described | null> {
  return server == null ? null : new (await import('./described/described.ts')).Described(server);
}

class Analysis {
  private readonly capture: Capture;
  private readonly reporter: Reporter;
  private readonly survey: Survey | null;
  private readonly chosen: ChosenHost;
  private readonly trace = new Trace();
  private readonly program: CapturedServer;
  private readonly host: Host;
  private readonly lanes: Lanes | null;
  private readonly direction: Direction;
  private readonly comparison: Comparison;
  /** Answers beside the captured server; null: nobody does. */
  private readonly beside: ConfiguredServer | null;
  /** Null: nobody answers beside. */
  private readonly answers: AnswerPairs | null;
  /** The described machine in the captured server's place; null: none is described, or it is not that of the capture. */
  private readonly machine: Machine | null;
  private readonly sockets = new SocketRows();
  private readonly peek = new Peek();
  private readonly frame = settle(new Frame(), ['time']);
  private lastTime = 0;
  private backwards = 0;
  private started = false;

  constructor(capture: Capture, options: AnalyzeOptions, reporter: Reporter, survey: Survey | null, described: Described | null) {
    this.capture = capture;
    this.reporter = reporter;
    this.survey = survey;
    const own = options.server?.host;
    const given = options.hosts.length > 0 ? options.hosts : (own?.addresses ?? []);
    const isDescribed = described?.isCaptured === true && options.hosts.length === 0 && options.listen.length === 0;
    const how = options.hosts.length > 0 ? 'given' : given.length > 0 ? 'config' : 'none';
    if (survey === null) this.chosen = { ...NOBODY, addresses: given, how };
    else if (isDescribed) this.chosen = { ...NOBODY, addresses: own!.addresses, macs: own!.macs, how: 'config' };
    else this.chosen = chooseCaptured(survey, options.hosts, own?.addresses ?? []);
    if (reporter.wantsEvents) this.trace.events = [];
    this.comparison = new Comparison(this.trace);
    this.program = new CapturedServer(this.trace);
    this.beside = described?.beside ?? null;
    this.machine = isDescribed ? described.machine(survey, options, this.climbed) : null;
    const { log } = this.program;
    const sums = new BodySums();
    this.program.tap = this.beside;
    log.watch = this.beside === null ? (options.bodies ?? null) : watchBoth(sums, options.bodies ?? null);
    this.answers =
      this.beside === null
        ? null
        : new AnswerPairs(
            { log, sums },
            { log: this.beside.programs.log, sums: this.beside.sums },
            { row: capturedRow, onlyCaptured: true },
          );
    const evidence = survey === null ? NO_EVIDENCE : new Evidence(survey, options.listen);
    const config = followingHost(
      this.chosen,
      options,
      evidence,
      () => this.host.tcp.letGo > 0,
      isDescribed ? described.tookPart : undefined,
    );
    this.host = new Host(config, this.trace, () => this.program);
    this.lanes = options.stepByStep === true || this.machine !== null ? null : this.host.lanes;
    this.comparison.findSocket = (quoted) => this.host.tcp.findAs(quoted);
    this.host.onEnded = (socket, how) => {
      this.comparison.ended(socket);
      if (this.machine === null || !this.machine.believes(socket)) this.sockets.add(socket, how);
    };
    if (this.machine !== null) this.watch(this.machine);
    this.direction =
      survey === null && given.length === 0
        ? new DirectionByFlow()
        : new DirectionByAddress(this.chosen.addresses, this.chosen.macs, survey?.flows ?? null);
    if (survey !== null && isAtCard(survey, this.chosen)) this.direction = new DirectionByFile(this.direction);
    if (isDescribed) this.direction = described.direction(this.direction);
  }

  async run(progress: Progress): Promise<void> {
    const { capture, reporter, frame } = this;
    progress.stage('climb', this.survey?.frames ?? 0);
    do {
      while (capture.next(frame)) {
        if (!this.started) this.start();
        const waiting = this.machine === null ? null : this.machine.passTime(frame.time, this.isInbound(frame));
        if (waiting !== null) await waiting;
        this.climb(frame);
        const pending = this.beside === null ? null : this.beside.settle();
        if (pending !== null) await pending;
        const asked = this.machine === null ? null : this.machine.settle();
        if (asked !== null) await asked;
        if (this.answers?.isDue === true) this.compareAnswers(this.answers);
        if (frame.number % PROGRESS_STEP === 0) progress.at(frame.number);
        if (reporter.done) return;
      }
      reporter.idle();
    } while (await capture.fill());
    if (this.machine !== null) await this.machine.finish();
    progress.end();
  }

  end(): EndInfo {
    if (!this.started) this.start();
    const { trace, program, sockets, host } = this;
    trace.begin(this.lastTime);
    host.tcp.captureEnds();
    this.comparison.finish();
    for (const connection of host.tcp.connections()) this.comparison.ended(connection);
    program.finish();
    const compared = this.answers?.finish(trace.time) ?? [];
    if (trace.told !== null) for (const event of compared) trace.told.push(event);
    this.machine?.correct(trace.events);
    if (trace.events !== null && trace.events.length > 0) this.reporter.activity(trace);
    this.addSockets();
    const { log } = program;
    const { answers } = this;
    const info: EndInfo = {
      packets: this.frame.number,
      lastTime: this.lastTime,
      host: this.hostInfo(),
      damage: damageOf(this.capture),
      sockets: sockets.rows,
      socketCount: sockets.count,
      exchanges: answers === null ? log.kept.map(exchangeRow) : answers.rows,
      requestCount: log.requests,
      unsolicited: log.unsolicited,
      responses: statusCounts(log),
      divergences: this.comparison.counts,
      ...(answers === null || answers.counts.size === 0 ? null : { comparison: answers.counts, compared: answers.compared }),
      notes: [
        ...endNotes(trace, this.survey, this.chosen, sockets, this.comparison, this.backwards),
        ...(answers?.notes ?? exchangeNotes(log)),
        ...this.failures(),
      ],
    };
    this.reporter.end(info);
    return info;
  }

  /** Sockets that are there at the end: the described machine's, and those that it is not believed of. */
  private addSockets(): void {
    const { sockets, host, machine } = this;
    for (const socket of (machine?.host ?? host).bound()) sockets.add(socket, '');
    if (machine === null) {
      sockets.addAll(host.tcp.connections(), host.tcp.table.size);
      return;
    }
    const { tcp } = machine.host;
    sockets.addAll(tcp.connections(), tcp.table.size);
    for (const socket of host.tcp.connections()) if (!machine.believes(socket)) sockets.add(socket, '');
  }

  /** What becomes of the described machine's sockets is told as it goes. */
  private watch(machine: Machine): void {
    if (this.reporter.wantsEvents) machine.trace.events = [];
    const echo = new Trace();
    machine.onTold = (time, events) => {
      echo.begin(time);
      echo.events = [...events];
      this.reporter.activity(echo);
    };
    machine.host.onEnded = (socket, how) => {
      if (machine.believes(socket)) this.sockets.add(socket, how);
    };
  }

  /** What went wrong with a user's program beside the captured server. */
  private failures(): Note[] {
    const failures = new Set(this.beside?.programs.failures);
    return [...failures].map((text) => ({ code: 'other', text }));
  }

  /** Answers of connections that are over, held against the captured ones. */
  private compareAnswers(answers: AnswerPairs): void {
    const { trace } = this;
    const compared = answers.compare(this.lastTime);
    if (trace.told === null || compared.length === 0) return;
    const echo = new Trace();
    echo.begin(this.lastTime);
    echo.events = compared;
    this.reporter.activity(echo);
  }

  private climb(frame: Frame): void {
    const { trace, host, comparison } = this;
    if (frame.time >= this.lastTime) this.lastTime = frame.time;
    else {
      this.backwards++;
      // frames out of order by so much are not: the clock was set, or another capture begins
      if (this.lastTime - frame.time > CLOCK_STEP) this.lastTime = frame.time;
    }
    if (host.nextTimer <= this.lastTime) host.advance(this.lastTime, this.tellActivity);
    if (this.beside !== null) this.beside.begin(this.lastTime, frame.number);
    const lane = this.lanes === null ? null : this.lanes.find(frame);
    const inbound = lane === null ? this.isInbound(frame) : lane.inbound;
    if (lane !== null) host.follow(lane, frame);
    else if (inbound) host.receive(frame);
    else host.observe(frame);
    const shown = inbound ? this.decided(frame) : trace;
    if (inbound) {
      if (shown === null || !isPassedOver(shown, trace)) comparison.climbed(frame.number, host.tcp.current);
    } else comparison.observed(frame.number, host.packet, host.tcp.current);
    if (lane === null && this.direction.byAddress) this.lanes?.learn(host.packet, trace, inbound);
    if (this.beside !== null && trace.told !== null) this.beside.tell(trace.told);
    if (this.machine !== null && !inbound) this.observe(frame.number, this.machine);
    this.machine?.correct(trace.events);
    if (shown === trace) this.reporter.frame(frame, trace);
    else if (shown !== null) this.show(frame, shown, trace.events);
    else this.machine!.keep(frame, trace, host.tcp.current);
  }

  /** A frame of the captured server: the described machine may have turned away what it answers. */
  private observe(n: number, machine: Machine): void {
    const { packet, tcp } = this.host;
    const said = machine.observe(this.peek, packet, tcp.current);
    if (said !== undefined) this.comparison.unexpected(n, said, packet);
  }

  /** The decisions about a frame that came in: as the host that follows took them, or as the described machine did; null: not yet. */
  private decided(frame: Frame): Trace | null {
    return this.machine === null ? this.trace : this.machine.climb(frame, this.peek, this.trace);
  }

  private readonly climbed: OnClimbed = (frame, trace, { events, isDropped, socket }) => {
    if (EFFECT_OF[trace.final] === Effect.drop && !isDropped) this.comparison.release(frame.number, socket);
    this.show(frame, trace, events);
  };

  /** What the described machine made of a frame. */
  private show(frame: Frame, trace: Trace, events: readonly TraceEvent[] | null): void {
    if (events !== null) trace.events?.push(...events);
    this.reporter.frame(frame, trace);
  }

  private isInbound(frame: Frame): boolean {
    this.peek.look(frame);
    return this.direction.isInbound(this.peek, frame);
  }

  private readonly tellActivity = (): void => {
    this.machine?.correct(this.trace.events);
    if (this.trace.length > 0) this.reporter.activity(this.trace);
  };

  private start(): void {
    this.started = true;
    const { capture, survey } = this;
    this.machine?.startAt(capture.origin);
    const linkTypes = survey === null ? [this.frame.linkType] : [...survey.linkTypes.keys()];
    const info: StartInfo = {
      command: 'analyze',
      sources: capture.paths,
      format: formatName(capture.format),
      linkTypes: linkTypes.map((type) => LINK_NAMES[type] ?? `link type ${type}`),
      packets: survey?.frames ?? -1,
      t0: survey?.frames === 0 ? null : capture.origin,
      host: this.hostInfo(),
      notes: startNotes(survey, this.chosen),
    };
    this.reporter.start(info);
    this.trace.tellsAll = this.reporter.wantsDivergencesOnly !== true;
    if (this.machine !== null) this.machine.trace.tellsAll = this.trace.tellsAll;
  }

  private hostInfo(): HostInfo {
    const { direction } = this;
    const { addresses, macs, how } =
      direction instanceof DirectionByFlow && direction.learnt.length > 0
        ? { addresses: direction.learnt, macs: [], how: 'syn_ack' as const }
        : this.chosen;
    return {
      addresses: addresses.map(addressText),
      macs: macs.map(({ high, low }) => formatMac(high, low)),
      listen: listening(this.host),
      choice: how,
      ...toldProfile(this.host.context.config),
    };
  }
}

/** The machine has dropped what the host that follows would have answered. */
function isPassedOver(shown: Trace, followed: Trace): boolean {
  return shown !== followed && EFFECT_OF[shown.final] === Effect.drop && EFFECT_OF[followed.final] !== Effect.drop;
}
