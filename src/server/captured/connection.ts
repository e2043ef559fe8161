import type { Socket } from '../../host/sockets.ts';
import { D } from '../../trace/catalogue.ts';
import { Mode } from '../http/message-stream.ts';
import { type CapturedContext, CapturedExchanges } from './exchanges.ts';
import { CapturedRequests } from './requests.ts';
import { CapturedResponses } from './responses.ts';

/** One followed connection as exchanges: requests as we read them, responses as the captured server wrote them, matched in order (RFC 9112 §9.2). */
export class CapturedConnection {
  readonly exchanges: CapturedExchanges;
  readonly requests: CapturedRequests;
  readonly responses: CapturedResponses;
  private clientClosed = false;
  /** Neighbours among those that are live. */
  before: CapturedConnection | null = null;
  behind: CapturedConnection | null = null;

  constructor(socket: Socket, context: CapturedContext) {
    this.exchanges = new CapturedExchanges(socket, context);
    this.requests = new CapturedRequests(this.exchanges);
    this.responses = new CapturedResponses(this.exchanges, this.requests);
  }

  /** Serves another connection, as a new object would. */
  restart(socket: Socket): void {
    this.exchanges.restart(socket);
    this.requests.restart(socket.adopted);
    this.responses.restart(socket.adopted);
    this.clientClosed = false;
  }

  /** Nothing more comes. */
  get over(): boolean {
    return this.exchanges.over;
  }

  read(bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.requests.feed(bytes, start, end, missing);
  }

  observe(bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.responses.feed(bytes, start, end, missing);
  }

  /** The client has closed its direction. */
  readEnd(): void {
    if (this.clientClosed) return;
    this.clientClosed = true;
    this.exchanges.decide(D.server_end_of_stream);
  }

  /** The captured server has closed its direction. */
  observeEnd(): void {
    this.responses.stream.end();
    this.responses.finishOpen(true);
  }

  /** Both directions are closed. True: nothing is under way, so that `end` would have nothing to say. */
  retire(): boolean {
    const { exchanges, requests, responses } = this;
    if (responses.answering !== null || requests.reading !== null || exchanges.pending.length > 0) return false;
    if (requests.stream.isUnderWay || responses.stream.isUnderWay) return false;
    this.close('closed');
    exchanges.record.fd = exchanges.socket.fd;
    return true;
  }

  /** The connection is no more, or the trace ends. */
  end(how: string): void {
    if (this.over) return;
    const { exchanges, requests, responses } = this;
    this.close(how);
    if (exchanges.socket.fd >= 0) exchanges.record.fd = exchanges.socket.fd;
    if (how === 'closed') responses.stream.end();
    responses.finishOpen(how === 'closed');
    if (requests.stream.mode !== Mode.other) requests.stream.abandonHead(true);
    responses.stream.abandonHead();
    requests.endReading();
    const left = exchanges.pending.length;
    for (let i = 0; i < left; i++) exchanges.giveUp(exchanges.pending.take());
    if (left > 0) exchanges.decide(D.http_no_response, left);
  }

  private close(how: string): void {
    const { exchanges } = this;
    exchanges.over = true;
    exchanges.record.closedBy = exchanges.socket.closedBy;
    exchanges.record.ending = how;
  }
}
