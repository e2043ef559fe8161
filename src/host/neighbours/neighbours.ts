import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { joinMac } from '../../wire/address.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { type Addresses, linkLocalOf } from '../addresses.ts';
import type { HostAddress } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Packet } from '../packet.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import { Alarm } from '../time/timers.ts';
import { solicit } from './neighbour-discovery.ts';

const MILLISECOND = 1_000_000;
const SECOND = 1_000_000_000;

/** RFC 4861 §7.3.2, which Linux uses for ARP too. */
const Reachability = {
  none: 0,
  incomplete: 1,
  reachable: 2,
  stale: 3,
  delay: 4,
  probe: 5,
  failed: 6,
  permanent: 7,
} as const;

type NeighbourSetting =
  | 'unres_qlen_bytes'
  | 'delay_first_probe_time'
  | 'base_reachable_time_ms'
  | 'ucast_solicit'
  | 'mcast_solicit'
  | 'retrans_time_ms';

/** One address on the link. */
export class Neighbour extends Alarm {
  readonly family: number;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  macHigh = 0;
  macLow = 0;
  /** A `Reachability` number. */
  state: number = Reachability.none;
  /** Questions sent since it was last heard of. */
  probes = 0;
  /** IPv6: the packet that it is asked for comes from a link-local address, or is forwarded, and the question does so too. */
  asksFromLinkLocal = false;
  /** IPv4: the source of the packet that waits for it; 0: none of ours. */
  asksFrom4 = 0;
  confirmedAt = Number.NEGATIVE_INFINITY;
  usedAt = Number.NEGATIVE_INFINITY;
  updatedAt = Number.NEGATIVE_INFINITY;
  /** Frames that wait for its MAC, oldest first, with room for the Ethernet header. */
  readonly waiting: Uint8Array[] = [];
  waitingBytes = 0;
  next: Neighbour | null = null;
  private readonly table: Neighbours;

  constructor(table: Neighbours, family: number, w0: number, w1: number, w2: number, w3: number) {
    super();
    this.table = table;
    this.family = family;
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }

  get hasMac(): boolean {
    return this.state >= Reachability.reachable && this.state !== Reachability.failed;
  }

  expire(now: number): void {
    this.table.expire(this, now);
  }
}

/** The neighbour table of a live host: who has which MAC, learnt by ARP and neighbour discovery and aged as Linux does (net/core/neighbour.c). */
export class Neighbours {
  /** Sends what waited for the neighbour's MAC. */
  onResolved: ((neighbour: Neighbour) => void) | null = null;
  /** Told of each frame that waited in vain: whoever sent it is to know that the neighbour cannot be reached. */
  onUnreachable: ((neighbour: Neighbour, frame: Uint8Array) => void) | null = null;
  /** Nanoseconds between two solicitations of IPv6, as a router advertises; 0: as configured. */
  retransmit6 = 0;
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly chains = new Map<number, Neighbour>();
  /** Entries that age. */
  private count = 0;

  constructor(context: HostContext, addresses: Addresses) {
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    for (const { address, mac } of context.config.neighbours ?? []) {
      const [w0, w1, w2, w3] = address.words;
      this.keep(address.family, w0, w1, w2, w3, mac.high, mac.low);
    }
  }

  /** An entry that never ages. */
  keep(family: number, w0: number, w1: number, w2: number, w3: number, macHigh: number, macLow: number): void {
    const known = this.find(family, w0, w1, w2, w3);
    if (known !== null && known.state !== Reachability.permanent) this.count--;
    const neighbour = known ?? this.insert(family, w0, w1, w2, w3);
    neighbour.state = Reachability.permanent;
    neighbour.macHigh = macHigh;
    neighbour.macLow = macLow;
  }

  find(family: number, w0: number, w1: number, w2: number, w3: number): Neighbour | null {
    let neighbour = this.chains.get(keyOf(w0, w1, w2, w3)) ?? null;
    while (neighbour !== null && !isAt(neighbour, family, w0, w1, w2, w3)) neighbour = neighbour.next;
    return neighbour;
  }

