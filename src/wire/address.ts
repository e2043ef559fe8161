import { createRequire } from 'node:module';
import type Ipaddr from 'ipaddr.js';

// an import of CommonJS would be read through for its names first, at each start
const ipaddr = createRequire(import.meta.url)('ipaddr.js') as typeof Ipaddr;

/** An address as a family, 4 or 6, and four unsigned 32-bit words, most significant first; IPv4 sits in `w3`, the others are 0. */
export interface IpAddress {
  family: number;
  w0: number;
  w1: number;
  w2: number;
  w3: number;
}

const HEX = '0123456789abcdef';

/** Dotted decimal of an unsigned (or signed) 32-bit number. */
export function formatIp4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

/** RFC 5952 text of an IPv6 address: lower case, no leading zeros, the longest run of zeros shortened; IPv4-mapped as ::ffff:1.2.3.4. */
export function formatIp6(w0: number, w1: number, w2: number, w3: number): string {
  if (isMapped4(w0, w1, w2)) return `::ffff:${formatIp4(w3)}`;
  const groups = [w0 >>> 16, w0 & 0xffff, w1 >>> 16, w1 & 0xffff, w2 >>> 16, w2 & 0xffff, w3 >>> 16, w3 & 0xffff];
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > runLength) {
      runStart = i;
      runLength = length;
    }
    i += length;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += '::';
      i += runLength - 1;
      continue;
    }
    if (i > 0 && i !== runStart + runLength) text += ':';
    text += groups[i]!.toString(16);
  }
  return text;
}

/** Text of an address; `family` is 4 (the address is `w3`) or 6. */
export function formatIp(family: number, w0: number, w1: number, w2: number, w3: number): string {
  return family === 4 ? formatIp4(w3) : formatIp6(w0, w1, w2, w3);
}

/** Six pairs of lower-case hex digits of a MAC's upper 16 and lower 32 bits. */
export function formatMac(high: number, low: number): string {
  return `${hex2(high >>> 8)}:${hex2(high)}:${hex2(low >>> 24)}:${hex2(low >>> 16)}:${hex2(low >>> 8)}:${hex2(low)}`;
}

function hex2(value: number): string {
  return HEX[(value >>> 4) & 0xf]! + HEX[value & 0xf]!;
}

/**
 * Words of an address in text: dotted decimal with four parts, or any form of RFC 4291 §2.2 without a zone; `undefined` for anything
 * else. An IPv4-mapped address stays family 6.
 */
export function parseIp(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    const bytes = ipaddr.IPv4.parse(text).toByteArray();
    return { family: 4, w0: 0, w1: 0, w2: 0, w3: word(bytes, 0) };
  }
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const bytes = ipaddr.IPv6.parse(text).toByteArray();
  return { family: 6, w0: word(bytes, 0), w1: word(bytes, 4), w2: word(bytes, 8), w3: word(bytes, 12) };
}

function word(bytes: ArrayLike<number>, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** The 48-bit integer of a MAC in text, six pairs of hex digits with colons or dashes; `undefined` for anything else. */
export function parseMac(text: string): number | undefined {
  if (!/^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text)) return undefined;
  return Number.parseInt(text.replaceAll(text[2]!, ''), 16);
}

/** Upper 16 bits of a 48-bit MAC. */
export function macHigh(mac: number): number {
  return Math.floor(mac / 0x1_0000_0000);
}

/** Lower 32 bits of a 48-bit MAC, unsigned. */
export function macLow(mac: number): number {
  return mac >>> 0;
}

/** 48-bit MAC of its upper 16 and lower 32 bits. */
export function joinMac(high: number, low: number): number {
  return high * 0x1_0000_0000 + (low >>> 0);
}

/** ff:ff:ff:ff:ff:ff. */
export function isBroadcastMac(high: number, low: number): boolean {
  return high === 0xffff && low >>> 0 === 0xffff_ffff;
}

/** The group bit is set (IEEE 802 §8.2): a multicast address, or broadcast. */
export function isGroupMac(high: number): boolean {
  return (high & 0x0100) !== 0;
}

/** Lower 32 bits of the MAC that an IPv4 group is sent to (RFC 1112 §6.4); the upper 16 are `MULTICAST_MAC4_HIGH`. */
export function multicastMacLow4(group: number): number {
  return (0x5e00_0000 | (group & 0x7f_ffff)) >>> 0;
}
export const MULTICAST_MAC4_HIGH = 0x0100;

/** Upper 16 bits of the MAC that an IPv6 group is sent to; the lower 32 are the group's last word (RFC 2464 §7). */
export const MULTICAST_MAC6_HIGH = 0x3333;

/** 127.0.0.0/8. */
export function isLoopback4(address: number): boolean {
  return address >>> 24 === 127;
}

/** 224.0.0.0/4. */
export function isMulticast4(address: number): boolean {
  return address >>> 28 === 0xe;
}

/** 255.255.255.255. */
export function isLimitedBroadcast4(address: number): boolean {
  return address >>> 0 === 0xffff_ffff;
}

/** The directed broadcast of a network with `prefixLength` bits (0 to 32); /31 and /32 have none (RFC 3021). */
export function directedBroadcast4(address: number, prefixLength: number): number {
  return prefixLength >= 31 ? 0xffff_ffff : (address | ~netmask4(prefixLength)) >>> 0;
}

/** Mask of a prefix length, 0 to 32, unsigned. */
export function netmask4(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}

/** ::. */
export function isUnspecified6(w0: number, w1: number, w2: number, w3: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === 0 && w3 === 0;
}

/** ::1. */
export function isLoopback6(w0: number, w1: number, w2: number, w3: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1;
}

/** ff00::/8. */
export function isMulticast6(w0: number): boolean {
  return w0 >>> 24 === 0xff;
}

/** Scope of a multicast address, 0 to 15: 1 interface, 2 link, 5 site, 14 global (RFC 4291 §2.7). */
export function multicastScope6(w0: number): number {
  return (w0 >>> 16) & 0xf;
}

/** fe80::/10. */
export function isLinkLocal6(w0: number): boolean {
  return w0 >>> 22 === 0x3fa;
}

/** ::ffff:0:0/96, an IPv4 address in IPv6 form (RFC 4291 §2.5.5.2). */
export function isMapped4(w0: number, w1: number, w2: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === 0xffff;
}

/** ff02::1:ff00:0/104, where neighbour solicitations go (RFC 4291 §2.7.1). */
export function isSolicitedNode6(w0: number, w1: number, w2: number, w3: number): boolean {
  return w0 >>> 0 === 0xff02_0000 && w1 === 0 && w2 === 1 && w3 >>> 24 === 0xff;
}

/** Last word of the solicited-node address of an address with this last word; the others are 0xff020000, 0 and 1. */
export function solicitedNodeWord(w3: number): number {
  return (0xff00_0000 | (w3 & 0xff_ffff)) >>> 0;
}

/** Address and network agree in the first `prefixLength` bits (0 to 128; the words of IPv4 count as the last 32 of 128). */
export function isInPrefix(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  n0: number,
  n1: number,
  n2: number,
  n3: number,
  prefixLength: number,
): boolean {
  return (
    agree(a0, n0, prefixLength) &&
    agree(a1, n1, prefixLength - 32) &&
    agree(a2, n2, prefixLength - 64) &&
    agree(a3, n3, prefixLength - 96)
  );
}

function agree(a: number, b: number, bits: number): boolean {
  if (bits <= 0) return true;
  return bits >= 32 ? a >>> 0 === b >>> 0 : (a ^ b) >>> (32 - bits) === 0;
}
