/** An entry: slot, hash, both ports, the last word of the peer's address. */
const ENTRY = 4;
const EMPTY = -1;
const SMALLEST = 1024;

/**
 * 4-tuple → slots: open addressing with linear probing in one block of memory. An entry holds what tells nearly all tuples apart, so that
 * the memory of connections that are not meant need not be touched; those few that an entry does not tell apart the owner has to compare.
 */
export class TupleIndex {
  size = 0;
  private mask = SMALLEST - 1;
  private entries = emptyEntries(SMALLEST);

  /** Where the tuple's first candidate lies, or the next one behind place `from`; -1: there is none. */
  find(hash: number, ports: number, peer: number, from = -1): number {
    const { entries, mask } = this;
    for (let at = from < 0 ? hash & mask : (from + 1) & mask; ; at = (at + 1) & mask) {
      const entry = at * ENTRY;
      if (entries[entry] === EMPTY) return -1;
      if (entries[entry + 1] === hash && entries[entry + 2] === ports && entries[entry + 3] === peer) return at;
    }
  }

  /** The slot at a place that `find` gave. */
  slotAt(at: number): number {
    return this.entries[at * ENTRY]!;
  }

  add(slot: number, hash: number, ports: number, peer: number): void {
    if ((this.size + 1) * 2 > this.mask) this.grow();
    this.put(slot, hash, ports, peer);
    this.size++;
  }

  /** Takes the slot out, and moves those behind it up that would not be found any more (Knuth, volume 3, algorithm 6.4 R). */
  remove(slot: number, hash: number): void {
    const { entries, mask } = this;
    let hole = hash & mask;
    while (entries[hole * ENTRY] !== slot) {
      if (entries[hole * ENTRY] === EMPTY) return;
      hole = (hole + 1) & mask;
    }
    for (let at = (hole + 1) & mask; entries[at * ENTRY] !== EMPTY; at = (at + 1) & mask) {
      const home = entries[at * ENTRY + 1]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      // word by word: a copyWithin for each would be felt where somebody makes many tuples collide
      const from = at * ENTRY;
      const to = hole * ENTRY;
      entries[to] = entries[from]!;
      entries[to + 1] = entries[from + 1]!;
      entries[to + 2] = entries[from + 2]!;
      entries[to + 3] = entries[from + 3]!;
      hole = at;
    }
    entries[hole * ENTRY] = EMPTY;
    this.size--;
  }

  private put(slot: number, hash: number, ports: number, peer: number): void {
    const { entries, mask } = this;
    let at = hash & mask;
    while (entries[at * ENTRY] !== EMPTY) at = (at + 1) & mask;
    const entry = at * ENTRY;
    entries[entry] = slot;
    entries[entry + 1] = hash;
    entries[entry + 2] = ports;
    entries[entry + 3] = peer;
  }

  private grow(): void {
    const { entries } = this;
    const capacity = (this.mask + 1) * 2;
    this.entries = emptyEntries(capacity);
    this.mask = capacity - 1;
    for (let at = 0; at < entries.length; at += ENTRY)
      if (entries[at] !== EMPTY) this.put(entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!);
  }
}

function emptyEntries(capacity: number): Int32Array {
  const entries = new Int32Array(capacity * ENTRY);
  for (let at = 0; at < entries.length; at += ENTRY) entries[at] = EMPTY;
  return entries;
}
