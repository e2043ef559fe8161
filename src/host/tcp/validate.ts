import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { State } from '../sockets.ts';
import { exactVerdict } from './acceptable.ts';
import { mayUpdateWindow } from './ack.ts';
import { resetByPeer } from './close.ts';
import { fromIrs, type TcpConnection } from './connection.ts';
import { MS, PAWS_STALE } from './constants.ts';
import { enterQuickAck } from './delack.ts';
import { setDsack } from './sack-blocks.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';
import type { Known } from './time-wait-socket.ts';
import { isLimitedFor, sendAck, sendChallengeAck } from './transmit.ts';
import { receiveWindow } from './window.ts';

/**
 * RFC 9293 §3.10.7.4, first to fourth, with RFC 7323's PAWS and RFC 5961's challenge ACKs. False: the segment has been dropped, answered
 * or has reset the connection.
 */
export function validate(c: TcpConnection, s: Segment): boolean {
  const { trace, rules } = c.tcp;
  const isReset = (s.flags & TcpFlag.rst) !== 0;
  const isSyn = (s.flags & TcpFlag.syn) !== 0;
  readTimestamps(c, s);
  if (rules.needsTimestamps && c.tsOk && !c.sawTimestamps && !isReset && !isSyn) {
    trace.record(D.tcp_rfc_no_timestamp, fromIrs(c, s.seq));
    return false;
  }
  if (c.sawTimestamps && c.tsRecentAt >= 0 && !isReset) {
    const stale = pawsVerdict(c, s);
    if (stale !== 0) {
      if (isSyn) {
        challengeSyn(c, s);
        return false;
      }
      trace.record(stale, c.rcvTsVal, c.tsRecent);
      if (stale !== D.tcp_paws_old_ack && !isLimitedFor(c, s)) sendDupAck(c, s);
      return false;
    }
  }
  const linux = sequenceVerdict(c, s);
  const wrong = rules.exactWindow ? exactVerdict(c, s, linux) : linux;
  if (isReset) {
    receiveReset(c, s, wrong);
    return false;
  }
  if (isSyn) {
    challengeSyn(c, s);
    return false;
  }
  if (wrong === 0) return true;
  recordWrong(c, s, wrong);
  if (!isLimitedFor(c, s)) sendDupAck(c, s);
  return false;
}

/** Says what is wrong with the segment's numbers. */
function recordWrong(c: TcpConnection, s: Segment, wrong: number): void {
  const { trace } = c.tcp;
  const seq = fromIrs(c, s.seq);
  const edge = fromIrs(c, add(c.rcvNxt, receiveWindow(c)));
  if (wrong === D.tcp_invalid_end_sequence) trace.record(wrong, fromIrs(c, s.endSeq), edge, s.dataLength);
  else if (wrong === D.tcp_old_sequence) trace.record(wrong, seq, fromIrs(c, lastAck(c)), s.dataLength);
  else if (wrong === D.tcp_rfc_old_segment) trace.record(wrong, seq, fromIrs(c, c.rcvNxt), fromIrs(c, lastAck(c)));
  else if (wrong === D.tcp_rfc_beyond_window) trace.record(wrong, seq, fromIrs(c, c.rcvNxt), edge);
  else trace.record(wrong, seq, edge, s.dataLength);
}

/** RFC 5961 §3.2: one with the next number is taken, one in the window is asked back, others are ignored. `wrong`: it is outside of the window. */
function receiveReset(c: TcpConnection, s: Segment, wrong: number): void {
  const { trace, rules } = c.tcp;
  const belowFin = isResetBelowFin(c, s);
  const atSackEdge = wrong === 0 && isAtSackEdge(c, s.seq);
  if ((wrong === 0 && s.seq === c.rcvNxt) || ((belowFin || atSackEdge) && !rules.exactReset)) {
    resetByPeer(c, s);
    return;
  }
  const seq = fromIrs(c, s.seq);
  const next = fromIrs(c, c.rcvNxt);
  if (wrong === 0) {
    trace.record(atSackEdge ? D.tcp_rfc_rst_not_exact : D.tcp_rst_not_exact, seq, next);
    sendChallengeAck(c);
  } else if (belowFin || wrong === D.tcp_rfc_old_segment || wrong === D.tcp_rfc_beyond_window) {
    trace.record(D.tcp_rfc_rst_outside, seq, next, fromIrs(c, add(c.rcvNxt, receiveWindow(c))));
  } else {
    trace.record(resetOutside(wrong), seq, next);
  }
}

function resetOutside(wrong: number): number {
  if (wrong === D.tcp_old_sequence) return D.tcp_rst_old;
  return wrong === D.tcp_invalid_end_sequence ? D.tcp_rst_end_out_of_window : D.tcp_rst_out_of_window;
}

