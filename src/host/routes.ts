import type { Addresses } from './addresses.ts';
import type { HostAddress, HostConfig } from './config.ts';

/** Where packets go: to a host on the link, or to the default router. */
export class Routes {
  private readonly addresses: Addresses;
  private readonly gateway4: number;
  private readonly gateway6: HostAddress | undefined;
  /** A capture does not tell the host's routes: everything counts as reachable. */
  private readonly knowsRoutes: boolean;

  constructor(config: HostConfig, addresses: Addresses) {
    this.addresses = addresses;
    this.gateway4 = config.gateways?.find((gateway) => gateway.family === 4)?.words[3] ?? 0;
    this.gateway6 = config.gateways?.find((gateway) => gateway.family === 6);
    this.knowsRoutes = config.capture === null;
  }

  reaches4(destination: number): boolean {
    return !this.knowsRoutes || this.nextHop4(destination) !== 0;
  }

  reaches6(w0: number, w1: number, w2: number, w3: number): boolean {
    return !this.knowsRoutes || this.gateway6 !== undefined || this.addresses.isOnLink6(w0, w1, w2, w3);
  }

  /** The neighbour that gets the packet; 0: no route. */
  nextHop4(destination: number): number {
    return this.addresses.isOnLink4(destination) ? destination : this.gateway4;
  }

  /** The router for an IPv6 destination that is not on the link; undefined: no route. */
  get router6(): HostAddress | undefined {
    return this.gateway6;
  }
}
