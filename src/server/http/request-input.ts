import type { Limits } from '../limits.ts';
import { ChunkScanner } from './chunk-scanner.ts';
import { refusalOf } from './framing.ts';
import type { Head } from './head.ts';
import type { HeadParser } from './head-parser.ts';
import { HeadScanner } from './head-scanner.ts';
import type { HeadStore } from './head-store.ts';
import { HeldHead } from './held-head.ts';
import { type Refusal, Refused } from './refusal.ts';
import { CR, LF, nextLineFeed } from './syntax.ts';

/** Who serves requests: told of each as it comes. */
export interface RequestServer {
  /** The first byte of a request is there. */
  requestBegins(): void;
  requestHead(head: Head, bytes: number): void;
  requestBody(bytes: Uint8Array, start: number, end: number): void;
  requestComplete(bodyBytes: number): void;
  /** The request breaks a rule, or a limit: nothing more is read. `head`: what there is of it where it was not whole, else null. */
  requestRefused(refusal: Refusal, detail: number, head: Head | null, bytes: number): void;
}

/** What the next byte belongs to. */
export const Reading = { nothing: 0, head: 1, counted: 2, chunked: 3, no: 4 } as const;

/** The client's bytes as requests, to the letter of RFC 9112. Between two requests it can be told to wait: what comes then is kept. */
export class RequestInput {
  at: number = Reading.nothing;
  /** Bytes of the stream up to the end of what is being dealt with. */
  position = 0;
  /** Content bytes of the request under way. */
  bodyBytes = 0;
  /** The next request waits until `resume`. */
  paused = false;
  private readonly server: RequestServer;
  private readonly parser: HeadParser;
  private readonly limits: Limits;
  private readonly scanner: HeadScanner;
  private readonly held: HeldHead;
  private chunks: ChunkScanner | null = null;
  private remaining = 0;
  /** Where in the stream the array begins that is being read. */
  private origin = 0;
  /** What came while it waited, and how many bytes behind that were not captured. */
  private kept: Uint8Array | null = null;
  private keptMissing = 0;

  constructor(server: RequestServer, parser: HeadParser, store: HeadStore, limits: Limits) {
    this.server = server;
    this.parser = parser;
    this.limits = limits;
    this.scanner = new HeadScanner(limits);
    this.held = new HeldHead(store);
  }

  /** Takes the next piece of the stream, then `missing` bytes that were not captured. */
  feed(bytes: Uint8Array, start: number, end: number, missing: number): void {
    let at = start;
    this.origin = this.position - start;
    while (at < end && this.at !== Reading.no && !this.paused) {
      at = this.step(bytes, at, end);
      this.position = this.origin + at;
    }
    if (this.paused && this.at !== Reading.no) {
      this.keep(bytes, at, end, missing);
      return;
    }
    if (missing > 0 && this.at !== Reading.no) this.skip(missing);
  }

  /** Goes on with what was kept. */
  resume(): void {
    this.paused = false;
    const { kept, keptMissing } = this;
    this.kept = null;
    this.keptMissing = 0;
    if (kept !== null) this.feed(kept, 0, kept.length, keptMissing);
  }

  /** Nothing more is read. */
  stop(): void {
    this.at = Reading.no;
    this.kept = null;
    this.held.take();
  }

  /** The head under way will not be whole: gives what there is of it. Null: none has begun. */
  abandonHead(): { head: Head; bytes: number } | null {
    if (this.at !== Reading.head) return null;
    const { length } = this.held;
    const bytes = this.held.take();
    this.at = Reading.no;
    return bytes === null ? null : { head: this.parser.parse(bytes, 0, length), bytes: length };
  }

  /** Behind a gap nothing is known any more. */
  private keep(bytes: Uint8Array, start: number, end: number, missing: number): void {
    const { kept } = this;
    if (this.keptMissing > 0) return;
    this.keptMissing = missing;
    if (start === end && missing === 0) return;
    const before = kept === null ? 0 : kept.length;
    const joined = new Uint8Array(before + end - start);
    if (kept !== null) joined.set(kept);
    joined.set(bytes.subarray(start, end), before);
    this.kept = joined;
  }

