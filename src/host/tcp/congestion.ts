import { clockTime } from '../time/timer-wheel.ts';
import { Phase, type TcpConnection } from './connection.ts';
import { INITIAL_CWND } from './constants.ts';
import { inFlight } from './send.ts';
import { before } from './seq.ts';

const SSTHRESH_INFINITE = 0x7fffffff;

/** Segments of the first flight, and after an idle time (RFC 6928; RFC 5681 §3.1 with one where the handshake had losses). */
export function initialCwnd(c: TcpConnection): number {
  if (c.tcp.rules.largeInitialWindow) return INITIAL_CWND;
  if (c.synAckRetransmitted) return 1;
  return c.mss > 2190 ? 2 : c.mss > 1095 ? 3 : 4;
}

function inSlowStart(c: TcpConnection): boolean {
  return c.cwnd < c.ssthresh;
}

/** cwnd is what holds the sender back; in slow start it may be up to twice of what was in flight. */
function isCwndLimited(c: TcpConnection): boolean {
  return c.cwndLimited || (inSlowStart(c) && c.cwnd < 2 * c.maxPacketsOut);
}

/** After sending: is the window in full use (RFC 7661's idea, Linux's rule)? */
export function validateCwnd(c: TcpConnection, limited: boolean): void {
  const { now } = c.tcp;
  if (!before(c.sndUna, c.cwndUsageSeq) || limited || (!c.cwndLimited && c.packetsOut > c.maxPacketsOut)) {
    c.cwndLimited = limited;
    c.maxPacketsOut = c.packetsOut;
    c.cwndUsageSeq = c.sndNxt;
  }
  if (isCwndLimited(c)) {
    c.cwndUsed = 0;
    c.cwndStamp = now;
    return;
  }
  if (c.packetsOut > c.cwndUsed) c.cwndUsed = c.packetsOut;
  if (c.tcp.sysctl['ipv4.tcp_slow_start_after_idle'] !== 0 && clockTime(c.cwndStamp, now) >= c.rto) applicationLimited(c);
}

function applicationLimited(c: TcpConnection): void {
  // where the send buffer was full it was not the program that held back
  if (c.phase === Phase.open && !c.noSpace && !c.orphan) {
    const used = Math.max(c.cwndUsed, initialCwnd(c));
    if (used < c.cwnd) {
      c.ssthresh = currentSsthresh(c);
      c.cwnd = (c.cwnd + used) >> 1;
    }
    c.cwndUsed = 0;
  }
  c.cwndStamp = c.tcp.now;
}

/** ssthresh as it would be if the window were not reduced now. */
export function currentSsthresh(c: TcpConnection): number {
  if (c.phase === Phase.cwr || c.phase === Phase.recovery) return c.ssthresh;
  return Math.max(c.ssthresh, (c.cwnd >> 1) + (c.cwnd >> 2));
}

/** After an idle time longer than the RTO the window has to be earned again (RFC 5681 §4.1). */
export function restartAfterIdle(c: TcpConnection): void {
  if (c.tcp.sysctl['ipv4.tcp_slow_start_after_idle'] === 0 || c.packetsOut > 0) return;
  let idle = clockTime(c.lastSentAt, c.tcp.now);
  if (idle <= c.rto) return;
  const restart = Math.min(initialCwnd(c), c.cwnd);
  c.ssthresh = currentSsthresh(c);
  let { cwnd } = c;
  while ((idle -= c.rto) > 0 && cwnd > restart) cwnd >>= 1;
  c.cwnd = Math.max(cwnd, restart);
  c.cwndStamp = c.tcp.now;
  c.cwndUsed = 0;
}

/** RFC 5681: slow start, then one segment a window. */
export function growCwnd(c: TcpConnection, acked: number): void {
  if (!isCwndLimited(c)) return;
  let left = acked;
  if (inSlowStart(c)) {
    const cwnd = Math.min(c.cwnd + left, c.ssthresh);
    left -= cwnd - c.cwnd;
    c.cwnd = cwnd;
    if (left <= 0) return;
  }
  if (c.cwndCount >= c.cwnd) {
    c.cwndCount = 0;
    c.cwnd++;
  }
  c.cwndCount += left;
  if (c.cwndCount >= c.cwnd) {
    const more = Math.floor(c.cwndCount / c.cwnd);
    c.cwndCount -= more * c.cwnd;
    c.cwnd += more;
  }
}

export function isReducing(c: TcpConnection): boolean {
  return c.phase === Phase.cwr || c.phase === Phase.recovery;
}

/** Half of the window, for loss and for congestion marks. */
export function beginReduction(c: TcpConnection): void {
  c.highSeq = c.sndNxt;
  c.lossProbeSeq = 0;
  c.lossProbePending = false;
  c.cwndCount = 0;
  c.priorCwnd = c.cwnd;
  c.prrDelivered = 0;
  c.prrOut = 0;
  c.ssthresh = Math.max(c.cwnd >> 1, 2);
  c.queueCwr = c.ecnOk;
}

/** Proportional rate reduction (RFC 6937, RFC 9937): what is delivered decides what may be sent during recovery. */
export function reduce(c: TcpConnection, delivered: number, lost: number, advanced: boolean): void {
  const room = c.ssthresh - inFlight(c);
  if (delivered <= 0 || c.priorCwnd === 0) return;
  c.prrDelivered += delivered;
  let count: number;
  if (room < 0) {
    count = Math.floor((c.ssthresh * c.prrDelivered + c.priorCwnd - 1) / c.priorCwnd) - c.prrOut;
  } else {
    count = Math.max(c.prrDelivered - c.prrOut, delivered);
    if (advanced && lost === 0) count++;
    count = Math.min(room, count);
  }
  count = Math.max(count, c.prrOut > 0 ? 0 : 1);
  c.cwnd = Math.max(inFlight(c) + count, 1);
}

/** The reduction is over: cwnd is ssthresh, unless it was undone. */
export function endReduction(c: TcpConnection): void {
  if (c.ssthresh < SSTHRESH_INFINITE && (c.phase === Phase.cwr || c.undoMarker !== 0)) {
    c.cwnd = c.ssthresh;
    c.cwndStamp = c.tcp.now;
  }
}

/** Reduces once for a congestion mark (RFC 3168 §6.1.2). */
export function enterCwr(c: TcpConnection): void {
  c.priorSsthresh = 0;
  if (c.phase >= Phase.cwr) return;
  c.undoMarker = 0;
  beginReduction(c);
  c.phase = Phase.cwr;
}
