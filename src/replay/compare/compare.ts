import { type Socket, State } from '../../host/sockets.ts';
import { CATALOGUE, D, NAMES } from '../../trace/catalogue.ts';
import type { DivergenceEvent, SentSummary } from '../../trace/events.ts';
import type { Facts } from '../../trace/facts.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { settle } from '../../wire/shape.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { AgingMap } from '../aging-map.ts';
import { AddressSet } from '../survey/address-set.ts';
import type { Peek } from '../survey/peek.ts';
import { Refusal } from './refusal.ts';
import { keyOfFacts, keyOfSent, summary, summaryOfAny, summaryOfFacts, summaryOfSent } from './replies.ts';
import { Unlike } from './unlike.ts';

/** A reply that has not come after this many nanoseconds is missing: twice what RFC 9293 §3.8.6.3 allows a delayed ACK. */
const PATIENCE = 1_000_000_000;
/** Replies without a connection that are waited for at one time; the oldest is given up for the next. */
const MOST_PENDING = 4096;
const FIN_SYN_RST_ACK = TcpFlag.fin | TcpFlag.syn | TcpFlag.rst | TcpFlag.ack;
const SYN_ACK = TcpFlag.syn | TcpFlag.ack;

/** Decisions about a segment that the client would not have sent, had it seen the reply. */
const REPEATED = 1;
/** The client has seen the SYN-ACK; what the server sent was damaged on its way to the capture. */
const WENT_ON = 2;
const DAMAGED = 4;
const RESET = 8;
/** The server took the data of the SYN. */
const FAST_OPEN = 16;
const SIGNS = new Uint8Array(CATALOGUE.length);
for (const id of [
  D.tcp_dup_syn,
  D.tcp_rfc_dup_syn,
  D.tcp_old_data,
  D.tcp_old_sequence,
  D.tcp_rfc_old_segment,
  D.tcp_partly_old,
  D.tcp_tw_fin,
  D.tcp_tw_data,
]) {
  SIGNS[id] = REPEATED;
}
SIGNS[D.tcp_handshake_complete] = WENT_ON;
SIGNS[D.tcp_observed_checksum_bad] = DAMAGED;
SIGNS[D.tcp_observed_rst] = RESET;
SIGNS[D.tcp_fast_open] = FAST_OPEN;
/** What comes again sooner is the same segment captured twice. */
const SOONEST_REPEAT = 100_000_000;
/** One that comes again so often found nobody, even where the capture shows nothing of the server. */
const REPEATS_IN_VAIN = 2;
/** Addresses of which it is remembered that they spoke. */
const MOST_SPEAKERS = 1 << 16;

/** What happened that should not, or did not that should: the kinds of divergence. */
export type DivergenceKind = 'missing_reply' | 'reset_instead' | 'different_ack' | 'unexpected_reply' | 'accepted_more';

/** What a connection's captured server still owes: one slot for its control replies, which a connection has only while something is owed. */
class Owed {
  /** Of the reply (SYN+ACK, RST, ACK); 0: not filled in. */
  flags = 0;
  why = 0;
  seq = 0;
  /** The reply's ACK number, and the newest one that a later reply of the same kind carried. */
  ack = 0;
  newest = 0;
  iss = -1;
  irs = -1;
  since = 0;
  frame = 0;
  /** How often the client has sent again what the reply would have acknowledged. */
  repeats = 0;
}

/** Whoever should have spoken: an address as four words. */
type Speaker = readonly [number, number, number, number];

interface Withheld {
  readonly event: DivergenceEvent;
  readonly by: Speaker;
}

