import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { Transmission } from '../trace/transmission.ts';
import { u32 } from '../wire/bytes.ts';
import { ETHERNET_HEADER } from '../wire/ethernet.ts';
import type { Frame } from '../wire/frame.ts';
import { IcmpType, UnreachableCode } from '../wire/icmp.ts';
import { Icmpv6Type, Unreachable6Code } from '../wire/icmpv6.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { IPV4_HEADER } from '../wire/ipv4.ts';
import { settle } from '../wire/shape.ts';
import { Addresses, withLinkLocal6 } from './addresses.ts';
import { Driver } from './card/driver.ts';
import type { Lane } from './card/lane.ts';
import { Lanes } from './card/lanes.ts';
import type { Load, Slot } from './card/load.ts';
import { Nic } from './card/nic.ts';
import type { HostConfig, ListenerConfig } from './config.ts';
import type { HostContext } from './context.ts';
import { Egress, type Send } from './egress.ts';
import { Firewall } from './firewall/firewall.ts';
import { Forward4 } from './forward/forward.ts';
import { Forward6 } from './forward/forward6.ts';
import { Icmp } from './icmp/icmp.ts';
import { IcmpErrors } from './icmp/icmp-errors.ts';
import { Icmpv6 } from './icmp/icmpv6.ts';
import { Icmpv6Errors } from './icmp/icmpv6-errors.ts';
import { Peers } from './icmp/peers.ts';
import { Redirects } from './icmp/redirects.ts';
import { Fragments } from './ip/fragments.ts';
import { Ipv4 } from './ip/ip.ts';
import { IpIds } from './ip/ip-ids.ts';
import { Ipv4OptionRules } from './ip/ipv4-options.ts';
import { Ipv6 } from './ip/ipv6.ts';
import { Ipv6Headers } from './ip/ipv6-headers.ts';
import { Paths } from './ip/paths.ts';
import { Routes } from './ip/routes.ts';
import { Arp } from './neighbours/arp.ts';
import { NeighbourDiscovery } from './neighbours/neighbour-discovery.ts';
import { Neighbours } from './neighbours/neighbours.ts';
import { RouterAdvertisements } from './neighbours/router-advertisements.ts';
import { Packet } from './packet.ts';
import type { LineSignal } from './phy/line.ts';
import { Phy } from './phy/phy.ts';
import type { Reading } from './phy/reading.ts';
import { Random } from './random.ts';
import { Descriptors, type Program, type Socket } from './sockets.ts';
import { type RefusedListener, Startup } from './startup.ts';
import { Tcp } from './tcp/tcp.ts';
import { Timers } from './time/timers.ts';
import { Udp } from './udp/udp.ts';
import { UdpLite } from './udp/udp-lite.ts';

/** Fields of a packet with addresses and sequence numbers: see `settle`. */
const WIDE = [
  'sourceMacLow',
  'destinationMacLow',
  'src0',
  'src1',
  'src2',
  'src3',
  'dst0',
  'dst1',
  'dst2',
  'dst3',
  'seq',
  'ack',
  'senderIsn',
  'receiverIsn',
] as const;

/**
 * The receiving machine. A frame climbs: nic, driver, arp or ip, icmp or udp or tcp, socket, program; each layer calls the next with
 * the one packet and records its decisions. What the host sends on the way is in the trace, and, on a live host, goes out as frames.
 * When a live host is made, its program starts: the trace then holds that activity, at time 0, for whoever wants to show it.
 */
export class Host {
  readonly context: HostContext;
  readonly tcp: Tcp;
  readonly udp: Udp;
  /** Sockets of the configuration that the program could not open (live hosts). */
  readonly refused: readonly RefusedListener[];
  private readonly trace: Trace;
  private readonly timers = new Timers();
  /** What is known of the packet that climbs, or climbed last. */
  readonly packet = settle(new Packet(), WIDE);
  /** Ways of segments that have come before; null where headers do not tell all: with a packet filter, or interrupts that take time. */
  readonly lanes: Lanes | null;
  private readonly nic: Nic;
  private readonly driver: Driver;
  private phy: Phy | null = null;
  private readonly egress: Egress;
  private readonly addresses: Addresses;
  private readonly errors4: IcmpErrors;
  private readonly options4: Ipv4OptionRules;
  private readonly errors6: Icmpv6Errors;
  private readonly neighbours: Neighbours;
  /** Those behind listeners that are told of the end of each activity. */
  private readonly programs: readonly Program[];

