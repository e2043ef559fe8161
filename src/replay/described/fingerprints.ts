const SLOT = 2;

/**
 * Numbers that name things, the last of them: at least `most`, at most twice as many. Kept as fingerprints of 64 bits, in two sets of which
 * the older one is emptied when the newer one is full.
 */
export class Fingerprints {
  private readonly most: number;
  private readonly mask: number;
  private newer: Int32Array;
  private older: Int32Array;
  private size = 0;
  private first = 0;
  private second = 0;

  /** `most`: a power of two. */
  constructor(most: number) {
    this.most = most;
    this.mask = most * 2 - 1;
    this.newer = new Int32Array(most * 2 * SLOT);
    this.older = new Int32Array(most * 2 * SLOT);
  }

  /** Begins a name. */
  begin(): this {
    this.first = 0x2f6e2b1;
    this.second = 0x5bd1e995;
    return this;
  }

  /** Goes on with it; the number's lower 32 bits count. */
  with(number: number): this {
    this.first = mix(Math.imul(this.first ^ number, 0x9e3779b1));
    this.second = mix(Math.imul(this.second, 0x85ebca77) + (number | 0));
    return this;
  }

  /** Is what was named there? */
  get has(): boolean {
    return this.isAt(this.newer) || this.isAt(this.older);
  }

  /** Adds what was named. */
  add(): void {
    const { newer } = this;
    const at = this.locate(newer);
    if (newer[at + 1] !== 0) return;
    newer[at] = this.first;
    newer[at + 1] = this.second || 1;
    if (++this.size < this.most) return;
    this.newer = this.older.fill(0);
    this.older = newer;
    this.size = 0;
  }

  private isAt(slots: Int32Array): boolean {
    return slots[this.locate(slots) + 1] !== 0;
  }

  /** Where it is, or would be. */
  private locate(slots: Int32Array): number {
    const { first, mask } = this;
    const second = this.second || 1;
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT;
      if (slots[at + 1] === 0 || (slots[at] === first && slots[at + 1] === second)) return at;
    }
  }
}

function mix(x: number): number {
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d);
  x ^= x >>> 12;
  return x ^ (x >>> 15);
}
