import { viewOf } from '../../wire/data-view.ts';
import { Head } from './head.ts';

/** Heads known at one time, a power of two; longer ones than this are not. */
const HEADS = 64;
const LONGEST = 2048;
/** Bytes at a head's beginning by which it is looked for. */
const BEGINNING = 32;

/** A head, and the bytes that said it. */
export class KnownHead extends Head {
  bytes = new Uint8Array(512);
  view = new DataView(this.bytes.buffer);
  /** -1: none is known here. */
  size = -1;

  learn(head: Head, bytes: Uint8Array, start: number, end: number): void {
    this.size = end - start;
    if (this.bytes.length < this.size) {
      this.bytes = new Uint8Array(LONGEST);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(bytes.subarray(start, end));
    this.takeAll(head);
  }
}

/**
 * Knows recent heads by heart: where a piece of a stream begins with the same bytes, up to the empty line, neither the head's end needs to
 * be looked for nor its lines to be read. The bytes are compared: that they are the same is all the proof there has to be.
 */
export class KnownHeads {
  private readonly heads: (KnownHead | null)[] = new Array<KnownHead | null>(HEADS).fill(null);
  /** What was looked for last. */
  private place = 0;
  private bytes: Uint8Array | null = null;
  private start = 0;

  /** The head that `[start, end)` begins with, if it is known; all of the bytes tell where to look for it. */
  recall(bytes: Uint8Array, start: number, end: number): KnownHead | null {
    this.bytes = null;
    if (end - start < BEGINNING) return null;
    this.bytes = bytes;
    this.start = start;
    this.place = placeOf(bytes, start, end);
    const head = this.heads[this.place]!;
    return head !== null && head.size <= end - start && isSame(head, bytes, start) ? head : null;
  }

  /** Learns the head in `[start, end)` that `recall` has just not known. */
  remember(head: Head, bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes || start !== this.start || end - start > LONGEST) return;
    const known = this.heads[this.place] ?? new KnownHead();
    this.heads[this.place] = known;
    known.learn(head, bytes, start, end);
  }
}

/** By the beginning and the length of the piece: a message that comes again comes in the same pieces. */
function placeOf(bytes: Uint8Array, start: number, end: number): number {
  const view = viewOf(bytes);
  let hash = end - start;
  for (let at = start; at < start + BEGINNING; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
  return hash >>> 26;
}

function isSame({ view: kept, bytes: keptBytes, size }: KnownHead, bytes: Uint8Array, start: number): boolean {
  const view = viewOf(bytes);
  let i = 0;
  for (; i + 4 <= size; i += 4) if (kept.getInt32(i, true) !== view.getInt32(start + i, true)) return false;
  for (; i < size; i++) if (keptBytes[i] !== bytes[start + i]) return false;
  return true;
}
