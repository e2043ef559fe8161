import { putU16, putU32, u16, u32 } from './bytes.ts';
import { IpProtocol } from './ip-protocol.ts';
import { IPV6_HEADER } from './ipv6.ts';

const NEXT_HEADER = 0;
const LENGTH = 1;
const ROUTING_TYPE = 2;
const SEGMENTS_LEFT = 3;
const FRAGMENT_OFFSET = 2;
const FRAGMENT_ID = 4;
/** Bytes of a fragment header, and the least length of every other extension header. */
export const FRAGMENT_HEADER = 8;
/** Offset of the first extension header's naming field in the IPv6 header. */
const FIRST_POINTER = 6;

/** Option types of hop-by-hop and destination options (iana.org/assignments/ipv6-parameters). */
export const Ipv6Option = { pad1: 0, padN: 1, routerAlert: 5, label: 7, measurement: 0x31, jumbo: 0xc2 } as const;

/** More consecutive padding than this aligns nothing: Linux discards the packet. */
const PADDING_MAX = 7;
/** Options, padding aside, that Linux takes in one header (max_hbh_opts_number, max_dst_opts_number). */
const LIMITS: OptionLimits = { options: 8, bytes: Number.POSITIVE_INFINITY };

/** RPL and segment routing. */
const UNUSED_ROUTING: ReadonlySet<number> = new Set([3, 4]);

export const Ipv6ExtensionProblem = {
  none: 0,
  /** A header begins or reaches beyond the bytes that are there: cut by the snaplen, or its length is wrong. */
  truncated: 1,
  /** Hop-by-hop options not directly after the IPv6 header: parameter problem 4/1. */
  hopByHopNotFirst: 2,
  /** An option that reaches beyond its header, too much or non-zero padding, too many options: discarded without a word. */
  badOptions: 3,
  /** Unknown option, action 01: discard without a word. */
  optionDiscard: 4,
  /** Unknown option, action 10: discard, parameter problem 4/2. */
  optionReport: 5,
  /** Unknown option, action 11: discard, parameter problem 4/2 unless the destination is multicast. */
  optionReportUnicast: 6,
  /** A routing header that would send the packet on: type not known or not supported, segments left: parameter problem 4/0. */
  routing: 7,
  /** Jumbo payload option that contradicts its packet: parameter problem 4/0. */
  jumbo: 8,
  /** A fragment header behind an atomic fragment's: parameter problem 4/0. */
  nestedFragment: 9,
  /** A routing header of a kind that must be switched on: discarded without a word. */
  unusedRouting: 10,
} as const;

/** So many options but padding, in a header of so many bytes. */
export interface OptionLimits {
  readonly options: number;
  readonly bytes: number;
}

/**
 * The extension headers of one packet, walked in the order in which a node must process them (RFC 8200 §4). Reused: `walk` and
 * `resume` set every field. `pointer` and `nextHeaderPointer` count from the first byte of the IPv6 header, all else is an offset in `bytes`.
 */
export class Ipv6Extensions {
  /** An `Ipv6ExtensionProblem` number; the walk ended there. */
  problem = 0;
  /** Byte at fault, for a parameter problem. */
  pointer = 0;
  /** What comes after the last header walked over: an upper-layer protocol number, `IpProtocol.noNext`, or a header not known. */
  nextHeader = 0;
  /** Where that begins. */
  offset = 0;
  /** The field that named it, for parameter problem 4/1. */
  nextHeaderPointer = 0;
  /** Extension headers walked over. */
  count = 0;

  /** Offset of the fragment header; -1 without one. */
  fragmentAt = -1;
  /** The field that names the fragment header: it takes the fragment header's own next header when the datagram is whole again. */
  fragmentNamedAt = -1;
  /** In bytes. */
  fragmentOffset = 0;
  moreFragments = false;
  fragmentId = 0;

  /** Routing header: its type and segments left; -1 without one. */
  routingType = -1;
  segmentsLeft = -1;
  hasHopByHop = false;
  hasDestinationOptions = false;
  /** Value of a router alert option; -1 without one. */
  routerAlert = -1;
  /** Length from a jumbo payload option; 0 without one. */
  jumboLength = 0;

  #start = 0;
  #mayHopByHop = true;
  #hopByHop = LIMITS;
  #destination = LIMITS;

  /** What headers of hop-by-hop and of destination options may hold. */
  limit(hopByHop: OptionLimits, destination: OptionLimits): void {
    this.#hopByHop = hopByHop;
    this.#destination = destination;
  }

  /** A real fragment: not all of the datagram. The walk stops behind its header; `resume` goes on in the datagram made whole. */
  get isFragment(): boolean {
    return this.fragmentAt >= 0 && (this.fragmentOffset !== 0 || this.moreFragments);
  }

