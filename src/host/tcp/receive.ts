import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { type Sink, State } from '../sockets.ts';
import { finReceived } from './close.ts';
import { AckDue, fromIrs, type TcpConnection, Urgent } from './connection.ts';
import { MSS_DEFAULT, MSS_MIN } from './constants.ts';
import { checkAckAfterRead, enterQuickAck, noteReceived } from './delack.ts';
import { noteEcn } from './ecn.ts';
import { releasePages } from './memory.ts';
import { checkPrediction } from './predict.ts';
import { deliverReassembled, holdOutOfOrder } from './reassembly.ts';
import { removeSackBlocks, setDsack } from './sack-blocks.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';
import { adjustSpace, growWindow, makeRoom, measureOverhead, measureReceiverRtt, receiveWindow } from './window.ts';

/** RFC 9293 §3.10.7.4, seventh: the segment text. The segment has passed all checks of number, reset, SYN and ACK. */
export function receiveData(c: TcpConnection, s: Segment): void {
  if (s.seq === s.endSeq) return;
  const { trace } = c.tcp;
  c.dsack = false;
  if (s.seq === c.rcvNxt) {
    if (receiveWindow(c) === 0 && (s.dataLength > 0 || (s.flags & TcpFlag.fin) === 0 || c.tcp.rules.exactWindow)) {
      trace.record(D.tcp_zero_window, s.dataLength);
      refuse(c);
      return;
    }
    queueInOrder(c, s, false);
    return;
  }
  if (!after(s.endSeq, c.rcvNxt)) {
    trace.record(D.tcp_old_data, fromIrs(c, s.seq), fromIrs(c, s.endSeq), fromIrs(c, c.rcvNxt));
    setDsack(c, s.seq, s.endSeq);
    refuse(c);
    return;
  }
  if (!before(s.seq, add(c.rcvNxt, receiveWindow(c)))) {
    trace.record(D.tcp_over_window, fromIrs(c, s.seq), fromIrs(c, add(c.rcvNxt, receiveWindow(c))));
    refuse(c);
    return;
  }
  if (before(s.seq, c.rcvNxt)) {
    setDsack(c, s.seq, c.rcvNxt);
    if (receiveWindow(c) === 0) {
      trace.record(D.tcp_zero_window, s.dataLength);
      refuse(c);
      return;
    }
    trace.record(D.tcp_partly_old, (c.rcvNxt - s.seq) >>> 0, (s.endSeq - c.rcvNxt) >>> 0);
    queueInOrder(c, s, false);
    return;
  }
  holdOutOfOrder(c, s);
}

/** The sender is told at once where we are. */
function refuse(c: TcpConnection): void {
  enterQuickAck(c);
  c.ackDue |= AckDue.scheduled;
}

/** `predicted`: no look at the window nor at the memory is needed. */
export function queueInOrder(c: TcpConnection, s: Segment, predicted: boolean): void {
  const { trace } = c.tcp;
  if (!predicted && s.dataLength > 0 && !makeRoom(c, s)) {
    c.ackDue |= AckDue.noMemory | AckDue.now | AckDue.scheduled;
    if (c.receiveQueue.length > 0) {
      trace.record(D.tcp_receive_buffer_full, c.rcvbuf, s.dataLength);
      return;
    }
  }
  const skip = (c.rcvNxt - s.seq) >>> 0;
  const length = s.dataLength - skip;
  const hadFin = (s.flags & TcpFlag.fin) !== 0;
  if (length > 0) {
    trace.record(D.tcp_in_order, fromIrs(c, c.rcvNxt), length);
    const start = Math.min(s.dataEnd, s.dataStart + skip);
    c.rcvNxt = add(c.rcvNxt, length);
    c.receiveQueue.view(s.bytes, start, s.dataEnd, length - (s.dataEnd - start), s.truesize, s.room, skip === 0);
  }
  if (s.dataLength > 0) dataReceived(c, s);
  if (hadFin) {
    c.rcvNxt = s.endSeq;
    finReceived(c);
  }
  if (c.reassembly !== null && c.reassembly.count > 0) deliverReassembled(c);
  if (c.sackBlockCount > 0) removeSackBlocks(c);
  if (!c.predicts) checkPrediction(c);
  c.tcp.wakeReader(c);
}

/** What every data segment in order teaches: ACK pace, segment size, round trip, ECN, window. */
function dataReceived(c: TcpConnection, s: Segment): void {
  c.ackDue |= AckDue.scheduled;
  measureSegmentSize(c, s);
  measureReceiverRtt(c);
  noteReceived(c);
  noteEcn(c, s);
  if (s.dataLength >= 128) growWindow(c, s);
}

/** Estimates the peer's segment size (for delayed ACKs and window updates), and sees small pushed segments, ends of writes. */
export function measureSegmentSize(c: TcpConnection, s: Segment): void {
  const last = c.lastSegmentSize;
  c.lastSegmentSize = 0;
  const length = s.dataLength;
  if (length >= c.rcvMss) {
    if (length !== c.rcvMss) measureOverhead(c, s);
    c.rcvMss = Math.min(length, c.advMss);
    if (length === c.rcvMss && (s.flags & TcpFlag.psh) !== 0) c.ackDue |= AckDue.pushed;
    return;
  }
  const withHeader = length + s.headerLength;
  if (
    withHeader >= MSS_DEFAULT + 20 ||
    (withHeader >= MSS_MIN + 20 && (s.flags & (TcpFlag.fin | TcpFlag.urg | TcpFlag.syn | TcpFlag.psh)) === 0)
  ) {
    const size = withHeader - (c.tsOk ? 32 : 20);
    c.lastSegmentSize = size;
    if (size === last) {
      c.rcvMss = size;
      return;
    }
  }
  if ((c.ackDue & AckDue.pushed) !== 0) c.ackDue |= AckDue.pushed2;
  c.ackDue |= AckDue.pushed;
}

/** Hands what waits to `sink`, without the urgent byte (RFC 9293 §3.8.5); tells the peer of the room made. */
export function readStream(c: TcpConnection, limit: number, sink: Sink): number {
  let taken = 0;
  let left = limit;
  while (left > 0 && c.receiveQueue.length > 0) {
    let take = Math.min(left, c.receiveQueue.length);
    if (c.urgent === Urgent.valid) {
      const until = (c.urgentSeq - c.copiedSeq) | 0;
      if (until === 0) {
        c.receiveQueue.take(1, null);
        c.copiedSeq = add(c.copiedSeq, 1);
        c.urgent = Urgent.none;
        checkPrediction(c);
        continue;
      }
      if (until > 0 && until < take) take = until;
    }
    c.copiedSeq = add(c.copiedSeq, take);
    left -= take;
    taken += c.receiveQueue.take(take, sink);
  }
  if (c.finReceived && c.receiveQueue.length === 0) c.eofRead = true;
  if (taken > 0 && c.slot >= 0 && c.state !== State.closed) {
    releasePages(c);
    adjustSpace(c);
    c.tcp.enter();
    checkAckAfterRead(c, taken);
    c.tcp.leave();
  }
  return taken;
}
