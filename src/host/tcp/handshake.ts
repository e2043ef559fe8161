import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import type { TcpConnection } from './connection.ts';
import {
  FOLLOWED_REQUEST,
  MS,
  MSS_DEFAULT,
  MSS_DEFAULT_V6,
  RTO_INITIAL,
  SECOND,
  TIMESTAMPS_LENGTH,
  WINDOW_MAX,
} from './constants.ts';
import { cookieOptions, cookieTimestamp } from './cookies.ts';
import { establish } from './establish.ts';
import type { TcpListener } from './listener.ts';
import { receiveUnknown } from './no-connection.ts';
import { keepUntaken } from './observe.ts';
import type { Segment } from './segment.ts';
import { pathMtu } from './send.ts';
import { add, after } from './seq.ts';
import { keepSynText } from './syn-text.ts';
import type { Tcp } from './tcp.ts';
import { isInWindow, isStale } from './time-wait.ts';
import { advertisedMss, isLimitedFor, optionsBack, sendBareAck, sendChallengeAck, sendReset, sendSynAck } from './transmit.ts';
import { initialWindow } from './window.ts';

/** A SYN for a listener (RFC 9293 §3.10.7.2): a copy of it with the peer's parameters, and a SYN-ACK. `iss` ≥ 0: the number to use. */
export function answerSyn(tcp: Tcp, listener: TcpListener, packet: Packet, s: Segment, iss = -1): void {
  const { trace, sysctl } = tcp;
  const followed = tcp.followed;
  let cookie = false;
  if (!followed) {
    const mode = sysctl['ipv4.tcp_syncookies'];
    if ((mode === 2 || listener.synQueueFull) && iss < 0) {
      if (mode === 0) {
        trace.record(D.tcp_syn_queue_full, listener.synQueue, listener.backlog);
        return;
      }
      cookie = true;
      listener.overflowAt = tcp.now;
    }
    if (listener.acceptQueueFull) {
      trace.record(D.tcp_listen_overflow, listener.waiting, listener.backlog);
      return;
    }
    if (!cookie && iss < 0 && mode === 0) {
      const room = sysctl['ipv4.tcp_max_syn_backlog'];
      if (room - listener.synQueue < room >> 2) {
        trace.record(D.tcp_syn_queue_full, listener.synQueue, room);
        return;
      }
    }
  }
  if (tcp.table.size >= tcp.connectionsMax) {
    trace.record(D.tcp_too_many_connections, tcp.table.size);
    return;
  }
  const c = copyOf(tcp, listener, packet);
  takeOptions(c, packet, s, cookie);
  c.irs = s.seq;
  c.rcvNxt = c.rcvWup = c.copiedSeq = add(s.seq, 1);
  initialWindow(c, c.advMss - (c.tsOk ? TIMESTAMPS_LENGTH : 0));
  c.maxWindow = s.window;
  packet.senderIsn = c.irs;
  if (tcp.rules.synTextWaits && !cookie && s.endSeq !== c.rcvNxt) {
    keepSynText(c, s);
  } else if (s.dataLength > 0) {
    trace.record(D.tcp_syn_data_ignored, s.dataLength);
    if (followed) keepUntaken(c, s, c.rcvNxt);
  }
  if (cookie) {
    c.fromCookie = true;
    c.iss = tcp.cookies.make(packet, c.irs, c.mssClamp, tcp.now, tcp.initial.iss(packet, true));
    if (c.tsOk) {
      const value = cookieTimestamp(tcp.now, c.wscaleOk ? c.sndWscale : -1, c.sackOk, c.ecnOk);
      c.tsOffset = tcp.initial.timestampOffset(packet, value);
      c.synAckTsFirst = (value + c.tsOffset) >>> 0;
    } else {
      c.ecnOk = false;
    }
    sendSynAck(c, D.tcp_syn_ack_cookie, listener.synQueue, listener.backlog);
    trace.record(D.tcp_syn_cookie, listener.synQueue, listener.backlog);
    return;
  }
  c.iss = iss >= 0 ? iss : tcp.initial.iss(packet, false);
  if (c.tsOk) c.tsOffset = tcp.initial.timestampOffset(packet, Math.floor(tcp.now / MS));
  c.sndUna = c.iss;
  c.sndNxt = add(c.iss, 1);
  c.followed = followed;
  c.signed = followed && s.hasOptions && s.options.signed;
  tcp.add(c);
  listener.synQueue++;
  listener.young++;
  c.inSynQueue = true;
  packet.receiverIsn = c.iss;
  sendSynAck(c, D.tcp_syn_ack);
  trace.record(D.tcp_syn_received, c.mssClamp, c.wscaleOk ? c.sndWscale : -1, listener.synQueue);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, followed ? FOLLOWED_REQUEST : RTO_INITIAL));
  tcp.setState(c, State.synReceived, 'syn_received');
}

