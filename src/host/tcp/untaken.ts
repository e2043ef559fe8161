import type { Came } from '../sockets.ts';
import { before } from './seq.ts';

interface Piece extends Came {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** So much is kept of one connection: the latest pieces. */
const MOST_PIECES = 64;
const MOST_BYTES = 256 << 10;

/**
 * Data of a followed connection's client that this host did not take: it came with the SYN, or its checksum is wrong. The captured server
 * may have (a Fast Open, a capture damaged after it was taken); its ACK tells.
 */
export class Untaken {
  /** What `from` gave last. */
  found: Came | null = null;
  private readonly pieces: Piece[] = [];
  private bytes = 0;

  /** Keeps a copy of `[start, end)`, whose first byte has number `seq`. */
  add(seq: number, bytes: Uint8Array, start: number, end: number, { time, frame }: Came): void {
    if (end - start > MOST_BYTES) return;
    this.pieces.push({ seq, bytes: bytes.slice(start, end), time, frame });
    this.bytes += end - start;
    while (this.pieces.length > MOST_PIECES || this.bytes > MOST_BYTES) this.bytes -= this.pieces.shift()!.bytes.length;
  }

  /** The bytes from number `seq` on, up to number `until`; null where there are none. */
  from(seq: number, until: number): Uint8Array | null {
    for (let i = this.pieces.length - 1; i >= 0; i--) {
      const piece = this.pieces[i]!;
      const { seq: first, bytes } = piece;
      const skip = (seq - first) >>> 0;
      if (before(seq, first) || skip >= bytes.length) continue;
      this.found = piece;
      return bytes.subarray(skip, Math.min(bytes.length, skip + ((until - seq) >>> 0)));
    }
    return null;
  }
}
