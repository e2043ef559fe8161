import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { isLinkLocal6, isUnspecified6, joinMac } from '../../wire/address.ts';
import { copyBytes, putU16, putU32 } from '../../wire/bytes.ts';
import { ICMPV6_HEADER, Icmpv6Type, Unreachable6Code } from '../../wire/icmpv6.ts';
import { IPV6_HEADER, IPV6_MIN_MTU } from '../../wire/ipv6.ts';
import { encodeNdp, NdpOption } from '../../wire/ndp.ts';
import type { Addresses } from '../addresses.ts';
import type { HostAddress } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Firewall } from '../firewall/firewall.ts';
import { FirewallView } from '../firewall/firewall-view.ts';
import { ErrorRate } from '../icmp/error-rate.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import type { Peers } from '../icmp/peers.ts';
import type { Route, Routes } from '../ip/routes.ts';
import type { Neighbours } from '../neighbours/neighbours.ts';
import { LinkTarget, type Packet } from '../packet.ts';
import { cutIpv6, largestFragment6 } from './forward-fragments.ts';

const SECOND = 1_000_000_000;
const ROOM = 0x1_0000 + IPV6_HEADER;
const HOP_LIMIT = 7;
/** Neighbour discovery is only believed with the highest hop limit. */
const ND_HOP_LIMIT = 255;
const TWO_ADDRESSES = 32;
const OPTION_HEADER = 8;

/** What forwarding needs of the rooms beside it. */
export interface Forward6Parts {
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly errors: Icmpv6Errors;
  readonly peers: Peers;
  readonly neighbours: Neighbours;
  readonly firewall: Firewall | null;
}

/** A router's work on an IPv6 packet that is not for this host (RFC 8200 §3, RFC 4443, RFC 4861 §8.2; Linux ip6_forward). */
export class Forward6 {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly parts: Forward6Parts;
  private readonly view = new FirewallView();
  private readonly out = new Uint8Array(ROOM);

  constructor(context: HostContext, parts: Forward6Parts) {
    this.context = context;
    this.trace = context.trace;
    this.parts = parts;
  }

  /** Ends the packet's climb. */
  receive(packet: Packet): void {
    packet.passedBy = true;
    this.view.ofPacket(packet).tell(packet);
    const { trace, parts } = this;
    const { dst0, dst1, dst2, dst3 } = packet;
    const isNobody = isUnspecified6(dst0, dst1, dst2, dst3);
    const route = isNobody ? undefined : parts.routes.find6(dst0, dst1, dst2, dst3);
    if (route === undefined || route.type !== 'unicast') {
      this.refuse(packet, route, isNobody);
      return;
    }
    trace.record(D.ipv6_route, route.destination.prefix);
    if (!this.mayPass(packet)) return;
    this.redirect(packet, route);
    if (!this.fits(packet, this.context.config.mtu)) return;
    this.copy(packet);
    if (parts.firewall !== null && !parts.firewall.forward(packet)) return;
    // A route that takes less than its card is only met on the way out.
    if (!this.fits(packet, route.mtu)) return;
    this.send(packet, route);
  }

