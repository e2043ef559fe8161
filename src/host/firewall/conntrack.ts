import type { Transmission } from '../../trace/transmission.ts';
import { Sent } from '../../trace/transmission.ts';
import { u16 } from '../../wire/bytes.ts';
import { checksum } from '../../wire/checksum.ts';
import { fcsAt } from '../../wire/crc32.ts';
import { crc32c } from '../../wire/crc32c.ts';
import { ICMP_HEADER } from '../../wire/icmp.ts';
import { Icmpv6Type, isIcmpv6Error } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag, TcpProblem, TcpView } from '../../wire/tcp.ts';
import { TcpOptions } from '../../wire/tcp-options.ts';
import { UDP_HEADER } from '../../wire/udp.ts';
import type { HostContext } from '../context.ts';
import { isStep } from '../ip/ipv6-chain.ts';
import { ERRORS4, QUESTION4, QUESTION6, QUESTIONS4, QUESTIONS6, UNTRACKED6 } from './conntrack-icmp.ts';
import { readQuote } from './conntrack-quote.ts';
import { type Tracked, TrackedTable } from './conntrack-table.ts';
import { TcpTracker, TcpVerdict } from './conntrack-tcp.ts';
import { type TrackedSegment, TrackedState } from './conntrack-tcp-entry.ts';
import { StateBit } from './firewall-rule.ts';
import { FirewallView } from './firewall-view.ts';
import { transportChecksum } from './transport-checksum.ts';

const SECOND = 1_000_000_000;
/** A UDP conversation that lasts longer counts as a stream. */
const STREAM_AFTER = 2 * SECOND;
const SCTP_HEADER = 12;
const SCTP_CHECKSUM = 8;
const SCTP_INIT = 1;
/** The highest type that Linux knows. */
const ICMP_TYPES = 18;

/** Why a packet is invalid. */
export const Invalid = {
  none: 0,
  header: 1,
  checksum: 2,
  flags: 3,
  state: 4,
  window: 5,
  reset: 6,
  quote: 7,
  kind: 8,
  fragment: 9,
} as const;

/** Connection tracking, as Linux's nf_conntrack has it: which packets belong to a conversation that is known. */
export class Conntrack {
  /** After `track`: an `Invalid` number. */
  problem: number = Invalid.none;
  private readonly context: HostContext;
  private readonly table: TrackedTable;
  private readonly tracker: TcpTracker;
  private readonly verifies: boolean;
  private readonly tcpView = new TcpView();
  private readonly options = new TcpOptions();
  private readonly quoted = new FirewallView();
  private readonly segment: TrackedSegment = {
    seq: 0,
    ack: 0,
    flags: 0,
    window: 0,
    length: 0,
    windowScale: -1,
    sackPermitted: false,
    sackEdge: -1,
  };
  /** The entry of the packet under way, and whether it is still to be put into the table. */
  private entry: Tracked | null = null;
  private isNew = false;
  private source = 0;
  private destination = 0;
  private answers = 0;

  constructor(context: HostContext) {
    const { sysctl } = context.config;
    this.context = context;
    this.table = new TrackedTable(sysctl['netfilter.nf_conntrack_max']);
    this.tracker = new TcpTracker(sysctl);
    this.verifies = sysctl['netfilter.nf_conntrack_checksum'] !== 0 && context.config.capture === null;
  }

  /** Of the packet under way: 0 as its conversation began, 1 the other way; -1: it is of none. */
  get direction(): number {
    return this.entry === null ? -1 : this.table.direction;
  }

  /** A packet that is not to be tracked. */
  pass(): void {
    this.start();
  }

