import type { Socket } from '../../host/sockets.ts';
import { NAMES } from '../../trace/catalogue.ts';
import type { SentSummary } from '../../trace/events.ts';
import type { Transmission } from '../../trace/transmission.ts';
import { settle } from '../../wire/shape.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { summary } from './replies.ts';

const SYN_RST_ACK = TcpFlag.syn | TcpFlag.rst | TcpFlag.ack;
export const SYN_ACK = TcpFlag.syn | TcpFlag.ack;

/** The control reply that a connection's captured server still owes: the newest, of the kind that is owed. */
export class Owed {
  /** Of the reply (SYN+ACK, RST, ACK); 0: not filled in. */
  flags = 0;
  why = 0;
  seq = 0;
  /** The reply's ACK number, and the newest one that a later reply of the same kind carried. */
  ack = 0;
  newest = 0;
  iss = -1;
  irs = -1;
  since = 0;
  frame = 0;
  /** How often the client has sent again what the reply would have acknowledged. */
  repeats = 0;

  get isSynAck(): boolean {
    return this.flags === SYN_ACK;
  }

  get summary(): SentSummary {
    const { flags, why, seq, newest, iss, irs } = this;
    return { ...summary(flags, seq, newest, iss, irs), why: NAMES[why]! };
  }
}

/** What is owed by connection: it has a slot only while something is owed, and carries it itself. */
export class Debts {
  /** Slots of connections that owe nothing. */
  private readonly spare: Owed[] = [];

  constructor() {
    settle(new Owed(), ['seq', 'ack', 'newest', 'iss', 'irs', 'since']);
  }

  of(socket: Socket | null): Owed | null {
    return socket === null ? null : (socket.companion as Owed | null);
  }

  /** Our host sends this because of frame `n`: the captured server owes it. */
  owe(socket: Socket, sent: Transmission, n: number): void {
    let owed = socket.companion as Owed | null;
    if (owed === null) {
      owed = this.spare.pop() ?? new Owed();
      owed.flags = 0;
      socket.companion = owed;
    }
    const flags = sent.flags & SYN_RST_ACK;
    if (owed.flags !== 0 && owed.flags === flags) {
      if (sent.ack !== owed.newest) owed.repeats = 0;
      owed.newest = sent.ack;
      return;
    }
    // a reset ends whatever was owed before it; an ACK does not replace a SYN-ACK that is still to come
    if (owed.flags === SYN_ACK && flags === TcpFlag.ack) return;
    owed.flags = flags;
    owed.why = sent.why;
    owed.seq = sent.seq;
    owed.ack = owed.newest = sent.ack;
    owed.iss = sent.iss;
    owed.irs = sent.irs;
    owed.since = sent.time;
    owed.frame = n;
    owed.repeats = 0;
  }

  /** Nothing is owed any more: the slot serves another connection. */
  paid(socket: Socket, owed: Owed): void {
    socket.companion = null;
    this.spare.push(owed);
  }
}
