import { u16, u32 } from './bytes.ts';
import { IPV4_HEADER } from './ipv4.ts';

/** Option types (iana.org/assignments/ip-parameters): copied flag, class and number in one byte. */
export const Ipv4Option = {
  end: 0,
  nop: 1,
  recordRoute: 7,
  timestamp: 68,
  security: 130,
  looseSourceRoute: 131,
  cipso: 134,
  strictSourceRoute: 137,
  routerAlert: 148,
} as const;

/** Low four bits of a timestamp option's fourth byte (RFC 791 §3.1). */
export const TimestampFlag = { timestampsOnly: 0, withAddresses: 1, prespecified: 3 } as const;

/** Set in the type of an option that all fragments carry. */
const COPIED = 0x80;
/** A CIPSO option shorter than this cannot hold a tag. */
const CIPSO_MIN = 8;

export const Ipv4OptionsProblem = {
  none: 0,
  /** A length below the least, or beyond the header. */
  badLength: 1,
  /** A pointer below the least, or into the middle of a slot. */
  badPointer: 2,
  /** A second source route, record route or timestamp. */
  duplicate: 3,
  /** A timestamp option whose overflow counter is at its end. */
  overflow: 4,
  /** A CIPSO option: no domain of interpretation is configured here, so that none can be read (FIPS 188). */
  unreadable: 5,
} as const;

/**
 * The options of one IPv4 header, walked and validated with the checks that Linux makes on receipt (RFC 791 §3.1, RFC 1812 §5.2.4.1).
 * Reads only: who fills in a record route or a timestamp finds them by their offsets. Offsets are from the first byte of the IP
 * header, 0 where there is no such option.
 */
export class Ipv4Options {
  /** An `Ipv4OptionsProblem` number; the walk ended there. */
  problem = 0;
  /** Offset of the byte at fault from the first byte of the IP header, for ICMP 12/0; meaningless without a problem. */
  pointer = 0;
  /** LSRR or SSRR. */
  sourceRoute = 0;
  isStrict = false;
  recordRoute = 0;
  /** The next address goes there; 0: full, nothing is to be written. */
  recordRouteSlot = 0;
  timestamp = 0;
  /** The next entry goes there; 0: full (count the overflow up, but not for `prespecified`), or a flag that is not known. */
  timestampSlot = 0;
  /** A `TimestampFlag` number, or any other. */
  timestampFlag = 0;
  routerAlert = 0;
  cipso = 0;
  /** Options of other types were skipped. */
  unknown = false;
  /** The end-of-list option: what comes behind it is padding. */
  end = 0;

  /** Validates the options of the header at `start` that is `headerLength` bytes long; returns `problem`. */
  parse(bytes: Uint8Array, start: number, headerLength: number): number {
    this.#clear();
    let at = IPV4_HEADER;
    while (at < headerLength) {
      const type = bytes[start + at]!;
      if (type === Ipv4Option.end) {
        this.end = at;
        break;
      }
      if (type === Ipv4Option.nop) {
        at++;
        continue;
      }
      const left = headerLength - at;
      const length = left < 2 ? 0 : bytes[start + at + 1]!;
      if (length < 2 || length > left) return this.#fail(Ipv4OptionsProblem.badLength, at);
      if (this.#read(type, length, bytes, start, at) !== Ipv4OptionsProblem.none) break;
      at += length;
    }
    return this.problem;
  }

  #clear(): void {
    this.problem = 0;
    this.pointer = 0;
    this.sourceRoute = 0;
    this.isStrict = false;
    this.recordRoute = 0;
    this.recordRouteSlot = 0;
    this.timestamp = 0;
    this.timestampSlot = 0;
    this.timestampFlag = 0;
    this.routerAlert = 0;
    this.cipso = 0;
    this.unknown = false;
    this.end = 0;
  }

