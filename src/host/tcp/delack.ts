import { D } from '../../trace/catalogue.ts';
import { clockTime, wheelTime } from '../time/timer-wheel.ts';
import { AckDue, fromIrs, type TcpConnection } from './connection.ts';
import { DELACK_MAX, DELACK_MIN, DUP_ACKS, QUICK_ACKS, SECOND, TICK } from './constants.ts';
import { sendAck } from './transmit.ts';
import { availableWindow } from './window.ts';

/** So many of the next ACKs are sent at once, as the window has room for segments. */
function addQuickAcks(c: TcpConnection, most: number): void {
  let quick = Math.floor(c.rcvWnd / (2 * c.rcvMss));
  if (quick === 0) quick = 2;
  quick = Math.min(quick, most);
  if (quick > c.quickAcks) c.quickAcks = quick;
}

/** Something went wrong on the way: the sender needs ACKs without delay. */
export function enterQuickAck(c: TcpConnection, most = QUICK_ACKS): void {
  if (!c.tcp.rules.quickAcks) c.ackDue |= AckDue.now;
  addQuickAcks(c, most);
  c.pingpong = 0;
  c.ato = DELACK_MIN;
}

/** The connection is a conversation: the ACK can ride on the answer. */
function isPingpong(c: TcpConnection): boolean {
  return c.pingpong >= c.tcp.sysctl['ipv4.tcp_pingpong_thresh'];
}

function isQuick(c: TcpConnection): boolean {
  return c.quickAcks > 0 && !isPingpong(c);
}

/** Data has come: how soon must it be acknowledged? Follows the pace at which segments arrive. */
export function noteReceived(c: TcpConnection): void {
  const { now } = c.tcp;
  if (c.ato === 0) {
    addQuickAcks(c, QUICK_ACKS);
    c.ato = DELACK_MIN;
  } else {
    const gap = clockTime(c.lastReceivedAt, now);
    const half = Math.floor(c.ato / (2 * TICK)) * TICK;
    if (gap <= DELACK_MIN / 2) c.ato = half + DELACK_MIN / 2;
    else if (gap < c.ato) c.ato = Math.min(half + gap, c.rto);
    else if (gap > c.rto) addQuickAcks(c, QUICK_ACKS);
  }
  c.lastReceivedAt = now;
}

/** An ACK has left, alone or with data. */
export function ackSent(c: TcpConnection): void {
  if (c.compressedAcks > 0) c.compressedAcks = 0;
  if (c.quickAcks > 0) {
    if ((c.ackDue & AckDue.scheduled) !== 0) {
      c.quickAcks--;
      if (c.quickAcks === 0) c.ato = DELACK_MIN;
    }
  }
  c.ackDue = 0;
}

/** Data has left: soon after data came it is an answer. */
export function dataSent(c: TcpConnection): void {
  const { now } = c.tcp;
  c.lastSentAt = now;
  if (clockTime(c.lastReceivedAt, now) < c.ato && c.pingpong < 255) c.pingpong++;
}

/** After a segment: ACK at once, later, or not at all (RFC 9293 §3.8.6.3, RFC 5681 §4.2). */
export function checkAck(c: TcpConnection): void {
  if ((c.ackDue & AckDue.scheduled) === 0) return;
  const { rules } = c.tcp;
  const moreThanOne = (c.rcvNxt - c.rcvWup) >>> 0 > c.rcvMss;
  if (
    (moreThanOne && (c.rcvNxt === c.copiedSeq || availableWindow(c) >= c.rcvWnd)) ||
    (rules.quickAcks && isQuick(c)) ||
    (c.ackDue & AckDue.now) !== 0
  ) {
    sendAck(c, D.tcp_ack, fromIrs(c, c.rcvNxt));
    return;
  }
  if (moreThanOne && rules.acksEverySecond) {
    sendAck(c, D.tcp_rfc_ack_second, fromIrs(c, c.rcvNxt));
    return;
  }
  if (c.reassembly === null || c.reassembly.count === 0) {
    if (!rules.quickAcks && isQuick(c)) c.tcp.trace.record(D.tcp_rfc_ack_waits, fromIrs(c, c.rcvNxt));
    delayAck(c);
    return;
  }
  if (!c.sackOk || c.compressedAcks >= c.tcp.sysctl['ipv4.tcp_comp_sack_nr']) {
    sendAck(c, D.tcp_dup_ack, fromIrs(c, c.rcvNxt));
    return;
  }
  compressAck(c);
}