  private refuse(packet: Packet, route: Route | undefined, isNobody: boolean): void {
    const { trace } = this;
    const { errors } = this.parts;
    if (route === undefined) {
      trace.record(isNobody ? D.ipv6_not_ours : D.ipv6_no_route);
      errors.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.noRoute, 0, D.icmpv6_no_route);
      return;
    }
    const { prefix } = route.destination;
    if (route.type === 'blackhole') trace.record(D.ipv6_route_blackhole, prefix);
    else if (route.type === 'prohibit') {
      trace.record(D.ipv6_route_prohibit, prefix);
      errors.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.prohibited, 0, D.icmpv6_prohibited);
    } else {
      trace.record(D.ipv6_route_unreachable, prefix);
      errors.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.noRoute, 0, D.icmpv6_no_route);
    }
  }

  private mayPass(packet: Packet): boolean {
    if (packet.linkTarget !== LinkTarget.us) {
      this.trace.record(D.ip_forward_group_frame);
      return false;
    }
    if (packet.ttl > 1) return true;
    this.trace.record(D.ipv6_hop_limit_exceeded, packet.ttl);
    this.parts.errors.send(packet, Icmpv6Type.timeExceeded, 0, 0, D.icmpv6_hop_limit_exceeded);
    return false;
  }

  private fits(packet: Packet, most: number): boolean {
    // What connection tracking has put together is cut again as it was.
    const isCut = packet.reassembled && packet.fragmentStarts.length > 1;
    const length = isCut ? largestFragment6(packet) : packet.networkEnd - packet.networkStart;
    const mtu = Math.max(most, IPV6_MIN_MTU);
    if (length <= mtu) return true;
    this.trace.record(D.ipv6_too_big, length, mtu);
    this.parts.errors.send(packet, Icmpv6Type.packetTooBig, 0, mtu, D.icmpv6_packet_too_big, true);
    return false;
  }

  private copy(packet: Packet): void {
    const { out } = this;
    const { networkStart, networkEnd } = packet;
    copyBytes(packet.bytes, networkStart, networkEnd, out, 0);
    out[HOP_LIMIT] = packet.ttl - 1;
    packet.bytes = out;
    packet.networkStart = 0;
    packet.networkEnd = networkEnd - networkStart;
    packet.payloadStart -= networkStart;
    packet.payloadEnd -= networkStart;
    packet.optionsStart -= networkStart;
    packet.optionsEnd -= networkStart;
  }

  /** Tells a sender on the link which neighbour it could send to. From a link-local address only, and about a link-local router only. */
  private redirect(packet: Packet, route: Route): void {
    const { addresses, routes, peers } = this.parts;
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = packet;
    const { now } = this.context;
    if (!ErrorRate.allowsPeer(peers.find(dst0, dst1, dst2, dst3), now, SECOND)) return;
    const ours = addresses.linkLocal6;
    if (ours === undefined) return;
    if (route.via !== undefined && !isLinkLocal6(route.via.words[0])) return;
    if (isUnspecified6(src0, src1, src2, src3) || !routes.isOnLink6(src0, src1, src2, src3)) return;
    if (!ErrorRate.allowsPeer(peers.find(src0, src1, src2, src3), now, SECOND)) {
      this.trace.record(D.ipv6_redirect_held_back);
      return;
    }
    this.tell(packet, route.via, ours);
  }

  private tell(packet: Packet, via: HostAddress | undefined, ours: HostAddress): void {
    const { dst0, dst1, dst2, dst3 } = packet;
    const [t0, t1, t2, t3] = via?.words ?? [dst0, dst1, dst2, dst3];
    const neighbour = this.parts.neighbours.find(6, t0, t1, t2, t3);
    const mac = neighbour?.hasMac ? joinMac(neighbour.macHigh, neighbour.macLow) : -1;
    const out = this.trace.transmit(D.nd_redirect_sent);
    out.protocol = Sent.icmpv6;
    out.family = 6;
    [out.src0, out.src1, out.src2, out.src3] = ours.words;
    out.dst0 = packet.src0;
    out.dst1 = packet.src1;
    out.dst2 = packet.src2;
    out.dst3 = packet.src3;
    out.ttl = ND_HOP_LIMIT;
    out.icmpType = Icmpv6Type.redirect;
    const fields = { type: Icmpv6Type.redirect, target0: t0, target1: t1, target2: t2, target3: t3, targetLinkLayer: mac };
    const body = new Uint8Array(IPV6_MIN_MTU);
    const end = encodeNdp({ ...fields, destination0: dst0, destination1: dst1, destination2: dst2, destination3: dst3 }, body, 0);
    out.payload = body;
    out.payloadEnd = end + quote(packet, body, end);
  }

  private send(packet: Packet, route: Route): void {
    const { trace, out } = this;
    const isCut = packet.reassembled && packet.fragmentStarts.length > 1;
    const parts = isCut ? cutIpv6(out, packet, this.context.random.next()) : null;
    if (parts === null) this.emit(packet, route, out, packet.networkEnd);
    else {
      trace.record(D.ipv6_forward_cut, parts.length);
      for (const part of parts) this.emit(packet, route, part, part.length);
    }
    trace.record(D.ipv6_forwarded, packet.ttl - 1, packet.networkEnd);
  }

  private emit(packet: Packet, route: Route, bytes: Uint8Array, length: number): void {
    const [h0, h1, h2, h3] = route.via?.words ?? [packet.dst0, packet.dst1, packet.dst2, packet.dst3];
    const sent = this.trace.transmit(D.ip_frame_forwarded, length);
    sent.protocol = Sent.forwarded;
    sent.family = 6;
    sent.src0 = packet.src0;
    sent.src1 = packet.src1;
    sent.src2 = packet.src2;
    sent.src3 = packet.src3;
    sent.dst0 = packet.dst0;
    sent.dst1 = packet.dst1;
    sent.dst2 = packet.dst2;
    sent.dst3 = packet.dst3;
    sent.hop0 = h0;
    sent.hop1 = h1;
    sent.hop2 = h2;
    sent.hop3 = h3;
    sent.ttl = packet.ttl - 1;
    sent.tos = packet.tos;
    sent.payload = bytes;
    sent.payloadEnd = length;
  }
}

/** The redirected header option: as much of the packet as fits, in units of eight bytes; gives its length. */
function quote(packet: Packet, body: Uint8Array, at: number): number {
  const room = IPV6_MIN_MTU - IPV6_HEADER - ICMPV6_HEADER - TWO_ADDRESSES - (at - TWO_ADDRESSES);
  const length = Math.min(room, packet.networkEnd - packet.networkStart + OPTION_HEADER) & ~7;
  if (length <= 0) return 0;
  body[at] = NdpOption.redirected;
  body[at + 1] = length >> 3;
  putU16(body, at + 2, 0);
  putU32(body, at + 4, 0);
  copyBytes(packet.bytes, packet.networkStart, packet.networkStart + length - OPTION_HEADER, body, at + OPTION_HEADER);
  return length;
}
