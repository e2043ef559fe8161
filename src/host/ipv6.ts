import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { isLoopback6, isMulticast6, isUnspecified6, multicastScope6 } from '../wire/address.ts';
import { Icmpv6Type, ParameterProblem6Code, Unreachable6Code } from '../wire/icmpv6.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { IPV6_HEADER, Ipv6Problem, Ipv6View } from '../wire/ipv6.ts';
import { FRAGMENT_HEADER, Ipv6ExtensionProblem, Ipv6Extensions, isExtension } from '../wire/ipv6-extensions.ts';
import type { Addresses } from './addresses.ts';
import type { HostConfig } from './config.ts';
import type { HostContext } from './context.ts';
import type { Fragments } from './fragments.ts';
import type { Icmpv6 } from './icmpv6.ts';
import type { Icmpv6Errors } from './icmpv6-errors.ts';
import { Ipv6Chain } from './ipv6-chain.ts';
import { IpTarget, LinkTarget, type Packet } from './packet.ts';
import type { Routes } from './routes.ts';
import type { Tcp } from './tcp/tcp.ts';
import type { Udp } from './udp.ts';

/** Headers that a first fragment must hold whole (RFC 8200 §4.5), by protocol. */
const TRANSPORT_HEADER: Readonly<Record<number, number>> = { [IpProtocol.tcp]: 20, [IpProtocol.udp]: 8, [IpProtocol.icmpv6]: 8 };
/** A first fragment whose headers are not all there (RFC 7112 §5). */
const INCOMPLETE_CHAIN = 3;
/** Routing headers that Linux drops without a word unless they are switched on: RPL and segment routing. */
const ROUTING_RPL = 3;
const ROUTING_SEGMENTS = 4;

