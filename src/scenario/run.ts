import { toldProfile } from '../host/tcp/profile.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import type { ExchangeWatch } from '../server/http/exchange-log.ts';
import { Programs } from '../server/programs.ts';
import { exchangeRow, SocketRows } from '../server/rows.ts';
import type { EndInfo, HostInfo, Reporter } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { formatIp, formatMac } from '../wire/address.ts';
import { type Analysed, judgeAnalysis } from './judge/analysis.ts';
import { judge, judgeRun } from './judge/judge.ts';
import { Cast, type ScriptFiles } from './play/cast.ts';
import { guessFrames } from './play/guess.ts';
import { NOTHING_KNOWN, type OpenStep } from './play/open-step.ts';
import { Player } from './play/player.ts';
import { Remarks } from './play/remarks.ts';
import type { OnSignal, Tap } from './play/server-wire.ts';
import { StepError } from './play/step-error.ts';
import { type Machinery, World } from './play/world.ts';
import { StepRecord } from './record/step-record.ts';
import { steps } from './script/unroll.ts';
import { writeExpectation } from './statements/write-statement.ts';
import { problemAt, ScriptError } from './text/problems.ts';
import { isOfAnalysis, type OfAnalysis, type Script, type Step } from './tree/script.ts';

/** What a run needs of the world outside: files, and whoever looks on. */
export interface ScenarioOptions {
  /** Of everything that is left to chance; absent: the script's own, or 1. */
  readonly seed?: number;
  readonly files: ScriptFiles;
  /** What the script is called; absent: by its path. */
  readonly name?: string;
  readonly tap?: Tap;
  readonly onSignal?: OnSignal;
  /** Asked all the time: whoever cannot take frames as fast as they come gives a promise. */
  readonly drain?: () => Promise<void> | null;
  /** Analyses what was captured of the run, at its end; asked where the script expects something of it. */
  readonly analyse?: () => Promise<Analysed>;
  /** Shown the content of requests and responses. */
  readonly bodies?: ExchangeWatch | null;
}

/** What came of a scenario. */
export interface ScenarioResult {
  readonly info: EndInfo;
  /** Expectations judged, and those of them that failed. */
  readonly expectations: number;
  readonly failures: number;
  /** How often each decision was taken by the server, and by the clients' own machines. */
  readonly taken: Float64Array;
  readonly takenByClients: Float64Array;
  /** And by the analysis of the run's capture; null: the script expects nothing of one. */
  readonly takenInAnalysis: Float64Array | null;
}

/** Plays a script to a machine configured by its host part, in virtual time. Throws `ScriptError` for a step that cannot be done. */
export async function runScenario(
  script: Script,
  configuration: ServerConfiguration,
  options: ScenarioOptions,
  reporter: Reporter,
): Promise<ScenarioResult> {
  try {
    return await new ScenarioRun(script, configuration, options, reporter).play();
  } catch (error) {
    if (error instanceof StepError) throw new ScriptError([problemAt(script.sources, error.at, error.message)]);
    throw error;
  }
}

class ScenarioRun {
  private readonly script: Script;
  private readonly name: string;
  private readonly configuration: ServerConfiguration;

  private readonly reporter: Reporter;
  private readonly world: World;
  private readonly cast: Cast;
  private readonly player: Player;
  private readonly programs: Programs;
  private readonly sockets = new SocketRows();
  private readonly remarks: Remarks;
  /** Comments of steps that have not begun. */
  private waiting: string[] = [];
  private open: OpenStep[] = [];
  /** Nanoseconds: when the step before began. */
  private before = 0;
  /** Expectations of the run's capture, and the steps that they belong to. */
  private readonly ofAnalysis: [step: Step, expectation: OfAnalysis][] = [];
  private readonly analyse: (() => Promise<Analysed>) | null;
  private expectations = 0;
  private failures = 0;

