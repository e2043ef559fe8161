import { ChunkReader } from './chunks.ts';
import type { Head } from './head.ts';
import type { HeadParser } from './head-parser.ts';
import type { HeadStore } from './head-store.ts';
import { HeldHead } from './held-head.ts';
import { Problem } from './problems.ts';
import { CR, LF, Likeness, nextLineFeed } from './syntax.ts';

/** What the next byte of a stream belongs to. */
export const Mode = {
  /** A message is to begin. */
  start: 0,
  head: 1,
  /** A body of `remaining` more bytes. */
  counted: 2,
  chunked: 3,
  untilClose: 4,
  /** After CONNECT or 101: another protocol. */
  tunnel: 5,
  /** The stream never was HTTP. */
  other: 6,
  /** Where a message begins is not known; each piece is looked at whether one begins with it. */
  lost: 7,
} as const;

/** A start line's first part that can be judged before its end is there. */
const ENOUGH_TO_TELL = 64;

/**
 * One direction of a connection as HTTP/1 messages (RFC 9112): finds where heads and bodies begin and end. Heads are handed on whole;
 * of bodies only the bytes are counted, whatever pieces they come in. Subclasses say what a start line looks like and what a head means.
 */
export abstract class MessageStream {
  mode: number;
  /** Messages whose head was complete. */
  messages = 0;
  /** Content bytes of the message under way. */
  bodyBytes = 0;
  /** Bytes passed over since sync was lost, or of a stream that is not HTTP. */
  skipped = 0;
  private remaining = 0;
  private chunks: ChunkReader | null = null;
  protected readonly parser: HeadParser;
  private readonly store: HeadStore;
  private readonly held: HeldHead;
  /** Bytes of the current line that came in earlier pieces, and whether its last one is CR. */
  private lineCarry = 0;
  private lineCarryCr = false;
  private inStartLine = false;
  /** Nothing has been said yet: the first bytes decide whether this is HTTP. */
  private fresh: boolean;

  constructor(parser: HeadParser, store: HeadStore, adopted: boolean) {
    this.parser = parser;
    this.store = store;
    this.held = new HeldHead(store);
    this.mode = adopted ? Mode.lost : Mode.start;
    this.fresh = !adopted;
  }

  /** Begins another connection's stream. */
  restart(adopted: boolean): void {
    this.held.take();
    this.mode = adopted ? Mode.lost : Mode.start;
    this.fresh = !adopted;
    this.messages = this.bodyBytes = this.skipped = this.remaining = this.lineCarry = 0;
    this.lineCarryCr = this.inStartLine = false;
  }

  /** Takes the next piece of the stream, then `missing` bytes that are not there. */
  feed(bytes: Uint8Array, start: number, end: number, missing: number): void {
    let at = start;
    if (this.mode === Mode.lost && at < end && this.beginsAgain(bytes, at, end)) {
      this.onResync(this.skipped);
      this.skipped = 0;
      this.mode = Mode.start;
    }
    while (at < end) at = this.step(bytes, at, end);
    if (missing > 0) this.skip(missing);
  }

  /** The stream's end in order: completes a body that lasts until then. True when nothing is left unfinished. */
  end(): boolean {
    const mode = this.mode;
    this.held.take();
    if (mode === Mode.untilClose) {
      this.mode = Mode.start;
      this.onComplete();
    }
    return mode === Mode.start || mode >= Mode.untilClose;
  }

  /**
   * Gives up the head that is under way, and hands on what there is of it: the other side has answered, or no more will come. `doubtful`: only
   * if it is likely to be one.
   */
  abandonHead(doubtful = false): boolean {
    if (this.mode !== Mode.head) return false;
    this.mode = Mode.lost;
    this.fresh = false;
    const { length } = this.held;
    const bytes = this.held.take();
    if (bytes === null || (doubtful && !this.isLikely(bytes, 0, length))) return false;
    this.onUnfinished(bytes, 0, length);
    return true;
  }

  /** A head, or a body that lasts until the stream's end, has begun and not ended. */
  get isUnderWay(): boolean {
    return this.mode === Mode.head || this.mode === Mode.untilClose;
  }

  becomeTunnel(): void {
    this.held.take();
    this.mode = Mode.tunnel;
  }

