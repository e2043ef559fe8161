import { Alarm, type Clock, type Ending, type Sink, type Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { pushInterim, pushRequest, pushResponse } from './events.ts';
import { type Answer, failed, Pending, type Question, type Responder, type Tell, textAnswer } from './http/answer.ts';
import { contentLength, encodeBody, encodeHead, framingOf } from './http/encode.ts';
import { type ConnectionRecord, Exchange } from './http/exchange.ts';
import type { ExchangeLog } from './http/exchange-log.ts';
import type { Head } from './http/head.ts';
import type { HeadParser } from './http/head-parser.ts';
import type { HeadStore } from './http/head-store.ts';
import { type Refusal, Refused } from './http/refusal.ts';
import { Reading, RequestInput, type RequestServer } from './http/request-input.ts';
import { LIMITS, type Limits } from './limits.ts';
import { Output } from './output.ts';
import { recordOf } from './record.ts';

/** What the conversations of one server share. */
export interface ServerContext {
  readonly trace: Trace;
  readonly clock: Clock;
  readonly log: ExchangeLog;
  readonly store: HeadStore;
  readonly parser: HeadParser;
  readonly responder: Responder;
  /** Absent: `LIMITS`. */
  readonly limits?: Limits;
  /** Told when a timer or an answer that was waited for has moved a conversation. */
  readonly settled?: (conversation: Conversation) => void;
}

const NOTHING = new Uint8Array(0);
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
/** Bytes of responses that may wait before the next pipelined request is looked at. */
const ENOUGH = 256 * 1024;

/** One accepted connection: reads requests, writes responses in their order, and closes as HTTP says (RFC 9112 §9). */
export class Conversation extends Alarm implements RequestServer {
  /** The descriptor is given back: nothing more is read or written. */
  done = false;
  readonly record: ConnectionRecord;
  private readonly context: ServerContext;
  private readonly limits: Limits;
  readonly socket: Socket;
  private readonly input: RequestInput;
  private readonly output = new Output();
  /** The request under way: what the answer to it will need of its head. */
  private exchange: Exchange | null = null;
  private fields: readonly string[] = [];
  private persists = false;
  /** The last decision that was told about the request whose answer is asked for. */
  private why = -1;
  private askedToContinue = false;
  private body: Uint8Array[] = [];
  /** Nanoseconds: when the request under way began. */
  private begunAt = 0;
  /** The request whose answer is waited for; `pending`: a program is asked; `delayed`: the answer is there, its time is not. */
  private asking: Exchange | null = null;
  private pending: Pending | null = null;
  private delayed: Answer | null = null;
  /** The last response is under way: the server closes after it. */
  private last = false;
  /** It is a refusal, behind which more bytes of the client may come. */
  private lingers = false;
  private lingering = false;
  private clientClosed = false;
  /** Nanoseconds: since when the client has taken nothing of what waits; -1: nothing waits. */
  private blockedSince = -1;
  /** What is read now came with an earlier frame: it does not decide over the present one. */
  private late = false;
  private readonly sink: Sink = (bytes, start, end, missing) => this.input.feed(bytes, start, end, missing);

  constructor(context: ServerContext, socket: Socket, module: number, preStarted: boolean) {
    super();
    this.context = context;
    this.limits = context.limits ?? LIMITS;
    this.socket = socket;
    this.record = recordOf(socket);
    this.record.module = module;
    this.record.preStarted = preStarted;
    this.input = new RequestInput(this, context.parser, context.store, this.limits);
    this.watch();
  }

  /** Reads what there is, unless responses wait to be written: what cannot be answered is left to fill the window. */
  read(late: boolean): void {
    if (this.done) return;
    if (this.lingering) {
      this.readOn();
      return;
    }
    if (this.output.waiting > 0 || this.asking !== null) {
      if (this.socket.recvQ === 0 && this.socket.eof) this.readEnd();
      return;
    }
    const { trace } = this.context;
    const { socket } = this;
    const waiting = socket.recvQ;
    if (waiting > 0) trace.record(late ? D.server_read_waiting : D.server_read, socket.fd, waiting);
    this.late = late;
    socket.read(this.sink);
    if (this.askedToContinue) this.sayContinue();
    this.proceed();
  }

  /** There is room to write again. */
  resume(): void {
    if (!this.done && !this.lingering) this.proceed();
  }

  /** The socket has left the table. */
  end(how: Ending): void {
    const { record, socket } = this;
    record.closedBy = socket.closedBy;
    record.ending = how;
    if (this.done) return;
    this.finish();
    this.giveUpRequest();
    this.output.abandon(this.cutOff);
    if (this.asking !== null) this.unanswered(this.asking);
    if (this.pending !== null) this.pending.told = null;
    this.asking = this.pending = this.delayed = null;
  }

  /** The time of what is waited for is over. */
  override expire(now: number): void {
    if (this.done) return;
    if (this.delayed !== null) this.delayIsOver();
    else if (this.lingering) this.close();
    else if (this.output.waiting > 0) this.writeTimedOut();
    else if (this.input.at === Reading.head) this.headTimedOut(now);
    else if (this.exchange !== null) {
      this.requestRefused(Refused.bodyTime, this.limits.bodyTime, null, 0);
      this.proceed();
    } else {
      this.context.trace.record(D.http_idle_timeout, this.socket.fd, this.limits.idleTime);
      this.close();
    }
    this.context.settled?.(this);
  }

  requestBegins(): void {
    this.begunAt = this.context.trace.time;
  }

  requestHead(head: Head, bytes: number): void {
    const { trace, log } = this.context;
    const exchange = this.begin(head);
    trace.record(this.late ? D.http_request_head_waiting : D.http_request_head, this.socket.fd, bytes);
    log.began(exchange, bytes);
    if (trace.events !== null) pushRequest(trace.events, exchange, this.socket.fd);
    this.exchange = exchange;
    this.fields = head.fields;
    const old = head.version === '1.0';
    this.persists = old ? head.keepAlive && !head.close : !head.close;
    this.askedToContinue = head.expectsContinue && !old && (head.coded || head.length > 0);
  }

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    if (this.exchange !== null) this.context.log.watch?.content(this.exchange, false, bytes, start, end);
    this.body.push(new Uint8Array(bytes.subarray(start, end)));
    this.askedToContinue = false;
  }

  requestComplete(bodyBytes: number): void {
    const { trace } = this.context;
    const exchange = this.exchange!;
    this.exchange = null;
    this.askedToContinue = false;
    exchange.requestBytes = bodyBytes;
    exchange.requestWhole = true;
    trace.record(this.late ? D.http_request_complete_waiting : D.http_request_complete, this.socket.fd, bodyBytes);
    const { method, target, version } = exchange;
    const body = this.takeBody();
    const question = { method, target, version, fields: this.fields, bodyBytes, body, connection: this.record, time: trace.time };
    if (!this.persists) this.input.stop();
    this.ask(exchange, question);
    if (this.asking !== null || this.output.waiting > ENOUGH) this.input.paused = true;
  }

  requestRefused(refusal: Refusal, detail: number, head: Head | null, bytes: number): void {
    const { trace, log, parser } = this.context;
    this.tell(refusal.decision, detail);
    if (refusal.status === 400) trace.record(D.http_bad_request, this.socket.fd);
    let { exchange } = this;
    if (exchange === null) {
      if (head === null) parser.head.clear();
      exchange = this.begin(head ?? parser.head);
      exchange.requestBad = refusal.status === 400;
      log.began(exchange, bytes);
      if (trace.events !== null) pushRequest(trace.events, exchange, this.socket.fd);
    } else {
      exchange.requestBytes = this.input.bodyBytes;
      if (refusal.status === 400) exchange.requestBad = true;
    }
    this.exchange = null;
    this.body = [];
    this.askedToContinue = false;
    this.lingers = true;
    this.answerLast(exchange, textAnswer(refusal.status));
  }

  private takeBody(): Uint8Array {
    const { body } = this;
    if (body.length === 0) return NOTHING;
    this.body = [];
    return body.length === 1 ? body[0]! : Buffer.concat(body);
  }

  private sayContinue(): void {
    this.askedToContinue = false;
    this.context.trace.record(D.http_continue, this.socket.fd);
    this.output.add(null, CONTINUE, NOTHING);
    const exchange = this.exchange!;
    exchange.interim++;
    this.context.log.answeredInterim(100);
    const { trace } = this.context;
    if (trace.events === null) return;
    const { time, frame: n } = trace;
    pushInterim(trace.events, {
      time,
      n,
      endTime: time,
      endN: n,
      requestN: exchange.requestFrame,
      fd: this.socket.fd,
      status: 100,
      version: '1.1',
      source: 'server',
    });
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

  private ask(exchange: Exchange, question: Question): void {
    let answer: Answer | Pending;
    this.why = -1;
    try {
      answer = this.context.responder.respond(question, this.tell);
    } catch {
      this.tell(D.http_handler_failed);
      answer = failed();
    }
    if (!(answer instanceof Pending)) {
      this.take(exchange, answer);
      return;
    }
    this.asking = exchange;
    this.pending = answer;
    answer.told = (given) => {
      this.pending = this.asking = null;
      this.take(exchange, given);
      if (this.asking === null) this.proceed();
      else this.watch();
      this.context.settled?.(this);
    };
  }

  /** An answer is there: it is written now, or when its time has come. */
  private take(exchange: Exchange, answer: Answer): void {
    const { delay } = answer;
    if (delay === undefined || delay <= 0) {
      this.conclude(exchange, answer);
      return;
    }
    this.context.trace.record(D.http_answer_delayed, this.socket.fd, delay);
    this.asking = exchange;
    this.delayed = answer;
    this.context.clock.arm(this, this.context.clock.now + delay);
  }

  private delayIsOver(): void {
    const exchange = this.asking!;
    const answer = this.delayed!;
    this.asking = this.delayed = null;
    this.conclude(exchange, answer);
    this.proceed();
  }

  private conclude(exchange: Exchange, answer: Answer): void {
    const keeps = this.persists && answer.close !== true && framingOf(answer, exchange) !== 'close' && answer.status >= 200;
    if (keeps) this.answer(exchange, answer, exchange.version === '1.0' ? 'keep-alive' : '');
    else this.answerLast(exchange, answer);
  }

  private answerLast(exchange: Exchange, answer: Answer): void {
    this.last = true;
    this.input.stop();
    this.answer(exchange, answer, 'close');
  }

  private answer(exchange: Exchange, answer: Answer, connection: string): void {
    const { trace } = this.context;
    const framing = framingOf(answer, exchange);
    const hasContent = framing !== 'none' && exchange.method !== 'HEAD';
    exchange.status = answer.status;
    exchange.why = answer.why ?? this.why;
    exchange.responseVersion = '1.1';
    if (answer.error !== undefined) exchange.error = answer.error;
    exchange.responseBytes = hasContent ? contentLength(answer) : 0;
    trace.record(D.http_response, this.socket.fd, answer.status, exchange.responseBytes);
    if (framing === 'chunked' && hasContent) trace.record(D.http_response_chunked, this.socket.fd, answer.pieces!.length);
    if (connection !== 'close') trace.record(D.http_keep_alive, this.socket.fd);
    const { watch } = this.context.log;
    if (watch !== null && hasContent)
      for (const piece of answer.pieces ?? [answer.body]) watch.content(exchange, true, piece, 0, piece.length);
    const head = encodeHead(answer, framing, connection, exchange.method);
    this.output.add(exchange, head, hasContent ? encodeBody(answer, framing) : NOTHING);
  }

  /** Writes, serves the requests that had to wait for that, reads on, and closes when everything is said. */
  private proceed(): void {
    for (;;) {
      if (!this.flush() || this.asking !== null) break;
      if (!this.input.paused) {
        if (this.last || this.socket.recvQ === 0) break;
        this.readMore();
      } else {
        this.late = true;
        this.input.resume();
      }
      if (this.askedToContinue) this.sayContinue();
    }
    if (this.socket.recvQ === 0 && this.socket.eof) this.readEnd();
    this.closeWhenOver();
    this.watch();
  }

  private readMore(): void {
    const { socket } = this;
    this.context.trace.record(D.server_read_waiting, socket.fd, socket.recvQ);
    this.late = true;
    socket.read(this.sink);
  }

  private readEnd(): void {
    if (this.clientClosed) return;
    this.clientClosed = true;
    this.context.trace.record(D.server_end_of_stream, this.socket.fd);
  }

  /** False: something still waits to be written. */
  private flush(): boolean {
    const { socket, output } = this;
    if (output.waiting === 0) return true;
    const { trace } = this.context;
    const written = output.flush(socket, this.begun, this.ended);
    if (written > 0) trace.record(D.server_write, socket.fd, written);
    if (output.waiting === 0) return true;
    trace.record(D.server_write_blocked, socket.fd, output.waiting);
    if (written > 0 || this.blockedSince < 0) this.blockedSince = trace.time;
    return false;
  }

  private closeWhenOver(): void {
    if (this.done || this.output.waiting > 0 || this.asking !== null || (!this.last && !this.clientClosed)) return;
    if (!this.clientClosed && (this.lingers || this.socket.recvQ > 0)) {
      this.linger();
      return;
    }
    if (this.clientClosed) {
      this.giveUpHead();
      this.giveUpRequest();
    }
    this.close();
  }

  private close(): void {
    const { socket } = this;
    this.context.trace.record(this.clientClosed ? D.server_closes_second : D.server_closes_first, socket.fd);
    this.finish();
    socket.close();
    if (this.record.closedBy === '') this.record.closedBy = socket.closedBy;
  }

  /**
   * Closes our direction alone and reads on for a while: a reset, which bytes that nobody reads would cause, could reach the client
   * before it has read the answer (RFC 9112 §9.6).
   */
  private linger(): void {
    this.lingering = true;
    this.context.trace.record(D.http_linger, this.socket.fd, this.limits.lingerTime);
    this.socket.shutdown();
    if (this.record.closedBy === '') this.record.closedBy = this.socket.closedBy;
    this.context.clock.arm(this, this.context.clock.now + this.limits.lingerTime);
    this.readOn();
  }

  private readOn(): void {
    const { socket } = this;
    const { trace } = this.context;
    if (socket.recvQ > 0) trace.record(D.http_linger_read, socket.fd, socket.recvQ);
    socket.read(ignore);
    if (!socket.eof) return;
    this.clientClosed = true;
    trace.record(D.server_end_of_stream, socket.fd);
    this.close();
  }

  private finish(): void {
    this.done = true;
    this.input.stop();
    this.context.clock.cancel(this);
  }

  private headTimedOut(now: number): void {
    const found = this.input.abandonHead();
    this.requestRefused(Refused.headTime, now - this.begunAt, found?.head ?? null, found?.bytes ?? 0);
    this.proceed();
  }

  private writeTimedOut(): void {
    this.context.trace.record(D.http_write_timeout, this.socket.fd, this.limits.writeTime, this.output.waiting);
    this.output.abandon(this.cutOff);
    this.last = true;
    this.close();
  }

  /** Sets the alarm for what is waited for now. */
  private watch(): void {
    const { clock } = this.context;
    const { now } = clock;
    const { limits } = this;
    if (this.done || this.lingering || this.delayed !== null) return;
    if (this.output.waiting === 0) this.blockedSince = -1;
    if (this.pending !== null) clock.cancel(this);
    else if (this.output.waiting > 0) clock.arm(this, Math.max(now, this.blockedSince + limits.writeTime));
    else if (this.input.at === Reading.head) clock.arm(this, Math.max(now, this.begunAt + limits.headTime));
    else clock.arm(this, now + (this.exchange === null ? limits.idleTime : limits.bodyTime));
  }

  private giveUpHead(): void {
    const { trace, log } = this.context;
    const found = this.input.abandonHead();
    if (found === null) return;
    const exchange = this.begin(found.head);
    exchange.requestBad = true;
    log.began(exchange, found.bytes);
    trace.record(D.http_request_unfinished, this.socket.fd, found.bytes);
    this.unanswered(exchange);
  }

  private giveUpRequest(): void {
    const { exchange } = this;
    if (exchange === null) return;
    this.exchange = null;
    exchange.requestBytes = this.input.bodyBytes;
    this.context.trace.record(D.http_request_body_unfinished, this.socket.fd, exchange.requestBytes);
    this.unanswered(exchange);
  }

  private unanswered(exchange: Exchange): void {
    exchange.noResponse = true;
    this.context.log.unansweredOne(exchange);
  }

  private readonly tell: Tell = (decision, b = 0, c = 0) => {
    this.why = decision;
    this.context.trace.record(decision, this.socket.fd, b, c);
  };

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
      this.unanswered(exchange);
      return;
    }
    exchange.responseIncomplete = true;
    this.ended(exchange);
  };
}

const ignore: Sink = () => {};