  constructor(config: HostConfig, trace: Trace, programFor: (listener: ListenerConfig) => Program) {
    this.trace = trace;
    trace.facts = this.packet;
    settle(trace, ['time']);
    settle(new Transmission(), ['time', 'src3', 'dst3', 'hop3', 'seq', 'ack', 'iss', 'irs', 'tsVal', 'tsEcr']);
    const { timers } = this;
    const context: HostContext = {
      config,
      trace,
      timers,
      random: new Random(config.seed),
      descriptors: new Descriptors(),
      now: 0,
      hopLimit6: config.sysctl['ipv6.hop_limit'],
      clock: {
        get now() {
          return context.now;
        },
        arm: (alarm, due) => timers.arm(alarm, Math.max(due, context.now)),
        cancel: (alarm) => timers.cancel(alarm),
      },
      programFor,
      onEnded: null,
    };
    this.context = settle(context, ['now']);

    const addresses = new Addresses(withLinkLocal6(config), config.sysctl['ipv6.forwarding'] !== 0);
    const routes = new Routes(config, addresses);
    const paths = new Paths(context, routes);
    const peers = new Peers();
    const ids = new IpIds(context.random);
    const errors4 = new IcmpErrors(context, addresses, ids, peers, paths);
    const errors6 = new Icmpv6Errors(context, addresses, peers);
    this.neighbours = new Neighbours(context, addresses);
    this.tcp = new Tcp(context);
    if (config.capture === null) this.tcp.paths = paths;
    this.udp = new Udp(context, addresses, ids, errors4, errors6);
    const udpLite = new UdpLite(this.trace, errors4, errors6);
    const rules = config.firewall ?? [];
    const firewall = rules.length === 0 ? null : new Firewall(context, rules, errors4, errors6);
    const options = new Ipv4OptionRules(context, addresses, routes, errors4);
    this.errors4 = errors4;
    this.options4 = options;
    this.errors6 = errors6;
    this.addresses = addresses;
    const advertisements = new RouterAdvertisements(context, routes, paths, this.neighbours);
    const discovery = new NeighbourDiscovery(context, addresses, this.neighbours, advertisements);
    const fragments = new Fragments(context, errors4, errors6, peers);
    if (firewall?.tracks) fragments.isForUs = ({ dst3 }) => addresses.isOurs4(dst3) || addresses.isBroadcast4(dst3);
    const ipv4 = new Ipv4(context, {
      addresses,
      routes,
      options,
      forward: new Forward4(context, { addresses, routes, errors: errors4, options, peers, firewall }),
      firewall,
      fragments,
      errors: errors4,
      icmp: new Icmp(context, errors4, this.tcp, this.udp, new Redirects(context, addresses, paths, this.neighbours), paths),
      udp: this.udp,
      udpLite,
      tcp: this.tcp,
    });
    const ipv6 = new Ipv6(context, {
      addresses,
      routes,
      headers: new Ipv6Headers(context, fragments, errors6),
      forward: new Forward6(context, { addresses, routes, errors: errors6, peers, neighbours: this.neighbours, firewall }),
      firewall,
      errors: errors6,
      icmp: new Icmpv6(context, errors6, discovery, this.tcp, this.udp, paths),
      udp: this.udp,
      udpLite,
      tcp: this.tcp,
    });
    this.nic = new Nic(context, addresses);
    const { load } = this.nic;
    if (load !== null) {
      load.climb = (slot) => this.climb(slot, load);
      load.isServing = () => this.tcp.connections()[Symbol.iterator]().next().done === false;
    }
    const isPlain = config.capture !== null && firewall === null && config.irqUsecs === 0 && config.cpuPerFrame === 0;
    this.lanes = isPlain ? new Lanes(this.nic.minFrame, this.nic.maxFrame) : null;
    this.driver = new Driver(context, this.nic.ring, new Arp(context, addresses, routes, this.neighbours), ipv4, ipv6);
    this.egress = new Egress(context, addresses, routes, paths, this.neighbours, firewall);
    this.neighbours.onUnreachable = (neighbour, frame) => this.reportUnreachable(neighbour.family, frame);
    if (config.capture === null) {
      trace.begin(0);
      const startup = new Startup(context, addresses, this.tcp, this.udp);
      startup.run();
      this.refused = startup.refused;
      this.programs = [...this.tcp.listeners].flatMap(({ program }) => (program?.activityEnds === undefined ? [] : program));
      return;
    }
    this.refused = [];
    this.programs = [];
    for (const listener of config.listeners) {
      if (listener.protocol === 'tcp') this.tcp.listen(listener);
      else this.udp.listen(listener);
    }
  }

