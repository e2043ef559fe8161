import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Paths } from '../ip/paths.ts';
import { State } from '../sockets.ts';
import { restartAfterIdle, validateCwnd } from './congestion.ts';
import { Phase, type TcpConnection } from './connection.ts';
import { INITIAL_CWND, MS, MSS_DEFAULT } from './constants.ts';
import { reserveMemory } from './memory.ts';
import { armPersist } from './persist.ts';
import { armRto, scheduleLossProbe } from './retransmit.ts';
import { RECORD_OVERHEAD, SendRecord } from './send-queue.ts';
import { add, after } from './seq.ts';
import { Waiting } from './timers.ts';
import { sackLength, sendRecord } from './transmit.ts';

/** Largest run of bytes that becomes one record. */
const RECORD_MAX = 65536;

/** Bytes of a run that leaves as one packet, which has room for all headers. */
const RUN_MAX = RECORD_MAX - 1 - 320;

export function inFlight(c: TcpConnection): number {
  return c.packetsOut - c.sackedOut - c.lostOut + c.retransOut;
}

/** Right edge of the window that the peer allows. */
export function windowEnd(c: TcpConnection): number {
  return add(c.sndUna, c.sndWnd);
}

/** Segment size for a path (RFC 9293 §3.7.1), never more than half of the largest window seen. */
export function syncMss(c: TcpConnection, pmtu: number): void {
  const headers = (c.family === 4 ? 20 : 40) + 20;
  const { rules, sysctl } = c.tcp;
  let mss = Math.max(Math.min(pmtu - headers, c.mssClamp), rules.anyMss ? 1 : sysctl['ipv4.tcp_min_snd_mss']);
  if (c.tsOk) mss = Math.max(1, mss - 12);
  c.pmtu = pmtu;
  c.mss = boundToHalfWindow(c, mss);
}

function boundToHalfWindow(c: TcpConnection, size: number): number {
  const cut = c.maxWindow > MSS_DEFAULT ? c.maxWindow >> 1 : c.maxWindow;
  return cut > 0 && size > cut ? Math.max(cut, 68 - (c.tsOk ? 32 : 20)) : size;
}

/** Bytes of the largest packet to the peer. */
export function pathMtu(paths: Paths, c: TcpConnection): number {
  return c.family === 4 ? paths.mtu4(c.peer3) : paths.mtu6(c.peer0, c.peer1, c.peer2, c.peer3);
}

/** The path has changed, or what was known of it has expired. */
function followPath(c: TcpConnection, paths: Paths): void {
  const mtu = pathMtu(paths, c);
  if (c.family === 4) c.pmtuLocked = paths.isLocked4(c.peer3);
  if (mtu !== c.pmtu) syncMss(c, mtu);
}

/** Segment size now: SACK blocks in the header take their room. */
export function currentMss(c: TcpConnection): number {
  const { paths } = c.tcp;
  if (paths !== null && !paths.isPlain && !c.followed) followPath(c, paths);
  return Math.max(1, c.mss - sackLength(c));
}

/** Room for twice the congestion window, as Linux accounts it. */
export function expandSendBuffer(c: TcpConnection): void {
  if (c.sndbufLocked) return;
  const segment = Math.max(c.mssClamp, c.mss) + 576;
  const each = 2 ** Math.ceil(Math.log2(segment)) + 256;
  const wanted = 2 * Math.max(INITIAL_CWND, c.cwnd, c.reordering + 1) * each;
  c.sndbuf = Math.max(c.sndbuf, Math.min(wanted, c.tcp.sysctl['ipv4.tcp_wmem_max']));
}

/** Queues as much as the send buffer takes and sends what may be sent; gives the number of bytes taken. */
export function writeStream(c: TcpConnection, bytes: Uint8Array, start: number, end: number): number {
  if (c.followed || c.sndShutdown || c.slot < 0 || start >= end) return 0;
  if (c.state !== State.established && c.state !== State.closeWait) return 0;
  const { tcp } = c;
  tcp.enter();
  const taken = queueBytes(c, bytes, start, end);
  if (taken < end - start) c.wantWritable = true;
  if (taken > 0) tcp.trace.record(D.socket_write, taken, end - start);
  if (c.sendQueue.firstUnsent !== null) pushPending(c);
  // a program that waits for anything looks at its sockets
  if (!isWritable(c)) c.noSpace = true;
  tcp.leave();
  return taken;
}

