import { close, read } from 'node:fs';
import type { ByteSource } from './byte-source.ts';
import type { Damage } from './damage.ts';
import { CaptureError, shownName, systemCode } from './error.ts';

const STDIN = 0;

/** A regular file, read by position so that it can be rewound, or a character device, read as it comes. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number | null;
  readonly compression = null;
  readonly rewindable: boolean;
  consumed = 0;
  damage: Damage | null = null;
  private readonly fd: number;

  /** `size` null: a device, which has no positions. The descriptor is closed with the source, unless it is standard input. */
  constructor(fd: number, name: string, size: number | null) {
    this.fd = fd;
    this.name = name;
    this.size = size;
    this.rewindable = size !== null;
  }

  read(into: Uint8Array, offset: number, length: number): Promise<number> {
    return new Promise((resolve) => {
      read(this.fd, into, offset, length, this.rewindable ? this.consumed : null, (error, count) => {
        if (error === null) this.consumed += count;
        else this.fail(error);
        resolve(error === null ? count : 0);
      });
    });
  }

  async rewind(): Promise<void> {
    if (!this.rewindable) {
      const message = `${shownName(this.name)} can be read only once. Save it to a file first.`;
      throw new CaptureError('E_CAPTURE_NOT_REWINDABLE', this.name, message);
    }
    this.consumed = 0;
    this.damage = null;
  }

  close(): Promise<void> {
    if (this.fd === STDIN) return Promise.resolve();
    return new Promise((resolve) => close(this.fd, () => resolve()));
  }

  private fail(error: Error): void {
    const offset = this.consumed;
    const message = `Reading failed at byte ${offset}: ${systemCode(error)}.`;
    this.damage = { code: 'E_CAPTURE_READ_FAILED', offset, lostBytes: this.size === null ? null : this.size - offset, message };
  }
}
