import { NO_BYTES, putU16, putU32, putU48, u16, u32, u48 } from './bytes.ts';
import { ICMPV6_HEADER, Icmpv6Type } from './icmpv6.ts';

const TYPE = 0;
const REST = 4;
const TARGET = 8;
const REACHABLE_TIME = 8;
const RETRANS_TIMER = 12;
const REDIRECT_DESTINATION = 24;
const OPTION_LENGTH = 1;
const OPTION_ADDRESS = 2;
const ADDRESS = 16;
/** Bytes of a link-layer address option on Ethernet. */
const LINK_OPTION = 8;
/** Bytes of reachable time and retransmission timer in a router advertisement. */
const RA_TIMERS = 8;

export const NdpOption = { sourceLinkLayer: 1, targetLinkLayer: 2, prefix: 3, redirected: 4, mtu: 5, nonce: 14 } as const;

/** Bits of `rest` in a neighbour advertisement. */
export const NaFlag = { router: 0x8000_0000, solicited: 0x4000_0000, override: 0x2000_0000 } as const;

export const NdpProblem = {
  none: 0,
  /** The fixed part of the type is not all there. */
  truncated: 1,
  /** An option of length 0 or beyond the end (RFC 4861 §4.6: the message is dropped). */
  badOptions: 2,
  /** Not one of the five types. */
  notNdp: 3,
} as const;

/**
 * Neighbour discovery message (RFC 4861 §4), laid over the whole ICMPv6 message. `check` also walks the options: link-layer addresses
 * are 48-bit integers, -1 where the option is not there (or not of Ethernet's length).
 */
export class NdpView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  sourceLinkLayer = -1;
  targetLinkLayer = -1;
  /** MTU option of a router advertisement, -1 without one. */
  mtuOption = -1;
  /** Offset in `bytes` of the first prefix information option, -1 without one. */
  prefixAt = -1;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `NdpProblem` number. */
  check(): number {
    this.sourceLinkLayer = -1;
    this.targetLinkLayer = -1;
    this.mtuOption = -1;
    this.prefixAt = -1;
    if (this.end - this.start < ICMPV6_HEADER) return NdpProblem.truncated;
    const fixed = ndpFixedLength(this.type);
    if (fixed === 0) return NdpProblem.notNdp;
    if (this.end - this.start < fixed) return NdpProblem.truncated;
    return this.#walk(this.start + fixed) ? NdpProblem.none : NdpProblem.badOptions;
  }

  /** A word of the addresses that begin behind the first eight bytes, 0 where messages of this type have none. */
  #word(at: number): number {
    if (this.type === Icmpv6Type.routerAdvertisement || at >= ndpFixedLength(this.type)) return 0;
    return u32(this.bytes, this.start + at);
  }

  #walk(from: number): boolean {
    const { bytes, end } = this;
    let at = from;
    while (at < end) {
      if (end - at < 8) return false;
      const kind = bytes[at]!;
      const length = bytes[at + OPTION_LENGTH]! << 3;
      if (length === 0 || length > end - at) return false;
      if (length === LINK_OPTION) {
        // The first of several counts, as in Linux.
        if (kind === NdpOption.sourceLinkLayer && this.sourceLinkLayer < 0)
          this.sourceLinkLayer = u48(bytes, at + OPTION_ADDRESS);
        if (kind === NdpOption.targetLinkLayer && this.targetLinkLayer < 0)
          this.targetLinkLayer = u48(bytes, at + OPTION_ADDRESS);
        if (kind === NdpOption.mtu && this.mtuOption < 0) this.mtuOption = u32(bytes, at + 4);
      } else if (kind === NdpOption.prefix && length === 32 && this.prefixAt < 0) {
        this.prefixAt = at;
      }
      at += length;
    }
    return true;
  }

  get type(): number {
    return this.bytes[this.start + TYPE]!;
  }
  get code(): number {
    return this.bytes[this.start + 1]!;
  }
  /** Target address of NS, NA and redirect; 0 in the others. */
  get target0(): number {
    return this.#word(TARGET);
  }
  get target1(): number {
    return this.#word(TARGET + 4);
  }
  get target2(): number {
    return this.#word(TARGET + 8);
  }
  get target3(): number {
    return this.#word(TARGET + 12);
  }
  /** Destination address of a redirect; 0 in the others. */
  get destination0(): number {
    return this.#word(REDIRECT_DESTINATION);
  }
  get destination1(): number {
    return this.#word(REDIRECT_DESTINATION + 4);
  }
  get destination2(): number {
    return this.#word(REDIRECT_DESTINATION + 8);
  }
  get destination3(): number {
    return this.#word(REDIRECT_DESTINATION + 12);
  }
  /** NA flags. */
  get isRouter(): boolean {
    return (this.bytes[this.start + REST]! & 0x80) !== 0;
  }
  get isSolicited(): boolean {
    return (this.bytes[this.start + REST]! & 0x40) !== 0;
  }
  get isOverride(): boolean {
    return (this.bytes[this.start + REST]! & 0x20) !== 0;
  }
  /** RA fields: hop limit for the host to use (0: not said), and the router's lifetime in seconds (0: no default router). */
  get currentHopLimit(): number {
    return this.bytes[this.start + REST]!;
  }
  get routerLifetime(): number {
    return u16(this.bytes, this.start + REST + 2);
  }
  /** Milliseconds, of a router advertisement; 0 in the others, and where it says nothing. */
  get reachableTime(): number {
    return this.type === Icmpv6Type.routerAdvertisement ? u32(this.bytes, this.start + REACHABLE_TIME) : 0;
  }
  get retransTimer(): number {
    return this.type === Icmpv6Type.routerAdvertisement ? u32(this.bytes, this.start + RETRANS_TIMER) : 0;
  }
}

