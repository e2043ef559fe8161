import { viewOf } from './data-view.ts';

// Doubles hold a sum of 32-bit words exactly up to 8 MiB of them.
const EXACT = 0x40_0000;
const TO_HIGH_WORD = 1 / 0x1_0000_0000;

/** Folds a partial sum (an integer from 0 to 2^53 - 1) into 16 bits with end-around carry. */
export function fold(sum: number): number {
  const high = (sum * TO_HIGH_WORD) >>> 0;
  let s = (sum & 0xffff) + (sum >>> 16) + (high & 0xffff) + (high >>> 16);
  s = (s >>> 16) + (s & 0xffff);
  return (s >>> 16) + (s & 0xffff);
}

/**
 * Folded sum of the range and `initial`. Taken as little-endian 32-bit words, which the machines of today load without swapping, and
 * swapped once. One function, so that only small integers go in and out and nothing is allocated.
 */
function foldedSum(bytes: Uint8Array, start: number, end: number, initial: number): number {
  const view = viewOf(bytes);
  // 2^16 is 1 in this arithmetic, so times 2^8 is what swaps the bytes of the one sum that is not little-endian.
  let sum = initial * 0x100;
  let at = start;
  for (const last = end - 32; at <= last; at += 32) {
    sum +=
      view.getUint32(at, true) +
      view.getUint32(at + 4, true) +
      view.getUint32(at + 8, true) +
      view.getUint32(at + 12, true) +
      view.getUint32(at + 16, true) +
      view.getUint32(at + 20, true) +
      view.getUint32(at + 24, true) +
      view.getUint32(at + 28, true);
  }
  for (const last = end - 8; at <= last; at += 8) sum += view.getUint32(at, true) + view.getUint32(at + 4, true);
  if (end - at >= 4) {
    sum += view.getUint32(at, true);
    at += 4;
  }
  const left = end - at;
  if (left > 0) sum += bytes[at]!;
  if (left > 1) sum += bytes[at + 1]! << 8;
  if (left > 2) sum += bytes[at + 2]!;
  const folded = fold(sum);
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

/**
 * One's complement partial sum of the bytes as big-endian 16-bit words counted from `start` (which may be odd), the last odd byte
 * padded with zero (RFC 1071), added to `initial`. Any length. The result is a partial sum that can be added to others before
 * `fold`; a datagram may be summed piece by piece if all pieces but the last have an even length.
 */
export function sumBytes(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  if (end - start > EXACT) return sumBytes(bytes, start + EXACT, end, sumBytes(bytes, start, start + EXACT, initial));
  return initial + foldedSum(bytes, start, end, 0);
}

/**
 * The Internet checksum of the range (RFC 1071): the complement of the folded sum, `initial` (a partial sum below 2^40) included.
 * Over data with a right checksum in it, 0.
 */
export function checksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  if (end - start > EXACT) return 0xffff ^ fold(sumBytes(bytes, start, end, initial));
  return 0xffff ^ foldedSum(bytes, start, end, initial);
}

/**
 * Partial sum of the IPv4 pseudo-header (RFC 9293 §3.1): addresses as 32-bit numbers, `length` of transport header and data in bytes.
 * With `length` 0 it is what the encoders take, which add the length themselves.
 */
export function pseudoHeader4(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}

/** Partial sum of the IPv6 pseudo-header (RFC 8200 §8.1); addresses as four 32-bit words each. */
export function pseudoHeader6(
  source0: number,
  source1: number,
  source2: number,
  source3: number,
  destination0: number,
  destination1: number,
  destination2: number,
  destination3: number,
  nextHeader: number,
  length: number,
): number {
  return (
    pseudoHeader4(source0, source1, nextHeader, length) +
    pseudoHeader4(source2, source3, 0, 0) +
    pseudoHeader4(destination0, destination1, 0, 0) +
    pseudoHeader4(destination2, destination3, 0, 0)
  );
}

/**
 * The checksum after one 16-bit word of the data has changed (RFC 1624, equation 3), for a router's TTL: nothing else is read.
 */
export function updateChecksum(old: number, oldWord: number, newWord: number): number {
  return ~fold((~old & 0xffff) + (~oldWord & 0xffff) + newWord) & 0xffff;
}
