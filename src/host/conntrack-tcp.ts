import { TcpFlag } from '../wire/tcp.ts';
import type { Sysctls } from './sysctl.ts';

/** States of a tracked TCP connection, as Linux's conntrack names them. */
export const TrackedState = {
  none: 0,
  synSent: 1,
  synRecv: 2,
  established: 3,
  finWait: 4,
  closeWait: 5,
  lastAck: 6,
  timeWait: 7,
  close: 8,
  /** A SYN from either side: they open at the same time. */
  synSent2: 9,
} as const;

/** What the tracker makes of a segment. */
export const TcpVerdict = {
  /** Part of the connection. */
  valid: 0,
  badFlags: 1,
  /** Nothing of this kind can come in this state, or begin a connection. */
  badState: 2,
  outOfWindow: 3,
  /** A reset that does not follow on what was acknowledged. */
  badReset: 4,
  /** The connection is over and this begins another between the same ports: forget the entry and look again. */
  again: 5,
} as const;

const Kind = { syn: 0, synAck: 1, fin: 2, ack: 3, rst: 4, none: 5 } as const;
const INVALID = 10;
const IGNORED = 11;

/** The transitions in columns none … synSent2: a letter for the next state, `.` invalid, `i` let through without a look. */
const LETTERS = '0SREFCLTX2.i';
const ORIGINAL = ['SSiiiiiSS2', '..R......R', '..FFLLLTX.', 'E.EECCTTX.', '.XXXXXXXXX', '..........'];
const REPLY = ['.2.....S.2', '.RiiiiiiiR', '..FFLLLTX.', '.iRECCTTXi', '.XXXXXXXXX', '..........'];
const NEXT: readonly (readonly Uint8Array[])[] = [ORIGINAL, REPLY].map((rows) =>
  rows.map((row) => Uint8Array.from(row, (letter) => LETTERS.indexOf(letter))),
);

/** Flags that may stand together, PSH, ECE and CWR aside. */
const { fin: FIN, syn: SYN, rst: RST, ack: ACK, urg: URG } = TcpFlag;
const SENSIBLE = new Set([SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG]);
const JUDGED = 0xff & ~(TcpFlag.psh | TcpFlag.ece | TcpFlag.cwr);

/** An acknowledgment may lag so far behind at least. */
const LAG = 66000;
const SECOND = 1_000_000_000;

/** What the tracker looks at in a segment. */
export interface TrackedSegment {
  seq: number;
  ack: number;
  flags: number;
  /** As sent. */
  window: number;
  /** Bytes of data. */
  length: number;
  /** -1: no option. */
  windowScale: number;
  sackPermitted: boolean;
  /** Highest right edge of its SACK blocks; -1 without. */
  sackEdge: number;
}

/** One direction of a connection: how far it has sent, how far it may, and the largest window that it has offered. */
export class TrackedSide {
  end = 0;
  maxEnd = 0;
  maxWindow = 0;
  scale = 0;
  hasScale = false;
  hasSack = false;
  /** Picked up in the middle: its numbers are guesses, and nothing is held against them. */
  isLiberal = false;
  maxAck = -1;
  hasUnacknowledged = false;
  closedFirst = false;

  clear(): void {
    this.end = this.maxEnd = this.maxWindow = this.scale = 0;
    this.hasScale = this.hasSack = this.isLiberal = this.hasUnacknowledged = this.closedFirst = false;
    this.maxAck = -1;
  }
}

/** The TCP half of an entry. */
export class TrackedTcp {
  state: number = TrackedState.none;
  readonly sides: readonly [TrackedSide, TrackedSide] = [new TrackedSide(), new TrackedSide()];
  lastKind: number = Kind.none;
  lastDirection = 0;
  lastSeq = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWindow = -1;
  lastScale = -1;
  lastSack = false;
  /** A SYN was let through to a connection in LAST_ACK: the ACK that answers it does not end the connection. */
  expectsChallenge = false;
  opensTogether = false;
  retransmissions = 0;
}

/** Follows TCP connections by what passes, as Linux's nf_conntrack_proto_tcp does: states and windows, without being either end. */
export class TcpTracker {
  private readonly sysctl: Sysctls;
  private readonly timeouts: readonly number[];

  constructor(sysctl: Sysctls) {
    this.sysctl = sysctl;
    const of = (name: 'syn_sent' | 'syn_recv' | 'established' | 'fin_wait' | 'close_wait' | 'last_ack' | 'time_wait' | 'close') =>
      sysctl[`netfilter.nf_conntrack_tcp_timeout_${name}`] * SECOND;
    this.timeouts = [
      of('syn_sent'),
      of('syn_sent'),
      of('syn_recv'),
      of('established'),
      of('fin_wait'),
      of('close_wait'),
      of('last_ack'),
      of('time_wait'),
      of('close'),
      of('syn_sent'),
    ];
  }