/** Bytes of a message before its options; 0 for a type that is not neighbour discovery. */
function ndpFixedLength(type: number): number {
  switch (type) {
    case Icmpv6Type.routerSolicitation:
      return ICMPV6_HEADER;
    case Icmpv6Type.routerAdvertisement:
      return ICMPV6_HEADER + RA_TIMERS;
    case Icmpv6Type.neighborSolicitation:
    case Icmpv6Type.neighborAdvertisement:
      return ICMPV6_HEADER + ADDRESS;
    case Icmpv6Type.redirect:
      return ICMPV6_HEADER + 2 * ADDRESS;
    default:
      return 0;
  }
}

/** Fields of the body of a neighbour discovery message (RFC 4861 §4) and its options; which of them count, the type says. */
export interface NdpFields {
  /** ICMPv6 type, which decides what the body holds. */
  type: number;
  target0?: number | undefined;
  target1?: number | undefined;
  target2?: number | undefined;
  target3?: number | undefined;
  destination0?: number | undefined;
  destination1?: number | undefined;
  destination2?: number | undefined;
  destination3?: number | undefined;
  /** Milliseconds, of a router advertisement. */
  reachableTime?: number | undefined;
  retransTimer?: number | undefined;
  /** 48-bit integers; omitted or negative: no such option. */
  sourceLinkLayer?: number | undefined;
  targetLinkLayer?: number | undefined;
  mtuOption?: number | undefined;
}

/**
 * Writes what follows the first eight bytes of the ICMPv6 message (the `payload` that `encodeIcmpv6` takes; flags of an advertisement
 * belong into its `rest`); returns the bytes written.
 */
export function encodeNdp(fields: NdpFields, out: Uint8Array, offset: number): number {
  let at = offset;
  if (fields.type === Icmpv6Type.routerAdvertisement) {
    putU32(out, at, fields.reachableTime ?? 0);
    putU32(out, at + 4, fields.retransTimer ?? 0);
    at += RA_TIMERS;
  } else if (fields.type !== Icmpv6Type.routerSolicitation) {
    at = putWords(out, at, fields.target0, fields.target1, fields.target2, fields.target3);
  }
  if (fields.type === Icmpv6Type.redirect) {
    at = putWords(out, at, fields.destination0, fields.destination1, fields.destination2, fields.destination3);
  }
  at = putLinkOption(out, at, NdpOption.sourceLinkLayer, fields.sourceLinkLayer);
  at = putLinkOption(out, at, NdpOption.targetLinkLayer, fields.targetLinkLayer);
  if (fields.mtuOption !== undefined && fields.mtuOption >= 0) {
    out[at] = NdpOption.mtu;
    out[at + OPTION_LENGTH] = 1;
    putU16(out, at + 2, 0);
    putU32(out, at + 4, fields.mtuOption);
    at += 8;
  }
  return at - offset;
}

function putWords(out: Uint8Array, at: number, w0 = 0, w1 = 0, w2 = 0, w3 = 0): number {
  putU32(out, at, w0);
  putU32(out, at + 4, w1);
  putU32(out, at + 8, w2);
  putU32(out, at + 12, w3);
  return at + ADDRESS;
}

function putLinkOption(out: Uint8Array, at: number, kind: number, mac = -1): number {
  if (mac < 0) return at;
  out[at] = kind;
  out[at + OPTION_LENGTH] = 1;
  putU48(out, at + OPTION_ADDRESS, mac);
  return at + LINK_OPTION;
}
