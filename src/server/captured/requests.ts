import { D } from '../../trace/catalogue.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Head } from '../http/head.ts';
import { Mode } from '../http/message-stream.ts';
import { Problem, recordProblem } from '../http/problems.ts';
import { type RequestReader, RequestStream } from '../http/request.ts';
import type { CapturedExchanges } from './exchanges.ts';
import type { CapturedResponses } from './responses.ts';

/** The client's direction of a followed connection: requests as we read them. */
export class CapturedRequests implements RequestReader {
  readonly stream: RequestStream;
  /** The other direction, which is made after this one. */
  responses: CapturedResponses | null = null;
  /** Bytes, also of a stream that is not HTTP; missing ones included. */
  bytes = 0;
  /** The request whose body is being read. */
  reading: Exchange | null = null;
  private readonly exchanges: CapturedExchanges;
  /** When the last piece was read. */
  private readTime = -1;
  private readFrame = 0;
  /** Beginning of a stream that is not HTTP, should the server answer it with HTTP. */
  private opening: string | null = null;

  constructor(exchanges: CapturedExchanges) {
    const { context, socket } = exchanges;
    this.exchanges = exchanges;
    this.stream = new RequestStream(this, context.requests, context.store, socket.adopted);
  }

  restart(adopted: boolean): void {
    this.stream.restart(adopted);
    this.bytes = 0;
    this.reading = null;
    this.readTime = -1;
    this.readFrame = 0;
    this.opening = null;
  }

  feed(bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.bytes += end - start + missing;
    const { socket, context } = this.exchanges;
    const { time, frame } = socket.came ?? context.trace;
    this.readTime = time;
    this.readFrame = frame;
    this.stream.feed(bytes, start, end, missing);
  }

  /** The server answers though no request was complete: what there is of one is the request. */
  answerEarly(): void {
    if (this.stream.abandonHead() || this.stream.mode !== Mode.other || this.opening === null) return;
    const head = this.exchanges.context.requests.parse(Buffer.from(this.opening, 'latin1'), 0, this.opening.length);
    this.requestUnfinished(head, this.bytes);
    this.opening = null;
  }

  /** The request whose body is read will not be completed. */
  endReading(): void {
    const exchange = this.reading;
    if (exchange === null) return;
    this.reading = null;
    exchange.requestBytes = this.stream.bodyBytes;
    if (exchange.lastTime >= 0) this.exchanges.context.log.watch?.ended(exchange);
    this.exchanges.decide(D.http_request_body_unfinished, exchange.requestBytes);
  }

  requestHead(head: Head, bytes: number, cut: boolean): boolean {
    const { exchanges } = this;
    this.responses!.endLost();
    this.endReading();
    const exchange = this.newExchange(head);
    exchange.requestCut = cut;
    exchange.requestBad = head.problem !== Problem.none && !cut;
    exchanges.decide(D.http_request_head, bytes);
    if (cut) exchanges.decide(D.http_request_cut, bytes);
    if (exchange.requestBad) this.recordBad(head.problem, 0);
    if (head.bothLengths) exchanges.decide(D.http_two_lengths);
    exchanges.ask(exchange, bytes);
    this.reading = cut ? null : exchange;
    return true;
  }

  requestBody(bytes: Uint8Array, start: number, end: number): void {
    const { watch } = this.exchanges.context.log;
    if (watch !== null && this.reading !== null) watch.content(this.reading, false, bytes, start, end);
  }

  requestComplete(bodyBytes: number): void {
    const exchange = this.reading;
    if (exchange === null) return;
    exchange.requestBytes = bodyBytes;
    exchange.requestWhole = true;
    this.reading = null;
    if (exchange.lastTime >= 0) this.exchanges.context.log.watch?.ended(exchange);
    this.exchanges.decide(D.http_request_complete, bodyBytes);
  }

  requestRefused(problem: number): void {
    const exchange = this.reading;
    if (exchange?.requestBad === true) return;
    this.recordBad(problem, 0);
    if (exchange !== null) {
      exchange.requestBad = true;
      return;
    }
    const { head } = this.exchanges.context.requests;
    head.clear();
    this.beginBad(head, 0);
  }

  requestUnfinished(head: Head, bytes: number): void {
    if (this.exchanges.over) this.exchanges.decide(D.http_request_unfinished, bytes);
    else this.recordBad(Problem.unfinished, bytes);
    this.beginBad(head, bytes);
  }

  requestsLost(missing: number): void {
    this.exchanges.decide(D.http_hole, missing);
    this.endReading();
  }

  requestsResynced(skipped: number): void {
    this.exchanges.decide(D.http_resync, skipped);
  }

  requestsNotHttp(bytes: Uint8Array, start: number, end: number): void {
    this.exchanges.decide(D.server_stream_not_http, this.bytes);
    this.opening = printable(bytes, start, end);
  }

  private newExchange(head: Head): Exchange {
    const exchange = this.exchanges.newExchange();
    this.exchanges.socket.requests++;
    exchange.method = head.method;
    exchange.target = head.target;
    exchange.version = head.version;
    exchange.host = head.host;
    exchange.requestTime = this.readTime;
    exchange.requestFrame = this.readFrame;
    return exchange;
  }

  private beginBad(head: Head, bytes: number): void {
    const { over } = this.exchanges;
    const exchange = this.newExchange(head);
    exchange.requestBad = !over;
    exchange.requestCut = over;
    this.exchanges.ask(exchange, bytes);
  }

  private recordBad(problem: number, detail: number): void {
    const { context, socket } = this.exchanges;
    recordProblem(context.trace, problem, socket.fd, detail);
    this.exchanges.decide(D.http_bad_request);
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
