import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import {
  isLinkLocal6,
  isMulticast6,
  isSolicitedNode6,
  isUnspecified6,
  joinMac,
  macHigh,
  macLow,
  solicitedNodeWord,
} from '../../wire/address.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { encodeNdp, NaFlag, NdpOption, NdpProblem, NdpView } from '../../wire/ndp.ts';
import type { Addresses } from '../addresses.ts';
import type { HostAddress } from '../config.ts';
import type { HostContext } from '../context.ts';
import { IpTarget, type Packet } from '../packet.ts';
import type { Neighbours } from './neighbours.ts';
import type { RouterAdvertisements } from './router-advertisements.ts';

const HOP_LIMIT = 255;
/** Bytes of a solicitation or advertisement body with one link-layer option. */
const BODY = 24;
/** Bytes of a solicitation before its options. */
const SOLICITATION = 24;
/** Bytes of a redirect before its options. */
const REDIRECT = 40;

/** Neighbour discovery of a host (RFC 4861 §7.1, §7.2; Linux ndisc.c). */
export class NeighbourDiscovery {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly neighbours: Neighbours;
  private readonly advertisements: RouterAdvertisements;
  private readonly view = new NdpView();

  constructor(context: HostContext, addresses: Addresses, neighbours: Neighbours, advertisements: RouterAdvertisements) {
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    this.neighbours = neighbours;
    this.advertisements = advertisements;
  }

  receive(packet: Packet): void {
    const { trace } = this;
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    if (packet.hadFragmentHeader && this.context.config.sysctl['ipv6.suppress_frag_ndisc'] !== 0) {
      trace.record(D.nd_fragmented, view.type);
      return;
    }
    if (packet.ttl !== HOP_LIMIT) {
      trace.record(D.nd_hop_limit, packet.ttl);
      return;
    }
    if (view.code !== 0) {
      trace.record(D.nd_bad_code, view.code);
      return;
    }
    const problem = view.check();
    if (problem === NdpProblem.truncated && view.type !== Icmpv6Type.redirect) {
      const isCut = packet.payloadLength > packet.payloadEnd - packet.payloadStart;
      trace.record(isCut ? D.icmpv6_not_captured : D.nd_too_short, view.end - view.start);
      return;
    }
    if (!this.isSane(packet, view)) return;
    if (problem !== NdpProblem.none) {
      trace.record(D.nd_bad_options);
      return;
    }
    this.dispatch(packet, view);
  }

  /** What Linux looks at before the options. */
  private isSane(packet: Packet, view: NdpView): boolean {
    const isSolicitation = view.type === Icmpv6Type.neighborSolicitation;
    if ((isSolicitation || view.type === Icmpv6Type.neighborAdvertisement) && isMulticast6(view.target0)) {
      this.trace.record(D.nd_group_target);
      return false;
    }
    if (isSolicitation && isUnspecified6(packet.src0, packet.src1, packet.src2, packet.src3)) {
      if (isSolicitedNode6(packet.dst0, packet.dst1, packet.dst2, packet.dst3)) return true;
      this.trace.record(D.nd_probe_destination);
      return false;
    }
    const isFromRouter = view.type === Icmpv6Type.routerAdvertisement || view.type === Icmpv6Type.redirect;
    if (isFromRouter && !isLinkLocal6(packet.src0)) {
      this.trace.record(D.nd_router_not_link_local, view.type);
      return false;
    }
    return true;
  }

  private dispatch(packet: Packet, view: NdpView): void {
    switch (view.type) {
      case Icmpv6Type.neighborSolicitation:
        this.solicitation(packet, view);
        return;
      case Icmpv6Type.neighborAdvertisement:
        this.advertisement(packet, view);
        return;
      case Icmpv6Type.routerSolicitation:
        this.routerSolicitation(packet, view);
        return;
      case Icmpv6Type.routerAdvertisement:
        this.advertisements.receive(packet, view);
        return;
      default:
        this.redirect(packet, view);
    }
  }

  /** No redirect is taken, but what it quotes is looked at (Linux ndisc_redirect_rcv). */
  private redirect({ bytes, payloadEnd }: Packet, view: NdpView): void {
    let at = view.start + REDIRECT;
    while (at + 8 <= view.end && bytes[at] !== NdpOption.redirected) at += bytes[at + 1]! << 3;
    const quoted = payloadEnd - at - 8;
    if (at + 8 <= view.end && quoted < IPV6_HEADER) this.trace.record(D.icmpv6_quote_short, quoted);
    else this.trace.record(D.nd_redirect_ignored);
  }

  /** A router takes notice of who asks for one. */
  private routerSolicitation({ src0, src1, src2, src3 }: Packet, view: NdpView): void {
    const mac = view.sourceLinkLayer;
    const isRouter = this.context.config.sysctl['ipv6.forwarding'] !== 0;
    if (isRouter && mac >= 0 && !isUnspecified6(src0, src1, src2, src3))
      this.neighbours.learn(6, src0, src1, src2, src3, macHigh(mac), macLow(mac), true);
    this.trace.record(D.nd_router_solicitation);
  }

