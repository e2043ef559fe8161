import { CR, LF } from './syntax.ts';

/** Where a chunked body stands (RFC 9112 §7.1). */
const At = { size: 0, extension: 1, data: 2, dataEnd: 3, trailer: 4 } as const;

/** More than 13 hexadecimal digits are no exact number any more. */
const LONGEST_SIZE = 13;

/** Finds the data in a chunked body without keeping any of it. */
export class ChunkReader {
  /** The piece of data that the last `read` found; empty where `dataStart` is not below `dataEnd`. */
  dataStart = 0;
  dataEnd = 0;
  done = false;
  bad = false;
  /** Bytes of data still to come in this chunk. */
  private remaining = 0;
  private at: number = At.size;
  private digits = 0;
  /** Bytes of the trailer line so far, CR not counted. */
  private lineLength = 0;

  begin(): void {
    this.remaining = this.digits = this.lineLength = 0;
    this.at = At.size;
    this.done = this.bad = false;
  }

  /** Reads up to the end of one piece of data, of the body, or of the bytes; gives the offset it has come to. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let i = start;
    while (i < end) {
      if (this.at === At.data) {
        const there = end - i;
        const length = there < this.remaining ? there : this.remaining;
        this.remaining -= length;
        if (this.remaining === 0) this.at = At.dataEnd;
        this.dataStart = i;
        this.dataEnd = i + length;
        return i + length;
      }
      this.step(bytes[i++]!);
      if (this.done || this.bad) return i;
    }
    return i;
  }

  /** Passes over bytes that are not there; false where they may hold more than data of this chunk. */
  skip(missing: number): boolean {
    if (this.at !== At.data || missing > this.remaining) return false;
    this.remaining -= missing;
    if (this.remaining === 0) this.at = At.dataEnd;
    return true;
  }

  private step(c: number): void {
    switch (this.at) {
      case At.size:
        this.readSize(c);
        break;
      case At.extension:
        if (c === LF) this.endSize();
        break;
      case At.dataEnd:
        if (c === LF) this.at = At.size;
        else if (c !== CR) this.bad = true;
        break;
      case At.trailer:
        if (c !== LF) {
          if (c !== CR) this.lineLength++;
        } else if (this.lineLength === 0) this.done = true;
        else this.lineLength = 0;
        break;
    }
  }

  private readSize(c: number): void {
    const digit = hexDigit(c);
    if (digit >= 0) {
      this.remaining = this.remaining * 16 + digit;
      if (++this.digits > LONGEST_SIZE) this.bad = true;
    } else if (this.digits === 0) this.bad = true;
    else if (c === LF) this.endSize();
    else if (c === CR || c === 59 || c === 32 || c === 9) this.at = At.extension;
    else this.bad = true;
  }

  private endSize(): void {
    this.at = this.remaining === 0 ? At.trailer : At.data;
    this.digits = 0;
    this.lineLength = 0;
  }
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Bytes of data in a chunked body, as far as it is there. */
export function contentOf(body: Uint8Array): number {
  const chunks = new ChunkReader();
  let content = 0;
  for (let at = 0; at < body.length && !chunks.done && !chunks.bad; ) {
    at = chunks.read(body, at, body.length);
    content += chunks.dataEnd - chunks.dataStart;
  }
  return content;
}
