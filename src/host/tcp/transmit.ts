import { D } from '../../trace/catalogue.ts';
import type { Transmission } from '../../trace/transmission.ts';
import { NO_BYTES } from '../../wire/bytes.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { clockTime } from '../time/timer-wheel.ts';
import { fromIss, type TcpConnection } from './connection.ts';
import { MS, WINDOW_MAX } from './constants.ts';
import { ackSent, dataSent } from './delack.ts';
import type { Segment } from './segment.ts';
import { Mark, type SendRecord } from './send-queue.ts';
import { add, before } from './seq.ts';
import { forbidsReset } from './signature.ts';
import type { Tcp } from './tcp.ts';
import type { Known } from './time-wait-socket.ts';
import { selectWindow } from './window.ts';

/** ECN-capable transport (RFC 3168 §5). */
export const ECT0 = 2;

/** TSval of this moment (RFC 7323 §4): milliseconds and the connection's own offset. */
export function timestamp(c: Known): number {
  return (Math.floor(c.tcp.now / MS) + c.tsOffset) >>> 0;
}

/** Fills in who sends to whom. */
export function address(c: Known, t: Transmission): void {
  t.family = c.family;
  t.src0 = c.local0;
  t.src1 = c.local1;
  t.src2 = c.local2;
  t.src3 = c.local3;
  t.dst0 = c.peer0;
  t.dst1 = c.peer1;
  t.dst2 = c.peer2;
  t.dst3 = c.peer3;
  t.sourcePort = c.localPort;
  t.destinationPort = c.peerPort;
  t.iss = c.iss;
  t.irs = c.irs;
  t.ttl = c.family === 4 ? c.tcp.ttl4 : c.tcp.ttl6;
}

/** A segment of a whole connection: its own IP id, timestamps, SACK blocks, window. */
function fill(c: TcpConnection, t: Transmission, flags: number, seq: number): void {
  address(c, t);
  t.flags = flags;
  t.seq = seq;
  t.ack = c.rcvNxt;
  t.ipId = c.nextIpId;
  c.nextIpId = (c.nextIpId + 1) & 0xffff;
  const { paths } = c.tcp;
  if (paths !== null && !paths.isPlain && c.family === 4 && !c.followed) c.pmtuLocked = paths.isLocked4(c.peer3);
  t.dontFragment = !c.pmtuLocked;
  t.window = selectWindow(c);
  if (c.tsOk) {
    t.hasTimestamps = true;
    t.tsVal = timestamp(c);
    t.tsEcr = c.tsRecent;
  }
  fillSack(c, t);
  c.ectSent = false;
  if (c.ecnOk && c.demandCwr) t.flags |= TcpFlag.ece;
}

/** SACK blocks: a duplicate's first (RFC 2883), then the newest (RFC 2018 §4); four in all, three beside timestamps. */
function fillSack(c: TcpConnection, t: Transmission): void {
  if (!c.dsack && c.sackBlockCount === 0) return;
  const most = c.tsOk ? 3 : 4;
  let count = 0;
  if (c.dsack) {
    t.sack[0] = c.dsackLeft;
    t.sack[1] = c.dsackRight;
    count = 1;
    c.dsack = false;
  }
  for (let i = 0; i < c.sackBlockCount && count < most; i++, count++) {
    t.sack[count * 2] = c.sackBlocks[i * 2]!;
    t.sack[count * 2 + 1] = c.sackBlocks[i * 2 + 1]!;
  }
  t.sackCount = count;
}

/** Bytes of options that a segment sent now would carry beyond what every segment carries. */
export function sackLength(c: TcpConnection): number {
  const blocks = Math.min((c.dsack ? 1 : 0) + c.sackBlockCount, c.tsOk ? 3 : 4);
  return blocks === 0 ? 0 : 4 + 8 * blocks;
}

/** Where a segment without data may begin: not beyond the window that the peer has told. */
function acceptableSeq(c: TcpConnection): number {
  const edge = add(c.sndUna, c.sndWnd);
  if (!before(edge, c.sndNxt)) return c.sndNxt;
  if (c.wscaleOk && (c.sndNxt - edge) >>> 0 < 1 << c.rcvWscale) return c.sndNxt;
  return edge;
}

/** Acknowledges what has come, at once. `why` tells what for. */
export function sendAck(c: TcpConnection, why: number, a = 0, b = 0): void {
  const t = c.tcp.trace.transmit(why, a, b);
  fill(c, t, TcpFlag.ack, acceptableSeq(c));
  ackSent(c);
}