  /** The entry, made where there is none; null: the table is full. */
  entry(family: number, w0: number, w1: number, w2: number, w3: number): Neighbour | null {
    return this.find(family, w0, w1, w2, w3) ?? this.create(family, w0, w1, w2, w3);
  }

  /** The entry to send to, made where there is none (null: the table is full); asks for its MAC where that is not known. */
  use(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    asksFromLinkLocal = false,
    asksFrom4 = 0,
  ): Neighbour | null {
    const neighbour = this.entry(family, w0, w1, w2, w3);
    if (neighbour === null) {
      this.trace.record(D.arp_table_full, this.count);
      return null;
    }
    neighbour.asksFrom4 = asksFrom4;
    const now = this.context.now;
    neighbour.usedAt = now;
    if (neighbour.state === Reachability.stale) {
      neighbour.state = Reachability.delay;
      this.arm(neighbour, this.delay(neighbour));
    } else if (neighbour.state === Reachability.none || neighbour.state === Reachability.failed) {
      neighbour.state = Reachability.incomplete;
      neighbour.probes = 0;
      neighbour.asksFromLinkLocal = asksFromLinkLocal;
      this.ask(neighbour);
    }
    return neighbour;
  }

  /** Keeps a frame until the neighbour's MAC is known; the oldest give way when there are too many. */
  wait(neighbour: Neighbour, frame: Uint8Array): void {
    neighbour.waiting.push(frame);
    neighbour.waitingBytes += frame.length;
    while (neighbour.waitingBytes > this.setting(neighbour, 'unres_qlen_bytes') && neighbour.waiting.length > 1) {
      neighbour.waitingBytes -= neighbour.waiting.shift()!.length;
      this.trace.record(D.arp_queue_full, neighbour.w3);
    }
  }

  /** The neighbour has asked us something and said its MAC; `create`: it is worth an entry. */
  learn(family: number, w0: number, w1: number, w2: number, w3: number, macHigh: number, macLow: number, create: boolean): void {
    if (this.context.config.capture !== null) return;
    const neighbour = create ? this.entry(family, w0, w1, w2, w3) : this.find(family, w0, w1, w2, w3);
    if (neighbour === null) return;
    if (neighbour.hasMac && neighbour.macHigh === macHigh && neighbour.macLow === macLow) return;
    this.update(neighbour, macHigh, macLow, Reachability.stale);
  }

  /** The neighbour has answered: only those that we know of are taken notice of. */
  confirm(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    macHigh: number,
    macLow: number,
    isReachable: boolean,
    mayReplace: boolean,
  ): void {
    const neighbour = this.find(family, w0, w1, w2, w3);
    if (neighbour === null || this.context.config.capture !== null) return;
    const isSame = neighbour.macHigh === macHigh && neighbour.macLow === macLow;
    if (neighbour.hasMac && !isSame && !mayReplace) {
      if (neighbour.state === Reachability.reachable) neighbour.state = Reachability.stale;
      return;
    }
    this.update(neighbour, macHigh, macLow, isReachable ? Reachability.reachable : isSame ? neighbour.state : Reachability.stale);
  }

  /** The neighbour has answered without saying its MAC, as it may where it was asked by its MAC (RFC 4861 §4.4): what we know holds. */
  stillThere(family: number, w0: number, w1: number, w2: number, w3: number): void {
    const neighbour = this.find(family, w0, w1, w2, w3);
    if (neighbour?.hasMac) this.update(neighbour, neighbour.macHigh, neighbour.macLow, Reachability.reachable);
  }

