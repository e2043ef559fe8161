import type { Head } from './head.ts';
import type { HeadParser } from './head-parser.ts';
import type { HeadStore } from './head-store.ts';
import { MessageStream } from './message-stream.ts';
import { Problem } from './problems.ts';
import { hasCommonMethod, isCutRequestLine, requestLikeness } from './syntax.ts';

/** Who reads requests: told of each as it comes. */
export interface RequestReader {
  /**
   * A head is there, with `head.problem` when it breaks a rule; `cut`: the rest of it was not captured. Gives whether the stream is to be
   * read on.
   */
  requestHead(head: Head, bytes: number, cut: boolean): boolean;
  requestBody(bytes: Uint8Array, start: number, end: number): void;
  requestComplete(bodyBytes: number): void;
  /** The stream breaks HTTP's rules: a `Problem` number; nothing more is read of this message. */
  requestRefused(problem: number): void;
  /** What there is of a head that will not be completed. */
  requestUnfinished(head: Head, bytes: number): void;
  requestsLost(missing: number): void;
  requestsResynced(skipped: number): void;
  /** The stream does not begin like HTTP. */
  requestsNotHttp(bytes: Uint8Array, start: number, end: number): void;
}

/** The client's direction of a connection as requests (RFC 9112 §3, §6.3). */
export class RequestStream extends MessageStream {
  private readonly reader: RequestReader;

  constructor(reader: RequestReader, parser: HeadParser, store: HeadStore, adopted: boolean) {
    super(parser, store, adopted);
    this.reader = reader;
  }

  protected likeness(bytes: Uint8Array, start: number, end: number): number {
    return requestLikeness(bytes, start, end);
  }

  protected cutLikeness(bytes: Uint8Array, start: number, end: number): boolean {
    return isCutRequestLine(bytes, start, end);
  }

  protected override isLikely(bytes: Uint8Array, start: number, end: number): boolean {
    return hasCommonMethod(bytes, start, end);
  }

  protected onStart(): void {}

  protected onHead(head: Head, bytes: number, cut: boolean): void {
    const connect = head.method === 'CONNECT';
    const { problem, length, chunked, otherCoding } = head;
    if (!this.reader.requestHead(head, bytes, cut)) this.becomeTunnel();
    else if (problem === Problem.length || problem === Problem.fieldLine) this.refuse(problem);
    else if (connect) {
      this.noBody();
      this.becomeTunnel();
    } else if (chunked) this.bodyIsChunked();
    else if (otherCoding) this.refuse(Problem.coding);
    else this.bodyIsCounted(length < 0 ? 0 : length);
  }

  protected override onBody(bytes: Uint8Array, start: number, end: number): void {
    this.reader.requestBody(bytes, start, end);
  }

  protected onUnfinished(bytes: Uint8Array, start: number, end: number): void {
    this.reader.requestUnfinished(this.parser.parse(bytes, start, end), end - start);
  }

  protected onComplete(): void {
    this.reader.requestComplete(this.bodyBytes);
  }

  protected onProblem(problem: number): void {
    this.reader.requestRefused(problem);
  }

  protected onLost(missing: number): void {
    this.reader.requestsLost(missing);
  }

  protected onResync(skipped: number): void {
    this.reader.requestsResynced(skipped);
  }

  protected onOther(bytes: Uint8Array, start: number, end: number): void {
    this.reader.requestsNotHttp(bytes, start, end);
  }
}
