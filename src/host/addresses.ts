import {
  directedBroadcast4,
  isInPrefix,
  isLimitedBroadcast4,
  isLinkLocal6,
  isLoopback4,
  isMulticast4,
  isMulticast6,
  netmask4,
  solicitedNodeWord,
} from '../wire/address.ts';
import type { HostAddress, HostConfig, Mac } from './config.ts';

/** 224.0.0.1: every host has joined it (RFC 1112 §4). */
const ALL_HOSTS = 0xe000_0001;

/** Up to so many addresses are compared one by one. */
const FEW = 4;

/**
 * The host's own addresses, and what follows from them: broadcasts, joined groups, what is on the link. Without any, every unicast
 * address is ours (a live capture, whose host is not known yet).
 */
export class Addresses {
  readonly has4: boolean;
  readonly has6: boolean;
  private readonly own4: readonly number[];
  private readonly masks4: readonly number[];
  private readonly broadcasts4: readonly number[];
  private readonly own6: readonly HostAddress[];
  /** As 32-bit integers, where there are more than a few. */
  private readonly many4: Set<number> | null;
  private readonly manyBroadcasts4: Set<number>;
  private readonly any: boolean;
  /** It forwards IPv6, and so has joined the groups of routers and answers to their anycast addresses. */
  private readonly isRouter6: boolean;

  constructor(addresses: readonly HostAddress[], isRouter6 = false) {
    this.isRouter6 = isRouter6;
    this.any = addresses.length === 0;
    const four = addresses.filter((address) => address.family === 4);
    this.own4 = four.map((address) => address.words[3]);
    this.masks4 = four.map((address) => netmask4(address.prefix));
    this.broadcasts4 = four.map((address) => directedBroadcast4(address.words[3], address.prefix));
    this.own6 = addresses.filter((address) => address.family === 6);
    this.many4 = four.length > FEW ? new Set(this.own4.map((address) => address | 0)) : null;
    this.manyBroadcasts4 = new Set(this.broadcasts4.map((address) => address | 0));
    this.has4 = this.any || four.length > 0;
    this.has6 = this.any || this.own6.length > 0;
  }

  isOurs4(address: number): boolean {
    if (this.any) return !isMulticast4(address) && !this.isBroadcast4(address);
    if (this.many4 !== null) return this.many4.has(address | 0);
    const own = this.own4;
    for (let i = 0; i < own.length; i++) if (own[i] === address) return true;
    return false;
  }

  /** Limited broadcast, or that of a network of ours. */
  isBroadcast4(address: number): boolean {
    if (isLimitedBroadcast4(address)) return true;
    const broadcasts = this.broadcasts4;
    if (this.many4 !== null) return this.manyBroadcasts4.has(address | 0);
    for (let i = 0; i < broadcasts.length; i++) if (broadcasts[i] === address) return true;
    return false;
  }

  /** One host's address, but not ours. */
  isElsewhere4(address: number): boolean {
    if (address === 0 || isLoopback4(address) || isMulticast4(address)) return false;
    return !this.isOurs4(address) && !this.isBroadcast4(address);
  }

  isJoined4(group: number): boolean {
    return group === ALL_HOSTS;
  }

  /** `other` is in the network of our address `own`. */
  sharesNetwork4(own: number, other: number): boolean {
    const at = this.own4.indexOf(own);
    return at >= 0 && ((other ^ own) & this.masks4[at]!) === 0;
  }

  /** Both are in one network of ours. */
  sharesLink4(a: number, b: number): boolean {
    return this.own4.some((own, at) => (((a ^ own) | (b ^ own)) & this.masks4[at]!) === 0);
  }

  isOnLink4(address: number): boolean {
    for (let i = 0; i < this.own4.length; i++) {
      if (((address ^ this.own4[i]!) & this.masks4[i]!) === 0) return true;
    }
    return false;
  }

  /** Our address that a packet to `destination` carries as its source: the first in the same network, else the first; 0 without any. */
  sourceFor4(destination: number): number {
    for (let i = 0; i < this.own4.length; i++) {
      if (((destination ^ this.own4[i]!) & this.masks4[i]!) === 0) return this.own4[i]!;
    }
    return this.own4[0] ?? 0;
  }

  isOurs6(w0: number, w1: number, w2: number, w3: number): boolean {
    if (this.any) return !isMulticast6(w0);
    for (const { words } of this.own6) {
      if (words[3] === w3 && words[2] === w2 && words[1] === w1 && words[0] === w0) return true;
    }
    return false;
  }

  /** The subnet-router anycast address of a network of ours (RFC 4291 §2.6.1): the prefix, and zeros. */
  isRouterAnycast6(w0: number, w1: number, w2: number, w3: number): boolean {
    if (!this.isRouter6) return false;
    for (const { words, prefix } of this.own6) {
      if (prefix >= 127 || !isInPrefix(w0, w1, w2, w3, words[0], words[1], words[2], words[3], prefix)) continue;
      if (hasZeroHost(w0, w1, w2, w3, prefix)) return true;
    }
    return false;
  }

