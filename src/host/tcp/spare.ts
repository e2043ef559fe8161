import { settle } from '../../wire/shape.ts';
import { TcpConnection, WIDE } from './connection.ts';
import type { TcpListener } from './listener.ts';
import { ObservedStream } from './observed-stream.ts';
import { renew } from './renew.ts';
import type { Tcp } from './tcp.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';

/** Objects kept to be used again. */
const MOST_TIME_WAIT = 1 << 16;
const MOST_CONNECTIONS = 1 << 12;

/** See `settle`. */
const WIDE_TIME_WAIT = [
  'local3',
  'peer3',
  'openedAt',
  'closedAt',
  'iss',
  'irs',
  'rcvNxt',
  'sndNxt',
  'tsOffset',
  'tsRecent',
  'tsRecentAt',
  'lastLimitedAckAt',
];

/** Connections of a capture that are gone, to be used again: making large objects is what many short connections would spend their time on. */
export class SpareSockets {
  private readonly tcp: Tcp;
  private readonly timeWait: TimeWaitSocket[] = [];
  private readonly connections: TcpConnection[] = [];
  /** As every connection begins. */
  private readonly fresh: TcpConnection;

  constructor(tcp: Tcp) {
    this.tcp = tcp;
    this.fresh = settle(new TcpConnection(tcp, null), WIDE);
    settle(new ObservedStream(0), ['next', 'finSeq']);
    settle(new TimeWaitSocket(tcp), WIDE_TIME_WAIT);
  }

  /** A connection that has not begun. */
  connection(listener: TcpListener | null): TcpConnection {
    const c = this.connections.pop();
    if (c === undefined) return new TcpConnection(this.tcp, listener);
    renew(c, this.fresh, listener);
    return c;
  }

  /** One whose fields are still to be set. */
  timeWaitSocket(): TimeWaitSocket {
    return this.timeWait.pop() ?? new TimeWaitSocket(this.tcp);
  }

  /** Takes a socket that nobody will look at again; a connection that waits in an accept queue will be. */
  keep(c: Known): void {
    if (c instanceof TimeWaitSocket) {
      if (this.timeWait.length < MOST_TIME_WAIT) this.timeWait.push(c);
    } else if (this.tcp.followed && !c.inAcceptQueue && this.connections.length < MOST_CONNECTIONS) this.connections.push(c);
  }
}
