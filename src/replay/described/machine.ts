import { Host } from '../../host/host.ts';
import type { Packet } from '../../host/packet.ts';
import type { Socket } from '../../host/sockets.ts';
import type { TcpConnection } from '../../host/tcp/connection.ts';
import type { Known } from '../../host/tcp/time-wait-socket.ts';
import type { ServerConfiguration } from '../../server/configuration.ts';
import { Programs } from '../../server/programs.ts';
import { CATALOGUE, D, EFFECT_OF } from '../../trace/catalogue.ts';
import { Effect } from '../../trace/decision.ts';
import type { SentSummary, TraceEvent } from '../../trace/events.ts';
import { Trace } from '../../trace/trace.ts';
import { FCS_LENGTH } from '../../wire/crc32.ts';
import { ETHERNET_MIN } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { AgingMap } from '../aging-map.ts';
import { summaryOfSent } from '../compare/replies.ts';
import type { AnalyzeOptions } from '../options.ts';
import type { CapturedIsns } from '../rewrite/captured-isns.ts';
import { Rewriter } from '../rewrite/rewriter.ts';
import { AddressSet } from '../survey/address-set.ts';
import { Flows } from '../survey/flows.ts';
import { MOST_HOST_ADDRESSES } from '../survey/hosts.ts';
import { Peek } from '../survey/peek.ts';
import { Disowned } from './disowned.ts';
import { KnownNeighbours } from './known-neighbours.ts';
import { ends, KnownSends } from './known-sends.ts';
import { ANY_LENGTH } from './live-host.ts';

/** Bits of a flow: it is remembered; the captured server was unlike the machine in it. */
const KNOWN = 1;
const UNLIKE = 2;
/** Askers that it has turned away, of whom is remembered how. */
const MOST_TURNED_AWAY = 4096;

/** Decisions that say that the capture does not have what came before a frame, or has several frames as one. */
const LACKS = new Uint8Array(CATALOGUE.length);
for (const id of [D.tcp_adopted, D.nic_merged_segments, D.ipv4_length_offloaded, D.ipv6_length_offloaded]) LACKS[id] = 1;

/** A frame that a busy CPU has not taken yet. */
export interface Waiting {
  /** What was told when it came. */
  readonly events: TraceEvent[] | null;
  /** The host that follows dropped it; else the connection there that it came to. */
  readonly isDropped: boolean;
  readonly socket: Socket | null;
}

/** A frame that had to wait has climbed: what the machine decided of it is in its trace. */
export type OnClimbed = (frame: Frame, trace: Trace, waiting: Waiting) => void;

/** What is known of the capture before the first frame climbs. */
export interface Captured {
  /** Numbers that the captured server chose. */
  readonly isns: CapturedIsns;
  /** Frames end with their FCS. */
  readonly hasFcs: boolean;
  /** Whose MACs it shows to be asked for, or told. */
  readonly resolved: AddressSet;
  /** Are the checksums of who sent this wrong so often that they say nothing? */
  readonly isMeaningless: (peek: Peek) => boolean;
}

/**
 * The machine that a server file describes, in the captured server's place, all of it: what a capture does not show (its queues, its packet
 * filter, what its programs read, how long its CPU takes) goes on as it would there. It is believed of a flow as long as the captured server
 * sends nothing in it that the machine would not have sent; from then on the flow is not the machine's any more.
 */
export class Machine {
  readonly host: Host;
  readonly programs: Programs;
  readonly trace = new Trace();
  private readonly flows = new Flows();
  private readonly disowned = new Disowned();
  private readonly sends = new KnownSends();
  private readonly rewriter: Rewriter;
  private readonly neighbours: KnownNeighbours;
  private readonly resolved: AddressSet;
  /** Only with its FCS a frame in a capture is as long as it was on the wire: then too long is too long. */
  private readonly isStrict: boolean;
  private readonly fcs: AnalyzeOptions['fcs'];
  /** What was left to a card is filled in. */
  private readonly completes: boolean;
  private readonly onClimbed: OnClimbed;
  /** Told of what happens to sockets without a frame; nanoseconds of the capture. */
  onTold: (time: number, events: readonly TraceEvent[]) => void = () => {};
  private readonly own = new AddressSet(MOST_HOST_ADDRESSES);
  /** Who asked for something and was dropped, and what was said to that. */
  private readonly turnedAway = new AgingMap<SentSummary | null>();
  /** By their number. */
  private readonly inRing = new Map<number, Waiting>();
  private readonly late = new Peek();
  /** Nanoseconds by which its clock is ahead of the capture's. */
  private ahead = 0;
  /** When, by its clock, the last frame came, if nothing was sent since; -1 otherwise. */
  private arrived = -1;