/** With SACK, ACKs of segments behind a hole may be put together for a moment: after the third, 5 % of the round trip. */
function compressAck(c: TcpConnection): void {
  if (c.compressedRcvNxt !== c.rcvNxt) {
    c.compressedRcvNxt = c.rcvNxt;
    c.dupAckCounter = 0;
  }
  if (c.followed || c.dupAckCounter < DUP_ACKS) {
    c.dupAckCounter++;
    sendAck(c, D.tcp_dup_ack, fromIrs(c, c.rcvNxt));
    return;
  }
  if (!c.tcp.rules.compressesAcks) {
    sendAck(c, D.tcp_rfc_ack_at_once, fromIrs(c, c.rcvNxt));
    return;
  }
  c.compressedAcks++;
  if (c.compressedAcks > 1) return;
  let rtt = c.rcvRtt;
  if (c.srtt > 0 && c.srtt < rtt) rtt = c.srtt;
  const wait = Math.min(c.tcp.sysctl['ipv4.tcp_comp_sack_delay_ns'], rtt / 20);
  c.tcp.timers.arm(c.delackAlarm, c.tcp.now + wait);
}

/** Puts the ACK off; a timer already running and about to end sends it now. */
function delayAck(c: TcpConnection): void {
  if (c.followed) {
    c.ackDue |= AckDue.scheduled;
    return;
  }
  let { ato } = c;
  if (ato > DELACK_MIN) {
    let most = SECOND / 2;
    if (isPingpong(c) || (c.ackDue & AckDue.pushed) !== 0) most = DELACK_MAX;
    if (c.srtt > 0) most = Math.min(most, Math.max(c.srtt, DELACK_MIN));
    ato = Math.min(ato, most);
  }
  ato = Math.min(ato, DELACK_MAX);
  const { now, timers } = c.tcp;
  const tick = Math.floor(now / TICK);
  const ticks = Math.floor(ato / TICK);
  if ((c.ackDue & AckDue.timer) !== 0) {
    if (c.delackTick <= tick + (ticks >> 2)) {
      sendAck(c, D.tcp_ack, fromIrs(c, c.rcvNxt));
      return;
    }
    if (tick + ticks >= c.delackTick) return;
  }
  c.ackDue |= AckDue.scheduled | AckDue.timer;
  c.delackTick = tick + ticks;
  timers.arm(c.delackAlarm, wheelTime(now, ticks * TICK));
}

/** The delayed-ACK timer has run out. */
export function delackExpired(c: TcpConnection): void {
  if (c.compressedAcks > 0) {
    c.compressedAcks = 0;
    sendAck(c, D.tcp_dup_ack, fromIrs(c, c.rcvNxt));
    return;
  }
  if ((c.ackDue & AckDue.timer) === 0) return;
  c.ackDue &= ~AckDue.timer;
  if ((c.ackDue & AckDue.scheduled) === 0) return;
  if (isPingpong(c)) {
    c.pingpong = 0;
    c.ato = DELACK_MIN;
  } else {
    c.ato = Math.min(c.ato * 2, c.rto);
  }
  sendAck(c, D.tcp_delayed_ack, fromIrs(c, c.rcvNxt));
}

/** The program has read: an ACK may be due that waited for it, or a window update. */
export function checkAckAfterRead(c: TcpConnection, copied: number): void {
  let due = false;
  if ((c.ackDue & AckDue.scheduled) !== 0) {
    due =
      (c.rcvNxt - c.rcvWup) >>> 0 > c.rcvMss ||
      (copied > 0 &&
        ((c.ackDue & AckDue.pushed2) !== 0 || ((c.ackDue & AckDue.pushed) !== 0 && !isPingpong(c))) &&
        c.receiveQueue.memory === 0);
  }
  if (due) {
    sendAck(c, D.tcp_ack, fromIrs(c, c.rcvNxt));
    return;
  }
  if (copied === 0 || c.rcvShutdown || c.followed) return;
  const left = (c.rcvWup + c.rcvWnd - c.rcvNxt) | 0;
  const now = left < 0 ? 0 : left;
  if (2 * now > c.windowClamp) return;
  const window = availableWindow(c);
  if (window > 0 && window >= 2 * now) sendAck(c, D.tcp_window_update, window);
}
