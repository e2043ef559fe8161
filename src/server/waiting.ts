import type { Clock, Ending, Listener, Program, Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { EarlyArrivals } from './arrivals.ts';
import type { ProgramClock } from './clock.ts';
import { Conversation, type GivenContext, type ServerContext } from './conversation.ts';
import { Departures } from './departures.ts';
import type { HandOver } from './http/exchange.ts';
import type { CommunicationModule } from './module.ts';
import { pushHandedOver, pushReleased } from './module-events.ts';
import type { Pool } from './pool.ts';
import { TurnedAway } from './turned-away.ts';

const HANDED_OVER: Readonly<Record<HandOver, number>> = {
  prestarted: D.server_module_prestarted,
  started: D.server_module_started,
  reused: D.server_module_reused,
  waiting: D.server_turned_away,
};

/**
 * The waiting module of the web server: accepts as long as somebody waits and a communication module is free, and hands the descriptor
 * over. When all are busy, connections wait in the accept queue until one is done, or (`answersBusy`) are accepted and told so with 503.
 */
export class WaitingModule implements Program {
  readonly pool: Pool;
  /** Connections given to communication modules, and those whose module is done with them. */
  accepted = 0;
  finished = 0;
  /** Connections that the waiting module itself answered, and those of them that are over. */
  turnedAway = 0;
  turnedAwayDone = 0;
  private readonly context: ServerContext;
  private readonly trace: Trace;
  private readonly clock: ProgramClock;
  private readonly away: TurnedAway | null;
  private readonly modules = new Map<Conversation, CommunicationModule>();
  private listener: Listener | null = null;
  private accepting = false;

  constructor(context: GivenContext, clock: ProgramClock, pool: Pool, answersBusy: boolean) {
    const { trace } = context;
    this.context = {
      ...context,
      early: new EarlyArrivals(trace),
      departures: new Departures(trace),
      settled: (conversation) => this.look(conversation),
    };
    this.trace = trace;
    this.clock = clock;
    this.pool = pool;
    this.away = answersBusy ? new TurnedAway(this.context) : null;
  }

  started(socket: Socket, clock: Clock): void {
    this.clock.follow(clock);
    this.trace.record(D.server_modules_prestarted, socket.fd, this.pool.workers, this.pool.max);
    this.trace.record(D.server_waits, socket.fd);
  }

  acceptable(listener: Listener): void {
    this.listener = listener;
    if (this.accepting) return;
    this.accepting = true;
    while (listener.waiting > 0) {
      if (!this.pool.hasRoom && this.away === null) {
        this.trace.record(D.server_modules_busy, this.pool.busy, listener.waiting);
        break;
      }
      const socket = listener.accept();
      if (socket === null) break;
      this.trace.record(D.server_accept, socket.fd, socket.peerPort);
      const module = this.pool.take();
      if (module === null) this.turnAway(socket, this.away!);
      else this.handOver(socket, module);
    }
    this.accepting = false;
  }

  readable(socket: Socket): void {
    const conversation = socket.session;
    if (!(conversation instanceof Conversation)) return;
    conversation.read(false);
    this.look(conversation);
  }

  writable(socket: Socket): void {
    const conversation = socket.session;
    if (!(conversation instanceof Conversation)) return;
    conversation.resume();
    this.look(conversation);
  }

  ended(socket: Socket, how: Ending): void {
    const conversation = socket.session;
    this.context.early.take(socket);
    if (!(conversation instanceof Conversation)) return;
    conversation.end(how);
    this.look(conversation);
  }

  activityEnds(socket: Socket | null): void {
    const { early, departures } = this.context;
    departures.look();
    if (socket !== null && socket.program === this && socket.session === null) early.note(socket);
  }

  private handOver(socket: Socket, module: CommunicationModule): void {
    this.accepted++;
    const conversation = module.take(this.context, socket);
    this.modules.set(conversation, module);
    this.trace.record(HANDED_OVER[module.handOver], socket.fd, module.number);
    this.begin(socket, conversation);
  }

  private turnAway(socket: Socket, away: TurnedAway): void {
    this.turnedAway++;
    this.trace.record(D.server_turned_away, socket.fd, this.pool.busy);
    this.begin(socket, away.take(socket));
  }

  private begin(socket: Socket, conversation: Conversation): void {
    socket.session = conversation;
    if (this.trace.told !== null) pushHandedOver(this.trace.told, socket, conversation.record);
    if (socket.recvQ === 0 && !socket.eof) return;
    conversation.read(true);
    this.look(conversation);
  }

  /** Takes the module of a conversation that is done back to the pool, and the next waiting connection with it. */
  private look(conversation: Conversation): void {
    const { record } = conversation;
    if (!conversation.done || record.leftAt >= 0) return;
    const { time } = this.trace;
    const module = this.modules.get(conversation);
    if (module === undefined) {
      record.leftAt = time;
      this.turnedAwayDone++;
      this.trace.record(D.server_turned_away_done, record.fd, time - record.takenAt);
    } else {
      this.modules.delete(conversation);
      this.finished++;
      module.leave(time);
      this.pool.give(module);
      this.trace.record(D.server_module_free, record.fd, module.number, time - record.takenAt);
    }
    if (this.trace.told !== null) pushReleased(this.trace.told, conversation.socket, record, time);
    if (module !== undefined && this.listener !== null) this.acceptable(this.listener);
  }
}