/** Sends the record's bytes (or a part of them) once. */
export function sendRecord(c: TcpConnection, why: number, record: SendRecord, isRetransmission: boolean): void {
  const length = record.end - record.start;
  const mss = c.mss;
  let flags = TcpFlag.ack;
  // A run of segments always ends with a push, which a part of it sent again does not keep.
  flags |= record.flags | (record.pcount > 1 ? TcpFlag.psh : 0);
  let at = record.start;
  let seq = record.seq;
  const piece = record.pcount > 1 ? record.mss || mss : length;
  const { dsack } = c;
  for (;;) {
    // All segments of a run have the same header.
    c.dsack = dsack;
    const end = Math.min(record.end, at + piece);
    const last = end === record.end;
    const t = c.tcp.trace.transmit(why, end - at, fromIss(c, seq));
    fill(c, t, last ? flags : flags & ~(TcpFlag.fin | TcpFlag.psh), seq);
    if (c.ecnOk && end > at) {
      if (!isRetransmission) {
        t.tos = ECT0;
        c.ectSent = true;
      }
      if (c.queueCwr && !isRetransmission) {
        t.flags |= TcpFlag.cwr;
        c.queueCwr = false;
      }
    }
    t.payload = record.bytes;
    t.payloadStart = at;
    t.payloadEnd = end;
    seq = add(seq, end - at);
    at = end;
    if (last) break;
  }
  record.sentAt = c.tcp.now;
  record.delivered = c.delivered;
  if (c.packetsOut === 0) c.deliveredAt = record.sentAt;
  record.marks &= ~Mark.judged;
  ackSent(c);
  if (length > 0) dataSent(c);
  c.wstamp = c.tcp.now;
}

/** Nothing but a number that is already known, so that the peer answers: keep-alive and zero-window probe (RFC 9293 §3.8.4). */
export function sendProbe(c: TcpConnection, why: number, seq: number, a = 0): void {
  const t = c.tcp.trace.transmit(why, a);
  fill(c, t, TcpFlag.ack, seq);
  ackSent(c);
}

/** Reset of a connection by this host: RST, ACK with the connection's numbers and window. */
export function sendActiveReset(c: TcpConnection, why: number): void {
  const t = c.tcp.trace.transmit(why);
  c.tcp.resetsSent++;
  fill(c, t, TcpFlag.rst | TcpFlag.ack, acceptableSeq(c));
}

/** IPv4 options (record route, timestamp) of the packet that its answer carries back; null: none, or they have no room for that. */
export function optionsBack(packet: Packet): Uint8Array | null {
  return packet.family === 4 && packet.replyOptions.length > 0 && !packet.replyOptionsFail ? packet.replyOptions.slice() : null;
}

/** An answer that is no connection's is made of the packet's options too; false: that cannot be done, and none leaves. */
function bringsOptionsBack(tcp: Tcp, packet: Packet): boolean {
  if (packet.family !== 4 || !packet.replyOptionsFail) return true;
  tcp.trace.record(D.tcp_options_fail);
  return false;
}

/** ACK from a connection that is only numbers yet, or only numbers any more: no IP id, no SACK. */
export function sendBareAck(c: Known, why: number, seq: number, window: number, tos = 0): void {
  const packet = c.tcp.received!;
  if (!bringsOptionsBack(c.tcp, packet)) return;
  const t = c.tcp.trace.transmit(why);
  address(c, t);
  t.tos = tos;
  t.flags = TcpFlag.ack;
  t.seq = seq;
  t.ack = c.rcvNxt;
  t.window = Math.min(window, WINDOW_MAX);
  // an echo of 0 would say nothing
  if (c.tsOk && c.tsRecent !== 0) {
    t.hasTimestamps = true;
    t.tsVal = timestamp(c);
    t.tsEcr = c.tsRecent;
  }
  t.ipOptions = optionsBack(packet) ?? NO_BYTES;
}

/**
 * Resets a segment that belongs nowhere (RFC 9293 §3.10.7.1): with an ACK number it is the reset's number, without one everything
 * that came is acknowledged. Never answers a reset, nor anything not sent to this host alone.
 */