/** What IPv6 needs of the rooms beside and above it. */
export interface Ipv6Parts {
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly fragments: Fragments;
  readonly errors: Icmpv6Errors;
  readonly icmp: Icmpv6;
  readonly udp: Udp;
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
  private readonly chain = new Ipv6Chain();

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
    const hasExtensions = isExtension(this.walk.nextHeader);
    if (hasExtensions && this.failsHopByHop(packet)) return;
    // A packet filter sees the packet here first, before the way is chosen (prerouting).
    if (!this.isForUs(packet)) return;
    if (hasExtensions && !this.acceptsExtensions(packet)) return;
    // A packet filter's input rules stand here: they see whole datagrams only.
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
    walk.walk(packet.bytes, packet.networkStart, packet.networkEnd);
    this.moveTo(packet, walk.nextHeader, walk.offset);
    if (walk.isFragment || walk.problem !== Ipv6ExtensionProblem.none)
      trace.record(D.ip_observed, packet.payloadLength + IPV6_HEADER);
    else if (packet.protocol === IpProtocol.tcp) parts.tcp.observe(packet);
    else if (packet.protocol === IpProtocol.udp) parts.udp.observe(packet);
    else if (packet.protocol === IpProtocol.icmpv6) parts.icmp.observe(packet);
    else trace.record(D.ip_observed, packet.payloadLength + IPV6_HEADER);
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
    if (isWithoutLength && (this.config.capture !== null || view.nextHeader === IpProtocol.hopByHop)) {
      // A jumbogram, or captured where a card was still to cut the packet into segments.
      length = wire - IPV6_HEADER;
      if (this.config.capture !== null) trace.record(D.ipv6_length_offloaded, length);
    }
    this.fill(packet, length);
    this.walk.nextHeader = view.nextHeader;
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
    packet.reassembled = false;
    packet.hadFragmentHeader = false;
  }

  private hasSaneAddresses(packet: Packet): boolean {
    const { trace } = this;
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = packet;
    if (!packet.loopback && (isLoopback6(src0, src1, src2, src3) || isLoopback6(dst0, dst1, dst2, dst3))) {
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
    if (isMulticast6(src0)) {
      trace.record(D.ipv6_source_group);
      return false;
    }
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
    if (!addresses.isOurs6(dst0, dst1, dst2, dst3)) {
      this.refuse(packet);
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
    if (hasRoute && !isNobody) return;
    this.parts.errors.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.noRoute, 0, D.icmpv6_no_route);
  }

  /** Hop-by-hop options are looked at before anybody asks whom the packet is for. */
  private failsHopByHop(packet: Packet): boolean {
    const { walk } = this;
    walk.walk(packet.bytes, packet.networkStart, packet.networkEnd);
    const isHopByHop = packet.protocol === IpProtocol.hopByHop && walk.count === 0;
    if (walk.problem !== Ipv6ExtensionProblem.none && isHopByHop) {
      this.reject(packet);
      return true;
    }
    if (walk.jumboLength <= onWire(packet) - IPV6_HEADER) return false;
    this.trace.record(D.ipv6_truncated, walk.jumboLength, onWire(packet) - IPV6_HEADER);
    return true;
  }

  private acceptsExtensions(packet: Packet): boolean {
    const { trace, walk, parts } = this;
    if (walk.problem !== Ipv6ExtensionProblem.none) {
      this.reject(packet);
      return false;
    }
    if (this.refusesHeader(packet)) return false;
    if (walk.fragmentAt < 0) {
      trace.record(D.ipv6_extensions, walk.count);
      this.moveTo(packet, walk.nextHeader, walk.offset);
      return true;
    }
    packet.hadFragmentHeader = true;
    if (walk.isFragment) {
      if (walk.fragmentOffset === 0 && this.lacksHeaders(packet)) return false;
      if (!parts.fragments.receive6(packet, walk)) return false;
      const pointer = parts.fragments.namedAt;
      const { bytes, networkStart, networkEnd, payloadStart } = packet;
      walk.resume(bytes, networkStart, payloadStart, networkEnd, bytes[networkStart + pointer]!, pointer);
      if (walk.problem !== Ipv6ExtensionProblem.none) {
        this.reject(packet);
        return false;
      }
      if (this.refusesHeader(packet)) return false;
    } else trace.record(D.frag_atomic, walk.fragmentId);
    this.moveTo(packet, walk.nextHeader, walk.offset);
    return true;
  }

  /** Headers that can be walked over but that this host does not take: IPsec, mobility, and routing headers that are not switched on. */
  private refusesHeader(packet: Packet): boolean {
    const { trace, walk } = this;
    if (walk.routingType === ROUTING_RPL || walk.routingType === ROUTING_SEGMENTS) {
      trace.record(D.ipv6_routing_header, walk.routingType, walk.segmentsLeft);
      return true;
    }
    const at = walk.authenticationAt >= 0 ? walk.authenticationAt : walk.mobilityAt;
    if (at < 0) return false;
    trace.record(D.ip_protocol_unknown, at === walk.authenticationAt ? IpProtocol.authentication : IpProtocol.mobility);
    this.complain(packet, ParameterProblem6Code.nextHeader, this.namingByte(packet, at));
    return true;
  }

  /** The whole chain of headers must be in the first fragment. */
  private lacksHeaders(packet: Packet): boolean {
    const { bytes, networkStart, networkEnd } = packet;
    const { protocol, offset } = this.chain.findFrom(bytes, networkStart, networkEnd, this.walk.nextHeader, this.walk.offset);
    const needed = isExtension(protocol)
      ? FRAGMENT_HEADER
      : (TRANSPORT_HEADER[protocol] ?? (protocol === IpProtocol.noNext ? 0 : 1));
    if (offset + needed <= networkEnd || packet.payloadLength > packet.payloadEnd - packet.payloadStart) return false;
    this.trace.record(D.frag_chain_incomplete);
    this.parts.errors.send(packet, Icmpv6Type.parameterProblem, INCOMPLETE_CHAIN, 0, D.icmpv6_parameter_problem);
    return true;
  }

  private moveTo(packet: Packet, protocol: number, offset: number): void {
    packet.protocol = protocol;
    packet.payloadLength -= offset - packet.payloadStart;
    packet.payloadStart = Math.min(offset, packet.payloadEnd);
  }

  /** An extension header that forbids to go on. */
  private reject(packet: Packet): void {
    const { trace, walk } = this;
    const { pointer } = walk;
    switch (walk.problem) {
      case Ipv6ExtensionProblem.truncated:
        if (packet.payloadLength > packet.payloadEnd - packet.payloadStart) trace.record(D.ip_not_captured, pointer);
        else {
          trace.record(D.ipv6_extension_truncated, pointer);
          if (walk.nextHeader === IpProtocol.fragment) this.complain(packet, ParameterProblem6Code.header, IPV6_HEADER);
        }
        return;
      case Ipv6ExtensionProblem.hopByHopNotFirst:
        trace.record(D.ip_protocol_unknown, IpProtocol.hopByHop);
        this.complain(packet, ParameterProblem6Code.nextHeader, pointer);
        return;
      case Ipv6ExtensionProblem.badOptions:
        trace.record(D.ipv6_bad_options, pointer);
        return;
      case Ipv6ExtensionProblem.optionDiscard:
        trace.record(D.ipv6_option_unknown, packet.bytes[packet.networkStart + pointer]!, pointer);
        return;
      case Ipv6ExtensionProblem.optionReport:
      case Ipv6ExtensionProblem.optionReportUnicast:
        trace.record(D.ipv6_option_unknown, packet.bytes[packet.networkStart + pointer]!, pointer);
        this.complain(packet, ParameterProblem6Code.option, pointer, walk.problem === Ipv6ExtensionProblem.optionReport);
        return;
      case Ipv6ExtensionProblem.routing:
        trace.record(D.ipv6_routing_header, walk.routingType, walk.segmentsLeft);
        if (packet.linkTarget !== LinkTarget.us || packet.ipTarget !== IpTarget.unicast) return;
        if (walk.routingType === ROUTING_RPL || walk.routingType === ROUTING_SEGMENTS) return;
        this.complain(packet, ParameterProblem6Code.header, pointer);
        return;
      default:
        trace.record(D.ipv6_jumbo, pointer);
        this.complain(packet, ParameterProblem6Code.header, pointer);
    }
  }

  private complain(packet: Packet, code: number, pointer: number, mayBeGroup = false): void {
    this.parts.errors.send(packet, Icmpv6Type.parameterProblem, code, pointer, D.icmpv6_parameter_problem, mayBeGroup);
  }

  /** The byte, counted from the IPv6 header, that names the header at `at`. */
  private namingByte(packet: Packet, at: number): number {
    return this.chain.find(packet.bytes, packet.networkStart, packet.networkEnd, at).name;
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
      default:
        trace.record(D.ip_protocol_unknown, packet.protocol);
        this.complain(packet, ParameterProblem6Code.nextHeader, this.namingByte(packet, packet.payloadStart));
    }
  }
}

/** Bytes from the IP header to the end of the frame as it was on the wire. */
function onWire(packet: Packet): number {
  const frame = packet.frame;
  return packet.networkEnd - packet.networkStart + (frame.wireLength - (frame.end - frame.start));
}
