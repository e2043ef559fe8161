/** Numbers up to 16 MiB before an ISN count as before it. */
const BEFORE = 0xff00_0000;
const ALL = 0x1_0000_0000;

/**
 * Distance of a sequence number from an ISN; negative up to 16 MiB before it (old segments, keep-alive probes). Without an ISN (-1) the
 * number itself.
 */
export function relative(number: number, isn: number): number {
  if (isn < 0) return number;
  const distance = (number - isn) >>> 0;
  return distance >= BEFORE ? distance - ALL : distance;
}
