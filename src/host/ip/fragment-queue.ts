import { copyBytes, NO_BYTES } from '../../wire/bytes.ts';
import { ETHERNET_HEADER } from '../../wire/ethernet.ts';
import type { FragPolicy } from '../config.ts';
import { Alarm } from '../time/timers.ts';
import { tailroom, truesize, truesizeOfPart } from '../truesize.ts';
import { FragmentCover, Overlap } from './fragment-cover.ts';
import type { Fragments } from './fragments.ts';

/** Room before the data for the header of the first fragment, extension headers included. */
export const HEADER_ROOM = 1024;
const FIRST_ROOM = 4096;

/** What became of a fragment that was put into a queue. */
export const Placed = { added: 0, duplicate: 1, overlap: 2, endConflict: 3, empty: 4 } as const;

/** The fragments of one datagram (Linux inet_frag_queue): the data lie in one buffer at their places, the first fragment's header before them. */
export class FragmentQueue extends Alarm {
  family = 4;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** Part of the key in IPv4 only. */
  protocol = 0;
  id = 0;
  hash = 0;
  next: FragmentQueue | null = null;

  bytes = new Uint8Array(HEADER_ROOM + FIRST_ROOM);
  readonly cover = new FragmentCover();
  /** Fragments in it, and the memory that they take as Linux counts it. */
  count = 0;
  memory = 0;
  /** End of the data as far as known. */
  length = 0;
  hasFirst = false;
  hasLast = false;
  /** Where its fragments begin, in the order in which they came. */
  readonly starts: number[] = [];
  /** Their bytes of data, and the lengths of the frames that brought them. */
  readonly lengths: number[] = [];
  readonly frameLengths: number[] = [];
  /** IPv4: bytes of the largest fragment, and of the largest that must not be fragmented. */
  largest = 0;
  largestWhole = 0;
  /** ECN fields met, one bit for each of the four values. */
  ecn = 0;
  /** Bytes of header before the data, once the first fragment is there; and bytes of data that came with it. */
  headerLength = 0;
  firstLength = 0;
  /** IPv6: the byte of that header that names the fragment header. */
  namedAt = 0;
  linkTarget = 0;
  ipTarget = 0;
  tos = 0;
  ttl = 0;
  /** IPv4: what an answer carries of the first fragment's options; copies of their own. */
  replyOptions: Uint8Array = NO_BYTES;
  replyOptionsFail = false;
  /** Fragments of the same sender up to the last one of this datagram. */
  distance = 0;
  private readonly owner: Fragments;

  constructor(owner: Fragments) {
    super();
    this.owner = owner;
  }

  get isComplete(): boolean {
    return this.hasFirst && this.hasLast && this.cover.total === this.length;
  }

  clear(): void {
    this.cover.clear();
    this.starts.length = this.lengths.length = this.frameLengths.length = 0;
    this.largest = this.largestWhole = 0;
    this.count = 0;
    this.memory = 0;
    this.length = 0;
    this.hasFirst = false;
    this.hasLast = false;
    this.ecn = 0;
    this.headerLength = 0;
    this.firstLength = 0;
    this.replyOptions = NO_BYTES;
    this.replyOptionsFail = false;
  }

  /** Puts `from[start, end)` at `offset`; `end` is cut to a multiple of eight by the caller where more follow. A `Placed` number. */
  place(from: Uint8Array, start: number, end: number, offset: number, more: boolean, policy: FragPolicy): number {
    const last = offset + end - start;
    if (!more) {
      if (last < this.length || (this.hasLast && last !== this.length)) return Placed.endConflict;
    } else if (last > this.length && this.hasLast) return Placed.endConflict;
    if (!more) this.hasLast = true;
    if (last > this.length) this.length = last;
    if (last === offset) return Placed.empty;
    const overlap = this.cover.overlap(offset, last);
    if (overlap === Overlap.inside && policy !== 'last') return Placed.duplicate;
    if (overlap === Overlap.partial && policy === 'linux') return Placed.overlap;
    this.reserve(last);
    if (policy === 'first' && overlap === Overlap.partial) this.fillGaps(from, start, offset, last);
    else copyBytes(from, start, end, this.bytes, HEADER_ROOM + offset);
    if (policy === 'linux') this.cover.append(offset, last);
    else this.cover.merge(offset, last);
    this.count++;
    this.starts.push(offset);
    this.lengths.push(last - offset);
    return Placed.added;
  }

  /** Keeps the header of the first fragment, which becomes that of the datagram. */
  keepHeader(from: Uint8Array, start: number, end: number, firstLength: number): void {
    this.hasFirst = true;
    this.headerLength = end - start;
    this.firstLength = firstLength;
    copyBytes(from, start, end, this.bytes, HEADER_ROOM - this.headerLength);
  }

  /** Memory of the datagram: of the first fragment's packet, and of those that do not fit into its tail. */
  datagramMemory(): number {
    const { starts, lengths, frameLengths } = this;
    let at = starts.indexOf(0);
    let memory = truesize(frameLengths[at]!);
    for (let i = 0; i < starts.length; i++) if (i !== at) memory += truesizeOfPart(frameLengths[i]!);
    let room = tailroom(frameLengths[at]!, ETHERNET_HEADER + this.headerLength + lengths[at]!);
    for (;;) {
      const next = starts[at]! + lengths[at]!;
      at = starts.indexOf(next);
      if (at < 0 || lengths[at]! > room) return memory;
      room -= lengths[at]!;
      memory -= truesizeOfPart(frameLengths[at]!);
    }
  }

  expire(now: number): void {
    this.owner.expire(this, now);
  }

  private fillGaps(from: Uint8Array, start: number, offset: number, last: number): void {
    let at = offset;
    for (;;) {
      const gapEnd = this.cover.nextGap(at, last);
      if (gapEnd < 0) return;
      const gap = this.cover.gapStart;
      copyBytes(from, start + gap - offset, start + gapEnd - offset, this.bytes, HEADER_ROOM + gap);
      at = gapEnd;
    }
  }

  private reserve(length: number): void {
    if (HEADER_ROOM + length <= this.bytes.length) return;
    let size = this.bytes.length;
    while (size < HEADER_ROOM + length) size *= 2;
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}
