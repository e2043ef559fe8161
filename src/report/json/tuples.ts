import type { Facts } from '../../trace/facts.ts';

const SLOTS = 4096;
const KEY = 10;

/**
 * The bytes that tell direction, protocol, addresses and ports, kept for tuples that come again. A slot holds the last tuple that
 * hashed there, so the table never grows.
 */
export class TuplePieces {
  private readonly keys = new Int32Array(SLOTS * KEY);
  private readonly pieces: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  /** Slot of the tuple asked for last. */
  private slot = 0;

  /** The piece of this tuple; undefined: make it, then `keep` it. */
  find(f: Facts, outbound: boolean): Uint8Array | undefined {
    const { keys } = this;
    const ports = (f.sourcePort << 16) | f.destinationPort;
    let hash = Math.imul(f.src3 ^ Math.imul(f.dst3, 0x85ebca6b) ^ ports, 0x9e3779b1);
    hash = (hash ^ (hash >>> 15) ^ (outbound ? 1 : 0)) & (SLOTS - 1);
    const k = hash * KEY;
    const kind = kindOf(f, outbound);
    this.slot = hash;
    if (
      keys[k] === (f.src3 | 0) &&
      keys[k + 1] === (f.dst3 | 0) &&
      keys[k + 2] === ports &&
      keys[k + 3] === kind &&
      keys[k + 4] === (f.src0 | 0) &&
      keys[k + 5] === (f.src1 | 0) &&
      keys[k + 6] === (f.src2 | 0) &&
      keys[k + 7] === (f.dst0 | 0) &&
      keys[k + 8] === (f.dst1 | 0) &&
      keys[k + 9] === (f.dst2 | 0)
    ) {
      return this.pieces[hash];
    }
    return undefined;
  }

  /** Keeps a piece for the tuple that `find` did not have. */
  keep(f: Facts, outbound: boolean, piece: Uint8Array): void {
    const { keys, slot } = this;
    const k = slot * KEY;
    keys[k] = f.src3 | 0;
    keys[k + 1] = f.dst3 | 0;
    keys[k + 2] = (f.sourcePort << 16) | f.destinationPort;
    keys[k + 3] = kindOf(f, outbound);
    keys[k + 4] = f.src0 | 0;
    keys[k + 5] = f.src1 | 0;
    keys[k + 6] = f.src2 | 0;
    keys[k + 7] = f.dst0 | 0;
    keys[k + 8] = f.dst1 | 0;
    keys[k + 9] = f.dst2 | 0;
    this.pieces[slot] = piece;
  }
}

function kindOf(f: Facts, outbound: boolean): number {
  return (f.protocol << 8) | (f.family << 1) | (outbound ? 1 : 0);
}
