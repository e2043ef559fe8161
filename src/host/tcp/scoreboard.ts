import { SACK_BLOCKS_MAX } from '../../wire/tcp-options.ts';
import type { TcpConnection } from './connection.ts';
import { Phase } from './connection.ts';
import { noteDelivered, rackAdvance } from './rack.ts';
import type { Segment } from './segment.ts';
import { Mark, type SendRecord } from './send-queue.ts';
import { after, before } from './seq.ts';

/** What one ACK said, gathered while it is worked on. One object for all: an ACK is finished before the next begins. */
export class AckState {
  dataSacked = false;
  dsacking = false;
  dsackOfProbe = false;
  originalAcked = false;
  advanced = false;
  dataAcked = false;
  retransmittedAcked = false;
  windowUpdate = false;
  /** The window is open again, and a byte that was to probe it is still on its way, or lost. */
  reopened = false;
  hasData = false;
  ece = false;
  setTimer = false;
  lostRetransmission = false;
  /** What was SACKed is now asked for again. */
  reneging = false;
  reord = 0;
  firstSackedAt = -1;
  lastSackedAt = -1;
  sackDelivered = 0;
  /** What the peer had when the segment was sent that left last of those reported now; and where that ends. */
  priorDelivered = 0;
  lastEndSeq = 0;

  begin(): void {
    this.dataSacked = false;
    this.dsacking = false;
    this.dsackOfProbe = false;
    this.originalAcked = false;
    this.advanced = false;
    this.dataAcked = false;
    this.retransmittedAcked = false;
    this.windowUpdate = false;
    this.reopened = false;
    this.hasData = false;
    this.ece = false;
    this.setTimer = false;
    this.lostRetransmission = false;
    this.reneging = false;
    this.reord = 0;
    this.firstSackedAt = this.lastSackedAt = -1;
    this.sackDelivered = 0;
    this.priorDelivered = 0;
  }
}

const RETRANSMITTED = Mark.retransmitted | Mark.everRetransmitted;

/** Blocks of the ACK under work that count, by their beginnings; and which of them is the duplicate's, -1: none. */
const lefts = new Float64Array(SACK_BLOCKS_MAX);
const rights = new Float64Array(SACK_BLOCKS_MAX);
let duplicateAt = -1;

/** Marks what the SACK blocks of an ACK cover (RFC 2018, RFC 2883, RFC 6675 §4). */
export function tagSacked(c: TcpConnection, s: Segment, priorUna: number, state: AckState): void {
  state.reord = c.sndNxt;
  if (c.sackedOut === 0) c.hasHighestSack = false;
  const isDuplicate = checkDsack(c, s, priorUna, state);
  if (before(s.ack, (priorUna - c.maxWindow) >>> 0)) return;
  if (c.packetsOut > 0) {
    const count = sortBlocks(c, s, priorUna, isDuplicate);
    for (let i = 0; i < count; i++) tagBlock(c, lefts[i]!, rights[i]!, i === duplicateAt, state);
  }
  if (c.phase !== Phase.loss || c.undoMarker !== 0) checkReordering(c, state.reord);
  c.delivered += state.sackDelivered;
}

function sortBlocks(c: TcpConnection, s: Segment, priorUna: number, isDuplicate: boolean): number {
  const { sack, sackCount } = s.options;
  let count = 0;
  duplicateAt = -1;
  for (let i = 0; i < sackCount; i++) {
    const left = sack[i * 2]!;
    const right = sack[i * 2 + 1]!;
    const dup = i === 0 && isDuplicate;
    if (!isValidBlock(c, left, right, dup) || !after(right, priorUna)) continue;
    let at = count++;
    for (; at > 0 && after(lefts[at - 1]!, left); at--) {
      lefts[at] = lefts[at - 1]!;
      rights[at] = rights[at - 1]!;
      if (duplicateAt === at - 1) duplicateAt = at;
    }
    lefts[at] = left;
    rights[at] = right;
    if (dup) duplicateAt = at;
  }
  return count;
}

