import type { FlowEnds } from '../../host/config.ts';

/** What has been seen of a flow. "Low" and "high" are its two ends in the order of their addresses and ports, not roles. */
export const Seen = {
  synFromLow: 1,
  synFromHigh: 2,
  synAckFromLow: 4,
  synAckFromHigh: 8,
  /** A segment or datagram that is not a reset. */
  sentByLow: 16,
  sentByHigh: 32,
  resetByLow: 64,
  resetByHigh: 128,
  /** The first frame seen of the flow came from the low end. */
  lowSpokeFirst: 256,
} as const;

const SLOT = 3;
const EMPTY = 0;
/** 48 MB of table; flows beyond it are not remembered, and are then judged by their ports alone. */
const MOST_FLOWS = 1 << 22;

/**
 * Flows of the capture by a 64-bit fingerprint of their ends, in one open-addressing Int32Array: no object, no string per flow. Two
 * flows with one fingerprint are taken for one: with a million flows a chance of one in forty million.
 */
export class Flows {
  size = 0;
  /** Set by `touch`: the frame just looked at came from the low end. */
  fromLow = false;
  /** Set by `touch`: this frame is the flow's first. */
  isNew = false;
  private capacity = 1 << 12;
  private slots = new Int32Array(this.capacity * SLOT);
  private first = 0;
  private second = 0;

  /** The flow's number for `seen` and `mark`, until the next `touch`; -1: the table is full. */
  touch(peek: FlowEnds): number {
    let at = this.locate(peek);
    this.isNew = this.slots[at + 2] === EMPTY;
    if (!this.isNew) return at;
    if (this.size >= MOST_FLOWS) return -1;
    this.size++;
    if (this.size * 2 > this.capacity) {
      this.grow();
      at = this.locate(peek);
    }
    this.slots[at] = this.first;
    this.slots[at + 1] = this.second;
    return at;
  }

  /** What was seen of the flow of this packet; 0: the flow is not known. Sets `fromLow`. */
  find(peek: FlowEnds): number {
    return this.slots[this.locate(peek) + 2]!;
  }

  seen(flow: number): number {
    return this.slots[flow + 2]!;
  }

  mark(flow: number, bits: number): void {
    this.slots[flow + 2]! |= bits;
  }

  private locate(peek: FlowEnds): number {
    this.fromLow = sourceIsLow(peek);
    const low = this.fromLow;
    let a = Math.imul(low ? peek.src3 : peek.dst3, 0x9e3779b1) ^ Math.imul(low ? peek.dst3 : peek.src3, 0x85ebca77);
    const ports = low ? (peek.sourcePort << 16) | peek.destinationPort : (peek.destinationPort << 16) | peek.sourcePort;
    a = mix(a ^ Math.imul(ports, 0xc2b2ae3d) ^ (peek.protocol << 8));
    let b = mix(Math.imul(low ? peek.src3 : peek.dst3, 0x27d4eb2f) + Math.imul(low ? peek.dst3 : peek.src3, 0x165667b1) + ports);
    if (peek.family === 6) {
      a = mix(a ^ Math.imul(low ? peek.src0 ^ (peek.src2 << 1) : peek.dst0 ^ (peek.dst2 << 1), 0x9e3779b1));
      a = mix(a ^ Math.imul(low ? peek.dst0 ^ (peek.dst2 << 1) : peek.src0 ^ (peek.src2 << 1), 0x85ebca77));
      b = mix(b ^ Math.imul(low ? peek.src1 ^ (peek.src2 << 3) : peek.dst1 ^ (peek.dst2 << 3), 0xc2b2ae3d));
      b = mix(b ^ Math.imul(low ? peek.dst1 ^ (peek.dst2 << 3) : peek.src1 ^ (peek.src2 << 3), 0x27d4eb2f));
    }
    this.first = a;
    this.second = b;
    const { slots } = this;
    const mask = this.capacity - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT;
      if (slots[at + 2] === EMPTY || (slots[at] === a && slots[at + 1] === b)) return at;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.capacity *= 2;
    const slots = new Int32Array(this.capacity * SLOT);
    const mask = this.capacity - 1;
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + 2] === EMPTY) continue;
      let slot = old[from]! & mask;
      while (slots[slot * SLOT + 2] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot * SLOT] = old[from]!;
      slots[slot * SLOT + 1] = old[from + 1]!;
      slots[slot * SLOT + 2] = old[from + 2]!;
    }
    this.slots = slots;
  }
}

function sourceIsLow(peek: FlowEnds): boolean {
  if (peek.src3 !== peek.dst3) return peek.src3 < peek.dst3;
  if (peek.src2 !== peek.dst2) return peek.src2 < peek.dst2;
  if (peek.src1 !== peek.dst1) return peek.src1 < peek.dst1;
  if (peek.src0 !== peek.dst0) return peek.src0 < peek.dst0;
  return peek.sourcePort <= peek.destinationPort;
}

function mix(x: number): number {
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d);
  x ^= x >>> 12;
  x = Math.imul(x, 0x297a2d39);
  return x ^ (x >>> 15);
}
