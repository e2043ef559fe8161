import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { isLoopback6, isMulticast6, isUnspecified6, multicastScope6 } from '../../wire/address.ts';
import { Icmpv6Type, Unreachable6Code } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER, Ipv6Problem, Ipv6View } from '../../wire/ipv6.ts';
import { Ipv6ExtensionProblem, Ipv6Extensions, isExtension } from '../../wire/ipv6-extensions.ts';
import type { Addresses } from '../addresses.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Firewall } from '../firewall/firewall.ts';
import type { Forward6 } from '../forward/forward6.ts';
import type { Icmpv6 } from '../icmp/icmpv6.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import { IpTarget, LinkTarget, type Packet } from '../packet.ts';
import type { Tcp } from '../tcp/tcp.ts';
import type { Udp } from '../udp/udp.ts';
import type { UdpLite } from '../udp/udp-lite.ts';
import { isStep } from './ipv6-chain.ts';
import { type Ipv6Headers, moveTo, noteFragment, onWire } from './ipv6-headers.ts';
import type { Routes } from './routes.ts';

/** What IPv6 needs of the rooms beside and above it. */
export interface Ipv6Parts {
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly headers: Ipv6Headers;
  readonly forward: Forward6;
  readonly firewall: Firewall | null;
  readonly errors: Icmpv6Errors;
  readonly icmp: Icmpv6;
  readonly udp: Udp;
  readonly udpLite: UdpLite;
  readonly tcp: Tcp;
}

/** IPv6 in the order of Linux's ip6_rcv_core, ip6_route_input and ip6_protocol_deliver_rcu (RFC 8200). */
export class Ipv6 {
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly parts: Ipv6Parts;
  private readonly addresses: Addresses;
  private readonly view = new Ipv6View();
  private readonly walk = new Ipv6Extensions();

  constructor(context: HostContext, parts: Ipv6Parts) {
    this.config = context.config;
    this.trace = context.trace;
    this.parts = parts;
    this.addresses = parts.addresses;
  }

  receive(packet: Packet): void {
    if (packet.linkTarget === LinkTarget.other) {
      this.trace.record(D.ip_otherhost);
      return;
    }
    if (!this.addresses.has6 && this.config.capture === null) {
      this.trace.record(D.ipv6_disabled);
      return;
    }
    if (!this.hasValidHeader(packet)) return;
    const { firewall } = this.parts;
    if (isExtension(packet.protocol) && this.parts.headers.failsHopByHop(packet)) return;
    if (firewall?.hasPrerouting && !this.preroute(packet, firewall)) return;
    if (!this.isForUs(packet)) return;
    if (firewall !== null && !firewall.input(packet)) return;
    if (isExtension(packet.protocol) && !this.parts.headers.accepts(packet)) return;
    this.deliver(packet);
  }

  /** A packet that the captured host sent: its facts, and TCP's state. */
  observe(packet: Packet): void {
    const { trace, parts, walk } = this;
    const view = this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    if (view.check() !== Ipv6Problem.none) {
      trace.record(D.ip_observed, packet.networkEnd - packet.networkStart);
      return;
    }
    this.fill(packet, view.payloadLength === 0 ? onWire(packet) - IPV6_HEADER : view.payloadLength);
    this.parts.firewall?.observe(packet);
    walk.walk(packet.bytes, packet.networkStart, packet.networkEnd);
    moveTo(packet, walk.nextHeader, walk.offset);
    if (walk.fragmentAt >= 0) noteFragment(packet, walk);
    if (walk.isFragment) trace.record(D.frag_observed, walk.fragmentOffset, packet.payloadLength);
    if (walk.isFragment || walk.problem !== Ipv6ExtensionProblem.none)
      trace.record(D.ip_observed, packet.payloadLength + IPV6_HEADER);
    else if (packet.protocol === IpProtocol.tcp) parts.tcp.observe(packet);
    else if (packet.protocol === IpProtocol.udp) parts.udp.observe(packet);
    else if (packet.protocol === IpProtocol.icmpv6) parts.icmp.observe(packet);
    else trace.record(D.ip_observed, packet.payloadLength + IPV6_HEADER);
  }

  /** The packet filter before the way is chosen; connection tracking puts fragments together first. */
  private preroute(packet: Packet, firewall: Firewall): boolean {
    if (!firewall.raw(packet)) return false;
    if (firewall.tracks && isStep(packet.protocol) && !this.parts.headers.defragments(packet)) return false;
    return firewall.prerouting(packet);
  }

  private hasValidHeader(packet: Packet): boolean {
    const { trace } = this;
    const view = this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    const there = packet.networkEnd - packet.networkStart;
    const wire = onWire(packet);
    switch (view.check()) {
      case Ipv6Problem.truncated:
        trace.record(wire > there ? D.ip_not_captured : D.ipv6_header_cut, there);
        return false;
      case Ipv6Problem.badVersion:
        trace.record(D.ipv6_bad_version, view.version);
        return false;
      default:
    }
    let length = view.payloadLength;
    const isWithoutLength = length === 0 && view.nextHeader !== IpProtocol.noNext && wire > IPV6_HEADER;
    const mayBeOffloaded = this.config.capture !== null && !packet.sealed;
    if (isWithoutLength && (mayBeOffloaded || view.nextHeader === IpProtocol.hopByHop)) {
      // A jumbogram, or captured where a card was still to cut the packet into segments.
      length = wire - IPV6_HEADER;
      if (mayBeOffloaded) trace.record(D.ipv6_length_offloaded, length);
    }
    this.fill(packet, length);
    if (!this.hasSaneAddresses(packet)) return false;
    if (length + IPV6_HEADER > wire) {
      trace.record(D.ipv6_truncated, length, wire - IPV6_HEADER);
      return false;
    }
    if (length + IPV6_HEADER > there) trace.record(D.ipv6_cut_by_snaplen, length);
    trace.record(D.ipv6_header_valid, view.nextHeader, length, packet.ttl);
    return true;
  }

