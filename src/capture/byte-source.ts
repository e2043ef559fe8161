import type { Damage } from './damage.ts';

/** Bytes of one input, in order: a file, a pipe, memory, or any of them inflated. */
export interface ByteSource {
  /** The path as given, `-` for standard input. */
  readonly name: string;
  /** Bytes of the input as it lies on disk (compressed, where it is); null where the end is not known, as for a pipe. */
  readonly size: number | null;
  /** Bytes of the input (compressed, where it is) taken so far: with `size`, a progress bar. */
  readonly consumed: number;
  readonly compression: 'gzip' | null;
  /** Whether `rewind` works: not for pipes. */
  readonly rewindable: boolean;
  /** What ended the bytes early: set when `read` has given 0, null after a clean end. `offset` counts bytes given out. */
  readonly damage: Damage | null;
  /**
   * Puts at least 1 and at most `length` bytes at `offset`, as soon as any are there; 0 at the end. Never rejects: an input
   * that fails ends, and says why in `damage`.
   */
  read(into: Uint8Array, offset: number, length: number): Promise<number>;
  /** Starts again at the first byte. Rejects with CaptureError where that cannot be done. */
  rewind(): Promise<void>;
  close(): Promise<void>;
}
