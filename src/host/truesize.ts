const SK_BUFF = 256;
const SHARED_INFO = 320;
const HEADROOM = 64;
const CACHE_LINE = 64;
/** Linux keeps a cache of heads of this size for small packets. */
const SMALL_HEAD = 704;

/** Memory that Linux charges for a received packet of `length` bytes with its link header: the sk_buff and the slab that holds its data. */
export function truesize(length: number): number {
  const data = (length + HEADROOM + CACHE_LINE - 1) & ~(CACHE_LINE - 1);
  const needed = data + SHARED_INFO;
  if (needed <= SMALL_HEAD) return SMALL_HEAD + SK_BUFF;
  let slab = 1024;
  while (slab < needed) slab *= 2;
  return slab + SK_BUFF;
}
