import { isLimitedBroadcast4, isMulticast4 } from '../../wire/address.ts';
import type { Addresses } from '../addresses.ts';
import type { HostContext } from '../context.ts';
import type { Paths } from '../ip/paths.ts';
import type { Neighbours } from '../neighbours/neighbours.ts';

/** Codes for a network and for a host, each with and without type of service (RFC 792). */
const CODES = 3;

/** Redirects by which a router sends this host's packets to another one (RFC 1122 §3.2.2.2; Linux __ip_do_redirect). */
export class Redirects {
  private readonly context: HostContext;
  private readonly addresses: Addresses;
  private readonly paths: Paths;
  private readonly neighbours: Neighbours;

  constructor(context: HostContext, addresses: Addresses, paths: Paths, neighbours: Neighbours) {
    this.context = context;
    this.addresses = addresses;
    this.paths = paths;
    this.neighbours = neighbours;
  }

  /** Packets to `destination` shall go to `gateway`, says `router`. True: they do from now on. */
  take(code: number, destination: number, gateway: number, router: number): boolean {
    const { sysctl } = this.context.config;
    const accepts = sysctl['ipv4.accept_redirects'] !== 0 && sysctl['ipv4.ip_forward'] === 0;
    if (!accepts || code > CODES || gateway === router) return false;
    // Only the router that such packets go to now may name another.
    const hop = this.paths.nextHop4(destination);
    // A neighbour is its own router from when something was learnt of the path to it.
    if (hop !== router || (hop === destination && !this.paths.isLearnt4(destination))) return false;
    if (gateway >>> 24 === 0 || isMulticast4(gateway) || isLimitedBroadcast4(gateway)) return false;
    if (!this.isPossibleRouter(gateway, router)) return false;
    if (this.neighbours.use(4, 0, 0, 0, gateway)?.hasMac !== true) return false;
    this.paths.redirect4(destination, gateway);
    return true;
  }

  /** On media that networks share any host's address will do, else one of the old router's network that is a default router (Linux). */
  private isPossibleRouter(gateway: number, router: number): boolean {
    const { sysctl, gateways = [] } = this.context.config;
    if (sysctl['ipv4.shared_media'] !== 0) return this.addresses.isElsewhere4(gateway) && gateway >>> 28 !== 0xf;
    if (!this.addresses.sharesLink4(gateway, router)) return false;
    const isDefault = gateways.some(({ family, words }) => family === 4 && words[3] === gateway);
    return sysctl['ipv4.secure_redirects'] === 0 || isDefault;
  }
}
