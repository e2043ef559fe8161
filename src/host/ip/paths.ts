import type { HostContext } from '../context.ts';
import type { Routes } from './routes.ts';

const SECOND = 1e9;
/** net.ipv4.route.gc_timeout: how long a redirect is believed. */
const GATEWAY_EXPIRES = 300 * SECOND;
const IPV6_MIN_MTU = 1280;
/** Whoever forges errors makes a host learn of any number of destinations: of more than Linux keeps (2048 chains of five) the oldest go. */
const DESTINATIONS_MAX = 10_240;

interface LearntMtu {
  readonly mtu: number;
  /** The network asked for less than net.ipv4.route.min_pmtu: packets go without the don't-fragment flag. */
  readonly locked: boolean;
  readonly until: number;
}

/**
 * What routers have told of single destinations (RFC 1191, RFC 8201, ICMP redirects): Linux keeps it as exceptions of a route, for all
 * of the host's protocols.
 */
export class Paths {
  /** Bytes that IPv6 sends in one packet at most: as the card takes, or as a router advertises. */
  linkMtu6: number;
  /** Path MTUs are asked for; where not (net.ipv4.ip_no_pmtu_disc) sockets let routers fragment. */
  readonly discovers: boolean;
  private readonly context: HostContext;
  private readonly routes: Routes;
  private readonly mtus4 = new Map<number, LearntMtu>();
  private readonly mtus6 = new Map<string, LearntMtu>();
  private readonly gateways4 = new Map<number, { readonly gateway: number; readonly until: number }>();
  private readonly least: number;
  private readonly isCardOnly: boolean;

  constructor(context: HostContext, routes: Routes) {
    this.context = context;
    this.routes = routes;
    this.linkMtu6 = context.config.mtu;
    this.discovers = context.config.sysctl['ipv4.ip_no_pmtu_disc'] === 0;
    this.least = context.config.sysctl['ipv4.route.min_pmtu'];
    this.isCardOnly = (context.config.routes ?? []).every(({ mtu }) => mtu === undefined);
  }

  /** Nothing was learnt yet and no route says anything: every path takes what the card does. */
  get isPlain(): boolean {
    return (
      this.discovers &&
      this.mtus4.size === 0 &&
      this.mtus6.size === 0 &&
      this.isCardOnly &&
      this.linkMtu6 === this.context.config.mtu
    );
  }

  /** Bytes of the largest packet that goes to an IPv4 destination in one piece. */
  mtu4(destination: number): number {
    return this.learnt4(destination)?.mtu ?? this.routes.find4(destination)?.mtu ?? this.context.config.mtu;
  }

  /** Something was learnt of this one destination. */
  isLearnt4(destination: number): boolean {
    return this.learnt4(destination) !== undefined || this.gateway4(destination) !== 0;
  }

  isLocked4(destination: number): boolean {
    return !this.discovers || this.learnt4(destination)?.locked === true;
  }

  mtu6(w0: number, w1: number, w2: number, w3: number): number {
    if (this.mtus6.size > 0) {
      const learnt = this.mtus6.get(keyOf(w0, w1, w2, w3));
      if (learnt !== undefined && learnt.until > this.context.now) return Math.min(learnt.mtu, this.linkMtu6);
    }
    return Math.min(this.routes.find6(w0, w1, w2, w3)?.mtu ?? this.linkMtu6, this.linkMtu6);
  }

  /** "Fragmentation needed" about a packet to the destination. */
  learn4(destination: number, told: number): void {
    const old = this.mtu4(destination);
    if (old < told || this.learnt4(destination)?.locked === true) return;
    const locked = told < this.least;
    const mtu = locked ? Math.min(old, this.least) : told;
    keep(this.mtus4, destination, { mtu, locked, until: this.until('ipv4.route.mtu_expires') });
  }

  /** "Packet too big". */
  learn6(w0: number, w1: number, w2: number, w3: number, told: number): void {
    if (told < IPV6_MIN_MTU || told >= this.mtu6(w0, w1, w2, w3)) return;
    keep(this.mtus6, keyOf(w0, w1, w2, w3), { mtu: told, locked: false, until: this.until('ipv6.route.mtu_expires') });
  }

  /** The router that a redirect named for the destination; 0: none did. */
  gateway4(destination: number): number {
    if (this.gateways4.size === 0) return 0;
    const learnt = this.gateways4.get(destination);
    return learnt !== undefined && learnt.until > this.context.now ? learnt.gateway : 0;
  }

  /** The neighbour that gets packets to the destination; 0: no route. */
  nextHop4(destination: number): number {
    return this.gateway4(destination) || this.routes.nextHop4(destination);
  }

  redirect4(destination: number, gateway: number): void {
    keep(this.gateways4, destination, { gateway, until: this.context.now + GATEWAY_EXPIRES });
  }

  private until(setting: 'ipv4.route.mtu_expires' | 'ipv6.route.mtu_expires'): number {
    return this.context.now + this.context.config.sysctl[setting] * SECOND;
  }

  private learnt4(destination: number): LearntMtu | undefined {
    if (this.mtus4.size === 0) return undefined;
    const learnt = this.mtus4.get(destination);
    return learnt !== undefined && learnt.until > this.context.now ? learnt : undefined;
  }
}

function keep<Key, Learnt>(known: Map<Key, Learnt>, key: Key, learnt: Learnt): void {
  known.delete(key);
  known.set(key, learnt);
  if (known.size <= DESTINATIONS_MAX) return;
  for (const oldest of known.keys()) {
    known.delete(oldest);
    return;
  }
}

function keyOf(w0: number, w1: number, w2: number, w3: number): string {
  return `${w0},${w1},${w2},${w3}`;
}
