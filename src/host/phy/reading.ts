const FIRST = 4096;

/** What a receiver made of a signal, bit by bit: for whoever draws it. Bits count from the first one that was looked at. */
export class Reading {
  /** Bits that were decided. */
  count = 0;
  /** Middle of each bit time, in samples. */
  centers = new Float64Array(FIRST);
  bits = new Uint8Array(FIRST);
  /** 1: no transition was found in the middle of the bit. */
  violations = new Uint8Array(FIRST);
  /** Sample at which the signal was found; -1: none. */
  foundAt = -1;
  /** Index of the first bit after the lock, of the first bit of data; -1: it did not come so far. */
  lockedAt = -1;
  dataAt = -1;
  /** Clock of the sender against ours, in parts per million. */
  drift = 0;

  clear(): void {
    this.count = 0;
    this.foundAt = this.lockedAt = this.dataAt = -1;
    this.drift = 0;
  }

  add(center: number, bit: number, isViolation: boolean): void {
    const at = this.count;
    if (at === this.bits.length) this.grow();
    this.centers[at] = center;
    this.bits[at] = bit;
    this.violations[at] = isViolation ? 1 : 0;
    this.count = at + 1;
  }

  /** Forgets the last bits: they were none. */
  drop(count: number): void {
    this.count -= count;
  }

  /** Violations among the bits of data. */
  get violationCount(): number {
    let sum = 0;
    for (let i = Math.max(this.dataAt, 0); i < this.count; i++) sum += this.violations[i]!;
    return sum;
  }

  private grow(): void {
    const size = this.bits.length * 2;
    const centers = new Float64Array(size);
    centers.set(this.centers);
    this.centers = centers;
    const bits = new Uint8Array(size);
    bits.set(this.bits);
    this.bits = bits;
    const violations = new Uint8Array(size);
    violations.set(this.violations);
    this.violations = violations;
  }
}
