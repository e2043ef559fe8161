import { D } from '../../trace/catalogue.ts';
import { State } from '../sockets.ts';
import { AckDue, type TcpConnection } from './connection.ts';
import { INITIAL_CWND, WINDOW_MAX } from './constants.ts';
import { reserveMemory } from './memory.ts';
import { packHeld } from './pack-held.ts';
import type { ReassemblyQueue } from './reassembly.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';

/** Some hosts take the window for a number with a sign (tcp_workaround_signed_windows). */
const SIGNED_MAX = 32767;

/** Payload that fits in so much receive memory. */
function payloadOf(c: TcpConnection, memory: number): number {
  return Math.floor((memory * c.scalingRatio) / 256);
}

/** Receive memory in use: unread bytes and those out of order. */
export function memoryInUse(c: TcpConnection): number {
  return c.receiveQueue.memory + (c.reassembly === null ? 0 : c.reassembly.memory);
}

function fullSpace(c: TcpConnection): number {
  return payloadOf(c, c.rcvbuf);
}

function freeSpace(c: TcpConnection): number {
  return payloadOf(c, Math.max(0, c.rcvbuf - memoryInUse(c)));
}

/** What is left of the window last told; for a followed connection, of the greatest ever told. */
export function receiveWindow(c: TcpConnection): number {
  let window = (c.rcvWup + c.rcvWnd - c.rcvNxt) | 0;
  if (c.hasFollowedEdge) window = Math.max(window, (c.followedEdge - c.rcvNxt) | 0);
  return window < 0 ? 0 : window;
}

/**
 * The window before anything has come: half of the buffer in whole segments, and the shift that the largest buffer will need (RFC
 * 7323 §2.2). Sets `rcvWnd`, `rcvWscale` and `windowClamp`.
 */
export function initialWindow(c: TcpConnection, mss: number): void {
  const { sysctl } = c.tcp;
  let clamp = WINDOW_MAX << 14;
  const full = fullSpace(c);
  if (c.rcvbufLocked) clamp = full;
  let space = Math.min(clamp, full);
  if (space > mss) space -= space % mss;
  c.rcvWnd = sysctl['ipv4.tcp_workaround_signed_windows'] !== 0 ? Math.min(space, SIGNED_MAX) : space;
  c.rcvWscale = 0;
  if (c.wscaleOk) {
    space = Math.min(Math.max(space, sysctl['ipv4.tcp_rmem_max'], sysctl['core.rmem_max']), clamp);
    c.rcvWscale = Math.max(0, Math.min(14, 31 - Math.clz32(space) - 15));
  }
  c.windowClamp = Math.min(WINDOW_MAX << c.rcvWscale, clamp);
}

/** Sets the limits of a connection that has just been completed. */
export function establishWindow(c: TcpConnection): void {
  const full = fullSpace(c);
  if (!c.wscaleOk) c.windowClamp = Math.min(c.windowClamp, WINDOW_MAX);
  c.rcvSsthresh = c.rcvWnd;
  const app = c.tcp.sysctl['ipv4.tcp_app_win'];
  if (c.windowClamp >= full) {
    c.windowClamp = full;
    if (app > 0 && full > 4 * c.advMss) c.windowClamp = Math.max(full - (app >= 31 ? 0 : full >>> app), 4 * c.advMss);
  }
  if (app > 0 && c.windowClamp > 2 * c.advMss && c.windowClamp + c.advMss > full) {
    c.windowClamp = Math.max(2 * c.advMss, full - c.advMss);
  }
  c.rcvSsthresh = Math.min(c.rcvSsthresh, c.windowClamp);
  c.spaceTime = c.tcp.now;
  c.spaceSeq = c.copiedSeq;
  c.spaceBytes = Math.min(c.rcvSsthresh, c.rcvWnd, INITIAL_CWND * c.advMss);
}

/** The window that could be told now: never a silly one (RFC 9293 §3.8.6.2.2). */
export function availableWindow(c: TcpConnection): number {
  const allowed = fullSpace(c);
  const full = Math.min(c.windowClamp, allowed);
  let mss = c.rcvMss;
  let free = freeSpace(c);
  if (mss > full) {
    mss = full;
    if (mss <= 0) return 0;
  }
  if (mayShrink(c)) return shrinkingWindow(c, free, full, allowed, mss);
  if (free < full >> 1) {
    c.quickAcks = 0;
    const shift = Math.max(0, c.rcvWscale);
    free = (free >> shift) << shift;
    if (free < allowed >> 4 || free < mss) return 0;
  }
  if (free > c.rcvSsthresh) free = c.rcvSsthresh;
  if (c.rcvWscale > 0) {
    const unit = 1 << c.rcvWscale;
    return Math.ceil(free / unit) * unit;
  }
  let window = c.rcvWnd;
  if (window <= free - mss || window > free) window = free - (free % mss);
  else if (mss === full && free > window + (full >> 1)) window = free;
  return window;
}

