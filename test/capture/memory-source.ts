import type { ByteSource } from '../../src/capture/byte-source.ts';

/** A capture that is already in memory; `chunk` bounds how much one read gives, as a pipe would. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly compression = null;
  readonly rewindable = true;
  readonly damage = null;
  consumed = 0;
  private readonly bytes: Uint8Array;
  private readonly chunk: number;

  constructor(bytes: Uint8Array, name = 'memory', chunk = Number.POSITIVE_INFINITY) {
    this.bytes = bytes;
    this.size = bytes.length;
    this.name = name;
    this.chunk = chunk;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    const count = Math.min(length, this.chunk, this.size - this.consumed);
    into.set(this.bytes.subarray(this.consumed, this.consumed + count), offset);
    this.consumed += count;
    return count;
  }

  async rewind(): Promise<void> {
    this.consumed = 0;
  }

  async close(): Promise<void> {}
}
