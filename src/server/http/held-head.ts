import type { HeadStore } from './head-store.ts';

/** Fewer bytes are copied one by one, which costs less than a view of them. */
const LONG = 256;

/** The part of a head that came in earlier pieces of its stream, copied together. */
export class HeldHead {
  bytes: Uint8Array | null = null;
  length = 0;
  private readonly store: HeadStore;

  constructor(store: HeadStore) {
    this.store = store;
  }

  /** Adds bytes; false when the head becomes too long or there is no room for it. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.length + end - start;
    const room = this.store.room(this.bytes, this.length, length);
    if (room === null) return false;
    this.bytes = room;
    if (end - start > LONG) room.set(bytes.subarray(start, end), this.length);
    else for (let i = start, to = this.length; i < end; i++, to++) room[to] = bytes[i]!;
    this.length = length;
    return true;
  }

  /** Hands the bytes over (the first `length` of them); nothing is held any more. */
  take(): Uint8Array | null {
    const bytes = this.bytes;
    if (bytes !== null) this.store.give(bytes);
    this.bytes = null;
    this.length = 0;
    return bytes;
  }
}
