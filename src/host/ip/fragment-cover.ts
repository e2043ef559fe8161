/** How a range lies to those that are there. */
export const Overlap = { none: 0, inside: 1, partial: 2 } as const;

/** Which bytes of a datagram are there: disjoint ranges in rising order, in arrays that are used again. */
export class FragmentCover {
  count = 0;
  /** Bytes covered. */
  total = 0;
  starts = new Int32Array(16);
  ends = new Int32Array(16);

  clear(): void {
    this.count = 0;
    this.total = 0;
  }

  /** An `Overlap` number: with none of the ranges, inside one of them, or anything else. */
  overlap(start: number, end: number): number {
    const at = this.firstEndingAfter(start);
    if (at === this.count || this.starts[at]! >= end) return Overlap.none;
    return this.starts[at]! <= start && end <= this.ends[at]! ? Overlap.inside : Overlap.partial;
  }

  /**
   * Adds a range that overlaps none. As in Linux, it grows the last range when it continues it, and else stays a range of its own even
   * where it touches others: what is "inside one" of them then depends on the order of arrival.
   */
  append(start: number, end: number): void {
    this.total += end - start;
    const at = this.firstEndingAfter(start);
    if (at === this.count && at > 0 && this.ends[at - 1] === start) {
      this.ends[at - 1] = end;
      return;
    }
    this.insert(at, start, end);
  }

  /** Adds a range that may overlap any, and joins what touches. */
  merge(start: number, end: number): void {
    let at = 0;
    while (at < this.count && this.ends[at]! < start) at++;
    let from = start;
    let to = end;
    let last = at;
    for (; last < this.count && this.starts[last]! <= end; last++) {
      from = Math.min(from, this.starts[last]!);
      to = Math.max(to, this.ends[last]!);
      this.total -= this.ends[last]! - this.starts[last]!;
    }
    this.total += to - from;
    if (last === at) {
      this.insert(at, from, to);
      return;
    }
    this.starts[at] = from;
    this.ends[at] = to;
    this.remove(at + 1, last);
  }

  /** End of the first uncovered bytes at or after `from`, and their start in `gapStart`; -1 when all up to `to` is covered. */
  gapStart = 0;
  nextGap(from: number, to: number): number {
    let at = this.firstEndingAfter(from);
    let start = from;
    while (at < this.count && this.starts[at]! <= start) start = this.ends[at++]!;
    if (start >= to) return -1;
    this.gapStart = start;
    return at < this.count ? Math.min(this.starts[at]!, to) : to;
  }

  private firstEndingAfter(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private insert(at: number, start: number, end: number): void {
    if (this.count === this.starts.length) this.grow();
    this.starts.copyWithin(at + 1, at, this.count);
    this.ends.copyWithin(at + 1, at, this.count);
    this.starts[at] = start;
    this.ends[at] = end;
    this.count++;
  }

  private remove(from: number, to: number): void {
    this.starts.copyWithin(from, to, this.count);
    this.ends.copyWithin(from, to, this.count);
    this.count -= to - from;
  }

  private grow(): void {
    const starts = new Int32Array(this.starts.length * 2);
    starts.set(this.starts);
    this.starts = starts;
    const ends = new Int32Array(this.ends.length * 2);
    ends.set(this.ends);
    this.ends = ends;
  }
}
