import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import { FOLLOWED_IDLE, FOLLOWED_REQUEST, MS, WINDOW_MAX } from './constants.ts';
import { establishUnseen, leaveSynQueue, prepare } from './establish.ts';
import { copyOf } from './handshake.ts';
import { ObservedStream } from './observed-stream.ts';
import { deliverPieces, deliverReassembled } from './reassembly.ts';
import { removeSackBlocks } from './sack-blocks.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';
import type { Tcp } from './tcp.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';
import { Untaken } from './untaken.ts';

/** Either side may acknowledge so much more than the capture shows before it is called impossible. */
const AHEAD = 64 << 20;
/** A server's ACK may be captured so much earlier than the data it acknowledges. */
const GAP_WAIT = 5 * MS;

/** A segment that the captured server sent: the sending half follows it. */
export function observeSegment(tcp: Tcp, packet: Packet, s: Segment, found: Known | null): void {
  let c = found;
  if (c !== null && startsAnew(c, s)) {
    tcp.remove(c, 'replaced');
    c = null;
  }
  if (c === null) {
    if ((s.flags & TcpFlag.rst) !== 0) return;
    if ((s.flags & TcpFlag.syn) === 0 && tcp.departed.observed(packet, s.seq, tcp.now)) {
      packet.senderIsn = tcp.departed.iss;
      packet.receiverIsn = tcp.departed.irs;
      return;
    }
    c = adoptObserved(tcp, packet, s);
  }
  packet.senderIsn = c instanceof TimeWaitSocket || c.observedSynAck ? c.iss : -1;
  packet.receiverIsn = c.irs;
  packet.fd = c.fd;
  if (c instanceof TimeWaitSocket) {
    observeInTimeWait(c, s);
    return;
  }
  c.lastHeardAt = tcp.now;
  if ((s.flags & TcpFlag.syn) !== 0) {
    if ((s.flags & TcpFlag.ack) !== 0) followSynAck(c, s);
    if (s.dataLength > 0) followData(c, s, add(s.seq, 1));
    packet.senderIsn = c.iss;
    return;
  }
  if ((s.flags & TcpFlag.rst) !== 0) {
    if (isIgnoredReset(c, s)) return;
    tcp.trace.record(D.tcp_observed_rst);
    if (c.closedBy === '') c.closedBy = 'server';
    if (c.observed !== null) c.observed.finish(c, c.sndUna);
    tcp.remove(c, 'aborted');
    return;
  }
  if (c.state === State.synReceived && isBeyondHandshake(c, s)) {
    if (!c.observedSynAck) missSynAck(c, s);
    establishUnseen(c);
    if (c.receiveQueue.length > 0) {
      tcp.wakeReader(c);
      tcp.letProgramsRun();
    }
  }
  if ((s.flags & TcpFlag.ack) !== 0) followAckOf(c, s);
  if (s.dataLength > 0) followData(c, s, s.seq);
  if ((s.flags & TcpFlag.fin) !== 0) followFin(c, add(s.seq, s.dataLength));
  if (after(s.endSeq, c.sndNxt)) c.sndNxt = s.endSeq;
}

/** Both sides have closed: only a reset is news. */
function observeInTimeWait(c: TimeWaitSocket, s: Segment): void {
  if ((s.flags & TcpFlag.syn) !== 0) return;
  if ((s.flags & TcpFlag.rst) !== 0) {
    c.tcp.trace.record(D.tcp_observed_rst);
    c.tcp.remove(c, 'aborted');
  } else if (after(s.endSeq, c.sndNxt)) c.sndNxt = s.endSeq;
}

/** SYN-ACK with other numbers than those of the connection known: the same ports, used again. */
function startsAnew(c: Known, s: Segment): boolean {
  const control = s.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst);
  if (control === TcpFlag.syn) return c.iss !== s.seq;
  if (control !== (TcpFlag.syn | TcpFlag.ack)) return false;
  if (!c.bucket && c.state === State.synReceived) return c.irs >= 0 && !acknowledgesSyn(c, s);
  return c.irs >= 0 && s.ack !== add(c.irs, 1) && c.iss !== s.seq;
}

/** The SYN, or some of the data that came with it (RFC 7413 §4.2) too. */
function acknowledgesSyn(c: TcpConnection, s: Segment): boolean {
  if (s.ack === c.rcvNxt) return true;
  return c.untaken !== null && after(s.ack, c.rcvNxt) && c.untaken.from(add(s.ack, -1), s.ack) !== null;
}