interface Pending {
  readonly by: Speaker;
  readonly expected: SentSummary;
  readonly since: number;
  readonly frame: number;
  /** The same segment came again. */
  repeated: boolean;
}

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
  /** Divergences by kind. */
  readonly counts = new Map<DivergenceKind, number>();
  private readonly trace: Trace;
  private readonly pending = new AgingMap<Pending>();
  /** Slots of connections that owe nothing. */
  private readonly spare: Owed[] = [];
  private hasClimbed = false;
  private readonly refusal = new Refusal();
  /** The connection of a client's segment that an ICMP error quotes. */
  findSocket: (quoted: Peek) => Socket | null = () => null;
  /** How often the captured server took what our host did not. */
  private taken = 0;
  /** Addresses that have been seen to send something. */
  private readonly heard = new AddressSet(MOST_SPEAKERS);
  /** Who has answered whose ARP request. */
  private readonly arpAnswers = new AddressSet(MOST_SPEAKERS);
  /** Divergences that are told only if the server turns out to have a voice. */
  private withheld: Withheld[] = [];
  /** Of the host that follows the captured server: ours, but for a replay. */
  private readonly observing: Trace;
  /** Of a replay, in which other replies may come than ours, or none. */
  private readonly unlike: Unlike | null;

  constructor(trace: Trace, beside: Beside | null = null) {
    this.trace = trace;
    this.unlike = beside === null ? null : new Unlike(beside.isAnswer);
    this.observing = beside?.trace ?? trace;
    settle(new Owed(), ['seq', 'ack', 'newest', 'iss', 'irs', 'since']);
  }

  /** No server has been seen to send anything. */
  get mute(): boolean {
    return this.heard.size === 0;
  }

  /** Nothing has come to the host. */
  get deaf(): boolean {
    return !this.hasClimbed;
  }

  /** After frame `n` has climbed: what our host sends because of it, the captured server owes. `socket` is the connection it came to. */
  climbed(n: number, socket: Socket | null): void {
    const { trace } = this;
    this.hasClimbed = true;
    if (socket !== null) {
      const owed = socket.companion as Owed | null;
      if (owed !== null) {
        const waited = trace.time - owed.since;
        if (waited > SOONEST_REPEAT && (signsOf(trace) & REPEATED) !== 0) owed.repeats++;
        if (owed.flags === SYN_ACK && (signsOf(trace) & WENT_ON) !== 0) this.paid(socket, owed);
        else if (waited > PATIENCE) this.missing(socket, owed);
      }
    }
    for (let i = 0; i < trace.transmissionCount; i++) {
      const sent = trace.transmissions[i]!;
      if (this.unlike !== null && (socket === null || sent.protocol !== Sent.tcp || (sent.flags & TcpFlag.syn) !== 0))
        this.unlike.remember(sent);
      if (sent.protocol === Sent.tcp && socket !== null) this.owe(socket, sent, n);
      else this.await(sent, n);
    }
  }

  /** Frame `n`, which came to `socket`, is dropped after all: because of it nothing is owed. */
  release(n: number, socket: Socket | null): void {
    const owed = socket === null ? null : (socket.companion as Owed | null);
    if (socket !== null && owed !== null && owed.frame === n) this.paid(socket, owed);
    for (const key of this.pending.keys()) if (this.pending.get(key)!.frame === n) this.pending.delete(key);
  }

  /** After a frame of the captured server was followed; `socket` is its connection. */
  observed(n: number, facts: Facts, socket: Socket | null): void {
    const { size } = this.heard;
    if (facts.family !== 0) this.heard.add(facts.src0, facts.src1, facts.src2, facts.src3);
    if (this.heard.size > size && this.withheld.length > 0) this.hear();
    if (facts.arpOperation === ArpOperation.reply) this.arpAnswers.add(facts.src3, facts.dst3, 0, 0);
    if (this.unlike !== null) this.lookForUnexpected(n, facts, socket, this.unlike);
    if (facts.protocol !== IpProtocol.tcp || !facts.hasTransport) {
      if (this.pending.size > 0) this.answer(facts);
      if (this.unlike === null && this.refusal.look(facts)) this.refused(n, facts);
      return;
    }
    if (this.pending.size > 0 && (facts.tcpFlags & (TcpFlag.rst | TcpFlag.syn)) !== 0) this.settleRefusal(n, facts);
    const owed = socket === null ? null : (socket.companion as Owed | null);
    if (socket !== null && owed !== null && (signsOf(this.observing) & DAMAGED) !== 0) {
      this.paid(socket, owed);
      return;
    }
    const taken = this.observing.counts[D.tcp_taken_after_all]!;
    if (taken !== this.taken) {
      this.taken = taken;
      // bytes that our host had dropped, and would not have acknowledged
      if ((facts.tcpFlags & TcpFlag.syn) === 0) this.diverge('accepted_more', n, null, summaryOfFacts(facts), null);
    }
    if (socket === null || owed === null) return;
    if ((facts.tcpFlags & TcpFlag.rst) !== 0) {
      if (owed.flags === SYN_ACK) this.diverge('reset_instead', n, summaryOfOwed(owed), summaryOfFacts(facts), null);
      this.paid(socket, owed);
    } else if ((owed.flags & TcpFlag.rst) === 0 && (facts.tcpFlags & TcpFlag.ack) !== 0) this.settle(socket, owed, facts, n);
  }

  /** The captured server answers where our host says `expected` (null: nothing). */
  unexpected(n: number, expected: SentSummary | null, facts: Facts): void {
    this.diverge('unexpected_reply', n, expected, summaryOfAny(facts), null);
  }

  /** The connection is gone, or the trace ends: what is still owed, and overdue, is missing. */
  ended(socket: Socket): void {
    const owed = socket.companion as Owed | null;
    if (owed === null) return;
    if (owed.flags === SYN_ACK && (signsOf(this.trace) & RESET) !== 0) {
      this.paid(socket, owed);
      this.diverge('reset_instead', this.trace.frame, summaryOfOwed(owed), summaryOfFacts(this.trace.facts), null);
    } else if (this.trace.time - owed.since > PATIENCE) this.missing(socket, owed);
    else this.paid(socket, owed);
  }

  /** Time has come to `now`: replies without a connection that are overdue are missing. */
  expire(now: number): void {
    for (let pending = this.pending.oldest(); pending !== undefined; pending = this.pending.oldest()) {
      if (now - pending.since <= PATIENCE) break;
      this.pending.deleteOldest();
      this.diverge('missing_reply', pending.frame, pending.expected, null, pending.repeated ? null : pending.by);
    }
  }

  /** The trace is over: nothing more can answer. */
  finish(): void {
    this.expire(this.trace.time);
  }

  private owe(socket: Socket, sent: Transmission, n: number): void {
    let owed = socket.companion as Owed | null;
    if (owed === null) {
      owed = this.spare.pop() ?? new Owed();
      owed.flags = 0;
      socket.companion = owed;
    }
    const flags = sent.flags & (TcpFlag.syn | TcpFlag.rst | TcpFlag.ack);
    if (owed.flags !== 0 && (owed.flags & FIN_SYN_RST_ACK) === flags) {
      if (sent.ack !== owed.newest) owed.repeats = 0;
      owed.newest = sent.ack;
      return;
    }
    // a reset ends whatever was owed before it; an ACK does not replace a SYN-ACK that is still to come
    if (owed.flags === SYN_ACK && flags === TcpFlag.ack) return;
    owed.flags = flags;
    owed.why = sent.why;
    owed.seq = sent.seq;
    owed.ack = owed.newest = sent.ack;
    owed.iss = sent.iss;
    owed.irs = sent.irs;
    owed.since = sent.time;
    owed.frame = n;
    owed.repeats = 0;
  }

  /** Nothing is owed any more: the slot serves another connection. */
  private paid(socket: Socket, owed: Owed): void {
    socket.companion = null;
    this.spare.push(owed);
  }

  private settle(socket: Socket, owed: Owed, facts: Facts, n: number): void {
    const syn = (facts.tcpFlags & TcpFlag.syn) !== 0;
    if (owed.flags === SYN_ACK) {
      if (!syn) return;
      if (facts.ack !== owed.newest && (signsOf(this.observing) & FAST_OPEN) === 0)
        this.diverge('different_ack', n, summaryOfOwed(owed), summaryOfFacts(facts), null);
      this.paid(socket, owed);
    } else if (((facts.ack - owed.newest) | 0) >= 0) this.paid(socket, owed);
    // a server whose window is shut takes nothing that ours would
    else if (facts.window === 0) this.paid(socket, owed);
    else if (((facts.ack - owed.ack) | 0) >= 0) {
      owed.ack = owed.newest;
      owed.since = this.trace.time;
    }
  }

  /** A frame of the server without a connection; of a reply in fragments only the protocol is known. */
  private answer(facts: Facts): void {
    const key = keyOfFacts(facts);
    if (facts.hasTransport || facts.arpOperation !== 0) this.pending.delete(key);
    else for (const waiting of this.pending.keys()) if (waiting.startsWith(key)) this.pending.delete(waiting);
  }

  /** The captured server resets, or accepts, where our host resets what no connection knows. */
  private settleRefusal(n: number, facts: Facts): void {
    const key = keyOfFacts(facts);
    const isReset = (facts.tcpFlags & TcpFlag.rst) !== 0;
    const refusal = this.pending.get(key);
    if (refusal === undefined || (!isReset && (facts.tcpFlags & SYN_ACK) !== SYN_ACK)) return;
    this.pending.delete(key);
    if (!isReset) this.diverge('unexpected_reply', n, refusal.expected, summaryOfFacts(facts), null);
  }

  /** An ICMP error has come in place of our reply to what it quotes. */
  private refused(n: number, facts: Facts): void {
    const { key, quoted } = this.refusal;
    const waiting = this.pending.get(key);
    if (waiting !== undefined) {
      this.pending.delete(key);
      this.diverge('unexpected_reply', n, waiting.expected, summaryOfAny(facts), null);
      return;
    }
    const socket = quoted.protocol === IpProtocol.tcp ? this.findSocket(quoted) : null;
    const owed = socket === null ? null : (socket.companion as Owed | null);
    if (socket === null || owed === null || owed.flags !== SYN_ACK) return;
    this.paid(socket, owed);
    this.diverge('unexpected_reply', n, summaryOfOwed(owed), summaryOfAny(facts), null);
  }

  /** Did the captured server say what our host has no cause to say? */
  private lookForUnexpected(n: number, facts: Facts, socket: Socket | null, unlike: Unlike): void {
    const isTcp = facts.protocol === IpProtocol.tcp && facts.hasTransport;
    if (isTcp && (facts.tcpFlags & TcpFlag.rst) !== 0) {
      const awaitsSynAck = socket === null || (socket.companion as Owed | null)?.flags === SYN_ACK;
      if (!awaitsSynAck && isOpen(socket) && unlike.isNews(`reset ${keyOfFacts(facts)}`))
        this.diverge('unexpected_reply', n, null, summaryOfFacts(facts), null);
      return;
    }
    if (!unlike.isReply(facts)) return;
    const key = keyOfFacts(facts);
    const refusal = isTcp && socket === null ? this.pending.get(key) : undefined;
    if (refusal !== undefined) {
      this.pending.delete(key);
      unlike.note(key);
    } else if (unlike.hasSent(key) || !unlike.isNews(key)) return;
    this.diverge('unexpected_reply', n, refusal?.expected ?? null, summaryOfAny(facts), null);
  }

  private await(sent: Transmission, n: number): void {
    if (this.pending.size >= MOST_PENDING) this.pending.deleteOldest();
    // an answer goes to the asker alone: a capture elsewhere on the link shows the question only
    if (sent.protocol === Sent.arp && this.arpAnswers.find(sent.src3, sent.dst3, 0, 0) < 0) return;
    const key = keyOfSent(sent);
    if (this.unlike?.isKnown(key) === true) return;
    const waiting = this.pending.get(key);
    if (waiting !== undefined) waiting.repeated ||= sent.protocol === Sent.tcp && sent.time - waiting.since > SOONEST_REPEAT;
    else {
      const by: Speaker = [sent.src0, sent.src1, sent.src2, sent.src3];
      this.pending.add(key, { by, expected: summaryOfSent(sent), since: sent.time, frame: n, repeated: false });
    }
    if (this.pending.size > 64) this.expire(sent.time);
  }

  private missing(socket: Socket, owed: Owed): void {
    this.paid(socket, owed);
    const { flags, repeats, frame } = owed;
    const isSynAck = flags === SYN_ACK;
    if (repeats === 0 && !isSynAck) return;
    const inVain = repeats >= (isSynAck ? 1 : REPEATS_IN_VAIN);
    const by: Speaker = [socket.local0, socket.local1, socket.local2, socket.local3];
    this.diverge('missing_reply', frame, summaryOfOwed(owed), null, inVain ? null : by);
  }

  /** `by`: who should have spoken, if it can; null: no matter. */
  private diverge(
    kind: DivergenceKind,
    n: number,
    expected: SentSummary | null,
    captured: SentSummary | null,
    by: Speaker | null,
  ): void {
    const event: DivergenceEvent = { type: 'divergence', time: this.trace.time, n, kind, expected, captured };
    if (by === null || this.hasSpoken(by)) this.tell(event);
    else if (this.withheld.length < MOST_PENDING) this.withheld.push({ event, by });
  }

  private hasSpoken(by: Speaker): boolean {
    return this.heard.find(by[0], by[1], by[2], by[3]) >= 0;
  }

  private tell(event: DivergenceEvent): void {
    const kind = event.kind as DivergenceKind;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.trace.events?.push(event);
  }

  /** An address's first frame: the capture does show what it sends. */
  private hear(): void {
    const before = this.withheld;
    this.withheld = before.filter(({ by }) => !this.hasSpoken(by));
    for (const { event, by } of before) if (this.hasSpoken(by)) this.tell(event);
  }
}

/** What the decisions of this activity tell of replies, as bits. */
function signsOf({ ids, length }: Trace): number {
  let signs = 0;
  for (let i = 0; i < length; i++) signs |= SIGNS[ids[i]!]!;
  return signs;
}

function summaryOfOwed({ flags, why, seq, newest, iss, irs }: Owed): SentSummary {
  return { ...summary(flags, seq, newest, iss, irs), why: NAMES[why]! };
}

function isOpen({ state }: Socket): boolean {
  return state >= State.synReceived && state !== State.timeWait;
}
