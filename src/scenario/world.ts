import type { HostConfig, ListenerConfig } from '../host/config.ts';
import { Host } from '../host/host.ts';
import type { LineSignal } from '../host/phy/line.ts';
import type { Reading } from '../host/phy/reading.ts';
import type { Program } from '../host/sockets.ts';
import { State } from '../host/sockets.ts';
import { TcpConnection } from '../host/tcp/connection.ts';
import { CATALOGUE, EFFECT_OF } from '../trace/catalogue.ts';
import { Effect } from '../trace/decision.ts';
import { Trace } from '../trace/trace.ts';
import { Sent, type Transmission } from '../trace/transmission.ts';
import { isGroupMac, joinMac } from '../wire/address.ts';
import { u16, u32 } from '../wire/bytes.ts';
import { FCS_LENGTH } from '../wire/crc32.ts';
import { ETHERNET_HEADER, EtherType } from '../wire/ethernet.ts';
import { Frame } from '../wire/frame.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { settle as settleShape } from '../wire/shape.ts';
import { type Flight, FrameQueue } from './frame-queue.ts';
import { HandFlows } from './hand-flow.ts';
import { Line } from './line.ts';
import { Link } from './link.ts';
import type { Peer } from './peer.ts';
import type { PeerConnection } from './peer-connection.ts';
import { isAnswer, type StepRecord } from './step-record.ts';
import { sealed } from './wire-frame.ts';

/** Nanoseconds for which an unfinished exchange is waited for when no frame is on its way. */
const PATIENCE = 60_000_000_000;
/** Nanoseconds for eight bits at 1 Gb/s, and at 10 Mb/s. */
const OCTET_TIME = 8;
const OCTET_TIME_10BASE_T = 800;
/** Octets around a frame: preamble, delimiter, and the gap to the next one (IEEE 802.3 §4.4.2). */
const OVERHEAD = 20;

/**
 * Somebody who watches the server's wire: each frame that reaches it or leaves it, with its FCS. `trace` has what was decided of one that
 * came in; null for one that goes out.
 */
export type Tap = (bytes: Uint8Array, time: number, number: number, trace: Trace | null) => void;

/** Told of a frame's signal and of what the phy made of it; both are valid during the call. */
export type OnSignal = (number: number, signal: LineSignal, reading: Reading) => void;