  /** A received packet; gives its `StateBit`. */
  track(view: FirewallView): number {
    this.start();
    if (view.isFragment || (view.family === 6 && view.protocol === IpProtocol.fragment)) return this.invalid(Invalid.fragment);
    if (view.family === 6 && (isStep(view.protocol) || view.protocol === IpProtocol.noNext)) return this.invalid(Invalid.header);
    switch (view.protocol) {
      case IpProtocol.tcp:
        if (!this.readTcp(view)) return StateBit.invalid;
        return this.followTcp(view);
      case IpProtocol.udp:
        if (!this.hasGoodUdp(view)) return StateBit.invalid;
        return this.followPorts(view);
      case IpProtocol.icmp:
        return view.family === 4 ? this.icmp(view) : this.invalid(Invalid.kind);
      case IpProtocol.icmpv6:
        return view.family === 6 ? this.icmpv6(view) : this.invalid(Invalid.kind);
      case IpProtocol.sctp:
        return this.sctp(view);
      default:
        if (view.mayHavePorts && view.destinationPort < 0) return this.invalid(Invalid.header);
        return view.mayHavePorts ? this.followPorts(view) : this.followPlain(view);
    }
  }

  /** A packet that the host sends. */
  trackSent(view: FirewallView, out: Transmission): number {
    this.start();
    switch (out.protocol) {
      case Sent.tcp:
        this.readSentTcp(out);
        return this.followTcp(view);
      case Sent.udp:
        return this.followPorts(view);
      case Sent.icmp:
        if (ERRORS4.has(out.icmpType)) return StateBit.related;
        return this.message(view, out.icmpRest >>> 16, QUESTION4, QUESTIONS4);
      case Sent.icmpv6:
        if (isIcmpv6Error(out.icmpType)) return StateBit.related;
        if (UNTRACKED6.has(out.icmpType) || out.icmpType === Icmpv6Type.redirect) return StateBit.untracked;
        return this.message(view, out.icmpRest >>> 16, QUESTION6, QUESTIONS6);
      default:
        return StateBit.untracked;
    }
  }

  /** The packet has got through: what it began is kept from now on. False: there is no room for it. */
  confirm(): boolean {
    const { entry } = this;
    if (!this.isNew || entry === null) return true;
    if (!this.table.hasRoom(this.context.now)) return false;
    this.isNew = false;
    this.table.add(entry);
    return true;
  }

  private start(): void {
    this.entry = null;
    this.isNew = false;
    this.problem = Invalid.none;
  }

  private invalid(problem: number): number {
    this.problem = problem;
    this.entry = null;
    this.isNew = false;
    return StateBit.invalid!;
  }

  private readTcp(view: FirewallView): boolean {
    const header = this.tcpView.at(view.bytes, view.start, view.end);
    if (header.check() !== TcpProblem.none) {
      this.invalid(Invalid.header);
      return false;
    }
    if (!this.hasGoodChecksum(view, view.length)) return false;
    if (!TcpTracker.hasSensibleFlags(header.flags)) {
      this.invalid(Invalid.flags);
      return false;
    }
    const { segment, options } = this;
    segment.seq = header.seq;
    segment.ack = header.ack;
    segment.flags = header.flags;
    segment.window = header.window;
    segment.length = view.length - header.headerLength;
    options.parse(view.bytes, header.optionsStart, view.start + header.headerLength);
    segment.windowScale = options.windowScale;
    segment.sackPermitted = options.sackPermitted;
    segment.sackEdge = highestEdge(options.sack, options.sackCount, header.ack);
    return true;
  }

  private readSentTcp(out: Transmission): void {
    const { segment } = this;
    segment.seq = out.seq;
    segment.ack = out.ack;
    segment.flags = out.flags;
    segment.window = out.window;
    segment.length = out.payloadEnd - out.payloadStart;
    segment.windowScale = out.windowScale;
    segment.sackPermitted = out.sackPermitted;
    segment.sackEdge = highestEdge(out.sack, out.sackCount, out.ack);
  }

  private hasGoodUdp(view: FirewallView): boolean {
    const { bytes, start, end, length } = view;
    const claimed = end - start < UDP_HEADER ? 0 : u16(bytes, start + 4);
    if (claimed < UDP_HEADER || claimed > length) {
      this.invalid(Invalid.header);
      return false;
    }
    // Zero: the sender made none.
    return u16(bytes, start + 6) === 0 || this.hasGoodChecksum(view, claimed);
  }

