import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import { isReducing, reduce } from './congestion.ts';
import { Phase, type TcpConnection } from './connection.ts';
import { MS, RTO_INITIAL } from './constants.ts';
import { persistExpired } from './persist.ts';
import { detectLoss } from './rack.ts';
import { enterLoss, enterRecovery } from './recovery.ts';
import { backoffTime, rtoMax, setRto } from './rtt.ts';
import { adjustCounts, splitSent } from './scoreboard.ts';
import { burst, currentMss, inFlight, windowEnd, writeSegments } from './send.ts';
import { Mark, type SendRecord } from './send-queue.ts';
import { after, before } from './seq.ts';
import { Waiting } from './timers.ts';
import { sendRecord, timestamp } from './transmit.ts';

/** Sets the sending half's one timer. */
export function armRetransmit(c: TcpConnection, waiting: number, wait: number): void {
  if (c.followed) return;
  c.retransmitAlarm.waiting = waiting;
  c.tcp.timers.arm(c.retransmitAlarm, wheelTime(c.tcp.now, wait));
}

export function clearRetransmit(c: TcpConnection): void {
  c.retransmitAlarm.waiting = Waiting.none;
  c.tcp.timers.cancel(c.retransmitAlarm);
}

/** Time until the RTO of the oldest segment in flight, counted from when it left. */
function untilRto(c: TcpConnection): number {
  const head = c.sendQueue.head;
  return head === null ? c.rto : head.sentAt + c.rto - c.tcp.now;
}

/** RFC 6298 §5: the timer runs while something is in flight. */
export function armRto(c: TcpConnection): void {
  if (c.packetsOut === 0) {
    clearRetransmit(c);
    return;
  }
  const { waiting } = c.retransmitAlarm;
  const wait = waiting === Waiting.reordering || waiting === Waiting.lossProbe ? Math.max(untilRto(c), MS) : c.rto;
  armRetransmit(c, Waiting.rto, wait);
}

/** Tail-loss probe after two round trips (RFC 8985 §7.2); gives false where none is due. */
export function scheduleLossProbe(c: TcpConnection, advancing: boolean): boolean {
  const mode = c.tcp.sysctl['ipv4.tcp_early_retrans'];
  if ((mode !== 3 && mode !== 4) || c.packetsOut === 0 || !c.sackOk) return false;
  if (c.phase !== Phase.open && c.phase !== Phase.cwr) return false;
  let wait = RTO_INITIAL;
  if (c.srtt > 0) {
    wait = 2 * c.srtt + (c.packetsOut === 1 ? c.tcp.sysctl['ipv4.tcp_rto_min_us'] * 1000 : 2 * MS);
    wait = Math.ceil(wait / (4 * MS)) * 4 * MS;
  }
  const rto = advancing ? c.rto : untilRto(c);
  if (rto > 0) wait = Math.min(wait, rto);
  armRetransmit(c, Waiting.lossProbe, wait);
  return true;
}

/** After an ACK of new data: probe or RTO from now. */
export function setTimer(c: TcpConnection): void {
  if (!scheduleLossProbe(c, true)) armRto(c);
}

/** Sends a record again, up to `segments` of it; false: it may not be sent. */
export function retransmit(c: TcpConnection, record: SendRecord, segments: number, why: number): boolean {
  const mss = currentMss(c);
  if (before(record.seq, c.sndUna)) trimAcknowledged(c, record);
  let room = (windowEnd(c) - record.seq) | 0;
  if (room <= 0) {
    if (record.seq !== c.sndUna) return false;
    room = mss;
  }
  let length = mss * segments;
  if (length > room) length = Math.floor(room / mss) * mss || room;
  if (record.length > length) {
    splitSent(c, record, length, mss);
  } else {
    const old = record.pcount;
    record.count(mss);
    adjustCounts(c, record.marks, old - record.pcount);
    if (record.length < Math.min(room, mss)) collapse(c, record, Math.min(room, mss));
  }
  c.totalRetrans += record.pcount;
  sendRecord(c, why, record, true);
  record.marks |= Mark.everRetransmitted;
  return true;
}

/** The part of a record that has been acknowledged is not sent again. */
function trimAcknowledged(c: TcpConnection, record: SendRecord): void {
  record.start += (c.sndUna - record.seq) >>> 0;
  record.seq = c.sndUna;
  if (record.pcount > 1) record.count(record.mss);
}