/** Who is told of what the server decides. */
export interface Watcher {
  climbed(frame: Frame, trace: Trace): void;
  worked(trace: Trace): void;
}

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
  readonly links = new Map<string, Link>();
  readonly flows = new HandFlows();
  /** Climbs by the decision that ended them, and packets that the server sent. */
  readonly finals = new Float64Array(CATALOGUE.length);
  replies = 0;
  /** Frames that reached the server. */
  frames = 0;
  tap: Tap | null = null;
  /** Told of each signal that came to the server's phy. */
  onSignal: OnSignal | null = null;
  /** The step that has begun last, and whether it is one that sees everything (`wait`). */
  current: StepRecord | null = null;
  currentSeesAll = false;
  private readonly programs: Machinery;
  private readonly watcher: Watcher;
  /** What the server sends while a frame climbs comes after it on the wire. */
  private readonly answers: Uint8Array[] = [];
  private isClimbing = false;
  private readonly queue = new FrameQueue();
  /** Nanoseconds for eight bits, and when the last frame by hand has passed. */
  private readonly octetTime: number;
  private quietAt = 0;
  /** Frames in the server's receive ring, by number. */
  private readonly inRing = new Map<number, Flight>();
  /** Frames come to the server as a line signal; null: as bytes. */
  private readonly phy: Line | null;
  private readonly frame = settleShape(new Frame(), ['time']);
  private readonly peers: Peer[] = [];
  private readonly byMac = new Map<number, Link>();
  private readonly byAddress = new Map<string, Link>();
  /** Connections of which something may be under way. */
  private readonly active = new Set<PeerConnection>();

  /** `machinery`: the server's programs, made for its trace. */
  constructor(config: HostConfig, machinery: (trace: Trace) => Machinery, watcher: Watcher) {
    this.watcher = watcher;
    this.phy = config.phy === undefined ? null : new Line(config.seed);
    this.octetTime = config.phy === undefined ? OCTET_TIME : OCTET_TIME_10BASE_T;
    this.programs = machinery(this.trace);
    this.host = new Host(config, this.trace, (listener) => this.programs.programFor(listener));
    this.host.send = (bytes, start, end, time) => this.leaves(bytes, start, end, time);
  }

  /** Puts a client on a link of its own. */
  join(peer: Peer, latency: number): Link {
    const link = new Link(peer, latency);
    this.links.set(peer.name, link);
    this.peers.push(peer);
    this.byMac.set(joinMac(peer.mac.high, peer.mac.low), link);
    this.byAddress.set(peer.address.words.join('.'), link);
    peer.host.send = (bytes, start, end, time) => this.leavesPeer(link, bytes, start, end, time);
    peer.onEnded = (connection) => this.active.delete(connection);
    return link;
  }

  /** The link of the client with this MAC; null: nobody's. */
  linkByMac(mac: number): Link | null {
    return this.byMac.get(mac) ?? null;
  }

  /** Something was done with a connection: it is looked at before all is called quiet. */
  touch(connection: PeerConnection): void {
    this.active.add(connection);
  }

  /** A frame with its FCS, written by hand, is on the server's wire at `time`, unless the link harms it. */
  put(link: Link | null, bytes: Uint8Array, time: number, step: StepRecord | null, fcsLength = FCS_LENGTH): void {
    this.quietAt = Math.max(this.quietAt, time + Math.round((bytes.length + OVERHEAD) * this.octetTime));
    this.carry(link, bytes, time, 0, true, step, fcsLength);
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
      if (this.queue.size === 0 && this.inRing.size === 0 && !this.isBusy()) {
        if (this.quietAt <= this.now) return;
        await this.runUntil(this.quietAt);
        continue;
      }
      const next = this.nextEvent;
      if (next === Number.POSITIVE_INFINITY || (this.queue.size === 0 && this.inRing.size === 0 && next > deadline)) return;
      this.happen(next);
    }
  }

  /** Is the connection that a step is about in the middle of something? */
  isUnsettled(connection: PeerConnection | null): boolean {
    return connection !== null && this.isUnfinished(connection);
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

  /** Climbs that ended with this effect. */
  verdicts(effect: number): number {
    let sum = 0;
    for (let id = 0; id < this.finals.length; id++) if (EFFECT_OF[id] === effect) sum += this.finals[id]!;
    return sum;
  }

  private get nextEvent(): number {
    let next = Math.min(this.queue.next, this.host.nextTimer);
    for (const { host } of this.peers) if (host.nextTimer < next) next = host.nextTimer;
    return next;
  }

  /** What is due at `time`: timers first, then frames. */
  private happen(time: number): void {
    this.now = Math.max(this.now, time);
    const { host, queue } = this;
    if (host.nextTimer <= time) {
      host.advance(time, this.afterTimer);
      // what a mounted program is asked meanwhile is answered before anything else happens
      if (this.pending() !== null) return;
    }
    for (const peer of this.peers) if (peer.host.nextTimer <= time) peer.host.advance(time, nothing);
    while (queue.next <= time) {
      const flight = queue.pop();
      if (flight.inbound) {
        this.arrive(flight);
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
    const flight = this.inRing.get(trace.frame);
    if (flight !== undefined) {
      this.inRing.delete(trace.frame);
      this.climbed(flight, this.host.packet.frame);
      return;
    }
    this.learn();
    if (trace.length === 0) return;
    const step = this.stepOfTimer();
    step?.see(trace, null, -1);
    if (this.currentSeesAll && step !== this.current) this.current?.see(trace, null, -1);
    this.watcher.worked(trace);
  };

  /** A timer's work belongs to the connection that it sends for, else to the step under way. */
  private stepOfTimer(): StepRecord | null {
    for (let i = 0; i < this.trace.transmissionCount; i++) {
      const out = this.trace.transmissions[i]!;
      const step = this.flows.find(out)?.step ?? this.connectionOf(out)?.step;
      if (step !== undefined && step !== null) return step;
    }
    return this.current;
  }

  private connectionOf(out: Transmission): PeerConnection | null {
    if (out.protocol !== Sent.tcp) return null;
    const link = this.byAddress.get(`${out.dst0}.${out.dst1}.${out.dst2}.${out.dst3}`);
    return link?.peer.connectionAt(out.destinationPort) ?? null;
  }

  private arrive(flight: Flight): void {
    const { frame, trace } = this;
    frame.bytes = flight.bytes;
    frame.start = 0;
    frame.end = frame.wireLength = flight.bytes.length;
    frame.time = flight.time;
    frame.fcsLength = flight.fcsLength;
    frame.number = ++this.frames;
    this.isClimbing = true;
    const isOver = this.phy === null ? this.host.receive(frame) : this.receiveSignal(this.phy, flight);
    this.isClimbing = false;
    if (this.tap !== null) {
      this.tap(flight.bytes, flight.time, frame.number, trace);
      for (const answer of this.answers) this.tap(answer, flight.time, 0, null);
      this.answers.length = 0;
    }
    if (isOver) this.climbed(flight, frame);
    else this.inRing.set(frame.number, flight);
  }

  private receiveSignal(phy: Line, flight: Flight): boolean {
    const signal = phy.signalOf(flight);
    const isOver = this.host.receiveSignal(signal, this.frame);
    const { reading } = this.host;
    if (this.onSignal !== null && reading !== null) this.onSignal(this.frame.number, signal, reading);
    return isOver;
  }

  /** A frame's climb is over: the trace has its verdict. */
  private climbed(flight: Flight, frame: Frame): void {
    const { trace } = this;
    const { step } = flight;
    if (trace.final >= 0) this.finals[trace.final]!++;
    this.learn();
    if (step !== null) {
      step.pending--;
      step.see(trace, frame, this.baseOf(frame));
    }
    if (this.currentSeesAll && step !== this.current) this.current?.see(trace, frame, -1);
    this.watcher.climbed(frame, trace);
  }

  /** The number that the sender of a frame would use next. */
  private baseOf(frame: Frame): number {
    const { packet } = this.host;
    if (packet.protocol !== IpProtocol.tcp || !packet.hasTransport) return -1;
    const link = this.byMac.get(joinMac(packet.sourceMacHigh, packet.sourceMacLow));
    const connection = link?.peer.connectionOf(frame.bytes, frame.start, true);
    if (connection?.socket) return connection.socket.sndNxt;
    const flow = this.flows.peek(packet);
    return flow === undefined ? -1 : flow.next;
  }

  private arriveAtPeer(flight: Flight): void {
    const peer = flight.link!.peer;
    const connection = peer.connectionOf(flight.bytes, 0, false);
    if (connection !== null) {
      connection.lastPacket = flight.bytes;
      this.active.add(connection);
    } else if (peer.isByHand(flight.bytes)) return;
    const { frame } = this;
    frame.bytes = flight.bytes;
    frame.start = 0;
    frame.end = frame.wireLength = flight.bytes.length;
    frame.time = flight.time;
    frame.fcsLength = flight.fcsLength;
    frame.number = 0;
    peer.receive(frame);
  }

  /** What the activity's packets tell of connections that a script continues by hand, and how many they were. */
  private learn(): void {
    const { trace, flows } = this;
    for (let i = 0; i < trace.transmissionCount; i++) {
      if (isAnswer(trace, i)) this.replies++;
      if (flows.size === 0) continue;
      const out = trace.transmissions[i]!;
      if (out.protocol === Sent.tcp) flows.find(out)?.heard(out);
    }
  }

  /** The server sends a frame. */
  private leaves(bytes: Uint8Array, start: number, end: number, time: number): void {
    const frame = sealed(bytes, start, end);
    if (this.tap !== null) {
      if (this.isClimbing) this.answers.push(frame);
      else this.tap(frame, time, 0, null);
    }
    const flow = this.flows.ofFrame(frame);
    if (flow !== undefined) flow.lastPacket = frame;
    const high = u16(frame, 0);
    if (isGroupMac(high)) {
      for (const link of this.links.values()) this.carry(link, frame, time, link.latency, false, null);
      return;
    }
    const link = this.byMac.get(joinMac(high, u32(frame, 2))) ?? this.beyond(frame);
    if (link === undefined) return;
    if (u16(frame, 12) !== EtherType.arp) link.peer.lastPacket = frame;
    this.carry(link, frame, time, link.latency, false, null);
  }

  /** A client behind a router that has no part in the script. */
  private beyond(frame: Uint8Array): Link | undefined {
    const type = u16(frame, 12);
    const at = ETHERNET_HEADER;
    let link: Link | undefined;
    if (type === EtherType.ipv4) link = this.byAddress.get(`0.0.0.${u32(frame, at + 16)}`);
    if (type === EtherType.ipv6) {
      link = this.byAddress.get([24, 28, 32, 36].map((offset) => u32(frame, at + offset)).join('.'));
    }
    if (link === undefined) return undefined;
    // the router puts the client's MAC in
    const { high, low } = link.peer.mac;
    frame.set([high >>> 8, high & 0xff, low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff], 0);
    frame.set(sealed(frame, 0, frame.length - FCS_LENGTH));
    return link;
  }

  /** A client's machine sends a frame. */
  private leavesPeer(link: Link, bytes: Uint8Array, start: number, end: number, time: number): void {
    const { peer } = link;
    const connection = peer.connectionOf(bytes, start, true);
    if (connection !== null) this.active.add(connection);
    const asks = peer.step?.step.type === 'arp';
    const step = connection !== null ? connection.step : asks || !isAddressing(bytes, start) ? peer.step : null;
    this.carry(link, sealed(bytes, start, end), time, link.latency, true, step);
  }

  private carry(
    link: Link | null,
    bytes: Uint8Array,
    time: number,
    latency: number,
    inbound: boolean,
    step: StepRecord | null,
    fcsLength: number = FCS_LENGTH,
  ): void {
    if (link === null) {
      this.send({ time: time + latency, bytes, fcsLength, link, inbound, step });
      return;
    }
    const fate = link.decide(bytes.length);
    const arrival = link.arrival(time, latency, fate, inbound);
    const { copies, flipped } = fate;
    for (let copy = 0; copy < copies; copy++) {
      const own = copy > 0 || flipped >= 0 || !inbound ? bytes.slice() : bytes;
      if (flipped >= 0) own[flipped >> 3]! ^= 1 << (flipped & 7);
      this.send({ time: arrival, bytes: own, fcsLength, link, inbound, step });
    }
  }

  private send(flight: Omit<Flight, 'order'>): void {
    if (flight.step !== null && flight.inbound) flight.step.pending++;
    this.queue.push(flight);
  }

  /** Is an exchange of a closed-loop client unfinished? */
  private isBusy(): boolean {
    for (const connection of this.active) {
      if (this.isUnfinished(connection)) return true;
      this.active.delete(connection);
    }
    return false;
  }

  private isUnfinished(connection: PeerConnection): boolean {
    const { socket } = connection;
    if (socket === null) return false;
    if (socket.state === State.synSent || socket.packetsOut > 0) return true;
    if (connection.awaitsResponse && connection.isAsked) return true;
    const c = this.host.tcp.table.find(
      socket.family,
      socket.peer0,
      socket.peer1,
      socket.peer2,
      socket.peer3,
      socket.peerPort,
      socket.local0,
      socket.local1,
      socket.local2,
      socket.local3,
      socket.localPort,
    );
    if (!(c instanceof TcpConnection) || c.bucket) return false;
    return c.state === State.synReceived ? !c.ackedEarly : c.packetsOut > 0;
  }
}

function nothing(): void {}

/** ARP and neighbour discovery: no part of what a client was told to do. */
function isAddressing(bytes: Uint8Array, start: number): boolean {
  const type = u16(bytes, start + 12);
  if (type === EtherType.arp) return true;
  if (type !== EtherType.ipv6 || bytes[start + ETHERNET_HEADER + 6] !== IpProtocol.icmpv6) return false;
  const message = bytes[start + ETHERNET_HEADER + 40]!;
  return message >= 133 && message <= 137;
}

/** Number of an effect by its name. */
export function effectOf(verdict: keyof typeof Effect): number {
  return Effect[verdict];
}
