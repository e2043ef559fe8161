import { copyBytes, NO_BYTES, putU16, putU32, u16, u32 } from './bytes.ts';
import { checksum } from './checksum.ts';

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
/** Bytes up to the data: type, code, checksum and the four bytes whose meaning the type decides. */
export const ICMP_HEADER = 8;

export const IcmpType = {
  echoReply: 0,
  destinationUnreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  routerAdvertisement: 9,
  routerSolicitation: 10,
  timeExceeded: 11,
  parameterProblem: 12,
  timestampRequest: 13,
  timestampReply: 14,
  informationRequest: 15,
  informationReply: 16,
  addressMaskRequest: 17,
  addressMaskReply: 18,
  extendedEchoRequest: 42,
  extendedEchoReply: 43,
} as const;

/** Codes of destination unreachable (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
export const UnreachableCode = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  sourceRouteFailed: 5,
  netUnknown: 6,
  hostUnknown: 7,
  hostIsolated: 8,
  netProhibited: 9,
  hostProhibited: 10,
  netForTos: 11,
  hostForTos: 12,
  prohibited: 13,
  precedenceViolation: 14,
  precedenceCutoff: 15,
} as const;

/** Codes of time exceeded. */
export const TimeExceededCode = { transit: 0, reassembly: 1 } as const;

export const IcmpProblem = { none: 0, truncated: 1 } as const;

/** ICMP message (RFC 792). */
export class IcmpView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `IcmpProblem` number. */
  check(): number {
    return this.end - this.start < ICMP_HEADER ? IcmpProblem.truncated : IcmpProblem.none;
  }

  get type(): number {
    return this.bytes[this.start + TYPE]!;
  }
  get code(): number {
    return this.bytes[this.start + CODE]!;
  }
  get checksum(): number {
    return u16(this.bytes, this.start + CHECKSUM);
  }
  /** The four bytes after the checksum, unsigned. */
  get rest(): number {
    return u32(this.bytes, this.start + REST);
  }
  /** Of echo, timestamp, information and mask messages. */
  get identifier(): number {
    return u16(this.bytes, this.start + REST);
  }
  get sequence(): number {
    return u16(this.bytes, this.start + REST + 2);
  }
  /** Next-hop MTU of "fragmentation needed" (RFC 1191 §4). */
  get mtu(): number {
    return u16(this.bytes, this.start + REST + 2);
  }
  /** Byte at fault, of a parameter problem. */
  get pointer(): number {
    return this.bytes[this.start + REST]!;
  }
  /** Gateway of a redirect, unsigned. */
  get gateway(): number {
    return u32(this.bytes, this.start + REST);
  }
  /** Echoed data, or the quoted packet of an error message. */
  get payloadStart(): number {
    return this.start + ICMP_HEADER;
  }
  /** The message is about another packet and quotes it. */
  get isError(): boolean {
    return isIcmpError(this.type);
  }
}

/** Types that report an error: they are never answered with an error (RFC 1122 §3.2.2). */
export function isIcmpError(type: number): boolean {
  return (
    type === IcmpType.destinationUnreachable ||
    type === IcmpType.sourceQuench ||
    type === IcmpType.redirect ||
    type === IcmpType.timeExceeded ||
    type === IcmpType.parameterProblem
  );
}

/** What only a router on the way says: the packet did not get through (RFC 1812 §4.3.3, §5.2.7.1). */
export function isFromRouter(type: number, code: number): boolean {
  if (type === IcmpType.timeExceeded) return code === TimeExceededCode.transit;
  return type === IcmpType.destinationUnreachable && code !== UnreachableCode.protocol && code !== UnreachableCode.port;
}

/** Fields of an ICMP message (RFC 792). What is omitted is 0 where nothing else is said. */
export interface IcmpFields {
  type: number;
  code?: number | undefined;
  /** The four bytes after the checksum. Omitted: made of `identifier` and `sequence`. */
  rest?: number | undefined;
  identifier?: number | undefined;
  sequence?: number | undefined;
  /** Omitted: computed. */
  checksum?: number | undefined;
  payload?: Uint8Array | undefined;
  /** Range of `payload`; omitted: all of it. */
  payloadStart?: number | undefined;
  payloadEnd?: number | undefined;
}

/** Writes header and payload; returns the bytes written. */
export function encodeIcmp(fields: IcmpFields, out: Uint8Array, offset: number): number {
  const payload = fields.payload ?? NO_BYTES;
  const payloadStart = fields.payloadStart ?? 0;
  const payloadEnd = fields.payloadEnd ?? payload.length;
  const length = ICMP_HEADER + payloadEnd - payloadStart;
  out[offset + TYPE] = fields.type;
  out[offset + CODE] = fields.code ?? 0;
  putU16(out, offset + CHECKSUM, 0);
  putU32(out, offset + REST, fields.rest ?? ((fields.identifier ?? 0) << 16) | ((fields.sequence ?? 0) & 0xffff));
  copyBytes(payload, payloadStart, payloadEnd, out, offset + ICMP_HEADER);
  putU16(out, offset + CHECKSUM, fields.checksum ?? checksum(out, offset, offset + length));
  return length;
}