  /** Flags that no TCP sends: scans. */
  static hasSensibleFlags(flags: number): boolean {
    return SENSIBLE.has(flags & JUDGED);
  }

  /** The first packet of an entry; false: nothing can begin so. */
  begin(tcp: TrackedTcp, s: TrackedSegment): boolean {
    const next = NEXT[0]![kindOf(s.flags)]![TrackedState.none]!;
    if (next === INVALID || next === IGNORED) return false;
    const [sender, receiver] = tcp.sides;
    sender.clear();
    receiver.clear();
    sender.end = endOf(s);
    sender.maxWindow = Math.max(s.window, 1);
    if (next === TrackedState.synSent) {
      sender.maxEnd = sender.end;
      takeOptions(sender, s);
      return true;
    }
    if (this.sysctl['netfilter.nf_conntrack_tcp_loose'] === 0) return false;
    sender.maxEnd = (sender.end + sender.maxWindow) >>> 0;
    sender.hasSack = receiver.hasSack = sender.isLiberal = receiver.isLiberal = true;
    return true;
  }

  /** A `TcpVerdict`; `direction` 0 is that of the first packet. `hasReply`, `isAssured`: what the entry has seen so far. */
  follow(tcp: TrackedTcp, s: TrackedSegment, direction: number, hasReply: boolean, isAssured: boolean): number {
    const kind = kindOf(s.flags);
    const old = tcp.state;
    let next = NEXT[direction]![kind]![old]!;
    let isJudged = true;
    if (next === INVALID) return TcpVerdict.badState;
    if (next === TrackedState.synSent && old >= TrackedState.timeWait) {
      const wasClosed = tcp.sides[0].closedFirst || tcp.sides[1].closedFirst;
      if (wasClosed || (tcp.lastDirection === direction && tcp.lastKind === Kind.rst)) return TcpVerdict.again;
      next = IGNORED;
    }
    if (next === IGNORED) {
      if (!this.getsInStep(tcp, s, kind, direction)) {
        this.ignore(tcp, s, kind, direction);
        return TcpVerdict.valid;
      }
      next = TrackedState.synRecv;
    } else if (next === TrackedState.timeWait && isChallenge(tcp, kind, direction)) {
      tcp.expectsChallenge = false;
      return TcpVerdict.valid;
    } else if (next === TrackedState.synSent2) tcp.opensTogether = true;
    else if (next === TrackedState.synRecv && direction === 1 && kind === Kind.ack && tcp.opensTogether)
      next = TrackedState.established;
    else if (next === TrackedState.close && kind === Kind.rst) {
      const judged = this.judgeReset(tcp, s, direction, hasReply, isAssured);
      if (judged === RESET_BAD) return TcpVerdict.badReset;
      if (judged === RESET_KEPT) next = old;
      isJudged = judged !== RESET_TAKEN;
    }
    if (isJudged) {
      const place = this.place(tcp, s, kind, direction);
      if (place === Place.outside) return TcpVerdict.outOfWindow;
      if (place === Place.ignored) return TcpVerdict.valid;
    }
    tcp.lastKind = kind;
    tcp.lastDirection = direction;
    if (old !== next && next === TrackedState.finWait) tcp.sides[direction]!.closedFirst = true;
    tcp.state = next;
    return TcpVerdict.valid;
  }

  /** Nanoseconds that the entry lives on after this segment. */
  timeout(tcp: TrackedTcp, flags: number): number {
    const { sysctl } = this;
    const usual = this.timeouts[tcp.state]!;
    const held = sysctl['netfilter.nf_conntrack_tcp_timeout_max_retrans'] * SECOND;
    if (tcp.retransmissions >= sysctl['netfilter.nf_conntrack_tcp_max_retrans']) return Math.min(usual, held);
    if ((flags & TcpFlag.rst) !== 0) return this.timeouts[TrackedState.close]!;
    if (tcp.sides[0].hasUnacknowledged || tcp.sides[1].hasUnacknowledged) return Math.min(usual, this.unacknowledged);
    return tcp.lastWindow === 0 ? Math.min(usual, held) : usual;
  }

  get unacknowledged(): number {
    return this.sysctl['netfilter.nf_conntrack_tcp_timeout_unacknowledged'] * SECOND;
  }