/** The right edge may move back (tcp_shrink_window), where windows are scaled. */
function mayShrink(c: TcpConnection): boolean {
  return c.rcvWscale > 0 && c.tcp.sysctl['ipv4.tcp_shrink_window'] !== 0;
}

/** A window that memory allows at this moment, in whole units of the scale. */
function shrinkingWindow(c: TcpConnection, space: number, full: number, allowed: number, mss: number): number {
  const unit = 1 << c.rcvWscale;
  const free = space - (space % unit);
  if (free < full >> 1) {
    c.quickAcks = 0;
    if (free < allowed >> 4 || free < mss || free < unit) return 0;
  }
  return free > c.rcvSsthresh ? Math.ceil(c.rcvSsthresh / unit) * unit : free;
}

/** Takes the window for a segment about to leave, remembers it, gives the field. The right edge does not move back (SHLD-14) unless it may. */
export function selectWindow(c: TcpConnection): number {
  if (c.state === State.timeWait) return 0;
  if ((c.ackDue & AckDue.noMemory) !== 0) {
    c.rcvWnd = 0;
    c.rcvWup = c.rcvNxt;
    c.predicts = false;
    return 0;
  }
  const current = receiveWindow(c);
  let window = c.followed ? Math.max(current, availableWindow(c)) : availableWindow(c);
  const shift = Math.max(0, c.rcvWscale);
  if (window < current && !mayShrink(c)) window = Math.ceil(current / (1 << shift)) * (1 << shift);
  c.rcvWnd = window;
  c.rcvWup = c.rcvNxt;
  if (window === 0) c.predicts = false;
  const signed = shift === 0 && c.tcp.sysctl['ipv4.tcp_workaround_signed_windows'] !== 0;
  return Math.min(window, signed ? SIGNED_MAX : WINDOW_MAX << shift) >>> shift;
}

/** Lets the window grow with what comes: twice the segment, as long as segments are not mostly overhead. `uncharged`: memory in use that does not count yet. */
export function growWindow(c: TcpConnection, s: Segment, uncharged = 0): void {
  const room = Math.min(c.windowClamp, payloadOf(c, Math.max(0, c.rcvbuf - memoryInUse(c) + uncharged))) - c.rcvSsthresh;
  if (room <= 0) return;
  const increase = payloadOf(c, s.truesize) <= s.dataLength ? 2 * c.advMss : growthFor(c, s);
  if (increase <= 0) return;
  const grown = Math.max(increase, 2 * s.dataLength);
  c.rcvSsthresh += Math.min(room, grown);
  c.quickAcks |= 1;
}

function growthFor(c: TcpConnection, s: Segment): number {
  let truesize = payloadOf(c, s.truesize) >> 1;
  let window = payloadOf(c, c.tcp.sysctl['ipv4.tcp_rmem_max']) >> 1;
  while (c.rcvSsthresh <= window) {
    if (truesize <= s.dataLength) return 2 * c.rcvMss;
    truesize >>= 1;
    window >>= 1;
  }
  return 0;
}

/** Learns from a larger segment than before how much of receive memory is payload. */
export function measureOverhead(c: TcpConnection, s: Segment): void {
  const ratio = Math.max(1, Math.floor((s.dataLength * 256) / s.truesize));
  if (ratio === c.scalingRatio) return;
  c.scalingRatio = Math.min(255, ratio);
  setWindowClamp(c, payloadOf(c, c.rcvbuf));
}

function setWindowClamp(c: TcpConnection, value: number): void {
  const old = c.windowClamp;
  const clamp = Math.max(value, 2048 >> 1);
  c.windowClamp = clamp;
  if (clamp < old) c.rcvSsthresh = Math.min(c.rcvSsthresh, clamp);
  else if (!c.rcvbufLocked || clamp > old) c.rcvSsthresh = Math.max(Math.min(c.rcvWnd, clamp), c.rcvSsthresh);
  if (c.windowClamp < c.spaceBytes) c.spaceBytes = c.windowClamp;
}

/**
 * Where the receive buffer is full it grows to its maximum, what is queued is packed together, what is out of order is given up. False:
 * there is still no room.
 */
export function makeRoom(c: TcpConnection, s: Segment): boolean {
  if (c.followed) return true;
  if (!fits(c) && !prune(c, s)) return false;
  reserveMemory(c, s.truesize);
  return true;
}