/** A server sends data or a FIN, or acknowledges data, when the handshake is over. */
function isBeyondHandshake(c: TcpConnection, s: Segment): boolean {
  if ((s.flags & TcpFlag.ack) === 0 || before(s.ack, c.rcvNxt)) return false;
  return s.endSeq !== s.seq || after(s.ack, c.rcvNxt);
}

/** The capture does not have the server's SYN-ACK: its numbers begin with what comes now, its window is as wide as it could be. */
function missSynAck(c: TcpConnection, s: Segment): void {
  c.iss = add(s.seq, -1);
  c.sndUna = c.iss;
  c.sndNxt = s.seq;
  c.observedSynAck = true;
  c.rcvWscale = -1;
}

/** A client whose SYN was not answered yet takes a reset only if it acknowledges the SYN (RFC 9293 §3.10.7.3): others are forged. */
function isIgnoredReset(c: TcpConnection, s: Segment): boolean {
  if (c.state !== State.synReceived || c.observedSynAck) return false;
  return (s.flags & TcpFlag.ack) === 0 || !acknowledgesSyn(c, s);
}

/** The first that the capture shows of a connection is a segment of the server. */
function adoptObserved(tcp: Tcp, packet: Packet, s: Segment): TcpConnection {
  // The connection's local half is this segment's source.
  swap(packet);
  const c = newFollowed(tcp, packet);
  swap(packet);
  if ((s.flags & TcpFlag.syn) !== 0) {
    c.iss = s.seq;
    c.sndUna = s.seq;
    c.sndNxt = add(s.seq, 1);
    if ((s.flags & TcpFlag.ack) !== 0) {
      c.irs = add(s.ack, -1);
      c.rcvNxt = c.rcvWup = c.copiedSeq = s.ack;
      c.sndWscale = -1;
      c.adopted = true;
    } else c.clientWscale = s.options.windowScale;
    tcp.add(c);
    tcp.timers.arm(c.lifeAlarm, tcp.now + FOLLOWED_REQUEST);
    if ((s.flags & TcpFlag.ack) !== 0) tcp.setState(c, State.synReceived, 'syn_received');
    else tcp.setState(c, State.synSent, 'syn_sent');
    return c;
  }
  c.rcvNxt = (s.flags & TcpFlag.ack) !== 0 ? s.ack : 0;
  c.sndUna = c.sndNxt = s.seq;
  beginAdopted(c, packet);
  // the program has it before anything is told of it
  tcp.letProgramsRun();
  packet.fd = c.fd;
  return c;
}

function swap(packet: Packet): void {
  let word = packet.src0;
  packet.src0 = packet.dst0;
  packet.dst0 = word;
  word = packet.src1;
  packet.src1 = packet.dst1;
  packet.dst1 = word;
  word = packet.src2;
  packet.src2 = packet.dst2;
  packet.dst2 = word;
  word = packet.src3;
  packet.src3 = packet.dst3;
  packet.dst3 = word;
  word = packet.sourcePort;
  packet.sourcePort = packet.destinationPort;
  packet.destinationPort = word;
}

function newFollowed(tcp: Tcp, packet: Packet): TcpConnection {
  const listener = tcp.listenerFor(packet);
  const c = copyOf(tcp, listener, packet);
  c.followed = true;
  c.observedSynAck = true;
  if (listener === null) {
    // The captured host opened it, or listens where the capture shows no handshake: its program has the descriptor already.
    c.program = tcp.context.programFor({ protocol: 'tcp', port: packet.destinationPort, backlog: 0, program: 'captured' });
    tcp.descriptors.assign(c);
  }
  return c;
}

/** Adopts a connection by a segment of the client (no connection and no handshake is known). */
export function adopt(tcp: Tcp, packet: Packet, s: Segment): TcpConnection {
  const c = newFollowed(tcp, packet);
  c.rcvNxt = s.seq;
  c.sndUna = c.sndNxt = (s.flags & TcpFlag.ack) !== 0 ? s.ack : 0;
  beginAdopted(c, packet);
  return c;
}

/** A connection in its middle: numbers from what was seen, windows as wide as they could be, options unknown. */
function beginAdopted(c: TcpConnection, packet: Packet): void {
  const { tcp, listener } = c;
  const una = c.sndUna;
  c.adopted = true;
  c.rcvWup = c.copiedSeq = c.rcvNxt;
  c.iss = add(una, -1);
  c.wscaleOk = true;
  c.sackOk = true;
  c.rcvWnd = WINDOW_MAX;
  prepare(c, WINDOW_MAX * 16384, c.rcvNxt);
  c.iss = -1;
  c.irs = -1;
  c.sndWscale = -1;
  c.rcvWscale = -1;
  c.maxWindow = WINDOW_MAX * 16384;
  c.rcvMss = c.advMss;
  c.hasFollowedEdge = true;
  c.followedEdge = add(c.rcvNxt, WINDOW_MAX * 16384);
  c.observed = new ObservedStream(una);
  tcp.add(c);
  packet.fd = c.fd;
  tcp.trace.record(D.tcp_adopted);
  tcp.setState(c, State.established, 'established');
  tcp.timers.arm(c.lifeAlarm, tcp.now + FOLLOWED_IDLE);
  if (listener !== null) {
    listener.enqueue(c);
    tcp.wakeAccepter(listener);
  }
}

