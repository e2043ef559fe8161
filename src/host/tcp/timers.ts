import { Alarm } from '../timers.ts';
import type { TcpConnection } from './connection.ts';
import { delackExpired } from './delack.ts';
import { lifeExpired } from './life.ts';
import { retransmitExpired } from './retransmit.ts';

/** What an alarm of a connection is for. `retransmit` is the one timer of the sending half: RTO, loss probe, reordering, zero window. */
export const TimerKind = { retransmit: 0, delayedAck: 1, life: 2 } as const;

/** What the sending half's timer waits for. */
export const Waiting = { none: 0, rto: 1, lossProbe: 2, reordering: 3, persist: 4 } as const;

/** One of a connection's timers. */
export class ConnectionAlarm extends Alarm {
  readonly connection: TcpConnection;
  readonly kind: number;
  /** A `Waiting` number. */
  waiting: number = Waiting.none;

  constructor(connection: TcpConnection, kind: number) {
    super();
    this.connection = connection;
    this.kind = kind;
  }

  expire(now: number): void {
    const c = this.connection;
    const { tcp } = c;
    this.due = Number.POSITIVE_INFINITY;
    if (c.slot < 0) return;
    tcp.now = now;
    tcp.enter();
    if (this.kind === TimerKind.retransmit) retransmitExpired(c);
    else if (this.kind === TimerKind.delayedAck) delackExpired(c);
    else lifeExpired(c);
    tcp.leave();
  }
}