  /** Over `length` bytes of transport header and data; what the snaplen has cut cannot be verified. */
  private hasGoodChecksum(view: FirewallView, length: number): boolean {
    if (!this.verifies || length > view.end - view.start || transportChecksum(view, length) === 0) return true;
    this.invalid(Invalid.checksum);
    return false;
  }

  private icmp(view: FirewallView): number {
    const { bytes, start, end } = view;
    if (end - start < ICMP_HEADER) return this.invalid(Invalid.header);
    if (this.verifies && checksum(bytes, start, end) !== 0) return this.invalid(Invalid.checksum);
    if (view.icmpType > ICMP_TYPES) return this.invalid(Invalid.kind);
    if (ERRORS4.has(view.icmpType)) return this.error(view, start + ICMP_HEADER);
    return this.message(view, u16(bytes, start + 4), QUESTION4, QUESTIONS4);
  }

  private icmpv6(view: FirewallView): number {
    const { bytes, start, end } = view;
    if (end - start < ICMP_HEADER) return this.invalid(Invalid.header);
    if (!this.hasGoodChecksum(view, view.length)) return StateBit.invalid!;
    if (UNTRACKED6.has(view.icmpType)) return StateBit.untracked!;
    if (isIcmpv6Error(view.icmpType)) return this.error(view, start + ICMP_HEADER);
    return this.message(view, u16(bytes, start + 4), QUESTION6, QUESTIONS6);
  }

  /** A question or an answer. */
  private message(
    view: FirewallView,
    identifier: number,
    question: Readonly<Record<number, number>>,
    questions: ReadonlySet<number>,
  ): number {
    const asked = question[view.icmpType] ?? -1;
    this.source = identifier;
    this.destination = (view.icmpType << 8) | view.icmpCode;
    this.answers = (asked << 8) | view.icmpCode;
    const entry = this.table.find(view, this.source, this.destination, this.answers, this.context.now);
    if (entry === null) {
      if (!questions.has(view.icmpType)) return this.invalid(Invalid.kind);
      this.begin(view, false);
    } else this.entry = entry;
    return this.refresh(this.messageTime(view.family));
  }

  private messageTime(family: number): number {
    const { sysctl } = this.context.config;
    return sysctl[family === 4 ? 'netfilter.nf_conntrack_icmp_timeout' : 'netfilter.nf_conntrack_icmpv6_timeout'] * SECOND;
  }

  /** An error about a packet of a conversation that we know. */
  private error(view: FirewallView, at: number): number {
    const { quoted, table } = this;
    if (!readQuote(quoted, view, at)) return this.invalid(Invalid.quote);
    const isIcmp = quoted.protocol === IpProtocol.icmp || quoted.protocol === IpProtocol.icmpv6;
    const question = quoted.family === 4 ? QUESTION4 : QUESTION6;
    const source = isIcmp ? u16(quoted.bytes, quoted.start + 4) : Math.max(quoted.sourcePort, 0);
    const destination = isIcmp ? (quoted.icmpType << 8) | quoted.icmpCode : Math.max(quoted.destinationPort, 0);
    const answers = isIcmp ? ((question[quoted.icmpType] ?? -1) << 8) | quoted.icmpCode : 0;
    const entry = table.find(quoted, source, destination, answers, this.context.now);
    const isToSender =
      quoted.src3 === view.dst3 && quoted.src2 === view.dst2 && quoted.src1 === view.dst1 && quoted.src0 === view.dst0;
    return entry === null || !isToSender ? this.invalid(Invalid.quote) : StateBit.related!;
  }

  private followTcp(view: FirewallView): number {
    const { table, tracker, segment, context } = this;
    this.source = view.sourcePort;
    this.destination = view.destinationPort;
    let entry = table.find(view, this.source, this.destination, 0, context.now);
    for (;;) {
      if (entry === null) {
        entry = this.begin(view, true);
        if (!tracker.begin(entry.tcp!, segment)) return this.invalid(Invalid.state);
        table.direction = 0;
      }
      const tcp = entry.tcp!;
      const before = tcp.state;
      const { direction } = table;
      const verdict = tracker.follow(tcp, segment, direction, entry.hasReply, entry.isAssured);
      if (verdict === TcpVerdict.again) {
        table.remove(entry);
        entry = null;
        continue;
      }
      if (verdict !== TcpVerdict.valid) return this.invalid(PROBLEM_OF[verdict]!);
      this.entry = entry;
      return this.keepTcp(entry, before, direction);
    }
  }