function prune(c: TcpConnection, s: Segment): boolean {
  const inUse = memoryInUse(c);
  if (inUse === 0) return false;
  c.quickAcks = 0;
  const max = c.tcp.sysctl['ipv4.tcp_rmem_max'];
  if (c.rcvbuf < max && !c.rcvbufLocked) c.rcvbuf = Math.min(inUse, max);
  if (inUse > c.rcvbuf) c.rcvSsthresh = Math.min(c.windowClamp, 2 * c.advMss);
  if (fits(c)) return true;
  if (c.reassembly !== null) packHeld(c, c.reassembly);
  c.receiveQueue.pack(c.scalingRatio);
  if (fits(c)) return true;
  if (c.reassembly !== null && c.reassembly.count > 0) giveUpHeld(c, c.reassembly, s);
  if (fits(c)) return true;
  c.predicts = false;
  return false;
}

/** What is out of order goes from its end, down to what begins before the segment; the peer is told of none of it any more. */
function giveUpHeld(c: TcpConnection, queue: ReassemblyQueue, s: Segment): void {
  const { bytes } = queue;
  let goal = c.rcvbuf >> 3;
  while (queue.count > 0 && !after(s.seq, queue.held[queue.count - 1]!.seq)) {
    goal -= queue.removeAt(queue.count - 1).memory;
    if (goal > 0) continue;
    if (fits(c)) break;
    goal = c.rcvbuf >> 3;
  }
  if (queue.bytes === bytes) return;
  c.tcp.trace.record(D.tcp_ofo_pruned, bytes - queue.bytes);
  c.sackBlockCount = 0;
  c.dsack = false;
}

function fits(c: TcpConnection): boolean {
  return memoryInUse(c) <= c.rcvbuf;
}

/** Lets the buffer follow the program's speed: what it reads in one round trip, twice (tcp_moderate_rcvbuf). */
export function adjustSpace(c: TcpConnection): void {
  const { now } = c.tcp;
  const elapsed = now - c.spaceTime;
  if (c.rcvRtt === 0 || elapsed < c.rcvRtt) return;
  const copied = (c.copiedSeq - c.spaceSeq) >>> 0;
  const inQueue = (c.rcvNxt - c.copiedSeq) >>> 0;
  const used = copied > inQueue ? copied - inQueue : 0;
  if (used > c.spaceBytes) growBuffer(c, used);
  c.spaceSeq = c.copiedSeq;
  c.spaceTime = now;
}

/** The buffer takes twice what the program reads in a round trip, and what stands out of order beside. */
export function growBuffer(c: TcpConnection, bytes: number): void {
  const old = c.spaceBytes;
  c.spaceBytes = bytes;
  const { sysctl } = c.tcp;
  if (sysctl['ipv4.tcp_moderate_rcvbuf'] === 0 || c.rcvbufLocked) return;
  let window = bytes * 2;
  const grow = Math.floor((window * (bytes - old)) / Math.max(1, old));
  window += grow * 2;
  if (c.reassembly !== null && c.reassembly.count > 0) {
    const left = (c.reassembly.lastEnd() - c.rcvNxt) >>> 0;
    window += left;
  }
  const wanted = Math.min(Math.ceil((window * 256) / c.scalingRatio), sysctl['ipv4.tcp_rmem_max']);
  if (wanted <= c.rcvbuf) return;
  c.rcvbuf = wanted;
  c.windowClamp = payloadOf(c, wanted);
}

/** Round trip as a receiver sees it: the time in which a whole window arrives. */
export function measureReceiverRtt(c: TcpConnection): void {
  if (c.rcvRttTime !== 0) {
    if (before(c.rcvNxt, c.rcvRttSeq)) return;
    updateReceiverRtt(c, Math.max(1000, c.tcp.now - c.rcvRttTime), true);
  }
  c.rcvRttSeq = add(c.rcvNxt, c.rcvWnd);
  c.rcvRttTime = c.tcp.now;
}

/** With timestamps every new echo tells the round trip. */
export function measureReceiverRttByTimestamp(c: TcpConnection, s: Segment): void {
  if (!c.sawTimestamps || c.rcvTsEcr === c.rcvRttTsEcr) return;
  c.rcvRttTsEcr = c.rcvTsEcr;
  if (s.dataLength < c.rcvMss) return;
  const delta = (Math.floor(c.tcp.now / 1e6) + c.tsOffset - c.rcvTsEcr) | 0;
  if (delta > 0 && delta < 1e6) updateReceiverRtt(c, delta * 1e6, false);
}

/** The least counts at once; greater samples only slowly, and only while the program keeps up. */
function updateReceiverRtt(c: TcpConnection, sample: number, isWindow: boolean): void {
  if (c.rcvRtt === 0 || sample < c.rcvRtt) c.rcvRtt = sample;
  else if (!isWindow && c.rcvNxt === c.copiedSeq) c.rcvRtt += (sample - c.rcvRtt) / 8;
}