/** Is the first block a duplicate's (RFC 2883 §4)? One that could not be, for its size or for what was sent again, is not. */
function checkDsack(c: TcpConnection, s: Segment, priorUna: number, state: AckState): boolean {
  const { sack, sackCount } = s.options;
  const left = sack[0]!;
  const right = sack[1]!;
  let isDuplicate = before(left, s.ack);
  if (!isDuplicate && sackCount > 1) isDuplicate = !after(right, sack[3]!) && !before(left, sack[2]!);
  if (!isDuplicate) return false;
  const length = (right - left) | 0;
  if (length <= 0 || length > c.maxWindow) return false;
  const segments = length > c.mss ? Math.ceil(length / c.mss) : 1;
  if (length <= c.mss && c.lossProbePending && c.lossProbeSeq === right) state.dsackOfProbe = true;
  c.dsackDups += segments;
  if (c.dsackDups > c.totalRetrans) return false;
  if (c.reordSeen > 0 && !state.dsackOfProbe) c.rackDsackSeen = true;
  state.dsacking = true;
  state.sackDelivered += segments;
  if (c.undoMarker !== 0 && c.undoRetrans > 0 && !after(right, priorUna) && after(right, c.undoMarker)) {
    c.undoRetrans = Math.max(0, c.undoRetrans - segments);
  }
  return true;
}

function isValidBlock(c: TcpConnection, left: number, right: number, isDuplicate: boolean): boolean {
  if (after(right, c.sndNxt) || !before(left, right)) return false;
  if (!before(left, c.sndNxt)) return false;
  if (after(left, c.sndUna)) return true;
  return isDuplicate && c.undoMarker !== 0 && !after(right, c.sndUna);
}

function tagBlock(c: TcpConnection, left: number, right: number, isDuplicate: boolean, state: AckState): void {
  const queue = c.sendQueue;
  let record = queue.head;
  while (record !== null && record !== queue.firstUnsent) {
    if (!before(record.seq, right)) break;
    if (after(record.endSeq, left)) {
      if (covers(c, record, left, right)) {
        const joins = joinsSacked(record, isDuplicate);
        tagRecord(c, record, isDuplicate, state);
        if (joins) joinSacked(c, record);
      }
    }
    record = record.next;
  }
}

/** Is the record inside of the block? A record of several segments is cut at segment borders first; the part inside comes then first or next. */
function covers(c: TcpConnection, record: SendRecord, left: number, right: number): boolean {
  let inside = !after(left, record.seq) && !before(right, record.endSeq);
  if (inside || record.pcount <= 1) return inside;
  const mss = record.mss || c.mss;
  inside = !after(left, record.seq);
  let length: number;
  if (inside) {
    length = (right - record.seq) >>> 0;
    if (length < mss) return false;
  } else {
    length = Math.max(mss, (left - record.seq) >>> 0);
  }
  if (length > mss) {
    let whole = Math.floor(length / mss) * mss;
    if (!inside && whole < length) whole += mss;
    length = whole;
  }
  if (length >= record.length) return inside;
  splitSent(c, record, length, mss);
  return inside;
}

const TAGS = Mark.sacked | Mark.retransmitted | Mark.lost;

function isSacked(record: SendRecord | null): record is SendRecord {
  return record !== null && (record.marks & TAGS) === Mark.sacked;
}

function segmentSize(record: SendRecord): number {
  return record.pcount === 1 ? record.length : record.mss;
}

/** A record about to be SACKed, behind one that is, of segments of the same size: Linux keeps both in one buffer. */
function joinsSacked(record: SendRecord, isDuplicate: boolean): boolean {
  const { marks, previous } = record;
  if ((marks & Mark.sacked) !== 0 || !isSacked(previous) || segmentSize(record) !== segmentSize(previous)) return false;
  return isDuplicate || (marks & (Mark.lost | Mark.retransmitted)) !== Mark.retransmitted;
}

/** What the record cost beside its bytes is free again; where a hole is filled the one behind it joins too. */
function joinSacked(c: TcpConnection, record: SendRecord): void {
  const { sendQueue } = c;
  const { next } = record;
  sendQueue.join(record);
  if (next === sendQueue.firstUnsent || !isSacked(next) || (next.marks & Mark.joined) !== 0) return;
  if (segmentSize(next) === segmentSize(record)) sendQueue.join(next);
}

