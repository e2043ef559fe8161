import type { Limits } from '../limits.ts';
import { type Refusal, Refused } from './refusal.ts';
import { CR, isTokenByte, LF } from './syntax.ts';

const SP = 32;
const TAB = 9;
const COLON = 58;
const HASH = 35;
const DELETE = 127;
/** No method that is registered is longer (RFC 9110 §16.1.1: UPDATEREDIRECTREF has 17 letters). */
const LONGEST_METHOD = 32;
/** What a version looks like, letter by letter; `d` is a digit. */
const VERSION = Array.from('HTTP/d.d', (letter) => letter.charCodeAt(0));
const DIGIT = 100;
const MAJOR = 5;

/** Where in a head the next byte stands. */
const At = { method: 0, target: 1, version: 2, lineEnd: 3, name: 4, value: 5, valueEnd: 6, headEnd: 7 } as const;

/**
 * Looks at the bytes of a request's head as they come and refuses the first one that breaks RFC 9112 §2.2, §3 or §5: what was read
 * leniently by one recipient and strictly by another is how requests are smuggled. Also reads trailers, which have the shape of fields.
 */
export class HeadScanner {
  /** The empty line was there. */
  done = false;
  refusal: Refusal | null = null;
  /** What the refusal's sentence tells: bytes, lines, a byte's value, a version. */
  detail = 0;
  private readonly limits: Limits;
  private at: number = At.method;
  /** Bytes of the present element. */
  private length = 0;
  private fieldBytes = 0;
  private lines = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  begin(): void {
    this.done = false;
    this.refusal = null;
    this.at = At.method;
    this.detail = this.length = this.fieldBytes = this.lines = 0;
  }

  beginTrailer(): void {
    this.begin();
    this.at = At.name;
  }

  /** Reads up to the head's end, the byte that is refused, or the end of the bytes; gives the offset behind it. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let i = start;
    while (i < end) {
      const c = bytes[i++]!;
      if (this.at === At.value) {
        if (c >= SP && c !== DELETE) this.fieldBytes++;
        else this.inValue(c);
      } else if (this.at === At.target) this.inTarget(c);
      else this.step(c);
      if (this.done || this.refusal !== null) return i;
      if (this.fieldBytes > this.limits.fieldBytes) {
        this.refuse(Refused.fieldsTooLarge, this.limits.fieldBytes);
        return i;
      }
    }
    return i;
  }

  private step(c: number): void {
    switch (this.at) {
      case At.method:
        this.inMethod(c);
        break;
      case At.version:
        this.inVersion(c);
        break;
      case At.lineEnd:
        if (c === LF) this.nextLine();
        else this.refuse(Refused.lineEnd, c);
        break;
      case At.name:
        this.inName(c);
        break;
      case At.valueEnd:
        if (c === LF) this.nextLine();
        else this.refuse(Refused.lineEnd, c);
        break;
      case At.headEnd:
        if (c === LF) this.done = true;
        else this.refuse(Refused.lineEnd, c);
        break;
    }
  }

  private inMethod(c: number): void {
    if (isTokenByte(c)) {
      if (++this.length > LONGEST_METHOD) this.refuse(Refused.methodTooLong);
    } else if (c === SP && this.length > 0) this.become(At.target);
    else this.refuse(Refused.startLine, c);
  }

  private inTarget(c: number): void {
    if (c > SP && c < DELETE && c !== HASH) {
      if (++this.length > this.limits.target) this.refuse(Refused.targetTooLong, this.limits.target);
    } else if (c === SP && this.length > 0) this.become(At.version);
    else if (c === SP || c === CR || c === LF) this.refuse(Refused.startLine, c);
    else this.refuse(Refused.target, c);
  }

  private inVersion(c: number): void {
    const wanted = VERSION[this.length];
    if (wanted === undefined) {
      if (c === CR) this.become(At.lineEnd);
      else this.refuse(c === LF ? Refused.lineEnd : Refused.startLine, c);
    } else if (wanted !== DIGIT ? c !== wanted : c < 48 || c > 57) this.refuse(Refused.startLine, c);
    else if (this.length === MAJOR && c !== 49) this.refuse(Refused.version, c - 48);
    else this.length++;
  }

  private inName(c: number): void {
    if (isTokenByte(c)) this.fieldBytes++;
    else if (c === COLON && this.fieldBytes > this.length) {
      this.fieldBytes++;
      if (++this.lines > this.limits.fieldLines) this.refuse(Refused.tooManyFields, this.limits.fieldLines);
      else this.at = At.value;
    } else if (this.fieldBytes > this.length) this.refuse(c === SP || c === TAB ? Refused.fieldSpace : Refused.field, c);
    else if (c === CR) this.at = At.headEnd;
    else if (c === LF) this.refuse(Refused.lineEnd, c);
    else this.refuse(c === SP || c === TAB ? Refused.fold : Refused.field, c);
  }

  private inValue(c: number): void {
    if (c === TAB) this.fieldBytes++;
    else if (c === CR) this.at = At.valueEnd;
    else this.refuse(c === LF ? Refused.lineEnd : Refused.control, c);
  }

  /** A field line begins; `length` is from now on where it began, in field bytes. */
  private nextLine(): void {
    this.at = At.name;
    this.length = this.fieldBytes;
  }

  private become(at: number): void {
    this.at = at;
    this.length = 0;
  }

  private refuse(refusal: Refusal, detail = 0): void {
    this.refusal = refusal;
    this.detail = detail;
  }
}
