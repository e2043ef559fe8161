/** Sequence number arithmetic (RFC 9293 §3.4): numbers are unsigned 32 bits, compared modulo 2^32. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Half of the circle away a number is before and after, as in Linux. */
export function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

export function add(a: number, n: number): number {
  return (a + n) >>> 0;
}
