import { PREAMBLE, PREAMBLE_BYTES, SFD } from './line.ts';

/**
 * The levels of a frame's half bits, +1 and -1, preamble and start of frame delimiter first, octets in the order given and the lowest bit
 * of each first. A one goes from low to high in the middle of its bit time, a zero from high to low (IEEE 802.3 §7.3.1.1, §14.2.1.1).
 * `dribble`: so many bits of the first byte follow the last whole octet.
 */
export function manchester(bytes: Uint8Array, start: number, end: number, dribble = 0): Int8Array {
  const octets = PREAMBLE_BYTES + 1 + (end - start);
  const halves = new Int8Array((octets * 8 + dribble) * 2);
  let at = 0;
  const put = (octet: number, bits: number) => {
    for (let bit = 0; bit < bits; bit++) {
      const second = (octet >> bit) & 1 ? 1 : -1;
      halves[at++] = -second;
      halves[at++] = second;
    }
  };
  for (let i = 0; i < PREAMBLE_BYTES; i++) put(PREAMBLE, 8);
  put(SFD, 8);
  for (let i = start; i < end; i++) put(bytes[i]!, 8);
  if (dribble > 0) put(bytes[start] ?? PREAMBLE, dribble);
  return halves;
}