  /** All nodes, and the solicited-node group of each address of ours (RFC 4291 §2.8). */
  isJoined6(w0: number, w1: number, w2: number, w3: number): boolean {
    if (this.isRouter6 && w1 === 0 && w2 === 0 && w3 === 2 && isRouterScope(w0)) return true;
    if (w0 !== 0xff02_0000 || w1 !== 0) return false;
    if (w2 === 0) return w3 === 1;
    if (w2 !== 1) return false;
    for (const { words } of this.own6) if (solicitedNodeWord(words[3]) === w3) return true;
    return false;
  }

  isOnLink6(w0: number, w1: number, w2: number, w3: number): boolean {
    if (isLinkLocal6(w0)) return true;
    for (const { words, prefix } of this.own6) {
      if (isInPrefix(w0, w1, w2, w3, words[0], words[1], words[2], words[3], prefix)) return true;
    }
    return false;
  }

  /**
   * As `sourceFor4`: of the destination's scope, then with the longest common prefix, and of equal ones the newest (RFC 6724 §5; Linux
   * ipv6_get_saddr_eval). Groups of link scope are talked to from a link-local address where there is one.
   */
  sourceFor6(w0: number, w1: number, w2: number, w3: number): HostAddress | undefined {
    const own = this.own6;
    const wantsLinkLocal = isLinkLocal6(w0) || (isMulticast6(w0) && ((w0 >>> 16) & 0xf) === 2);
    let best: HostAddress | undefined;
    let longest = -1;
    for (let i = own.length - 1; i >= 0; i--) {
      const [a0, a1, a2, a3] = own[i]!.words;
      if (isLinkLocal6(a0) !== wantsLinkLocal) continue;
      const common = Math.min(commonBits(a0 ^ w0, a1 ^ w1, a2 ^ w2, a3 ^ w3), own[i]!.prefix);
      if (common <= longest) continue;
      best = own[i];
      longest = common;
    }
    return best ?? own[own.length - 1];
  }

  /** Our address of the link itself, which neighbour discovery speaks from. */
  get linkLocal6(): HostAddress | undefined {
    return this.own6.find(({ words }) => isLinkLocal6(words[0]));
  }

  /** The last words of the Ethernet groups that the card is told to take: upper 16 bits 0x0100 for IPv4, 0x3333 for IPv6. */
  isSubscribed(macHigh: number, macLow: number): boolean {
    if (macHigh === 0x0100) return this.has4 && macLow === 0x5e00_0001;
    if (macHigh !== 0x3333 || !this.has6) return false;
    if (macLow === 1 || (macLow === 2 && this.isRouter6)) return true;
    for (const { words } of this.own6) if (solicitedNodeWord(words[3]) === macLow) return true;
    return false;
  }
}

/** A router speaks from a link-local address; where none is configured it makes one of its MAC, as Linux does (RFC 4291 appendix A). */
export function withLinkLocal6(config: HostConfig): readonly HostAddress[] {
  const { addresses, macs } = config;
  const has6 = addresses.some(({ family }) => family === 6);
  const has = addresses.some(({ family, words }) => family === 6 && isLinkLocal6(words[0]));
  const mac = macs[0];
  if (config.sysctl['ipv6.forwarding'] === 0 || !has6 || has || mac === undefined) return addresses;
  return [...addresses, linkLocalOf(mac)];
}

/** The link-local address that Linux makes of a MAC. */
export function linkLocalOf({ high, low }: Mac): HostAddress {
  const w2 = (((high << 16) ^ 0x0200_0000) | ((low >>> 16) & 0xff00) | 0xff) >>> 0;
  const w3 = (0xfe00_0000 | (low & 0x00ff_ffff)) >>> 0;
  return { family: 6, words: [0xfe80_0000, 0, w2, w3], prefix: 64 };
}

/** Groups of all routers: of the interface, the link and the site (RFC 4291 §2.7.1). */
function isRouterScope(w0: number): boolean {
  return w0 === 0xff01_0000 || w0 === 0xff02_0000 || w0 === 0xff05_0000;
}

/** Leading bits in which two addresses agree, by their exclusive or. */
function commonBits(x0: number, x1: number, x2: number, x3: number): number {
  if (x0 !== 0) return Math.clz32(x0);
  if (x1 !== 0) return 32 + Math.clz32(x1);
  return x2 !== 0 ? 64 + Math.clz32(x2) : 96 + Math.clz32(x3);
}

/** All bits behind the prefix are zero. */
function hasZeroHost(w0: number, w1: number, w2: number, w3: number, prefix: number): boolean {
  return (
    (w0 & ~netmask4(Math.min(prefix, 32))) === 0 &&
    (w1 & ~netmask4(Math.min(Math.max(prefix - 32, 0), 32))) === 0 &&
    (w2 & ~netmask4(Math.min(Math.max(prefix - 64, 0), 32))) === 0 &&
    (w3 & ~netmask4(Math.max(prefix - 96, 0))) === 0
  );
}
