import { D, EFFECT_OF } from '../../trace/catalogue.ts';
import { Effect } from '../../trace/decision.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { wheelTime } from '../timer-wheel.ts';
import { acceptAck, isFinAcked } from './ack.ts';
import { finTimeout } from './close.ts';
import { fromIrs, type TcpConnection } from './connection.ts';
import { TIME_WAIT } from './constants.ts';
import { checkAck } from './delack.ts';
import { acceptCwr } from './ecn.ts';
import { clientAcked, settleGap } from './observe.ts';
import { receiveData } from './receive.ts';
import type { Segment } from './segment.ts';
import { checkSend } from './send.ts';
import { add, after, before } from './seq.ts';
import { enterTimeWait } from './time-wait.ts';
import { sendReset } from './transmit.ts';
import { receiveUrgent } from './urgent.ts';
import { validate } from './validate.ts';
import { measureReceiverRttByTimestamp } from './window.ts';

/** A segment for a connection from ESTABLISHED on (RFC 9293 §3.10.7.4). */
export function receiveInConnection(c: TcpConnection, packet: Packet, s: Segment): void {
  const { trace } = c.tcp;
  if ((s.flags & (TcpFlag.ack | TcpFlag.rst | TcpFlag.syn)) === 0) {
    trace.record(D.tcp_no_ack_flag);
    return;
  }
  if (c.followed && c.gapAt >= 0) settleGap(c);
  if (!validate(c, s)) return;
  if ((s.flags & TcpFlag.ack) === 0) {
    trace.record(D.tcp_no_ack_flag);
    return;
  }
  if (!acceptAck(c, s)) return;
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
        enterTimeWait(c, State.timeWait, TIME_WAIT);
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
  const wait = finTimeout(c);
  if (wait > TIME_WAIT) tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, wait - TIME_WAIT));
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
  if ((s.flags & TcpFlag.cwr) !== 0) acceptCwr(c, s);
  const { trace } = c.tcp;
  if (s.seq === s.endSeq && (trace.final < 0 || EFFECT_OF[trace.final] === Effect.pass)) {
    trace.record(D.tcp_ack_accepted, c.iss < 0 ? s.ack : (s.ack - c.iss) >>> 0, c.sndWnd);
  }
  if (c.bucket) return;
  checkSend(c);
  checkAck(c);
}
