import { putU16, putU32, u16, u32 } from './bytes.ts';

/** Option kinds (iana.org/assignments/tcp-parameters). */
export const TcpOption = {
  end: 0,
  nop: 1,
  mss: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
  md5: 19,
  authentication: 29,
  mptcp: 30,
  fastOpen: 34,
} as const;

/** Longest options of a header: data offset 15. */
export const TCP_OPTIONS_MAX = 40;
/** Larger shift counts are taken as this one (RFC 7323 §2.3). */
export const WINDOW_SCALE_MAX = 14;
export const SACK_BLOCKS_MAX = 4;
/** RFC 2385 §3: kind, length, digest. */
const MD5_LENGTH = 18;
/** RFC 5925 §2.2: kind, length, KeyID, RNextKeyID; the MAC comes after them. */
const AUTHENTICATION_HEADER = 4;

/** NOP, NOP, timestamps, length 10: how all stacks of today send timestamps outside of a SYN (RFC 7323 appendix A). */
const NOP_NOP_TIMESTAMPS = 0x0101_080a;

/** The options of one TCP header, parsed (RFC 9293 §3.1, RFC 7323, RFC 2018). Reused: `parse` sets every field. */
export class TcpOptions {
  /** -1: no such option. Without it the peer takes 536 bytes (RFC 9293 MUST-15); the value is as sent, 0 included. */
  mss = -1;
  /** -1: no such option; never above `WINDOW_SCALE_MAX`. */
  windowScale = -1;
  /** The shift count sent was above `WINDOW_SCALE_MAX`. */
  windowScaleClamped = false;
  sackPermitted = false;
  hasTimestamps = false;
  /** Unsigned 32 bits. */
  tsVal = 0;
  tsEcr = 0;
  sackCount = 0;
  /** Left and right edges as sent, absolute and unsigned; `sackCount` pairs. */
  readonly sack = new Float64Array(2 * SACK_BLOCKS_MAX);
  /** MD5 signature (RFC 2385), authentication option (RFC 5925), Multipath TCP (RFC 8684), Fast Open (RFC 7413): there or not. */
  md5 = false;
  authentication = false;
  /** There is an MD5 or authentication option, or `signatureBroken`. */
  signed = false;
  /**
   * What Linux 6.7 and later find when they look for signatures, while 18 bytes or more are left: a second MD5 or authentication option, one
   * of a length that it cannot have, or a length by which no option can be skipped.
   */
  signatureBroken = false;
  mptcp = false;
  fastOpen = false;
  /** A kind that is none of `TcpOption` was skipped by its length (RFC 9293 MUST-6). */
  unknown = false;
  /** A known kind with a length that it cannot have was skipped by that length. */
  wrongLength = false;
  /** A length below 2 or beyond the end: what comes after could not be read (RFC 9293 MUST-7). What came before counts. */
  malformed = false;

  /** Reads the options in the range; never throws, never reads outside of it, ends after at most `end - start` turns. */
  parse(bytes: Uint8Array, start: number, end: number): void {
    this.#clear();
    if (start >= end) return;
    if (end - start === 12 && u32(bytes, start) === NOP_NOP_TIMESTAMPS) {
      this.hasTimestamps = true;
      this.tsVal = u32(bytes, start + 4);
      this.tsEcr = u32(bytes, start + 8);
      return;
    }
    let at = start;
    while (at < end) {
      const kind = bytes[at]!;
      if (kind === TcpOption.end) return;
      if (kind === TcpOption.nop) {
        at++;
        continue;
      }
      const length = at + 1 < end ? bytes[at + 1]! : 0;
      if (length < 2 || length > end - at) {
        this.malformed = true;
        if (end - at >= MD5_LENGTH) this.signed = this.signatureBroken = true;
        return;
      }
      if (kind === TcpOption.md5 || kind === TcpOption.authentication) this.#readSignature(kind, length, end - at);
      this.#read(kind, length, bytes, at + 2);
      at += length;
    }
  }

