import { D } from '../../trace/catalogue.ts';
import { beginReduction, currentSsthresh, endReduction, enterCwr, isReducing } from './congestion.ts';
import { Phase, type TcpConnection } from './connection.ts';
import { MS } from './constants.ts';
import { rackMarkLost, timeToLoss } from './rack.ts';
import { armRetransmit } from './retransmit.ts';
import { type AckState, checkReordering, markLost, splitSent } from './scoreboard.ts';
import { windowEnd } from './send.ts';
import { Mark } from './send-queue.ts';
import { after, before } from './seq.ts';
import { Waiting } from './timers.ts';

/** What is to be sent because of an ACK. */
export const Resend = { none: 0, lost: 1, fresh: 2 } as const;

function isOpen(c: TcpConnection): boolean {
  return c.phase === Phase.open;
}

function anyRetransmitted(c: TcpConnection): boolean {
  if (c.retransOut > 0) return true;
  const head = c.sendQueue.hasSent ? c.sendQueue.head : null;
  return head !== null && (head.marks & Mark.everRetransmitted) !== 0;
}

function cleanStamp(c: TcpConnection): void {
  if (!anyRetransmitted(c)) c.retransStamp = 0;
}

/** The ACK belongs to something sent before the first retransmission. */
function isDelayed(c: TcpConnection): boolean {
  // Without SACK the stamp is taken back when the recovery's data is acknowledged.
  if (c.retransStamp === 0) return c.sackOk || before(c.sndUna, c.highSeq);
  return c.sawTimestamps && c.rcvTsEcr !== 0 && before(c.rcvTsEcr, c.retransStamp);
}

function mayUndo(c: TcpConnection): boolean {
  return c.undoMarker !== 0 && (c.undoRetrans === 0 || isDelayed(c));
}

function undo(c: TcpConnection, unmark: boolean): void {
  if (unmark) {
    const queue = c.sendQueue;
    for (let r = queue.head; r !== null && r !== queue.firstUnsent; r = r.next) r.marks &= ~Mark.lost;
    c.lostOut = 0;
  }
  if (c.priorSsthresh > 0) {
    c.cwnd = Math.max(c.cwnd, c.priorCwnd);
    if (c.priorSsthresh > c.ssthresh) {
      c.ssthresh = c.priorSsthresh;
      c.queueCwr = false;
    }
  }
  c.cwndStamp = c.tcp.now;
  c.undoMarker = 0;
  c.rackAdvanced = true;
  c.tcp.trace.record(D.tcp_loss_undone, c.cwnd);
}

/** Without SACK the state is kept until more than the recovery's data is acknowledged (RFC 6582 §3.2). */
function holdsReno(c: TcpConnection): boolean {
  if (c.sndUna !== c.highSeq || c.sackOk) return false;
  cleanStamp(c);
  return true;
}

function undoRecovery(c: TcpConnection): boolean {
  if (mayUndo(c)) undo(c, false);
  else if (c.rackReoPersist > 0) c.rackReoPersist--;
  if (holdsReno(c)) return true;
  c.phase = Phase.open;
  return false;
}

function undoLoss(c: TcpConnection, spurious: boolean): boolean {
  if (!spurious && !mayUndo(c)) return false;
  undo(c, true);
  c.retransmits = 0;
  if (holdsReno(c)) return true;
  if (spurious || c.sackOk) c.phase = Phase.open;
  return true;
}

function undoByDsack(c: TcpConnection): boolean {
  if (c.undoMarker === 0 || c.undoRetrans !== 0) return false;
  c.rackReoPersist = Math.min(16, c.rackReoPersist + 1);
  undo(c, false);
  return true;
}

function keepOpen(c: TcpConnection): void {
  const phase = c.sackedOut + c.lostOut > 0 || anyRetransmitted(c) ? Phase.disorder : Phase.open;
  if (c.phase === phase) return;
  c.phase = phase;
  c.highSeq = c.sndNxt;
}

function tryToOpen(c: TcpConnection, ece: boolean): void {
  cleanStamp(c);
  if (ece) enterCwr(c);
  if (c.phase !== Phase.cwr) keepOpen(c);
}

function initUndo(c: TcpConnection): void {
  c.undoMarker = c.sndUna;
  c.undoRetrans = c.retransOut > 0 ? c.retransOut : -1;
}

