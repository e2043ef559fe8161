import { D } from '../../trace/catalogue.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { acceptAck, windowOf } from './ack.ts';
import { initialCwnd } from './congestion.ts';
import type { TcpConnection } from './connection.ts';
import { FOLLOWED_IDLE, INITIAL_CWND, MSS_DEFAULT, MSS_MIN, RTO_FALLBACK } from './constants.ts';
import { checkAck } from './delack.ts';
import { armKeepalive } from './keepalive.ts';
import { settleGap } from './observe.ts';
import { receiveData } from './receive.ts';
import { measureRtt } from './rtt.ts';
import type { Segment } from './segment.ts';
import { expandSendBuffer, syncMss, updatePacing } from './send.ts';
import { add } from './seq.ts';
import { takeSynText } from './syn-text.ts';
import { receiveUrgent } from './urgent.ts';
import { readTimestamps } from './validate.ts';
import { establishWindow } from './window.ts';

/** The captured server shows that the handshake's last segment came: the capture does not have it. */
export function establishUnseen(c: TcpConnection): void {
  const { tcp, listener } = c;
  leaveSynQueue(c);
  prepare(c, c.maxWindow, c.irs);
  tcp.trace.record(D.tcp_handshake_unseen);
  tcp.setState(c, State.established, 'established');
  if (listener !== null) {
    listener.enqueue(c);
    tcp.wakeAccepter(listener);
  }
  tcp.timers.arm(c.lifeAlarm, tcp.now + FOLLOWED_IDLE);
}

/** The handshake's last segment: the connection goes to the accept queue, and what else the segment brings is processed. */
export function establish(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp, listener } = c;
  if (c.inSynQueue && listener !== null) leaveSynQueue(c);
  tcp.timers.cancel(c.lifeAlarm);
  prepare(c, windowOf(c, s), s.seq);
  if (!c.synAckRetransmitted && !c.fromCookie) measureRtt(c, tcp.now - c.synAckSentAt);
  else if (c.tsOk && s.options.tsEcr !== 0) {
    const echo = ((Math.floor(tcp.now / 1e6) + c.tsOffset - s.options.tsEcr) | 0) * 1e6;
    if (echo >= 0) measureRtt(c, Math.max(echo, 1e6));
  }
  // RFC 6298 (5.7): the handshake had to be repeated and tells no round trip.
  if (c.srtt === 0) c.rto = RTO_FALLBACK;
  updatePacing(c);
  tcp.setState(c, State.established, 'established');
  tcp.trace.record(D.tcp_handshake_complete, c.mss, c.srtt);
  if (listener !== null) {
    listener.enqueue(c);
    tcp.wakeAccepter(listener);
  }
  if (c.followed) tcp.timers.arm(c.lifeAlarm, tcp.now + FOLLOWED_IDLE);
  else if (c.keepalive) armKeepalive(c, c.keepaliveIdle);
  packet.fd = c.fd;
  if (c.gapAt >= 0) settleGap(c);
  readTimestamps(c, s);
  const { synText } = c;
  if (synText !== null) {
    takeSynText(c, synText);
    checkAck(c);
  }
  if (s.endSeq !== s.seq) {
    if (!acceptAck(c, s, false)) return;
    receiveUrgent(c, s);
    receiveData(c, s);
    checkAck(c);
  }
}

export function leaveSynQueue(c: TcpConnection): void {
  const { listener } = c;
  if (!c.inSynQueue || listener === null) return;
  c.inSynQueue = false;
  listener.synQueue--;
  if (c.synAckTimeouts === 0) listener.young--;
}

/** RFC 5681 §3.1, RFC 9293 §3.7.1: few segments, and as small as the peer wants them. */
function limitFirstFlight(c: TcpConnection): void {
  const { trace, sysctl } = c.tcp;
  const usual = sysctl['ipv4.tcp_min_snd_mss'];
  if (c.mssClamp < usual) trace.record(D.tcp_rfc_small_mss, c.mss, usual);
  c.cwnd = initialCwnd(c);
  trace.record(D.tcp_rfc_initial_window, c.cwnd, c.mss, INITIAL_CWND);
}

/** Numbers and windows of a connection that begins to carry data. `window`: bytes that the peer allows; `wl1`: number it was told with. */
export function prepare(c: TcpConnection, window: number, wl1: number): void {
  const { tcp } = c;
  c.sndUna = c.sndSml = add(c.iss, 1);
  // a captured server may have sent data with its SYN-ACK
  if (!c.followed) c.sndNxt = c.sndUna;
  c.writeSeq = c.pushedSeq = c.sndNxt;
  c.highSeq = c.sndNxt;
  c.rttSeq = c.cwndUsageSeq = c.sndNxt;
  c.sndWnd = window;
  c.maxWindow = window;
  c.sndWl1 = wl1;
  c.cwnd = INITIAL_CWND;
  c.delivered = 1;
  c.cwndStamp = tcp.now;
  c.lastSentAt = tcp.now;
  c.lastReceivedAt = tcp.now;
  // the limit of answers was the half-open connection's
  c.lastLimitedAckAt = -1;
  c.ackedAt = tcp.now;
  c.lastHeardAt = tcp.now;
  if (c.tsOk) c.advMss -= 12;
  syncMss(c, c.pmtu);
  if (!tcp.rules.largeInitialWindow && !c.followed) limitFirstFlight(c);
  if (!c.sndbufLocked && !c.followed) expandSendBuffer(c);
  establishWindow(c);
  let receiveMss = Math.min(c.advMss, c.mss, c.rcvWnd >> 1, MSS_DEFAULT);
  if (receiveMss < MSS_MIN) receiveMss = MSS_MIN;
  c.rcvMss = receiveMss;
  c.predicts = true;
}
