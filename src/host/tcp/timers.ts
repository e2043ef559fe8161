import { Alarm } from '../time/timers.ts';
import type { TcpConnection } from './connection.ts';
import { delackExpired } from './delack.ts';
import { lifeExpired, timeWaitOver } from './life.ts';
import { retransmitExpired } from './retransmit.ts';
import { TimeWaitSocket } from './time-wait-socket.ts';

/** What an alarm of a connection is for. `retransmit` is the one timer of the sending half: RTO, loss probe, reordering, zero window. */
export const TimerKind = { retransmit: 0, delayedAck: 1, life: 2 } as const;

/** What the sending half's timer waits for. */
export const Waiting = { none: 0, rto: 1, lossProbe: 2, reordering: 3, persist: 4 } as const;

/** One of a connection's timers. */
export class ConnectionAlarm extends Alarm {
  /** Null: it is gone, and is not kept in memory by an alarm that the clock still knows. */
  connection: TcpConnection | TimeWaitSocket | null;
  readonly kind: number;
  /** A `Waiting` number. */
  waiting: number = Waiting.none;

  constructor(connection: TcpConnection | null, kind: number) {
    super();
    this.connection = connection;
    this.kind = kind;
  }

  expire(now: number): void {
    const c = this.connection;
    this.due = Number.POSITIVE_INFINITY;
    if (c === null || c.slot < 0) return;
    const { tcp } = c;
    tcp.now = now;
    tcp.enter();
    if (c instanceof TimeWaitSocket) timeWaitOver(c);
    else if (this.kind === TimerKind.retransmit) retransmitExpired(c);
    else if (this.kind === TimerKind.delayedAck) delackExpired(c);
    else lifeExpired(c);
    tcp.leave();
  }
}
