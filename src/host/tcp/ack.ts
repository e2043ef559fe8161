import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { growCwnd, isReducing, reduce, restartAfterIdle } from './congestion.ts';
import { fromIss, Phase, type TcpConnection } from './connection.ts';
import { MS } from './constants.ts';
import { acceptCwr } from './ecn.ts';
import { releasePages } from './memory.ts';
import { followAck } from './observe.ts';
import { checkProbe } from './persist.ts';
import { checkPrediction, isPredicted } from './predict.ts';
import { noteDelivered, rackAdvance, updateReorderingWindow } from './rack.ts';
import { checkRenoReordering, onDubiousAck, onProbeAck, Resend } from './recovery.ts';
import { clearRetransmit, retransmit, retransmitQueue, setTimer } from './retransmit.ts';
import { measureRtt } from './rtt.ts';
import { AckState, checkReordering, tagSacked } from './scoreboard.ts';
import type { Segment } from './segment.ts';
import { currentMss, syncMss, updatePacing, writeSegments } from './send.ts';
import { Mark } from './send-queue.ts';
import { add, after, before } from './seq.ts';
import { sendChallengeAck } from './transmit.ts';
import { updateTsRecent } from './validate.ts';

const state = new AckState();

/** Window that the segment allows, in bytes. */
export function windowOf(c: TcpConnection, s: Segment): number {
  return c.sndWscale < 0 ? s.window * 16384 : s.window * (1 << c.sndWscale);
}

/** RFC 9293 §3.10.7.4 (SND.WL1, SND.WL2) as Linux has it: the same numbers can enlarge or close the window, not shrink it. */
export function mayUpdateWindow(c: TcpConnection, s: Segment): boolean {
  if (c.tcp.rules.latestWindowCounts) return !before(s.seq, c.sndWl1);
  if (after(s.ack, c.sndUna) || after(s.seq, c.sndWl1)) return true;
  if (s.seq !== c.sndWl1) return false;
  const window = windowOf(c, s);
  return window > c.sndWnd || window === 0;
}

/** RFC 9293 §3.10.7.4, fifth, with RFC 5961 §5: the ACK field. False: the segment is dropped; where it was predicted, nobody asks. */
export function acceptAck(c: TcpConnection, s: Segment, predicted: boolean): boolean {
  const { trace } = c.tcp;
  if (before(s.ack, c.sndUna)) {
    const least = lowestAck(c, s);
    if (!c.followed && before(s.ack, least)) {
      if (s.dataLength > 0 && !c.tcp.rules.takesPredicted && isPredicted(c, s)) trace.record(D.tcp_rfc_ack_first, s.dataLength);
      trace.record(predicted ? D.tcp_too_old_ack_seen : D.tcp_too_old_ack, fromIss(c, s.ack), fromIss(c, c.sndUna));
      sendChallengeAck(c);
      return false;
    }
    oldAck(c, s);
    return true;
  }
  if (after(s.ack, c.sndNxt) && !followAck(c, s)) {
    trace.record(D.tcp_ack_unsent_data, fromIss(c, s.ack), fromIss(c, c.sndNxt));
    sendChallengeAck(c);
    return false;
  }
  updateTsRecent(c, s);
  if ((s.flags & TcpFlag.cwr) !== 0) acceptCwr(c, s);
  if (c.followed) {
    followed(c, s);
    return true;
  }
  processAck(c, s);
  return true;
}

/** Older ACK numbers than this are not acceptable. */
function lowestAck(c: TcpConnection, s: Segment): number {
  const deepest = (c.sndUna - c.maxWindow) >>> 0;
  const least = c.bytesAcked < c.maxWindow ? (c.sndUna - c.bytesAcked) >>> 0 : deepest;
  if (!c.tcp.rules.deepOldAcks) return least;
  if (before(s.ack, least) && !before(s.ack, deepest))
    c.tcp.trace.record(D.tcp_rfc_old_ack_taken, fromIss(c, s.ack), fromIss(c, c.sndUna), fromIss(c, least));
  return deepest;
}

/** A connection of a capture keeps only the numbers of its sending half. */
function followed(c: TcpConnection, s: Segment): void {
  if (mayUpdateWindow(c, s)) {
    c.sndWl1 = s.seq;
    c.sndWnd = windowOf(c, s);
    if (c.sndWnd > c.maxWindow) c.maxWindow = c.sndWnd;
  }
  if (after(s.ack, c.sndUna)) {
    c.bytesAcked += (s.ack - c.sndUna) >>> 0;
    c.sndUna = s.ack;
  }
}