export function enterRecovery(c: TcpConnection, ece: boolean): void {
  cleanStamp(c);
  c.priorSsthresh = 0;
  initUndo(c);
  if (!isReducing(c)) {
    if (!ece) c.priorSsthresh = currentSsthresh(c);
    beginReduction(c);
  }
  c.phase = Phase.recovery;
  c.tcp.trace.record(D.tcp_recovery_entered, c.lostOut, c.ssthresh);
}

function limitRenoSacked(c: TcpConnection): boolean {
  const holes = Math.min(Math.max(c.lostOut, 1), c.packetsOut);
  if (c.sackedOut + holes <= c.packetsOut) return false;
  c.sackedOut = c.packetsOut - holes;
  return true;
}

export function checkRenoReordering(c: TcpConnection, more: number): void {
  if (!limitRenoSacked(c)) return;
  c.reordering = Math.min(c.packetsOut + more, c.tcp.sysctl['ipv4.tcp_max_reordering']);
  c.reordSeen++;
}

/** Without SACK a duplicate ACK stands for one segment that has arrived. */
function addRenoSack(c: TcpConnection, duplicates: number): void {
  if (duplicates === 0) return;
  const prior = c.sackedOut;
  c.sackedOut += duplicates;
  checkRenoReordering(c, 0);
  if (c.sackedOut > prior) c.delivered += c.sackedOut - prior;
}

/** RFC 5681 fast retransmit and NewReno's partial ACKs: the head is lost. */
function markHeadLost(c: TcpConnection, advanced: boolean): void {
  if (!((c.phase < Phase.recovery && c.sackedOut >= c.reordering) || (c.phase === Phase.recovery && advanced))) return;
  const head = c.sendQueue.head!;
  if ((head.marks & Mark.lost) !== 0) return;
  if (head.pcount > 1) splitSent(c, head, head.mss, head.mss);
  markLost(c, head);
}

function identifyLoss(c: TcpConnection, state: AckState): void {
  if (!c.sendQueue.hasSent) return;
  if (!c.sackOk) {
    markHeadLost(c, state.advanced);
    return;
  }
  const prior = c.retransOut;
  if (rackMarkLost(c)) state.setTimer = false;
  if (prior > c.retransOut) state.lostRetransmission = true;
}

/** The ACK looks like loss, reordering or congestion: the recovery machine's step. Gives a `Resend` number. */
export function onDubiousAck(c: TcpConnection, duplicates: number, state: AckState): number {
  if (c.packetsOut === 0 && c.sackedOut > 0) c.sackedOut = 0;
  if (state.ece) c.priorSsthresh = 0;
  if (state.reneging && state.advanced) {
    c.tcp.trace.record(D.tcp_sack_reneged);
    armRetransmit(c, Waiting.rto, Math.max(c.srtt / 2, 10 * MS));
    state.setTimer = false;
    return Resend.none;
  }
  if (c.phase === Phase.open) {
    c.retransStamp = 0;
  } else if (!before(c.sndUna, c.highSeq)) {
    if (c.phase === Phase.cwr) {
      if (c.sndUna !== c.highSeq) {
        endReduction(c);
        c.phase = Phase.open;
      }
    } else if (c.phase === Phase.recovery) {
      if (!c.sackOk) c.sackedOut = 0;
      if (undoRecovery(c)) return Resend.none;
      endReduction(c);
    }
  }
  if (c.phase === Phase.recovery) {
    if (!state.advanced) {
      if (!c.sackOk) addRenoSack(c, duplicates);
    } else if (undoPartial(c, state)) {
      return Resend.none;
    }
    if (undoByDsack(c)) tryToOpen(c, state.ece);
    identifyLoss(c, state);
    if (c.phase !== Phase.recovery) {
      if (c.lostOut === 0) return Resend.none;
      enterRecovery(c, state.ece);
    }
    return Resend.lost;
  }
  if (c.phase === Phase.loss) {
    const resend = processLoss(c, duplicates, state);
    identifyLoss(c, state);
    if (!(isOpen(c) || state.lostRetransmission)) return resend;
  }
  if (!c.sackOk) {
    if (state.advanced) c.sackedOut = 0;
    addRenoSack(c, duplicates);
  }
  if (c.phase <= Phase.disorder) undoByDsack(c);
  identifyLoss(c, state);
  if (c.lostOut === 0) {
    tryToOpen(c, state.ece);
    return Resend.none;
  }
  enterRecovery(c, state.ece);
  return Resend.lost;
}