  private step(bytes: Uint8Array, at: number, end: number): number {
    switch (this.at) {
      case Reading.nothing:
        return this.begin(bytes, at, end);
      case Reading.head:
        return this.readHead(bytes, at, end);
      case Reading.counted: {
        const to = end - at < this.remaining ? end : at + this.remaining;
        this.takeBody(bytes, at, to);
        this.remaining -= to - at;
        if (this.remaining === 0 && this.isReading) this.complete();
        return to;
      }
      default:
        return this.readChunks(bytes, at, end);
    }
  }

  /** Empty lines before a request are passed over (RFC 9112 §2.2). */
  private begin(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
    if (at === end) return end;
    this.at = Reading.head;
    this.bodyBytes = 0;
    this.scanner.begin();
    this.server.requestBegins();
    return this.readHead(bytes, at, end);
  }

  private readHead(bytes: Uint8Array, start: number, end: number): number {
    const { scanner, held } = this;
    const at = scanner.read(bytes, start, end);
    this.position = this.origin + at;
    if (scanner.refusal !== null) {
      this.refuseHead(bytes, start, end, at);
      return end;
    }
    if (scanner.done && held.length === 0) {
      this.headIsThere(bytes, start, at);
      return at;
    }
    if (!held.add(bytes, start, at)) {
      this.refuse(Refused.fieldsTooLarge, held.length, this.parser.parse(held.bytes ?? bytes, 0, held.length), held.length);
      return end;
    }
    if (scanner.done) {
      const { length } = held;
      this.headIsThere(held.take()!, 0, length);
    }
    return at;
  }

  /** What there is of the head, up to the end of the line that is refused, tells who asked for what. */
  private refuseHead(bytes: Uint8Array, start: number, end: number, at: number): void {
    const { scanner, held } = this;
    const lineEnd = bytes[at - 1] === LF ? at : Math.min(end, nextLineFeed(bytes, at, end) + 1);
    const inPieces = held.length > 0 && held.add(bytes, start, lineEnd);
    const from = inPieces ? 0 : start;
    const to = inPieces ? held.length : lineEnd;
    const head = this.parser.parse(inPieces ? held.bytes! : bytes, from, to);
    this.refuse(scanner.refusal!, scanner.detail, head, to - from);
  }

  private headIsThere(bytes: Uint8Array, start: number, end: number): void {
    const head = this.parser.parse(bytes, start, end);
    const refusal = refusalOf(head, this.limits);
    if (refusal !== null) {
      const detail = refusal === Refused.host ? head.hosts : refusal === Refused.bodyTooLarge ? this.limits.body : 0;
      this.refuse(refusal, detail, head, end - start);
      return;
    }
    const { coded, length } = head;
    this.at = coded ? Reading.chunked : length > 0 ? Reading.counted : Reading.nothing;
    this.remaining = length;
    this.server.requestHead(head, end - start);
    if (this.at === Reading.chunked) {
      this.chunks ??= new ChunkScanner(this.limits);
      this.chunks.begin();
    } else if (this.at === Reading.nothing) this.complete();
  }

  private readChunks(bytes: Uint8Array, start: number, end: number): number {
    const chunks = this.chunks!;
    const at = chunks.read(bytes, start, end);
    if (chunks.dataEnd > chunks.dataStart) this.takeBody(bytes, chunks.dataStart, chunks.dataEnd);
    if (!this.isReading) return at;
    if (chunks.refusal !== null) this.refuse(chunks.refusal, chunks.detail, null, 0);
    else if (chunks.done) this.complete();
    return at;
  }

  /** Whoever is told of content may stop it. */
  private get isReading(): boolean {
    return this.at !== Reading.no;
  }

  private takeBody(bytes: Uint8Array, start: number, end: number): void {
    this.bodyBytes += end - start;
    this.server.requestBody(bytes, start, end);
  }

  private complete(): void {
    this.at = Reading.nothing;
    this.server.requestComplete(this.bodyBytes);
  }

  private refuse(refusal: Refusal, detail: number, head: Head | null, bytes: number): void {
    this.at = Reading.no;
    this.server.requestRefused(refusal, detail, head, bytes);
    this.held.take();
  }

  /** Bytes that were not captured are content where they can be nothing else. */
  private skip(missing: number): void {
    if (this.at === Reading.counted && missing <= this.remaining) {
      this.bodyBytes += missing;
      this.remaining -= missing;
      if (this.remaining === 0) this.complete();
    } else if (this.at === Reading.chunked && this.chunks!.skip(missing)) this.bodyBytes += missing;
    else {
      this.held.take();
      this.refuse(Refused.cut, missing, null, 0);
    }
  }
}