/** What the captured server agreed to takes the place of what this host would have. */
function followSynAck(c: TcpConnection, s: Segment): void {
  if (c.state !== State.synReceived) return;
  const o = s.options;
  c.iss = s.seq;
  c.sndUna = s.seq;
  c.sndNxt = s.endSeq;
  c.observedSynAck = true;
  if (after(s.ack, c.rcvNxt) && !takeSynData(c, s.ack)) {
    c.gapAt = c.tcp.now;
    c.gapAck = s.ack;
  }
  c.tsOk = s.hasOptions && o.hasTimestamps;
  c.sackOk = s.hasOptions && o.sackPermitted;
  c.wscaleOk = s.hasOptions && o.windowScale >= 0;
  c.rcvWscale = c.wscaleOk ? o.windowScale : 0;
  if (!c.wscaleOk) c.sndWscale = 0;
  if (s.hasOptions && o.mss > 0) c.advMss = o.mss;
  c.rcvWnd = s.window;
  raiseEdge(c, add(s.ack, s.window));
}

/** The server has taken data that came with the SYN (RFC 7413 §4.2). */
function takeSynData(c: TcpConnection, until: number): boolean {
  const length = (until - c.rcvNxt) >>> 0;
  const data = c.untaken === null ? null : c.untaken.from(c.rcvNxt, until);
  if (data === null || data.length !== length) return false;
  c.tcp.trace.record(D.tcp_fast_open, length);
  c.rcvNxt = until;
  c.came ??= c.untaken!.found;
  c.receiveQueue.push(data, 0, length, 0);
  return true;
}

function raiseEdge(c: TcpConnection, edge: number): void {
  if (c.hasFollowedEdge && !after(edge, c.followedEdge)) return;
  c.hasFollowedEdge = true;
  c.followedEdge = edge;
}

/** The server's ACK: its window is the client's leave to send; beyond our RCV.NXT it tells of bytes that the capture does not have. */
function followAckOf(c: TcpConnection, s: Segment): void {
  if (c.state === State.synReceived || c.state === State.synSent) return;
  raiseEdge(c, add(s.ack, s.window << (c.rcvWscale < 0 ? 14 : c.rcvWscale)));
  if (!after(s.ack, c.rcvNxt) && (c.followedAck < 0 || after(s.ack, c.followedAck))) c.followedAck = s.ack;
  if (c.gapAt >= 0) settleGap(c);
  if (!after(s.ack, c.rcvNxt) || (s.ack - c.rcvNxt) >>> 0 > AHEAD) return;
  if (c.gapAt < 0) c.gapAt = c.tcp.now;
  if (c.gapAt === c.tcp.now || after(s.ack, c.gapAck)) c.gapAck = s.ack;
  if (c.untaken !== null) settleGap(c);
}

/** Keeps the segment's data, whose first byte has number `seq`, should the captured server turn out to have taken it. */
export function keepUntaken(c: TcpConnection, s: Segment, seq: number): void {
  if (s.dataEnd === s.dataStart) return;
  c.untaken ??= new Untaken();
  c.untaken.add(seq, s.bytes, s.dataStart, s.dataEnd, c.tcp.trace);
}

/** Bytes that the server has acknowledged and that have not come in time are missing in the capture. */
export function settleGap(c: TcpConnection): void {
  while (after(c.gapAck, c.rcvNxt)) {
    let until = c.gapAck;
    const { reassembly } = c;
    if (reassembly !== null && reassembly.count > 0 && before(reassembly.held[0]!.seq, until)) until = reassembly.held[0]!.seq;
    const missing = (until - c.rcvNxt) >>> 0;
    const untaken = missing > 0 && c.untaken !== null ? c.untaken.from(c.rcvNxt, until) : null;
    if (untaken !== null) {
      c.tcp.trace.record(D.tcp_taken_after_all, untaken.length);
      c.rcvNxt = add(c.rcvNxt, untaken.length);
      c.came ??= c.untaken!.found;
      c.receiveQueue.push(untaken, 0, untaken.length, 0);
      c.tcp.wakeReader(c);
      continue;
    }
    if (missing > 0) {
      if (c.tcp.now - c.gapAt < GAP_WAIT) return;
      // The last number may be a FIN's: whether it is shows when the connection goes on.
      passOver(c, missing);
    }
    if (reassembly !== null && reassembly.count > 0) deliverReassembled(c);
    else if (missing === 0) break;
  }
  c.gapAt = -1;
  if (c.sackBlockCount > 0) removeSackBlocks(c);
  c.tcp.wakeReader(c);
}

