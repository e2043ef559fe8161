import type { Ending, Listener, Program, Sink, Socket } from '../../host/sockets.ts';
import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { settle } from '../../wire/shape.ts';
import { Exchange } from '../http/exchange.ts';
import { ExchangeLog } from '../http/exchange-log.ts';
import { HeadParser } from '../http/head-parser.ts';
import { HeadStore } from '../http/head-store.ts';
import { CapturedConnection } from './connection.ts';
import type { CapturedContext } from './exchanges.ts';
import { LiveConnections } from './live.ts';

const MOST_SPARE = 1 << 12;

/** Somebody who reads what the clients of the captured server sent, as it reads it. */
export interface CapturedTap {
  /** As a `Sink` has it. */
  read(socket: Socket, bytes: Uint8Array, start: number, end: number, missing: number): void;
  /** All that waits was read. */
  readDone(socket: Socket): void;
  ended(socket: Socket, how: Ending): void;
}

/**
 * The program that stands in the place of a captured server: accepts everything, reads everything at once, and makes exchanges of what
 * it reads and of what the captured server wrote. HTTP/1 is found by its looks, on any port; of other streams bytes are counted.
 */
export class CapturedServer implements Program {
  readonly log: ExchangeLog;
  private readonly trace: Trace;
  private readonly context: CapturedContext;
  private readonly live = new LiveConnections();
  /** Those of connections that are over, to be used again. */
  private readonly spare: CapturedConnection[] = [];
  private isFirst = true;
  /** The connection that `sink` belongs to while a socket is read. */
  private current: CapturedConnection | null = null;
  private socket: Socket | null = null;
  /** Null: nobody reads along. */
  tap: CapturedTap | null = null;
  private readonly sink: Sink = (bytes, start, end, missing) => {
    this.current!.read(bytes, start, end, missing);
    if (this.tap !== null) this.tap.read(this.socket!, bytes, start, end, missing);
  };

  constructor(trace: Trace, log = new ExchangeLog(), store = new HeadStore()) {
    this.trace = trace;
    this.log = log;
    const requests = new HeadParser('REQUEST', false);
    const responses = new HeadParser('RESPONSE', false);
    this.context = { trace, log, store, requests, responses };
  }

  acceptable(listener: Listener): void {
    while (listener.waiting > 0) {
      const socket = listener.accept();
      if (socket === null) return;
      this.trace.record(D.server_accept, socket.fd, socket.peerPort);
      if (socket.recvQ > 0) this.readable(socket);
    }
  }

  readable(socket: Socket): void {
    if (socket.protocol === 'udp') {
      this.trace.record(D.server_read, socket.fd, socket.read(countOnly));
      return;
    }
    const waiting = socket.recvQ;
    if (waiting > 0) this.trace.record(D.server_read, socket.fd, waiting);
    this.current = this.connection(socket);
    this.socket = socket;
    socket.read(this.sink);
    socket.came = null;
    if (socket.eof) this.current.readEnd();
    if (this.tap !== null) this.tap.readDone(socket);
  }

  writable(_socket: Socket): void {}

  ended(socket: Socket, how: Ending): void {
    const connection = socket.session;
    if (!(connection instanceof CapturedConnection)) return;
    connection.end(how);
    this.live.remove(connection);
    if (this.tap !== null) this.tap.ended(socket, how);
  }

  observed(socket: Socket, bytes: Uint8Array, start: number, end: number, missing: number): void {
    // what the same segment acknowledges, and was taken only because of that, came before what it says
    if (socket.recvQ > 0 && socket.fd >= 0) {
      this.trace.record(D.socket_data, socket.recvQ, socket.fd);
      this.readable(socket);
    }
    this.connection(socket).observe(bytes, start, end, missing);
  }

  observedEnd(socket: Socket): void {
    const connection = socket.session;
    if (connection instanceof CapturedConnection) connection.observeEnd();
  }

  retired(socket: Socket): boolean {
    const connection = socket.session;
    if (!(connection instanceof CapturedConnection)) return true;
    if (!connection.retire()) return false;
    this.live.remove(connection);
    if (this.tap !== null) this.tap.ended(socket, 'closed');
    socket.session = null;
    if (this.spare.length < MOST_SPARE) this.spare.push(connection);
    return true;
  }

  /** The trace is over: exchanges that are under way are told as they stand. */
  finish(): void {
    for (const connection of this.live) connection.end('');
    this.live.clear();
  }

  private connection(socket: Socket): CapturedConnection {
    const known = socket.session;
    if (known instanceof CapturedConnection && !known.over) return known;
    const spare = this.spare.pop();
    spare?.restart(socket);
    const connection = spare ?? new CapturedConnection(socket, this.context);
    if (this.isFirst) {
      this.isFirst = false;
      const { exchanges, requests, responses } = connection;
      settle(exchanges, []);
      settle(requests, ['readTime']);
      settle(responses, ['startTime', 'writeTime', 'beforeTime']);
      settle(exchanges.record, ['client3', 'server3', 'clientIsn']);
      settle(new Exchange(exchanges.record), ['requestTime', 'firstTime', 'lastTime']);
    }
    socket.session = connection;
    this.live.add(connection);
    return connection;
  }
}

const countOnly: Sink = () => {};