  constructor(server: ServerConfiguration, captured: Captured, options: AnalyzeOptions, onClimbed: OnClimbed) {
    const { isns, isMeaningless, resolved } = captured;
    this.resolved = resolved;
    const { fcs, offload, fragPolicy } = options;
    const host = { ...server.host, fragPolicy };
    this.fcs = fcs;
    this.isStrict = fcs === 'auto' ? captured.hasFcs : fcs === 'present';
    this.completes = offload;
    this.onClimbed = onClimbed;
    this.programs = new Programs(this.trace, server);
    this.host = new Host(this.isStrict ? host : { ...host, ...ANY_LENGTH }, this.trace, this.programs.programFor);
    this.neighbours = new KnownNeighbours(this.host);
    const { macs, addresses } = host;
    this.rewriter = new Rewriter({ servers: [], clients: [], macs, addresses, mac: macs[0]! }, isMeaningless);
    this.host.tcp.initial.issFor = (packet) => isns.find(packet, packet.seq)?.isn ?? -1;
    this.host.tcp.initial.timestampFor = (packet) => isns.find(packet, packet.seq)?.tsVal ?? -1;
    this.host.send = nobody;
    for (const { words } of addresses) this.own.add(words[0], words[1], words[2], words[3]);
    this.learn();
  }

  /** The capture begins at `origin`, in nanoseconds since 1970: the machine was started at the last full second. */
  startAt(origin: bigint): void {
    this.ahead = Number(origin % 1_000_000_000n);
  }

  /**
   * Lets time pass until the next frame; null where no program has to be waited for. `inbound`: it comes to the card; of those of one
   * moment all are there before the CPU looks.
   */
  passTime(until: number, inbound: boolean): Promise<void> | null {
    const { host } = this;
    const to = until + this.ahead;
    if (inbound && to === this.arrived) return null;
    this.arrived = -1;
    while (host.nextTimer <= to) {
      host.advance(Math.min(to, host.nextTimer), this.afterTimer);
      const pending = this.settle();
      if (pending !== null) return pending.then(() => this.passTime(until, inbound) ?? undefined);
    }
    if (inbound) this.arrived = to;
    return null;
  }

  /** Lets mounted programs answer; null where none was asked. */
  settle(): Promise<void> | null {
    const pending = this.programs.settle();
    if (pending === null) return null;
    return pending.then(() => {
      this.host.advance(this.host.context.now, this.afterTimer);
      return this.settle() ?? undefined;
    });
  }

  /** The capture is over: frames that wait for the CPU get their turn. */
  async finish(): Promise<void> {
    while (this.inRing.size > 0 && this.host.nextTimer < Number.POSITIVE_INFINITY) {
      this.host.advance(this.host.nextTimer, this.afterTimer);
      await this.settle();
    }
  }

  /**
   * A frame for the captured server climbs here too, if it may. `followed`: the decisions of the host that follows the captured server. Gives
   * those that count: the machine's, or those; null: the CPU has not taken the frame yet, and `onClimbed` will be called when it has.
   */
  climb(frame: Frame, peek: Peek, followed: Trace): Trace | null {
    if (peek.hasTransport && (this.flows.find(peek) & UNLIKE) !== 0) return followed;
    const whole = this.asOnTheWire(frame, peek, followed);
    if (whole === null) {
      this.disown(peek);
      return followed;
    }
    // a captured client cannot be asked for its MAC; where it was asked, the answer comes as a frame
    if (this.resolved.find(peek.src0, peek.src1, peek.src2, peek.src3) < 0) this.neighbours.meet(peek);
    const { fcsLength } = whole;
    if (this.fcs === 'present') whole.fcsLength = FCS_LENGTH;
    whole.time += this.ahead;
    const isOver = this.host.receive(whole);
    whole.time -= this.ahead;
    whole.fcsLength = fcsLength;
    this.learn();
    this.tell();
    if (!isOver) return null;
    this.noteTurnedAway(peek, EFFECT_OF[followed.final] === Effect.drop);
    return this.inCaptureTime();
  }