  /** A SYN-ACK that answers a SYN which was let through unseen: the ends agree, so their numbers are taken over. */
  private getsInStep(tcp: TrackedTcp, s: TrackedSegment, kind: number, direction: number): boolean {
    if (kind !== Kind.synAck || tcp.lastKind !== Kind.syn || tcp.lastDirection === direction || s.ack !== tcp.lastEnd)
      return false;
    const opener = tcp.sides[tcp.lastDirection]!;
    opener.clear();
    opener.end = opener.maxEnd = tcp.lastEnd;
    opener.maxWindow = Math.max(tcp.lastWindow, 1);
    opener.hasScale = tcp.lastScale >= 0;
    opener.scale = Math.max(tcp.lastScale, 0);
    opener.hasSack = tcp.lastSack;
    tcp.expectsChallenge = false;
    tcp.sides[direction]!.clear();
    return true;
  }

  private ignore(tcp: TrackedTcp, s: TrackedSegment, kind: number, direction: number): void {
    tcp.lastKind = kind;
    tcp.lastDirection = direction;
    tcp.lastSeq = s.seq;
    tcp.lastEnd = endOf(s);
    tcp.lastWindow = s.window;
    if (kind === Kind.syn && direction === 0) {
      tcp.lastScale = s.windowScale;
      tcp.lastSack = s.sackPermitted;
      tcp.expectsChallenge = tcp.state === TrackedState.lastAck;
    }
    if (tcp.state === TrackedState.synSent && kind === Kind.ack && direction === 1) tcp.lastAck = s.ack;
  }

  private judgeReset(tcp: TrackedTcp, s: TrackedSegment, direction: number, hasReply: boolean, isAssured: boolean): number {
    // Ends that have closed may have used the ports again.
    if (tcp.state >= TrackedState.finWait && tcp.state <= TrackedState.close) return RESET_TAKEN;
    const { maxAck } = tcp.sides[1 - direction]!;
    const isEstablished = tcp.state === TrackedState.established && isAssured;
    if (maxAck >= 0 && tcp.lastKind !== Kind.syn) {
      if (s.seq === 0 && !isEstablished) return RESET_JUDGED;
      const isOld = ((s.seq - maxAck) | 0) < 0;
      if (isOld && this.sysctl['netfilter.nf_conntrack_tcp_ignore_invalid_rst'] === 0) return RESET_BAD;
      if (!isEstablished || s.seq === maxAck) return RESET_JUDGED;
      if (tcp.lastKind === Kind.ack && tcp.lastDirection === direction && s.seq === tcp.lastEnd) return RESET_JUDGED;
      return RESET_KEPT;
    }
    const answersUnseen = (hasReply && tcp.lastKind === Kind.syn) || (!isAssured && tcp.lastKind === Kind.ack);
    return answersUnseen && s.ack === tcp.lastEnd ? RESET_TAKEN : RESET_JUDGED;
  }

  /** Is the segment within what the other side has offered, and does it acknowledge what was sent? A `Place`. */
  private place(tcp: TrackedTcp, s: TrackedSegment, kind: number, direction: number): number {
    const sender = tcp.sides[direction]!;
    const receiver = tcp.sides[1 - direction]!;
    const hasAck = (s.flags & TcpFlag.ack) !== 0;
    const isSyn = (s.flags & TcpFlag.syn) !== 0;
    const isReset = (s.flags & TcpFlag.rst) !== 0;
    const end = endOf(s);
    let seq = s.seq;
    let last = end;
    let ack = s.ack;
    let sack = receiver.hasSack && s.sackEdge >= 0 && ((s.sackEdge - ack) | 0) > 0 ? s.sackEdge : ack;
    if (sender.maxWindow === 0) {
      if (isSyn) {
        this.open(sender, receiver, s, end, direction);
        if (!hasAck) return Place.inside;
      } else join(sender, receiver, s, end, sack);
    } else if (
      isSyn &&
      ((end - sender.end) | 0) > 0 &&
      (tcp.state === TrackedState.synSent || tcp.state === TrackedState.synRecv)
    ) {
      this.open(sender, receiver, s, end, direction);
      if (direction === 1 && !hasAck) return Place.inside;
    }
    if (!hasAck || (isReset && ack === 0)) ack = sack = receiver.end;
    if (isReset && seq === 0 && tcp.state === TrackedState.synSent) seq = last = sender.end;

    const lag = Math.max(sender.maxWindow, LAG);
    const isFresh = ((sack - (receiver.end - lag - 1)) | 0) > 0;
    const isSeen = ((sack - receiver.end) | 0) <= 0;
    const isAfterEdge = ((last - (sender.end - receiver.maxWindow - 1)) | 0) > 0;
    const isLiberal = sender.isLiberal || this.sysctl['netfilter.nf_conntrack_tcp_be_liberal'] !== 0;
    if (((seq - sender.maxEnd) | 0) > 0) {
      const overshot = (last - sender.maxEnd + 1) >>> 0;
      const isALittle = receiver.maxWindow > 0 && isAfterEdge && isFresh && isSeen && overshot <= receiver.maxWindow;
      if (isALittle) {
        sender.end = last;
        sender.hasUnacknowledged = true;
      }
      if (isLiberal) return Place.inside;
      return isALittle ? Place.ignored : Place.outside;
    }
    if (!isSeen) return isLiberal ? Place.inside : Place.outside;
    if ((receiver.maxWindow > 0 && !isAfterEdge) || !isFresh) return isLiberal ? Place.inside : Place.ignored;

    const window = isSyn ? s.window : s.window * 2 ** sender.scale;
    sender.maxWindow = Math.max(sender.maxWindow, window + ((sack - ack) >>> 0));
    if (((last - sender.end) | 0) > 0) {
      sender.end = last;
      sender.hasUnacknowledged = true;
    }
    if (hasAck && (sender.maxAck < 0 || ((ack - sender.maxAck) | 0) > 0)) sender.maxAck = ack;
    if (receiver.maxWindow !== 0 && ((last - sender.maxEnd) | 0) > 0) receiver.maxWindow += (last - sender.maxEnd) >>> 0;
    if (((sack + window - receiver.maxEnd) | 0) >= 0) receiver.maxEnd = (sack + window + (window === 0 ? 1 : 0)) >>> 0;
    if (ack === receiver.end) receiver.hasUnacknowledged = false;
    if (kind === Kind.ack) countRetransmission(tcp, s, direction, seq, ack, last);
    return Place.inside;
  }