/** An ACK from before the last one: only its SACK blocks can be news. */
function oldAck(c: TcpConnection, s: Segment): void {
  c.tcp.trace.record(D.tcp_old_ack, fromIss(c, s.ack), fromIss(c, c.sndUna));
  if (c.followed || !s.hasOptions || s.options.sackCount === 0 || !c.sackOk) return;
  state.begin();
  tagSacked(c, s, c.sndUna, state);
  const resend = onDubiousAck(c, 0, state);
  if (resend === Resend.lost) retransmitQueue(c);
}

function updateWindow(c: TcpConnection, s: Segment): void {
  if (!mayUpdateWindow(c, s)) return;
  const window = windowOf(c, s);
  const same = window === c.sndWnd;
  const repeated = s.seq === c.sndWl1 && !state.advanced;
  // where every segment tells its window anew, one that tells the same may still be a duplicate ACK (RFC 5681 §2)
  state.windowUpdate = !(same && c.tcp.rules.latestWindowCounts);
  c.sndWl1 = s.seq;
  if (same) return;
  state.reopened = c.sndWnd === 0 && !state.advanced && c.tcp.rules.probesWithData;
  if (repeated && window > 0 && window < c.sndWnd) c.tcp.trace.record(D.tcp_rfc_smaller_window, window, c.sndWnd);
  else c.tcp.trace.record(D.tcp_window_changed, window);
  c.sndWnd = window;
  c.predicts = false;
  checkPrediction(c);
  if (c.sendQueue.firstUnsent !== null) restartAfterIdle(c);
  if (window > c.maxWindow) {
    c.maxWindow = window;
    syncMss(c, c.pmtu);
  }
}

function processAck(c: TcpConnection, s: Segment): void {
  const priorUna = c.sndUna;
  const priorPackets = c.packetsOut;
  const priorDelivered = c.delivered;
  const priorLost = c.lost;
  const priorFack = c.sackOk ? (c.sackedOut > 0 && c.hasHighestSack ? c.highestSack : c.sndUna) : c.sndUna;
  state.begin();
  if (after(s.ack, priorUna)) {
    state.advanced = true;
    c.retransmits = 0;
  }
  if (s.seq !== s.endSeq) state.hasData = true;
  updateWindow(c, s);
  if (state.advanced) {
    c.bytesAcked += (s.ack - priorUna) >>> 0;
    c.sndUna = s.ack;
    c.tcp.trace.record(D.tcp_ack_advances, fromIss(c, s.ack), (s.ack - priorUna) >>> 0);
  }
  if (c.sackOk && s.hasOptions && s.options.sackCount > 0) tagSacked(c, s, priorUna, state);
  if (c.ecnOk && (s.flags & (TcpFlag.ece | TcpFlag.syn)) === TcpFlag.ece) state.ece = true;
  c.softError = false;
  c.probesOut = 0;
  c.ackedAt = c.tcp.now;
  if (priorPackets === 0) {
    if (state.dsacking) onDubiousAck(c, 0, state);
    checkProbe(c);
    if (c.lossProbePending) onProbeAck(c, s.ack, state);
    return;
  }
  cleanQueue(c, priorFack);
  updateReorderingWindow(c, state.priorDelivered);
  if (c.lossProbePending) onProbeAck(c, s.ack, state);
  let resend: number = Resend.none;
  const duplicate = !state.hasData && !state.windowUpdate && !state.dataAcked;
  if (duplicate || state.dataSacked || state.ece || state.dsacking || c.phase !== Phase.open) {
    const count = !state.advanced && duplicate && !state.dsacking ? 1 : 0;
    if (count > 0) c.tcp.trace.record(D.tcp_duplicate_ack, fromIss(c, s.ack), c.sackedOut);
    resend = onDubiousAck(c, count, state);
  }
  if (state.setTimer) setTimer(c);
  control(c, c.delivered - priorDelivered, c.lost - priorLost);
  if (state.reopened && c.packetsOut > 0) retransmit(c, c.sendQueue.head!, 1, D.tcp_retransmit_loss);
  if (resend === Resend.none) return;
  if (resend === Resend.fresh) {
    writeSegments(c, currentMss(c), true, 0);
    if (after(c.sndNxt, c.highSeq)) return;
    c.frto = false;
  }
  retransmitQueue(c);
}

function control(c: TcpConnection, delivered: number, lost: number): void {
  if (isReducing(c)) reduce(c, delivered, lost, state.advanced);
  else raise(c, delivered);
  updatePacing(c);
}

function raise(c: TcpConnection, delivered: number): void {
  const may = c.reordering > c.tcp.sysctl['ipv4.tcp_reordering'] ? state.dataAcked || state.dataSacked : state.dataAcked;
  if (!may) return;
  growCwnd(c, delivered);
  c.cwndStamp = c.tcp.now;
}

