import type { Sink } from '../sockets.ts';

const NONE = new Uint8Array(0);

interface Chunk {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  missing: number;
}

/**
 * In-order bytes that the program has not read: copies, and behind them at most one view of the frame that is climbing. The view
 * becomes a copy when the program leaves it unread.
 */
export class ReceiveQueue {
  private readonly chunks: Chunk[] = [];
  private head = 0;
  private viewBytes: Uint8Array = NONE;
  private viewStart = 0;
  private viewEnd = 0;
  private viewMissing = 0;
  private hasView = false;
  /** Bytes that wait, those not captured included. */
  length = 0;
  /** Receive memory held (see `truesize`). */
  memory = 0;
  /** Segments; the kernel's length of the queue. */
  segments = 0;
  /** Segments joined to the record at the tail. */
  private joined = 0;

  /** Offers bytes of the frame under work: no copy yet. A view already there becomes a copy first. */
  view(bytes: Uint8Array, start: number, end: number, missing: number, memory: number): void {
    if (this.hasView) this.keep();
    this.hasView = true;
    this.viewBytes = bytes;
    this.viewStart = start;
    this.viewEnd = end;
    this.viewMissing = missing;
    this.account(end - start + missing, memory);
  }

  /** Takes bytes that nobody else will change. */
  push(bytes: Uint8Array, start: number, end: number, missing: number, memory: number): void {
    if (this.hasView) this.keep();
    this.chunks.push({ bytes, start, end, missing });
    this.account(end - start + missing, memory);
  }

  private account(length: number, memory: number): void {
    this.length += length;
    // A record takes up to 17 pieces before the next one begins.
    if (this.segments > 0 && this.joined < 17) {
      this.joined++;
      this.memory += memory - 256;
    } else {
      this.joined = 0;
      this.segments++;
      this.memory += memory;
    }
  }

  /** Copies what the program left of the view. */
  keep(): void {
    if (!this.hasView) return;
    this.hasView = false;
    const length = this.viewEnd - this.viewStart;
    const copy = new Uint8Array(length);
    copy.set(this.viewBytes.subarray(this.viewStart, this.viewEnd));
    this.chunks.push({ bytes: copy, start: 0, end: length, missing: this.viewMissing });
    this.viewBytes = NONE;
  }

  /** Hands up to `limit` bytes to `sink`; gives how many. */
  take(limit: number, sink: Sink | null): number {
    let left = limit;
    while (left > 0 && this.head < this.chunks.length) {
      const chunk = this.chunks[this.head]!;
      const take = Math.min(left, chunk.end - chunk.start);
      const lost = take === chunk.end - chunk.start ? Math.min(left - take, chunk.missing) : 0;
      if (sink !== null) sink(chunk.bytes, chunk.start, chunk.start + take, lost);
      chunk.start += take;
      chunk.missing -= lost;
      left -= take + lost;
      if (chunk.start === chunk.end && chunk.missing === 0) this.head++;
    }
    if (this.head === this.chunks.length && this.head > 0) {
      this.chunks.length = 0;
      this.head = 0;
    }
    if (left > 0 && this.hasView) left -= this.takeView(left, sink);
    const taken = limit - left;
    this.length -= taken;
    if (this.length === 0) this.memory = this.segments = this.joined = 0;
    return taken;
  }

  private takeView(limit: number, sink: Sink | null): number {
    const take = Math.min(limit, this.viewEnd - this.viewStart);
    const lost = take === this.viewEnd - this.viewStart ? Math.min(limit - take, this.viewMissing) : 0;
    const start = this.viewStart;
    this.viewStart += take;
    this.viewMissing -= lost;
    if (this.viewStart === this.viewEnd && this.viewMissing === 0) this.hasView = false;
    if (sink !== null) sink(this.viewBytes, start, start + take, lost);
    return take + lost;
  }

  /** Packs small segments into pages, as a host short of memory does. */
  pack(): void {
    const packed = Math.ceil(this.length / 3776) * 4352;
    if (packed < this.memory) this.memory = packed;
  }

  clear(): void {
    this.chunks.length = 0;
    this.head = 0;
    this.hasView = false;
    this.viewBytes = NONE;
    this.length = this.memory = this.segments = this.joined = 0;
  }
}
