import { Host } from '../host/host.ts';
import type { Packet } from '../host/packet.ts';
import type { Socket } from '../host/sockets.ts';
import { TcpConnection } from '../host/tcp/connection.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import { Programs } from '../server/programs.ts';
import { CATALOGUE, D } from '../trace/catalogue.ts';
import type { TraceEvent } from '../trace/events.ts';
import { Trace } from '../trace/trace.ts';
import type { Frame } from '../wire/frame.ts';
import { LinkType } from '../wire/link.ts';
import { AddressSet } from './address-set.ts';
import type { CapturedIsns } from './captured-isns.ts';
import { Flows } from './flows.ts';
import { MOST_HOST_ADDRESSES } from './hosts.ts';
import { KnownSends } from './known-sends.ts';
import type { Peek } from './peek.ts';

const TCP = 6;
const UDP = 17;
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;
/** Bits of a flow: it is remembered; the captured server was unlike the machine in it. */
const KNOWN = 1;
const UNLIKE = 2;

/** Decisions that excuse what only the taking of a capture has done to a frame (of one whose FCS was taken, too, it is known that it was so). */
const EXCUSES = new Uint8Array(CATALOGUE.length);
/** And those that say that the capture lacks what came before. */
const GAPS = new Uint8Array(CATALOGUE.length);
GAPS[D.tcp_adopted] = EXCUSES[D.tcp_adopted] = 1;
for (const id of [
  D.nic_short_frame,
  D.nic_merged_segments,
  D.ipv4_length_offloaded,
  D.ipv6_length_offloaded,
  D.tcp_checksum_offloaded,
  D.udp_checksum_offloaded,
]) {
  EXCUSES[id] = 1;
}

/** A frame that has climbed: what the machine decided of it is in its trace. `events`: what was told of it meanwhile. */
export type OnClimbed = (frame: Frame, trace: Trace, events: TraceEvent[] | null) => void;

/**
 * The machine that a server file describes, in the captured server's place, all of it: what a capture does not show (its queues, its packet
 * filter, what its programs read, how long its CPU takes) goes on as it would there. It is believed of a flow as long as the captured server
 * sends nothing in it that the machine would not have sent; from then on the flow is not the machine's any more.
 */
export class Machine {
  readonly host: Host;
  readonly programs: Programs;
  private readonly trace = new Trace();
  private readonly flows = new Flows();
  private readonly sends = new KnownSends();
  private readonly onClimbed: OnClimbed;
  private readonly own = new AddressSet(MOST_HOST_ADDRESSES);
  /** Told of frames that a busy CPU has not taken yet, by their number. */
  private readonly inRing = new Map<number, TraceEvent[] | null>();
  /** Nanoseconds by which its clock is ahead of the capture's. */
  private ahead = 0;

  constructor(server: ServerConfiguration, isns: CapturedIsns, onClimbed: OnClimbed) {
    this.onClimbed = onClimbed;
    this.programs = new Programs(this.trace, server);
    this.host = new Host(server.host, this.trace, this.programs.programFor);
    this.host.tcp.issFor = (packet) => isns.find(packet, packet.seq)?.isn ?? -1;
    this.host.tcp.timestampFor = (packet) => isns.find(packet, packet.seq)?.tsVal ?? -1;
    this.host.send = nobody;
    for (const { words } of server.host.addresses) this.own.add(words[0], words[1], words[2], words[3]);
    this.learn();
  }

  /** The capture begins at `origin`, in nanoseconds since 1970: the machine was started at the last full second. */
  startAt(origin: bigint): void {
    this.ahead = Number(origin % 1_000_000_000n);
  }

