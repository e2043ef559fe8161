import { createGunzip } from 'node:zlib';
import { systemCode } from './error.ts';

const CHUNK_BYTES = 256 * 1024;

/** A gunzip that is fed by hand: after `feed` has resolved, all that the bytes gave is in `onBytes`'s hands. Members may follow each other. */
export class Inflater {
  /** zlib's own code, such as Z_DATA_ERROR; null while all is well. */
  error: string | null = null;
  private readonly gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  private settle: (() => void) | null = null;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.gunzip.on('data', onBytes);
    this.gunzip.on('error', (error) => {
      this.error = systemCode(error);
      this.settle?.();
    });
    this.gunzip.on('end', () => this.settle?.());
  }

  /** False: the bytes are not gzip (any more). The bytes may be used again afterwards. */
  feed(bytes: Uint8Array): Promise<boolean> {
    return this.step((done) => this.gunzip.write(bytes, done));
  }

  /** False: the input ended inside a member (Z_BUF_ERROR). */
  finish(): Promise<boolean> {
    return this.step(() => this.gunzip.end());
  }

  close(): void {
    this.gunzip.destroy();
  }

  private async step(work: (done: () => void) => void): Promise<boolean> {
    if (this.error === null && !this.gunzip.readableEnded) {
      await new Promise<void>((resolve) => {
        this.settle = resolve;
        work(resolve);
      });
    }
    return this.error === null;
  }
}
