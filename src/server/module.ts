import type { Socket } from '../host/sockets.ts';
import { Conversation, type ServerContext } from './conversation.ts';
import type { HandOver } from './http/exchange.ts';

/** A communication module: serves one accepted connection at a time. */
export class CommunicationModule {
  /** From 1 on. */
  readonly number: number;
  /** There before it was needed, or started for a connection. */
  readonly preStarted: boolean;
  /** Connections it was given, the present one included. */
  connections = 0;
  /** Nanoseconds: when it took the present connection, and how long all its work before has lasted. */
  since = 0;
  worked = 0;
  conversation: Conversation | null = null;

  constructor(number: number, preStarted: boolean) {
    this.number = number;
    this.preStarted = preStarted;
  }

  /** How it comes to the connection that it was given last. */
  get handOver(): HandOver {
    return this.preStarted ? 'prestarted' : this.connections === 1 ? 'started' : 'reused';
  }

  /** Takes the descriptor of an accepted connection. */
  take(context: ServerContext, socket: Socket): Conversation {
    this.since = context.trace.time;
    this.conversation = new Conversation(context, socket, this.number, this.preStarted);
    const { record } = this.conversation;
    record.handOver = this.handOver;
    record.takenAt = this.since;
    return this.conversation;
  }

  /** Its connection needs it no more. */
  leave(now: number): void {
    this.worked += now - this.since;
    if (this.conversation !== null) this.conversation.record.leftAt = now;
    this.conversation = null;
  }
}
