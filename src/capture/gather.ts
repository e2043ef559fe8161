import { type Sink, sinkOf, type Target } from './sink.ts';

/** Bytes gathered for one write. */
const GATHER_BYTES = 1 << 16;

/** Collects small pieces into large writes. Pieces are laid out in place: `room` gives where. */
export class Gather {
  bytes = new Uint8Array(GATHER_BYTES);
  view = new DataView(this.bytes.buffer);
  private used = 0;
  private readonly sink: Sink;
  private under: Promise<void> | null = null;
  private waiting = 0;
  private failure: unknown = null;

  constructor(target: Target) {
    this.sink = sinkOf(target);
  }

  /** Offset in `bytes` of `length` fresh zero bytes. */
  room(length: number): number {
    if (this.used + length > this.bytes.length) this.hand(length);
    const at = this.used;
    this.used += length;
    return at;
  }

  /** Bytes that were handed over and not been taken yet. */
  get backlog(): number {
    return this.waiting;
  }

  /** Hands over what there is and waits until all was taken. Rejects with the sink's error. */
  async flush(): Promise<void> {
    this.hand(GATHER_BYTES);
    await this.under;
    if (this.failure !== null) throw this.failure;
  }

  private hand(next: number): void {
    const piece = this.bytes.subarray(0, this.used);
    this.bytes = new Uint8Array(Math.max(next, GATHER_BYTES));
    this.view = new DataView(this.bytes.buffer);
    this.used = 0;
    if (piece.length === 0 || this.failure !== null) return;
    if (this.under !== null) {
      this.waiting += piece.length;
      this.track(
        this.under.then(() => this.sink(piece)),
        piece.length,
      );
      return;
    }
    const pending = this.sink(piece);
    if (pending === undefined) return;
    this.waiting += piece.length;
    this.track(pending, piece.length);
  }

  private track(work: Promise<void>, length: number): void {
    const settled: Promise<void> = work
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .then(() => {
        this.waiting -= length;
        if (this.under === settled) this.under = null;
      });
    this.under = settled;
  }
}
