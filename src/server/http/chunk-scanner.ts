import type { Limits } from '../limits.ts';
import { HeadScanner } from './head-scanner.ts';
import { type Refusal, Refused } from './refusal.ts';
import { CR, isTokenByte, LF } from './syntax.ts';

const SP = 32;
const TAB = 9;
const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;
/** More than 16 hexadecimal digits, leading zeros included, are nobody's chunk. */
const MOST_DIGITS = 16;

/** Where in a chunked body the next byte stands (RFC 9112 §7.1). */
const At = {
  size: 0,
  sizeEnd: 1,
  data: 2,
  dataCr: 3,
  dataLf: 4,
  trailer: 5,
  beforeSemicolon: 6,
  beforeName: 7,
  name: 8,
  afterName: 9,
  beforeValue: 10,
  value: 11,
  quoted: 12,
  quotedPair: 13,
  afterQuoted: 14,
} as const;

/** Reads a chunked request body to the letter: anything that another recipient might count differently is refused. */
export class ChunkScanner {
  /** The piece of data that the last `read` found; empty where `dataStart` is not below `dataEnd`. */
  dataStart = 0;
  dataEnd = 0;
  done = false;
  refusal: Refusal | null = null;
  detail = 0;
  private readonly limits: Limits;
  private readonly trailer: HeadScanner;
  private at: number = At.size;
  /** Of this chunk: its size, and of that what is still to come once its line is read. */
  private remaining = 0;
  private digits = 0;
  private extensionBytes = 0;
  private total = 0;

  constructor(limits: Limits) {
    this.limits = limits;
    this.trailer = new HeadScanner(limits);
  }

  begin(): void {
    this.done = false;
    this.refusal = null;
    this.at = At.size;
    this.detail = this.remaining = this.digits = this.extensionBytes = this.total = 0;
  }

  /** Reads up to the end of one piece of data, of the body, or of the bytes; gives the offset it has come to. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let i = start;
    while (i < end) {
      if (this.at === At.data) {
        const to = end - i < this.remaining ? end : i + this.remaining;
        this.passData(to - i);
        this.dataStart = i;
        this.dataEnd = to;
        return to;
      }
      if (this.at === At.trailer) return this.readTrailer(bytes, i, end);
      this.step(bytes[i++]!);
      if (this.refusal !== null) return i;
    }
    return i;
  }

  /** Passes over bytes that were not captured; false where they may hold more than data of this chunk. */
  skip(missing: number): boolean {
    if (this.at !== At.data || missing > this.remaining) return false;
    this.passData(missing);
    return true;
  }

  private passData(length: number): void {
    this.remaining -= length;
    if (this.remaining === 0) this.at = At.dataCr;
  }

  private readTrailer(bytes: Uint8Array, start: number, end: number): number {
    const { trailer } = this;
    const at = trailer.read(bytes, start, end);
    this.done = trailer.done;
    this.refusal = trailer.refusal;
    this.detail = trailer.detail;
    return at;
  }

  private step(c: number): void {
    switch (this.at) {
      case At.size:
        this.inSize(c);
        break;
      case At.sizeEnd:
        if (c === LF) this.endSize();
        else this.refuse(Refused.lineEnd, c);
        break;
      case At.dataCr:
        if (c === CR) this.at = At.dataLf;
        else this.refuse(c === LF ? Refused.lineEnd : Refused.chunk, c);
        break;
      case At.dataLf:
        if (c !== LF) this.refuse(Refused.lineEnd, c);
        this.at = At.size;
        this.digits = 0;
        break;
      default:
        if (++this.extensionBytes > this.limits.chunkExtensions) this.refuse(Refused.chunkExtension, c);
        else this.inExtension(c);
    }
  }

  private inSize(c: number): void {
    const digit = hexDigit(c);
    if (digit >= 0) {
      this.remaining = this.remaining * 16 + digit;
      if (++this.digits > MOST_DIGITS) this.refuse(Refused.chunk, c);
    } else if (this.digits === 0) this.refuse(Refused.chunk, c);
    else if (c === CR) this.at = At.sizeEnd;
    else if (c === SEMICOLON) this.at = At.beforeName;
    else if (c === SP || c === TAB) this.at = At.beforeSemicolon;
    else this.refuse(c === LF ? Refused.lineEnd : Refused.chunk, c);
  }

  /** `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112 §7.1.1). */
  private inExtension(c: number): void {
    const space = c === SP || c === TAB;
    switch (this.at) {
      case At.beforeSemicolon:
        if (c === SEMICOLON) this.at = At.beforeName;
        else if (!space) this.refuseExtension(c);
        break;
      case At.beforeName:
        if (isTokenByte(c)) this.at = At.name;
        else if (!space) this.refuseExtension(c);
        break;
      case At.name:
        if (c === EQUALS) this.at = At.beforeValue;
        else if (space) this.at = At.afterName;
        else if (!isTokenByte(c)) this.afterExtension(c);
        break;
      case At.afterName:
        if (c === EQUALS) this.at = At.beforeValue;
        else if (c === SEMICOLON) this.at = At.beforeName;
        else if (!space) this.refuseExtension(c);
        break;
      case At.beforeValue:
        if (c === QUOTE) this.at = At.quoted;
        else if (isTokenByte(c)) this.at = At.value;
        else if (!space) this.refuseExtension(c);
        break;
      case At.value:
        if (!isTokenByte(c)) this.afterExtension(c);
        break;
      case At.quoted:
        if (c === QUOTE) this.at = At.afterQuoted;
        else if (c === BACKSLASH) this.at = At.quotedPair;
        else if (isControl(c)) this.refuseExtension(c);
        break;
      case At.quotedPair:
        if (isControl(c)) this.refuseExtension(c);
        else this.at = At.quoted;
        break;
      case At.afterQuoted:
        this.afterExtension(c);
        break;
    }
  }

  private afterExtension(c: number): void {
    if (c === SEMICOLON) this.at = At.beforeName;
    else if (c === CR) this.at = At.sizeEnd;
    else if (c === SP || c === TAB) this.at = At.beforeSemicolon;
    else this.refuseExtension(c);
  }

  private refuseExtension(c: number): void {
    if (c === LF) this.refuse(Refused.lineEnd, c);
    else this.refuse(Refused.chunkExtension, c);
  }

  private endSize(): void {
    if (this.remaining === 0) {
      this.trailer.beginTrailer();
      this.at = At.trailer;
      return;
    }
    this.total += this.remaining;
    if (this.total > this.limits.body) this.refuse(Refused.bodyTooLarge, this.limits.body);
    this.at = At.data;
  }

  private refuse(refusal: Refusal, detail: number): void {
    this.refusal = refusal;
    this.detail = detail;
  }
}

function isControl(c: number): boolean {
  return (c < SP && c !== TAB) || c === 127;
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