  /** Is a SYN or a datagram turned away? (Where the host that follows says no to it too, its answer is waited for already.) */
  private noteTurnedAway(peek: Peek, followedDrops: boolean): void {
    const { trace, turnedAway } = this;
    if (
      !peek.hasTransport ||
      (peek.protocol === IpProtocol.tcp ? (peek.tcpFlags & TcpFlag.syn) === 0 : peek.protocol !== IpProtocol.udp)
    )
      return;
    const isDropped = EFFECT_OF[trace.final] === Effect.drop;
    if (!isDropped && turnedAway.size === 0) return;
    const key = ends(peek);
    turnedAway.delete(key);
    const isSilent = trace.transmissionCount === 0;
    if (!isDropped || (!isSilent && followedDrops)) return;
    if (turnedAway.size >= MOST_TURNED_AWAY) turnedAway.deleteOldest();
    turnedAway.add(key, isSilent ? null : summaryOfSent(trace.transmissions[0]!));
  }

  /** Is the connection the machine's? */
  believes(socket: Socket): boolean {
    return !this.disowned.has(socket);
  }

  /** Of what the host that follows has told, what is the machine's to tell is taken out. */
  correct(followed: TraceEvent[] | null): void {
    this.disowned.remove(followed, false);
  }

  /** Socket events of the activity under way, of connections that are the machine's. */
  private tell(): void {
    const { events } = this.trace;
    if (events === null || events.length === 0) return;
    let kept = 0;
    for (const event of events) if (event.type === 'socket' && event.peer !== undefined) events[kept++] = event;
    events.length = kept;
    this.disowned.remove(events, true);
    for (let i = 0; i < events.length; i++) events[i] = { ...events[i]!, time: events[i]!.time - this.ahead };
  }

  /** The frame that has just come waits for the CPU; `followed`: what the host that follows made of it. */
  keep(frame: Frame, { events, final }: Trace, socket: Socket | null): void {
    const isDropped = EFFECT_OF[final] === Effect.drop;
    this.inRing.set(frame.number, { events: events === null ? null : [...events], isDropped, socket });
  }

  /** The frame as the machine's card gets it; null: the capture does not have it. */
  private asOnTheWire(frame: Frame, peek: Peek, followed: Trace): Frame | null {
    if (frame.wireLength > frame.end - frame.start) return null;
    const hasFcs = this.fcs === 'auto' ? frame.fcsLength > 0 : this.fcs === 'present';
    for (let i = 0; i < followed.length; i++) {
      const id = followed.ids[i]!;
      if (LACKS[id] !== 0 && !(id === D.nic_merged_segments && hasFcs === this.isStrict)) return null;
    }
    if (hasFcs) return frame;
    const { rewriter } = this;
    rewriter.take(frame, peek);
    if (this.completes) rewriter.finish();
    const whole = rewriter.frame;
    if (whole.end < ETHERNET_MIN) {
      whole.bytes.fill(0, whole.end, ETHERNET_MIN);
      whole.end = whole.wireLength = ETHERNET_MIN;
    }
    return whole;
  }

  /**
   * The captured server has sent this packet, of the connection `followed`: is it one that the machine would send? Where the packet answers
   * what the machine has turned away, gives what the machine said to that (null: nothing); otherwise undefined.
   */
  observe(peek: Peek, packet: Packet, followed: Known | null): SentSummary | null | undefined {
    const { protocol, src0, src1, src2, src3 } = packet;
    if (!packet.hasTransport || (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp)) return undefined;
    if (this.own.find(src0, src1, src2, src3) < 0) return undefined;
    if (protocol === IpProtocol.tcp ? this.wouldSend(packet, followed) : this.sends.hasDatagram(packet)) return undefined;
    const said = this.saidInstead(packet);
    this.disown(peek);
    return said;
  }

