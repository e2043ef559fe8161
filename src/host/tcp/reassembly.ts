import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { finReceived } from './close.ts';
import { AckDue, fromIrs, type TcpConnection } from './connection.ts';
import { FOLLOWED_OUT_OF_ORDER, OUT_OF_ORDER_SEGMENTS } from './constants.ts';
import { noteEcn } from './ecn.ts';
import { passHoles } from './observe.ts';
import { measureSegmentSize, receiveData } from './receive.ts';
import { addSackBlock, extendDsack, setDsack } from './sack-blocks.ts';
import { type Node, SearchTree } from './search-tree.ts';
import { JOINED, PIECES, type Segment } from './segment.ts';
import { add, after, before } from './seq.ts';
import { growBuffer, growWindow, makeRoom } from './window.ts';

/** A segment that came ahead of a hole and those that joined it. */
export interface Held extends Node<Held> {
  readonly seq: number;
  endSeq: number;
  fin: boolean;
  readonly pieces: Piece[];
  memory: number;
  /** Bytes left behind the data in the segment's buffer, and pieces that found none. */
  room: number;
  joined: number;
}

/** A segment's own copy of its bytes. */
interface Piece {
  readonly bytes: Uint8Array;
  /** Bytes of it that the capture does not have, at the end. */
  readonly missing: number;
}

/** Segments beyond RCV.NXT in the order of their numbers. Neighbours may overlap: the earlier one's bytes win when they are delivered. */
export class ReassemblyQueue {
  readonly held: Held[] = [];
  /** Linux finds a segment's place in a tree, and what it passes on the way counts. */
  readonly tree = new SearchTree<Held>();
  bytes = 0;
  memory = 0;

  get count(): number {
    return this.held.length;
  }

  lastEnd(): number {
    return this.held[this.held.length - 1]!.endSeq;
  }

