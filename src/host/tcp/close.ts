import { D } from '../../trace/catalogue.ts';
import { State } from '../sockets.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import { AckDue, fromIrs, type TcpConnection } from './connection.ts';
import { SECOND } from './constants.ts';
import type { Segment } from './segment.ts';
import { sendFin } from './send.ts';
import { enterTimeWait } from './time-wait.ts';
import { sendAck, sendActiveReset } from './transmit.ts';

/** The peer's FIN has been reached (RFC 9293 §3.10.7.4, eighth): RCV.NXT already counts it. */
export function finReceived(c: TcpConnection): void {
  const { tcp } = c;
  c.ackDue |= AckDue.scheduled;
  c.rcvShutdown = true;
  c.finReceived = true;
  if (c.closedBy === '') c.closedBy = 'client';
  tcp.trace.record(D.tcp_fin, fromIrs(c, c.rcvNxt), c.state);
  switch (c.state) {
    case State.synReceived:
    case State.established:
      tcp.setState(c, State.closeWait);
      c.pingpong = Math.max(c.pingpong, tcp.sysctl['ipv4.tcp_pingpong_thresh']);
      break;
    case State.finWait1:
      if (!c.followed) sendAck(c, D.tcp_ack_fin);
      tcp.setState(c, State.closing);
      break;
    case State.finWait2:
      sendAck(c, D.tcp_ack_fin);
      enterTimeWait(c, State.timeWait, tcp.rules.timeWait);
      break;
    default:
      break;
  }
  if (c.reassembly !== null) c.reassembly.clear();
  c.sackBlockCount = 0;
  c.dsack = false;
}

/** A valid reset: the connection is gone, at once and on both sides. */
export function resetByPeer(c: TcpConnection, s: Segment): void {
  const { tcp } = c;
  tcp.trace.record(D.tcp_reset_by_peer, fromIrs(c, s.seq), c.state);
  if (c.closedBy === '') c.closedBy = 'client';
  tcp.remove(c, 'peer_reset');
}

/** The program has no more to send: FIN after what was written. */
export function shutdownConnection(c: TcpConnection): void {
  if (c.sndShutdown || c.followed || c.slot < 0) return;
  c.tcp.enter();
  startClosing(c);
  c.tcp.leave();
}

/** Moves to the state that follows our FIN; the FIN goes out behind what was written. */
function startClosing(c: TcpConnection): void {
  c.sndShutdown = true;
  if (c.state === State.established || c.state === State.synReceived) {
    if (c.closedBy === '') c.closedBy = 'server';
    c.tcp.setState(c, State.finWait1);
  } else if (c.state === State.closeWait) {
    c.tcp.setState(c, State.lastAck);
  } else {
    return;
  }
  sendFin(c);
}

/** The program closes its descriptor: FIN, or a reset where bytes were left unread (RFC 9293 SHLD-3, RFC 2525 §2.17). */
export function closeConnection(c: TcpConnection): void {
  const { tcp } = c;
  if (c.orphan) return;
  c.orphan = true;
  tcp.descriptors.release(c);
  if (c.slot < 0) return;
  if (c.followed) return;
  tcp.enter();
  c.rcvShutdown = true;
  if (c.state === State.synSent) {
    tcp.remove(c, 'aborted');
  } else if (c.bucket) {
    c.receiveQueue.clear();
  } else if (c.receiveQueue.length > 0) {
    c.receiveQueue.clear();
    if (c.closedBy === '') c.closedBy = 'server';
    sendActiveReset(c, D.tcp_rst_unread);
    tcp.remove(c, 'aborted');
  } else {
    if (!c.sndShutdown) startClosing(c);
    if (c.slot >= 0 && c.state === State.finWait2) waitForFin(c);
  }
  tcp.leave();
}

/** Ends the connection with a reset. */
export function abortConnection(c: TcpConnection): void {
  const { tcp } = c;
  if (c.orphan) return;
  c.orphan = true;
  tcp.descriptors.release(c);
  if (c.slot < 0 || c.followed || c.bucket) return;
  tcp.enter();
  if (c.closedBy === '') c.closedBy = 'server';
  c.receiveQueue.clear();
  if (needsReset(c)) sendActiveReset(c, D.tcp_rst_abort);
  tcp.remove(c, 'aborted');
  tcp.leave();
}

/** Where both sides have sent their FIN nothing is left to be reset, unless the own one still waits to leave. */
function needsReset(c: TcpConnection): boolean {
  if (c.state === State.closing || c.state === State.lastAck) return c.sndNxt !== c.writeSeq;
  return c.state !== State.synSent;
}

/** How long a socket that nobody owns waits for the peer's FIN. */
export function finTimeout(c: TcpConnection): number {
  return Math.max(c.tcp.sysctl['ipv4.tcp_fin_timeout'] * SECOND, c.rto * 3.5);
}

/** FIN_WAIT2 without an owner that may last for ever: the whole connection stays. */
export function waitsForFin(c: TcpConnection): boolean {
  if (!c.tcp.rules.waitsForFin) return false;
  c.tcp.trace.record(D.tcp_rfc_fin_wait2, finTimeout(c));
  return true;
}

/** FIN_WAIT2 without an owner: only numbers remain, for tcp_fin_timeout. */
function waitForFin(c: TcpConnection): void {
  if (waitsForFin(c)) return;
  const wait = finTimeout(c);
  const { timeWait } = c.tcp.rules;
  if (wait > timeWait) c.tcp.timers.arm(c.lifeAlarm, wheelTime(c.tcp.now, wait - timeWait));
  else enterTimeWait(c, State.finWait2, wait);
}