  constructor(script: Script, configuration: ServerConfiguration, options: ScenarioOptions, reporter: Reporter) {
    this.script = script;
    this.name = options.name ?? script.file;
    this.remarks = new Remarks(script.sources);
    this.reporter = reporter;
    const seed = options.seed ?? configuration.host.seed;
    this.configuration = { ...configuration, host: { ...configuration.host, seed } };
    const { host } = this.configuration;
    const made: Programs[] = [];
    const machinery = (trace: Trace): Machinery => {
      if (reporter.wantsEvents) trace.events = [];
      const programs = new Programs(trace, this.configuration);
      made.push(programs);
      const settle = () => programs.settle() ?? options.drain?.() ?? null;
      return { programFor: programs.programFor, settle };
    };
    this.world = new World(host, machinery, {
      climbed: (frame, trace) => reporter.frame(frame, trace),
      worked: (trace) => reporter.activity(trace),
    });
    this.programs = made[0]!;
    this.programs.log.watch = options.bodies ?? null;
    this.world.wire.tap = options.tap ?? null;
    this.world.wire.onSignal = options.onSignal ?? null;
    this.world.host.onEnded = (socket, how) => this.sockets.add(socket, how);
    this.cast = new Cast(this.world, host, options.files);
    this.player = new Player(this.cast, seed);
    this.analyse = options.analyse ?? null;
  }

  async play(): Promise<ScenarioResult> {
    const { reporter, world } = this;
    this.start();
    for (const step of steps(this.script)) {
      await this.reach(step);
      this.remark(step);
      if (step.type === 'check') this.check(step);
      else await this.begin(step);
      if (reporter.done) break;
    }
    await world.settle();
    this.judgeAll();
    const analysed = this.ofAnalysis.length === 0 || this.analyse === null ? null : await this.analyse();
    if (analysed !== null) for (const [step, each] of this.ofAnalysis) this.tell(step, each, judgeAnalysis(each, analysed));
    return this.end(analysed?.taken ?? null);
  }

  /** A client comes in at once, and what is said of it where the next step begins. */
  private remark(step: Step): void {
    const { reporter } = this;
    if (reporter.remark === undefined) return;
    this.waiting.push(...this.remarks.of(step));
    if (step.type === 'client' || this.waiting.length === 0) return;
    reporter.remark(this.waiting);
    this.waiting = [];
  }

  /** Lets time pass until the step begins, and judges what is to be judged by then. */
  private async reach(step: Step): Promise<void> {
    const { world } = this;
    if (step.type === 'client' && step.time === undefined) return;
    if (step.time === undefined) {
      await world.settle();
      this.judgeAll();
    } else {
      const { relative, ns } = step.time;
      await world.runUntil(relative ? this.before + ns : ns);
      this.open = this.open.filter(
        (open) => !this.judgeIf(open, open.record.pending === 0 && !world.isUnsettled(open.connection)),
      );
      this.open = this.open.filter((open) => !this.judgeIf(open, this.player.actsOn(step, open)));
    }
    this.before = world.now;
  }

  private async begin(step: Step): Promise<void> {
    const { world } = this;
    const record = step.expects.length > 0 ? this.recordOf(step, world.now) : null;
    world.ledger.current = record;
    world.ledger.currentSeesAll = step.type === 'wait';
    const about = await this.player.begin(step, record);
    if (step.type === 'wait') {
      await world.runUntil(world.now + step.duration);
      this.before = world.now;
    }
    if (record === null) return;
    this.open.push({ ...about, record });
  }

  private recordOf(step: Step, begun: number): StepRecord {
    return new StepRecord(step, begun, (payload) => this.cast.bytes(payload, step, step.at));
  }

  /** Expectations at the margin: of everything so far. */
  private check(step: Step): void {
    const record = this.recordOf(step, 0);
    const open: OpenStep = { ...NOTHING_KNOWN, record };
    for (const matcher of record.matchers) {
      const { expectation } = matcher;
      if (isOfAnalysis(expectation)) this.ofAnalysis.push([step, expectation]);
      else this.tell(step, expectation, judgeRun(matcher, open, this.world, this.portsOf));
    }
  }