function undoPartial(c: TcpConnection, _state: AckState): boolean {
  if (c.undoMarker === 0 || !isDelayed(c)) return false;
  checkReordering(c, c.sndUna);
  if (c.retransOut > 0) return true;
  cleanStamp(c);
  undo(c, true);
  keepOpen(c);
  return false;
}

/** After a time-out: F-RTO (RFC 5682) finds out whether it was spurious; else everything lost is sent again. */
function processLoss(c: TcpConnection, duplicates: number, state: AckState): number {
  const recovered = !before(c.sndUna, c.highSeq);
  if (state.advanced && undoLoss(c, false)) return Resend.none;
  if (c.frto) {
    if (state.originalAcked && undoLoss(c, true)) return Resend.none;
    if (after(c.sndNxt, c.highSeq)) {
      if (state.dataSacked || duplicates > 0) c.frto = false;
    } else if (state.advanced && !recovered) {
      c.highSeq = c.sndNxt;
      if (c.sendQueue.firstUnsent !== null && after(windowEnd(c), c.sndNxt)) return Resend.fresh;
      c.frto = false;
    }
  }
  if (recovered) {
    undoRecovery(c);
    return Resend.none;
  }
  if (!c.sackOk) {
    if (after(c.sndNxt, c.highSeq) && duplicates > 0) addRenoSack(c, duplicates);
    else if (state.advanced) c.sackedOut = 0;
  }
  return Resend.lost;
}

/** The retransmission timer ran out (RFC 5681 §3.1 (4), RFC 6298 §5). */
export function enterLoss(c: TcpConnection): void {
  const fresh = c.phase < Phase.recovery;
  const queue = c.sendQueue;
  const head = queue.head;
  const reneged = head !== null && (head.marks & Mark.sacked) !== 0;
  if (reneged) c.sackedOut = 0;
  else if (!c.sackOk) c.sackedOut = 0;
  for (let r = queue.head; r !== null && r !== queue.firstUnsent; r = r.next) {
    if (reneged) r.marks &= ~Mark.sacked;
    else if (r !== head && c.sackOk && timeToLoss(c, r, 0) > 0) continue;
    markLost(c, r);
  }
  if (c.phase <= Phase.disorder || !after(c.highSeq, c.sndUna) || (c.phase === Phase.loss && c.retransmits === 0)) {
    c.priorSsthresh = currentSsthresh(c);
    c.priorCwnd = c.cwnd;
    c.ssthresh = Math.max(c.cwnd >> 1, 2);
    initUndo(c);
  }
  c.cwnd = c.packetsOut - c.sackedOut - c.lostOut + c.retransOut + 1;
  c.cwndCount = 0;
  c.cwndStamp = c.tcp.now;
  const base = c.tcp.sysctl['ipv4.tcp_reordering'];
  if (c.phase <= Phase.disorder && c.sackedOut >= base) c.reordering = Math.min(c.reordering, base);
  c.phase = Phase.loss;
  c.highSeq = c.sndNxt;
  c.lossProbePending = false;
  c.queueCwr = c.ecnOk;
  c.frto = c.tcp.sysctl['ipv4.tcp_frto'] !== 0 && (fresh || c.retransmits > 0);
}

/** An ACK has shown whether the tail-loss probe repaired a loss (RFC 8985 §7.4). */
export function onProbeAck(c: TcpConnection, ack: number, state: AckState): void {
  if (before(ack, c.lossProbeSeq)) return;
  if (!c.lossProbeRetrans || state.dsackOfProbe) {
    c.lossProbePending = false;
  } else if (after(ack, c.lossProbeSeq)) {
    beginReduction(c);
    c.phase = Phase.cwr;
    endReduction(c);
    keepOpen(c);
  } else if (!state.advanced && !state.hasData && !state.windowUpdate && !state.dataAcked && !state.dataSacked) {
    c.lossProbePending = false;
  }
}