  /**
   * Walks the packet whose IPv6 header is at `start` and whose last byte that is there comes before `end`; returns `problem`.
   * `mayHopByHop`: hop-by-hop options may come first; where they stood behind a fragment header they may not.
   */
  walk(bytes: Uint8Array, start: number, end: number, mayHopByHop = true): number {
    this.#clear(start);
    this.#mayHopByHop = mayHopByHop;
    return this.#walkFrom(bytes, start + IPV6_HEADER, end, bytes[start + FIRST_POINTER]!, FIRST_POINTER);
  }

  /**
   * Goes on at `at` behind a fragment header that has done its work, in a buffer whose IPv6 header is at `start`. `pointer` says
   * which byte, counted from `start`, named `nextHeader`.
   */
  resume(bytes: Uint8Array, start: number, at: number, end: number, nextHeader: number, pointer: number): number {
    this.#clear(start);
    this.#mayHopByHop = false;
    return this.#walkFrom(bytes, at, end, nextHeader, pointer);
  }

  /** Takes the fragment header at `at`, which the byte at `namedAt` names, without a walk to it. */
  takeFragment(bytes: Uint8Array, start: number, at: number, namedAt: number): void {
    this.#clear(start);
    this.nextHeader = IpProtocol.fragment;
    this.nextHeaderPointer = namedAt - start;
    this.#read(bytes, at, FRAGMENT_HEADER);
    this.nextHeader = bytes[at + NEXT_HEADER]!;
    this.offset = at + FRAGMENT_HEADER;
  }

