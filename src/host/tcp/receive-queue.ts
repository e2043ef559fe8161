import type { Sink } from '../sockets.ts';
import { JOINED, PIECES } from './segment.ts';

const NONE = new Uint8Array(0);

interface Chunk {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  missing: number;
}

/** What the kernel would hold the bytes in: its memory, and the room at its end. */
interface MemoryRecord {
  left: number;
  memory: number;
  room: number;
  pieces: number;
  /** Its first bytes were there before. */
  overlaps: boolean;
}

/** Bytes that a packed record takes at most, the trailer of each buffer, and the smallest buffer. */
export const PACKED_MAX = 3776;
const TRAILER = 320;
const SMALL_HEAD = 576;

function packedSlab(bytes: number): number {
  let slab = SMALL_HEAD;
  while (slab < bytes + TRAILER) slab = slab === SMALL_HEAD ? 1024 : slab * 2;
  return slab;
}

/** Receive memory of so many bytes that were packed into one buffer. */
export function packedMemory(bytes: number): number {
  return packedSlab(bytes) + 256;
}

/** Bytes that may still be put behind them. */
export function packedRoom(bytes: number): number {
  return packedSlab(bytes) - TRAILER - bytes;
}

/**
 * In-order bytes that the program has not read: copies, and behind them at most one view of the frame that is climbing. The view
 * becomes a copy when the program leaves it unread.
 */
export class ReceiveQueue {
  private readonly chunks: Chunk[] = [];
  private head = 0;
  private viewBytes: Uint8Array = NONE;
  private viewStart = 0;
  private viewEnd = 0;
  private viewMissing = 0;
  private hasView = false;
  /** Bytes that wait, those not captured included. */
  length = 0;
  /** Receive memory held (see `truesize`). */
  memory = 0;
  private readonly records: MemoryRecord[] = [];
  private firstRecord = 0;
  private recordCount = 0;
  /** Some bytes of the first record were read. */
  private isPartlyRead = false;

  /** Offers bytes of the frame under work: no copy yet. A view already there becomes a copy first. `joins`: none of the segment's bytes were there before. */
  view(bytes: Uint8Array, start: number, end: number, missing: number, memory: number, room = 0, joins = true): void {
    if (this.hasView) this.keep();
    this.hasView = true;
    this.viewBytes = bytes;
    this.viewStart = start;
    this.viewEnd = end;
    this.viewMissing = missing;
    this.account(end - start + missing, memory, room, joins);
  }

  /** Takes bytes that nobody else will change, at no cost of memory. */
  push(bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.append(bytes, start, end, missing);
    this.account(end - start + missing, 0, 0, true);
  }

  /** As `push`, but `account` is told of the bytes apart. */
  append(bytes: Uint8Array, start: number, end: number, missing: number): void {
    if (this.hasView) this.keep();
    this.chunks.push({ bytes, start, end, missing });
  }

  /** New bytes join the record at the tail where that has room: in its buffer, or as one of `PIECES` more; `pieces` they have already. */
  account(length: number, memory: number, room: number, joins: boolean, pieces = 0): void {
    this.length += length;
    if (joins && this.firstRecord < this.recordCount) {
      const last = this.records[this.recordCount - 1]!;
      if (length <= last.room) {
        last.left += length;
        last.room -= length;
        return;
      }
      if (last.pieces + pieces < PIECES) {
        last.left += length;
        last.pieces += pieces + 1;
        last.room = 0;
        last.memory += memory - JOINED;
        this.memory += memory - JOINED;
        return;
      }
    }
    this.begin(length, memory, room, pieces, !joins);
  }

  private begin(left: number, memory: number, room: number, pieces: number, overlaps: boolean): void {
    let record = this.records[this.recordCount];
    if (record === undefined) {
      record = { left: 0, memory: 0, room: 0, pieces: 0, overlaps: false };
      this.records.push(record);
    }
    this.recordCount++;
    record.left = left;
    record.memory = memory;
    record.room = room;
    record.pieces = pieces;
    record.overlaps = overlaps;
    this.memory += memory;
  }

