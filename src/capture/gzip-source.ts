import type { ByteSource } from './byte-source.ts';
import type { Damage } from './damage.ts';
import { Inflater } from './inflater.ts';

/** Compressed bytes handed over at a time: with deflate's largest ratio (1032) it bounds what one piece can become to 16 MiB. */
const PIECE_BYTES = 16 * 1024;
/** Inflated bytes that wait before no more are made. */
const AHEAD_BYTES = 1 << 20;

/**
 * Another source, inflated. The next piece is inflated while the last one is being read. A damaged stream ends where it is damaged:
 * zlib keeps back what it made of a piece that fails, so a file is inflated again up to there, and the piece is then fed byte by byte.
 */
export class GzipSource implements ByteSource {
  readonly name: string;
  readonly size: number | null;
  readonly compression = 'gzip';
  readonly rewindable: boolean;
  damage: Damage | null = null;
  private readonly raw: ByteSource;
  private readonly piece = new Uint8Array(PIECE_BYTES);
  private inflater: Inflater;
  private readonly queue: Uint8Array[] = [];
  private taken = 0;
  private waiting = 0;
  private made = 0;
  private ended = false;
  private work: Promise<void> | null = null;
  private furthest = 0;

  constructor(raw: ByteSource) {
    this.raw = raw;
    this.name = raw.name;
    this.size = raw.size;
    this.rewindable = raw.rewindable;
    this.inflater = new Inflater((bytes) => this.keep(bytes));
  }

  get consumed(): number {
    return Math.max(this.furthest, this.raw.consumed);
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.queue.length === 0) {
      if (this.ended) return 0;
      await this.advance();
    }
    let given = 0;
    while (given < length && this.queue.length > 0) {
      const bytes = this.queue[0]!;
      const count = Math.min(length - given, bytes.length - this.taken);
      into.set(bytes.subarray(this.taken, this.taken + count), offset + given);
      given += count;
      this.taken += count;
      if (this.taken === bytes.length) {
        this.queue.shift();
        this.taken = 0;
      }
    }
    this.waiting -= given;
    if (!this.ended && this.waiting < AHEAD_BYTES) void this.advance();
    return given;
  }

  async rewind(): Promise<void> {
    await this.work;
    await this.raw.rewind();
    this.inflater.close();
    this.inflater = new Inflater((bytes) => this.keep(bytes));
    this.queue.length = 0;
    this.taken = 0;
    this.waiting = 0;
    this.made = 0;
    this.furthest = 0;
    this.damage = null;
    this.ended = false;
  }

  async close(): Promise<void> {
    this.ended = true;
    if (this.rewindable) await this.work;
    this.inflater.close();
    await this.raw.close();
  }

  private keep(bytes: Uint8Array): void {
    this.queue.push(bytes);
    this.waiting += bytes.length;
    this.made += bytes.length;
  }

  private advance(): Promise<void> {
    this.work ??= this.inflatePiece().finally(() => {
      this.work = null;
    });
    return this.work;
  }

  private async inflatePiece(): Promise<void> {
    const before = this.raw.consumed;
    const length = await this.raw.read(this.piece, 0, PIECE_BYTES);
    if (length > 0) {
      if (!(await this.inflater.feed(this.piece.subarray(0, length)))) await this.recover(before);
    } else if (this.raw.damage !== null) {
      this.end({ ...this.raw.damage, offset: this.made, lostBytes: null });
    } else if (await this.inflater.finish()) {
      this.end(null);
    } else {
      const message = `The gzip stream ends early, after ${before} compressed bytes.`;
      this.end({ code: 'E_CAPTURE_TRUNCATED', offset: this.made, lostBytes: null, message });
    }
  }

  private end(damage: Damage | null): void {
    this.damage = damage;
    this.ended = true;
  }

  /** The piece that begins at byte `start` of the input failed: gives out what can still be had of it. */
  private async recover(start: number): Promise<void> {
    this.furthest = this.raw.consumed;
    let at = start;
    if (this.rewindable) at = await this.inflateAgain(start, this.made);
    const place = this.rewindable ? `at byte ${at}` : `between byte ${start} and byte ${this.furthest}`;
    const message = `The gzip stream is damaged ${place} (${this.inflater.error}).`;
    this.end({ code: 'E_CAPTURE_GZIP_DAMAGED', offset: this.made, lostBytes: null, message });
  }

  private async inflateAgain(start: number, known: number): Promise<number> {
    let skipped = 0;
    const inflater = new Inflater((bytes) => {
      const skip = Math.min(bytes.length, known - skipped);
      skipped += skip;
      if (skip < bytes.length) this.keep(bytes.subarray(skip));
    });
    await this.raw.rewind();
    let fed = 0;
    while (fed < start) {
      const length = await this.raw.read(this.piece, 0, Math.min(PIECE_BYTES, start - fed));
      if (length === 0 || !(await inflater.feed(this.piece.subarray(0, length)))) break;
      fed += length;
    }
    const length = fed < start ? 0 : await this.raw.read(this.piece, 0, PIECE_BYTES);
    let used = 0;
    while (used < length && (await inflater.feed(this.piece.subarray(used, used + 1)))) used++;
    inflater.close();
    return fed + used;
  }
}

/** Whether these first bytes are gzip's (RFC 1952 2.3.1: ID1, ID2, CM = deflate). */
export function isGzip(bytes: Uint8Array, length: number): boolean {
  return length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}