  private judgeAll(): void {
    for (const open of this.open) this.judgeIf(open, true);
    this.open = [];
  }

  private judgeIf(open: OpenStep, isDue: boolean): boolean {
    if (!isDue) return false;
    const { record } = open;
    for (const matcher of record.matchers) {
      const { expectation } = matcher;
      if (isOfAnalysis(expectation)) this.ofAnalysis.push([record.step, expectation]);
      else this.tell(record.step, expectation, judge(matcher, open, this.world, this.portsOf));
    }
    return true;
  }

  private readonly portsOf = (name: string) => this.cast.connections.get(name)?.ports;

  private tell(step: Step, expectation: Step['expects'][number], { ok, actual, shown }: ReturnType<typeof judge>): void {
    this.expectations++;
    if (!ok) this.failures++;
    if (this.reporter.expect === undefined) return;
    const { file, line } = expectation.at;
    const lineAt = (at: { file: string; line: number }) => this.script.sources.get(at.file)?.[at.line - 1]?.trim() ?? '';
    this.reporter.expect({
      file,
      line,
      source: lineAt(expectation.at),
      step: step.at.line === line ? '' : lineAt(step.at),
      ok,
      expected: writeExpectation(expectation),
      actual,
      frame: shown?.frame ?? null,
      trace: shown?.trace ?? null,
    });
  }

  private start(): void {
    this.reporter.start({
      command: 'run',
      sources: [this.name],
      format: 'script',
      linkTypes: ['Ethernet'],
      packets: -1,
      guess: guessFrames(this.script),
      t0: null,
      host: this.hostInfo(),
      notes: this.world.host.refused.map(({ listener, error }) => ({
        code: 'not_opened' as const,
        text: `${listener.protocol}/${listener.port}`,
        others: error,
      })),
    });
    const first = this.script.statements[0];
    if (first !== undefined) this.waiting = this.remarks.above(first.at.file, first.at.line);
    if (this.waiting.length > 0) this.reporter.remark?.(this.waiting);
    this.waiting = [];
    // what the program did when the host was made
    const { trace } = this.world;
    if (trace.length > 0) this.reporter.activity(trace);
  }

  private end(takenInAnalysis: Float64Array | null): ScenarioResult {
    const { world, programs, sockets, reporter } = this;
    for (const socket of world.host.sockets()) sockets.add(socket, '');
    const { log } = programs;
    const responses = new Map<number, number>();
    for (let status = 0; status < log.byStatus.length; status++) {
      if (log.byStatus[status]! > 0) responses.set(status, log.byStatus[status]!);
    }
    const info: EndInfo = {
      packets: world.wire.frames,
      lastTime: world.now,
      host: this.hostInfo(),
      damage: this.cast.damage,
      sockets: sockets.rows,
      socketCount: sockets.count,
      exchanges: log.kept.map(exchangeRow),
      requestCount: log.requests,
      responses,
      divergences: new Map(),
      notes: programs.failures.map((text) => ({ code: 'other' as const, text })),
    };
    reporter.end(info);
    const takenByClients = new Float64Array(world.trace.counts.length);
    for (const { peer } of world.cables.links.values()) {
      const { counts } = peer.trace;
      for (let id = 0; id < counts.length; id++) takenByClients[id]! += counts[id]!;
    }
    const { expectations, failures } = this;
    return { info, expectations, failures, taken: world.trace.counts, takenByClients, takenInAnalysis };
  }

  private hostInfo(): HostInfo {
    const { host } = this.configuration;
    const { refused } = this.world.host;
    const open = host.listeners.filter((listener) => !refused.some((one) => one.listener === listener));
    return {
      addresses: host.addresses.map(({ family, words }) => formatIp(family, words[0], words[1], words[2], words[3])),
      macs: host.macs.map(({ high, low }) => formatMac(high, low)),
      listen: [...new Set(open.map(({ protocol, port }) => `${protocol}/${port}`))],
      choice: 'script',
      ...toldProfile(this.configuration.host),
    };
  }
}