  /** Bytes were read: records that are read to their end give their memory back. */
  private release(bytes: number): void {
    if (this.length === 0) {
      this.forget();
      return;
    }
    let left = bytes;
    while (left > 0) {
      const record = this.records[this.firstRecord]!;
      const take = Math.min(left, record.left);
      record.left -= take;
      left -= take;
      this.isPartlyRead = record.left > 0;
      if (this.isPartlyRead) break;
      this.memory -= record.memory;
      this.firstRecord++;
    }
    // What was read is taken off the front once it is most of the list.
    if (this.firstRecord > 16 && this.firstRecord * 2 > this.recordCount) {
      this.records.splice(0, this.firstRecord);
      this.recordCount -= this.firstRecord;
      this.firstRecord = 0;
    }
  }

  /** Copies what the program left of the view. */
  keep(): void {
    if (!this.hasView) return;
    this.hasView = false;
    const length = this.viewEnd - this.viewStart;
    const copy = new Uint8Array(length);
    copy.set(this.viewBytes.subarray(this.viewStart, this.viewEnd));
    this.chunks.push({ bytes: copy, start: 0, end: length, missing: this.viewMissing });
    this.viewBytes = NONE;
  }

  /** Hands up to `limit` bytes to `sink`; gives how many. */
  take(limit: number, sink: Sink | null): number {
    let left = limit;
    while (left > 0 && this.head < this.chunks.length) {
      const chunk = this.chunks[this.head]!;
      const take = Math.min(left, chunk.end - chunk.start);
      const lost = take === chunk.end - chunk.start ? Math.min(left - take, chunk.missing) : 0;
      if (sink !== null) sink(chunk.bytes, chunk.start, chunk.start + take, lost);
      chunk.start += take;
      chunk.missing -= lost;
      left -= take + lost;
      if (chunk.start === chunk.end && chunk.missing === 0) this.head++;
    }
    if (this.head === this.chunks.length && this.head > 0) {
      this.chunks.length = 0;
      this.head = 0;
    }
    if (left > 0 && this.hasView) left -= this.takeView(left, sink);
    const taken = limit - left;
    this.length -= taken;
    this.release(taken);
    return taken;
  }

  private takeView(limit: number, sink: Sink | null): number {
    const take = Math.min(limit, this.viewEnd - this.viewStart);
    const lost = take === this.viewEnd - this.viewStart ? Math.min(limit - take, this.viewMissing) : 0;
    const start = this.viewStart;
    this.viewStart += take;
    this.viewMissing -= lost;
    if (this.viewStart === this.viewEnd && this.viewMissing === 0) this.hasView = false;
    if (sink !== null) sink(this.viewBytes, start, start + take, lost);
    return take + lost;
  }

  /**
   * Packs segments into new buffers of up to a page, as a host short of memory does: from the first one on that costs more than the
   * window says of it. `ratio`: of memory that is payload, in 256ths.
   */
  pack(ratio: number): void {
    let from = this.firstRecord;
    while (from < this.recordCount && !this.isWasteful(from, ratio)) from++;
    let left = 0;
    for (let i = from; i < this.recordCount; i++) {
      left += this.records[i]!.left;
      this.memory -= this.records[i]!.memory;
    }
    if (from === this.firstRecord) this.isPartlyRead = false;
    this.recordCount = from;
    while (left > 0) {
      const bytes = Math.min(left, PACKED_MAX);
      this.begin(bytes, packedMemory(bytes), packedRoom(bytes), 0, false);
      left -= bytes;
    }
  }

  /** Also where bytes of it were read, or are held twice. */
  private isWasteful(at: number, ratio: number): boolean {
    const { left, memory, overlaps } = this.records[at]!;
    if (at === this.firstRecord && (this.isPartlyRead || overlaps)) return true;
    if (at + 1 < this.recordCount && this.records[at + 1]!.overlaps) return true;
    return Math.floor((memory * ratio) / 256) > left;
  }

  private forget(): void {
    this.firstRecord = this.recordCount = this.memory = 0;
    this.isPartlyRead = false;
  }

  clear(): void {
    if (this.chunks.length > 0) this.chunks.length = 0;
    this.head = 0;
    this.hasView = false;
    this.viewBytes = NONE;
    this.forget();
    this.length = 0;
  }
}
