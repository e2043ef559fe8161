import type { ByteSource } from './byte-source.ts';

/** Bytes of a file's first read. Each is twice the one before: what happens between two reads is soon known to the compiler. */
const FIRST_BYTES = 64 << 10;
/** Bytes read at once; no record or block that must lie whole in memory may be larger. */
export const WINDOW_BYTES = 2 << 20;

/**
 * The part of the input that lies in memory: bytes from `start` to `end` have been read and not been given out yet. Two buffers of
 * twice WINDOW_BYTES are the most that is ever held. A file is read ahead: while one buffer is being looked at, the next bytes come into
 * the upper half of the other, below which there is room for what will be left of the first.
 */
export class Window {
  bytes = new Uint8Array(2 * WINDOW_BYTES);
  view = new DataView(this.bytes.buffer);
  start = 0;
  end = 0;
  /** Bytes after `end` that nobody wants: dropped as they come. */
  skip = 0;
  /** Where in the input bytes[0] lies. */
  private origin = 0;
  /** The other buffer; made when a file is read. */
  private spare: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private spareView: DataView<ArrayBuffer> = new DataView(this.spare.buffer);
  /** The read that is under way into the spare buffer, or has been answered and not been looked at. */
  private ahead: Promise<number> | null = null;
  private nextRead = FIRST_BYTES;

  /** Where in the input the next byte to be given out lies; a skip counts as done. */
  get offset(): number {
    return this.origin + this.start + this.skip;
  }

  /** Where in the input the bytes read so far end. */
  get readTo(): number {
    return this.origin + this.end;
  }

  /** Bytes that have been read and not been given out yet. */
  get length(): number {
    return this.end - this.start;
  }

  /** Forgets everything, for another source or the same from its start; waits for a read that is under way. */
  async reset(): Promise<void> {
    await this.ahead;
    this.ahead = null;
    this.start = 0;
    this.end = 0;
    this.skip = 0;
    this.origin = 0;
    this.nextRead = FIRST_BYTES;
  }

  /** Goes past `count` bytes, read or not. */
  pass(count: number): void {
    const here = Math.min(count, this.length);
    this.start += here;
    this.skip += count - here;
  }

  /** One read; false at the end of the input. What was given out before may be overwritten. */
  async fill(source: ByteSource): Promise<boolean> {
    if (this.length >= WINDOW_BYTES) return true;
    const fromFile = source.rewindable && source.compression === null;
    const count = fromFile ? await this.swap(source) : await this.append(source);
    this.end += count;
    if (this.skip > 0) {
      const dropped = Math.min(this.skip, count);
      this.start += dropped;
      this.skip -= dropped;
    }
    return count > 0;
  }

  /** Takes what came from a pipe as it comes, in pieces of any size: they must not cost a move each. */
  private async append(source: ByteSource): Promise<number> {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.origin += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    return source.read(this.bytes, this.end, WINDOW_BYTES);
  }

  private async swap(source: ByteSource): Promise<number> {
    if (this.spare.length === 0) {
      this.spare = new Uint8Array(2 * WINDOW_BYTES);
      this.spareView = new DataView(this.spare.buffer);
    }
    const count = await (this.ahead ?? this.readSpare(source));
    const start = WINDOW_BYTES - this.length;
    this.spare.set(this.bytes.subarray(this.start, this.end), start);
    const { bytes, view } = this;
    this.bytes = this.spare;
    this.view = this.spareView;
    this.spare = bytes;
    this.spareView = view;
    this.origin += this.start - start;
    this.start = start;
    this.end = WINDOW_BYTES;
    this.ahead = count > 0 ? this.readSpare(source) : null;
    return count;
  }

  private readSpare(source: ByteSource): Promise<number> {
    const length = this.nextRead;
    if (length < WINDOW_BYTES) this.nextRead *= 2;
    return source.read(this.spare, WINDOW_BYTES, length);
  }
}
