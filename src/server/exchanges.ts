import type { Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Arrivals } from './arrivals.ts';
import type { ServerContext } from './conversation.ts';
import { pushContinue, pushRequest, pushResponse } from './events.ts';
import { type Answer, Pending, type Question, type Tell, textAnswer } from './http/answer.ts';
import { contentLength, encodeBody, encodeHead, framingOf } from './http/encode.ts';
import { type ConnectionRecord, Exchange } from './http/exchange.ts';
import type { Head } from './http/head.ts';
import { HeldHead } from './http/held-head.ts';
import { type Refusal, Refused } from './http/refusal.ts';
import { Reading, RequestInput, type RequestServer } from './http/request-input.ts';
import type { Limits } from './limits.ts';
import type { Output, OutputListener } from './output.ts';

const NOTHING = new Uint8Array(0);
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
/** Bytes of responses that may wait before the next pipelined request is looked at. */
const ENOUGH = 256 * 1024;

/** The requests of one connection, each answered before the next is looked at (RFC 9112 §9.3.2), and the accounts of both. */
export class Exchanges implements RequestServer, OutputListener {
  readonly input: RequestInput;
  readonly arrivals: Arrivals;
  /** The request whose content is being read. */
  reading: Exchange | null = null;
  /** The request whose answer is waited for. */
  asking: Exchange | null = null;
  /** Nanoseconds when an answer that is there may be written; -1: none waits for that. */
  delayedUntil = -1;
  /** Nanoseconds: when the request under way began. */
  begunAt = 0;
  /** The last response is under way: the server closes after it. */
  last = false;
  /** It is a refusal, behind which more bytes of the client may come. */
  lingers = false;
  /** What is read now came with an earlier frame: it does not decide over the present one. */
  late = false;
  /** The head of the request being read asked to be told to go on, and none of its content has come. */
  askedToContinue = false;
  private readonly context: ServerContext;
  private readonly limits: Limits;
  private readonly socket: Socket;
  private readonly record: ConnectionRecord;
  private readonly output: Output;
  /** Told when an answer that was waited for is there. */
  private readonly answered: () => void;
  private fields: readonly string[] = [];
  /** Content of the request being read. */
  private readonly body: HeldHead;
  private persists = false;
  private pending: Pending | null = null;
  private delayed: Answer | null = null;
  /** When the newest byte left the host, and with which frame. */
  private leftTime = -1;
  private leftFrame = 0;
  /** The last decision that was told about the request whose answer is asked for. */
  private why = -1;

  constructor(
    context: ServerContext,
    limits: Limits,
    socket: Socket,
    record: ConnectionRecord,
    output: Output,
    answered: () => void,
  ) {
    this.context = context;
    this.limits = limits;
    this.socket = socket;
    this.record = record;
    this.output = output;
    this.answered = answered;
    this.body = new HeldHead(context.bodies);
    this.arrivals = context.early.take(socket);
    this.input = new RequestInput(this, context.parser, context.store, limits);
  }

  requestBegins(): void {
    this.begunAt = this.context.trace.time;
  }

