import type { Program } from '../host/sockets.ts';
import type { Trace } from '../trace/trace.ts';
import { CapturedServer } from './captured/server.ts';
import { ProgramClock } from './clock.ts';
import type { ProgramConfiguration } from './configuration.ts';
import type { GivenContext } from './conversation.ts';
import type { Responder } from './http/answer.ts';
import { ExchangeLog } from './http/exchange-log.ts';
import { HeadParser } from './http/head-parser.ts';
import { HeadStore } from './http/head-store.ts';
import { LIMITS } from './limits.ts';
import { HandlerCalls } from './mounted/calls.ts';
import { Discard, Echo, Idle, Silent } from './plain.ts';
import { Pool } from './pool.ts';
import { defaultSite, Site } from './site.ts';
import { WaitingModule } from './waiting.ts';

export const PROGRAM_NAMES = ['http', 'echo', 'discard', 'silent', 'idle', 'captured'] as const;
/** Those that a UDP socket can have behind it. */
export const UDP_PROGRAM_NAMES: readonly string[] = ['echo', 'discard', 'silent', 'idle', 'captured'];

/** What a listener's configuration says of the program behind it. */
export interface ProgramChoice {
  readonly protocol?: 'tcp' | 'udp';
  readonly program: string;
  /** Communication modules that are started beforehand (4), and the most there may be (256). */
  readonly workers?: number;
  readonly max?: number;
  /** Status that the waiting module itself answers with when all modules are busy. Absent: connections wait. */
  readonly busy?: 503;
  /** Bytes of content of all its requests that are being read. Absent: as much as all other programs have together. */
  readonly memory?: number;
  /** Milliseconds of real time that a mounted program has for an answer. Absent: the configuration's. */
  readonly timeout?: number;
}

const WORKERS = 4;
const MAX = 256;
/** Milliseconds of real time that a mounted program has for an answer. */
const HANDLER_TIMEOUT = 5000;

const UNCONFIGURED: ProgramConfiguration = { site: null, rules: [], mounted: new Map() };

/**
 * Makes the programs of one run: each listener its own, the captured server one for all.
 *
 * Mounted programs answer asynchronously. Whoever drives the host calls `settle` after each activity (`Host.receive`, each step of
 * `Host.advance`, `Host.act`) and awaits what it gives before virtual time moves on; the answers then wait as alarms that are due now,
 * for the next `Host.advance`.
 */
export class Programs {
  /** Exchanges of all programs. */
  readonly log = new ExchangeLog();
  /** The web servers that were made, in the order of their listeners. */
  readonly servers: WaitingModule[] = [];
  /** The captured server, once a listener asked for it. */
  captured: CapturedServer | null = null;
  private readonly trace: Trace;
  private readonly configuration: ProgramConfiguration;
  private readonly clock = new ProgramClock();
  private readonly context: GivenContext;
  private readonly calls: HandlerCalls;

  /** `configured`: what the programs are to do, or only who answers requests. */
  constructor(trace: Trace, configured: ProgramConfiguration | Responder = UNCONFIGURED) {
    this.trace = trace;
    this.configuration = 'respond' in configured ? UNCONFIGURED : configured;
    const { clock, configuration } = this;
    this.context = {
      trace,
      clock,
      responder: 'respond' in configured ? configured : siteOf(configured),
      log: this.log,
      store: new HeadStore(),
      bodies: new HeadStore(LIMITS.body, LIMITS.bodies),
      parser: new HeadParser('REQUEST', true),
    };
    this.calls = new HandlerCalls(trace, clock, configuration.handlerTimeout ?? HANDLER_TIMEOUT);
  }

  /** Lets mounted programs answer what they were asked, one request after the other. Null: nothing is pending. */
  settle(): Promise<void> | null {
    return this.calls.settle();
  }

  /** In real time nobody waits: called before an answer is given to the host's clock, which is due at once. */
  set beforeAnswer(told: () => void) {
    this.calls.beforeAnswer = told;
  }

  /** Failures of mounted programs, in order: what to tell the user at the end. */
  get failures(): readonly string[] {
    return this.calls.failures;
  }

  /** The program behind a listener. Throws for a name that is neither in `PROGRAM_NAMES` nor mounted. */
  readonly programFor = (listener: ProgramChoice): Program => {
    const { program: name } = listener;
    if (listener.protocol === 'udp' && !UDP_PROGRAM_NAMES.includes(name)) {
      throw new Error(`a UDP socket cannot have ${name} behind it: there are ${UDP_PROGRAM_NAMES.slice(0, -1).join(', ')}`);
    }
    switch (name) {
      case 'http':
        return this.web(listener, this.context.responder);
      case 'echo':
        return new Echo(this.trace);
      case 'discard':
        return new Discard(this.trace);
      case 'silent':
        return new Silent(this.trace);
      case 'idle':
        return new Idle(this.trace);
      case 'captured':
        this.captured ??= new CapturedServer(this.trace, this.log, this.context.store);
        return this.captured;
    }
    const mounted = this.configuration.mounted.get(name);
    if (mounted === undefined) throw new Error(`no program is called ${name}: there are ${PROGRAM_NAMES.join(', ')}`);
    return this.web(listener, { respond: (question, tell) => this.calls.ask(mounted, question, tell, listener.timeout) });
  };

  private web(listener: ProgramChoice, responder: Responder): WaitingModule {
    const pool = new Pool(listener.workers ?? WORKERS, listener.max ?? MAX);
    const { memory } = listener;
    const bodies = memory === undefined ? this.context.bodies : new HeadStore(LIMITS.body, memory);
    const server = new WaitingModule({ ...this.context, responder, bodies }, this.clock, pool, listener.busy !== undefined);
    this.servers.push(server);
    return server;
  }
}

function siteOf({ site, rules, room }: ProgramConfiguration): Responder {
  return site === null && rules.length === 0 ? defaultSite() : new Site(site ?? new Map(), rules, room);
}