export function sendReset(tcp: Tcp, packet: Packet, s: Segment, why: number, c: Known | null): void {
  if ((s.flags & TcpFlag.rst) !== 0 || forbidsReset(s)) return;
  // A listener of Linux's answers also for an IPv6 address that is not the host's alone.
  if (packet.ipTarget !== 0 && (packet.family === 4 || why !== D.tcp_rst_listen)) return;
  tcp.resetsSent++;
  if (!bringsOptionsBack(tcp, packet)) return;
  const t = tcp.trace.transmit(why);
  t.family = packet.family;
  t.src0 = packet.dst0;
  t.src1 = packet.dst1;
  t.src2 = packet.dst2;
  t.src3 = packet.dst3;
  t.dst0 = packet.src0;
  t.dst1 = packet.src1;
  t.dst2 = packet.src2;
  t.dst3 = packet.src3;
  t.sourcePort = packet.destinationPort;
  t.destinationPort = packet.sourcePort;
  t.ttl = packet.family === 4 ? tcp.ttl4 : tcp.ttl6;
  t.tos = packet.tos & 0xfc;
  t.ipOptions = optionsBack(packet) ?? NO_BYTES;
  if (c !== null) {
    t.iss = c.iss;
    t.irs = c.irs;
  } else {
    t.irs = packet.senderIsn;
    t.iss = packet.receiverIsn;
  }
  if ((s.flags & TcpFlag.ack) !== 0) {
    t.flags = TcpFlag.rst;
    t.seq = s.ack;
  } else {
    t.flags = TcpFlag.rst | TcpFlag.ack;
    t.ack = s.endSeq;
    // number 0 of no connection is the first there is
    if (t.iss < 0) t.iss = t.seq;
  }
}

/** A repeated SYN-ACK knows of a path MTU that was learnt meanwhile. */
function announcedMss(c: TcpConnection): number {
  const { paths } = c.tcp;
  if (paths === null || paths.isPlain || c.followed) return c.advMss;
  const mtu = c.family === 4 ? paths.mtu4(c.peer3) : paths.mtu6(c.peer0, c.peer1, c.peer2, c.peer3);
  return advertisedMss(c.tcp, c.family, mtu);
}

/** What a path that takes so much lets us announce; Linux announces no less than net.ipv4.route.min_adv_mss. */
export function advertisedMss({ sysctl }: Tcp, family: number, mtu: number): number {
  if (family === 4) return Math.max(mtu - 40, sysctl['ipv4.route.min_adv_mss']);
  return Math.max(mtu - 60, sysctl['ipv6.route.min_adv_mss']);
}

/** SYN-ACK (RFC 9293 §3.10.7.2); `why` tells whether it is the first. Only what the client offered is answered. */
export function sendSynAck(c: TcpConnection, why: number, a = 0, b = 0): void {
  const t = c.tcp.trace.transmit(why, a, b);
  address(c, t);
  t.dontFragment = true;
  t.flags = TcpFlag.syn | TcpFlag.ack;
  if (c.ecnOk) t.flags |= TcpFlag.ece;
  t.seq = c.iss;
  t.ack = c.rcvNxt;
  t.window = Math.min(c.rcvWnd, WINDOW_MAX);
  t.mss = announcedMss(c);
  if (c.wscaleOk) t.windowScale = c.rcvWscale;
  t.sackPermitted = c.sackOk;
  if (c.tsOk) {
    t.hasTimestamps = true;
    t.tsVal = c.fromCookie ? c.synAckTsFirst : timestamp(c);
    t.tsEcr = c.tsRecent;
    if (!c.synAckRetransmitted && c.synAckTimeouts === 0) c.synAckTsFirst = t.tsVal;
    c.synAckTsLast = t.tsVal;
  }
  if (c.ipOptions !== null) t.ipOptions = c.ipOptions;
  c.synAckSentAt = c.tcp.now;
}

/** RFC 5961: a segment that might be forged is answered by an ACK, at most one in tcp_invalid_ratelimit. */
export function sendChallengeAck(c: TcpConnection): void {
  if (isWithheld(c)) return;
  if (!c.tcp.challenges.take(c.tcp.now)) {
    c.tcp.trace.record(D.tcp_challenge_ack_limit);
    return;
  }
  if (c.state === State.synReceived || c.bucket) sendBareAck(c, D.tcp_challenge_ack, add(c.iss, 1), c.rcvWnd >>> c.rcvWscale);
  else sendAck(c, D.tcp_challenge_ack);
}

/** One answer to what is out of order in a certain time and connection; gives whether this one is too many. */
function isLimited(c: Known): boolean {
  const { now, invalidRateLimit } = c.tcp;
  if (c.lastLimitedAckAt >= 0 && clockTime(c.lastLimitedAckAt, now) < invalidRateLimit) return true;
  c.lastLimitedAckAt = now;
  return false;
}

/** Is the answer to what is not acceptable one too many? RFC 9293 §3.5.2 knows no such limit (RFC 5961 §7 that of the host alone). */
function isWithheld(c: Known): boolean {
  if (!isLimited(c)) return false;
  const { trace, rules, invalidRateLimit } = c.tcp;
  trace.record(rules.answersAll ? D.tcp_rfc_ack_unlimited : D.tcp_ack_rate_limited, invalidRateLimit);
  return !rules.answersAll;
}

/** As `isWithheld`, but data is no part of an ACK loop. */
export function isLimitedFor(c: Known, s: Segment): boolean {
  if (s.endSeq !== s.seq && (s.flags & TcpFlag.syn) === 0) return false;
  return isWithheld(c);
}