  requestHead(head: Head, bytes: number): void {
    const { trace } = this.context;
    trace.record(this.late ? D.http_request_head_waiting : D.http_request_head, this.socket.fd, bytes);
    this.reading = this.begin(head, bytes, false);
    this.fields = head.fields;
    const old = head.version === '1.0';
    this.persists = old ? head.keepAlive && !head.close : !head.close;
    this.askedToContinue = head.expectsContinue && !old && (head.coded || head.length > 0);
  }

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    this.context.log.watch?.content(this.reading!, false, bytes, start, end);
    this.askedToContinue = false;
    if (!this.body.add(bytes, start, end)) this.requestRefused(Refused.noRoom, this.body.length, null, 0);
  }

  requestComplete(bodyBytes: number): void {
    const { trace } = this.context;
    const exchange = this.reading!;
    this.reading = null;
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
    const { parser, trace } = this.context;
    const isBad = refusal.status === 400;
    this.tell(refusal.decision, detail);
    if (isBad) trace.record(D.http_bad_request, this.socket.fd);
    let exchange = this.reading;
    if (exchange === null) {
      if (head === null) parser.head.clear();
      exchange = this.begin(head ?? parser.head, bytes, isBad);
    } else {
      exchange.requestBytes = this.input.bodyBytes;
      exchange.requestBad = isBad;
    }
    exchange.requestRefused = refusal.status !== 408;
    this.reading = null;
    this.body.take();
    this.askedToContinue = false;
    this.lingers = true;
    this.answerLast(exchange, textAnswer(refusal.status));
  }

  /** What was waited for has not come in time: the rest of a head, or of content. */
  timedOut(now: number): void {
    if (this.input.at === Reading.head) {
      const found = this.input.abandonHead();
      this.requestRefused(Refused.headTime, now - this.begunAt, found?.head ?? null, found?.bytes ?? 0);
    } else this.requestRefused(Refused.bodyTime, this.limits.bodyTime, null, 0);
  }

  sayContinue(): void {
    const { trace, log } = this.context;
    const exchange = this.reading!;
    this.askedToContinue = false;
    trace.record(D.http_continue, this.socket.fd);
    this.output.add(null, CONTINUE, NOTHING);
    exchange.interim++;
    log.answeredInterim(100);
    if (trace.events !== null) pushContinue(trace.events, exchange, trace.time, trace.frame);
  }

  /** The time of an answer has come that was there before. */
  delayIsOver(): void {
    const exchange = this.asking!;
    const answer = this.delayed!;
    this.asking = this.delayed = null;
    this.delayedUntil = -1;
    this.respond(exchange, answer);
  }

  /** The client will send no more: what it began is not answered. */
  giveUpReading(): void {
    const { trace } = this.context;
    const found = this.input.abandonHead();
    if (found !== null) {
      trace.record(D.http_request_unfinished, this.socket.fd, found.bytes);
      this.unanswered(this.begin(found.head, found.bytes, true));
    }
    const { reading } = this;
    this.body.take();
    if (reading === null) return;
    this.reading = null;
    reading.requestBytes = this.input.bodyBytes;
    trace.record(D.http_request_body_unfinished, this.socket.fd, reading.requestBytes);
    this.unanswered(reading);
  }

  /** Nobody will take an answer any more. */
  giveUpAsking(): void {
    if (this.asking !== null) this.unanswered(this.asking);
    if (this.pending !== null) this.pending.told = null;
    this.asking = this.pending = this.delayed = null;
    this.delayedUntil = -1;
  }

  begun(exchange: Exchange): void {
    exchange.firstTime = this.context.trace.time;
    exchange.firstFrame = this.context.trace.frame;
  }

  ended(exchange: Exchange): void {
    this.noteLeft();
    this.conclude(exchange);
  }

  cutOff(exchange: Exchange, bytes: number): void {
    if (exchange.firstTime < 0) {
      exchange.status = exchange.responseBytes = 0;
      this.unanswered(exchange);
      return;
    }
    exchange.responseIncomplete = true;
    exchange.responseBytes = bytes;
    this.conclude(exchange);
  }

  /** More of what was written has left the host. */
  noteLeft(): void {
    this.leftTime = this.context.trace.time;
    this.leftFrame = this.context.trace.frame;
  }

  /** No more of the response will leave. */
  private conclude(exchange: Exchange): void {
    const { trace, log } = this.context;
    exchange.lastTime = this.leftTime;
    exchange.lastFrame = this.leftFrame;
    log.answered(exchange);
    if (trace.events !== null) pushResponse(trace.events, exchange, this.record.fd, 'server');
  }

  private begin(head: Head, bytes: number, isBad: boolean): Exchange {
    const { trace, log } = this.context;
    const exchange = new Exchange(this.record);
    this.socket.requests++;
    exchange.method = head.method;
    exchange.target = head.target;
    exchange.version = head.version;
    exchange.host = head.host;
    const { time, frame } = this.arrivals.of(this.input.position);
    exchange.requestTime = time;
    exchange.requestFrame = frame;
    exchange.requestBad = isBad;
    log.began(exchange, bytes);
    if (trace.events !== null) pushRequest(trace.events, exchange, this.socket.fd);
    return exchange;
  }

  private takeBody(): Uint8Array {
    const { length } = this.body;
    return this.body.take()?.subarray(0, length) ?? NOTHING;
  }

  private ask(exchange: Exchange, question: Question): void {
    const answer = this.answerTo(question);
    if (!(answer instanceof Pending)) {
      this.take(exchange, answer);
      return;
    }
    this.asking = exchange;
    this.pending = answer;
    answer.told = (given) => {
      this.pending = this.asking = null;
      this.take(exchange, given);
      this.answered();
    };
  }

  private answerTo(question: Question): Answer | Pending {
    this.why = -1;
    return this.context.responder.respond(question, this.tell);
  }

  /** An answer is there: it is written now, or when its time has come. */
  private take(exchange: Exchange, answer: Answer): void {
    const { delay } = answer;
    if (delay === undefined || delay <= 0) {
      this.respond(exchange, answer);
      return;
    }
    const { trace, clock } = this.context;
    trace.record(D.http_answer_delayed, this.socket.fd, delay);
    this.asking = exchange;
    this.delayed = answer;
    this.delayedUntil = clock.now + delay;
  }

  /** The connection stays open if both sides want it and the response's end is known without its closing (RFC 9112 §9.3). */
  private respond(exchange: Exchange, answer: Answer): void {
    const keeps = this.persists && answer.close !== true && answer.status >= 200 && framingOf(answer, exchange) !== 'close';
    if (keeps) this.write(exchange, answer, exchange.version === '1.0' ? 'keep-alive' : '');
    else this.answerLast(exchange, answer);
  }

  private answerLast(exchange: Exchange, answer: Answer): void {
    this.last = true;
    this.input.stop();
    this.write(exchange, answer, 'close');
  }

  private write(exchange: Exchange, answer: Answer, connection: string): void {
    const { trace, log } = this.context;
    const { fd } = this.socket;
    const framing = framingOf(answer, exchange);
    const hasContent = framing !== 'none' && exchange.method !== 'HEAD';
    exchange.status = answer.status;
    exchange.why = answer.why ?? this.why;
    exchange.error = answer.error ?? '';
    exchange.responseVersion = '1.1';
    exchange.responseBytes = hasContent ? contentLength(answer) : 0;
    trace.record(D.http_response, fd, answer.status, exchange.responseBytes);
    if (framing === 'chunked' && hasContent) trace.record(D.http_response_chunked, fd, answer.pieces!.length);
    if (connection !== 'close') trace.record(D.http_keep_alive, fd);
    if (hasContent && log.watch !== null) {
      for (const piece of answer.pieces ?? [answer.body]) log.watch.content(exchange, true, piece, 0, piece.length);
    }
    const head = encodeHead(answer, framing, connection, exchange.method);
    this.output.add(exchange, head, hasContent ? encodeBody(answer, framing) : NOTHING, hasContent && framing === 'chunked');
  }

  private unanswered(exchange: Exchange): void {
    exchange.noResponse = true;
    this.context.log.unansweredOne(exchange);
  }

  private readonly tell: Tell = (decision, b = 0, c = 0) => {
    this.why = decision;
    this.context.trace.record(decision, this.socket.fd, b, c);
  };
}
