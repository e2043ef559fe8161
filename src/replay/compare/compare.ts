import { type Socket, State } from '../../host/sockets.ts';
import { D } from '../../trace/catalogue.ts';
import type { SentSummary } from '../../trace/events.ts';
import type { Facts } from '../../trace/facts.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Peek } from '../survey/peek.ts';
import { AwaitedReplies } from './awaited.ts';
import { type DivergenceKind, Divergences, type Speaker } from './divergences.ts';
import { Debts, type Owed, SYN_ACK } from './owed.ts';
import { PATIENCE, SOONEST_REPEAT } from './patience.ts';
import { Refusal } from './refusal.ts';
import { keyOfFacts, keyOfSent, summaryOfAny, summaryOfFacts } from './replies.ts';
import { hasSign, Sign } from './signs.ts';
import { Unlike } from './unlike.ts';

/** A segment that comes again so often found nobody, even where the capture shows nothing of the server. */
const REPEATS_IN_VAIN = 2;
/** So many replies without a connection are waited for before those that are overdue are looked for. */
const MANY = 64;

/** A replay: our host is live, and another one beside it follows the captured server. */
export interface Beside {
  /** Of the host that follows. */
  readonly trace: Trace;
  /** Is a datagram of the captured host an answer: was its port asked? */
  isAnswer(facts: Facts): boolean;
}

/**
 * Holds the control replies that our host gives against those that the captured server gave. An ACK is answered by any later segment
 * that acknowledges as much: servers delay and merge them; and an ACK that the client does not miss was only not captured. What cannot be
 * seen (a capture that ends before a reply could have come, or that holds no frame of the server) is not judged, unless a client repeats
 * itself in vain.
 */
export class Comparison {
  private readonly trace: Trace;
  private readonly divergences: Divergences;
  private readonly debts = new Debts();
  private readonly awaited = new AwaitedReplies();
  private readonly refusal = new Refusal();
  private hasClimbed = false;
  /** The connection of a client's segment that an ICMP error quotes. */
  findSocket: (quoted: Peek) => Socket | null = () => null;
  /** How often the captured server took what our host did not. */
  private taken = 0;
  /** Of the host that follows the captured server: ours, but for a replay. */
  private readonly observing: Trace;
  /** Of a replay, in which other replies may come than ours, or none. */
  private readonly unlike: Unlike | null;

  constructor(trace: Trace, beside: Beside | null = null) {
    this.trace = trace;
    this.divergences = new Divergences(trace);
    this.unlike = beside === null ? null : new Unlike(beside.isAnswer);
    this.observing = beside?.trace ?? trace;
  }

  /** Divergences by kind. */
  get counts(): ReadonlyMap<DivergenceKind, number> {
    return this.divergences.counts;
  }

  /** No server has been seen to send anything. */
  get mute(): boolean {
    return this.divergences.mute;
  }

  /** Nothing has come to the host. */
  get deaf(): boolean {
    return !this.hasClimbed;
  }

  /** After frame `n` has climbed: what our host sends because of it, the captured server owes. `socket` is the connection it came to. */
  climbed(n: number, socket: Socket | null): void {
    const { trace } = this;
    this.hasClimbed = true;
    const owed = this.debts.of(socket);
    if (socket !== null && owed !== null) {
      const waited = trace.time - owed.since;
      if (waited > SOONEST_REPEAT && hasSign(trace, Sign.repeated)) owed.repeats++;
      if (owed.isSynAck && hasSign(trace, Sign.wentOn)) this.debts.paid(socket, owed);
      else if (waited > PATIENCE) this.missing(socket, owed);
    }
    for (let i = 0; i < trace.transmissionCount; i++) {
      const sent = trace.transmissions[i]!;
      if (this.unlike !== null && (socket === null || sent.protocol !== Sent.tcp || (sent.flags & TcpFlag.syn) !== 0))
        this.unlike.remember(sent);
      if (sent.protocol === Sent.tcp && socket !== null) this.debts.owe(socket, sent, n);
      else this.await(sent, n);
    }
  }

  /** Frame `n`, which came to `socket`, is dropped after all: because of it nothing is owed. */
  release(n: number, socket: Socket | null): void {
    const owed = this.debts.of(socket);
    if (socket !== null && owed !== null && owed.frame === n) this.debts.paid(socket, owed);
    this.awaited.release(n);
  }

  /** After a frame of the captured server was followed; `socket` is its connection. */
  observed(n: number, facts: Facts, socket: Socket | null): void {
    this.divergences.hear(facts);
    if (this.unlike !== null) this.lookForUnexpected(n, facts, socket, this.unlike);
    if (facts.protocol !== IpProtocol.tcp || !facts.hasTransport) {
      this.awaited.answered(facts);
      if (this.unlike === null && this.refusal.look(facts)) this.refused(n, facts);
      return;
    }
    if (this.awaited.size > 0 && (facts.tcpFlags & (TcpFlag.rst | TcpFlag.syn)) !== 0) this.settleRefusal(n, facts);
    const owed = this.debts.of(socket);
    if (socket !== null && owed !== null && hasSign(this.observing, Sign.damaged)) {
      this.debts.paid(socket, owed);
      return;
    }
    const taken = this.observing.counts[D.tcp_taken_after_all]!;
    if (taken !== this.taken) {
      this.taken = taken;
      // bytes that our host had dropped, and would not have acknowledged
      if ((facts.tcpFlags & TcpFlag.syn) === 0) this.divergences.add('accepted_more', n, null, summaryOfFacts(facts));
    }
    if (socket === null || owed === null) return;
    if ((facts.tcpFlags & TcpFlag.rst) !== 0) {
      if (owed.isSynAck) this.divergences.add('reset_instead', n, owed.summary, summaryOfFacts(facts));
      this.debts.paid(socket, owed);
    } else if ((owed.flags & TcpFlag.rst) === 0 && (facts.tcpFlags & TcpFlag.ack) !== 0) this.settle(socket, owed, facts, n);
  }

