import type { StepRecord } from '../record/step-record.ts';
import type { Link } from './link.ts';

/** A frame on its way. `bytes` are its own and end with the FCS, where it has one. */
export interface Flight {
  /** Nanoseconds: when it arrives. */
  readonly time: number;
  /** Frames that arrive at the same time do so in the order in which they were sent. */
  readonly order: number;
  readonly bytes: Uint8Array;
  readonly fcsLength: number;
  /** Towards the server, from the client of this link, or the other way. */
  readonly link: Link | null;
  readonly inbound: boolean;
  /** The step that it belongs to, where somebody expects something of that. */
  readonly step: StepRecord | null;
}

/** Frames on their way, earliest first: a binary heap. */
export class FrameQueue {
  private readonly heap: Flight[] = [];
  private order = 0;
  /** Of them, frames of closed-loop clients and to them; what a script sends at a later time is not waited for. */
  get size(): number {
    return this.heap.length;
  }

  /** Nanoseconds; Infinity when nothing is on its way. */
  get next(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : this.heap[0]!.time;
  }

  push(flight: Omit<Flight, 'order'>): void {
    const entry: Flight = { ...flight, order: this.order++ };
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** The earliest; only where there is one. */
  pop(): Flight {
    const { heap } = this;
    const top = heap[0]!;
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Flight, b: Flight): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