/** Cuts a sent record; the counters follow where the number of segments changes. */
export function splitSent(c: TcpConnection, record: SendRecord, length: number, mss: number): SendRecord {
  const old = record.pcount;
  const rest = c.sendQueue.split(record, length, mss);
  adjustCounts(c, record.marks, old - record.pcount - rest.pcount);
  return rest;
}

/** A record now makes `fewer` segments less than it did. */
export function adjustCounts(c: TcpConnection, marks: number, fewer: number): void {
  if (fewer === 0) return;
  c.packetsOut -= fewer;
  if ((marks & Mark.sacked) !== 0) c.sackedOut -= fewer;
  if ((marks & Mark.retransmitted) !== 0) c.retransOut -= fewer;
  if ((marks & Mark.lost) !== 0) c.lostOut -= fewer;
}

function tagRecord(c: TcpConnection, record: SendRecord, isDuplicate: boolean, state: AckState): void {
  const count = record.pcount;
  if (isDuplicate && (record.marks & RETRANSMITTED) !== 0) {
    if (c.undoMarker !== 0 && c.undoRetrans > 0 && after(record.endSeq, c.undoMarker)) {
      c.undoRetrans = Math.max(0, c.undoRetrans - count);
    }
    if ((record.marks & Mark.sacked) !== 0 && before(record.seq, state.reord)) state.reord = record.seq;
  }
  if (!after(record.endSeq, c.sndUna)) return;
  if ((record.marks & Mark.sacked) === 0) {
    rackAdvance(c, record);
    noteDelivered(c, record, state);
    if ((record.marks & Mark.retransmitted) !== 0) {
      if ((record.marks & Mark.lost) !== 0) {
        record.marks &= ~(Mark.lost | Mark.retransmitted);
        c.lostOut -= count;
        c.retransOut -= count;
      }
    } else {
      if ((record.marks & RETRANSMITTED) === 0) {
        if (c.hasHighestSack && before(record.seq, c.highestSack) && before(record.seq, state.reord)) state.reord = record.seq;
        if (!after(record.endSeq, c.highSeq)) state.originalAcked = true;
        if (state.firstSackedAt < 0) state.firstSackedAt = record.sentAt;
        state.lastSackedAt = record.sentAt;
      }
      if ((record.marks & Mark.lost) !== 0) {
        record.marks &= ~Mark.lost;
        c.lostOut -= count;
      }
    }
    record.marks |= Mark.sacked;
    state.dataSacked = true;
    c.sackedOut += count;
    state.sackDelivered += count;
  }
  if (isDuplicate && (record.marks & Mark.retransmitted) !== 0) {
    record.marks &= ~Mark.retransmitted;
    c.retransOut -= count;
  }
  if (!c.hasHighestSack || !before(record.seq, c.highestSack)) {
    c.hasHighestSack = true;
    c.highestSack = record.next !== null ? record.next.seq : record.endSeq;
  }
}

/** A hole below the highest SACK was filled by what was never sent again: the path reorders. */
export function checkReordering(c: TcpConnection, low: number): void {
  const highest = c.sackedOut > 0 && c.hasHighestSack ? c.highestSack : c.sndUna;
  if (!before(low, highest)) return;
  const metric = (highest - low) >>> 0;
  if (metric > c.reordering * c.mss) {
    c.reordering = Math.min(Math.ceil(metric / c.mss), c.tcp.sysctl['ipv4.tcp_max_reordering']);
  }
  c.reordSeen++;
}

/** The record counts as lost until it is SACKed or sent again. */
export function markLost(c: TcpConnection, record: SendRecord): void {
  if ((record.marks & Mark.sacked) !== 0) return;
  if ((record.marks & Mark.lost) === 0) {
    c.lostOut += record.pcount;
    record.marks |= Mark.lost;
    c.lost += record.pcount;
  } else if ((record.marks & Mark.retransmitted) !== 0) {
    record.marks &= ~Mark.retransmitted;
    c.retransOut -= record.pcount;
    c.lost += record.pcount;
  }
}