const NONE = new Uint8Array(0);

function passOver(c: TcpConnection, missing: number): void {
  c.tcp.trace.record(D.tcp_capture_gap, missing);
  c.rcvNxt = add(c.rcvNxt, missing);
  c.receiveQueue.push(NONE, 0, 0, missing);
}

/** Nothing will fill the holes in the client's stream any more: what was held behind them is handed on. */
export function passHoles(c: TcpConnection): void {
  const { reassembly } = c;
  if (!c.followed || reassembly === null || reassembly.count === 0) return;
  while (reassembly.count > 0) {
    const held = reassembly.removeAt(0);
    const { seq, endSeq, fin } = held;
    if (after(seq, c.rcvNxt)) passOver(c, (seq - c.rcvNxt) >>> 0);
    const skip = (c.rcvNxt - seq) >>> 0;
    const end = fin ? add(endSeq, -1) : endSeq;
    if (!after(end, c.rcvNxt)) continue;
    deliverPieces(c, held, skip);
    c.receiveQueue.account((end - c.rcvNxt) >>> 0, 0, 0, true);
    c.rcvNxt = end;
  }
  c.tcp.wakeReader(c);
}

function followData(c: TcpConnection, s: Segment, seq: number): void {
  if (c.observed === null) c.observed = new ObservedStream(c.iss >= 0 ? add(c.iss, 1) : seq);
  c.observed.take(c, seq, s.bytes, s.dataStart, s.dataEnd, s.dataLength - (s.dataEnd - s.dataStart));
}

function followFin(c: TcpConnection, seq: number): void {
  if (c.observedFin) return;
  c.observedFin = true;
  c.observedFinSeq = seq;
  if (c.closedBy === '') c.closedBy = 'server';
  if (c.state === State.established || c.state === State.synReceived || c.state === State.synSent)
    c.tcp.setState(c, State.finWait1);
  else if (c.state === State.closeWait) c.tcp.setState(c, State.lastAck);
  if (c.observed === null) c.observed = new ObservedStream(c.iss >= 0 ? add(c.iss, 1) : seq);
  c.observed.fin(c, seq);
}

/** The client acknowledges more than the capture shows of the server: true where that is plausible. */
export function followAck(c: TcpConnection, s: Segment): boolean {
  if (!c.followed) return false;
  const ahead = (s.ack - c.sndNxt) >>> 0;
  if (ahead > Math.max(AHEAD, c.maxWindow)) return false;
  c.tcp.trace.record(D.tcp_ack_ahead_of_capture, ahead);
  c.sndNxt = s.ack;
  return true;
}

/** The client's ACK has been taken: holes in the server's stream below it will not be filled any more. */
export function clientAcked(c: TcpConnection): void {
  c.lastHeardAt = c.tcp.now;
  if (c.observed !== null) c.observed.acked(c, c.sndUna);
}

/** SYN-ACK for a connection that the captured host itself opened. */
export function completeActiveOpen(c: TcpConnection, packet: Packet, s: Segment): void {
  const { tcp } = c;
  const o = s.options;
  c.irs = s.seq;
  c.rcvNxt = c.rcvWup = c.copiedSeq = add(s.seq, 1);
  c.tsOk = s.hasOptions && o.hasTimestamps;
  c.sackOk = s.hasOptions && o.sackPermitted;
  c.wscaleOk = s.hasOptions && o.windowScale >= 0 && c.clientWscale >= 0;
  c.sndWscale = c.wscaleOk ? o.windowScale : 0;
  c.rcvWscale = c.wscaleOk ? c.clientWscale : 0;
  c.rcvWnd = WINDOW_MAX;
  const { iss } = c;
  leaveSynQueue(c);
  prepare(c, s.window, s.seq);
  c.iss = iss;
  c.hasFollowedEdge = true;
  c.followedEdge = add(c.rcvNxt, WINDOW_MAX * 2 ** c.rcvWscale);
  packet.senderIsn = c.irs;
  packet.receiverIsn = c.iss;
  tcp.trace.record(D.tcp_active_open);
  tcp.setState(c, State.established, 'established');
  tcp.timers.arm(c.lifeAlarm, tcp.now + FOLLOWED_IDLE);
}
