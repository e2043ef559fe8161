import type { Capture } from '../capture/capture.ts';
import type { CaptureFormat } from '../capture/reader.ts';
import type { HostAddress, HostConfig, ListenerConfig } from '../host/config.ts';
import { Host } from '../host/host.ts';
import type { Packet } from '../host/packet.ts';
import { State } from '../host/sockets.ts';
import { sysctls } from '../host/sysctl.ts';
import { CapturedServer } from '../server/captured.ts';
import type { EndInfo, HostInfo, Progress, Reporter, StartInfo } from '../trace/run.ts';
import { Trace } from '../trace/trace.ts';
import { formatIp, formatMac } from '../wire/address.ts';
import { Frame } from '../wire/frame.ts';
import { LINK_NAMES } from '../wire/link.ts';
import { settle } from '../wire/shape.ts';
import { Comparison } from './compare.ts';
import { type Direction, DirectionByAddress, DirectionByFlow } from './direction.ts';
import { Evidence, NO_EVIDENCE, type Witness } from './evidence.ts';
import { type ChosenHost, chooseHosts } from './hosts.ts';
import { endNotes, startNotes } from './notes.ts';
import type { AnalyzeOptions } from './options.ts';
import { Peek } from './peek.ts';
import { exchangeRow, SocketRows } from './rows.ts';
import { Survey } from './survey.ts';

const BACKLOG = 4096;
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
  const survey = capture.rewindable ? await takeSurvey(capture, progress) : null;
  const analysis = new Analysis(capture, options, reporter, survey);
  await analysis.run(progress);
  return analysis.end();
}

/** Where nearly all checksums of a sender are wrong, the capture was rewritten after it was taken: it is surveyed again without looking at them. */
async function takeSurvey(capture: Capture, progress: Progress, before: Survey | null = null): Promise<Survey> {
  const survey = new Survey(before);
  const frame = settle(new Frame(), ['time']);
  progress.stage('survey', capture.size ?? 0);
  do {
    while (capture.next(frame)) survey.look(frame);
    progress.at(capture.consumed);
  } while (await capture.fill());
  survey.finish();
  await capture.rewind();
  return before === null && survey.needsAnotherLook ? takeSurvey(capture, progress, survey) : survey;
}

class Analysis {
  private readonly capture: Capture;
  private readonly reporter: Reporter;
  private readonly survey: Survey | null;
  private readonly chosen: ChosenHost;
  private readonly trace = new Trace();
  private readonly program: CapturedServer;
  private readonly host: Host;
  private readonly direction: Direction;
  private readonly comparison: Comparison;
  private readonly sockets = new SocketRows();
  private readonly peek = new Peek();
  private readonly frame = settle(new Frame(), ['time']);
  private lastTime = 0;
  private backwards = 0;
  private started = false;

  constructor(capture: Capture, options: AnalyzeOptions, reporter: Reporter, survey: Survey | null) {
    this.capture = capture;
    this.reporter = reporter;
    this.survey = survey;
    this.chosen = survey === null ? { ...NOBODY, addresses: options.hosts } : chooseHosts(survey, options.hosts);
    if (reporter.wantsEvents) this.trace.events = [];
    this.comparison = new Comparison(this.trace);
    this.program = new CapturedServer(this.trace);
    const evidence = survey === null ? NO_EVIDENCE : new Evidence(survey, options.listen);
    this.host = new Host(this.hostConfig(options, evidence), this.trace, () => this.program);
    this.host.onEnded = (socket, how) => {
      this.comparison.ended(socket);
      this.sockets.add(socket, how);
    };
    this.direction =
      survey === null && options.hosts.length === 0
        ? new DirectionByFlow()
        : new DirectionByAddress(this.chosen.addresses, this.chosen.macs, survey?.flows ?? null);
  }

