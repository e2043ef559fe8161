import type { ByteSource } from './byte-source.ts';
import type { Damage } from './damage.ts';
import { CaptureError, shownName } from './error.ts';

/** A source that cannot be rewound, and the first bytes that were already taken from it to see what it is. */
export class PrefixedSource implements ByteSource {
  private readonly rest: ByteSource;
  private prefix: Uint8Array;

  constructor(rest: ByteSource, prefix: Uint8Array) {
    this.rest = rest;
    this.prefix = prefix;
  }

  get name(): string {
    return this.rest.name;
  }

  get size(): number | null {
    return this.rest.size;
  }

  get consumed(): number {
    return this.rest.consumed - this.prefix.length;
  }

  get compression(): 'gzip' | null {
    return this.rest.compression;
  }

  get rewindable(): boolean {
    return false;
  }

  get damage(): Damage | null {
    return this.rest.damage;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.prefix.length === 0) return this.rest.read(into, offset, length);
    const count = Math.min(length, this.prefix.length);
    into.set(this.prefix.subarray(0, count), offset);
    this.prefix = this.prefix.subarray(count);
    return count;
  }

  async rewind(): Promise<void> {
    const message = `${shownName(this.name)} can be read only once. Save it to a file first.`;
    throw new CaptureError('E_CAPTURE_NOT_REWINDABLE', this.name, message);
  }

  async close(): Promise<void> {
    await this.rest.close();
  }
}
