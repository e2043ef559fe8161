import { D } from '../../trace/catalogue.ts';
import { macHigh, macLow } from '../../wire/address.ts';
import { IPV6_MIN_MTU } from '../../wire/ipv6.ts';
import type { NdpView } from '../../wire/ndp.ts';
import type { HostContext } from '../context.ts';
import type { Paths } from '../ip/paths.ts';
import type { Routes } from '../ip/routes.ts';
import type { Packet } from '../packet.ts';
import { Alarm } from '../time/timers.ts';
import type { Neighbours } from './neighbours.ts';

const SECOND = 1_000_000_000;
const MILLISECOND = 1_000_000;
/** Linux asks a neighbour no oftener than this. */
const RETRANS_MIN = 10;

/**
 * What a host takes from a router's advertisement (RFC 4861 §6.3.4; Linux ndisc_router_discovery): the router itself while its lifetime
 * lasts, the hop limit and the MTU of the link, how long to wait for a neighbour. Prefixes it does not take: its addresses are configured.
 */
export class RouterAdvertisements extends Alarm {
  private readonly context: HostContext;
  private readonly routes: Routes;
  private readonly paths: Paths;
  private readonly neighbours: Neighbours;

  constructor(context: HostContext, routes: Routes, paths: Paths, neighbours: Neighbours) {
    super();
    this.context = context;
    this.routes = routes;
    this.paths = paths;
    this.neighbours = neighbours;
  }

  receive(packet: Packet, view: NdpView): void {
    const { context, neighbours } = this;
    const { config } = context;
    const isTaken = config.sysctl['ipv6.accept_ra'] !== 0 && config.sysctl['ipv6.forwarding'] === 0 && config.capture === null;
    if (isTaken) {
      this.takeRouter(packet, view.routerLifetime);
      if (view.currentHopLimit > 0) context.hopLimit6 = view.currentHopLimit;
      if (view.retransTimer > 0) neighbours.retransmit6 = Math.max(view.retransTimer, RETRANS_MIN) * MILLISECOND;
      if (view.mtuOption >= IPV6_MIN_MTU && view.mtuOption <= config.mtu) this.paths.linkMtu6 = view.mtuOption;
    }
    const mac = view.sourceLinkLayer;
    if (mac >= 0) neighbours.learn(6, packet.src0, packet.src1, packet.src2, packet.src3, macHigh(mac), macLow(mac), true);
    const what = isTaken ? D.nd_router_advertisement : D.nd_router_advertisement_ignored;
    context.trace.record(what, view.routerLifetime, context.hopLimit6, this.paths.linkMtu6);
  }

  /** The router's lifetime is over. */
  expire(): void {
    this.routes.forgetRouter6();
  }

  private takeRouter({ src0, src1, src2, src3 }: Packet, lifetime: number): void {
    const { routes } = this;
    if (lifetime > 0) {
      routes.takeRouter6({ family: 6, words: [src0, src1, src2, src3], prefix: 128 });
      this.context.timers.arm(this, this.context.now + lifetime * SECOND);
    } else if (routes.isRouter6(src0, src1, src2, src3)) routes.forgetRouter6();
  }
}
