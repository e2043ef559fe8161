import { Problem } from './problems.ts';

const NO_FIELDS: readonly string[] = [];

/** What the field lines of a head say, as far as rxpath looks at them. */
export class HeadFields {
  /** A `Problem` number: what is wrong with the message; the worst thing found. */
  problem: number = Problem.none;
  /** Field names and values by turns; only those about the body's end, Host and Content-Type unless the parser is strict. */
  fields: readonly string[] = NO_FIELDS;
  host = '';
  hosts = 0;
  contentType = '';
  /** Content-Length; -1 without a valid one. */
  length = -1;
  /** How many values Content-Length has, in all its lines. */
  lengths = 0;
  /** There is a Transfer-Encoding. */
  coded = false;
  /** The last transfer coding is chunked. */
  chunked = false;
  /** There is a Transfer-Encoding that says something else than chunked alone. */
  otherCoding = false;
  /** Both Transfer-Encoding and Content-Length: the first counts, and somebody may be smuggling. */
  bothLengths = false;
  close = false;
  keepAlive = false;
  upgrade = false;
  expectsContinue = false;
  /** There is an Expect that says something else. */
  expectsOther = false;

  forget(): void {
    this.problem = Problem.none;
    this.fields = NO_FIELDS;
    this.host = this.contentType = '';
    this.length = -1;
    this.hosts = this.lengths = 0;
    this.coded = this.chunked = this.otherCoding = this.bothLengths = false;
    this.close = this.keepAlive = this.upgrade = this.expectsContinue = this.expectsOther = false;
  }

  /** Says what others say whose lines are the same, byte by byte, and in which nothing is wrong. */
  takeFrom(others: HeadFields): void {
    this.fields = others.fields;
    this.host = others.host;
    this.hosts = others.hosts;
    this.contentType = others.contentType;
    this.length = others.length;
    this.lengths = others.lengths;
    this.coded = others.coded;
    this.chunked = others.chunked;
    this.otherCoding = others.otherCoding;
    this.bothLengths = others.bothLengths;
    this.close = others.close;
    this.keepAlive = others.keepAlive;
    this.upgrade = others.upgrade;
    this.expectsContinue = others.expectsContinue;
    this.expectsOther = others.expectsOther;
  }

  /** Reads what decides about the body and the connection (RFC 9112 §6.3, §9.3) from `fields`. */
  readFields(fields: readonly string[]): void {
    this.fields = fields;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i]!;
      switch (name.length) {
        case 4:
          if (isNamed(name, 'host')) {
            this.host = fields[i + 1]!;
            this.hosts++;
          }
          break;
        case 6:
          if (isNamed(name, 'expect')) this.readExpect(fields[i + 1]!);
          break;
        case 7:
          if (isNamed(name, 'upgrade')) this.upgrade = true;
          break;
        case 10:
          if (isNamed(name, 'connection')) this.readConnection(fields[i + 1]!);
          break;
        case 12:
          if (isNamed(name, 'content-type')) this.contentType = fields[i + 1]!;
          break;
        case 14:
          if (isNamed(name, 'content-length')) this.readLength(fields[i + 1]!);
          break;
        case 17:
          if (isNamed(name, 'transfer-encoding')) this.readCoding(fields[i + 1]!);
          break;
      }
    }
    if (this.length >= 0 && (this.chunked || this.otherCoding)) {
      this.bothLengths = true;
      this.length = -1;
    }
  }

  private readExpect(value: string): void {
    for (const expectation of value.toLowerCase().split(',')) {
      const word = expectation.trim();
      if (word === '100-continue') this.expectsContinue = true;
      else if (word !== '') this.expectsOther = true;
    }
  }

  private readConnection(value: string): void {
    if (value === 'keep-alive') {
      this.keepAlive = true;
      return;
    }
    for (const option of value.toLowerCase().split(',')) {
      const word = option.trim();
      if (word === 'close') this.close = true;
      else if (word === 'keep-alive') this.keepAlive = true;
    }
  }

  private readLength(value: string): void {
    this.lengths += value.includes(',') ? value.split(',').length : 1;
    let length = decimal(value);
    if (length < 0 && value.includes(',')) length = repeatedDecimal(value);
    if (length < 0 || (this.length >= 0 && this.length !== length)) this.problem = Problem.length;
    else this.length = length;
  }

  private readCoding(value: string): void {
    this.coded = true;
    if (value === 'chunked' && !this.chunked) {
      this.chunked = true;
      return;
    }
    for (const part of value.toLowerCase().split(',')) {
      const coding = part.trim();
      if (coding === '') continue;
      if (this.chunked || (coding !== 'chunked' && coding !== 'identity')) this.otherCoding = true;
      this.chunked = coding === 'chunked';
    }
  }
}

function isNamed(name: string, lower: string): boolean {
  return name === lower || name.toLowerCase() === lower;
}

/** A decimal number of at most 15 digits; -1 where it is none. */
function decimal(text: string): number {
  if (text.length === 0 || text.length > 15) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** `5, 5`: the same number again counts as one (RFC 9110 §8.6). */
function repeatedDecimal(text: string): number {
  let value = -1;
  for (const part of text.split(',')) {
    const next = decimal(part.trim());
    if (next < 0 || (value >= 0 && next !== value)) return -1;
    value = next;
  }
  return value;
}
