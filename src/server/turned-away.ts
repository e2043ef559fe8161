import type { Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import { Conversation, type ServerContext } from './conversation.ts';
import { type Answer, unavailable } from './http/answer.ts';

/** Seconds after which a client that found all modules busy may try again. */
const RETRY_AFTER = 1;

/** What the waiting module says itself when all communication modules are busy: 503 to whatever is asked, and then it closes. */
export class TurnedAway {
  private readonly context: ServerContext;

  constructor(context: ServerContext) {
    const answer: Answer = { ...unavailable(RETRY_AFTER), close: true, why: D.server_turned_away };
    this.context = { ...context, responder: { respond: () => answer } };
  }

  take(socket: Socket): Conversation {
    const conversation = new Conversation(this.context, socket, 0, true);
    conversation.record.handOver = 'waiting';
    conversation.record.takenAt = this.context.trace.time;
    return conversation;
  }
}
