import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import { isAcceptable } from './acceptable.ts';
import { fromIrs, type TcpConnection } from './connection.ts';
import { SECOND, WINDOW_MAX } from './constants.ts';
import { answerSyn } from './handshake.ts';
import { LINUX } from './profile.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';
import { refusesSignature } from './signature.ts';
import type { Known } from './time-wait-socket.ts';
import { ECT0, isLimitedFor, sendBareAck, sendReset } from './transmit.ts';
import { pawsPasses } from './validate.ts';
import { receiveWindow } from './window.ts';

/**
 * The connection keeps only its numbers: `state` is TIME_WAIT, or FIN_WAIT2 of a socket that the program has closed. More than
 * tcp_max_tw_buckets of them are not kept.
 */
export function enterTimeWait(c: TcpConnection, state: number, wait: number): void {
  const { tcp } = c;
  if (c.orphan && c.finReceived && !c.followed) tcp.trace.record(D.tcp_fin_purged);
  if (tcp.buckets >= tcp.sysctl['ipv4.tcp_max_tw_buckets']) {
    tcp.trace.record(D.tcp_time_wait_overflow, tcp.buckets);
    tcp.remove(c, 'closed');
    return;
  }
  tcp.buckets++;
  c.bucket = true;
  c.bucketWnd = receiveWindow(c);
  c.lastLimitedAckAt = -1;
  tcp.timers.cancel(c.retransmitAlarm);
  tcp.timers.cancel(c.delackAlarm);
  c.sendQueue.clear();
  if (c.orphan) c.receiveQueue.clear();
  c.reassembly = null;
  tcp.setState(c, state);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, Math.max(wait, state === State.timeWait ? 0 : c.rto * 3.5)));
  if (state !== State.timeWait) return;
  if (wait > LINUX.timeWait) tcp.trace.record(D.tcp_rfc_time_wait, wait, LINUX.timeWait);
  tcp.retire(c);
}

const MINUTE = 60 * SECOND;

const Seen = { nothing: 0, ack: 1, reset: 2 } as const;

/** A segment for a connection in TIME_WAIT, or in FIN_WAIT2 without owner (RFC 9293 §3.10.7.4, RFC 6191). */
export function receiveInTimeWait(c: Known, packet: Packet, s: Segment): void {
  const { tcp } = c;
  const saw = c.tsRecentAt >= 0 && s.hasOptions && s.options.hasTimestamps;
  const isReset = (s.flags & TcpFlag.rst) !== 0;
  const stale = saw && isStale(c, s, isReset);
  if (c.state === State.finWait2) {
    receiveInFinWait2(c, packet, s, saw, stale);
    return;
  }
  if (!stale && s.seq === c.rcvNxt && (s.seq === s.endSeq || isReset)) {
    inWindow(c, s, saw, isReset);
    return;
  }
  const plainSyn = (s.flags & (TcpFlag.syn | TcpFlag.rst | TcpFlag.ack)) === TcpFlag.syn;
  const newer = saw && ((c.tsRecent - s.options.tsVal) | 0) < 0;
  const higher = after(s.seq, c.rcvNxt);
  if (plainSyn && !stale && (newer || (higher && (saw || tcp.rules.reopensByNumber)))) {
    reopen(c, packet, s);
    return;
  }
  if (plainSyn && higher && !saw) {
    tcp.trace.record(D.tcp_rfc_time_wait_syn, fromIrs(c, s.seq), fromIrs(c, c.rcvNxt));
    answer(c, s);
    return;
  }
  if (isReset && tcp.rules.exactReset && isAcceptable(s.seq, s.seq, c.rcvNxt, c.bucketWnd)) {
    tcp.trace.record(D.tcp_rfc_time_wait_rst, fromIrs(c, s.seq), fromIrs(c, c.rcvNxt));
    answer(c, s);
    return;
  }
  if (isReset) {
    tcp.trace.record(stale ? D.tcp_tw_paws : D.tcp_tw_rst_out_of_window, fromIrs(c, s.seq), fromIrs(c, c.rcvNxt));
    return;
  }
  tcp.trace.record(verdict(c, s, stale, plainSyn), fromIrs(c, s.seq), fromIrs(c, c.rcvNxt));
  if (stale || (s.flags & TcpFlag.ack) !== 0) tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, tcp.rules.timeWait));
  answer(c, s);
}

function verdict(c: Known, s: Segment, stale: boolean, plainSyn: boolean): number {
  if (stale) return D.tcp_tw_paws;
  if (plainSyn || (s.flags & TcpFlag.syn) !== 0) return D.tcp_tw_old_syn;
  if ((s.flags & TcpFlag.fin) !== 0) return D.tcp_tw_fin;
  return s.seq === s.endSeq && before(s.seq, c.rcvNxt) ? D.tcp_tw_old_ack : D.tcp_tw_data;
}