/** Small segments behind one another are sent again as one. */
function collapse(c: TcpConnection, record: SendRecord, most: number): void {
  if (c.tcp.sysctl['ipv4.tcp_retrans_collapse'] === 0 || record.pcount !== 1 || (record.flags & TcpFlag.fin) !== 0) return;
  for (;;) {
    const next = record.next;
    if (next === null || next === c.sendQueue.firstUnsent || next.pcount !== 1) return;
    if ((next.marks & Mark.sacked) !== 0 || record.length + next.length > most) return;
    if (after(next.endSeq, windowEnd(c))) return;
    const bytes = new Uint8Array(record.length + next.length);
    bytes.set(record.bytes.subarray(record.start, record.end));
    bytes.set(next.bytes.subarray(next.start, next.end), record.length);
    record.bytes = bytes;
    record.start = 0;
    record.end = bytes.length;
    record.endSeq = next.endSeq;
    record.flags |= next.flags;
    record.marks |= next.marks & Mark.everRetransmitted;
    c.packetsOut--;
    if ((next.marks & Mark.retransmitted) !== 0) c.retransOut--;
    if ((next.marks & Mark.lost) !== 0) c.lostOut--;
    if (!c.sackOk && c.sackedOut > 0) c.sackedOut--;
    c.sendQueue.remove(next);
    if ((record.flags & TcpFlag.fin) !== 0) return;
  }
}

/** As `retransmit`, and counts it as part of a recovery. */
function retransmitLost(c: TcpConnection, record: SendRecord, segments: number, why: number): boolean {
  if (!retransmit(c, record, segments, why)) return false;
  record.marks |= Mark.retransmitted;
  c.retransOut += record.pcount;
  if (c.retransStamp === 0) {
    c.retransStamp = timestamp(c) || 1;
    c.retransStartAt = c.tcp.now;
  }
  if (c.undoRetrans < 0) c.undoRetrans = 0;
  c.undoRetrans += record.pcount;
  return true;
}

/** Sends again what is lost, as far as the congestion window allows. */
export function retransmitQueue(c: TcpConnection): void {
  if (c.packetsOut === 0) return;
  const queue = c.sendQueue;
  const why = c.phase === Phase.loss ? D.tcp_retransmit_loss : D.tcp_fast_retransmit;
  const most = burst(c, currentMss(c));
  let restart = false;
  for (let r = queue.head; r !== null && r !== queue.firstUnsent; r = r.next) {
    const room = c.cwnd - inFlight(c);
    if (room <= 0 || c.retransOut >= c.lostOut) break;
    if ((r.marks & Mark.lost) === 0 || (r.marks & (Mark.sacked | Mark.retransmitted)) !== 0) continue;
    if (!retransmitLost(c, r, Math.min(room, most), why)) break;
    if (isReducing(c)) c.prrOut += r.pcount;
    if (r === queue.head && c.retransmitAlarm.waiting !== Waiting.reordering) restart = true;
  }
  if (restart) armRetransmit(c, Waiting.rto, c.rto);
}

/** The sending half's timer has run out. */
export function retransmitExpired(c: TcpConnection): void {
  const { waiting } = c.retransmitAlarm;
  c.retransmitAlarm.waiting = Waiting.none;
  if (waiting === Waiting.rto) rtoExpired(c);
  else if (waiting === Waiting.lossProbe) lossProbeExpired(c, waiting);
  else if (waiting === Waiting.reordering) reorderingExpired(c, waiting);
  else if (waiting === Waiting.persist) persistExpired(c);
}

function rtoExpired(c: TcpConnection): void {
  if (c.packetsOut === 0) return;
  const { tcp } = c;
  const head = c.sendQueue.head!;
  const closedWindow = c.sndWnd === 0 && !c.orphan;
  if (!closedWindow && isTimedOut(c)) {
    tcp.trace.record(D.tcp_timed_out, c.retransmits);
    tcp.remove(c, 'timeout');
    return;
  }
  if (closedWindow && tcp.rules.probesWithData) {
    // the peer has no room: that is no sign of congestion (RFC 9293 §3.8.6.1)
    retransmit(c, head, 1, D.tcp_rfc_window_probe);
  } else {
    enterLoss(c);
    if (!closedWindow) c.retransmits++;
    retransmitLost(c, head, 1, c.rto === tcp.rules.leastRto ? D.tcp_rfc_rto : D.tcp_rto);
  }
  c.backoff++;
  c.rto = Math.min(c.rto * 2, rtoMax(c));
  armRetransmit(c, Waiting.rto, c.rto);
}

