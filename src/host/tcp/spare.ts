import { settle } from '../../wire/shape.ts';
import { TcpConnection, WIDE } from './connection.ts';
import type { TcpListener } from './listener.ts';
import { NumberRows } from './number-rows.ts';
import { ObservedStream } from './observed-stream.ts';
import { renew } from './renew.ts';
import type { Tcp } from './tcp.ts';
import { type Known, TIME_WAIT_NUMBERS, TimeWaitSocket } from './time-wait-socket.ts';
import { ConnectionAlarm, TimerKind } from './timers.ts';

/** Objects kept to be used again. */
const MOST_TIME_WAIT = 1 << 16;
const MOST_CONNECTIONS = 1 << 12;

/** See `settle`. */
const WIDE_TIME_WAIT = ['local3', 'peer3', 'openedAt', 'closedAt'];

/** Connections of a capture that are gone, to be used again: making large objects is what many short connections would spend their time on. */
export class SpareSockets {
  private readonly tcp: Tcp;
  private readonly timeWait: TimeWaitSocket[] = [];
  private readonly rows = new NumberRows(TIME_WAIT_NUMBERS);
  private readonly connections: TcpConnection[] = [];
  /** Alarms of sockets that are gone: the clock still knows most of them, and has nothing new to remember when they are set again. */
  private readonly alarms: ConnectionAlarm[] = [];
  /** As every connection begins. */
  private readonly fresh: TcpConnection;

  constructor(tcp: Tcp) {
    this.tcp = tcp;
    this.fresh = settle(new TcpConnection(tcp, null), WIDE);
    settle(new ObservedStream(0), ['next', 'finSeq']);
    settle(new TimeWaitSocket(tcp, this.rows), WIDE_TIME_WAIT);
  }

  /** A connection that has not begun. */
  connection(listener: TcpListener | null): TcpConnection {
    const c = this.connections.pop();
    if (c === undefined) return new TcpConnection(this.tcp, listener);
    renew(c, this.fresh, listener, this.alarms.pop() ?? new ConnectionAlarm(c, TimerKind.life));
    return c;
  }

  /** One whose fields are still to be set. */
  timeWaitSocket(): TimeWaitSocket {
    return this.timeWait.pop() ?? new TimeWaitSocket(this.tcp, this.rows);
  }

  /** Takes a socket that nobody will look at again; a connection that waits in an accept queue will be. */
  keep(c: Known): void {
    if (this.tcp.followed) this.keepAlarm(c);
    if (c instanceof TimeWaitSocket) {
      if (this.timeWait.length < MOST_TIME_WAIT) this.timeWait.push(c);
      else this.rows.give(c.row);
    } else if (this.tcp.followed && !c.inAcceptQueue && this.connections.length < MOST_CONNECTIONS) this.connections.push(c);
  }

  private keepAlarm(c: Known): void {
    const { lifeAlarm } = c;
    c.lifeAlarm = this.tcp.noAlarm;
    if (lifeAlarm !== this.tcp.noAlarm && this.alarms.length < MOST_TIME_WAIT) this.alarms.push(lifeAlarm);
  }
}
