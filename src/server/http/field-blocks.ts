import { viewOf } from '../../wire/data-view.ts';
import { HeadFields } from './head-fields.ts';

/** Blocks remembered at one time, a power of two; longer ones than this are not. */
const BLOCKS = 256;
const LONGEST = 2048;

/** What a head's fields say, and the bytes that said it. */
class FieldBlock extends HeadFields {
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  /** -1: none is remembered here. */
  size = -1;
}

/**
 * Remembers what the field lines of recent heads came to: clients and servers send the same lines again and again, and what they mean
 * does not depend on the start line. A block is remembered when it comes a second time, and compared byte by byte.
 */
export class FieldBlocks {
  private readonly blocks: (FieldBlock | null)[] = new Array<FieldBlock | null>(BLOCKS).fill(null);
  /** Hash of the block that came last to each place. */
  private readonly hashes = new Int32Array(BLOCKS);
  /** Of the block that was looked for last. */
  private hash = 0;

  /** Fills in what the lines in `[start, end)` say, if they are remembered. */
  recall(head: HeadFields, bytes: Uint8Array, start: number, end: number): boolean {
    this.hash = hashOf(bytes, start, end);
    const block = this.blocks[this.hash & (BLOCKS - 1)]!;
    if (block === null || block.size !== end - start || !isSame(block, bytes, start, end)) return false;
    head.takeFrom(block);
    return true;
  }

  /** Remembers what the lines said that `recall` has just not known; not those of a head with a problem. */
  remember(head: HeadFields, bytes: Uint8Array, start: number, end: number): void {
    const { hash } = this;
    const place = hash & (BLOCKS - 1);
    const size = end - start;
    if (this.hashes[place] !== hash || size > LONGEST) {
      this.hashes[place] = hash;
      return;
    }
    const block = this.blocks[place] ?? new FieldBlock();
    this.blocks[place] = block;
    if (block.bytes.length < size) {
      block.bytes = new Uint8Array(LONGEST);
      block.view = new DataView(block.bytes.buffer);
    }
    block.bytes.set(bytes.subarray(start, end));
    block.size = size;
    block.takeFrom(head);
  }
}

/** Of all bytes, four at a time. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const view = viewOf(bytes);
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x9e3779b1);
  return hash ^ (hash >>> 13);
}

function isSame(block: FieldBlock, bytes: Uint8Array, start: number, end: number): boolean {
  const kept = block.view;
  const view = viewOf(bytes);
  let i = start;
  let j = 0;
  for (; i + 4 <= end; i += 4, j += 4) if (kept.getInt32(j, true) !== view.getInt32(i, true)) return false;
  for (; i < end; i++, j++) if (block.bytes[j] !== bytes[i]) return false;
  return true;
}