  private fill(packet: Packet, length: number): void {
    const { view } = this;
    const start = packet.networkStart;
    packet.family = 6;
    packet.src0 = view.source0;
    packet.src1 = view.source1;
    packet.src2 = view.source2;
    packet.src3 = view.source3;
    packet.dst0 = view.destination0;
    packet.dst1 = view.destination1;
    packet.dst2 = view.destination2;
    packet.dst3 = view.destination3;
    packet.protocol = view.nextHeader;
    packet.ttl = view.hopLimit;
    packet.tos = view.trafficClass;
    packet.optionsStart = packet.optionsEnd = start + IPV6_HEADER;
    packet.payloadStart = start + IPV6_HEADER;
    packet.payloadLength = length;
    if (start + IPV6_HEADER + length < packet.networkEnd) packet.networkEnd = start + IPV6_HEADER + length;
    packet.payloadEnd = packet.networkEnd;
    packet.reassembled = packet.passedBy = false;
    packet.hadFragmentHeader = false;
  }

  private hasSaneAddresses(packet: Packet): boolean {
    const { trace } = this;
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = packet;
    const isLoopback = isLoopback6(src0, src1, src2, src3) || isLoopback6(dst0, dst1, dst2, dst3);
    if (isLoopback && !packet.loopback && !this.isAnswered(packet)) {
      trace.record(D.ipv6_loopback_on_wire);
      return false;
    }
    const isGroup = isMulticast6(dst0);
    packet.ipTarget = isGroup ? IpTarget.multicast : IpTarget.unicast;
    if (isGroup && multicastScope6(dst0) === 1 && !packet.loopback) {
      trace.record(D.ipv6_interface_scope);
      return false;
    }
    if (!isGroup && packet.linkTarget !== LinkTarget.us && this.config.sysctl['ipv6.drop_unicast_in_l2_multicast'] !== 0) {
      trace.record(D.ip_unicast_in_multicast_frame);
      return false;
    }
    if (isGroup && multicastScope6(dst0) === 0) {
      trace.record(D.ipv6_reserved_scope);
      return false;
    }
    if (isMulticast6(src0) && !this.isAnswered(packet)) {
      trace.record(D.ipv6_source_group);
      return false;
    }
    return true;
  }

  /** Addresses that cannot be there were answered: what carried the packet, or who rewrote the capture, does not keep the rules. */
  private isAnswered(packet: Packet): boolean {
    if (this.config.capture?.answered(packet) !== true) return false;
    this.trace.record(D.ip_address_excused);
    packet.loopback = true;
    return true;
  }

  private isForUs(packet: Packet): boolean {
    const { trace, addresses } = this;
    const { dst0, dst1, dst2, dst3 } = packet;
    if (isMulticast6(dst0)) {
      if (!addresses.isJoined6(dst0, dst1, dst2, dst3)) {
        trace.record(D.ipv6_group_not_joined);
        return false;
      }
      trace.record(D.ipv6_multicast);
      return true;
    }
    if (addresses.isRouterAnycast6(dst0, dst1, dst2, dst3)) packet.ipTarget = IpTarget.anycast;
    else if (!addresses.isOurs6(dst0, dst1, dst2, dst3)) {
      if (this.config.sysctl['ipv6.forwarding'] !== 0 && this.config.capture === null) this.parts.forward.receive(packet);
      else this.refuse(packet);
      return false;
    }
    trace.record(D.ipv6_ours);
    return true;
  }

  /** Not ours. A router would forward it; a host says so where it would not even know the way. */
  private refuse(packet: Packet): void {
    const { trace } = this;
    const { dst0, dst1, dst2, dst3 } = packet;
    const isNobody = isUnspecified6(dst0, dst1, dst2, dst3);
    const hasRoute = this.parts.routes.reaches6(dst0, dst1, dst2, dst3);
    trace.record(hasRoute || isNobody ? D.ipv6_not_ours : D.ipv6_no_route);
    const type = this.parts.routes.find6(dst0, dst1, dst2, dst3)?.type;
    if (!isNobody && (hasRoute || type === 'blackhole')) return;
    const code = type === 'prohibit' ? Unreachable6Code.prohibited : Unreachable6Code.noRoute;
    this.parts.errors.send(packet, Icmpv6Type.destinationUnreachable, code, 0, D.icmpv6_no_route);
  }

  private deliver(packet: Packet): void {
    const { trace, parts } = this;
    switch (packet.protocol) {
      case IpProtocol.tcp:
        trace.record(D.ipv6_to_tcp);
        parts.tcp.receive(packet);
        return;
      case IpProtocol.udp:
        trace.record(D.ipv6_to_udp);
        parts.udp.receive(packet);
        return;
      case IpProtocol.icmpv6:
        trace.record(D.ipv6_to_icmp);
        parts.icmp.receive(packet);
        return;
      case IpProtocol.noNext:
        trace.record(D.ipv6_no_next_header);
        return;
      case IpProtocol.pim:
        trace.record(D.ip_pim);
        return;
      default:
        if (this.config.capture?.speaks(packet) === true) {
          trace.record(D.ip_protocol_captured, packet.protocol);
          return;
        }
        if (packet.protocol === IpProtocol.udpLite) {
          parts.udpLite.receive(packet);
          return;
        }
        trace.record(D.ip_protocol_unknown, packet.protocol);
        parts.headers.complainOfProtocol(packet);
    }
  }
}
