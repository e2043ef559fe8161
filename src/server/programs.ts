import type { Program } from '../host/sockets.ts';
import type { Trace } from '../trace/trace.ts';
import { CapturedServer } from './captured.ts';
import type { ServerContext } from './conversation.ts';
import type { Responder } from './http/answer.ts';
import { ExchangeLog } from './http/exchange-log.ts';
import { HeadParser } from './http/head-parser.ts';
import { HeadStore } from './http/head-store.ts';
import { Discard, Echo, Idle, Silent } from './plain.ts';
import { Pool } from './pool.ts';
import { defaultSite } from './site.ts';
import { WaitingModule } from './waiting.ts';

export const PROGRAM_NAMES = ['http', 'echo', 'discard', 'silent', 'idle', 'captured'] as const;

/** What a listener's configuration says of the program behind it. */
export interface ProgramChoice {
  readonly program: string;
  /** Communication modules that are started beforehand (4), and the most there may be (256). */
  readonly workers?: number;
  readonly max?: number;
}

const WORKERS = 4;
const MAX = 256;

/** Makes the programs of one run: each listener its own, the captured server one for all. */
export class Programs {
  /** Exchanges of all programs. */
  readonly log = new ExchangeLog();
  /** The web servers that were made, in the order of their listeners. */
  readonly servers: WaitingModule[] = [];
  /** The captured server, once a listener asked for it. */
  captured: CapturedServer | null = null;
  private readonly trace: Trace;
  private readonly context: ServerContext;

  constructor(trace: Trace, responder: Responder = defaultSite()) {
    this.trace = trace;
    this.context = { trace, responder, log: this.log, store: new HeadStore(), parser: new HeadParser('REQUEST', true) };
  }

  /** The program behind a listener. Throws for a name that is not in `PROGRAM_NAMES`. */
  readonly programFor = (listener: ProgramChoice): Program => {
    switch (listener.program) {
      case 'http':
        return this.web(listener);
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
      default:
        throw new Error(`no program is called ${listener.program}: there are ${PROGRAM_NAMES.join(', ')}`);
    }
  };

  private web(listener: ProgramChoice): WaitingModule {
    const server = new WaitingModule(this.context, new Pool(listener.workers ?? WORKERS, listener.max ?? MAX));
    this.servers.push(server);
    return server;
  }
}