  /** TCP has heard from it that our packets arrive (RFC 4861 §7.3.1). */
  heard(packet: Packet): void {
    if ((packet.tcpFlags & (TcpFlag.ack | TcpFlag.syn | TcpFlag.rst)) !== TcpFlag.ack) return;
    const neighbour = this.find(packet.family, packet.src0, packet.src1, packet.src2, packet.src3);
    if (neighbour !== null) neighbour.confirmedAt = this.context.now;
  }

  expire(neighbour: Neighbour, now: number): void {
    switch (neighbour.state) {
      case Reachability.reachable:
        if (now < neighbour.confirmedAt + this.reachable(neighbour))
          this.armAt(neighbour, neighbour.confirmedAt + this.reachable(neighbour));
        else if (now <= neighbour.usedAt + this.delay(neighbour))
          this.enter(neighbour, Reachability.delay, this.delay(neighbour));
        else neighbour.state = Reachability.stale;
        return;
      case Reachability.delay:
        if (now <= neighbour.confirmedAt + this.delay(neighbour)) {
          this.enter(neighbour, Reachability.reachable, this.reachable(neighbour));
          return;
        }
        neighbour.state = Reachability.probe;
        neighbour.probes = 0;
        this.ask(neighbour);
        return;
      case Reachability.incomplete:
      case Reachability.probe:
        if (neighbour.probes < this.attempts(neighbour)) this.ask(neighbour);
        else this.fail(neighbour);
        return;
      default:
    }
  }

  private setting({ family }: Neighbour, name: NeighbourSetting): number {
    return this.context.config.sysctl[`ipv${family as 4 | 6}.neigh.${name}`];
  }

  private delay(neighbour: Neighbour): number {
    return this.setting(neighbour, 'delay_first_probe_time') * SECOND;
  }

  private reachable(neighbour: Neighbour): number {
    return this.setting(neighbour, 'base_reachable_time_ms') * MILLISECOND;
  }

  private attempts(neighbour: Neighbour): number {
    return this.setting(neighbour, neighbour.state === Reachability.probe ? 'ucast_solicit' : 'mcast_solicit');
  }

  private update(neighbour: Neighbour, macHigh: number, macLow: number, state: number): void {
    if (neighbour.state === Reachability.permanent) return;
    const now = this.context.now;
    neighbour.macHigh = macHigh;
    neighbour.macLow = macLow;
    neighbour.updatedAt = now;
    if (state === Reachability.reachable) {
      neighbour.confirmedAt = now;
      this.enter(neighbour, state, this.reachable(neighbour));
    } else {
      neighbour.state = state;
      if (state === Reachability.stale) this.context.timers.cancel(neighbour);
    }
    if (neighbour.waiting.length > 0) {
      // What goes out to a MAC that nobody has confirmed is a reason to ask soon.
      if (state === Reachability.stale) this.enter(neighbour, Reachability.delay, this.delay(neighbour));
      if (this.onResolved !== null) this.onResolved(neighbour);
    }
    neighbour.waiting.length = 0;
    neighbour.waitingBytes = 0;
  }

  /** ARP or a neighbour solicitation: to all, or, where we still believe to know the MAC, to the neighbour itself. */
  private ask(neighbour: Neighbour): void {
    const { trace } = this;
    neighbour.probes++;
    const toAll = neighbour.state !== Reachability.probe;
    const mac = this.context.config.macs[0];
    if (neighbour.family === 4) {
      const out = trace.transmit(D.arp_request_sent, neighbour.w3, neighbour.probes);
      out.protocol = Sent.arp;
      out.arpOperation = ArpOperation.request;
      out.src3 = this.asker4(neighbour);
      out.dst3 = neighbour.w3;
      out.macHigh = toAll ? 0xffff : neighbour.macHigh;
      out.macLow = toAll ? 0xffff_ffff : neighbour.macLow;
    } else {
      const { w0, w1, w2, w3 } = neighbour;
      solicit(
        trace,
        this.asker6(neighbour),
        mac === undefined ? -1 : joinMac(mac.high, mac.low),
        w0,
        w1,
        w2,
        w3,
        toAll,
        neighbour.probes,
        this.context.config.sysctl['ipv6.ndisc_tclass'],
      );
    }
    const configured = this.setting(neighbour, 'retrans_time_ms') * MILLISECOND;
    this.arm(neighbour, neighbour.family === 6 && this.retransmit6 > 0 ? this.retransmit6 : configured);
  }