/** Send memory in use: what is not acknowledged, and the records that hold it. */
export function sendMemory(c: TcpConnection): number {
  return c.sendQueue.count * RECORD_OVERHEAD + ((c.writeSeq - c.sndUna) >>> 0);
}

/** A record is filled wherever it has room; a new one is only begun while the send buffer is not full. Gives the bytes taken. */
function queueBytes(c: TcpConnection, bytes: Uint8Array, start: number, end: number): number {
  const mss = currentMss(c);
  const goal = sizeGoal(c, mss);
  let at = start;
  while (at < end) {
    let record = c.sendQueue.firstUnsent === null ? null : c.sendQueue.tail;
    let room = record === null ? 0 : goal - record.length;
    if (record === null || room <= 0) {
      if (sendMemory(c) >= c.sndbuf) break;
      restartAfterIdle(c);
      record = new SendRecord();
      record.seq = record.endSeq = c.writeSeq;
      record.bytes = new Uint8Array(Math.min(goal, end - at));
      c.sendQueue.append(record);
      room = goal;
    }
    const take = Math.min(room, end - at);
    if (at === start) record.flags &= ~TcpFlag.psh;
    appendBytes(record, bytes, at, at + take);
    record.endSeq = c.writeSeq = add(c.writeSeq, take);
    record.pcount = 0;
    at += take;
    if (at < end && record.length >= goal) pushFull(c, record, mss);
  }
  reserveMemory(c, 0);
  const last = c.sendQueue.tail;
  if (at > start && last !== null && last.length > 0) markPush(c, last);
  return at - start;
}

/** A record is full and more is coming: what may go goes already. */
function pushFull(c: TcpConnection, record: SendRecord, mss: number): void {
  if (after(c.writeSeq, add(c.pushedSeq, c.maxWindow >>> 1))) {
    markPush(c, record);
    pushPending(c, true);
  } else if (c.sendQueue.firstUnsent === record) {
    writeSegments(c, mss, true, 1);
  }
}

function markPush(c: TcpConnection, record: SendRecord): void {
  record.flags |= TcpFlag.psh;
  c.pushedSeq = c.writeSeq;
}

function appendBytes(record: SendRecord, bytes: Uint8Array, start: number, end: number): void {
  const needed = record.end + (end - start);
  if (needed > record.bytes.length) {
    const grown = new Uint8Array(Math.max(needed, Math.min(record.length * 2, RECORD_MAX)) - record.start);
    grown.set(record.bytes.subarray(record.start, record.end));
    record.end -= record.start;
    record.start = 0;
    record.bytes = grown;
  }
  record.bytes.set(bytes.subarray(start, end), record.end);
  record.end += end - start;
}

function sizeGoal(c: TcpConnection, mss: number): number {
  const most = boundToHalfWindow(c, RUN_MAX);
  return Math.max(mss, Math.floor(most / mss) * mss);
}

/** FIN behind everything written, in the last segment if that has not left. */
export function sendFin(c: TcpConnection): void {
  const last = c.sendQueue.firstUnsent === null ? null : c.sendQueue.tail;
  if (last !== null) {
    last.flags |= TcpFlag.fin;
    last.endSeq = c.writeSeq = add(c.writeSeq, 1);
  } else {
    const record = new SendRecord();
    record.seq = c.writeSeq;
    record.endSeq = c.writeSeq = add(c.writeSeq, 1);
    record.flags = TcpFlag.fin;
    c.sendQueue.append(record);
  }
  c.finSent = true;
  reserveMemory(c, 0);
  pushPending(c, true);
}

/** Sends what the windows and Nagle allow; with nothing in flight and nothing sent the zero-window timer begins. */
function pushPending(c: TcpConnection, nagleOff = false): void {
  if (c.sendQueue.firstUnsent === null || c.state === State.closed || c.slot < 0) return;
  if (writeSegments(c, currentMss(c), nagleOff || c.noDelay, 0)) checkProbeTimer(c);
}