/** A retransmission was lost because there was no way, not for congestion: the last backoff is taken back (RFC 6069). */
export function revertBackoff(c: TcpConnection, seq: number): void {
  const head = c.sendQueue.hasSent ? c.sendQueue.head : null;
  if (head === null || seq !== c.sndUna || c.retransmits === 0 || c.backoff === 0) return;
  c.backoff--;
  if (c.srtt > 0) setRto(c);
  else c.rto = RTO_INITIAL;
  c.rto = Math.min(c.rto * 2 ** c.backoff, rtoMax(c));
  const left = untilRto(c);
  c.tcp.trace.record(D.tcp_backoff_reverted, c.backoff, c.rto);
  if (left > 0) armRetransmit(c, Waiting.rto, left);
  else rtoExpired(c);
}

/** tcp_retries2 and tcp_orphan_retries count time, as if each retransmission came after twice the time of the one before. */
function isTimedOut(c: TcpConnection): boolean {
  const { sysctl, now } = c.tcp;
  if (c.retransmits === 0) return false;
  let retries = sysctl['ipv4.tcp_retries2'];
  if (c.orphan) {
    const alive = c.rto < rtoMax(c);
    retries = sysctl['ipv4.tcp_orphan_retries'];
    if (c.softError && !alive) retries = 0;
    if (retries === 0 && alive) retries = 8;
  }
  const base = sysctl['ipv4.tcp_rto_min_us'] * 1000;
  return now - c.retransStartAt >= backoffTime(retries, base, rtoMax(c));
}

/** Sends new data, or the last segment again, so that an ACK shows what was lost (RFC 8985 §7.3). */
function lossProbeExpired(c: TcpConnection, waiting: number): void {
  c.retransmitAlarm.waiting = waiting;
  if (c.lossProbePending) {
    armRto(c);
    return;
  }
  const queue = c.sendQueue;
  const mss = currentMss(c);
  c.lossProbeRetrans = false;
  const fresh = queue.firstUnsent;
  if (fresh !== null && !after(fresh.length > mss ? (fresh.seq + mss) >>> 0 : fresh.endSeq, windowEnd(c))) {
    const before = c.packetsOut;
    writeSegments(c, mss, true, 2);
    if (c.packetsOut > before) probeSent(c);
    else armRto(c);
    return;
  }
  let last = queue.lastSent;
  if (last === null || c.packetsOut === 0) {
    clearRetransmit(c);
    return;
  }
  if (last.pcount > 1 && last.length > (last.pcount - 1) * mss) last = splitSent(c, last, (last.pcount - 1) * mss, mss);
  if (retransmit(c, last, 1, D.tcp_loss_probe)) {
    c.lossProbeRetrans = true;
    probeSent(c);
    return;
  }
  armRto(c);
}

function probeSent(c: TcpConnection): void {
  c.lossProbePending = true;
  c.lossProbeSeq = c.sndNxt;
  c.retransmitAlarm.waiting = Waiting.none;
  armRto(c);
}

/** What might have been reordered has not come: it is lost (RFC 8985 §6.3). */
function reorderingExpired(c: TcpConnection, waiting: number): void {
  const flying = inFlight(c);
  const lost = c.lost;
  detectLoss(c);
  if (flying !== inFlight(c)) {
    if (c.phase !== Phase.recovery) {
      enterRecovery(c, false);
      reduce(c, 1, c.lost - lost, false);
    }
    retransmitQueue(c);
  }
  if (c.retransmitAlarm.waiting !== Waiting.rto) {
    c.retransmitAlarm.waiting = waiting;
    armRto(c);
  }
}

/** Path MTU has fallen (RFC 1191): everything larger that is in flight is cut and sent again. */
export function resendLarger(c: TcpConnection): void {
  const mss = c.mss;
  const queue = c.sendQueue;
  for (let r = queue.head; r !== null && r !== queue.firstUnsent; r = r.next) {
    if ((r.mss || r.length) <= mss || (r.marks & Mark.sacked) !== 0) continue;
    if ((r.marks & Mark.lost) === 0) {
      r.marks |= Mark.lost;
      c.lostOut += r.pcount;
    } else if ((r.marks & Mark.retransmitted) !== 0) {
      // What had been sent again is lost again.
      r.marks &= ~Mark.retransmitted;
      c.retransOut -= r.pcount;
    }
  }
  if (c.lostOut === 0) return;
  if (c.phase !== Phase.loss) {
    c.highSeq = c.sndNxt;
    c.priorSsthresh = 0;
    c.undoMarker = 0;
    c.phase = Phase.loss;
  }
  if (before(c.sndUna, c.sndNxt)) retransmitQueue(c);
}
