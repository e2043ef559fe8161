import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import type { TcpConnection } from './connection.ts';
import { MSS_DEFAULT, MSS_DEFAULT_V6, RTO_INITIAL } from './constants.ts';
import { prepare } from './establish.ts';
import { armKeepalive } from './keepalive.ts';
import { completeActiveOpen } from './observe.ts';
import { measureRtt } from './rtt.ts';
import type { Segment } from './segment.ts';
import { updatePacing } from './send.ts';
import { add, after, before } from './seq.ts';
import { sendAck, sendReset, sendSynAck } from './transmit.ts';
import { readTimestamps } from './validate.ts';

/** A segment for a connection that this host opens (RFC 9293 §3.10.7.3; Linux tcp_rcv_synsent_state_process). */
export function receiveInSynSent(c: TcpConnection, packet: Packet, s: Segment): void {
  if (c.followed) {
    followAnswer(c, packet, s);
    return;
  }
  const { tcp } = c;
  const { trace } = tcp;
  const hasAck = (s.flags & TcpFlag.ack) !== 0;
  const isReset = (s.flags & TcpFlag.rst) !== 0;
  if (hasAck && s.ack !== add(c.iss, 1)) {
    trace.record(D.tcp_syn_sent_wrong_ack, (s.ack - c.iss) >>> 0);
    sendReset(tcp, packet, s, D.tcp_rst_syn_sent, c);
    return;
  }
  if (hasAck && c.tsOk && hasTimestamps(s) && isForeignEcho(c, s.options.tsEcr)) {
    trace.record(D.tcp_bad_tsecr, s.options.tsEcr, c.synAckTsLast);
    sendReset(tcp, packet, s, D.tcp_rst_syn_sent, c);
    return;
  }
  if (isReset) {
    if (!hasAck) {
      trace.record(D.tcp_syn_sent_reset_ignored);
      return;
    }
    trace.record(D.tcp_connection_refused);
    if (c.closedBy === '') c.closedBy = 'client';
    tcp.remove(c, 'peer_reset');
    return;
  }
  if ((s.flags & TcpFlag.syn) === 0) {
    trace.record(D.tcp_syn_sent_no_syn, s.flags);
    return;
  }
  takeSyn(c, packet, s);
  if (hasAck) connected(c, packet, s);
  else openFromBothSides(c);
}

/** What comes for a connection that the captured host opens. */
function followAnswer(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp } = c;
  const control = s.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst);
  if (control === (TcpFlag.syn | TcpFlag.ack) && s.ack === add(c.iss, 1)) completeActiveOpen(c, packet, s);
  else if ((control & TcpFlag.rst) !== 0) {
    tcp.trace.record(D.tcp_reset_by_peer, 0, c.state);
    c.closedBy = 'client';
    tcp.remove(c, 'peer_reset');
  } else tcp.trace.record(D.tcp_no_ack_flag);
}

function hasTimestamps(s: Segment): boolean {
  return s.hasOptions && s.options.hasTimestamps;
}

/** An echo of something that our SYNs did not say. */
function isForeignEcho(c: TcpConnection, echo: number): boolean {
  return echo !== 0 && (before(echo, c.synAckTsFirst) || after(echo, c.synAckTsLast));
}

/** The peer's number and options; what it does not offer is not used. */
function takeSyn(c: TcpConnection, packet: Packet, s: Segment): void {
  const o = s.options;
  c.irs = s.seq;
  c.rcvNxt = c.rcvWup = c.copiedSeq = add(s.seq, 1);
  c.mssClamp = s.hasOptions && o.mss > 0 ? o.mss : c.family === 4 ? MSS_DEFAULT : MSS_DEFAULT_V6;
  c.tsOk &&= hasTimestamps(s);
  c.sackOk &&= s.hasOptions && o.sackPermitted;
  c.wscaleOk &&= s.hasOptions && o.windowScale >= 0;
  c.sndWscale = c.wscaleOk ? o.windowScale : 0;
  if (!c.wscaleOk) c.rcvWscale = 0;
  c.ecnOk &&= (s.flags & (TcpFlag.ece | TcpFlag.cwr)) === TcpFlag.ece;
  if (c.tsOk) {
    c.tsRecent = o.tsVal;
    c.tsRecentAt = c.tcp.now;
  }
  packet.senderIsn = c.irs;
  packet.receiverIsn = c.iss;
}

/** Our SYN is acknowledged: the connection is there, and the peer is told so. */
function connected(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp } = c;
  tcp.timers.cancel(c.lifeAlarm);
  prepare(c, s.window, s.seq);
  c.activeOpen = false;
  if (!c.synAckRetransmitted) measureRtt(c, tcp.now - c.synAckSentAt);
  updatePacing(c);
  tcp.setState(c, State.established, 'established');
  tcp.trace.record(D.tcp_connected, c.mss, c.wscaleOk ? c.sndWscale : -1, c.srtt);
  packet.fd = c.fd;
  readTimestamps(c, s);
  if (c.keepalive) armKeepalive(c, c.keepaliveIdle);
  sendAck(c, D.tcp_ack_syn_ack);
  tcp.wakeWriter(c);
}

/** Both hosts have sent a SYN: ours is sent again as a SYN-ACK (RFC 9293 §3.5, figure 7). */
function openFromBothSides(c: TcpConnection): void {
  const { tcp } = c;
  tcp.trace.record(D.tcp_simultaneous_open);
  tcp.setState(c, State.synReceived);
  sendSynAck(c, D.tcp_syn_ack);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, RTO_INITIAL));
}

/** SYN-RECEIVED of a host that has itself opened the connection: the peer's ACK, most often on its SYN-ACK, ends the handshake. */
export function receiveInSimultaneousOpen(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp } = c;
  const { trace } = tcp;
  if ((s.flags & TcpFlag.ack) !== 0 && s.ack !== add(c.iss, 1)) {
    trace.record(D.tcp_syn_sent_wrong_ack, (s.ack - c.iss) >>> 0);
    sendReset(tcp, packet, s, D.tcp_rst_syn_sent, c);
  } else if ((s.flags & TcpFlag.rst) !== 0) {
    if (s.seq !== c.rcvNxt) {
      trace.record(D.tcp_syn_sent_reset_ignored);
      return;
    }
    trace.record(D.tcp_connection_refused);
    tcp.remove(c, 'peer_reset');
  } else if ((s.flags & TcpFlag.ack) === 0) {
    trace.record(D.tcp_no_ack_flag);
  } else connected(c, packet, s);
}