/** Takes what is acknowledged out of the queue, learns the round trip from it. */
function cleanQueue(c: TcpConnection, priorFack: number): void {
  const queue = c.sendQueue;
  const { now } = c.tcp;
  let firstAt = -1;
  let lastAt = -1;
  let acked = 0;
  let reord = c.sndNxt;
  let fully = true;
  while (queue.head !== null && queue.head !== queue.firstUnsent) {
    const record = queue.head;
    let count = record.pcount;
    const start = record.seq;
    if (after(record.endSeq, c.sndUna)) {
      if (record.pcount === 1 || !after(c.sndUna, record.seq)) break;
      count = trimHead(c, record);
      if (count === 0) break;
      fully = false;
    }
    const { marks } = record;
    if ((marks & Mark.sacked) === 0) noteDelivered(c, record, state);
    if ((marks & (Mark.retransmitted | Mark.everRetransmitted)) !== 0) {
      if ((marks & Mark.retransmitted) !== 0) c.retransOut -= count;
      state.retransmittedAcked = true;
    } else if ((marks & Mark.sacked) === 0) {
      if (firstAt < 0) firstAt = record.sentAt;
      lastAt = record.sentAt;
      if (before(start, reord)) reord = start;
      if (!after(record.endSeq, c.highSeq)) state.originalAcked = true;
    }
    if ((marks & Mark.sacked) !== 0) {
      c.sackedOut -= count;
    } else if (c.sackOk) {
      c.delivered += count;
      if (!isSpurious(c, marks, record.sentAt)) rackAdvance(c, record);
    }
    if ((marks & Mark.lost) !== 0) c.lostOut -= count;
    c.packetsOut -= count;
    acked += count;
    state.dataAcked = true;
    if (!fully) break;
    queue.remove(record);
  }
  releasePages(c);
  if (queue.hasSent && (queue.head!.marks & Mark.sacked) !== 0) state.reneging = true;
  if (c.packetsOut === 0 || c.sackedOut === 0) c.hasHighestSack = false;
  updateRtt(c, firstAt, lastAt);
  if (state.dataAcked) {
    state.setTimer = true;
    if (!c.sackOk) {
      removeRenoSacks(c, acked);
      if (state.retransmittedAcked) state.originalAcked = false;
    } else if (before(reord, priorFack)) {
      checkReordering(c, reord);
    }
    if (c.packetsOut === 0) clearRetransmit(c);
  } else if (queue.hasSent && state.firstSackedAt >= 0 && now - state.firstSackedAt > now - queue.head!.sentAt) {
    state.setTimer = true;
  }
}

/** The echo is older than the retransmission: what was acknowledged is the original (RFC 3522). */
function isSpurious(c: TcpConnection, marks: number, sentAt: number): boolean {
  if ((marks & (Mark.retransmitted | Mark.everRetransmitted)) === 0 || !c.sawTimestamps || c.rcvTsEcr === 0) return false;
  return before(c.rcvTsEcr, (Math.floor(sentAt / MS) + c.tsOffset) >>> 0);
}

/** Part of a record of several segments is acknowledged: whole segments of it are gone. */
function trimHead(
  c: TcpConnection,
  record: { seq: number; start: number; end: number; pcount: number; mss: number; count(mss: number): void },
): number {
  const length = (c.sndUna - record.seq) >>> 0;
  const old = record.pcount;
  const { mss } = record;
  record.seq = c.sndUna;
  record.start += length;
  record.count(mss || c.mss);
  return old - record.pcount;
}

function removeRenoSacks(c: TcpConnection, acked: number): void {
  if (acked > 0) {
    c.delivered += Math.max(acked - c.sackedOut, 1);
    c.sackedOut = acked - 1 >= c.sackedOut ? 0 : c.sackedOut - (acked - 1);
  }
  checkRenoReordering(c, acked);
}

/** Karn's rule, or timestamps (RFC 6298 §3, RFC 7323 §4.1). */
function updateRtt(c: TcpConnection, firstAt: number, lastAt: number): void {
  const { now } = c.tcp;
  let sample = -1;
  let newest = -1;
  if (firstAt >= 0 && !state.retransmittedAcked) {
    sample = now - firstAt;
    newest = now - lastAt;
  }
  if (state.firstSackedAt >= 0) {
    if (sample < 0) sample = now - state.firstSackedAt;
    newest = now - state.lastSackedAt;
  }
  if (sample < 0 && c.sawTimestamps && c.rcvTsEcr !== 0 && state.dataAcked) {
    const echo = (Math.floor(now / MS) + c.tsOffset - c.rcvTsEcr) | 0;
    if (echo >= 0) sample = newest = Math.max(echo, 1) * MS;
  }
  if (sample >= 0) measureRtt(c, sample, newest);
}

/** Number after the last that the peer has acknowledged of the FIN that we sent. */
export function isFinAcked(c: TcpConnection): boolean {
  if (c.followed) return c.observedFin && !before(c.sndUna, add(c.observedFinSeq, 1));
  return c.finSent && c.sndUna === c.writeSeq;
}