function challengeSyn(c: TcpConnection, s: Segment): void {
  c.tcp.trace.record(D.tcp_invalid_syn, fromIrs(c, s.seq), c.state);
  sendChallengeAck(c);
}

/** Takes the timestamps option into the connection's fields; without negotiation it means nothing. */
export function readTimestamps(c: TcpConnection, s: Segment): void {
  c.sawTimestamps = c.tsOk && s.hasOptions && s.options.hasTimestamps;
  if (!c.sawTimestamps) return;
  c.rcvTsVal = s.options.tsVal;
  c.rcvTsEcr = s.options.tsEcr;
}

/** RFC 7323 §5: is the timestamp from before the last one in order? 0: no; else the decision. */
function pawsVerdict(c: TcpConnection, s: Segment): number {
  const linux = linuxPawsVerdict(c, s);
  if (!c.tcp.rules.exactPaws || linux === D.tcp_paws || pawsPasses(c, c.rcvTsVal, 0)) return linux;
  return D.tcp_rfc_paws;
}

function linuxPawsVerdict(c: TcpConnection, s: Segment): number {
  if (pawsPasses(c, c.rcvTsVal, 1)) return 0;
  if ((s.flags & TcpFlag.ack) === 0 || s.seq !== s.endSeq) return D.tcp_paws;
  if (s.seq !== c.rcvNxt) return before(s.seq, c.rcvNxt) ? D.tcp_paws_old_ack : D.tcp_paws;
  if (s.ack !== c.sndUna) return D.tcp_paws;
  if (mayUpdateWindow(c, s)) return D.tcp_paws;
  return ((c.tsRecent - c.rcvTsVal) | 0) > (c.rto * 1.2) / MS ? D.tcp_paws : 0;
}

/** True when the timestamp is new enough, or the remembered one is too old to judge by. */
export function pawsPasses(c: Known, tsVal: number, slack: number): boolean {
  if (((c.tsRecent - tsVal) | 0) <= slack) return true;
  if (c.tcp.now >= c.tsRecentAt + PAWS_STALE) return true;
  return c.tsRecent === 0;
}

/** The last number acknowledged: by the captured server where one is followed, which may put its ACKs off when we would not. */
function lastAck(c: TcpConnection): number {
  return c.followedAck < 0 ? c.rcvWup : c.followedAck;
}

/** RFC 9293 table 6 as Linux reads it: 0, or the decision. What crosses the right edge is taken whole while nothing, not even a FIN, waits to be read. */
function sequenceVerdict(c: TcpConnection, s: Segment): number {
  if (before(s.endSeq, lastAck(c))) return D.tcp_old_sequence;
  const edge = add(c.rcvNxt, receiveWindow(c));
  if (!after(s.endSeq, edge)) return 0;
  if (after(s.seq, edge)) return D.tcp_invalid_sequence;
  if ((s.flags & TcpFlag.fin) !== 0 && !after(add(s.endSeq, -1), edge)) return 0;
  if (c.receiveQueue.length > 0 || (c.finReceived && !c.eofRead)) return D.tcp_invalid_end_sequence;
  return 0;
}

/** A reset that names the number before the FIN that we have taken. */
function isResetBelowFin(c: TcpConnection, s: Segment): boolean {
  if (s.seq !== add(c.rcvNxt, -1)) return false;
  return c.state === State.closeWait || c.state === State.lastAck || c.state === State.closing;
}

function isAtSackEdge(c: TcpConnection, seq: number): boolean {
  if (!c.sackOk || c.sackBlockCount === 0) return false;
  let edge = c.sackBlocks[1]!;
  for (let i = 1; i < c.sackBlockCount; i++) if (after(c.sackBlocks[i * 2 + 1]!, edge)) edge = c.sackBlocks[i * 2 + 1]!;
  return seq === edge;
}

/** "Send an ACK": tells the peer where we are, and of a duplicate what it was. */
function sendDupAck(c: TcpConnection, s: Segment): void {
  if (s.endSeq !== s.seq && before(s.seq, c.rcvNxt)) {
    enterQuickAck(c);
    setDsack(c, s.seq, after(s.endSeq, c.rcvNxt) ? c.rcvNxt : s.endSeq);
  }
  sendAck(c, D.tcp_dup_ack, fromIrs(c, c.rcvNxt));
}

/** TS.Recent moves only with a segment that covers the last ACK (RFC 7323 §4.3). */
export function updateTsRecent(c: TcpConnection, s: Segment): void {
  if (!c.sawTimestamps || after(s.seq, lastAck(c))) return;
  if (c.tsRecentAt >= 0 && ((c.tsRecent - c.rcvTsVal) | 0) > 0 && !pawsPasses(c, c.rcvTsVal, 0)) return;
  c.tsRecent = c.rcvTsVal;
  c.tsRecentAt = c.tcp.now;
}