  /** Index of the last segment that begins at or before `seq`; -1: none. */
  findAtOrBefore(seq: number): number {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (after(this.held[middle]!.seq, seq)) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  insert(at: number, segment: Held): void {
    this.tree.insert(segment, this.held[at - 1] ?? null, this.held[at] ?? null);
    this.held.splice(at, 0, segment);
    this.bytes += (segment.endSeq - segment.seq) >>> 0;
    this.memory += segment.memory;
  }

  /** The segment begins where this one ends: it becomes a part of it while there is room. */
  join(to: Held, s: Segment): boolean {
    if (s.dataLength <= to.room) {
      to.room -= s.dataLength;
    } else if (to.joined < PIECES) {
      to.room = 0;
      to.joined++;
      to.memory += s.truesize - JOINED;
      this.memory += s.truesize - JOINED;
    } else {
      return false;
    }
    to.pieces.push(pieceOf(s));
    to.endSeq = s.endSeq;
    to.fin = (s.flags & TcpFlag.fin) !== 0;
    this.bytes += (s.endSeq - s.seq) >>> 0;
    return true;
  }

  removeAt(at: number): Held {
    const segment = this.held[at]!;
    this.tree.remove(segment);
    if (at === 0) this.held.shift();
    else this.held.splice(at, 1);
    this.bytes -= (segment.endSeq - segment.seq) >>> 0;
    this.memory -= segment.memory;
    return segment;
  }

  /** A segment that covers another and begins with it takes its place. */
  replaceAt(at: number, segment: Held): void {
    const old = this.held[at]!;
    this.tree.replace(old, segment);
    this.held[at] = segment;
    this.bytes += ((segment.endSeq - segment.seq) >>> 0) - ((old.endSeq - old.seq) >>> 0);
    this.memory += segment.memory - old.memory;
  }

  clear(): void {
    this.held.length = 0;
    this.tree.root = null;
    this.bytes = this.memory = 0;
  }
}

/** Holds a segment that begins beyond RCV.NXT (RFC 9293 SHLD-31); duplicates and overlaps as Linux treats them. */
export function holdOutOfOrder(c: TcpConnection, s: Segment): void {
  const { trace } = c.tcp;
  noteEcn(c, s);
  if (!makeRoom(c, s)) {
    trace.record(D.tcp_ofo_no_room, fromIrs(c, s.seq), s.dataLength);
    return;
  }
  if (c.reassembly === null) c.reassembly = new ReassemblyQueue();
  const queue = c.reassembly;
  if (queue.count >= OUT_OF_ORDER_SEGMENTS || (c.followed && queue.bytes + s.dataLength > FOLLOWED_OUT_OF_ORDER)) {
    if (c.followed) {
      // no client sends so much behind a hole: the capture has it, not the stream
      passHoles(c);
      receiveData(c, s);
      return;
    }
    trace.record(D.tcp_ofo_no_room, fromIrs(c, s.seq), s.dataLength);
    return;
  }
  measureSegmentSize(c, s);
  c.predicts = false;
  c.ackDue |= AckDue.scheduled;
  const joined = insert(c, queue, s);
  if (c.sackOk) {
    addSackBlock(c, s.seq, s.endSeq);
    // Linux charges a segment held by itself only after this.
    if (joined !== Placed.duplicate) growWindow(c, s, joined === Placed.held ? s.truesize : 0);
  }
  if (!c.inAcceptQueue && !c.orphan && !c.followed) growBuffer(c, c.spaceBytes);
}

const Placed = { held: 0, joined: 1, duplicate: 2 } as const;

function insert(c: TcpConnection, queue: ReassemblyQueue, s: Segment): number {
  const { held } = queue;
  const last = held.at(-1);
  if (last !== undefined && joins(queue, last, s)) return joined(c, s);
  let at = held.length;
  if (last !== undefined && before(s.seq, last.endSeq)) {
    for (let node = queue.tree.root; node !== null; ) {
      if (before(s.seq, node.seq)) {
        node = node.left;
        continue;
      }
      if (!before(s.seq, node.endSeq)) {
        if (joins(queue, node, s)) return joined(c, s);
      } else if (!after(s.endSeq, node.endSeq)) {
        c.tcp.trace.record(D.tcp_ofo_duplicate, fromIrs(c, s.seq), fromIrs(c, s.endSeq));
        setDsack(c, s.seq, s.endSeq);
        return Placed.duplicate;
      } else if (s.seq === node.seq) {
        return replace(c, queue, node, s);
      } else {
        setDsack(c, s.seq, node.endSeq);
        c.tcp.trace.record(D.tcp_ofo_overlap, (node.endSeq - s.seq) >>> 0);
      }
      node = node.right;
    }
    at = queue.findAtOrBefore(s.seq) + 1;
  }
  queue.insert(at, heldOf(s));
  return placed(c, queue, at, s);
}

/** The segment begins where that one ends, and has become a part of it. */
function joins(queue: ReassemblyQueue, to: Held, s: Segment): boolean {
  return s.seq === to.endSeq && !to.fin && queue.join(to, s);
}

function joined(c: TcpConnection, s: Segment): number {
  c.tcp.trace.record(D.tcp_out_of_order, fromIrs(c, s.seq), fromIrs(c, s.endSeq), fromIrs(c, c.rcvNxt));
  return Placed.joined;
}

function replace(c: TcpConnection, queue: ReassemblyQueue, old: Held, s: Segment): number {
  const at = queue.findAtOrBefore(old.seq);
  extendDsack(c, old.seq, old.endSeq);
  c.tcp.trace.record(D.tcp_ofo_replaces, fromIrs(c, old.seq), fromIrs(c, old.endSeq));
  queue.replaceAt(at, heldOf(s));
  return placed(c, queue, at, s);
}

/** What the segment covers behind it goes. */
function placed(c: TcpConnection, queue: ReassemblyQueue, at: number, s: Segment): number {
  const { trace } = c.tcp;
  const { held } = queue;
  while (at + 1 < held.length) {
    const next = held[at + 1]!;
    if (!after(s.endSeq, next.seq)) break;
    if (before(s.endSeq, next.endSeq)) {
      extendDsack(c, next.seq, s.endSeq);
      trace.record(D.tcp_ofo_overlap, (s.endSeq - next.seq) >>> 0);
      break;
    }
    extendDsack(c, next.seq, next.endSeq);
    trace.record(D.tcp_ofo_replaces, fromIrs(c, next.seq), fromIrs(c, next.endSeq));
    queue.removeAt(at + 1);
  }
  trace.record(D.tcp_out_of_order, fromIrs(c, s.seq), fromIrs(c, s.endSeq), fromIrs(c, c.rcvNxt));
  return Placed.held;
}

function heldOf(s: Segment): Held {
  return {
    seq: s.seq,
    endSeq: s.endSeq,
    fin: (s.flags & TcpFlag.fin) !== 0,
    pieces: [pieceOf(s)],
    memory: s.truesize,
    room: s.room,
    joined: 0,
    parent: null,
    left: null,
    right: null,
    isRed: true,
  };
}

function pieceOf(s: Segment): Piece {
  const bytes = new Uint8Array(s.dataEnd - s.dataStart);
  bytes.set(s.bytes.subarray(s.dataStart, s.dataEnd));
  return { bytes, missing: s.dataLength - bytes.length };
}

/** RCV.NXT has moved: what now follows without a hole joins the receive queue. */
export function deliverReassembled(c: TcpConnection): void {
  const queue = c.reassembly!;
  const { trace } = c.tcp;
  const highest = c.rcvNxt;
  let moved = 0;
  while (queue.count > 0) {
    const first = queue.held[0]!;
    if (after(first.seq, c.rcvNxt)) break;
    if (before(first.seq, highest)) extendDsack(c, first.seq, before(first.endSeq, highest) ? first.endSeq : highest);
    queue.removeAt(0);
    if (!after(first.endSeq, c.rcvNxt)) {
      trace.record(D.tcp_ofo_overtaken, fromIrs(c, first.seq), fromIrs(c, first.endSeq));
      continue;
    }
    const skip = (c.rcvNxt - first.seq) >>> 0;
    const length = ((first.endSeq - first.seq) >>> 0) - (first.fin ? 1 : 0) - skip;
    if (length > 0) {
      c.rcvNxt = add(c.rcvNxt, length);
      deliverPieces(c, first, skip);
      c.receiveQueue.account(length, first.memory, first.room, skip === 0, first.joined);
      moved += length;
    }
    if (first.fin) {
      c.rcvNxt = first.endSeq;
      finReceived(c);
      break;
    }
  }
  if (moved > 0) trace.record(D.tcp_hole_filled, moved, fromIrs(c, c.rcvNxt));
  if (queue.count === 0) c.ackDue |= AckDue.now;
}

/** The bytes of a held segment without the first `skip`; the receive queue is not told what they cost. */
export function deliverPieces(c: TcpConnection, from: Held, skip: number): void {
  let left = skip;
  for (const { bytes, missing } of from.pieces) {
    const length = bytes.length + missing;
    if (left >= length) {
      left -= length;
      continue;
    }
    const start = Math.min(bytes.length, left);
    c.receiveQueue.append(bytes, start, bytes.length, length - left - (bytes.length - start));
    left = 0;
  }
}