function inWindow(c: Known, s: Segment, saw: boolean, isReset: boolean): void {
  const { tcp } = c;
  if (isReset && tcp.sysctl['ipv4.tcp_rfc1337'] === 0) {
    tcp.trace.record(D.tcp_tw_rst, fromIrs(c, s.seq));
    tcp.remove(c, 'closed');
    return;
  }
  tcp.trace.record(isReset ? D.tcp_tw_rst_ignored : D.tcp_tw_ack, fromIrs(c, s.ack));
  if (!isReset) tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, tcp.rules.timeWait));
  if (saw) remember(c, s);
}

function remember(c: Known, s: Segment): void {
  c.tsRecent = s.options.tsVal;
  c.tsRecentAt = c.tcp.now;
}

/** A new SYN ends TIME_WAIT (RFC 9293 MAY-2): our next ISN lies beyond all numbers used. */
function reopen(c: Known, packet: Packet, s: Segment): void {
  const { tcp } = c;
  const listener = tcp.listenerFor(packet);
  if (listener === null) {
    tcp.trace.record(D.tcp_tw_old_syn, fromIrs(c, s.seq), fromIrs(c, c.rcvNxt));
    answer(c, s);
    return;
  }
  const iss = add(c.sndNxt, 65537);
  tcp.trace.record(D.tcp_tw_reopened, fromIrs(c, s.seq));
  tcp.remove(c, 'replaced');
  if (!c.followed && s.hasOptions && s.options.signed && refusesSignature(tcp.trace, s)) return;
  if ((s.flags & TcpFlag.fin) !== 0 && !tcp.rules.synTextWaits) {
    tcp.trace.record(D.tcp_listen_syn_fin);
    return;
  }
  answerSyn(tcp, listener, packet, s, iss === 0 ? 1 : iss);
}

function answer(c: Known, s: Segment): void {
  if (!isLimitedFor(c, s)) acknowledge(c);
}

function acknowledge(c: Known, tos = 0): void {
  // Without scaling a window may have grown beyond 65535: Linux sends its low 16 bits.
  sendBareAck(c, D.tcp_tw_answer, c.sndNxt, (c.bucketWnd >>> Math.max(0, c.rcvWscale)) & WINDOW_MAX, tos);
}

function receiveInFinWait2(c: Known, packet: Packet, s: Segment, saw: boolean, stale: boolean): void {
  const { tcp } = c;
  const seen = finWait2Verdict(c, s, stale);
  if (seen === Seen.ack) {
    answer(c, s);
  } else if (seen === Seen.reset) {
    sendReset(tcp, packet, s, D.tcp_rst_orphan, c);
    tcp.remove(c, 'aborted');
  } else if (c.state === State.timeWait) {
    c.rcvNxt = s.endSeq;
    if (saw) remember(c, s);
    tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, tcp.rules.timeWait));
    // the FIN alone is answered as the connection's last segment was sent
    acknowledge(c, 'ectSent' in c && c.ectSent ? ECT0 : 0);
  }
}

function finWait2Verdict(c: Known, s: Segment, stale: boolean): number {
  const { tcp } = c;
  const edge = add(c.rcvNxt, c.bucketWnd);
  if (stale || !isInWindow(s.seq, s.endSeq, c.rcvNxt, edge)) {
    tcp.trace.record(stale ? D.tcp_tw_paws : D.tcp_orphan_out_of_window, fromIrs(c, s.seq), fromIrs(c, c.rcvNxt));
    return Seen.ack;
  }
  if ((s.flags & TcpFlag.rst) !== 0) {
    tcp.trace.record(D.tcp_reset_by_peer, fromIrs(c, s.seq), c.state);
    tcp.remove(c, 'peer_reset');
    return Seen.nothing;
  }
  if ((s.flags & TcpFlag.syn) !== 0 && !before(s.seq, c.rcvNxt)) {
    tcp.trace.record(D.tcp_data_after_close, fromIrs(c, s.seq), s.dataLength);
    return Seen.reset;
  }
  if ((s.flags & TcpFlag.ack) === 0 || !after(s.endSeq, c.rcvNxt) || s.endSeq === s.seq) {
    tcp.trace.record(D.tcp_orphan_ack, fromIrs(c, s.seq));
    return Seen.nothing;
  }
  if ((s.flags & TcpFlag.fin) === 0 || s.endSeq !== add(c.rcvNxt, 1)) {
    tcp.trace.record(D.tcp_data_after_close, fromIrs(c, s.seq), s.dataLength);
    return Seen.reset;
  }
  tcp.trace.record(D.tcp_fin, fromIrs(c, s.endSeq), c.state);
  tcp.setState(c, State.timeWait);
  return Seen.nothing;
}

/** RFC 7323 §5 where there is no window to go by: a reset too has to be new, unless what is remembered is a minute old. */
export function isStale(c: Known, s: Segment, isReset: boolean): boolean {
  return !pawsPasses(c, s.options.tsVal, 0) && !(isReset && c.tcp.now >= c.tsRecentAt + MINUTE);
}

/** Does the segment have a byte in [left, right), or stand at its edges? */
export function isInWindow(seq: number, endSeq: number, left: number, right: number): boolean {
  if (seq === left) return true;
  if (after(endSeq, left) && before(seq, right)) return true;
  return seq === right && seq === endSeq;
}
