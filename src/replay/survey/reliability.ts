/** Fewest samples that tell a capture with meaningless checksums, and the share of them that must be wrong. */
const FEWEST_SAMPLES = 10;
const UNRELIABLE_SHARE = 0.9;
/** So few are enough where not one is right. */
const FEWEST_WRONG = 3;
const MOST_PAIRS = 1 << 16;
const FACTOR = 1 << 16;

class Count {
  summed = 0;
  wrong = 0;

  /** Nearly all are wrong. */
  get isUnreliable(): boolean {
    const { summed, wrong } = this;
    return wrong >= (summed >= FEWEST_SAMPLES ? summed * UNRELIABLE_SHARE : Math.max(summed, FEWEST_WRONG));
  }

  /** Not one is right: no damage does that, and no damage makes an address up twice. */
  get isConsistent(): boolean {
    return this.wrong === this.summed && this.wrong > 1;
  }
}

/**
 * Whose checksums mean nothing: those of a sender, or from a sender to one address (a capture whose addresses were rewritten), of which
 * nearly all are wrong. Addresses are numbers below 65,536.
 */
export class Reliability {
  private readonly senders = new Map<number, Count>();
  private readonly pairs = new Map<number, Count>();

  /** A packet from one address to another had a checksum to look at. */
  note(from: number, to: number, isWrong: boolean): void {
    count(this.senders, from, isWrong);
    count(this.pairs, from * FACTOR + to, isWrong);
  }

  /** Are they so often wrong that a wrong one is not held against a packet? */
  isUnreliable(from: number, to: number): boolean {
    return this.senders.get(from)?.isUnreliable === true || this.pairs.get(from * FACTOR + to)?.isUnreliable === true;
  }

  /** May a packet be believed although its checksum is wrong? */
  isCredible(from: number, to: number): boolean {
    return (
      this.isUnreliable(from, to) ||
      this.senders.get(from)?.isConsistent === true ||
      this.pairs.get(from * FACTOR + to)?.isConsistent === true
    );
  }

  /** There is somebody whose packets may be believed so. */
  get hasCredible(): boolean {
    for (const counts of [this.senders, this.pairs]) {
      for (const count of counts.values()) if (count.isUnreliable || count.isConsistent) return true;
    }
    return false;
  }
}

function count(counts: Map<number, Count>, key: number, isWrong: boolean): void {
  let entry = counts.get(key);
  if (entry === undefined) {
    if (counts.size >= MOST_PAIRS) return;
    entry = new Count();
    counts.set(key, entry);
  }
  entry.summed++;
  if (isWrong) entry.wrong++;
}
