import { isInPrefix, isLinkLocal6, netmask4 } from '../../wire/address.ts';
import type { Addresses } from '../addresses.ts';
import type { HostAddress, HostConfig, RouteConfig } from '../config.ts';

/** Where there is a link-local address there is a route for them. */
const LINK_LOCAL: RouteConfig = { destination: { family: 6, words: [0xfe80_0000, 0, 0, 0], prefix: 64 } };

/** One line of the routing table. */
export class Route {
  readonly destination: HostAddress;
  /** The router; undefined: the destination itself is on the link. */
  readonly via: HostAddress | undefined;
  readonly type: NonNullable<RouteConfig['type']>;
  /** Bytes of the largest packet forwarded this way. */
  readonly mtu: number;

  constructor(route: RouteConfig, mtu: number) {
    this.destination = route.destination;
    this.via = route.via;
    this.type = route.type ?? 'unicast';
    this.mtu = Math.min(route.mtu ?? mtu, mtu);
  }
}

/** The IPv4 routes of one prefix length, by network as a 32-bit integer. */
interface Level {
  readonly mask: number;
  readonly routes: Map<number, Route>;
}

/**
 * Where packets go: the table of what is on the link, the configured routes and the default routers, longest prefix first. In a
 * capture the host's routes are not known, and everything counts as reachable.
 */
export class Routes {
  private readonly addresses: Addresses;
  private readonly knowsRoutes: boolean;
  private readonly levels4: readonly Level[];
  private readonly routes6: readonly Route[];
  private advertised6: Route | null = null;
  private readonly mtu: number;
  /** No route but the link's and the default router's. */
  private readonly isPlain4: boolean;
  private readonly gateway4: number;

  constructor(config: HostConfig, addresses: Addresses) {
    this.addresses = addresses;
    this.mtu = config.mtu;
    this.knowsRoutes = config.capture === null;
    const gateways = config.gateways ?? [];
    const configured = config.routes ?? [];
    const all = [
      ...config.addresses.map((destination): RouteConfig => ({ destination })),
      ...(addresses.linkLocal6 === undefined ? [] : [LINK_LOCAL]),
      ...configured,
      ...gateways.map((via): RouteConfig => ({ destination: { family: via.family, words: [0, 0, 0, 0], prefix: 0 }, via })),
    ].map((route) => new Route(route, config.mtu));
    all.sort((a, b) => b.destination.prefix - a.destination.prefix);
    this.levels4 = levels(all.filter(({ destination }) => destination.family === 4));
    this.routes6 = all.filter(({ destination }) => destination.family === 6);
    this.isPlain4 = configured.every(({ destination }) => destination.family !== 4);
    this.gateway4 = gateways.find((gateway) => gateway.family === 4)?.words[3] ?? 0;
  }

  /** The route that a packet to the destination takes; undefined: none. */
  find4(destination: number): Route | undefined {
    for (const { mask, routes } of this.levels4) {
      const route = routes.get((destination & mask) | 0);
      if (route !== undefined) return unlessThrown(route);
    }
    return undefined;
  }

  find6(w0: number, w1: number, w2: number, w3: number): Route | undefined {
    for (const route of this.routes6) {
      const [n0, n1, n2, n3] = route.destination.words;
      if (isInPrefix(w0, w1, w2, w3, n0, n1, n2, n3, route.destination.prefix)) return unlessThrown(route);
    }
    return this.advertised6 ?? undefined;
  }

  /** A router has advertised itself. */
  takeRouter6(via: HostAddress): void {
    this.advertised6 = new Route({ destination: { family: 6, words: [0, 0, 0, 0], prefix: 0 }, via }, this.mtu);
  }

  isRouter6(w0: number, w1: number, w2: number, w3: number): boolean {
    const words = this.advertised6?.via?.words;
    return words !== undefined && words[3] === w3 && words[2] === w2 && words[1] === w1 && words[0] === w0;
  }

  forgetRouter6(): void {
    this.advertised6 = null;
  }

  reaches4(destination: number): boolean {
    return !this.knowsRoutes || this.nextHop4(destination) !== 0;
  }

  reaches6(w0: number, w1: number, w2: number, w3: number): boolean {
    return !this.knowsRoutes || this.addresses.isOnLink6(w0, w1, w2, w3) || this.find6(w0, w1, w2, w3)?.type === 'unicast';
  }

  /** The neighbour that gets the packet; 0: no route. */
  nextHop4(destination: number): number {
    if (this.isPlain4) return this.addresses.isOnLink4(destination) ? destination : this.gateway4;
    const route = this.find4(destination);
    if (route === undefined || route.type !== 'unicast') return 0;
    return route.via === undefined ? destination : route.via.words[3];
  }

  /** The router for an IPv6 destination, undefined where there is none: `isOnLink6` says whether that means no route. */
  router6(w0: number, w1: number, w2: number, w3: number): HostAddress | undefined {
    const route = this.find6(w0, w1, w2, w3);
    return route?.type === 'unicast' ? route.via : undefined;
  }

  /** It needs no router. */
  isOnLink6(w0: number, w1: number, w2: number, w3: number): boolean {
    const route = this.find6(w0, w1, w2, w3);
    if (route === undefined || isLinkLocal6(w0)) return this.addresses.isOnLink6(w0, w1, w2, w3);
    return route.type === 'unicast' && route.via === undefined;
  }
}

/** A thrown packet is looked up in the next table, and there is none. */
function unlessThrown(route: Route): Route | undefined {
  return route.type === 'throw' ? undefined : route;
}

function levels(routes: readonly Route[]): Level[] {
  const found: { mask: number; routes: Map<number, Route> }[] = [];
  for (const route of routes) {
    const mask = netmask4(route.destination.prefix) | 0;
    let level = found.at(-1);
    if (level === undefined || level.mask !== mask) {
      level = { mask, routes: new Map() };
      found.push(level);
    }
    const network = (route.destination.words[3] & mask) | 0;
    if (!level.routes.has(network)) level.routes.set(network, route);
  }
  return found;
}