function checkProbeTimer(c: TcpConnection): void {
  if (c.packetsOut === 0 && c.retransmitAlarm.waiting === Waiting.none) armPersist(c);
}

/** After an ACK: twice the window in a round trip while it doubles, else a little more than one. */
export function updatePacing(c: TcpConnection): void {
  const { sysctl } = c.tcp;
  if (c.srtt === 0) return;
  const ratio = c.cwnd < c.ssthresh / 2 ? sysctl['ipv4.tcp_pacing_ss_ratio'] : sysctl['ipv4.tcp_pacing_ca_ratio'];
  c.pacingRate = (((c.mss * ratio) / 100) * Math.max(c.cwnd, c.packetsOut) * 1e9) / c.srtt;
}

/** Segments that leave together: about a millisecond's worth at the pace of the connection, at least two. */
export function burst(c: TcpConnection, mss: number): number {
  const { sysctl } = c.tcp;
  let bytes = Math.min(Math.floor(c.pacingRate / 1024), RUN_MAX);
  const shift = c.minRtt === Number.POSITIVE_INFINITY ? 32 : Math.floor(c.minRtt / 1000) >> sysctl['ipv4.tcp_tso_rtt_log'];
  if (shift < 32) bytes += RUN_MAX >>> shift;
  bytes = Math.min(bytes, RUN_MAX);
  return Math.max(Math.floor(bytes / mss), sysctl['ipv4.tcp_min_tso_segs']);
}

/**
 * Sends from the queue (RFC 9293 §3.8.6.2.1, Nagle, congestion window). `push`: 0 all that may go, 1 one record, 2 one record whatever
 * the congestion window. Gives true when nothing could be sent and nothing is in flight.
 */
export function writeSegments(c: TcpConnection, mss: number, nagleOff: boolean, push: number): boolean {
  const queue = c.sendQueue;
  const most = burst(c, mss);
  let sent = 0;
  let cwndLimited = false;
  for (;;) {
    const record = queue.firstUnsent;
    if (record === null) break;
    let quota = c.cwnd - inFlight(c);
    if (quota <= 0) {
      if (push !== 2) {
        cwndLimited = true;
        break;
      }
      quota = 1;
    }
    quota = Math.min(quota, Math.max(c.cwnd >> 1, 1), most);
    if (record.length < quota * mss) growRecord(c, record, quota * mss);
    record.count(mss);
    const firstEnd = record.length > mss ? add(record.seq, mss) : record.endSeq;
    if (after(firstEnd, windowEnd(c))) break;
    const isLast = record.next === null;
    if (record.pcount === 1) {
      if (isLast && !nagleOff && (record.flags & TcpFlag.fin) === 0) {
        const short = record.length < mss;
        if (holdsBack(c, short)) break;
        if (short && c.packetsOut > 0 && c.tcp.rules.plainNagle) {
          c.tcp.trace.record(D.tcp_rfc_nagle, record.length);
          break;
        }
      }
    } else if (push === 0) {
      const wait = shouldWait(c, record, most);
      if (wait !== 0) {
        cwndLimited = wait === 2;
        break;
      }
    }
    let limit = mss;
    if (record.pcount > 1) limit = splitPoint(c, record, mss, quota, nagleOff);
    if (record.length > limit) queue.split(record, limit, mss);
    queue.firstUnsent = record.next;
    c.sndNxt = record.endSeq;
    sendRecord(c, (record.flags & TcpFlag.fin) !== 0 && record.length === 0 ? D.tcp_send_fin : D.tcp_send_data, record, false);
    newDataSent(c, record);
    if (record.length < record.pcount * mss && record.length > 0) c.sndSml = record.endSeq;
    sent += record.pcount;
    if (push !== 0) break;
  }
  if (inFlight(c) >= c.cwnd) cwndLimited = true;
  if (sent > 0 || cwndLimited) validateCwnd(c, cwndLimited);
  if (sent > 0) {
    if (c.phase === Phase.cwr || c.phase === Phase.recovery) c.prrOut += sent;
    if (push !== 2) scheduleLossProbe(c, false);
    return false;
  }
  return c.packetsOut === 0 && queue.firstUnsent !== null;
}