  /** After a stream was taken for a tunnel that it is not: a message begins next. */
  leaveTunnel(): void {
    if (this.mode === Mode.tunnel) this.mode = Mode.start;
  }

  /** How far bytes are like a start line: a `Likeness` number. */
  protected abstract likeness(bytes: Uint8Array, start: number, end: number): number;
  /** Whether a piece, of which the rest was cut, begins with a start line. */
  protected abstract cutLikeness(bytes: Uint8Array, start: number, end: number): boolean;
  /** Whether the beginning of a message, as far as it goes, is likely to be one. */
  protected isLikely(_bytes: Uint8Array, _start: number, _end: number): boolean {
    return true;
  }
  /** The first byte of a message is there. */
  protected abstract onStart(): void;
  /** A whole head (or what was captured of it): calls one of the `bodyIs…` methods, or sets `mode`. */
  protected abstract onHead(head: Head, bytes: number, cut: boolean): void;
  protected abstract onUnfinished(bytes: Uint8Array, start: number, end: number): void;
  protected abstract onComplete(): void;
  /** The stream breaks HTTP's rules: a `Problem` number. Sync is lost after it. */
  protected abstract onProblem(problem: number): void;
  /** Bytes are missing and with them where the next message begins. */
  protected abstract onLost(missing: number): void;
  protected abstract onResync(skipped: number): void;
  /** The first bytes are no start line. */
  protected abstract onOther(bytes: Uint8Array, start: number, end: number): void;
  /** Content, for whoever wants it. */
  protected onBody(_bytes: Uint8Array, _start: number, _end: number): void {}

  protected noBody(): void {
    this.mode = Mode.start;
    this.onComplete();
  }

  protected bodyIsCounted(length: number): void {
    if (length === 0) {
      this.noBody();
      return;
    }
    this.remaining = length;
    this.mode = Mode.counted;
  }

  protected bodyIsChunked(): void {
    this.chunks ??= new ChunkReader();
    this.chunks.begin();
    this.mode = Mode.chunked;
  }

  protected refuse(problem: number): void {
    this.held.take();
    this.mode = Mode.lost;
    this.onProblem(problem);
  }

  private step(bytes: Uint8Array, at: number, end: number): number {
    switch (this.mode) {
      case Mode.start:
        return this.beginMessage(bytes, at, end);
      case Mode.head:
        return this.readHead(bytes, at, end);
      case Mode.counted: {
        const there = end - at;
        const length = there < this.remaining ? there : this.remaining;
        this.bodyBytes += length;
        this.remaining -= length;
        this.onBody(bytes, at, at + length);
        if (this.remaining === 0) this.noBody();
        return at + length;
      }
      case Mode.chunked:
        return this.readChunk(bytes, at, end);
      case Mode.untilClose:
        this.bodyBytes += end - at;
        this.onBody(bytes, at, end);
        return end;
      default:
        this.skipped += end - at;
        return end;
    }
  }

  private beginMessage(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
    if (at === end) return end;
    this.mode = Mode.head;
    this.inStartLine = true;
    this.lineCarry = 0;
    this.lineCarryCr = false;
    this.bodyBytes = 0;
    this.onStart();
    const known = this.parser.recall(bytes, at, end);
    if (known === null) return this.readHead(bytes, at, end);
    this.inStartLine = false;
    this.headIsThere(known, known.size, false);
    return at + known.size;
  }

  /** Looks for the head's end from `start` on; what lies before it is in `held`, or there is nothing before it. */
  private readHead(bytes: Uint8Array, start: number, end: number): number {
    let lineStart = start;
    let carry = this.lineCarry;
    for (let i = nextLineFeed(bytes, start, end); i < end; i = nextLineFeed(bytes, lineStart, end)) {
      const length = i - lineStart + carry;
      const empty = length === 0 || (length === 1 && (carry === 1 ? this.lineCarryCr : bytes[i - 1] === CR));
      if (this.inStartLine) {
        if (!this.startLineHolds(bytes, start, i + 1)) return this.notAStart(bytes, start, end);
        this.inStartLine = false;
      } else if (empty) {
        this.endHead(bytes, start, i + 1);
        return i + 1;
      }
      carry = 0;
      lineStart = i + 1;
    }
    if (this.inStartLine && this.held.length < ENOUGH_TO_TELL && !this.startLineHolds(bytes, start, end)) {
      return this.notAStart(bytes, start, end);
    }
    if (!this.held.add(bytes, start, end)) {
      if (this.inStartLine && this.fresh) return this.notAStart(bytes, start, end);
      this.refuse(Problem.tooLarge);
      return end;
    }
    this.lineCarry = carry + end - lineStart;
    this.lineCarryCr = end > lineStart ? bytes[end - 1] === CR : this.lineCarryCr;
    return end;
  }

