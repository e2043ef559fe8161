const SK_BUFF = 256;
const SHARED_INFO = 320;
const HEADROOM = 64;
const CACHE_LINE = 64;

/** Memory that Linux charges for a received packet of `length` bytes with its link header (measured on 6.18): the sk_buff and its head. */
export function truesize(length: number): number {
  return ((length + HEADROOM + CACHE_LINE - 1) & ~(CACHE_LINE - 1)) + SHARED_INFO + SK_BUFF;
}