  private saidInstead(packet: Packet): SentSummary | null | undefined {
    if (packet.protocol === IpProtocol.tcp && (packet.tcpFlags & TcpFlag.syn) === 0) return undefined;
    const { turnedAway } = this;
    const { src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort } = packet;
    const asker = { src0: dst0, src1: dst1, src2: dst2, src3: dst3, sourcePort: destinationPort };
    const key = ends({ ...asker, dst0: src0, dst1: src1, dst2: src2, dst3: src3, destinationPort: sourcePort });
    const said = turnedAway.get(key);
    turnedAway.delete(key);
    return said;
  }

  /** The flow of this packet goes on without the machine. */
  private disown(peek: Peek): void {
    if (!peek.hasTransport || (peek.protocol !== IpProtocol.tcp && peek.protocol !== IpProtocol.udp)) return;
    const flow = this.flows.touch(peek);
    if (flow < 0) return;
    this.flows.mark(flow, KNOWN | UNLIKE);
    if (peek.protocol !== IpProtocol.tcp) return;
    this.disowned.add(peek);
    this.forget(peek);
  }

  private forget(peek: Peek): void {
    const { host } = this;
    const { family, src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort } = peek;
    const { tcp } = host;
    const c =
      tcp.table.find(family, src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort) ??
      tcp.table.find(family, dst0, dst1, dst2, dst3, destinationPort, src0, src1, src2, src3, sourcePort);
    if (c === null) return;
    host.act(host.context.now, () => {
      tcp.enter();
      tcp.remove(c, 'replaced');
      tcp.leave();
    });
  }

  private wouldSend(packet: Packet, followed: Known | null): boolean {
    const c = this.host.tcp.findObserved(packet);
    const { tcpFlags: flags, ack, window, dataLength } = packet;
    const isMere = c !== null && dataLength === 0 && (flags & (TcpFlag.syn | TcpFlag.fin | TcpFlag.rst)) === 0;
    if (!isMere && !this.sends.hasSegment(packet)) return false;
    if (c === null || c.bucket || (flags & TcpFlag.rst) !== 0) return true;
    if ((flags & TcpFlag.syn) !== 0) return haveSameOptions(c, followed);
    return !isBeyond(ack, c.rcvNxt) && !isBeyond(ack + window * 2 ** c.rcvWscale, c.rcvWup + c.rcvWnd);
  }

  private readonly afterTimer = (): void => {
    this.learn();
    this.tell();
    const { trace, inRing } = this;
    const waiting = inRing.get(trace.frame);
    if (waiting === undefined) {
      if (trace.events !== null && trace.events.length > 0) this.onTold(trace.time - this.ahead, trace.events);
      return;
    }
    inRing.delete(trace.frame);
    const { frame } = this.host.packet;
    this.late.look(frame);
    this.noteTurnedAway(this.late, waiting.isDropped);
    frame.time -= this.ahead;
    this.onClimbed(frame, this.inCaptureTime(), waiting);
  };

  private inCaptureTime(): Trace {
    const { trace, ahead } = this;
    trace.time -= ahead;
    for (let i = 0; i < trace.transmissionCount; i++) trace.transmissions[i]!.time -= ahead;
    return trace;
  }

  private learn(): void {
    const { trace, sends } = this;
    for (let i = 0; i < trace.transmissionCount; i++) sends.add(trace.transmissions[i]!);
  }
}

/** Has the captured SYN-ACK agreed to what the machine's has? */
function haveSameOptions(c: TcpConnection, followed: Known | null): boolean {
  if (followed === null || followed.bucket) return true;
  const { wscaleOk, rcvWscale, tsOk, sackOk } = followed;
  return c.wscaleOk === wscaleOk && (!wscaleOk || c.rcvWscale === rcvWscale) && c.tsOk === tsOk && c.sackOk === sackOk;
}

function isBeyond(number: number, edge: number): boolean {
  return ((number - edge) | 0) > 0;
}

function nobody(): void {}