  private startLineHolds(bytes: Uint8Array, start: number, end: number): boolean {
    const { held } = this;
    if (held.bytes === null) return this.likeness(bytes, start, end) !== Likeness.no;
    const before = held.length;
    if (!held.add(bytes, start, end)) return true;
    const likeness = this.likeness(held.bytes, 0, held.length);
    held.length = before;
    return likeness !== Likeness.no;
  }

  private notAStart(bytes: Uint8Array, start: number, end: number): number {
    const inPieces = this.held.length > 0;
    if (inPieces) this.held.add(bytes, start, end);
    const to = inPieces ? this.held.length : end;
    const from = inPieces ? 0 : start;
    const first = this.held.take() ?? bytes;
    this.skipped += to - from;
    if (this.fresh) {
      this.mode = Mode.other;
      this.onOther(first, from, to);
    } else {
      this.mode = Mode.lost;
      this.onUnfinished(first, from, to);
    }
    return end;
  }

  private endHead(bytes: Uint8Array, start: number, end: number): void {
    if (this.held.length === 0) {
      if (end - start > this.store.limit) this.refuse(Problem.tooLarge);
      else this.headIsThere(this.parser.parse(bytes, start, end), end - start, false);
      return;
    }
    if (!this.held.add(bytes, start, end)) {
      this.refuse(Problem.tooLarge);
      return;
    }
    const { length } = this.held;
    this.headIsThere(this.parser.parse(this.held.take()!, 0, length), length, false);
  }

  private headIsThere(head: Head, bytes: number, cut: boolean): void {
    this.messages++;
    this.fresh = false;
    this.mode = Mode.start;
    this.onHead(head, bytes, cut);
  }

  private readChunk(bytes: Uint8Array, start: number, end: number): number {
    const chunks = this.chunks!;
    const at = chunks.read(bytes, start, end);
    const length = chunks.dataEnd - chunks.dataStart;
    if (length > 0) {
      this.bodyBytes += length;
      this.onBody(bytes, chunks.dataStart, chunks.dataEnd);
    }
    if (chunks.done) this.noBody();
    else if (chunks.bad) {
      this.refuse(Problem.chunk);
      this.skipped += end - at;
      return end;
    }
    return at;
  }

  private skip(missing: number): void {
    switch (this.mode) {
      case Mode.head:
        this.cutHead(missing);
        break;
      case Mode.counted: {
        const over = missing - this.remaining;
        const inside = over < 0 ? missing : this.remaining;
        this.bodyBytes += inside;
        this.remaining -= inside;
        if (this.remaining === 0) this.noBody();
        if (over > 0) this.lose(over);
        break;
      }
      case Mode.chunked:
        if (this.chunks!.skip(missing)) this.bodyBytes += missing;
        else this.lose(missing);
        break;
      case Mode.untilClose:
        this.bodyBytes += missing;
        break;
      case Mode.start:
        this.lose(missing);
        break;
      default:
        this.skipped += missing;
    }
  }

  /** The rest of a head is missing: hands on what there is where that is a start line. */
  private cutHead(missing: number): void {
    const { length } = this.held;
    const bytes = this.held.take();
    if (bytes !== null && (!this.inStartLine || this.cutLikeness(bytes, 0, length))) {
      this.headIsThere(this.parser.parse(bytes, 0, length), length, true);
      this.mode = Mode.lost;
      this.skipped = missing;
    } else this.lose(missing);
  }

  private lose(missing: number): void {
    this.mode = Mode.lost;
    this.fresh = false;
    this.skipped = missing;
    this.onLost(missing);
  }

  private beginsAgain(bytes: Uint8Array, start: number, end: number): boolean {
    const likeness = this.likeness(bytes, start, end);
    return likeness === Likeness.yes || (likeness === Likeness.maybe && this.cutLikeness(bytes, start, end));
  }
}