  private keepTcp(entry: Tracked, before: number, direction: number): number {
    const { tracker, segment, context } = this;
    const tcp = entry.tcp!;
    let time = tracker.timeout(tcp, segment.flags);
    const state = this.stateOf(entry, direction);
    if (!entry.hasReply) {
      if ((segment.flags & TcpFlag.rst) !== 0) {
        this.table.remove(entry);
        return state;
      }
      const isAgain = (segment.flags & TcpFlag.syn) !== 0 && before === TrackedState.synSent;
      if (isAgain && direction === 0 && !this.isNew) return state;
      if (tcp.state === TrackedState.established) time = Math.min(time, tracker.unacknowledged);
    } else if (tcp.state === TrackedState.established && (before === TrackedState.synRecv || before === TrackedState.established))
      entry.isAssured = true;
    if (direction === 1) entry.hasReply = true;
    entry.due = context.now + time;
    return state;
  }

  /** An association begins with INIT (Linux nf_conntrack_proto_sctp). */
  private sctp(view: FirewallView): number {
    const { bytes, start, end } = view;
    if (end - start <= SCTP_HEADER) return this.invalid(Invalid.header);
    const field = start + SCTP_CHECKSUM;
    if (this.verifies && crc32c(bytes, start, end, field, field + 4) !== fcsAt(bytes, field))
      return this.invalid(Invalid.checksum);
    const state = this.followPorts(view);
    return this.isNew && bytes[start + SCTP_HEADER] !== SCTP_INIT ? this.invalid(Invalid.state) : state;
  }

  private followPorts(view: FirewallView): number {
    this.source = view.sourcePort;
    this.destination = view.destinationPort;
    const entry = this.table.find(view, this.source, this.destination, 0, this.context.now);
    if (entry === null) this.begin(view, false);
    else this.entry = entry;
    const { sysctl } = this.context.config;
    if (view.protocol !== IpProtocol.udp) return this.refresh(sysctl['netfilter.nf_conntrack_generic_timeout'] * SECOND);
    const known = this.entry!;
    if (this.isNew) known.streamAt = this.context.now + STREAM_AFTER;
    const isStream = known.hasReply && this.context.now > known.streamAt;
    if (isStream) known.isAssured = true;
    return this.refresh(
      sysctl[isStream ? 'netfilter.nf_conntrack_udp_timeout_stream' : 'netfilter.nf_conntrack_udp_timeout'] * SECOND,
    );
  }

  private followPlain(view: FirewallView): number {
    this.source = this.destination = this.answers = 0;
    const entry = this.table.find(view, 0, 0, 0, this.context.now);
    if (entry === null) this.begin(view, false);
    else this.entry = entry;
    return this.refresh(this.context.config.sysctl['netfilter.nf_conntrack_generic_timeout'] * SECOND);
  }

  private begin(view: FirewallView, isTcp: boolean): Tracked {
    this.entry = this.table.make(view, this.source, this.destination, isTcp);
    this.isNew = true;
    this.table.direction = 0;
    return this.entry;
  }

  private refresh(time: number): number {
    const entry = this.entry!;
    const { direction } = this.table;
    const state = this.stateOf(entry, direction);
    if (direction === 1) entry.hasReply = true;
    entry.due = this.context.now + time;
    return state;
  }

  private stateOf(entry: Tracked, direction: number): number {
    return (direction === 1 || entry.hasReply ? StateBit.established : StateBit.new)!;
  }
}

const PROBLEM_OF: readonly number[] = [Invalid.none, Invalid.flags, Invalid.state, Invalid.window, Invalid.reset];

function highestEdge(sack: Float64Array, count: number, ack: number): number {
  let edge = -1;
  for (let i = 0; i < count; i++) {
    const right = sack[2 * i + 1]!;
    if (((right - (edge < 0 ? ack : edge)) | 0) > 0) edge = right;
  }
  return edge;
}
