import { Phase, type TcpConnection } from './connection.ts';
import { MS } from './constants.ts';
import { armRetransmit } from './retransmit.ts';
import { type AckState, markLost } from './scoreboard.ts';
import { Mark, type SendRecord } from './send-queue.ts';
import { after } from './seq.ts';
import { Waiting } from './timers.ts';

/** Recoveries for which a widened reordering window is kept. */
const PERSIST = 16;

/** tcp_recovery: the window is not widened; duplicate ACKs are not counted. */
const STATIC_WINDOW = 2;
const NO_DUPTHRESH = 4;

function sentAfter(timeA: number, timeB: number, endA: number, endB: number): boolean {
  return timeA > timeB || (timeA === timeB && after(endA, endB));
}

/** RFC 8985 §6.2 steps 1 and 2: a record was delivered; the latest sent of those sets the mark that others are judged by. */
export function rackAdvance(c: TcpConnection, record: SendRecord): void {
  const rtt = c.tcp.now - record.sentAt;
  if (rtt < c.minRtt && (record.marks & (Mark.retransmitted | Mark.everRetransmitted)) !== 0) return;
  c.rackAdvanced = true;
  c.rackRtt = rtt;
  if (sentAfter(record.sentAt, c.rackTime, record.endSeq, c.rackEndSeq)) {
    c.rackTime = record.sentAt;
    c.rackEndSeq = record.endSeq;
  }
}

/** Which of the segments reported now left last: it tells since when the peer reports. */
export function noteDelivered(c: TcpConnection, record: SendRecord, state: AckState): void {
  if (state.priorDelivered !== 0 && !sentAfter(record.sentAt, c.deliveredAt, record.endSeq, state.lastEndSeq)) return;
  state.priorDelivered = record.delivered;
  state.lastEndSeq = record.endSeq;
  c.deliveredAt = record.sentAt;
}

/** How much later than the mark something may still come (RFC 8985 §6.2 step 4). */
function reorderingWindow(c: TcpConnection): number {
  if (c.reordSeen === 0) {
    if (c.phase >= Phase.recovery) return 0;
    if (c.sackedOut >= c.reordering && (c.tcp.sysctl['ipv4.tcp_recovery'] & NO_DUPTHRESH) === 0) return 0;
  }
  const least = c.minRtt === Number.POSITIVE_INFINITY ? 0 : c.minRtt / 4;
  return Math.min(least * c.rackReoSteps, c.srtt);
}

/** Time until a record counts as lost; at most 0: it does. */
export function timeToLoss(c: TcpConnection, record: SendRecord, window: number): number {
  return c.rackRtt + window - (c.tcp.now - record.sentAt);
}

/** Step 5: marks what was sent before the mark and has not come in time; gives the longest time that others still have. */
export function detectLoss(c: TcpConnection): number {
  const window = reorderingWindow(c);
  let wait = 0;
  const queue = c.sendQueue;
  for (let record = queue.head; record !== null && record !== queue.firstUnsent; record = record.next) {
    if ((record.marks & (Mark.sacked | Mark.judged)) !== 0) continue;
    if ((record.marks & Mark.lost) !== 0 && (record.marks & Mark.retransmitted) === 0) continue;
    if (!sentAfter(c.rackTime, record.sentAt, c.rackEndSeq, record.endSeq)) continue;
    const left = timeToLoss(c, record, window);
    if (left <= 0) {
      markLost(c, record);
      record.marks |= Mark.judged;
    } else if (left > wait) wait = left;
  }
  return wait;
}

/** After an ACK: true when the reordering timer runs instead of the RTO. */
export function rackMarkLost(c: TcpConnection): boolean {
  if (!c.rackAdvanced) return false;
  c.rackAdvanced = false;
  const wait = detectLoss(c);
  if (wait === 0) return false;
  armRetransmit(c, Waiting.reordering, wait + 2 * MS);
  return true;
}

/**
 * A reported duplicate after reordering widens the window (RFC 8985 §6.2 step 4), once in a round trip. `priorDelivered`: see `AckState`; 0:
 * nothing was reported.
 */
export function updateReorderingWindow(c: TcpConnection, priorDelivered: number): void {
  if (priorDelivered === 0 || (c.tcp.sysctl['ipv4.tcp_recovery'] & STATIC_WINDOW) !== 0) return;
  if (priorDelivered < c.rackLastDelivered) c.rackDsackSeen = false;
  if (c.rackDsackSeen) {
    c.rackReoSteps = Math.min(255, c.rackReoSteps + 1);
    c.rackDsackSeen = false;
    c.rackLastDelivered = c.delivered;
    c.rackReoPersist = PERSIST;
  } else if (c.rackReoPersist === 0) {
    c.rackReoSteps = 1;
  }
}
