const SLOT = 5;

/** IP addresses as four words each, numbered from 0 in the order added; open addressing over one Int32Array, at most `most` of them. */
export class AddressSet {
  size = 0;
  readonly most: number;
  private capacity = 64;
  private slots = new Int32Array(this.capacity * SLOT);

  constructor(most: number) {
    this.most = most;
  }

  /** The address's number, or -1. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    return this.slots[this.locate(w0, w1, w2, w3) * SLOT + 4]! - 1;
  }

  /** The address's number, a new one if need be; -1 when the set is full. */
  add(w0: number, w1: number, w2: number, w3: number): number {
    const at = this.locate(w0, w1, w2, w3) * SLOT;
    const number = this.slots[at + 4]! - 1;
    if (number >= 0) return number;
    if (this.size >= this.most) return -1;
    this.put(at, w0, w1, w2, w3, ++this.size);
    if (this.size * 2 > this.capacity) this.grow();
    return this.size - 1;
  }

  private put(at: number, w0: number, w1: number, w2: number, w3: number, numberPlusOne: number): void {
    this.slots[at] = w0;
    this.slots[at + 1] = w1;
    this.slots[at + 2] = w2;
    this.slots[at + 3] = w3;
    this.slots[at + 4] = numberPlusOne;
  }

  private locate(w0: number, w1: number, w2: number, w3: number): number {
    let hash = Math.imul(w3 ^ Math.imul(w2, 0x85ebca77) ^ Math.imul(w1, 0xc2b2ae3d) ^ Math.imul(w0, 0x27d4eb2f), 0x9e3779b1);
    hash ^= hash >>> 15;
    const mask = this.capacity - 1;
    const { slots } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT;
      if (slots[at + 4] === 0) return slot;
      if (slots[at + 3] === (w3 | 0) && slots[at + 2] === (w2 | 0) && slots[at + 1] === (w1 | 0) && slots[at] === (w0 | 0))
        return slot;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.capacity *= 2;
    this.slots = new Int32Array(this.capacity * SLOT);
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + 4] === 0) continue;
      const at = this.locate(old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!) * SLOT;
      this.put(at, old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!, old[from + 4]!);
    }
  }
}