function newDataSent(c: TcpConnection, record: SendRecord): void {
  const before = c.packetsOut;
  c.packetsOut += record.pcount;
  if (before === 0 || c.retransmitAlarm.waiting === Waiting.lossProbe) armRto(c);
}

/** Takes bytes of the next record where this one is shorter than may be sent. */
function growRecord(c: TcpConnection, record: SendRecord, length: number): void {
  const next = record.next;
  if (next === null || (record.flags & TcpFlag.fin) !== 0) return;
  const take = Math.min(length - record.length, next.length);
  if (take <= 0) return;
  appendBytes(record, next.bytes, next.start, next.start + take);
  record.endSeq = add(record.endSeq, take);
  next.start += take;
  next.seq = add(next.seq, take);
  if (next.length === 0) {
    record.endSeq = next.endSeq;
    record.flags |= next.flags;
    c.sendQueue.remove(next);
  }
}

/** Nagle in Minshall's version: a small segment waits while another small one is not acknowledged. */
function holdsBack(c: TcpConnection, partial: boolean): boolean {
  return partial && c.packetsOut > 0 && after(c.sndSml, c.sndUna) && !after(c.sndSml, c.sndNxt);
}

/** How much of a record of several segments goes now. */
function splitPoint(c: TcpConnection, record: SendRecord, mss: number, quota: number, nagleOff: boolean): number {
  const window = (windowEnd(c) - record.seq) >>> 0;
  const most = mss * quota;
  if (most <= window && record.next !== null) return most;
  const needed = Math.min(record.length, window);
  if (most <= needed) return most;
  const partial = needed % mss;
  return partial !== 0 && !nagleOff && (holdsBack(c, true) || c.tcp.rules.plainNagle) ? needed - partial : needed;
}

/** A run of segments waits a moment for more room if an ACK is about to come. 0: no; 1: for the peer's window; 2: for the congestion window. */
function shouldWait(c: TcpConnection, record: SendRecord, most: number): number {
  if (c.phase >= Phase.recovery) return 0;
  const { now, sysctl } = c.tcp;
  if (now - c.wstamp > MS) return 0;
  const sendWindow = (windowEnd(c) - record.seq) >>> 0;
  const congestionWindow = (c.cwnd - inFlight(c)) * c.mss;
  const limit = Math.min(sendWindow, congestionWindow);
  if (limit >= most * c.mss) return 0;
  if (record.next !== null && limit >= record.length) return 0;
  const divisor = sysctl['ipv4.tcp_tso_win_divisor'];
  if (divisor > 0 && limit >= Math.floor(Math.min(c.sndWnd, c.cwnd * c.mss) / divisor)) return 0;
  const head = c.sendQueue.hasSent ? c.sendQueue.head : null;
  if (head === null) return 0;
  if (head.sentAt + c.srtt - now > Math.min(c.srtt / 2, MS)) return 0;
  if (congestionWindow < sendWindow) {
    if (congestionWindow <= record.length) return 2;
  } else if (sendWindow <= record.length) {
    return 1;
  }
  return (record.flags & TcpFlag.fin) !== 0 ? 0 : 1;
}

/**
 * After an ACK: sends what it allows, and wakes a writer that waits for room. The send buffer grows for it where the congestion window is
 * not in full use, or was not when the ACK came: then it left nothing in flight.
 */
export function checkSend(c: TcpConnection): void {
  if (c.followed) return;
  const idle = c.packetsOut === 0;
  pushPending(c);
  if (!(c.wantWritable || c.noSpace) || c.orphan) return;
  if (idle || inFlight(c) < c.cwnd) {
    expandSendBuffer(c);
    c.cwndStamp = c.tcp.now;
  }
  if (!isWritable(c)) return;
  c.noSpace = false;
  if (!c.wantWritable) return;
  c.wantWritable = false;
  c.tcp.wakeWriter(c);
}

/** A third of the send buffer is free. */
function isWritable(c: TcpConnection): boolean {
  const used = sendMemory(c);
  return c.sndbuf - used >= used >> 1;
}