  /** The captured server answers where our host says `expected` (null: nothing). */
  unexpected(n: number, expected: SentSummary | null, facts: Facts): void {
    this.divergences.add('unexpected_reply', n, expected, summaryOfAny(facts));
  }

  /** The connection is gone, or the trace ends: what is still owed, and overdue, is missing. */
  ended(socket: Socket): void {
    const owed = this.debts.of(socket);
    if (owed === null) return;
    const { trace } = this;
    if (owed.isSynAck && hasSign(trace, Sign.reset)) {
      this.debts.paid(socket, owed);
      this.divergences.add('reset_instead', trace.frame, owed.summary, summaryOfFacts(trace.facts));
    } else if (trace.time - owed.since > PATIENCE) this.missing(socket, owed);
    else this.debts.paid(socket, owed);
  }

  /** Time has come to `now`: replies without a connection that are overdue are missing. */
  expire(now: number): void {
    for (;;) {
      const overdue = this.awaited.takeOverdue(now);
      if (overdue === undefined) break;
      const { frame, expected, repeated, by } = overdue;
      this.divergences.add('missing_reply', frame, expected, null, repeated ? null : by);
    }
  }

  /** The trace is over: nothing more can answer. */
  finish(): void {
    this.expire(this.trace.time);
  }

  private await(sent: Transmission, n: number): void {
    if (!this.awaited.isShown(sent)) return;
    const key = keyOfSent(sent);
    if (this.unlike?.isKnown(key) === true) return;
    this.awaited.add(key, sent, n);
    if (this.awaited.size > MANY) this.expire(sent.time);
  }

  /** A segment of the captured server in a connection that owes something other than a reset. */
  private settle(socket: Socket, owed: Owed, facts: Facts, n: number): void {
    if (owed.isSynAck) {
      if ((facts.tcpFlags & TcpFlag.syn) === 0) return;
      if (facts.ack !== owed.newest && !hasSign(this.observing, Sign.fastOpen))
        this.divergences.add('different_ack', n, owed.summary, summaryOfFacts(facts));
      this.debts.paid(socket, owed);
    } else if (((facts.ack - owed.newest) | 0) >= 0) this.debts.paid(socket, owed);
    // a server whose window is shut takes nothing that ours would
    else if (facts.window === 0) this.debts.paid(socket, owed);
    else if (((facts.ack - owed.ack) | 0) >= 0) {
      owed.ack = owed.newest;
      owed.since = this.trace.time;
    }
  }

  /** The captured server resets, or accepts, where our host resets what no connection knows. */
  private settleRefusal(n: number, facts: Facts): void {
    const isReset = (facts.tcpFlags & TcpFlag.rst) !== 0;
    if (!isReset && (facts.tcpFlags & SYN_ACK) !== SYN_ACK) return;
    const refusal = this.awaited.take(keyOfFacts(facts));
    if (refusal !== undefined && !isReset) this.divergences.add('unexpected_reply', n, refusal.expected, summaryOfFacts(facts));
  }

  /** An ICMP error has come in place of our reply to what it quotes. */
  private refused(n: number, facts: Facts): void {
    const { key, quoted } = this.refusal;
    const waiting = this.awaited.take(key);
    if (waiting !== undefined) {
      this.divergences.add('unexpected_reply', n, waiting.expected, summaryOfAny(facts));
      return;
    }
    const socket = quoted.protocol === IpProtocol.tcp ? this.findSocket(quoted) : null;
    const owed = this.debts.of(socket);
    if (socket === null || owed === null || !owed.isSynAck) return;
    this.debts.paid(socket, owed);
    this.divergences.add('unexpected_reply', n, owed.summary, summaryOfAny(facts));
  }

  /** Did the captured server say what our host has no cause to say? */
  private lookForUnexpected(n: number, facts: Facts, socket: Socket | null, unlike: Unlike): void {
    const isTcp = facts.protocol === IpProtocol.tcp && facts.hasTransport;
    if (isTcp && (facts.tcpFlags & TcpFlag.rst) !== 0) {
      const awaitsSynAck = socket === null || this.debts.of(socket)?.isSynAck === true;
      if (!awaitsSynAck && isOpen(socket) && unlike.isNews(`reset ${keyOfFacts(facts)}`))
        this.divergences.add('unexpected_reply', n, null, summaryOfFacts(facts));
      return;
    }
    if (!unlike.isReply(facts)) return;
    const key = keyOfFacts(facts);
    const refusal = isTcp && socket === null ? this.awaited.take(key) : undefined;
    if (refusal !== undefined) unlike.note(key);
    else if (unlike.hasSent(key) || !unlike.isNews(key)) return;
    this.divergences.add('unexpected_reply', n, refusal?.expected ?? null, summaryOfAny(facts));
  }

  private missing(socket: Socket, owed: Owed): void {
    this.debts.paid(socket, owed);
    const { isSynAck, repeats, frame } = owed;
    if (repeats === 0 && !isSynAck) return;
    const inVain = repeats >= (isSynAck ? 1 : REPEATS_IN_VAIN);
    const by: Speaker = [socket.local0, socket.local1, socket.local2, socket.local3];
    this.divergences.add('missing_reply', frame, owed.summary, null, inVain ? null : by);
  }
}

function isOpen({ state }: Socket): boolean {
  return state >= State.synReceived && state !== State.timeWait;
}
