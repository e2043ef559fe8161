import type { Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { pushInterim, pushRequest, pushResponse } from './events.ts';
import { type ConnectionRecord, Exchange } from './http/exchange.ts';
import type { ExchangeLog } from './http/exchange-log.ts';
import { type Head, Problem } from './http/head.ts';
import type { HeadParser } from './http/head-parser.ts';
import type { HeadStore } from './http/head-store.ts';
import { Mode } from './http/message-stream.ts';
import { PendingExchanges } from './http/pending.ts';
import { recordProblem } from './http/problems.ts';
import { type RequestReader, RequestStream } from './http/request.ts';
import { After, type ResponseReader, ResponseStream } from './http/response.ts';
import { recordOf } from './record.ts';

/** What the connections of one captured server share. */
export interface CapturedContext {
  readonly trace: Trace;
  readonly log: ExchangeLog;
  readonly store: HeadStore;
  readonly requests: HeadParser;
  readonly responses: HeadParser;
}

/** One followed connection as exchanges: requests as we read them, responses as the captured server wrote them, matched in order (RFC 9112 §9.2). */
export class CapturedConnection implements RequestReader, ResponseReader {
  /** Nothing more comes. */
  over = false;
  /** Bytes of each direction, also of a stream that is not HTTP; `missing` ones included. */
  received = 0;
  written = 0;
  record: ConnectionRecord;
  private socket: Socket;
  private readonly context: CapturedContext;
  private readonly requests: RequestStream;
  private readonly responses: ResponseStream;
  private readonly pending = new PendingExchanges();
  /** The request whose body is being read, the response under way. */
  private reading: Exchange | null = null;
  private answering: Exchange | null = null;
  /** When the response under way, and the last piece of either direction, was seen. */
  private startTime = -1;
  private startFrame = 0;
  private readTime = -1;
  private readFrame = 0;
  private writeTime = -1;
  private writeFrame = 0;
  /** As `writeTime` and `writeFrame`, of the piece before. */
  private beforeTime = -1;
  private beforeFrame = 0;
  /** Beginning of a client's stream that is not HTTP, should the server answer it with HTTP. */
  private opening: string | null = null;
  private clientClosed = false;
  /** Content-Length of a response whose head was cut: where its body ends cannot be counted. */
  private declared = -1;
  private cutResponse = false;

  constructor(socket: Socket, context: CapturedContext) {
    this.socket = socket;
    this.context = context;
    this.record = recordOf(socket);
    this.requests = new RequestStream(this, context.requests, context.store, socket.adopted);
    this.responses = new ResponseStream(this, context.responses, context.store, socket.adopted);
  }

  /** Serves another connection, as a new object would. */
  restart(socket: Socket): void {
    this.over = this.clientClosed = this.cutResponse = false;
    this.received = this.written = 0;
    this.socket = socket;
    this.record = recordOf(socket);
    this.requests.restart(socket.adopted);
    this.responses.restart(socket.adopted);
    this.pending.clear();
    this.reading = this.answering = null;
    this.startTime = this.readTime = this.writeTime = this.beforeTime = -1;
    this.startFrame = this.readFrame = this.writeFrame = this.beforeFrame = 0;
    this.opening = null;
    this.declared = -1;
  }

  read(bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.received += end - start + missing;
    const trace = this.context.trace;
    this.readTime = trace.time;
    this.readFrame = trace.frame;
    this.requests.feed(bytes, start, end, missing);
  }

  observe(bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.written += end - start + missing;
    const trace = this.context.trace;
    this.beforeTime = this.writeTime;
    this.beforeFrame = this.writeFrame;
    this.writeTime = trace.time;
    this.writeFrame = trace.frame;
    this.responses.feed(bytes, start, end, missing);
  }

  /** The client has closed its direction. */
  readEnd(): void {
    if (this.clientClosed) return;
    this.clientClosed = true;
    this.context.trace.record(D.server_end_of_stream, this.socket.fd);
  }

  /** The captured server has closed its direction. */
  observeEnd(): void {
    this.responses.end();
    this.finishOpen(true);
  }

  /** Both directions are closed. True: nothing is under way, so that `end` would have nothing to say. */
  retire(): boolean {
    if (this.answering !== null || this.reading !== null || this.pending.length > 0) return false;
    if (this.requests.isUnderWay || this.responses.isUnderWay) return false;
    this.over = true;
    this.record.fd = this.socket.fd;
    this.record.closedBy = this.socket.closedBy;
    this.record.ending = 'closed';
    return true;
  }

  /** The connection is no more, or the trace ends. */
  end(how: string): void {
    if (this.over) return;
    this.over = true;
    this.record.fd = this.socket.fd >= 0 ? this.socket.fd : this.record.fd;
    this.record.closedBy = this.socket.closedBy;
    this.record.ending = how;
    if (how === 'closed') this.responses.end();
    this.finishOpen(how === 'closed');
    if (this.requests.mode !== Mode.other) this.requests.abandonHead(true);
    this.responses.abandonHead();
    this.endReading();
    const left = this.pending.length;
    for (let i = 0; i < left; i++) this.giveUp(this.pending.take());
    if (left > 0) this.context.trace.record(D.http_no_response, this.socket.fd, left);
  }

  requestHead(head: Head, bytes: number, cut: boolean): boolean {
    const { trace, log } = this.context;
    const fd = this.socket.fd;
    if (this.responses.mode === Mode.lost) this.finishOpen(true);
    this.endReading();
    const exchange = this.newExchange(head);
    exchange.requestCut = cut;
    exchange.requestBad = head.problem !== Problem.none && !cut;
    trace.record(D.http_request_head, fd, bytes);
    if (cut) trace.record(D.http_request_cut, fd, bytes);
    if (exchange.requestBad) this.recordBadRequest(head.problem, 0);
    if (head.bothLengths) trace.record(D.http_two_lengths, fd);
    log.began(exchange, bytes);
    this.giveUp(this.pending.add(exchange));
    this.reading = cut ? null : exchange;
    const events = trace.told;
    if (events !== null) pushRequest(events, exchange, fd);
    return true;
  }

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    const { watch } = this.context.log;
    if (watch !== null && this.reading !== null) watch.content(this.reading, false, bytes, start, end);
  }

  requestComplete(bodyBytes: number): void {
    const exchange = this.reading;
    if (exchange === null) return;
    exchange.requestBytes = bodyBytes;
    exchange.requestWhole = true;
    this.reading = null;
    if (exchange.lastTime >= 0) this.context.log.watch?.ended(exchange);
    this.context.trace.record(D.http_request_complete, this.socket.fd, bodyBytes);
  }

  requestRefused(problem: number): void {
    if (this.reading?.requestBad === true) return;
    this.recordBadRequest(problem, 0);
    const exchange = this.reading;
    if (exchange !== null) {
      exchange.requestBad = true;
      return;
    }
    this.context.requests.head.clear();
    this.beginBad(this.context.requests.head, 0);
  }

  requestUnfinished(head: Head, bytes: number): void {
    if (this.over) this.context.trace.record(D.http_request_unfinished, this.socket.fd, bytes);
    else this.recordBadRequest(Problem.unfinished, bytes);
    this.beginBad(head, bytes);
  }

  requestsLost(missing: number): void {
    this.context.trace.record(D.http_hole, this.socket.fd, missing);
    this.endReading();
  }

  requestsResynced(skipped: number): void {
    this.context.trace.record(D.http_resync, this.socket.fd, skipped);
  }

  requestsNotHttp(bytes: Uint8Array, start: number, end: number): void {
    this.context.trace.record(D.server_stream_not_http, this.socket.fd, this.received);
    this.opening = printable(bytes, start, end);
  }

  responseStarts(): void {
    this.startTime = this.context.trace.time;
    this.startFrame = this.context.trace.frame;
  }

  responseHead(head: Head, bytes: number, cut: boolean): number {
    const { trace } = this.context;
    const fd = this.socket.fd;
    const status = head.status;
    const { version, reason, contentType, problem, length } = head;
    if (status >= 100 && status < 200 && status !== 101) {
      this.answerInterim(status, reason, version);
      return After.noBody;
    }
    const exchange = this.answered(bytes);
    exchange.status = status;
    exchange.responseVersion = version;
    exchange.reason = reason;
    exchange.contentType = contentType;
    exchange.firstTime = this.startTime;
    exchange.firstFrame = this.startFrame;
    this.answering = exchange;
    trace.record(exchange.unsolicited ? D.http_response_unsolicited : D.http_response_head, fd, status);
    if (problem !== Problem.none) {
      recordProblem(trace, problem, fd);
      trace.record(D.http_bad_response, fd);
    }
    this.cutResponse = cut;
    this.declared = length;
    return this.afterHead(exchange);
  }

  responseBody(bytes: Uint8Array, start: number, end: number): void {
    const { watch } = this.context.log;
    if (watch !== null && this.answering !== null) watch.content(this.answering, true, bytes, start, end);
  }

  responseComplete(bodyBytes: number): void {
    if (this.answering !== null) this.finishResponse(bodyBytes, false);
  }

  responseRefused(problem: number): void {
    recordProblem(this.context.trace, problem, this.socket.fd);
    this.context.trace.record(D.http_bad_response, this.socket.fd);
    this.finishOpen(false);
    this.pending.hole();
  }

  responseUnfinished(_head: Head, _bytes: number): void {
    this.context.trace.record(D.http_bad_response, this.socket.fd);
  }

  responsesLost(missing: number): void {
    this.context.trace.record(D.http_hole, this.socket.fd, missing);
    this.finishOpen(false);
    this.pending.hole();
  }

  responsesResynced(skipped: number): void {
    const { writeTime, writeFrame } = this;
    this.writeTime = this.beforeTime;
    this.writeFrame = this.beforeFrame;
    this.finishOpen(true);
    this.writeTime = writeTime;
    this.writeFrame = writeFrame;
    this.context.trace.record(D.http_resync, this.socket.fd, skipped);
  }

  responsesNotHttp(_bytes: Uint8Array, _start: number, _end: number): void {
    if (this.pending.first !== null) this.context.trace.record(D.http_bad_response, this.socket.fd);
  }

  /** A response before the final one (RFC 9110 §15.2): told, but its request still waits. */
  private answerInterim(status: number, reason: string, version: string): void {
    const { trace, log } = this.context;
    const asked = this.pending.first;
    trace.record(D.http_response_interim, this.socket.fd, status);
    log.answeredInterim(status);
    if (asked !== null) asked.interim++;
    if (trace.events === null) return;
    const { startTime: time, startFrame: n, writeTime: endTime, writeFrame: endN } = this;
    pushInterim(trace.events, {
      time,
      n,
      endTime,
      endN,
      requestN: asked?.requestFrame ?? 0,
      fd: this.socket.fd,
      status,
      reason,
      version,
      source: 'captured',
    });
  }

  private newExchange(head: Head): Exchange {
    const exchange = new Exchange(this.record);
    this.record.fd = this.socket.fd;
    this.socket.requests++;
    exchange.method = head.method;
    exchange.target = head.target;
    exchange.version = head.version;
    exchange.host = head.host;
    exchange.requestTime = this.readTime;
    exchange.requestFrame = this.readFrame;
    return exchange;
  }

  private beginBad(head: Head, bytes: number): void {
    const exchange = this.newExchange(head);
    exchange.requestBad = !this.over;
    exchange.requestCut = this.over;
    this.context.log.began(exchange, bytes);
    this.giveUp(this.pending.add(exchange));
    const events = this.context.trace.told;
    if (events !== null) pushRequest(events, exchange, this.socket.fd);
  }

  private recordBadRequest(problem: number, detail: number): void {
    recordProblem(this.context.trace, problem, this.socket.fd, detail);
    this.context.trace.record(D.http_bad_request, this.socket.fd);
  }

  /** The request whose body is read will not be completed. */
  private endReading(): void {
    const exchange = this.reading;
    if (exchange === null) return;
    this.reading = null;
    exchange.requestBytes = this.requests.bodyBytes;
    if (exchange.lastTime >= 0) this.context.log.watch?.ended(exchange);
    this.context.trace.record(D.http_request_body_unfinished, this.socket.fd, exchange.requestBytes);
  }

  /** The exchange that a response belongs to. */
  private answered(bytes: number): Exchange {
    for (let outdated = this.pending.outdated(); outdated !== null; outdated = this.pending.outdated()) this.giveUp(outdated);
    if (this.pending.length === 0) this.answerEarly();
    const waiting = this.pending.take();
    if (waiting !== null) return waiting;
    const exchange = new Exchange(this.record);
    exchange.unsolicited = true;
    this.record.fd = this.socket.fd;
    this.context.log.began(exchange, bytes);
    return exchange;
  }

  /** The server answers though no request was complete: what there is of one is the request. */
  private answerEarly(): void {
    if (this.requests.abandonHead() || this.requests.mode !== Mode.other || this.opening === null) return;
    const head = this.context.requests.parse(Buffer.from(this.opening, 'latin1'), 0, this.opening.length);
    this.requestUnfinished(head, this.received);
    this.opening = null;
  }

  private afterHead(exchange: Exchange): number {
    const { status, method } = exchange;
    const connected = method === 'CONNECT' && status >= 200 && status < 300;
    if (status === 101 || connected) {
      exchange.tunnel = true;
      this.requests.becomeTunnel();
      this.context.trace.record(D.http_tunnel, this.socket.fd, status);
      return After.tunnel;
    }
    if (method === 'CONNECT') this.requests.leaveTunnel();
    return method === 'HEAD' || status === 204 || status === 304 ? After.noBody : After.body;
  }

  /** Ends the response that does not come to its own end; `inOrder`: nothing else was cut off. */
  private finishOpen(inOrder: boolean): void {
    if (this.answering === null) return;
    if (!this.cutResponse) this.finishResponse(this.responses.bodyBytes, true);
    else if (inOrder && this.declared >= 0) this.finishResponse(this.declared, false);
    else this.finishResponse(this.responses.skipped, true);
  }

  private finishResponse(bodyBytes: number, early: boolean): void {
    const { trace, log } = this.context;
    const exchange = this.answering!;
    this.answering = null;
    exchange.responseBytes = bodyBytes;
    if (early) exchange.responseIncomplete = true;
    exchange.lastTime = this.writeTime;
    exchange.lastFrame = this.writeFrame;
    trace.record(
      exchange.responseIncomplete ? D.http_response_incomplete : D.http_response_complete,
      this.socket.fd,
      exchange.status,
      bodyBytes,
    );
    log.answered(exchange);
    const events = trace.told;
    if (events !== null) pushResponse(events, exchange, this.record.fd, 'captured');
  }

  private giveUp(exchange: Exchange | null): void {
    if (exchange === null) return;
    exchange.noResponse = true;
    this.context.log.unansweredOne(exchange);
  }
}

/** The first line's beginning, in printable characters; empty for a stream that holds others. */
function printable(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end && i < start + 64; i++) {
    const c = bytes[i]!;
    if (c === 10 || c === 13) break;
    if (c < 32 || c > 126) return '';
    text += String.fromCharCode(c);
  }
  return text;
}
