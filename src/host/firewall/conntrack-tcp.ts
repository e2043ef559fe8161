import { TcpFlag } from '../../wire/tcp.ts';
import type { Sysctls } from '../sysctl.ts';
import { endOf, Kind, type TrackedSegment, TrackedState, type TrackedTcp, takeOptions } from './conntrack-tcp-entry.ts';
import { Place, place } from './conntrack-window.ts';

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

const SECOND = 1_000_000_000;

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
      const placed = place(tcp, s, kind, direction, this.sysctl['netfilter.nf_conntrack_tcp_be_liberal'] !== 0);
      if (placed === Place.outside) return TcpVerdict.outOfWindow;
      if (placed === Place.ignored) return TcpVerdict.valid;
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
}

const RESET_JUDGED = 0;
const RESET_TAKEN = 1;
const RESET_KEPT = 2;
const RESET_BAD = 3;

function isChallenge(tcp: TrackedTcp, kind: number, direction: number): boolean {
  return (
    tcp.state === TrackedState.lastAck &&
    kind === Kind.ack &&
    tcp.lastDirection !== direction &&
    tcp.lastKind === Kind.syn &&
    tcp.expectsChallenge
  );
}

function kindOf(flags: number): number {
  if ((flags & TcpFlag.rst) !== 0) return Kind.rst;
  if ((flags & TcpFlag.syn) !== 0) return (flags & TcpFlag.ack) !== 0 ? Kind.synAck : Kind.syn;
  if ((flags & TcpFlag.fin) !== 0) return Kind.fin;
  return (flags & TcpFlag.ack) !== 0 ? Kind.ack : Kind.none;
}
