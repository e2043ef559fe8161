import { OptionCode, padded } from './pcapng-format.ts';

const decoder = new TextDecoder();

/**
 * Walks the options of one block: `next` until false, then `code`, `start` and `end` of the value. An option whose length runs
 * out of the block ends the walk: it and what follows are lost, the block is not.
 */
export class Options {
  code = 0;
  start = 0;
  end = 0;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private little = false;
  private at = 0;
  private limit = 0;

  over(view: DataView, start: number, limit: number, little: boolean): this {
    this.view = view;
    this.at = start;
    this.limit = limit;
    this.little = little;
    return this;
  }

  next(): boolean {
    const at = this.at;
    if (at + 4 > this.limit) return false;
    this.code = this.view.getUint16(at, this.little);
    this.start = at + 4;
    this.end = this.start + this.view.getUint16(at + 2, this.little);
    if (this.code === OptionCode.end || this.end > this.limit) return false;
    this.at = this.start + padded(this.end - this.start);
    return true;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** Null where the value is not as long as this kind of number. */
  u8(): number | null {
    return this.length === 1 ? this.view.getUint8(this.start) : null;
  }

  u32(): number | null {
    return this.length === 4 ? this.view.getUint32(this.start, this.little) : null;
  }

  u64(): bigint | null {
    return this.length === 8 ? this.view.getBigUint64(this.start, this.little) : null;
  }

  i64(): bigint | null {
    return this.length === 8 ? this.view.getBigInt64(this.start, this.little) : null;
  }

  /** UTF-8; some writers end it with zero bytes. */
  text(skip = 0): string {
    let end = this.end;
    while (end > this.start + skip && this.view.getUint8(end - 1) === 0) end--;
    const { buffer, byteOffset } = this.view;
    return decoder.decode(new Uint8Array(buffer, byteOffset + this.start + skip, Math.max(0, end - this.start - skip)));
  }
}
