import { copyBytes, NO_BYTES, putU16, putU32, u16, u32 } from './bytes.ts';
import { checksum } from './checksum.ts';

const VERSION_IHL = 0;
const TOS = 1;
const TOTAL_LENGTH = 2;
const ID = 4;
const FLAGS_OFFSET = 6;
const TTL = 8;
const PROTOCOL = 9;
const HEADER_CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;
/** Bytes of an IPv4 header without options. */
export const IPV4_HEADER = 20;

const RESERVED = 0x8000;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

export const Ipv4Problem = {
  none: 0,
  /** Fewer than 20 bytes. */
  truncated: 1,
  badVersion: 2,
  /** IHL below 5. */
  badIhl: 3,
  /** The header as IHL gives it ends beyond the bytes that are there. */
  headerBeyondEnd: 4,
  totalLengthBelowHeader: 5,
} as const;

/** IPv4 header (RFC 791 §3.1). Addresses are unsigned 32-bit numbers. */
export class Ipv4View {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `Ipv4Problem` number. A total length beyond `end` is not one: the snaplen may have cut the packet. */
  check(): number {
    const available = this.end - this.start;
    if (available < IPV4_HEADER) return Ipv4Problem.truncated;
    if (this.version !== 4) return Ipv4Problem.badVersion;
    const headerLength = this.headerLength;
    if (headerLength < IPV4_HEADER) return Ipv4Problem.badIhl;
    if (headerLength > available) return Ipv4Problem.headerBeyondEnd;
    return this.totalLength < headerLength ? Ipv4Problem.totalLengthBelowHeader : Ipv4Problem.none;
  }

  get version(): number {
    return this.bytes[this.start + VERSION_IHL]! >> 4;
  }
  /** Header length in 32-bit words. */
  get ihl(): number {
    return this.bytes[this.start + VERSION_IHL]! & 0xf;
  }
  /** Header length in bytes, options included. */
  get headerLength(): number {
    return (this.bytes[this.start + VERSION_IHL]! & 0xf) << 2;
  }
  /** DSCP (6 bits) and ECN (2 bits), RFC 2474 and RFC 3168. */
  get tos(): number {
    return this.bytes[this.start + TOS]!;
  }
  /** Header and data in bytes, as the header claims. */
  get totalLength(): number {
    return u16(this.bytes, this.start + TOTAL_LENGTH);
  }
  get id(): number {
    return u16(this.bytes, this.start + ID);
  }
  get reservedFlag(): boolean {
    return (u16(this.bytes, this.start + FLAGS_OFFSET) & RESERVED) !== 0;
  }
  get dontFragment(): boolean {
    return (u16(this.bytes, this.start + FLAGS_OFFSET) & DONT_FRAGMENT) !== 0;
  }
  get moreFragments(): boolean {
    return (u16(this.bytes, this.start + FLAGS_OFFSET) & MORE_FRAGMENTS) !== 0;
  }
  /** In bytes, a multiple of 8. */
  get fragmentOffset(): number {
    return (u16(this.bytes, this.start + FLAGS_OFFSET) & 0x1fff) << 3;
  }
  /** More fragments, or not the first one. */
  get isFragment(): boolean {
    return (u16(this.bytes, this.start + FLAGS_OFFSET) & 0x3fff) !== 0;
  }
  get ttl(): number {
    return this.bytes[this.start + TTL]!;
  }
  get protocol(): number {
    return this.bytes[this.start + PROTOCOL]!;
  }
  get headerChecksum(): number {
    return u16(this.bytes, this.start + HEADER_CHECKSUM);
  }
  get source(): number {
    return u32(this.bytes, this.start + SOURCE);
  }
  get destination(): number {
    return u32(this.bytes, this.start + DESTINATION);
  }
  get optionsStart(): number {
    return this.start + IPV4_HEADER;
  }
  get optionsEnd(): number {
    return this.start + this.headerLength;
  }
  /** The checksum that the header should carry, from the header as it is. */
  get computedChecksum(): number {
    return ipv4HeaderChecksum(this.bytes, this.start, this.start + this.headerLength);
  }
  /** The header sums up to what a right checksum makes it. */
  get checksumGood(): boolean {
    return checksum(this.bytes, this.start, this.start + this.headerLength) === 0;
  }
}

/** Fields of an IPv4 header (RFC 791 §3.1). A length or checksum that is given is written as it is, also wrong. */
export interface Ipv4Fields {
  version?: number | undefined;
  /** Omitted: from the options. */
  ihl?: number | undefined;
  tos?: number | undefined;
  /** Omitted: header and `payloadLength`. */
  totalLength?: number | undefined;
  /** Bytes that follow the header; counts only where `totalLength` is omitted. */
  payloadLength?: number | undefined;
  id?: number | undefined;
  reservedFlag?: boolean | undefined;
  dontFragment?: boolean | undefined;
  moreFragments?: boolean | undefined;
  /** In bytes; the lowest three bits are lost. */
  fragmentOffset?: number | undefined;
  /** Omitted: 64. */
  ttl?: number | undefined;
  protocol: number;
  /** Omitted: computed over the header as written. */
  headerChecksum?: number | undefined;
  source: number;
  destination: number;
  /** Padded with zeros (end of options) to four bytes. */
  options?: Uint8Array | undefined;
}

/** Bytes that `encodeIpv4` will write. */
function ipv4HeaderLength(fields: Ipv4Fields): number {
  return IPV4_HEADER + (fields.options === undefined ? 0 : (fields.options.length + 3) & ~3);
}

/** Writes a header with its options, not the payload; returns the bytes written. */
export function encodeIpv4(fields: Ipv4Fields, out: Uint8Array, offset: number): number {
  const length = ipv4HeaderLength(fields);
  const flags =
    (fields.reservedFlag ? RESERVED : 0) |
    (fields.dontFragment ? DONT_FRAGMENT : 0) |
    (fields.moreFragments ? MORE_FRAGMENTS : 0) |
    (((fields.fragmentOffset ?? 0) >>> 3) & 0x1fff);
  out[offset + VERSION_IHL] = ((fields.version ?? 4) << 4) | ((fields.ihl ?? length >> 2) & 0xf);
  out[offset + TOS] = fields.tos ?? 0;
  putU16(out, offset + TOTAL_LENGTH, fields.totalLength ?? length + (fields.payloadLength ?? 0));
  putU16(out, offset + ID, fields.id ?? 0);
  putU16(out, offset + FLAGS_OFFSET, flags);
  out[offset + TTL] = fields.ttl ?? 64;
  out[offset + PROTOCOL] = fields.protocol;
  putU16(out, offset + HEADER_CHECKSUM, 0);
  putU32(out, offset + SOURCE, fields.source);
  putU32(out, offset + DESTINATION, fields.destination);
  const options = fields.options;
  if (options !== undefined) {
    copyBytes(options, 0, options.length, out, offset + IPV4_HEADER);
    out.fill(0, offset + IPV4_HEADER + options.length, offset + length);
  }
  putU16(out, offset + HEADER_CHECKSUM, fields.headerChecksum ?? checksum(out, offset, offset + length));
  return length;
}

/** The right checksum for the header in the range, whatever its checksum field holds (RFC 791 §3.1). */
export function ipv4HeaderChecksum(bytes: Uint8Array, start: number, end: number): number {
  return checksum(bytes, start, end, 0xffff ^ u16(bytes, start + HEADER_CHECKSUM));
}