  private solicitation(packet: Packet, view: NdpView): void {
    const { trace } = this;
    const isProbe = isUnspecified6(packet.src0, packet.src1, packet.src2, packet.src3);
    if (isProbe && view.sourceLinkLayer >= 0) {
      trace.record(D.nd_probe_with_address);
      return;
    }
    if (hasOddLinkOption(view)) {
      trace.record(D.nd_link_option_length);
      return;
    }
    if (!this.addresses.isOurs6(view.target0, view.target1, view.target2, view.target3)) {
      trace.record(D.nd_target_not_ours);
      return;
    }
    if (isProbe) {
      trace.record(D.nd_probe);
      this.advertise(packet, view, true);
      return;
    }
    const { src0, src1, src2, src3 } = packet;
    const mac = view.sourceLinkLayer;
    trace.record(D.nd_solicitation);
    const isNew = this.neighbours.find(6, src0, src1, src2, src3) === null;
    if (mac < 0 && isNew && packet.ipTarget === IpTarget.multicast && this.context.config.capture === null) {
      trace.record(D.nd_stranger);
      return;
    }
    if (mac >= 0) this.neighbours.learn(6, src0, src1, src2, src3, macHigh(mac), macLow(mac), true);
    this.advertise(packet, view, false);
  }

  private advertise(packet: Packet, view: NdpView, isProbe: boolean): void {
    const isGroup = packet.ipTarget === IpTarget.multicast;
    const isRouter = this.context.config.sysctl['ipv6.forwarding'] !== 0;
    const flags = (isRouter ? NaFlag.router : 0) + (isProbe ? 0 : NaFlag.solicited) + (isGroup ? NaFlag.override : 0);
    const out = this.trace.transmit(D.nd_advertisement_sent, isProbe ? 0 : 1, isGroup ? 1 : 0);
    out.protocol = Sent.icmpv6;
    out.family = 6;
    out.src0 = view.target0;
    out.src1 = view.target1;
    out.src2 = view.target2;
    out.src3 = view.target3;
    out.dst0 = isProbe ? 0xff02_0000 : packet.src0;
    out.dst1 = isProbe ? 0 : packet.src1;
    out.dst2 = isProbe ? 0 : packet.src2;
    out.dst3 = isProbe ? 1 : packet.src3;
    out.ttl = HOP_LIMIT;
    out.tos = this.context.config.sysctl['ipv6.ndisc_tclass'];
    out.icmpType = Icmpv6Type.neighborAdvertisement;
    out.icmpRest = flags;
    out.payload = new Uint8Array(BODY);
    out.payloadEnd = encodeNdp(
      {
        type: Icmpv6Type.neighborAdvertisement,
        target0: view.target0,
        target1: view.target1,
        target2: view.target2,
        target3: view.target3,
        targetLinkLayer: isGroup ? this.ourMac() : -1,
      },
      out.payload,
      0,
    );
  }

  private ourMac(): number {
    const mac = this.context.config.macs[0];
    return mac === undefined ? -1 : joinMac(mac.high, mac.low);
  }

  private advertisement(packet: Packet, view: NdpView): void {
    const { trace } = this;
    if (packet.ipTarget === IpTarget.multicast && view.isSolicited) {
      trace.record(D.nd_solicited_to_group);
      return;
    }
    const { target0, target1, target2, target3 } = view;
    if (this.addresses.isOurs6(target0, target1, target2, target3)) {
      trace.record(D.nd_our_address_claimed);
      return;
    }
    trace.record(D.nd_advertisement);
    const mac = view.targetLinkLayer;
    if (mac < 0) {
      if (view.isSolicited) this.neighbours.stillThere(6, target0, target1, target2, target3);
      return;
    }
    this.neighbours.confirm(6, target0, target1, target2, target3, macHigh(mac), macLow(mac), view.isSolicited, view.isOverride);
  }
}

/** A source link-layer option that is not of Ethernet's length. */
function hasOddLinkOption(view: NdpView): boolean {
  const { bytes, end } = view;
  for (let at = view.start + SOLICITATION; at + 8 <= end; at += bytes[at + 1]! << 3) {
    if (bytes[at] === NdpOption.sourceLinkLayer && bytes[at + 1] !== 1) return true;
  }
  return false;
}

/** Fills in a solicitation for the target, to its solicited-node group or, to ask again, to itself. */
export function solicit(
  trace: Trace,
  source: HostAddress | undefined,
  mac: number,
  target0: number,
  target1: number,
  target2: number,
  target3: number,
  toGroup: boolean,
  attempt: number,
  trafficClass = 0,
): void {
  if (source === undefined) return;
  const out = trace.transmit(D.nd_solicitation_sent, attempt);
  out.protocol = Sent.icmpv6;
  out.family = 6;
  [out.src0, out.src1, out.src2, out.src3] = source.words;
  out.dst0 = toGroup ? 0xff02_0000 : target0;
  out.dst1 = toGroup ? 0 : target1;
  out.dst2 = toGroup ? 1 : target2;
  out.dst3 = toGroup ? solicitedNodeWord(target3) : target3;
  out.ttl = HOP_LIMIT;
  out.tos = trafficClass;
  out.icmpType = Icmpv6Type.neighborSolicitation;
  out.payload = new Uint8Array(BODY);
  out.payloadEnd = encodeNdp(
    { type: Icmpv6Type.neighborSolicitation, target0, target1, target2, target3, sourceLinkLayer: mac },
    out.payload,
    0,
  );
}
