import type { HostConfig, ListenerConfig } from '../../host/config.ts';
import { Host } from '../../host/host.ts';
import type { Program } from '../../host/sockets.ts';
import { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { joinMac } from '../../wire/address.ts';
import { u16 } from '../../wire/bytes.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import { Frame } from '../../wire/frame.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { settle as settleShape } from '../../wire/shape.ts';
import { HandFlows } from '../by-hand/hand-flow.ts';
import { sealed } from '../by-hand/wire-frame.ts';
import { Cables } from '../cable/cables.ts';
import type { Flight } from '../cable/frame-queue.ts';
import type { Link } from '../cable/link.ts';
import { Exchanges } from '../clients/exchanges.ts';
import type { Peer } from '../clients/peer.ts';
import type { PeerConnection } from '../clients/peer-connection.ts';
import type { StepRecord } from '../record/step-record.ts';
import { Ledger, type Watcher } from './ledger.ts';
import { ServerWire } from './server-wire.ts';

/** Nanoseconds for which an unfinished exchange is waited for when no frame is on its way. */
const PATIENCE = 60_000_000_000;
/** Offset of the next header's number in an IPv6 header. */
const NEXT_HEADER = 6;
/** Octets around a frame: preamble, delimiter, and the gap to the next one (IEEE 802.3 §4.4.2). */
const OVERHEAD = 20;

/** The server's programs. What mounted ones are asked is awaited before time goes on. */
export interface Machinery {
  programFor(listener: ListenerConfig): Program;
  settle(): Promise<void> | null;
}

/**
 * Virtual time, and in it one server, its clients and the links between them. Nothing happens but frames that arrive and timers that run
 * out; time goes from one to the next.
 */
export class World {
  /** Nanoseconds. */
  now = 0;
  readonly host: Host;
  readonly trace = new Trace();
  readonly cables = new Cables();
  readonly flows = new HandFlows();
  readonly ledger: Ledger;
  readonly wire: ServerWire;
  private readonly programs: Machinery;
  /** Nanoseconds: when the last frame by hand has passed. */
  private quietAt = 0;
  /** What a client receives. */
  private readonly frame = settleShape(new Frame(), ['time']);
  private readonly peers: Peer[] = [];
  private readonly exchanges: Exchanges;

  /** `machinery`: the server's programs, made for its trace. */
  constructor(config: HostConfig, machinery: (trace: Trace) => Machinery, watcher: Watcher) {
    this.ledger = new Ledger(this.trace, this.flows, watcher);
    this.programs = machinery(this.trace);
    this.host = new Host(config, this.trace, (listener) => this.programs.programFor(listener));
    this.wire = new ServerWire(config, this.host, this.trace);
    this.exchanges = new Exchanges(this.host);
    this.host.send = (bytes, start, end, time) => this.leaves(bytes, start, end, time);
  }

  /** Puts a client on a link of its own. */
  join(peer: Peer, latency: number): Link {
    const link = this.cables.join(peer, latency);
    this.peers.push(peer);
    peer.host.send = (bytes, start, end, time) => this.leavesPeer(link, bytes, start, end, time);
    peer.onEnded = (connection) => this.exchanges.forget(connection);
    return link;
  }

  /** Something was done with a connection: it is looked at before all is called quiet. */
  touch(connection: PeerConnection): void {
    this.exchanges.touch(connection);
  }

  /**
   * A frame with its FCS, written by hand, is on the server's wire at `time`, unless the link harms it. `inbound` false: it is for the
   * client of that link, and the server has no part in it.
   */
  put(link: Link | null, bytes: Uint8Array, time: number, step: StepRecord | null, inbound = true): void {
    this.quietAt = Math.max(this.quietAt, time + Math.round((bytes.length + OVERHEAD) * this.wire.octetTime));
    if (!inbound) this.wire.leave(bytes, time);
    this.flows.hear(bytes, !inbound);
    this.cables.carry(bytes, { link, time, latency: 0, inbound, step });
  }

  /** Lets time pass up to and including `until`. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const work = this.pending();
      if (work !== null) await work;
      const next = this.nextEvent;
      if (next > until) break;
      this.happen(next);
    }
    this.now = Math.max(this.now, until);
  }

  /**
   * Lets time pass until the wire is quiet: no frame is on its way, and no client's connection has anything unacknowledged or unanswered, by
   * either side, that somebody will send again. An exchange that does not get on is given up after a minute. A frame by hand takes the time
   * that its bits need.
   */
  async settle(): Promise<void> {
    const deadline = this.now + PATIENCE;
    for (;;) {
      const work = this.pending();
      if (work !== null) await work;
      if (this.host.nextTimer <= this.now) {
        this.happen(this.now);
        continue;
      }
      const isQuiet = this.cables.isEmpty && this.wire.isQuiet;
      if (isQuiet && !this.exchanges.areUnderWay) {
        if (this.quietAt <= this.now) return;
        await this.runUntil(this.quietAt);
        continue;
      }
      const next = this.nextEvent;
      if (next === Number.POSITIVE_INFINITY || (isQuiet && next > deadline)) return;
      this.happen(next);
    }
  }

  /** Is the connection that a step is about in the middle of something? */
  isUnsettled(connection: PeerConnection | null): boolean {
    return connection !== null && this.exchanges.isUnfinished(connection);
  }

  /** The server's socket of a connection, as far as it still has one. */
  serverSocket(
    family: number,
    local: readonly number[],
    localPort: number,
    peer: readonly number[],
    peerPort: number,
  ): ReturnType<Host['tcp']['table']['find']> {
    const [l0, l1, l2, l3] = local as [number, number, number, number];
    const [p0, p1, p2, p3] = peer as [number, number, number, number];
    return this.host.tcp.table.find(family, l0, l1, l2, l3, localPort, p0, p1, p2, p3, peerPort);
  }

  private get nextEvent(): number {
    let next = Math.min(this.cables.next, this.host.nextTimer);
    for (const { host } of this.peers) if (host.nextTimer < next) next = host.nextTimer;
    return next;
  }

  /** What is due at `time`: timers first, then frames. */
  private happen(time: number): void {
    this.now = Math.max(this.now, time);
    const { host, cables } = this;
    if (host.nextTimer <= time) {
      host.advance(time, this.afterTimer);
      // what a mounted program is asked meanwhile is answered before anything else happens
      if (this.pending() !== null) return;
    }
    for (const peer of this.peers) if (peer.host.nextTimer <= time) peer.host.advance(time, nothing);
    while (cables.next <= time) {
      const flight = cables.take();
      if (flight.inbound) {
        const frame = this.wire.arrive(flight);
        if (frame !== null) this.climbed(flight, frame);
        if (this.pending() !== null) return;
      } else this.arriveAtPeer(flight);
    }
  }

  /** Mounted programs that have not answered. */
  private pending(): Promise<void> | null {
    return this.programs.settle();
  }

  private readonly afterTimer = (): void => {
    const { trace } = this;
    const flight = this.wire.takeFromRing(trace.frame);
    if (flight !== undefined) {
      this.climbed(flight, this.host.packet.frame);
      return;
    }
    this.ledger.learn();
    if (trace.length > 0) this.ledger.worked(this.stepOfTimer());
  };

  /** A timer's work belongs to the connection that it sends for, else to the step under way. */
  private stepOfTimer(): StepRecord | null {
    for (let i = 0; i < this.trace.transmissionCount; i++) {
      const out = this.trace.transmissions[i]!;
      const step = this.flows.find(out)?.step ?? this.connectionOf(out)?.step;
      if (step !== undefined && step !== null) return step;
    }
    return this.ledger.current;
  }

  private connectionOf(out: Transmission): PeerConnection | null {
    if (out.protocol !== Sent.tcp) return null;
    return this.cables.peerAt(out.dst0, out.dst1, out.dst2, out.dst3)?.connectionAt(out.destinationPort) ?? null;
  }

  private climbed(flight: Flight, frame: Frame): void {
    this.ledger.learn();
    this.ledger.climbed(frame, flight.step, flight.step === null ? -1 : this.baseOf(frame));
  }

  /** The number that the sender of a frame would use next. */
  private baseOf(frame: Frame): number {
    const { packet } = this.host;
    if (packet.protocol !== IpProtocol.tcp || !packet.hasTransport) return -1;
    const link = this.cables.linkByMac(joinMac(packet.sourceMacHigh, packet.sourceMacLow));
    const connection = link?.peer.connectionOf(frame.bytes, frame.start, true);
    if (connection?.socket) return connection.socket.sndNxt;
    const flow = this.flows.peek(packet);
    return flow === undefined ? -1 : flow.next;
  }

  private arriveAtPeer(flight: Flight): void {
    const peer = flight.link!.peer;
    const { step } = flight;
    if (step !== null) step.pending--;
    const connection = peer.connectionOf(flight.bytes, 0, false);
    if (connection !== null) {
      connection.lastPacket = flight.bytes;
      this.exchanges.touch(connection);
    } else if (peer.isByHand(flight.bytes)) return;
    const { frame } = this;
    frame.bytes = flight.bytes;
    frame.start = 0;
    frame.end = frame.wireLength = flight.bytes.length;
    frame.time = flight.time;
    frame.fcsLength = flight.fcsLength;
    frame.number = 0;
    peer.receive(frame);
    step?.see(peer.trace, frame, -1);
  }

  /** The server sends a frame. */
  private leaves(bytes: Uint8Array, start: number, end: number, time: number): void {
    const frame = sealed(bytes, start, end);
    this.wire.leave(frame, time);
    const flow = this.flows.ofFrame(frame);
    if (flow !== undefined) flow.lastPacket = frame;
    const peer = this.cables.deliver(frame, time);
    if (peer !== null && u16(frame, 12) !== EtherType.arp) peer.lastPacket = frame;
  }

  /** A client's machine sends a frame. */
  private leavesPeer(link: Link, bytes: Uint8Array, start: number, end: number, time: number): void {
    const { peer } = link;
    const connection = peer.connectionOf(bytes, start, true);
    if (connection !== null) this.exchanges.touch(connection);
    const asks = peer.step?.step.type === 'arp';
    const step = connection !== null ? connection.step : asks || !isAddressing(bytes, start) ? peer.step : null;
    this.cables.carry(sealed(bytes, start, end), { link, time, latency: link.latency, inbound: true, step });
  }
}

function nothing(): void {}

/** ARP and neighbour discovery: no part of what a client was told to do. */
function isAddressing(bytes: Uint8Array, start: number): boolean {
  const type = u16(bytes, start + 12);
  if (type === EtherType.arp) return true;
  if (type !== EtherType.ipv6 || bytes[start + ETHERNET_HEADER + NEXT_HEADER] !== IpProtocol.icmpv6) return false;
  const message = bytes[start + ETHERNET_HEADER + IPV6_HEADER]!;
  return message >= Icmpv6Type.routerSolicitation && message <= Icmpv6Type.redirect;
}
