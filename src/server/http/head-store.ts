/** A head that comes in pieces mostly begins with few bytes, and stays so where somebody means to hold as many of them as can be. */
const SMALLEST = 128;

/** Memory for heads that come in pieces: one limit for each, one for all together. */
export class HeadStore {
  /** Longest head in bytes. */
  readonly limit: number;
  private readonly total: number;
  private used = 0;

  constructor(limit = 64 * 1024, total = 64 * 1024 * 1024) {
    this.limit = limit;
    this.total = total;
  }

  /** A buffer for `length` bytes that begins with the first `kept` of `held`, or null when a limit stands against it. */
  room(held: Uint8Array | null, kept: number, length: number): Uint8Array | null {
    if (length > this.limit) return null;
    const had = held === null ? 0 : held.length;
    if (length <= had) return held;
    let size = had === 0 ? SMALLEST : had * 2;
    while (size < length) size *= 2;
    if (size > this.limit) size = this.limit;
    if (this.used + size - had > this.total) return null;
    this.used += size - had;
    const room = new Uint8Array(size);
    if (held !== null) room.set(held.subarray(0, kept));
    return room;
  }

  /** Takes back what `room` gave. */
  give(held: Uint8Array): void {
    this.used -= held.length;
  }
}