  /** Nanoseconds when a timer is due next; Infinity: none is set. */
  get nextTimer(): number {
    return this.timers.next;
  }

  /** Told of each socket that leaves the table. */
  set onEnded(told: HostContext['onEnded']) {
    this.context.onEnded = told;
  }

  /** Sockets that wait for whoever comes: listeners, then UDP sockets. */
  *bound(): Generator<Socket> {
    yield* this.tcp.listeners;
    yield* this.udp.sockets();
  }

  /** Every socket there is: those bound, then connections. */
  *sockets(): Generator<Socket> {
    yield* this.bound();
    yield* this.tcp.connections();
  }

  /** Set on a live host: takes each frame that the host sends. Null: transmissions stay in the trace. */
  get send(): Send | null {
    return this.egress.send;
  }
  set send(send: Send | null) {
    this.egress.send = send;
  }

  /** The neighbour's MAC is known from elsewhere: the host need not ask for it. Addresses as in Packet. */
  keepNeighbour(family: number, w0: number, w1: number, w2: number, w3: number, macHigh: number, macLow: number): void {
    this.neighbours.keep(family, w0, w1, w2, w3, macHigh, macLow);
  }

  /**
   * A frame arrives at the host's card. True: its climb is over, and the trace holds all of it, verdict last.
   *
   * False, only on a live host with a load (`cpuPerFrame`, or interrupts that wait for more frames): the frame lies in the ring, the trace
   * holds the card's decisions and no verdict, and there is nothing to show yet. Its climb comes as an activity of a later `advance`, at the
   * time when the CPU takes it: there `trace.frame` is the frame's number (0 in every other activity of `advance`), `packet.frame` a copy of
   * the frame as it arrived, valid until the next activity, and the trace begins with the card's decisions again. Every frame is shown
   * once, in the order in which verdicts fall: a frame that finds the ring full is dropped before those in the ring have climbed.
   */
  receive(frame: Frame): boolean {
    return this.enter(this.begin(frame));
  }

  private enter(packet: Packet): boolean {
    if (this.nic.receive(packet)) {
      if (this.nic.load !== null) return false;
      this.driver.receive(packet);
    }
    if (this.egress.send !== null) this.hear(packet);
    this.end();
    return true;
  }

  /** A segment that fits the lane is received or, where the lane leads from the host, observed. */
  follow(lane: Lane, frame: Frame): void {
    const packet = this.begin(frame);
    lane.lead(packet, this.trace);
    if (lane.inbound) this.tcp.receive(packet);
    else this.tcp.observe(packet);
  }

  /**
   * A line signal arrives (`phy/transmitter.ts` makes one of a frame): the phy reads octets out of it, which replace those of `frame`; its
   * time, number and link type hold. What is said of `receive` holds too: true, the trace holds the whole climb, from the phy up.
   */
  receiveSignal(signal: LineSignal, frame: Frame): boolean {
    this.phy ??= new Phy(this.trace);
    const packet = this.begin(frame);
    if (!this.phy.receive(signal, frame)) return true;
    packet.dribble = this.phy.dribble;
    const isDone = this.enter(packet);
    packet.dribble = 0;
    return isDone;
  }

  /** What the phy made of the last signal, bit by bit; null before the first. */
  get reading(): Reading | null {
    return this.phy?.reading ?? null;
  }

  /** A frame that the captured host has sent: only watched. */
  observe(frame: Frame): void {
    const packet = this.begin(frame);
    if (this.nic.observe(packet)) this.driver.observe(packet);
    else this.trace.record(D.nic_observed, frame.linkType);
  }

  /** Lets time pass up to `until`: each timer that is due is an activity of its own, shown to `after`. */
  advance(until: number, after: () => void): void {
    for (let alarm = this.timers.take(until); alarm !== null; alarm = this.timers.take(until)) {
      const now = alarm.due;
      alarm.due = Number.POSITIVE_INFINITY;
      this.context.now = now;
      this.trace.begin(now);
      this.tcp.current = null;
      alarm.expire(now);
      this.end();
      after();
    }
  }

