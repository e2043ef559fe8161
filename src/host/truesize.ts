const SK_BUFF = 256;
const SHARED_INFO = 320;
const HEADROOM = 64;
const CACHE_LINE = 64;

/** Memory that Linux charges for a received packet of `length` bytes with its link header (measured on 6.18): the sk_buff and its head. */
export function truesize(length: number): number {
  return ((length + HEADROOM + CACHE_LINE - 1) & ~(CACHE_LINE - 1)) + SHARED_INFO + SK_BUFF;
}

/** Bytes that the head of a received packet has room for behind its `used` ones. */
export function tailroom(length: number, used: number): number {
  return ((length + HEADROOM + CACHE_LINE - 1) & ~(CACHE_LINE - 1)) - HEADROOM - used;
}

/** What a fragment adds to the packet that it is put into: its head stays, its sk_buff does not. */
export function truesizeOfPart(length: number): number {
  return truesize(length) - SK_BUFF;
}
