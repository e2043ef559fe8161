import { formatIp } from '../../wire/address.ts';
import { type Output, SLACK } from '../terminal/output.ts';
import { plainJson } from './plain-text.ts';

/** Longest text that is written character by character. */
const SHORT = 64;
const COMMON_LENGTH = 24;
/** Digits of the largest double, and a sign. */
const LONGEST_INTEGER = 310;

/** The text of 0 to 255: three bytes each, right length in OCTET_LENGTH. */
const OCTETS = new Uint8Array(256 * 3);
const OCTET_LENGTH = new Uint8Array(256);
for (let n = 0; n < 256; n++) {
  const text = String(n);
  OCTET_LENGTH[n] = text.length;
  for (let i = 0; i < text.length; i++) OCTETS[n * 3 + i] = text.charCodeAt(i);
}

/** `00` to `99`. */
const PAIRS = new Uint8Array(200);
for (let n = 0; n < 100; n++) {
  PAIRS[n * 2] = 0x30 + Math.floor(n / 10);
  PAIRS[n * 2 + 1] = 0x30 + (n % 10);
}

/** Characters that stand for themselves in a JSON string: printable ASCII without quote and backslash. */
const PLAIN = new Uint8Array(128);
for (let c = 0x20; c < 0x7f; c++) PLAIN[c] = c === 0x22 || c === 0x5c ? 0 : 1;

/** Bytes of a constant piece of a line. */
export function fragment(text: string): Buffer {
  return Buffer.from(text);
}

/** Writes the pieces of JSON lines straight into the output's buffer. Callers reserve room for fixed pieces; texts and long fragments reserve their own. */
export class JsonBytes {
  private readonly out: Output;
  private readonly buffer: Buffer;

  constructor(out: Output) {
    this.out = out;
    this.buffer = out.buffer;
  }

  /** Room for `length` bytes of what follows. */
  reserve(length: number): void {
    this.out.reserve(length);
  }

  /** Where the next byte goes; good until the next `reserve`. */
  get at(): number {
    return this.out.at;
  }

  /** A copy of what was written since `from`. */
  since(from: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.buffer, from, this.out.at);
  }

  /** A constant piece. */
  raw(piece: Uint8Array): void {
    const { out, buffer } = this;
    const { length } = piece;
    let { at } = out;
    if (length > COMMON_LENGTH) {
      buffer.set(piece, at);
      out.at = at + length;
      return;
    }
    for (let i = 0; i < length; i++) buffer[at++] = piece[i]!;
    out.at = at;
  }

  /** A piece of any length. */
  long(piece: Uint8Array): void {
    if (piece.length > SLACK) {
      this.out.bytes(piece);
      return;
    }
    this.out.reserve(piece.length);
    this.raw(piece);
  }

  byte(value: number): void {
    this.buffer[this.out.at++] = value;
  }

  /** An integer of any size a double has; times of captures whose clock jumps by decades are beyond 2^53. */
  integer(value: number): void {
    if (value < 0) {
      this.byte(0x2d);
      value = -value;
    }
    if (value < 1_000_000_000) this.small(value, 1);
    else if (value < 1e18) {
      const high = Math.floor(value / 1_000_000_000);
      this.small(high, 1);
      this.small(value - high * 1_000_000_000, 9);
    } else this.out.text(BigInt(value).toString());
  }

  /** `10.0.0.1`. */
  ip4(address: number): void {
    const { out, buffer } = this;
    let { at } = out;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const octet = (address >>> shift) & 0xff;
      const from = octet * 3;
      const length = OCTET_LENGTH[octet]!;
      buffer[at++] = OCTETS[from]!;
      if (length > 1) {
        buffer[at++] = OCTETS[from + 1]!;
        if (length > 2) buffer[at++] = OCTETS[from + 2]!;
      }
      if (shift > 0) buffer[at++] = 0x2e;
    }
    out.at = at;
  }

  /** An address of four words, at most 45 bytes. */
  ip(family: number, w0: number, w1: number, w2: number, w3: number): void {
    if (family === 6) this.out.at += this.buffer.write(formatIp(6, w0, w1, w2, w3), this.out.at, 'latin1');
    else this.ip4(w3);
  }

  /** A JSON string, quotes included, of any length and content. */
  string(text: string): void {
    const { out, buffer } = this;
    const { length } = text;
    if (length > SHORT) {
      out.text(plainJson(text));
      return;
    }
    out.reserve(length + 2);
    let { at } = out;
    buffer[at++] = 0x22;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80 || PLAIN[code] === 0) {
        out.text(plainJson(text));
        return;
      }
      buffer[at++] = code;
    }
    buffer[at++] = 0x22;
    out.at = at;
  }

  /** A constant piece and an integer behind it: `,"n":7`. Reserves its own room. */
  number(field: Uint8Array, value: number): void {
    this.out.reserve(field.length + LONGEST_INTEGER);
    this.raw(field);
    this.integer(value);
  }

  /** A constant piece and a text behind it: `,"state":"LISTEN"`. Reserves its own room. */
  text(field: Uint8Array, value: string): void {
    this.long(field);
    this.string(value);
  }

  /** Nine digits or fewer, with leading zeros up to `digits`. */
  private small(value: number, digits: number): void {
    const { out, buffer } = this;
    let rest = value | 0;
    const length = Math.max(digits, digitCount(rest));
    const begin = out.at;
    let at = begin + length;
    out.at = at;
    while (rest >= 10) {
      const next = (rest / 100) | 0;
      const pair = (rest - next * 100) * 2;
      buffer[--at] = PAIRS[pair + 1]!;
      buffer[--at] = PAIRS[pair]!;
      rest = next;
    }
    if (rest > 0 && at > begin) buffer[--at] = 0x30 + rest;
    while (at > begin) buffer[--at] = 0x30;
  }
}

function digitCount(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8;
  return 9;
}
