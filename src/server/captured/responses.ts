import { D } from '../../trace/catalogue.ts';
import { pushInterim, pushResponse } from '../events.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Head } from '../http/head.ts';
import { Mode } from '../http/message-stream.ts';
import { Problem, recordProblem } from '../http/problems.ts';
import { After, type ResponseReader, ResponseStream } from '../http/response.ts';
import type { CapturedExchanges } from './exchanges.ts';
import type { CapturedRequests } from './requests.ts';

/** The captured server's direction of a followed connection: responses as it wrote them, each to the oldest request that waits. */
export class CapturedResponses implements ResponseReader {
  readonly stream: ResponseStream;
  /** What the response under way answers. */
  answering: Exchange | null = null;
  private readonly exchanges: CapturedExchanges;
  private readonly requests: CapturedRequests;
  /** When the response under way began, and the last piece was seen. */
  private startTime = -1;
  private startFrame = 0;
  private writeTime = -1;
  private writeFrame = 0;
  /** As `writeTime` and `writeFrame`, of the piece before. */
  private beforeTime = -1;
  private beforeFrame = 0;
  /** Content-Length of a response whose head was cut: where its body ends cannot be counted. */
  private declared = -1;
  private isCut = false;

  constructor(exchanges: CapturedExchanges, requests: CapturedRequests) {
    const { context, socket } = exchanges;
    this.exchanges = exchanges;
    this.requests = requests;
    requests.responses = this;
    this.stream = new ResponseStream(this, context.responses, context.store, socket.adopted);
  }

  restart(adopted: boolean): void {
    this.stream.restart(adopted);
    this.answering = null;
    this.startTime = this.writeTime = this.beforeTime = -1;
    this.startFrame = this.writeFrame = this.beforeFrame = 0;
    this.declared = -1;
    this.isCut = false;
  }

  feed(bytes: Uint8Array, start: number, end: number, missing: number): void {
    const { trace } = this.exchanges.context;
    this.beforeTime = this.writeTime;
    this.beforeFrame = this.writeFrame;
    this.writeTime = trace.time;
    this.writeFrame = trace.frame;
    this.stream.feed(bytes, start, end, missing);
  }

  /** The client goes on asking: whatever of the response under way was lost is not waited for. */
  endLost(): void {
    if (this.stream.mode === Mode.lost) this.finishOpen(true);
  }

  /** Ends the response that does not come to its own end; `inOrder`: nothing else was cut off. */
  finishOpen(inOrder: boolean): void {
    if (this.answering === null) return;
    if (!this.isCut) this.finish(this.stream.bodyBytes, true);
    else if (inOrder && this.declared >= 0) this.finish(this.declared, false);
    else this.finish(this.stream.skipped, true);
  }

  responseStarts(): void {
    const { trace } = this.exchanges.context;
    this.startTime = trace.time;
    this.startFrame = trace.frame;
  }

  responseHead(head: Head, bytes: number, cut: boolean): number {
    const { status, version, reason, contentType, problem, length } = head;
    if (status >= 100 && status < 200 && status !== 101) {
      this.answerInterim(status, reason, version);
      return After.noBody;
    }
    const { exchanges } = this;
    const exchange = this.answered(bytes);
    exchange.status = status;
    exchange.responseVersion = version;
    exchange.reason = reason;
    exchange.contentType = contentType;
    exchange.firstTime = this.startTime;
    exchange.firstFrame = this.startFrame;
    this.answering = exchange;
    exchanges.decide(exchange.unsolicited ? D.http_response_unsolicited : D.http_response_head, status);
    if (problem !== Problem.none) this.recordBad(problem);
    this.isCut = cut;
    this.declared = length;
    return this.afterHead(exchange);
  }

  responseBody(bytes: Uint8Array, start: number, end: number): void {
    const { watch } = this.exchanges.context.log;
    if (watch !== null && this.answering !== null) watch.content(this.answering, true, bytes, start, end);
  }

  responseComplete(bodyBytes: number): void {
    if (this.answering !== null) this.finish(bodyBytes, false);
  }

  responseRefused(problem: number): void {
    this.recordBad(problem);
    this.finishOpen(false);
    this.exchanges.pending.hole();
  }

  responseUnfinished(_head: Head, _bytes: number): void {
    this.exchanges.decide(D.http_bad_response);
  }

  responsesLost(missing: number): void {
    this.exchanges.decide(D.http_hole, missing);
    this.finishOpen(false);
    this.exchanges.pending.hole();
  }

  responsesResynced(skipped: number): void {
    const { writeTime, writeFrame } = this;
    this.writeTime = this.beforeTime;
    this.writeFrame = this.beforeFrame;
    this.finishOpen(true);
    this.writeTime = writeTime;
    this.writeFrame = writeFrame;
    this.exchanges.decide(D.http_resync, skipped);
  }

  responsesNotHttp(_bytes: Uint8Array, _start: number, _end: number): void {
    if (this.exchanges.pending.first !== null) this.exchanges.decide(D.http_bad_response);
  }

  /** A response before the final one (RFC 9110 §15.2): told, but its request still waits. */
  private answerInterim(status: number, reason: string, version: string): void {
    const { context, pending, socket } = this.exchanges;
    const asked = pending.first;
    this.exchanges.decide(D.http_response_interim, status);
    context.log.answeredInterim(status);
    if (asked !== null) asked.interim++;
    const { events } = context.trace;
    if (events === null) return;
    const { startTime: time, startFrame: n, writeTime: endTime, writeFrame: endN } = this;
    pushInterim(events, {
      time,
      n,
      endTime,
      endN,
      requestN: asked?.requestFrame ?? 0,
      fd: socket.fd,
      status,
      reason,
      version,
      source: 'captured',
    });
  }

  /** The exchange that a response belongs to. */
  private answered(bytes: number): Exchange {
    const { exchanges } = this;
    const { pending } = exchanges;
    for (let outdated = pending.outdated(); outdated !== null; outdated = pending.outdated()) exchanges.giveUp(outdated);
    if (pending.length === 0) this.requests.answerEarly();
    const waiting = pending.take();
    if (waiting !== null) return waiting;
    const exchange = exchanges.newExchange();
    exchange.unsolicited = true;
    exchanges.context.log.began(exchange, bytes);
    return exchange;
  }

  private afterHead(exchange: Exchange): number {
    const { status, method } = exchange;
    const { stream } = this.requests;
    const connected = method === 'CONNECT' && status >= 200 && status < 300;
    if (status === 101 || connected) {
      exchange.tunnel = true;
      stream.becomeTunnel();
      this.exchanges.decide(D.http_tunnel, status);
      return After.tunnel;
    }
    if (method === 'CONNECT') stream.leaveTunnel();
    return method === 'HEAD' || status === 204 || status === 304 ? After.noBody : After.body;
  }

  private finish(bodyBytes: number, early: boolean): void {
    const { context, record } = this.exchanges;
    const exchange = this.answering!;
    this.answering = null;
    exchange.responseBytes = bodyBytes;
    if (early) exchange.responseIncomplete = true;
    exchange.lastTime = this.writeTime;
    exchange.lastFrame = this.writeFrame;
    const decision = exchange.responseIncomplete ? D.http_response_incomplete : D.http_response_complete;
    this.exchanges.decide(decision, exchange.status, bodyBytes);
    context.log.answered(exchange);
    const events = context.trace.told;
    if (events !== null) pushResponse(events, exchange, record.fd, 'captured');
  }

  private recordBad(problem: number): void {
    const { context, socket } = this.exchanges;
    recordProblem(context.trace, problem, socket.fd);
    this.exchanges.decide(D.http_bad_response);
  }
}