  private open(sender: TrackedSide, receiver: TrackedSide, s: TrackedSegment, end: number, direction: number): void {
    sender.end = sender.maxEnd = end;
    sender.maxWindow = Math.max(s.window, 1);
    takeOptions(sender, s);
    if (direction === 1 && !(sender.hasScale && receiver.hasScale)) sender.scale = receiver.scale = 0;
  }
}

const Place = { inside: 0, ignored: 1, outside: 2 } as const;

const RESET_JUDGED = 0;
const RESET_TAKEN = 1;
const RESET_KEPT = 2;
const RESET_BAD = 3;

/** In the middle of a connection, what the segment says is all that is known of this direction. */
function join(sender: TrackedSide, receiver: TrackedSide, s: TrackedSegment, end: number, sack: number): void {
  sender.end = end;
  sender.maxWindow = Math.max(s.window * 2 ** sender.scale, 1);
  sender.maxEnd = (end + sender.maxWindow) >>> 0;
  if (receiver.maxWindow === 0) receiver.end = receiver.maxEnd = sack;
  else if (sack === (receiver.end + 1) >>> 0) receiver.end = sack;
}

function takeOptions(side: TrackedSide, s: TrackedSegment): void {
  side.scale = Math.max(s.windowScale, 0);
  side.hasScale = s.windowScale >= 0;
  side.hasSack = s.sackPermitted;
  side.maxAck = -1;
  side.hasUnacknowledged = side.closedFirst = false;
}

function countRetransmission(tcp: TrackedTcp, s: TrackedSegment, direction: number, seq: number, ack: number, end: number): void {
  const isSame =
    tcp.lastDirection === direction &&
    tcp.lastSeq === seq &&
    tcp.lastAck === ack &&
    tcp.lastEnd === end &&
    tcp.lastWindow === s.window;
  if (isSame) {
    tcp.retransmissions++;
    return;
  }
  tcp.lastDirection = direction;
  tcp.lastSeq = seq;
  tcp.lastAck = ack;
  tcp.lastEnd = end;
  tcp.lastWindow = s.window;
  tcp.retransmissions = 0;
}

function isChallenge(tcp: TrackedTcp, kind: number, direction: number): boolean {
  return (
    tcp.state === TrackedState.lastAck &&
    kind === Kind.ack &&
    tcp.lastDirection !== direction &&
    tcp.lastKind === Kind.syn &&
    tcp.expectsChallenge
  );
}

/** A segment's first number after it. */
function endOf(s: TrackedSegment): number {
  return (s.seq + s.length + (s.flags & TcpFlag.fin) + ((s.flags & TcpFlag.syn) >> 1)) >>> 0;
}

function kindOf(flags: number): number {
  if ((flags & TcpFlag.rst) !== 0) return Kind.rst;
  if ((flags & TcpFlag.syn) !== 0) return (flags & TcpFlag.ack) !== 0 ? Kind.synAck : Kind.syn;
  if ((flags & TcpFlag.fin) !== 0) return Kind.fin;
  return (flags & TcpFlag.ack) !== 0 ? Kind.ack : Kind.none;
}
