import type { Ending, Listener, Program, Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { Conversation, type ServerContext } from './conversation.ts';
import type { CommunicationModule } from './module.ts';
import type { Pool } from './pool.ts';

/**
 * The waiting module of the web server: accepts as long as somebody waits and a communication module is free, and hands the descriptor
 * over. When all are busy, connections wait in the accept queue until one is done.
 */
export class WaitingModule implements Program {
  readonly pool: Pool;
  /** Connections accepted, and those whose module is done with them. */
  accepted = 0;
  finished = 0;
  private readonly context: ServerContext;
  private readonly trace: Trace;
  private readonly modules = new Map<Conversation, CommunicationModule>();
  private listener: Listener | null = null;
  private accepting = false;

  constructor(context: ServerContext, pool: Pool) {
    this.context = context;
    this.trace = context.trace;
    this.pool = pool;
  }

  acceptable(listener: Listener): void {
    this.listener = listener;
    if (this.accepting) return;
    this.accepting = true;
    while (listener.waiting > 0) {
      const module = this.pool.take();
      if (module === null) {
        this.trace.record(D.server_modules_busy, this.pool.busy, listener.waiting);
        break;
      }
      const socket = listener.accept();
      if (socket === null) {
        this.pool.takenBack(module);
        break;
      }
      this.handOver(socket, module);
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
    if (!(conversation instanceof Conversation)) return;
    conversation.end(how);
    this.look(conversation);
  }

  private handOver(socket: Socket, module: CommunicationModule): void {
    this.accepted++;
    this.trace.record(D.server_accept, socket.fd, socket.peerPort);
    const how = module.preStarted
      ? D.server_module_prestarted
      : module.connections === 1
        ? D.server_module_started
        : D.server_module_reused;
    this.trace.record(how, socket.fd, module.number);
    const conversation = module.take(this.context, socket);
    socket.session = conversation;
    this.modules.set(conversation, module);
    if (socket.recvQ > 0 || socket.eof) {
      conversation.read(true);
      this.look(conversation);
    }
  }

  /** Takes the module of a conversation that is done back to the pool, and the next waiting connection with it. */
  private look(conversation: Conversation): void {
    if (!conversation.done) return;
    const module = this.modules.get(conversation);
    if (module === undefined) return;
    this.modules.delete(conversation);
    this.finished++;
    module.leave(this.trace.time);
    this.pool.give(module);
    this.trace.record(D.server_module_free, conversation.record.fd, module.number);
    if (this.listener !== null) this.acceptable(this.listener);
  }
}