/** Who sends (the peer) and who receives (this host), words as in Packet. */
export type Tuple = Pick<
  Packet,
  'family' | 'src0' | 'src1' | 'src2' | 'src3' | 'sourcePort' | 'dst0' | 'dst1' | 'dst2' | 'dst3' | 'destinationPort'
>;

/** The listening socket's copy: its local half and its options, and the peer's address and port. */
export function copyOf(tcp: Tcp, listener: TcpListener | null, packet: Tuple): TcpConnection {
  const c = tcp.newConnection(listener);
  c.family = packet.family;
  c.local0 = packet.dst0;
  c.local1 = packet.dst1;
  c.local2 = packet.dst2;
  c.local3 = packet.dst3;
  c.localPort = packet.destinationPort;
  c.peer0 = packet.src0;
  c.peer1 = packet.src1;
  c.peer2 = packet.src2;
  c.peer3 = packet.src3;
  c.peerPort = packet.sourcePort;
  c.openedAt = tcp.now;
  c.program = listener === null ? null : listener.program;
  c.pmtu = tcp.paths === null ? tcp.mtu : pathMtu(tcp.paths, c);
  c.pmtuLocked = tcp.paths !== null && packet.family === 4 && tcp.paths.isLocked4(c.peer3);
  c.advMss = advertisedMss(tcp, packet.family, c.pmtu);
  c.rcvbuf = tcp.sysctl['ipv4.tcp_rmem_default'];
  c.nextIpId = tcp.random.next() & 0xffff;
  c.reordering = tcp.sysctl['ipv4.tcp_reordering'];
  c.lastHeardAt = tcp.now;
  const options = listener?.config.options;
  if (options !== undefined) {
    if (options.rcvbuf !== undefined) {
      c.rcvbuf = Math.max(2304, Math.min(options.rcvbuf, tcp.sysctl['core.rmem_max']) * 2);
      c.rcvbufLocked = true;
    }
    if (options.sndbuf !== undefined) {
      c.sndbuf = Math.max(4608, Math.min(options.sndbuf, tcp.sysctl['core.wmem_max']) * 2);
      c.sndbufLocked = true;
    }
    c.noDelay = options.noDelay === true;
    if (options.keepAlive !== undefined) {
      c.keepalive = true;
      c.keepaliveIdle = (options.keepAlive.idle ?? tcp.sysctl['ipv4.tcp_keepalive_time']) * SECOND;
      c.keepaliveInterval = (options.keepAlive.interval ?? tcp.sysctl['ipv4.tcp_keepalive_intvl']) * SECOND;
      c.keepaliveProbes = options.keepAlive.probes ?? tcp.sysctl['ipv4.tcp_keepalive_probes'];
    }
  }
  return c;
}

/** What the SYN offers and this host's settings allow (RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2, RFC 3168 §6.1.1). */
function takeOptions(c: TcpConnection, packet: Packet, s: Segment, cookie: boolean): void {
  const { sysctl } = c.tcp;
  const o = s.options;
  c.mssClamp = s.hasOptions && o.mss > 0 ? o.mss : c.family === 4 ? MSS_DEFAULT : MSS_DEFAULT_V6;
  c.tsOk = s.hasOptions && o.hasTimestamps && sysctl['ipv4.tcp_timestamps'] !== 0;
  const all = s.hasOptions && !(cookie && !c.tsOk);
  c.sackOk = all && o.sackPermitted && sysctl['ipv4.tcp_sack'] !== 0;
  c.wscaleOk = all && o.windowScale >= 0 && sysctl['ipv4.tcp_window_scaling'] !== 0;
  c.sndWscale = c.wscaleOk ? o.windowScale : 0;
  if (c.tsOk) {
    c.tsRecent = o.tsVal;
    c.tsRecentAt = c.tcp.now;
  }
  const setup = TcpFlag.ece | TcpFlag.cwr;
  c.ecnOk = (s.flags & setup) === setup && sysctl['ipv4.tcp_ecn'] !== 0 && (packet.tos & 3) === 0;
  c.ipOptions = optionsBack(packet);
}

