import { copyBytes, NO_BYTES, putU16, putU32, u16, u32 } from './bytes.ts';
import { checksum } from './checksum.ts';
import { encodeTcpOptions, type TcpOptionFields } from './tcp-options.ts';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQ = 4;
const ACK = 8;
const OFFSET_RESERVED = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT_POINTER = 18;
/** Bytes of a TCP header without options. */
export const TCP_HEADER = 20;

export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

export const TcpProblem = {
  none: 0,
  /** Fewer than 20 bytes. */
  truncated: 1,
  /** Data offset below 5. */
  badDataOffset: 2,
  /** The header as the data offset gives it ends beyond the bytes that are there. */
  headerBeyondEnd: 3,
} as const;

/** TCP header (RFC 9293 §3.1). Sequence numbers are unsigned 32-bit numbers. */
export class TcpView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** A `TcpProblem` number. */
  check(): number {
    const available = this.end - this.start;
    if (available < TCP_HEADER) return TcpProblem.truncated;
    const headerLength = this.headerLength;
    if (headerLength < TCP_HEADER) return TcpProblem.badDataOffset;
    return headerLength > available ? TcpProblem.headerBeyondEnd : TcpProblem.none;
  }

  get sourcePort(): number {
    return u16(this.bytes, this.start + SOURCE_PORT);
  }
  get destinationPort(): number {
    return u16(this.bytes, this.start + DESTINATION_PORT);
  }
  get seq(): number {
    return u32(this.bytes, this.start + SEQ);
  }
  get ack(): number {
    return u32(this.bytes, this.start + ACK);
  }
  /** Header length in 32-bit words. */
  get dataOffset(): number {
    return this.bytes[this.start + OFFSET_RESERVED]! >> 4;
  }
  /** Header length in bytes, options included. */
  get headerLength(): number {
    return (this.bytes[this.start + OFFSET_RESERVED]! >> 4) << 2;
  }
  /** The four bits between data offset and flags; the lowest is accurate ECN's AE (RFC 9768). */
  get reserved(): number {
    return this.bytes[this.start + OFFSET_RESERVED]! & 0xf;
  }
  /** `TcpFlag` bits. */
  get flags(): number {
    return this.bytes[this.start + FLAGS]!;
  }
  /** As sent, not scaled. */
  get window(): number {
    return u16(this.bytes, this.start + WINDOW);
  }
  get checksum(): number {
    return u16(this.bytes, this.start + CHECKSUM);
  }
  get urgentPointer(): number {
    return u16(this.bytes, this.start + URGENT_POINTER);
  }
  get optionsStart(): number {
    return this.start + TCP_HEADER;
  }
  get optionsEnd(): number {
    return this.start + this.headerLength;
  }
  /** First byte of data. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }
}

/** Fields of a TCP segment (RFC 9293 §3.1); sequence numbers are unsigned 32-bit numbers. What is given is written as it is, also wrong. */
export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack?: number | undefined;
  /** In 32-bit words. Omitted: from the options. */
  dataOffset?: number | undefined;
  reserved?: number | undefined;
  flags: number;
  window?: number | undefined;
  /** Omitted: computed with `pseudoHeader`. */
  checksum?: number | undefined;
  urgentPointer?: number | undefined;
  /** Partial sum of the pseudo-header made with length 0. */
  pseudoHeader?: number | undefined;
  options?: TcpOptionFields | undefined;
  /** Options byte by byte instead of `options`; padded with zeros (end of options) to four bytes. */
  rawOptions?: Uint8Array | undefined;
  payload?: Uint8Array | undefined;
  /** Range of `payload`; omitted: all of it. */
  payloadStart?: number | undefined;
  payloadEnd?: number | undefined;
}

/** Writes header, options and payload; returns the bytes written. */
export function encodeTcp(fields: TcpFields, out: Uint8Array, offset: number): number {
  const headerLength = TCP_HEADER + encodeOptions(fields, out, offset + TCP_HEADER);
  const payload = fields.payload ?? NO_BYTES;
  const payloadStart = fields.payloadStart ?? 0;
  const payloadEnd = fields.payloadEnd ?? payload.length;
  const length = headerLength + payloadEnd - payloadStart;
  putU16(out, offset + SOURCE_PORT, fields.sourcePort);
  putU16(out, offset + DESTINATION_PORT, fields.destinationPort);
  putU32(out, offset + SEQ, fields.seq);
  putU32(out, offset + ACK, fields.ack ?? 0);
  out[offset + OFFSET_RESERVED] = ((fields.dataOffset ?? headerLength >> 2) << 4) | ((fields.reserved ?? 0) & 0xf);
  out[offset + FLAGS] = fields.flags;
  putU16(out, offset + WINDOW, fields.window ?? 0);
  putU16(out, offset + CHECKSUM, 0);
  putU16(out, offset + URGENT_POINTER, fields.urgentPointer ?? 0);
  copyBytes(payload, payloadStart, payloadEnd, out, offset + headerLength);
  const sum = (fields.pseudoHeader ?? 0) + length;
  putU16(out, offset + CHECKSUM, fields.checksum ?? checksum(out, offset, offset + length, sum));
  return length;
}

function encodeOptions(fields: TcpFields, out: Uint8Array, offset: number): number {
  const raw = fields.rawOptions;
  if (raw === undefined) return fields.options === undefined ? 0 : encodeTcpOptions(fields.options, out, offset);
  const length = (raw.length + 3) & ~3;
  copyBytes(raw, 0, raw.length, out, offset);
  out.fill(0, offset + raw.length, offset + length);
  return length;
}
