import { copyBytes, NO_BYTES, putU16, putU32, u16, u32 } from './bytes.ts';
import { checksum } from './checksum.ts';

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
/** Bytes up to the data: type, code, checksum and the four bytes whose meaning the type decides. */
export const ICMPV6_HEADER = 8;

export const Icmpv6Type = {
  destinationUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  listenerQuery: 130,
  listenerReport: 131,
  listenerDone: 132,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
  listenerReport2: 143,
  multicastRouterAdvertisement: 151,
  multicastRouterSolicitation: 152,
} as const;

/** Codes of destination unreachable (RFC 4443 §3.1). */
export const Unreachable6Code = {
  noRoute: 0,
  prohibited: 1,
  beyondScope: 2,
  address: 3,
  port: 4,
  sourcePolicy: 5,
  rejectRoute: 6,
} as const;

/** Code of time exceeded: the hop limit, not the time for reassembly. */
const TRANSIT = 0;

/** Codes of parameter problem (RFC 4443 §3.4). */
export const ParameterProblem6Code = { header: 0, nextHeader: 1, option: 2 } as const;

export const Icmpv6Problem = { none: 0, truncated: 1 } as const;

/** ICMPv6 message (RFC 4443 §2.1). */
export class Icmpv6View {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `Icmpv6Problem` number: all defined messages have eight bytes at least. */
  check(): number {
    return this.end - this.start < ICMPV6_HEADER ? Icmpv6Problem.truncated : Icmpv6Problem.none;
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
  /** Of echo messages. */
  get identifier(): number {
    return u16(this.bytes, this.start + REST);
  }
  get sequence(): number {
    return u16(this.bytes, this.start + REST + 2);
  }
  /** MTU of "packet too big". */
  get mtu(): number {
    return u32(this.bytes, this.start + REST);
  }
  /** Byte at fault, of a parameter problem. */
  get pointer(): number {
    return u32(this.bytes, this.start + REST);
  }
  /** Echoed data, quoted packet, or the body of a neighbour discovery message. */
  get payloadStart(): number {
    return this.start + ICMPV6_HEADER;
  }
  /** The message is about another packet and quotes it. */
  get isError(): boolean {
    return isIcmpv6Error(this.type);
  }
}

/** Types that report an error have the top bit clear (RFC 4443 §2.1). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128;
}

/** What only a router on the way says: the packet did not get through (RFC 4443 §3). */
export function isFromRouter6(type: number, code: number): boolean {
  if (type === Icmpv6Type.destinationUnreachable) return code !== Unreachable6Code.port;
  return type === Icmpv6Type.packetTooBig || (type === Icmpv6Type.timeExceeded && code === TRANSIT);
}

/** Fields of an ICMPv6 message (RFC 4443 §2.1). What is omitted is 0 where nothing else is said. */
export interface Icmpv6Fields {
  type: number;
  code?: number | undefined;
  /** The four bytes after the checksum. Omitted: made of `identifier` and `sequence`. */
  rest?: number | undefined;
  identifier?: number | undefined;
  sequence?: number | undefined;
  /** Omitted: computed with `pseudoHeader`. */
  checksum?: number | undefined;
  /** Partial sum of the pseudo-header made with length 0. */
  pseudoHeader?: number | undefined;
  payload?: Uint8Array | undefined;
  /** Range of `payload`; omitted: all of it. */
  payloadStart?: number | undefined;
  payloadEnd?: number | undefined;
}

/** Writes header and payload; returns the bytes written. */
export function encodeIcmpv6(fields: Icmpv6Fields, out: Uint8Array, offset: number): number {
  const payload = fields.payload ?? NO_BYTES;
  const payloadStart = fields.payloadStart ?? 0;
  const payloadEnd = fields.payloadEnd ?? payload.length;
  const length = ICMPV6_HEADER + payloadEnd - payloadStart;
  out[offset + TYPE] = fields.type;
  out[offset + CODE] = fields.code ?? 0;
  putU16(out, offset + CHECKSUM, 0);
  putU32(out, offset + REST, fields.rest ?? ((fields.identifier ?? 0) << 16) | ((fields.sequence ?? 0) & 0xffff));
  copyBytes(payload, payloadStart, payloadEnd, out, offset + ICMPV6_HEADER);
  const sum = (fields.pseudoHeader ?? 0) + length;
  putU16(out, offset + CHECKSUM, fields.checksum ?? checksum(out, offset, offset + length, sum));
  return length;
}