  /** The source of the packet that waits, where arp_announce lets it be told; else the address of ours that is nearest. */
  private asker4({ state, asksFrom4, w3 }: Neighbour): number {
    const { addresses } = this;
    const level = this.context.config.sysctl['ipv4.arp_announce'];
    const isOurs = state !== Reachability.probe && addresses.isOurs4(asksFrom4);
    const isTold = isOurs && (level === 0 || (level === 1 && addresses.sharesNetwork4(asksFrom4, w3)));
    return isTold ? asksFrom4 : addresses.sourceFor4(w3);
  }

  /** Asked for a packet of ours, the question comes from the packet's address; for another's, and for none, from that of the link. */
  private asker6({ state, asksFromLinkLocal, w0, w1, w2, w3 }: Neighbour): HostAddress | undefined {
    const { addresses } = this;
    if (state !== Reachability.probe) return asksFromLinkLocal ? addresses.linkLocal6 : addresses.sourceFor6(w0, w1, w2, w3);
    const mac = this.context.config.macs[0];
    return addresses.linkLocal6 ?? (mac === undefined ? addresses.sourceFor6(w0, w1, w2, w3) : linkLocalOf(mac));
  }

  private fail(neighbour: Neighbour): void {
    neighbour.state = Reachability.failed;
    this.trace.record(neighbour.family === 4 ? D.arp_unresolved : D.nd_unresolved, neighbour.w3, neighbour.waiting.length);
    if (this.onUnreachable !== null) for (const frame of neighbour.waiting) this.onUnreachable(neighbour, frame);
    neighbour.waiting.length = 0;
    neighbour.waitingBytes = 0;
  }

  private enter(neighbour: Neighbour, state: number, delay: number): void {
    neighbour.state = state;
    this.arm(neighbour, delay);
  }

  private arm(neighbour: Neighbour, delay: number): void {
    this.context.timers.arm(neighbour, wheelTime(this.context.now, delay));
  }

  private armAt(neighbour: Neighbour, due: number): void {
    this.arm(neighbour, Math.max(0, due - this.context.now));
  }

  private create(family: number, w0: number, w1: number, w2: number, w3: number): Neighbour | null {
    if (this.count >= this.context.config.sysctl['ipv4.neigh.gc_thresh3'] && !this.forgetOne()) return null;
    this.count++;
    return this.insert(family, w0, w1, w2, w3);
  }

  private insert(family: number, w0: number, w1: number, w2: number, w3: number): Neighbour {
    const neighbour = new Neighbour(this, family, w0, w1, w2, w3);
    const key = keyOf(w0, w1, w2, w3);
    neighbour.next = this.chains.get(key) ?? null;
    this.chains.set(key, neighbour);
    return neighbour;
  }

  /** The table is full: the entry made longest ago that may go does; false: none may. */
  private forgetOne(): boolean {
    for (const [key, first] of this.chains) {
      if (first.state === Reachability.permanent || first.state === Reachability.incomplete) continue;
      this.context.timers.cancel(first);
      if (first.next === null) this.chains.delete(key);
      else this.chains.set(key, first.next);
      this.count--;
      return true;
    }
    return false;
  }
}

function keyOf(w0: number, w1: number, w2: number, w3: number): number {
  return (w0 ^ w1 ^ w2 ^ w3) >>> 0;
}

function isAt(neighbour: Neighbour, family: number, w0: number, w1: number, w2: number, w3: number): boolean {
  return neighbour.w3 === w3 && neighbour.w2 === w2 && neighbour.w1 === w1 && neighbour.w0 === w0 && neighbour.family === family;
}
