import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { copyBytes, putU16, putU32, u16 } from '../../wire/bytes.ts';
import { updateChecksum } from '../../wire/checksum.ts';
import { IcmpType, TimeExceededCode, UnreachableCode } from '../../wire/icmp.ts';
import { IPV4_HEADER, ipv4HeaderChecksum } from '../../wire/ipv4.ts';
import type { Addresses } from '../addresses.ts';
import type { HostContext } from '../context.ts';
import type { Firewall } from '../firewall/firewall.ts';
import { FirewallView } from '../firewall/firewall-view.ts';
import { ErrorRate } from '../icmp/error-rate.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import type { Peers } from '../icmp/peers.ts';
import type { Ipv4OptionRules } from '../ip/ipv4-options.ts';
import type { Route, Routes } from '../ip/routes.ts';
import { LinkTarget, type Packet } from '../packet.ts';
import { cutIpv4 } from './forward-fragments.ts';

const MILLISECOND = 1_000_000;
const ROOM = 0x1_0000;
const TTL = 8;
const HEADER_CHECKSUM = 10;
const DESTINATION = 16;
const DONT_FRAGMENT = 0x4000;

/** What forwarding needs of the rooms beside it. */
export interface ForwardParts {
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly errors: IcmpErrors;
  readonly options: Ipv4OptionRules;
  readonly peers: Peers;
  readonly firewall: Firewall | null;
}

/** A router's work on an IPv4 packet that is not for this host (RFC 1812 §5; Linux ip_forward). The card is the only interface: every way out is the way in. */
export class Forward4 {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly parts: ForwardParts;
  private readonly view = new FirewallView();
  /** The packet as it leaves. */
  private readonly out = new Uint8Array(ROOM);

  constructor(context: HostContext, parts: ForwardParts) {
    this.context = context;
    this.trace = context.trace;
    this.parts = parts;
  }

  /** Ends the packet's climb. Its header and options are good, its addresses may be forwarded. */
  receive(packet: Packet): void {
    packet.passedBy = true;
    this.view.ofPacket(packet).tell(packet);
    const { trace, parts } = this;
    const { nextHop } = parts.options;
    const target = nextHop === 0 ? packet.dst3 : nextHop;
    const route = parts.routes.find4(target);
    if (route === undefined || route.type !== 'unicast') {
      this.refuse(packet, route);
      return;
    }
    const hop = route.via === undefined ? target : route.via.words[3];
    const { destination } = route;
    trace.record(D.ipv4_route, destination.words[3], destination.prefix, hop);
    if (!this.mayPass(packet, route, nextHop !== 0)) return;
    this.copy(packet);
    if (nextHop === 0 && !parts.options.hasSourceRoute) this.redirect(packet, hop);
    if (parts.firewall !== null && !parts.firewall.forward(packet)) return;
    if (nextHop !== 0) this.turn(packet, nextHop);
    this.send(packet, route, hop);
  }

  private refuse(packet: Packet, route: Route | undefined): void {
    const { trace } = this;
    let code: number = UnreachableCode.net;
    let why = D.icmp_net_unreachable;
    if (route === undefined) trace.record(D.ipv4_forward_no_route);
    else {
      const { prefix, words } = route.destination;
      if (route.type === 'blackhole') {
        trace.record(D.ip_route_blackhole, words[3], prefix);
        return;
      }
      trace.record(route.type === 'prohibit' ? D.ip_route_prohibit : D.ip_route_unreachable, words[3], prefix);
      code = route.type === 'prohibit' ? UnreachableCode.prohibited : UnreachableCode.host;
      why = route.type === 'prohibit' ? D.icmp_prohibited : D.icmp_host_unreachable;
    }
    const { sysctl } = this.context.config;
    const peer = this.parts.peers.find(0, 0, 0, packet.src3);
    const cost = sysctl['ipv4.route.error_cost'] * MILLISECOND;
    const burst = sysctl['ipv4.route.error_burst'] * MILLISECOND;
    if (!ErrorRate.allowsRouteError(peer, this.context.now, cost, burst)) trace.record(D.ip_route_error_held_back);
    else this.parts.errors.send(packet, IcmpType.destinationUnreachable, code, 0, why);
  }

