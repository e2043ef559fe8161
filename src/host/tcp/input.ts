import { D, EFFECT_OF } from '../../trace/catalogue.ts';
import { Effect } from '../../trace/decision.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import { acceptAck, isFinAcked } from './ack.ts';
import { finTimeout, waitsForFin } from './close.ts';
import { fromIrs, type TcpConnection } from './connection.ts';
import { checkAck } from './delack.ts';
import { clientAcked, settleGap } from './observe.ts';
import { isPredicted } from './predict.ts';
import { queueInOrder, receiveData } from './receive.ts';
import type { Segment } from './segment.ts';
import { checkSend } from './send.ts';
import { add, after, before } from './seq.ts';
import { enterTimeWait } from './time-wait.ts';
import { sendReset } from './transmit.ts';
import { receiveUrgent } from './urgent.ts';
import { readTimestamps, updateTsRecent, validate } from './validate.ts';
import { measureReceiverRttByTimestamp } from './window.ts';

/** A segment for a connection from ESTABLISHED on (RFC 9293 §3.10.7.4). */
export function receiveInConnection(c: TcpConnection, packet: Packet, s: Segment): void {
  const { trace } = c.tcp;
  if ((s.flags & (TcpFlag.ack | TcpFlag.rst | TcpFlag.syn)) === 0) {
    if (!c.tcp.rules.numberBeforeAckFlag) {
      trace.record(D.tcp_no_ack_flag);
      return;
    }
    trace.record(D.tcp_rfc_number_first);
  }
  if (c.state === State.established && !c.followed && isPredicted(c, s) && c.tcp.rules.takesPredicted) {
    receivePredicted(c, s);
    return;
  }
  if (c.followed && c.gapAt >= 0) settleGap(c);
  if (!validate(c, s)) return;
  if ((s.flags & TcpFlag.ack) === 0) {
    trace.record(D.tcp_no_ack_flag);
    return;
  }
  if (!acceptAck(c, s, false)) return;
  if (c.followed) clientAcked(c);
  if (c.state === State.established) {
    receiveUrgent(c, s);
    measureReceiverRttByTimestamp(c, s);
    receiveData(c, s);
  } else if (!receiveWhileClosing(c, packet, s)) {
    return;
  }
  finish(c, s);
}

/** Header prediction: data is taken before the ACK number is looked at, and whatever that is. */
function receivePredicted(c: TcpConnection, s: Segment): void {
  readTimestamps(c, s);
  updateTsRecent(c, s);
  if (s.dataLength === 0) {
    c.rcvRttTsEcr = c.rcvTsEcr;
    if (acceptAck(c, s, true)) verdictOfAck(c, s);
    checkSend(c);
    return;
  }
  measureReceiverRttByTimestamp(c, s);
  queueInOrder(c, s, true);
  if (s.ack === c.sndUna) {
    c.sndWl1 = s.seq;
  } else {
    acceptAck(c, s, true);
    checkSend(c);
  }
  checkAck(c);
}

/** After our FIN, or the peer's. False: the connection ended, or became numbers only. */
function receiveWhileClosing(c: TcpConnection, packet: Packet, s: Segment): boolean {
  const { tcp } = c;
  const { trace } = tcp;
  switch (c.state) {
    case State.finWait1:
      if (isFinAcked(c) && !finAcked(c, packet, s)) return false;
      break;
    case State.closing:
      if (isFinAcked(c)) {
        trace.record(D.tcp_fin_acked, c.state);
        enterTimeWait(c, State.timeWait, tcp.rules.timeWait);
        return false;
      }
      break;
    case State.lastAck:
      if (isFinAcked(c)) {
        trace.record(D.tcp_closed, c.state);
        tcp.remove(c, 'closed');
        return false;
      }
      break;
    default:
      break;
  }
  receiveUrgent(c, s);
  const hasData = s.endSeq !== s.seq;
  if (c.state === State.closeWait || c.state === State.closing || c.state === State.lastAck) {
    if (!before(s.seq, c.rcvNxt)) {
      if (hasData) trace.record(D.tcp_data_after_fin, fromIrs(c, s.seq), s.dataLength);
      return true;
    }
    if (tcp.rules.ignoresTextAfterFin) {
      if (hasData) trace.record(D.tcp_rfc_text_over_fin, fromIrs(c, s.seq), fromIrs(c, s.endSeq));
      return true;
    }
  }
  if (c.rcvShutdown && hasData && after(add(s.endSeq, -(s.flags & TcpFlag.fin)), c.rcvNxt)) {
    trace.record(D.tcp_data_after_close, fromIrs(c, s.seq), s.dataLength);
    sendReset(tcp, packet, s, D.tcp_rst_data_after_close, c);
    tcp.remove(c, 'aborted');
    return false;
  }
  receiveData(c, s);
  return c.slot >= 0;
}

/** The peer has acknowledged our FIN. False: nobody owns the socket and only numbers remain. */
function finAcked(c: TcpConnection, packet: Packet, s: Segment): boolean {
  const { tcp } = c;
  tcp.trace.record(D.tcp_fin_acked, c.state);
  tcp.setState(c, State.finWait2);
  c.sndShutdown = true;
  if (!c.orphan || c.followed) return true;
  const fin = s.flags & TcpFlag.fin;
  if (s.endSeq !== s.seq && after(add(s.endSeq, -fin), c.rcvNxt)) {
    tcp.trace.record(D.tcp_data_after_close, fromIrs(c, s.seq), s.dataLength);
    sendReset(tcp, packet, s, D.tcp_rst_data_after_close, c);
    tcp.remove(c, 'aborted');
    return false;
  }
  if (waitsForFin(c)) return true;
  const wait = finTimeout(c);
  const { timeWait } = tcp.rules;
  if (wait > timeWait) tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, wait - timeWait));
  else if (fin !== 0) tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, wait));
  else {
    enterTimeWait(c, State.finWait2, wait);
    return false;
  }
  return true;
}

/** Sends what the ACK allows and acknowledges what came; gives the segment a verdict where it has none. */
function finish(c: TcpConnection, s: Segment): void {
  if (c.slot < 0) return;
  if (s.seq === s.endSeq) verdictOfAck(c, s);
  if (c.bucket) return;
  checkSend(c);
  checkAck(c);
}

/** A segment without data was taken, if nothing else has been said of it. */
function verdictOfAck(c: TcpConnection, s: Segment): void {
  const { trace } = c.tcp;
  if (trace.final >= 0 && EFFECT_OF[trace.final] !== Effect.pass) return;
  trace.record(D.tcp_ack_accepted, c.iss < 0 ? s.ack : (s.ack - c.iss) >>> 0, c.sndWnd);
}
