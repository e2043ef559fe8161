import { D } from '../../trace/catalogue.ts';
import type { ListenerConfig } from '../config.ts';
import { type Listener, type Sink, Socket, State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { Tcp } from './tcp.ts';
import { TimeWaitSocket } from './time-wait-socket.ts';
import { sendActiveReset } from './transmit.ts';

/** A listening socket: the half-empty tuple. Each SYN makes a connection from it; it stays as it is. */
export class TcpListener extends Socket implements Listener {
  readonly protocol = 'tcp';
  readonly tcp: Tcp;
  readonly config: ListenerConfig;
  readonly backlog: number;
  /** Completed connections that the program has not accepted. */
  private readonly acceptQueue: TcpConnection[] = [];
  /** Half-open connections, and those of them whose SYN-ACK was sent once. */
  synQueue = 0;
  young = 0;
  /** When the SYN queue was last full; cookies are believed for two minutes after it. */
  overflowAt = Number.NEGATIVE_INFINITY;

  constructor(tcp: Tcp, config: ListenerConfig) {
    super();
    this.tcp = tcp;
    this.config = config;
    this.backlog = Math.min(config.backlog, tcp.sysctl['core.somaxconn']);
    this.localPort = config.port;
    this.state = State.listen;
    if (config.address === undefined) {
      this.localAny = true;
    } else {
      this.family = config.address.family;
      [this.local0, this.local1, this.local2, this.local3] = config.address.words;
    }
  }

  get waiting(): number {
    return this.acceptQueue.length;
  }

  get recvQ(): number {
    return this.acceptQueue.length;
  }

  get sendQ(): number {
    return this.backlog;
  }

  get eof(): boolean {
    return false;
  }

  /** One more than the backlog fits (Linux counts "greater than"). */
  get acceptQueueFull(): boolean {
    return this.acceptQueue.length > this.backlog;
  }

  get synQueueFull(): boolean {
    return this.synQueue > this.backlog;
  }

  enqueue(c: TcpConnection): void {
    c.inAcceptQueue = true;
    this.acceptQueue.push(c);
  }

  /** The oldest that is still alive; a connection that ended in the queue keeps its place there until now, as in Linux. */
  accept(): TcpConnection | null {
    let c = this.acceptQueue.shift();
    while (c !== undefined && c.slot < 0) c = this.acceptQueue.shift();
    if (c === undefined) return null;
    c.inAcceptQueue = false;
    this.tcp.descriptors.assign(c);
    this.tcp.emit('accept', c);
    if (c.receiveQueue.length > 0) this.tcp.trace.record(D.socket_data, c.receiveQueue.length, c.fd);
    return c;
  }

  read(_sink: Sink): number {
    return 0;
  }

  write(_bytes: Uint8Array, _start: number, _end: number): number {
    return 0;
  }

  shutdown(): void {
    this.close();
  }

  /** Stops listening: half-open connections are forgotten, those not accepted are reset. */
  close(): void {
    if (this.state !== State.listen) return;
    this.tcp.enter();
    this.state = State.closed;
    this.tcp.unlisten(this);
    for (const c of [...this.tcp.connections()]) {
      if (c instanceof TimeWaitSocket || c.listener !== this || (!c.inAcceptQueue && c.state !== State.synReceived)) continue;
      if (c.inAcceptQueue) sendActiveReset(c, D.tcp_rst_unread);
      this.tcp.remove(c, 'aborted');
    }
    this.tcp.leave();
  }
}
