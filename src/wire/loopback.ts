import { putU32, u32 } from './bytes.ts';
import { EtherType } from './ethernet.ts';

/** Bytes of the BSD loopback header: an address family, nothing else. */
export const LOOPBACK_HEADER = 4;

/** Address families of the systems that write such captures: AF_INET is 2 everywhere, AF_INET6 differs. */
export const LoopbackFamily = { inet: 2, inet6Linux: 10, inet6Bsd: 24, inet6FreeBsd: 28, inet6Darwin: 30 } as const;

/**
 * Address family of a LINKTYPE_NULL (host byte order of the capturing machine) or LINKTYPE_LOOP (big-endian) header.
 * `bigEndianFirst` says which order to try first; the other one is taken where the first gives more than 16 bits.
 * Needs `LOOPBACK_HEADER` bytes at `start`.
 */
export function loopbackFamily(bytes: Uint8Array, start: number, bigEndianFirst: boolean): number {
  const big = u32(bytes, start);
  const little = (bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24)) >>> 0;
  const first = bigEndianFirst ? big : little;
  if (first <= 0xffff) return first;
  return bigEndianFirst ? little : big;
}

/** The EtherType that stands for the family: IPv4, IPv6, or 0 for any other. */
export function loopbackEtherType(family: number): number {
  if (family === LoopbackFamily.inet) return EtherType.ipv4;
  const isInet6 =
    family === LoopbackFamily.inet6Linux ||
    family === LoopbackFamily.inet6Bsd ||
    family === LoopbackFamily.inet6FreeBsd ||
    family === LoopbackFamily.inet6Darwin;
  return isInet6 ? EtherType.ipv6 : 0;
}

/** Writes a header in the given byte order; returns the bytes written. */
export function encodeLoopback(family: number, bigEndian: boolean, out: Uint8Array, offset: number): number {
  if (bigEndian) {
    putU32(out, offset, family);
  } else {
    out[offset] = family;
    out[offset + 1] = family >>> 8;
    out[offset + 2] = family >>> 16;
    out[offset + 3] = family >>> 24;
  }
  return LOOPBACK_HEADER;
}