  /** The program does something of its own accord: an activity as a timer's work is. */
  act(time: number, work: () => void): void {
    this.context.now = time;
    this.trace.begin(time);
    this.tcp.current = null;
    work();
    this.end();
  }

  /** The CPU takes a frame out of the ring: the activity under way is that frame's climb. */
  private climb(slot: Slot, load: Load): void {
    const { packet, trace } = this;
    trace.again(slot.frame.number, slot.decisions, slot.values);
    packet.reset();
    packet.frame = slot.frame;
    this.nic.resume(packet, slot.trailer);
    this.driver.receiveLate(packet, load, this.context.now - slot.arrived);
    this.hear(packet);
  }

  private begin(frame: Frame): Packet {
    const { packet } = this;
    // A capture's clock may go back; the host's does not.
    const now = Math.max(this.context.now, frame.time);
    this.context.now = now;
    this.trace.begin(now, frame.number);
    packet.reset();
    packet.sealed = false;
    packet.frame = frame;
    this.tcp.current = null;
    return packet;
  }

  /** A packet of ours could not be sent: TCP is told as by an ICMP error that quotes it (Linux dst_link_failure). */
  private reportUnreachable(family: number, frame: Uint8Array): void {
    const is4 = family === 4;
    if (!this.isFromUs(is4, frame)) {
      this.reportToSender(is4, frame);
      return;
    }
    if (frame[ETHERNET_HEADER + (is4 ? 9 : 6)] !== IpProtocol.tcp) return;
    const error = new Packet();
    error.bytes = frame;
    error.family = family;
    const type = is4 ? IcmpType.destinationUnreachable : Icmpv6Type.destinationUnreachable;
    const code = is4 ? UnreachableCode.host : Unreachable6Code.address;
    this.tcp.icmpError(error, type, code, ETHERNET_HEADER, frame.length);
  }

  private isFromUs(is4: boolean, frame: Uint8Array): boolean {
    const at = ETHERNET_HEADER + (is4 ? 12 : 8);
    if (is4) return this.addresses.isOurs4(u32(frame, at));
    return this.addresses.isOurs6(u32(frame, at), u32(frame, at + 4), u32(frame, at + 8), u32(frame, at + 12));
  }

  /** A packet that we forward found nobody at the next hop: its sender is told (Linux ipv4_link_failure, ip6_link_failure). */
  private reportToSender(is4: boolean, frame: Uint8Array): void {
    const packet = new Packet();
    packet.bytes = frame;
    packet.networkStart = ETHERNET_HEADER;
    packet.networkEnd = frame.length;
    packet.family = is4 ? 4 : 6;
    packet.tos = is4 ? frame[ETHERNET_HEADER + 1]! : 0;
    const at = ETHERNET_HEADER + (is4 ? 12 : 8);
    if (is4) {
      packet.src3 = u32(frame, at);
      packet.dst3 = u32(frame, at + 4);
      packet.optionsStart = ETHERNET_HEADER + IPV4_HEADER;
      packet.optionsEnd = ETHERNET_HEADER + ((frame[ETHERNET_HEADER]! & 0xf) << 2);
      if (packet.optionsEnd > packet.optionsStart && this.options4.fillIn(packet) >= 0) return;
      this.errors4.send(packet, IcmpType.destinationUnreachable, UnreachableCode.host, 0, D.icmp_host_unreachable);
      return;
    }
    packet.src0 = u32(frame, at);
    packet.src1 = u32(frame, at + 4);
    packet.src2 = u32(frame, at + 8);
    packet.src3 = u32(frame, at + 12);
    packet.dst0 = u32(frame, at + 16);
    packet.dst1 = u32(frame, at + 20);
    packet.dst2 = u32(frame, at + 24);
    packet.dst3 = u32(frame, at + 28);
    this.errors6.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.address, 0, D.icmpv6_address_unreachable);
  }

  private hear(packet: Packet): void {
    if (packet.protocol === IpProtocol.tcp && packet.hasTransport && !packet.passedBy) this.neighbours.heard(packet);
  }

  /** An activity is over: what it sends leaves. */
  private end(): void {
    if (this.egress.send !== null) this.egress.flush();
    for (let i = 0; i < this.programs.length; i++) this.programs[i]!.activityEnds!(this.tcp.current);
  }
}