  private mayPass(packet: Packet, route: Route, isSourceRouted: boolean): boolean {
    const { trace } = this;
    const { errors, options } = this.parts;
    if (packet.linkTarget !== LinkTarget.us) {
      trace.record(D.ip_forward_group_frame);
      return false;
    }
    if (packet.ttl <= 1) {
      trace.record(D.ipv4_ttl_exceeded, packet.ttl);
      errors.send(packet, IcmpType.timeExceeded, TimeExceededCode.transit, 0, D.icmp_ttl_exceeded);
      return false;
    }
    if (isSourceRouted && options.isStrict && route.via !== undefined) {
      trace.record(D.ipv4_strict_route_failed);
      errors.send(packet, IcmpType.destinationUnreachable, UnreachableCode.sourceRouteFailed, 0, D.icmp_source_route_failed);
      return false;
    }
    // What connection tracking has put together goes out in its former fragments.
    const length = packet.reassembled ? packet.largestFragment : packet.networkEnd - packet.networkStart;
    if (length > route.mtu && (u16(packet.bytes, packet.networkStart + 6) & DONT_FRAGMENT) !== 0) {
      trace.record(D.ipv4_too_big, length, route.mtu);
      const code = UnreachableCode.fragmentationNeeded;
      errors.send(packet, IcmpType.destinationUnreachable, code, route.mtu, D.icmp_fragmentation_needed);
      return false;
    }
    return true;
  }

  /** From here on the packet is our copy, with one hop less to go. */
  private copy(packet: Packet): void {
    const { out } = this;
    const { bytes, networkStart, networkEnd, changedOptions } = packet;
    copyBytes(bytes, networkStart, networkEnd, out, 0);
    const before = u16(out, TTL);
    out[TTL] = packet.ttl - 1;
    putU16(out, HEADER_CHECKSUM, updateChecksum(u16(out, HEADER_CHECKSUM), before, u16(out, TTL)));
    // The checksum is made right for what was written into the options when the packet goes out.
    out.set(changedOptions, IPV4_HEADER);
    packet.bytes = out;
    packet.networkStart = 0;
    packet.payloadStart -= networkStart;
    packet.payloadEnd -= networkStart;
    packet.optionsStart -= networkStart;
    packet.optionsEnd -= networkStart;
    packet.networkEnd = networkEnd - networkStart;
  }

  /** The sender and the next hop are on the same link: it could do without us. */
  private redirect(packet: Packet, hop: number): void {
    const { sysctl } = this.context.config;
    const { routes, peers, errors } = this.parts;
    if (sysctl['ipv4.send_redirects'] === 0) return;
    const back = routes.find4(packet.src3);
    if (back === undefined || back.type !== 'unicast' || back.via !== undefined) return;
    const load = sysctl['ipv4.route.redirect_load'] * MILLISECOND;
    const silence = sysctl['ipv4.route.redirect_silence'] * MILLISECOND;
    const peer = peers.find(0, 0, 0, packet.src3);
    if (ErrorRate.allowsRedirect(peer, this.context.now, load, sysctl['ipv4.route.redirect_number'], silence))
      errors.send(packet, IcmpType.redirect, 1, hop, D.icmp_redirect_sent);
    else this.trace.record(D.ip_redirect_held_back, peer.redirects);
  }

  /** The next address of a source route becomes the destination, and ours takes its place. */
  private turn(packet: Packet, nextHop: number): void {
    const { out } = this;
    const { routeSlot, routePointer } = this.parts.options;
    putU32(out, routeSlot, this.parts.addresses.sourceFor4(nextHop));
    out[routePointer] = routeSlot + 4 - (routePointer - 2) + 1;
    putU32(out, DESTINATION, nextHop);
    packet.dst3 = nextHop;
  }

  private send(packet: Packet, route: Route, hop: number): void {
    const { trace, out } = this;
    const length = packet.networkEnd;
    if (packet.changedOptions.length > 0 || this.parts.options.nextHop !== 0)
      putU16(out, HEADER_CHECKSUM, ipv4HeaderChecksum(out, 0, packet.payloadStart));
    const parts = cutIpv4(out, length, route.mtu, packet.reassembled ? packet.fragmentStarts : null);
    if (parts === null) this.emit(packet, out, length, hop);
    else {
      trace.record(D.ipv4_forward_cut, parts.length, route.mtu);
      for (const part of parts) this.emit(packet, part, part.length, hop);
    }
    trace.record(D.ipv4_forwarded, hop, packet.ttl - 1, length);
  }

  private emit(packet: Packet, bytes: Uint8Array, length: number, hop: number): void {
    const sent = this.trace.transmit(D.ip_frame_forwarded, length);
    sent.protocol = Sent.forwarded;
    sent.src3 = packet.src3;
    sent.dst3 = packet.dst3;
    sent.hop3 = hop;
    sent.ttl = packet.ttl - 1;
    sent.tos = packet.tos;
    sent.payload = bytes;
    sent.payloadEnd = length;
  }
}