/** A segment for a half-open connection (RFC 9293 §3.10.7.4 for SYN-RECEIVED; RFC 7323 §5; RFC 5961 §3). */
export function receiveInSynReceived(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp } = c;
  const { trace } = tcp;
  const isReset = (s.flags & TcpFlag.rst) !== 0;
  const control = s.flags & (TcpFlag.syn | TcpFlag.rst | TcpFlag.ack);
  const saw = c.tsOk && s.hasOptions && s.options.hasTimestamps;
  const stale = saw && isStale(c, s, isReset);
  if (s.seq === c.irs && control === TcpFlag.syn && !stale) {
    repeatedSyn(c, s);
    return;
  }
  if (tcp.rules.needsTimestamps && c.tsOk && !saw && !isReset) {
    trace.record(D.tcp_rfc_no_timestamp, (s.seq - c.irs) >>> 0);
    return;
  }
  if (!isReset && (s.flags & TcpFlag.ack) !== 0 && !ackFits(c, s)) {
    trace.record(D.tcp_syn_recv_wrong_ack, (s.ack - c.iss) >>> 0);
    sendReset(tcp, packet, s, D.tcp_rst_wrong_ack, c);
    return;
  }
  const echo = s.options.tsEcr;
  const badEcho = saw && !c.followed && echo !== 0 && (after(c.synAckTsFirst, echo) || after(echo, c.synAckTsLast));
  const edge = add(c.rcvNxt, Math.min(c.rcvWnd, WINDOW_MAX));
  if (stale || badEcho || !isInWindow(s.seq, s.endSeq, c.rcvNxt, edge)) {
    trace.record(
      stale ? D.tcp_paws : badEcho ? D.tcp_bad_tsecr : D.tcp_syn_recv_out_of_window,
      stale ? s.options.tsVal : badEcho ? echo : (s.seq - c.irs) >>> 0,
      stale ? c.tsRecent : badEcho ? c.synAckTsLast : (edge - c.irs) >>> 0,
    );
    if (!isReset && !isLimitedFor(c, s)) sendWhereWeAre(c);
    return;
  }
  if (isReset) {
    if (s.seq !== c.rcvNxt) {
      trace.record(D.tcp_syn_recv_rst_not_exact, (s.seq - c.irs) >>> 0, 1);
      sendChallengeAck(c);
      return;
    }
    trace.record(D.tcp_rst_syn_recv);
    c.closedBy = 'client';
    tcp.remove(c, 'peer_reset');
    return;
  }
  if ((s.flags & TcpFlag.syn) !== 0 && s.seq !== c.irs) {
    if (c.followed) {
      tcp.remove(c, 'replaced');
      receiveUnknown(tcp, packet, s);
      return;
    }
    if (tcp.rules.newSynIsSilent) {
      trace.record(D.tcp_rfc_new_syn, (s.seq - c.irs) >>> 0);
      tcp.remove(c, 'aborted');
      return;
    }
    trace.record(D.tcp_syn_recv_new_syn, (s.seq - c.irs) >>> 0);
    sendReset(tcp, packet, s, D.tcp_rst_invalid_syn, c);
    tcp.remove(c, 'aborted');
    return;
  }
  if ((s.flags & TcpFlag.ack) === 0) {
    trace.record(D.tcp_no_ack_flag);
    return;
  }
  complete(c, packet, s);
}

/** A followed handshake's ISN is the captured server's; before its SYN-ACK was seen any ACK number may be right. */
function ackFits(c: TcpConnection, s: Segment): boolean {
  if (c.followed && !c.observedSynAck) {
    c.iss = add(s.ack, -1);
    c.sndUna = c.iss;
    c.sndNxt = s.ack;
    c.observedSynAck = true;
    c.tcp.trace.record(D.tcp_ack_ahead_of_capture, 1);
    return true;
  }
  if (c.followed) return after(s.ack, c.iss) && !after(s.ack, c.sndNxt);
  return s.ack === add(c.iss, 1);
}

function sendWhereWeAre(c: TcpConnection): void {
  sendBareAck(c, D.tcp_dup_ack, add(c.iss, 1), c.rcvWnd >>> c.rcvWscale);
}