  /** Lets time pass; null where no program has to be waited for. */
  passTime(until: number): Promise<void> | null {
    const { host } = this;
    const to = until + this.ahead;
    while (host.nextTimer <= to) {
      host.advance(Math.min(to, host.nextTimer), this.afterTimer);
      const pending = this.settle();
      if (pending !== null) return pending.then(() => this.passTime(until) ?? undefined);
    }
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
   * A frame for the captured server climbs here too, if it may: true, and whoever waits for climbed frames is told, now or when the CPU has
   * taken it. `followed`: the decisions of the host that follows the captured server.
   */
  climb(frame: Frame, peek: Peek, followed: Trace): boolean {
    const isUnlike = (this.flows.find(peek) & UNLIKE) !== 0 && peek.family !== 0;
    if (isUnlike) return false;
    if (!isAsOnTheWire(frame, followed)) {
      this.disown(peek);
      return false;
    }
    frame.time += this.ahead;
    const isOver = this.host.receive(frame);
    frame.time -= this.ahead;
    this.learn();
    if (isOver) this.climbed(frame, followed.events);
    else this.inRing.set(frame.number, followed.events === null ? null : [...followed.events]);
    return true;
  }

  /** The captured server has sent this packet, of the connection `followed`: is it one that the machine would send? */
  observe(peek: Peek, packet: Packet, followed: Socket | null): false {
    const { protocol, src0, src1, src2, src3 } = packet;
    if (!packet.hasTransport || (protocol !== TCP && protocol !== UDP)) return false;
    if (this.own.find(src0, src1, src2, src3) < 0) return false;
    if (protocol === TCP ? !this.wouldSend(packet, followed) : !this.sends.has(packet)) this.disown(peek);
    return false;
  }

  private disown(peek: Peek): void {
    if (!peek.hasTransport || (peek.protocol !== TCP && peek.protocol !== UDP)) return;
    const flow = this.flows.touch(peek);
    if (flow >= 0) this.flows.mark(flow, KNOWN | UNLIKE);
  }

  private wouldSend(packet: Packet, followed: Socket | null): boolean {
    const c = this.host.tcp.findObserved(packet);
    const { tcpFlags: flags, seq, ack, window, dataLength } = packet;
    if (this.sends.has(packet)) return (flags & SYN) === 0 || haveSameOptions(c, followed);
    if (!(c instanceof TcpConnection) || (flags & (SYN | RST)) !== 0) return false;
    if (isBeyond(seq + dataLength, c.sndNxt)) return false;
    if ((flags & ACK) === 0) return true;
    return !isBeyond(ack, c.rcvNxt) && !isBeyond(ack + window * 2 ** c.rcvWscale, c.rcvWup + c.rcvWnd);
  }

  private readonly afterTimer = (): void => {
    this.learn();
    const { trace, inRing } = this;
    const events = inRing.get(trace.frame);
    if (events === undefined) return;
    inRing.delete(trace.frame);
    const { frame } = this.host.packet;
    frame.time -= this.ahead;
    this.climbed(frame, events);
  };

  private climbed(frame: Frame, events: TraceEvent[] | null): void {
    const { trace, ahead } = this;
    trace.time -= ahead;
    for (let i = 0; i < trace.transmissionCount; i++) trace.transmissions[i]!.time -= ahead;
    this.onClimbed(frame, trace, events);
  }

  private learn(): void {
    const { trace, sends } = this;
    for (let i = 0; i < trace.transmissionCount; i++) sends.add(trace.transmissions[i]!);
  }
}

/** Is the frame in the capture as it was on the wire? */
function isAsOnTheWire(frame: Frame, followed: Trace): boolean {
  if (frame.linkType !== LinkType.ethernet || frame.wireLength > frame.end - frame.start) return false;
  const excuses = frame.fcsLength > 0 ? GAPS : EXCUSES;
  for (let i = 0; i < followed.length; i++) if (excuses[followed.ids[i]!] !== 0) return false;
  return true;
}

/** Has the captured SYN-ACK agreed to what the machine's would? Where one of the two has no connection, there is nothing to compare. */
function haveSameOptions(c: Socket | null, followed: Socket | null): boolean {
  if (!(c instanceof TcpConnection) || !(followed instanceof TcpConnection)) return true;
  return c.rcvWscale === followed.rcvWscale && c.tsOk === followed.tsOk && c.sackOk === followed.sackOk;
}

function isBeyond(number: number, edge: number): boolean {
  return ((number - edge) | 0) > 0;
}

function nobody(): void {}