  async run(progress: Progress): Promise<void> {
    const { capture, reporter, frame } = this;
    progress.stage('climb', this.survey?.frames ?? 0);
    do {
      while (capture.next(frame)) {
        if (!this.started) this.start();
        this.climb(frame);
        if (frame.number % PROGRESS_STEP === 0) progress.at(frame.number);
        if (reporter.done) return;
      }
      reporter.idle();
    } while (await capture.fill());
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
    if (trace.events !== null && trace.events.length > 0) this.reporter.activity(trace);
    for (const socket of host.sockets()) sockets.add(socket, '');
    const { log } = program;
    const responses = new Map<number, number>();
    for (let status = 0; status < log.byStatus.length; status++) {
      if (log.byStatus[status]! > 0) responses.set(status, log.byStatus[status]!);
    }
    const info: EndInfo = {
      packets: this.frame.number,
      lastTime: this.lastTime,
      host: this.hostInfo(),
      damage: this.capture.damages.map(({ file, offset, lostBytes, code, message }) => ({
        file,
        offset,
        lost: lostBytes ?? -1,
        code,
        message,
      })),
      sockets: sockets.rows,
      socketCount: sockets.count,
      exchanges: log.kept.map(exchangeRow),
      requestCount: log.requests,
      responses,
      divergences: this.comparison.counts,
      notes: endNotes(trace, this.capture, sockets, log, this.comparison, this.backwards),
    };
    this.reporter.end(info);
    return info;
  }

  private climb(frame: Frame): void {
    const { trace, host, peek, comparison } = this;
    if (frame.time >= this.lastTime) this.lastTime = frame.time;
    else {
      this.backwards++;
      // frames out of order by so much are not: the clock was set, or another capture begins
      if (this.lastTime - frame.time > CLOCK_STEP) this.lastTime = frame.time;
    }
    if (host.nextTimer <= this.lastTime) host.advance(this.lastTime, this.tellActivity);
    peek.look(frame);
    if (this.direction.isInbound(peek, frame)) {
      host.receive(frame);
      comparison.climbed(frame.number, host.tcp.current);
    } else {
      host.observe(frame);
      comparison.observed(frame.number, host.packet, host.tcp.current);
    }
    this.reporter.frame(frame, trace);
  }

  private readonly tellActivity = (): void => {
    if (this.trace.length > 0) this.reporter.activity(this.trace);
  };

  private hostConfig(options: AnalyzeOptions, witness: Witness): HostConfig {
    const { chosen } = this;
    const asked: ListenerConfig[] = options.listen.map(({ protocol, port }) => ({
      protocol,
      port,
      backlog: BACKLOG,
      program: 'captured',
    }));
    return {
      macs: chosen.macs,
      addresses: chosen.addresses,
      promiscuous: false,
      mtu: 1500,
      ring: 256,
      irqUsecs: 0,
      irqFrames: 1,
      pollBudget: 64,
      cpuPerFrame: 0,
      listeners: asked.length > 0 ? asked : chosen.listeners,
      sysctl: sysctls(),
      capture: {
        fcs: options.fcs,
        offload: options.offload,
        disregardChecksum: (packet: Packet) => options.offload && witness.isMeaningless(packet),
        answered: (packet: Packet) => witness.hasAnswered(packet),
        speaks: (packet: Packet) => witness.speaks(packet),
        adopt: (packet: Packet) => witness.beganBefore(packet) || this.host.tcp.letGo > 0,
        assumeListener: (packet: Packet) => witness.mayListen(packet),
        assumeUdp: (packet: Packet) => witness.mayHaveUdp(packet),
      },
      fragPolicy: options.fragPolicy,
      seed: 1,
    };
  }

  private start(): void {
    this.started = true;
    const { capture, survey } = this;
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
  }

  private hostInfo(): HostInfo {
    const { direction } = this;
    const { addresses, macs, how } =
      direction instanceof DirectionByFlow && direction.learnt.length > 0
        ? { addresses: direction.learnt, macs: [], how: 'syn_ack' as const }
        : this.chosen;
    const listen = new Set<string>();
    for (const { protocol, localPort, state } of this.host.sockets()) {
      if (state === State.listen || state === State.unconnected) listen.add(`${protocol}/${localPort}`);
    }
    return {
      addresses: addresses.map(addressText),
      macs: macs.map(({ high, low }) => formatMac(high, low)),
      listen: [...listen],
      choice: how,
    };
  }
}

function addressText({ family, words }: HostAddress): string {
  return formatIp(family, words[0], words[1], words[2], words[3]);
}

/** `pcap`, `pcap with nanoseconds, gzip`, `pcapng` … */
function formatName({ name, nanoseconds, modified, compression }: CaptureFormat): string {
  const traits = [nanoseconds ? 'nanoseconds' : '', modified ? 'modified' : '', compression ?? ''].filter(
    (trait) => trait !== '',
  );
  return traits.length === 0 ? name : `${name} (${traits.join(', ')})`;
}