function repeatedSyn(c: TcpConnection, s: Segment): void {
  const { tcp } = c;
  if (tcp.rules.synAgainIsOld) {
    tcp.trace.record(D.tcp_rfc_dup_syn);
    if (!isLimitedFor(c, s)) sendWhereWeAre(c);
    return;
  }
  tcp.trace.record(D.tcp_dup_syn);
  if (isLimitedFor(c, s)) return;
  c.synAckRetransmitted = true;
  sendSynAck(c, D.tcp_syn_ack_again);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, c.followed ? FOLLOWED_REQUEST : RTO_INITIAL * 2 ** c.synAckTimeouts));
}

/** The third segment: the connection is whole, if the accept queue takes it. */
function complete(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp, listener } = c;
  if (!c.followed && listener !== null && listener.acceptQueueFull) {
    tcp.trace.record(D.tcp_accept_overflow, listener.waiting, listener.backlog);
    if (tcp.sysctl['ipv4.tcp_abort_on_overflow'] !== 0) {
      sendReset(tcp, packet, s, D.tcp_rst_overflow, c);
      tcp.remove(c, 'aborted');
    } else {
      c.ackedEarly = true;
    }
    return;
  }
  if (c.tsOk && s.hasOptions && s.options.hasTimestamps && !after(s.seq, c.rcvNxt)) {
    c.tsRecent = s.options.tsVal;
    c.tsRecentAt = tcp.now;
  }
  establish(c, packet, s);
}

/** An ACK that no connection knows, to a listener whose SYN queue was full: is it one of our cookies? True: it was taken. */
export function acceptCookie(tcp: Tcp, listener: TcpListener, packet: Packet, s: Segment): boolean {
  const { trace, sysctl } = tcp;
  const mode = sysctl['ipv4.tcp_syncookies'];
  if (tcp.followed || mode === 0 || tcp.now - listener.overflowAt > 120 * SECOND) return false;
  const mss = tcp.cookies.check(packet, s, tcp.now);
  if (mss === 0) return false;
  if (listener.acceptQueueFull) {
    trace.record(D.tcp_cookie_overflow, listener.waiting, listener.backlog);
    return true;
  }
  const c = copyOf(tcp, listener, packet);
  c.fromCookie = true;
  c.mssClamp = mss;
  c.irs = add(s.seq, -1);
  c.iss = add(s.ack, -1);
  c.tsOffset = tcp.initial.timestampOffset(packet, null);
  if (s.hasOptions && s.options.hasTimestamps && sysctl['ipv4.tcp_timestamps'] !== 0) {
    const agreed = cookieOptions((s.options.tsEcr - c.tsOffset) >>> 0);
    c.tsOk = true;
    c.tsRecent = s.options.tsVal;
    c.tsRecentAt = tcp.now;
    c.sackOk = agreed.sack;
    c.wscaleOk = agreed.windowScale >= 0;
    c.sndWscale = Math.max(0, agreed.windowScale);
    c.ecnOk = agreed.ecn && sysctl['ipv4.tcp_ecn'] !== 0;
  }
  c.rcvNxt = c.rcvWup = c.copiedSeq = s.seq;
  c.sndUna = c.iss;
  c.sndNxt = s.ack;
  initialWindow(c, c.mssClamp);
  tcp.add(c);
  packet.senderIsn = c.irs;
  packet.receiverIsn = c.iss;
  trace.record(D.tcp_cookie_valid, mss);
  establish(c, packet, s);
  return true;
}

/** The SYN-ACK's timer (tcp_synack_retries): 1, 2, 4 … seconds, then the request is forgotten without a word. */
export function synAckExpired(c: TcpConnection): void {
  const { tcp, listener } = c;
  const usual = tcp.sysctl['ipv4.tcp_synack_retries'];
  let most = Math.max(usual, tcp.rules.synAckRetries);
  if (tcp.rules.synAckRetries === 0 && listener !== null && listener.synQueue * 2 > Math.max(8, listener.backlog)) {
    for (let young = listener.young * 2; most > 2 && listener.synQueue >= young; young *= 2) most--;
  }
  if (c.followed || c.synAckTimeouts >= most) {
    tcp.trace.record(D.tcp_syn_ack_given_up, c.synAckTimeouts);
    tcp.remove(c, 'timeout');
    return;
  }
  if (c.synAckTimeouts === 0 && listener !== null) listener.young--;
  c.synAckTimeouts++;
  c.synAckRetransmitted = true;
  sendSynAck(c, c.synAckTimeouts > usual ? D.tcp_rfc_syn_ack_timeout : D.tcp_syn_ack_timeout, c.synAckTimeouts, most);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, RTO_INITIAL * 2 ** c.synAckTimeouts));
}
