import type { ByteSource } from './byte-source.ts';

/** Bytes read at once, and all that is ever held of the input: no record or block that must lie whole in it may be larger. */
export const WINDOW_BYTES = 2 << 20;

/** The part of the input that lies in memory: bytes from `start` to `end` have been read and not been given out yet. */
export class Window {
  readonly bytes = new Uint8Array(WINDOW_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  start = 0;
  end = 0;
  /** Bytes after `end` that nobody wants: dropped as they come. */
  skip = 0;
  /** Where in the input bytes[0] lies. */
  private origin = 0;

  /** Where in the input the next byte to be given out lies; a skip counts as done. */
  get offset(): number {
    return this.origin + this.start + this.skip;
  }

  /** Where in the input the bytes read so far end. */
  get readTo(): number {
    return this.origin + this.end;
  }

  reset(): void {
    this.start = 0;
    this.end = 0;
    this.skip = 0;
    this.origin = 0;
  }

  /** Goes past `count` bytes, read or not. */
  pass(count: number): void {
    const here = Math.min(count, this.end - this.start);
    this.start += here;
    this.skip += count - here;
  }

  /** One read, as much as there is room for; false at the end of the input. What was given out before may be overwritten. */
  async fill(source: ByteSource): Promise<boolean> {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.origin += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    const count = await source.read(this.bytes, this.end, WINDOW_BYTES - this.end);
    this.end += count;
    if (this.skip > 0) {
      const dropped = Math.min(this.skip, count);
      this.start += dropped;
      this.skip -= dropped;
    }
    return count > 0;
  }
}