  #fail(problem: number, pointer: number): number {
    this.problem = problem;
    this.pointer = pointer;
    return problem;
  }

  #read(type: number, length: number, bytes: Uint8Array, start: number, at: number): number {
    switch (type) {
      case Ipv4Option.looseSourceRoute:
      case Ipv4Option.strictSourceRoute:
        return this.#readSourceRoute(type, length, bytes, start, at);
      case Ipv4Option.recordRoute:
        return this.#readRecordRoute(length, bytes, start, at);
      case Ipv4Option.timestamp:
        return this.#readTimestamp(length, bytes, start, at);
      case Ipv4Option.routerAlert:
        if (length < 4) return this.#fail(Ipv4OptionsProblem.badLength, at + 1);
        if (u16(bytes, start + at + 2) === 0) this.routerAlert = at;
        return Ipv4OptionsProblem.none;
      case Ipv4Option.cipso:
        this.cipso = at;
        return this.#fail(Ipv4OptionsProblem.unreadable, at + (length < CIPSO_MIN ? 1 : 2));
      default:
        this.unknown = true;
        return Ipv4OptionsProblem.none;
    }
  }

  #readSourceRoute(type: number, length: number, bytes: Uint8Array, start: number, at: number): number {
    if (length < 3) return this.#fail(Ipv4OptionsProblem.badLength, at + 1);
    if (bytes[start + at + 2]! < 4) return this.#fail(Ipv4OptionsProblem.badPointer, at + 2);
    if (this.sourceRoute !== 0) return this.#fail(Ipv4OptionsProblem.duplicate, at);
    this.sourceRoute = at;
    this.isStrict = type === Ipv4Option.strictSourceRoute;
    return Ipv4OptionsProblem.none;
  }

  #readRecordRoute(length: number, bytes: Uint8Array, start: number, at: number): number {
    if (this.recordRoute !== 0) return this.#fail(Ipv4OptionsProblem.duplicate, at);
    if (length < 3) return this.#fail(Ipv4OptionsProblem.badLength, at + 1);
    const next = bytes[start + at + 2]!;
    if (next < 4) return this.#fail(Ipv4OptionsProblem.badPointer, at + 2);
    if (next <= length) {
      if (next + 3 > length) return this.#fail(Ipv4OptionsProblem.badPointer, at + 2);
      this.recordRouteSlot = at + next - 1;
    }
    this.recordRoute = at;
    return Ipv4OptionsProblem.none;
  }

  #readTimestamp(length: number, bytes: Uint8Array, start: number, at: number): number {
    if (this.timestamp !== 0) return this.#fail(Ipv4OptionsProblem.duplicate, at);
    if (length < 4) return this.#fail(Ipv4OptionsProblem.badLength, at + 1);
    const next = bytes[start + at + 2]!;
    if (next < 5) return this.#fail(Ipv4OptionsProblem.badPointer, at + 2);
    const flag = bytes[start + at + 3]! & 0xf;
    const hasAddress = flag === TimestampFlag.withAddresses || flag === TimestampFlag.prespecified;
    if (next <= length) {
      if (next + (hasAddress ? 7 : 3) > length) return this.#fail(Ipv4OptionsProblem.badPointer, at + 2);
      if (hasAddress || flag === TimestampFlag.timestampsOnly) this.timestampSlot = at + next - 1;
    } else if (flag !== TimestampFlag.prespecified && bytes[start + at + 3]! >> 4 === 15) {
      return this.#fail(Ipv4OptionsProblem.overflow, at + 3);
    }
    this.timestamp = at;
    this.timestampFlag = flag;
    return Ipv4OptionsProblem.none;
  }
}

/**
 * Where a packet with these options is going in the end whose header names `destination`: a source route that leads on has the final
 * destination as its last address (RFC 791 §3.1). It is the one that transport checksums are made with (RFC 1122 §3.2.1.8).
 */
export function finalDestination(options: Uint8Array, destination: number): number {
  for (let at = 0; at < options.length && options[at] !== Ipv4Option.end; ) {
    const type = options[at]!;
    const length = type === Ipv4Option.nop ? 1 : (options[at + 1] ?? 0);
    if (type === Ipv4Option.looseSourceRoute || type === Ipv4Option.strictSourceRoute) {
      const leadsOn = length >= 7 && at + length <= options.length && options[at + 2]! + 3 <= length;
      return leadsOn ? u32(options, at + length - 4) : destination;
    }
    at += Math.max(length, 1);
  }
  return destination;
}

/** Options that only the first fragment carries give way to no-operations. */
export function dropUncopied(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; ) {
    const type = bytes[at]!;
    if (type === Ipv4Option.end) return;
    const length = type === Ipv4Option.nop ? 1 : bytes[at + 1]!;
    if (length < 1 || (type !== Ipv4Option.nop && length < 2)) return;
    if ((type & COPIED) === 0) bytes.fill(Ipv4Option.nop, at, Math.min(at + length, to));
    at += length;
  }
}
