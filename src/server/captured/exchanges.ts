import type { Socket } from '../../host/sockets.ts';
import type { Trace } from '../../trace/trace.ts';
import { pushRequest } from '../events.ts';
import { type ConnectionRecord, Exchange } from '../http/exchange.ts';
import type { ExchangeLog } from '../http/exchange-log.ts';
import type { HeadParser } from '../http/head-parser.ts';
import type { HeadStore } from '../http/head-store.ts';
import { PendingExchanges } from '../http/pending.ts';
import { recordOf } from '../record.ts';

/** What the connections of one captured server share. */
export interface CapturedContext {
  readonly trace: Trace;
  readonly log: ExchangeLog;
  readonly store: HeadStore;
  readonly requests: HeadParser;
  readonly responses: HeadParser;
}

/** What the two directions of one followed connection share: whose it is, and the requests that wait for their responses. */
export class CapturedExchanges {
  readonly context: CapturedContext;
  readonly pending = new PendingExchanges();
  socket: Socket;
  record: ConnectionRecord;
  /** Nothing more comes. */
  over = false;

  constructor(socket: Socket, context: CapturedContext) {
    this.socket = socket;
    this.context = context;
    this.record = recordOf(socket);
  }

  restart(socket: Socket): void {
    this.over = false;
    this.socket = socket;
    this.record = recordOf(socket);
    this.pending.clear();
  }

  /** Records a decision about the connection: its descriptor, and up to two numbers. */
  decide(decision: number, a = 0, b = 0): void {
    this.context.trace.record(decision, this.socket.fd, a, b);
  }

  newExchange(): Exchange {
    this.record.fd = this.socket.fd;
    return new Exchange(this.record);
  }

  /** A request of `bytes` bytes waits from now on. */
  ask(exchange: Exchange, bytes: number): void {
    const { log, trace } = this.context;
    log.began(exchange, bytes);
    this.giveUp(this.pending.add(exchange));
    const events = trace.told;
    if (events !== null) pushRequest(events, exchange, this.socket.fd);
  }

  /** It will not be answered any more. */
  giveUp(exchange: Exchange | null): void {
    if (exchange === null) return;
    exchange.noResponse = true;
    this.context.log.unansweredOne(exchange);
  }
}
