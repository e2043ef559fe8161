import { NO_BYTES, putU16, putU32, u16, u32 } from './bytes.ts';

const FIRST_WORD = 0;
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;
/** Bytes of the fixed IPv6 header. */
export const IPV6_HEADER = 40;
/** Every link carries packets of this size (RFC 8200 §5); ICMPv6 errors quote up to it. */
export const IPV6_MIN_MTU = 1280;

export const Ipv6Problem = { none: 0, truncated: 1, badVersion: 2 } as const;

/** IPv6 header (RFC 8200 §3). Addresses are four unsigned 32-bit words, most significant first. */
export class Ipv6View {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `Ipv6Problem` number. A payload length beyond `end` is not one: the snaplen may have cut the packet. */
  check(): number {
    if (this.end - this.start < IPV6_HEADER) return Ipv6Problem.truncated;
    return this.version === 6 ? Ipv6Problem.none : Ipv6Problem.badVersion;
  }

  get version(): number {
    return this.bytes[this.start + FIRST_WORD]! >> 4;
  }
  get trafficClass(): number {
    return (u16(this.bytes, this.start + FIRST_WORD) >> 4) & 0xff;
  }
  get flowLabel(): number {
    return u32(this.bytes, this.start + FIRST_WORD) & 0xfffff;
  }
  /** Bytes after this header, extension headers included, as the header claims. */
  get payloadLength(): number {
    return u16(this.bytes, this.start + PAYLOAD_LENGTH);
  }
  get nextHeader(): number {
    return this.bytes[this.start + NEXT_HEADER]!;
  }
  get hopLimit(): number {
    return this.bytes[this.start + HOP_LIMIT]!;
  }
  get source0(): number {
    return u32(this.bytes, this.start + SOURCE);
  }
  get source1(): number {
    return u32(this.bytes, this.start + SOURCE + 4);
  }
  get source2(): number {
    return u32(this.bytes, this.start + SOURCE + 8);
  }
  get source3(): number {
    return u32(this.bytes, this.start + SOURCE + 12);
  }
  get destination0(): number {
    return u32(this.bytes, this.start + DESTINATION);
  }
  get destination1(): number {
    return u32(this.bytes, this.start + DESTINATION + 4);
  }
  get destination2(): number {
    return u32(this.bytes, this.start + DESTINATION + 8);
  }
  get destination3(): number {
    return u32(this.bytes, this.start + DESTINATION + 12);
  }
}

/** Fields of an IPv6 header (RFC 8200 §3); addresses are four unsigned 32-bit words. */
export interface Ipv6Fields {
  version?: number | undefined;
  trafficClass?: number | undefined;
  flowLabel?: number | undefined;
  /** Extension headers and upper-layer packet, in bytes. Omitted: 0. */
  payloadLength?: number | undefined;
  nextHeader: number;
  /** Omitted: 64. */
  hopLimit?: number | undefined;
  source0: number;
  source1: number;
  source2: number;
  source3: number;
  destination0: number;
  destination1: number;
  destination2: number;
  destination3: number;
}

/** Writes the fixed header; returns the bytes written. */
export function encodeIpv6(fields: Ipv6Fields, out: Uint8Array, offset: number): number {
  const first = ((fields.version ?? 6) << 28) | (((fields.trafficClass ?? 0) & 0xff) << 20) | ((fields.flowLabel ?? 0) & 0xfffff);
  putU32(out, offset + FIRST_WORD, first);
  putU16(out, offset + PAYLOAD_LENGTH, fields.payloadLength ?? 0);
  out[offset + NEXT_HEADER] = fields.nextHeader;
  out[offset + HOP_LIMIT] = fields.hopLimit ?? 64;
  putU32(out, offset + SOURCE, fields.source0);
  putU32(out, offset + SOURCE + 4, fields.source1);
  putU32(out, offset + SOURCE + 8, fields.source2);
  putU32(out, offset + SOURCE + 12, fields.source3);
  putU32(out, offset + DESTINATION, fields.destination0);
  putU32(out, offset + DESTINATION + 4, fields.destination1);
  putU32(out, offset + DESTINATION + 8, fields.destination2);
  putU32(out, offset + DESTINATION + 12, fields.destination3);
  return IPV6_HEADER;
}
