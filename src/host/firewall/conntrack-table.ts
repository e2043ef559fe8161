import { TrackedTcp } from './conntrack-tcp-entry.ts';
import type { FirewallView } from './firewall-view.ts';

/** Tables smaller than this are not searched for what has expired. */
const SWEEP_MIN = 1024;
/** A full table is searched so often at most: whoever fills it is not to have it read for each packet. Nanoseconds. */
const SWEEP_TIME = 1_000_000_000;
/** So many of the oldest entries are looked at for one that may go. */
const SEARCH = 64;

/** A conversation that connection tracking knows, as its first packet had it. */
export class Tracked {
  family = 0;
  protocol = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** Ports; of ICMP the identifier, and type and code of the question. */
  source = 0;
  destination = 0;
  hasReply = false;
  /** Both sides have spoken, so that it is not among the first to go when the table is full. */
  isAssured = false;
  /** Nanoseconds: when it is forgotten. */
  due = Number.POSITIVE_INFINITY;
  /** UDP: from then on it counts as a stream. */
  streamAt = 0;
  readonly tcp: TrackedTcp | null;
  key = 0;
  next: Tracked | null = null;

  constructor(isTcp: boolean) {
    this.tcp = isTcp ? new TrackedTcp() : null;
  }
}

/** Conversations by the addresses and ports of either direction. */
export class TrackedTable {
  /** After `find`: 0, the packet goes the way of the first one; 1, the other way. */
  direction = 0;
  private readonly chains = new Map<number, Tracked>();
  private readonly max: number;
  private count = 0;
  private sweepAt = SWEEP_MIN;
  private sweptAt = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.max = max;
  }

  /** `source`, `destination`: as in `Tracked` where the packet is a first one; `answers`: what `destination` reads where it is an answer. */
  find(view: FirewallView, source: number, destination: number, answers: number, now: number): Tracked | null {
    for (let entry = this.chains.get(keyOf(view)) ?? null; entry !== null; entry = entry.next) {
      if (entry.due <= now || entry.protocol !== view.protocol || entry.family !== view.family) continue;
      if (isForth(entry, view) && entry.source === source && entry.destination === destination) {
        this.direction = 0;
        return entry;
      }
      if (isBack(entry, view, source, destination, answers)) {
        this.direction = 1;
        return entry;
      }
    }
    return null;
  }

  /** A new entry for the packet, not yet in the table. */
  make(view: FirewallView, source: number, destination: number, isTcp: boolean): Tracked {
    const entry = new Tracked(isTcp);
    entry.family = view.family;
    entry.protocol = view.protocol;
    entry.src0 = view.src0;
    entry.src1 = view.src1;
    entry.src2 = view.src2;
    entry.src3 = view.src3;
    entry.dst0 = view.dst0;
    entry.dst1 = view.dst1;
    entry.dst2 = view.dst2;
    entry.dst3 = view.dst3;
    entry.source = source;
    entry.destination = destination;
    entry.key = keyOf(view);
    return entry;
  }

  /** There is room for one more, or can be made. */
  hasRoom(now: number): boolean {
    const isFull = this.count >= this.max && now >= this.sweptAt + SWEEP_TIME;
    if (isFull || this.count >= this.sweepAt) this.sweep(now);
    return this.count < this.max || this.dropOne(now);
  }

  add(entry: Tracked): void {
    entry.next = this.chains.get(entry.key) ?? null;
    this.chains.set(entry.key, entry);
    this.count++;
  }

  remove(entry: Tracked): void {
    const first = this.chains.get(entry.key) ?? null;
    if (first === entry) {
      if (entry.next === null) this.chains.delete(entry.key);
      else this.chains.set(entry.key, entry.next);
    } else {
      let at = first;
      while (at !== null && at.next !== entry) at = at.next;
      if (at === null) return;
      at.next = entry.next;
    }
    entry.next = null;
    this.count--;
  }

  private sweep(now: number): void {
    for (const first of this.chains.values()) {
      for (let entry: Tracked | null = first; entry !== null; ) {
        const { next }: Tracked = entry;
        if (entry.due <= now) this.remove(entry);
        entry = next;
      }
    }
    this.sweepAt = Math.max(SWEEP_MIN, this.count * 2);
    this.sweptAt = now;
  }

  private dropOne(now: number): boolean {
    let left = SEARCH;
    for (const entry of this.chains.values()) {
      if (!entry.isAssured || entry.due <= now) {
        this.remove(entry);
        return true;
      }
      if (--left === 0) break;
    }
    return false;
  }
}

/** The same for both directions. */
function keyOf(view: FirewallView): number {
  const addresses = view.src0 ^ view.src1 ^ view.src2 ^ view.src3 ^ view.dst0 ^ view.dst1 ^ view.dst2 ^ view.dst3;
  const ports = view.sourcePort >= 0 ? view.sourcePort ^ view.destinationPort : 0;
  return (Math.imul(addresses, 0x9e37_79b1) ^ (ports << 8) ^ view.protocol) >>> 0;
}

function isForth(entry: Tracked, view: FirewallView): boolean {
  return (
    entry.src3 === view.src3 &&
    entry.dst3 === view.dst3 &&
    entry.src2 === view.src2 &&
    entry.src1 === view.src1 &&
    entry.src0 === view.src0 &&
    entry.dst2 === view.dst2 &&
    entry.dst1 === view.dst1 &&
    entry.dst0 === view.dst0
  );
}

function isBack(entry: Tracked, view: FirewallView, source: number, destination: number, answers: number): boolean {
  const hasPorts = view.sourcePort >= 0;
  if (
    hasPorts
      ? entry.source !== destination || entry.destination !== source
      : entry.source !== source || entry.destination !== answers
  )
    return false;
  return (
    entry.src3 === view.dst3 &&
    entry.dst3 === view.src3 &&
    entry.src2 === view.dst2 &&
    entry.src1 === view.dst1 &&
    entry.src0 === view.dst0 &&
    entry.dst2 === view.src2 &&
    entry.dst1 === view.src1 &&
    entry.dst0 === view.src0
  );
}