  #clear(start: number): void {
    this.#start = start;
    this.problem = 0;
    this.pointer = 0;
    this.count = 0;
    this.fragmentAt = -1;
    this.fragmentNamedAt = -1;
    this.fragmentOffset = 0;
    this.moreFragments = false;
    this.fragmentId = 0;
    this.routingType = -1;
    this.segmentsLeft = -1;
    this.hasHopByHop = false;
    this.hasDestinationOptions = false;
    this.routerAlert = -1;
    this.jumboLength = 0;
  }

  #fail(problem: number, pointer: number): number {
    this.problem = problem;
    this.pointer = pointer;
    return problem;
  }

  // Every turn moves at least eight bytes on, so the work is bounded by the packet.
  #walkFrom(bytes: Uint8Array, from: number, end: number, firstHeader: number, firstPointer: number): number {
    this.nextHeader = firstHeader;
    this.offset = from;
    this.nextHeaderPointer = firstPointer;
    while (isExtension(this.nextHeader)) {
      const at = this.offset;
      if (this.nextHeader === IpProtocol.hopByHop && (at !== this.#start + IPV6_HEADER || !this.#mayHopByHop))
        return this.#fail(Ipv6ExtensionProblem.hopByHopNotFirst, this.nextHeaderPointer);
      if (end - at < FRAGMENT_HEADER) return this.#fail(Ipv6ExtensionProblem.truncated, at - this.#start);
      const length = this.#lengthAt(bytes, at);
      if (length > end - at) return this.#fail(Ipv6ExtensionProblem.truncated, at - this.#start + LENGTH);
      if (this.#read(bytes, at, length) !== Ipv6ExtensionProblem.none) return this.problem;
      this.count++;
      this.nextHeader = bytes[at + NEXT_HEADER]!;
      this.nextHeaderPointer = at - this.#start + NEXT_HEADER;
      this.offset = at + length;
      if (this.isFragment) break;
    }
    return Ipv6ExtensionProblem.none;
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    if (this.nextHeader === IpProtocol.fragment) return FRAGMENT_HEADER;
    return (bytes[at + LENGTH]! + 1) << 3;
  }

  #read(bytes: Uint8Array, at: number, length: number): number {
    switch (this.nextHeader) {
      case IpProtocol.hopByHop:
        this.hasHopByHop = true;
        return this.#readOptions(bytes, at, length, true);
      case IpProtocol.destinationOptions:
        this.hasDestinationOptions = true;
        return this.#readOptions(bytes, at, length, false);
      case IpProtocol.routing:
        this.routingType = bytes[at + ROUTING_TYPE]!;
        this.segmentsLeft = bytes[at + SEGMENTS_LEFT]!;
        if (UNUSED_ROUTING.has(this.routingType))
          return this.#fail(Ipv6ExtensionProblem.unusedRouting, at - this.#start + ROUTING_TYPE);
        if (this.segmentsLeft === 0) return Ipv6ExtensionProblem.none;
        return this.#fail(Ipv6ExtensionProblem.routing, at - this.#start + ROUTING_TYPE);
      default:
        if (this.fragmentAt >= 0) return this.#fail(Ipv6ExtensionProblem.nestedFragment, at - this.#start);
        this.fragmentAt = at;
        this.fragmentNamedAt = this.#start + this.nextHeaderPointer;
        this.fragmentOffset = u16(bytes, at + FRAGMENT_OFFSET) & 0xfff8;
        this.moreFragments = (u16(bytes, at + FRAGMENT_OFFSET) & 1) !== 0;
        this.fragmentId = u32(bytes, at + FRAGMENT_ID);
        return Ipv6ExtensionProblem.none;
    }
  }

  #readOptions(bytes: Uint8Array, header: number, length: number, isHopByHop: boolean): number {
    const end = header + length;
    let at = header + 2;
    let padding = 0;
    let options = 0;
    const { options: optionsMax, bytes: lengthMax } = isHopByHop ? this.#hopByHop : this.#destination;
    if (length > lengthMax) return this.#fail(Ipv6ExtensionProblem.badOptions, header - this.#start);
    while (at < end) {
      const type = bytes[at]!;
      if (type === Ipv6Option.pad1) {
        if (++padding > PADDING_MAX) return this.#fail(Ipv6ExtensionProblem.badOptions, at - this.#start);
        at++;
        continue;
      }
      const optionLength = at + 1 < end ? bytes[at + 1]! + 2 : end + 1;
      if (optionLength > end - at) return this.#fail(Ipv6ExtensionProblem.badOptions, at - this.#start);
      if (type === Ipv6Option.padN) {
        padding += optionLength;
        if (padding > PADDING_MAX || !isZero(bytes, at + 2, at + optionLength)) {
          return this.#fail(Ipv6ExtensionProblem.badOptions, at - this.#start);
        }
      } else {
        padding = 0;
        if (++options > optionsMax) return this.#fail(Ipv6ExtensionProblem.badOptions, at - this.#start);
        if (this.#readOption(bytes, at, optionLength, isHopByHop) !== Ipv6ExtensionProblem.none) return this.problem;
      }
      at += optionLength;
    }
    return Ipv6ExtensionProblem.none;
  }

  #readOption(bytes: Uint8Array, at: number, length: number, isHopByHop: boolean): number {
    const type = bytes[at]!;
    if (isHopByHop && type === Ipv6Option.routerAlert) {
      if (length !== 4) return this.#fail(Ipv6ExtensionProblem.badOptions, at - this.#start);
      this.routerAlert = u16(bytes, at + 2);
      return Ipv6ExtensionProblem.none;
    }
    if (isHopByHop && type === Ipv6Option.jumbo) return this.#readJumbo(bytes, at, length);
    // Labels of a domain that is not configured here (RFC 5570), and measurements that must begin at a multiple of four (RFC 9486).
    const isMisplaced = type === Ipv6Option.measurement && ((at - this.#start) & 3) !== 0;
    if (isHopByHop && (type === Ipv6Option.label || isMisplaced))
      return this.#fail(Ipv6ExtensionProblem.badOptions, at - this.#start);
    switch (type >> 6) {
      case 0:
        return Ipv6ExtensionProblem.none;
      case 1:
        return this.#fail(Ipv6ExtensionProblem.optionDiscard, at - this.#start);
      case 2:
        return this.#fail(Ipv6ExtensionProblem.optionReport, at - this.#start);
      default:
        return this.#fail(Ipv6ExtensionProblem.optionReportUnicast, at - this.#start);
    }
  }

  /** RFC 2675 §3. */
  #readJumbo(bytes: Uint8Array, at: number, length: number): number {
    const pointer = at - this.#start;
    if (length !== 6 || (pointer & 3) !== 2) return this.#fail(Ipv6ExtensionProblem.badOptions, pointer);
    const jumboLength = u32(bytes, at + 2);
    if (jumboLength <= 0xffff) return this.#fail(Ipv6ExtensionProblem.jumbo, pointer + 2);
    if (u16(bytes, this.#start + 4) !== 0) return this.#fail(Ipv6ExtensionProblem.jumbo, pointer);
    this.jumboLength = jumboLength;
    return Ipv6ExtensionProblem.none;
  }
}

/** Next-header values that the walker knows how to step over: those of RFC 8200. IPsec's and mobility's are protocols like any other. */
export function isExtension(nextHeader: number): boolean {
  return (
    nextHeader === IpProtocol.hopByHop ||
    nextHeader === IpProtocol.routing ||
    nextHeader === IpProtocol.fragment ||
    nextHeader === IpProtocol.destinationOptions
  );
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Fields of an IPv6 fragment header (RFC 8200 §4.5). */
export interface FragmentFields {
  nextHeader: number;
  /** In bytes; the lowest three bits are lost. */
  fragmentOffset: number;
  moreFragments?: boolean | undefined;
  fragmentId: number;
}

/** Writes a fragment header (RFC 8200 §4.5); returns the bytes written. */
export function encodeFragment(fields: FragmentFields, out: Uint8Array, offset: number): number {
  out[offset] = fields.nextHeader;
  out[offset + 1] = 0;
  putU16(out, offset + FRAGMENT_OFFSET, (fields.fragmentOffset & 0xfff8) | (fields.moreFragments ? 1 : 0));
  putU32(out, offset + FRAGMENT_ID, fields.fragmentId);
  return FRAGMENT_HEADER;
}
