import type { Readable } from 'node:stream';
import type { ByteSource } from './byte-source.ts';
import type { Damage } from './damage.ts';
import { CaptureError, shownName, systemCode } from './error.ts';

/** Bytes that wait here before the writer of the pipe is held back. */
const QUEUE_BYTES = 1 << 20;

/** A pipe or socket: gives bytes the moment they arrive, holds back the writer when nobody reads, cannot be rewound. */
export class StreamSource implements ByteSource {
  readonly name: string;
  readonly size = null;
  readonly compression = null;
  readonly rewindable = false;
  consumed = 0;
  damage: Damage | null = null;
  private readonly stream: Readable;
  private readonly queue: Uint8Array[] = [];
  /** Bytes of the queue's first chunk that were already given out. */
  private taken = 0;
  private waiting = 0;
  private ended = false;
  private wake: (() => void) | null = null;

  constructor(stream: Readable, name: string) {
    this.stream = stream;
    this.name = name;
    stream.on('data', (chunk: Uint8Array) => this.arrive(chunk));
    stream.on('end', () => this.finish());
    stream.on('close', () => this.finish());
    stream.on('error', (error) => this.fail(error));
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.queue.length === 0) {
      if (this.ended) return 0;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    let given = 0;
    while (given < length && this.queue.length > 0) {
      const chunk = this.queue[0]!;
      const count = Math.min(length - given, chunk.length - this.taken);
      into.set(chunk.subarray(this.taken, this.taken + count), offset + given);
      given += count;
      this.taken += count;
      if (this.taken === chunk.length) {
        this.queue.shift();
        this.taken = 0;
      }
    }
    this.waiting -= given;
    this.consumed += given;
    if (this.waiting < QUEUE_BYTES && this.stream.isPaused()) this.stream.resume();
    return given;
  }

  async rewind(): Promise<void> {
    const message = `${shownName(this.name)} is a pipe and can be read only once. Save it to a file first.`;
    throw new CaptureError('E_CAPTURE_NOT_REWINDABLE', this.name, message);
  }

  async close(): Promise<void> {
    this.queue.length = 0;
    this.ended = true;
    this.stream.destroy();
  }

  private arrive(chunk: Uint8Array): void {
    if (this.ended || chunk.length === 0) return;
    this.queue.push(chunk);
    this.waiting += chunk.length;
    if (this.waiting >= QUEUE_BYTES) this.stream.pause();
    this.wakeReader();
  }

  private fail(error: Error): void {
    if (this.ended) return;
    const offset = this.consumed + this.waiting;
    const message = `Reading failed after ${offset} bytes: ${systemCode(error)}.`;
    this.damage = { code: 'E_CAPTURE_READ_FAILED', offset, lostBytes: null, message };
    this.finish();
  }

  private finish(): void {
    this.ended = true;
    this.wakeReader();
  }

  private wakeReader(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }
}
