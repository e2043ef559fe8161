import { copyBytes, NO_BYTES, putU16, u16 } from './bytes.ts';
import { checksum } from './checksum.ts';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;
export const UDP_HEADER = 8;

export const UdpProblem = { none: 0, truncated: 1, lengthBelowHeader: 2 } as const;

/** UDP header (RFC 768). */
export class UdpView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** A `UdpProblem` number. A length beyond `end` is not one: the snaplen may have cut the datagram. */
  check(): number {
    if (this.end - this.start < UDP_HEADER) return UdpProblem.truncated;
    return this.length < UDP_HEADER ? UdpProblem.lengthBelowHeader : UdpProblem.none;
  }

  get sourcePort(): number {
    return u16(this.bytes, this.start + SOURCE_PORT);
  }
  get destinationPort(): number {
    return u16(this.bytes, this.start + DESTINATION_PORT);
  }
  /** Header and data in bytes, as the header claims. */
  get length(): number {
    return u16(this.bytes, this.start + LENGTH);
  }
  /** 0: the sender computed none, which IPv6 does not allow (RFC 8200 §8.1). */
  get checksum(): number {
    return u16(this.bytes, this.start + CHECKSUM);
  }
}

/** Fields of a UDP datagram (RFC 768). What is given is written as it is, also wrong. */
export interface UdpFields {
  sourcePort: number;
  destinationPort: number;
  /** Omitted: header and payload. */
  length?: number | undefined;
  /** Omitted: computed, where `pseudoHeader` is given; else 0, none. */
  checksum?: number | undefined;
  /** Partial sum of the pseudo-header made with length 0. */
  pseudoHeader?: number | undefined;
  payload?: Uint8Array | undefined;
  /** Range of `payload`; omitted: all of it. */
  payloadStart?: number | undefined;
  payloadEnd?: number | undefined;
}

/** Writes header and payload; returns the bytes written. */
export function encodeUdp(fields: UdpFields, out: Uint8Array, offset: number): number {
  const payload = fields.payload ?? NO_BYTES;
  const payloadStart = fields.payloadStart ?? 0;
  const payloadEnd = fields.payloadEnd ?? payload.length;
  const length = UDP_HEADER + payloadEnd - payloadStart;
  putU16(out, offset + SOURCE_PORT, fields.sourcePort);
  putU16(out, offset + DESTINATION_PORT, fields.destinationPort);
  putU16(out, offset + LENGTH, fields.length ?? length);
  putU16(out, offset + CHECKSUM, 0);
  copyBytes(payload, payloadStart, payloadEnd, out, offset + UDP_HEADER);
  if (fields.checksum !== undefined) {
    putU16(out, offset + CHECKSUM, fields.checksum);
  } else if (fields.pseudoHeader !== undefined) {
    putU16(out, offset + CHECKSUM, udpChecksum(out, offset, offset + length, fields.pseudoHeader + length));
  }
  return length;
}

/** Checksum to send: a computed 0 goes out as 0xffff, for 0 means none (RFC 768). The field must hold 0. */
function udpChecksum(bytes: Uint8Array, start: number, end: number, pseudoHeader: number): number {
  return checksum(bytes, start, end, pseudoHeader) || 0xffff;
}
