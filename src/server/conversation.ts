import type { Ending, Sink, Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { pushRequest, pushResponse } from './events.ts';
import { type Answer, encodeHead, type Responder, textAnswer } from './http/answer.ts';
import { type ConnectionRecord, Exchange } from './http/exchange.ts';
import type { ExchangeLog } from './http/exchange-log.ts';
import { type Head, Problem } from './http/head.ts';
import type { HeadParser } from './http/head-parser.ts';
import type { HeadStore } from './http/head-store.ts';
import { recordProblem } from './http/problems.ts';
import { type RequestReader, RequestStream } from './http/request.ts';
import { mayHaveContent } from './http/status.ts';
import { Output } from './output.ts';
import { recordOf } from './record.ts';

/** What the conversations of one server share. */
export interface ServerContext {
  readonly trace: Trace;
  readonly log: ExchangeLog;
  readonly store: HeadStore;
  readonly parser: HeadParser;
  readonly responder: Responder;
}

const NOTHING = new Uint8Array(0);
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');

/** One accepted connection: reads requests, writes responses in their order, and closes as HTTP says (RFC 9112 §9). */
export class Conversation implements RequestReader {
  /** The descriptor is given back: nothing more is read or written. */
  done = false;
  readonly record: ConnectionRecord;
  private readonly context: ServerContext;
  private readonly socket: Socket;
  private readonly requests: RequestStream;
  private readonly output = new Output();
  /** The request under way: what the answer to it will need of its head. */
  private exchange: Exchange | null = null;
  private fields: readonly string[] = [];
  private persists = false;
  private askedToContinue = false;
  /** The last response is under way: the server closes after it. */
  private last = false;
  private clientClosed = false;
  /** What is read now came with an earlier frame: it does not decide over the present one. */
  private late = false;
  private readonly sink: Sink = (bytes, start, end, missing) => this.requests.feed(bytes, start, end, missing);

  constructor(context: ServerContext, socket: Socket, module: number, preStarted: boolean) {
    this.context = context;
    this.socket = socket;
    this.record = recordOf(socket);
    this.record.module = module;
    this.record.preStarted = preStarted;
    this.requests = new RequestStream(this, context.parser, context.store, false);
  }

  /** Reads what there is, unless responses wait to be written: what cannot be answered is left to fill the window. */
  read(late: boolean): void {
    if (this.done || this.output.waiting > 0) return;
    const { trace } = this.context;
    const { socket } = this;
    const waiting = socket.recvQ;
    if (waiting > 0) trace.record(late ? D.server_read_waiting : D.server_read, socket.fd, waiting);
    this.late = late;
    socket.read(this.sink);
    if (this.askedToContinue) {
      this.askedToContinue = false;
      this.output.add(null, CONTINUE, NOTHING);
    }
    if (socket.eof && !this.clientClosed) this.readEnd();
    this.write();
  }

  /** There is room to write again. */
  resume(): void {
    if (this.done) return;
    this.write();
    if (!this.done && this.output.waiting === 0 && (this.socket.recvQ > 0 || this.socket.eof)) this.read(true);
  }

  /** The socket has left the table. */
  end(how: Ending): void {
    const { record, socket } = this;
    record.closedBy = socket.closedBy;
    record.ending = how;
    if (this.done) return;
    this.done = true;
    this.giveUpRequest();
    this.output.abandon(this.cutOff);
  }

  requestHead(head: Head, bytes: number, _cut: boolean): boolean {
    const { trace, log } = this.context;
    const fd = this.socket.fd;
    const exchange = this.begin(head);
    trace.record(this.late ? D.http_request_head_waiting : D.http_request_head, fd, bytes);
    const refusal = refusalOf(head);
    if (refusal.problem !== Problem.none) {
      recordProblem(trace, refusal.problem, fd, head.hosts);
      trace.record(D.http_bad_request, fd);
      exchange.requestBad = true;
    }
    if (head.bothLengths) trace.record(D.http_two_lengths, fd);
    log.began(exchange, bytes);
    if (trace.events !== null) pushRequest(trace.events, exchange, fd);
    if (refusal.status !== 0) {
      this.answerLast(exchange, textAnswer(refusal.status));
      return false;
    }
    this.exchange = exchange;
    this.fields = head.fields;
    this.persists = head.version === '1.1' ? !head.close : head.keepAlive && !head.close;
    this.askedToContinue = head.expectsContinue && head.version === '1.1' && (head.chunked || head.length > 0);
    return true;
  }

  requestBody(_bytes: Uint8Array, _start: number, _end: number): void {}

  requestComplete(bodyBytes: number): void {
    const exchange = this.exchange!;
    this.exchange = null;
    this.askedToContinue = false;
    exchange.requestBytes = bodyBytes;
    exchange.requestWhole = true;
    this.context.trace.record(this.late ? D.http_request_complete_waiting : D.http_request_complete, this.socket.fd, bodyBytes);
    const { method, target, version } = exchange;
    const answer = this.context.responder.respond({ method, target, version, fields: this.fields, bodyBytes });
    if (this.persists) this.answer(exchange, answer, version === '1.0' ? 'keep-alive' : '');
    else this.answerLast(exchange, answer);
  }

  requestRefused(problem: number): void {
    const { trace, log } = this.context;
    recordProblem(trace, problem, this.socket.fd);
    trace.record(D.http_bad_request, this.socket.fd);
    let exchange = this.exchange;
    if (exchange === null) {
      this.context.parser.head.clear();
      exchange = this.begin(this.context.parser.head);
      log.began(exchange, 0);
    }
    exchange.requestBad = true;
    this.exchange = null;
    this.answerLast(exchange, textAnswer(problem === Problem.tooLarge ? 431 : 400));
  }

  requestUnfinished(head: Head, bytes: number): void {
    const { trace, log } = this.context;
    const exchange = this.begin(head);
    exchange.requestBad = true;
    log.began(exchange, bytes);
    if (this.clientClosed) {
      trace.record(D.http_request_unfinished, this.socket.fd, bytes);
      exchange.noResponse = true;
      log.unansweredOne();
      return;
    }
    recordProblem(trace, Problem.startLine, this.socket.fd);
    trace.record(D.http_bad_request, this.socket.fd);
    if (trace.events !== null) pushRequest(trace.events, exchange, this.socket.fd);
    this.answerLast(exchange, textAnswer(400));
  }

  requestsLost(_missing: number): void {
    this.requestRefused(Problem.unfinished);
  }

  requestsResynced(_skipped: number): void {}

  requestsNotHttp(bytes: Uint8Array, start: number, end: number): void {
    this.requestUnfinished(this.context.parser.parse(bytes, start, end), end - start);
  }

  private begin(head: Head): Exchange {
    const { trace } = this.context;
    const exchange = new Exchange(this.record);
    this.socket.requests++;
    exchange.method = head.method;
    exchange.target = head.target;
    exchange.version = head.version;
    exchange.host = head.host;
    exchange.requestTime = trace.time;
    exchange.requestFrame = trace.frame;
    return exchange;
  }

  private answerLast(exchange: Exchange, answer: Answer): void {
    if (this.last) return;
    this.last = true;
    this.answer(exchange, answer, 'close');
    this.requests.becomeTunnel();
  }

  private answer(exchange: Exchange, answer: Answer, connection: string): void {
    const content = mayHaveContent(answer.status) && exchange.method !== 'HEAD' ? answer.body : NOTHING;
    exchange.status = answer.status;
    exchange.responseVersion = '1.1';
    exchange.responseBytes = content.length;
    this.context.trace.record(D.http_response, this.socket.fd, answer.status, content.length);
    if (connection !== 'close') this.context.trace.record(D.http_keep_alive, this.socket.fd);
    this.output.add(exchange, encodeHead(answer, connection), content);
  }

  private readEnd(): void {
    this.clientClosed = true;
    this.context.trace.record(D.server_end_of_stream, this.socket.fd);
    if (this.last) return;
    this.requests.abandonHead();
    this.giveUpRequest();
  }

  private giveUpRequest(): void {
    const exchange = this.exchange;
    if (exchange === null) return;
    this.exchange = null;
    exchange.requestBytes = this.requests.bodyBytes;
    exchange.noResponse = true;
    this.context.trace.record(D.http_request_body_unfinished, this.socket.fd, exchange.requestBytes);
    this.context.log.unansweredOne();
  }

  private write(): void {
    const { trace } = this.context;
    const { socket, output } = this;
    if (output.waiting > 0) {
      const written = output.flush(socket, this.begun, this.ended);
      if (written > 0) trace.record(D.server_write, socket.fd, written);
      if (output.waiting > 0) {
        trace.record(D.server_write_blocked, socket.fd, output.waiting);
        return;
      }
    }
    if (!this.last && !this.clientClosed) return;
    trace.record(this.last && !this.clientClosed ? D.server_closes_first : D.server_closes_second, socket.fd);
    this.done = true;
    socket.close();
    if (this.record.closedBy === '') this.record.closedBy = socket.closedBy;
  }

  private readonly begun = (exchange: Exchange): void => {
    exchange.firstTime = this.context.trace.time;
    exchange.firstFrame = this.context.trace.frame;
  };

  private readonly ended = (exchange: Exchange): void => {
    const { trace, log } = this.context;
    exchange.lastTime = trace.time;
    exchange.lastFrame = trace.frame;
    log.answered(exchange);
    if (trace.events !== null) pushResponse(trace.events, exchange, this.record.fd, 'server');
  };

  private readonly cutOff = (exchange: Exchange): void => {
    if (exchange.firstTime < 0) {
      exchange.status = exchange.responseBytes = 0;
      exchange.noResponse = true;
      this.context.log.unansweredOne();
      return;
    }
    exchange.responseIncomplete = true;
    this.ended(exchange);
  };
}

interface Refusal {
  /** 0: none. */
  readonly status: number;
  readonly problem: number;
}
const FINE: Refusal = { status: 0, problem: Problem.none };

/** Why a request whose head is there is answered without asking what for (RFC 9110 §15.5.1, §15.6.2, §15.6.6). */
function refusalOf(head: Head): Refusal {
  if (head.version !== '' && !head.version.startsWith('1.')) return { status: 505, problem: Problem.none };
  if (head.problem !== Problem.none) return { status: 400, problem: head.problem };
  if (head.version === '1.1' && head.hosts !== 1) return { status: 400, problem: Problem.host };
  if (head.bothLengths || (head.version === '1.0' && head.chunked)) return { status: 400, problem: Problem.coding };
  if (head.method === 'CONNECT') return { status: 501, problem: Problem.none };
  if (head.otherCoding) return head.chunked ? { status: 501, problem: Problem.none } : { status: 400, problem: Problem.coding };
  return FINE;
}