  #clear(): void {
    this.mss = -1;
    this.windowScale = -1;
    this.windowScaleClamped = false;
    this.sackPermitted = false;
    this.hasTimestamps = false;
    this.tsVal = 0;
    this.tsEcr = 0;
    this.sackCount = 0;
    this.md5 = false;
    this.authentication = false;
    this.signed = false;
    this.signatureBroken = false;
    this.mptcp = false;
    this.fastOpen = false;
    this.unknown = false;
    this.wrongLength = false;
    this.malformed = false;
  }

  #read(kind: number, length: number, bytes: Uint8Array, data: number): void {
    switch (kind) {
      case TcpOption.mss:
        if (length === 4) this.mss = u16(bytes, data);
        else this.wrongLength = true;
        break;
      case TcpOption.windowScale:
        if (length === 3) this.#setWindowScale(bytes[data]!);
        else this.wrongLength = true;
        break;
      case TcpOption.sackPermitted:
        if (length === 2) this.sackPermitted = true;
        else this.wrongLength = true;
        break;
      case TcpOption.sack:
        this.#readSack(length - 2, bytes, data);
        break;
      case TcpOption.timestamps:
        if (length === 10) {
          this.hasTimestamps = true;
          this.tsVal = u32(bytes, data);
          this.tsEcr = u32(bytes, data + 4);
        } else {
          this.wrongLength = true;
        }
        break;
      case TcpOption.md5:
        if (length === MD5_LENGTH) this.md5 = true;
        else this.wrongLength = true;
        break;
      case TcpOption.authentication:
        if (length >= 4) this.authentication = true;
        else this.wrongLength = true;
        break;
      case TcpOption.mptcp:
        if (length >= 3) this.mptcp = true;
        else this.wrongLength = true;
        break;
      case TcpOption.fastOpen:
        this.fastOpen = true;
        break;
      default:
        this.unknown = true;
    }
  }

  #readSignature(kind: number, length: number, left: number): void {
    const isLengthWrong = kind === TcpOption.md5 ? length !== MD5_LENGTH : length <= AUTHENTICATION_HEADER;
    const isSecond = this.md5 || this.authentication;
    if (left >= MD5_LENGTH && (isLengthWrong || isSecond)) this.signatureBroken = true;
    if (!isLengthWrong || this.signatureBroken) this.signed = true;
  }

  #setWindowScale(shift: number): void {
    this.windowScaleClamped = shift > WINDOW_SCALE_MAX;
    this.windowScale = this.windowScaleClamped ? WINDOW_SCALE_MAX : shift;
  }

  #readSack(length: number, bytes: Uint8Array, data: number): void {
    if (length < 8 || length % 8 !== 0) {
      this.wrongLength = true;
      return;
    }
    this.sackCount = Math.min(length / 8, SACK_BLOCKS_MAX);
    for (let i = 0; i < 2 * this.sackCount; i++) this.sack[i] = u32(bytes, data + 4 * i);
  }
}

/** What `encodeTcpOptions` writes; a parsed `TcpOptions` fits. Omitted or -1: no such option. */
export interface TcpOptionFields {
  mss?: number | undefined;
  windowScale?: number | undefined;
  sackPermitted?: boolean | undefined;
  hasTimestamps?: boolean | undefined;
  tsVal?: number | undefined;
  tsEcr?: number | undefined;
  /** Pairs of `sack` to send, at most 4, or 3 beside timestamps; more would not fit and are left out. */
  sackCount?: number | undefined;
  sack?: ArrayLike<number> | undefined;
}

/**
 * Writes options in the order and with the padding that Linux uses: MSS; SACK permitted with timestamps, else either behind two
 * NOPs; NOP and window scale; NOP NOP SACK. Returns the bytes written, a multiple of 4.
 */
export function encodeTcpOptions(fields: TcpOptionFields, out: Uint8Array, offset: number): number {
  let at = offset;
  const mss = fields.mss ?? -1;
  if (mss >= 0) {
    out[at] = TcpOption.mss;
    out[at + 1] = 4;
    putU16(out, at + 2, mss);
    at += 4;
  }
  if (fields.sackPermitted || fields.hasTimestamps) {
    putPair(out, at, fields.sackPermitted === true && fields.hasTimestamps === true);
    if (fields.hasTimestamps) {
      out[at + 2] = TcpOption.timestamps;
      out[at + 3] = 10;
      putU32(out, at + 4, fields.tsVal ?? 0);
      putU32(out, at + 8, fields.tsEcr ?? 0);
      at += 12;
    } else {
      out[at + 2] = TcpOption.sackPermitted;
      out[at + 3] = 2;
      at += 4;
    }
  }
  const windowScale = fields.windowScale ?? -1;
  if (windowScale >= 0) {
    out[at] = TcpOption.nop;
    out[at + 1] = TcpOption.windowScale;
    out[at + 2] = 3;
    out[at + 3] = windowScale;
    at += 4;
  }
  const blocks = Math.min(fields.sackCount ?? 0, (offset + TCP_OPTIONS_MAX - at - 4) >> 3);
  if (blocks > 0 && fields.sack !== undefined) {
    out[at] = TcpOption.nop;
    out[at + 1] = TcpOption.nop;
    out[at + 2] = TcpOption.sack;
    out[at + 3] = 2 + 8 * blocks;
    at += 4;
    for (let i = 0; i < 2 * blocks; i++, at += 4) putU32(out, at, fields.sack[i]!);
  }
  return at - offset;
}

function putPair(out: Uint8Array, at: number, isSackPermitted: boolean): void {
  out[at] = isSackPermitted ? TcpOption.sackPermitted : TcpOption.nop;
  out[at + 1] = isSackPermitted ? 2 : TcpOption.nop;
}
