/** Stands for "no bytes yet" in views and fields; never written to. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Big-endian 16-bit number at `at`. Bytes outside the array count as zero, as in all readers here. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Big-endian 32-bit number at `at`, unsigned. */
export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Big-endian 48-bit number at `at`: a MAC address as one integer. */
export function u48(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 2);
}

/** Writes the low 16 bits of `value`, big-endian. */
export function putU16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value;
}

/** Writes the low 32 bits of `value`, big-endian. */
export function putU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** Writes a 48-bit integer (0 to 2^48 - 1), big-endian. */
export function putU48(out: Uint8Array, at: number, value: number): void {
  putU16(out, at, Math.floor(value / 0x1_0000_0000));
  putU32(out, at + 2, value % 0x1_0000_0000);
}

/** A copy of `[start, end)`; `slice` makes none of a Buffer. */
export function copied(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** Copies a range byte by byte for short ranges, where `set(subarray())` would allocate for nothing. */
export function copyBytes(from: Uint8Array, start: number, end: number, out: Uint8Array, at: number): void {
  if (end - start > 128) {
    out.set(from.subarray(start, end), at);
    return;
  }
  for (let i = start, j = at; i < end; i++, j++) out[j] = from[i]!;
}
