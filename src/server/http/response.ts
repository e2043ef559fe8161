import type { Head } from './head.ts';
import type { HeadParser } from './head-parser.ts';
import type { HeadStore } from './head-store.ts';
import { MessageStream, Mode } from './message-stream.ts';
import { Problem } from './problems.ts';
import { Likeness, responseLikeness } from './syntax.ts';

/** What follows a response's head, as the request decides together with it. */
export const After = { body: 0, noBody: 1, tunnel: 2 } as const;

/** Who follows responses: told of each as it comes. */
export interface ResponseReader {
  responseStarts(): void;
  /** A head is there; gives an `After` number. */
  responseHead(head: Head, bytes: number, cut: boolean): number;
  /** Content, for whoever wants it. */
  responseBody?(bytes: Uint8Array, start: number, end: number): void;
  responseComplete(bodyBytes: number): void;
  responseRefused(problem: number): void;
  responseUnfinished(head: Head, bytes: number): void;
  responsesLost(missing: number): void;
  responsesResynced(skipped: number): void;
  responsesNotHttp(bytes: Uint8Array, start: number, end: number): void;
}

/** The server's direction of a connection as responses (RFC 9112 §4, §6.3). */
export class ResponseStream extends MessageStream {
  private readonly reader: ResponseReader;

  constructor(reader: ResponseReader, parser: HeadParser, store: HeadStore, adopted: boolean) {
    super(parser, store, adopted);
    this.reader = reader;
  }

  protected likeness(bytes: Uint8Array, start: number, end: number): number {
    return responseLikeness(bytes, start, end);
  }

  protected cutLikeness(bytes: Uint8Array, start: number, end: number): boolean {
    return responseLikeness(bytes, start, end) === Likeness.yes;
  }

  protected onStart(): void {
    this.reader.responseStarts();
  }

  protected onHead(head: Head, bytes: number, cut: boolean): void {
    const { problem, length, chunked } = head;
    const after = this.reader.responseHead(head, bytes, cut);
    if (after === After.noBody) this.noBody();
    else if (after === After.tunnel) {
      this.noBody();
      this.becomeTunnel();
    } else if (problem === Problem.length || problem === Problem.fieldLine) this.refuse(problem);
    else if (chunked) this.bodyIsChunked();
    else if (length >= 0) this.bodyIsCounted(length);
    else this.mode = Mode.untilClose;
  }

  protected onUnfinished(bytes: Uint8Array, start: number, end: number): void {
    this.reader.responseUnfinished(this.parser.parse(bytes, start, end), end - start);
  }

  protected override onBody(bytes: Uint8Array, start: number, end: number): void {
    this.reader.responseBody?.(bytes, start, end);
  }

  protected onComplete(): void {
    this.reader.responseComplete(this.bodyBytes);
  }

  protected onProblem(problem: number): void {
    this.reader.responseRefused(problem);
  }

  protected onLost(missing: number): void {
    this.reader.responsesLost(missing);
  }

  protected onResync(skipped: number): void {
    this.reader.responsesResynced(skipped);
  }

  protected onOther(bytes: Uint8Array, start: number, end: number): void {
    this.reader.responsesNotHttp(bytes, start, end);
  }
}
