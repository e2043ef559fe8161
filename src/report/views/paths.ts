import type { Trace } from '../../trace/trace.ts';

/** Different paths that are told apart; frames on further ones are counted together. */
const MOST_PATHS = 4096;
const SLOTS = MOST_PATHS * 4;
/** Places for the path met last with the same length and verdict: a power of two. */
const LIKELY = 1 << 10;

/**
 * The different sequences of decisions that frames took, each with its count. A path is found by a hash of its decision numbers and
 * compared number by number; nothing is allocated for a path that was seen before.
 */
export class PathTable {
  /** Frames on each path, by index. */
  readonly counts = new Float64Array(MOST_PATHS);
  /** First frame on it. */
  readonly first = new Float64Array(MOST_PATHS);
  size = 0;
  /** Frames on paths that found the table full. */
  others = 0;
  /** Index + 1 by hash slot; 0 free. */
  private readonly slots = new Uint16Array(SLOTS);
  /** The same for the path met last of those with the same length and last decision: most often it is that one again. */
  private readonly likely = new Uint16Array(LIKELY);
  private readonly starts = new Uint32Array(MOST_PATHS + 1);
  private ids = new Uint16Array(4096);

  /** Counts the trace's path; gives its index, -1 where the table is full. */
  count(trace: Trace, frame: number): number {
    const index = this.find(trace);
    if (index < 0) {
      this.others++;
      return -1;
    }
    if (this.counts[index] === 0) this.first[index] = frame;
    this.counts[index] = this.counts[index]! + 1;
    return index;
  }

  /** Decision numbers of a path. */
  path(index: number): Uint16Array {
    return this.ids.subarray(this.starts[index]!, this.starts[index + 1]!);
  }

  /** Index of the trace's path, new or known; -1 where it is new and the table is full. */
  find(trace: Trace): number {
    const { ids, length } = trace;
    const place = ((trace.final << 2) ^ length) & (LIKELY - 1);
    const likely = this.likely[place]! - 1;
    if (likely >= 0 && this.same(likely, ids, length)) return likely;
    const index = this.search(ids, length);
    this.likely[place] = index + 1;
    return index;
  }

  private search(ids: Uint16Array, length: number): number {
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ ids[i]!, 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    for (;;) {
      const index = this.slots[slot]! - 1;
      if (index < 0) break;
      if (this.same(index, ids, length)) return index;
      slot = (slot + 1) & (SLOTS - 1);
    }
    if (this.size === MOST_PATHS) return -1;
    return this.add(slot, ids, length);
  }

  private same(index: number, ids: Uint16Array, length: number): boolean {
    const start = this.starts[index]!;
    if (this.starts[index + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.ids[start + i] !== ids[i]) return false;
    return true;
  }

  private add(slot: number, ids: Uint16Array, length: number): number {
    const index = this.size++;
    const start = this.starts[index]!;
    if (start + length > this.ids.length) {
      const larger = new Uint16Array(Math.max(this.ids.length * 2, start + length));
      larger.set(this.ids);
      this.ids = larger;
    }
    this.ids.set(ids.subarray(0, length), start);
    this.starts[index + 1] = start + length;
    this.slots[slot] = index + 1;
    return index;
  }
}
