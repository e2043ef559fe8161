import { D, EFFECT_OF } from '../../trace/catalogue.ts';
import { Effect } from '../../trace/decision.ts';
import type { Trace } from '../../trace/trace.ts';
import { u16 } from '../../wire/bytes.ts';
import { Icmpv6Type, ParameterProblem6Code } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { FRAGMENT_HEADER, Ipv6ExtensionProblem, Ipv6Extensions, isExtension } from '../../wire/ipv6-extensions.ts';
import type { HostContext } from '../context.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import { IpTarget, LinkTarget, type Packet } from '../packet.ts';
import type { Fragments } from './fragments.ts';
import { Ipv6Chain } from './ipv6-chain.ts';

/** Headers that a first fragment must hold whole (RFC 8200 §4.5), by protocol. */
const TRANSPORT_HEADER: Readonly<Record<number, number>> = { [IpProtocol.tcp]: 20, [IpProtocol.udp]: 8, [IpProtocol.icmpv6]: 8 };
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const MAX = 0xffff;
/** A first fragment whose headers are not all there (RFC 7112 §5). */
const INCOMPLETE_CHAIN = 3;

/** The extension headers of a received packet, as a host takes or refuses them (RFC 8200 §4; Linux exthdrs.c). */
export class Ipv6Headers {
  private readonly trace: Trace;
  private readonly fragments: Fragments;
  private readonly errors: Icmpv6Errors;
  private readonly walk = new Ipv6Extensions();
  private readonly chain = new Ipv6Chain();

  constructor(context: HostContext, fragments: Fragments, errors: Icmpv6Errors) {
    this.trace = context.trace;
    this.fragments = fragments;
    this.errors = errors;
    const { sysctl } = context.config;
    this.walk.limit(
      { options: sysctl['ipv6.max_hbh_opts_number'], bytes: sysctl['ipv6.max_hbh_length'] },
      { options: sysctl['ipv6.max_dst_opts_number'], bytes: sysctl['ipv6.max_dst_opts_length'] },
    );
  }

  /** Hop-by-hop options are looked at before anybody asks whom the packet is for. */
  failsHopByHop(packet: Packet): boolean {
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

  /**
   * Connection tracking puts fragments together before anybody asks whom they are for. False: dropped or waiting, and recorded. What it
   * cannot make sense of it leaves as it is.
   */
  defragments(packet: Packet): boolean {
    const { walk, chain, trace } = this;
    const hasHopByHop = packet.protocol === IpProtocol.hopByHop;
    // Without a length it may be a jumbogram, which no fragment is part of.
    if (u16(packet.bytes, packet.networkStart + PAYLOAD_LENGTH) === 0) return true;
    if (!chain.findFragment(packet.bytes, packet.networkStart, packet.networkEnd)) return true;
    if (chain.offset + FRAGMENT_HEADER > packet.networkEnd) {
      trace.record(D.ip_conntrack_refused);
      return false;
    }
    walk.takeFragment(packet.bytes, packet.networkStart, chain.offset, packet.networkStart + chain.name);
    if (!this.gathers(packet)) return false;
    walk.walk(packet.bytes, packet.networkStart, packet.networkEnd, hasHopByHop);
    return true;
  }

  /** As `defragments`, of a packet whose fragment header `walk` has. */
  private gathers(packet: Packet): boolean {
    const { walk, trace } = this;
    const length = packet.networkEnd - walk.fragmentAt - FRAGMENT_HEADER;
    if (this.lacksHeaders(packet)) return true;
    if (walk.moreFragments && (length & 7) !== 0) {
      this.fragments.forget6(packet, walk.fragmentId);
      return true;
    }
    packet.hadFragmentHeader = true;
    noteFragment(packet, walk);
    if (walk.fragmentOffset + length > MAX || !this.fragments.receive6(packet, walk, true)) {
      if (walk.fragmentOffset + length > MAX) trace.record(D.frag_oversize, walk.fragmentOffset + length);
      if (EFFECT_OF[trace.final] === Effect.drop) trace.record(D.ip_conntrack_refused);
      return false;
    }
    const { bytes, networkStart, payloadStart } = packet;
    packet.fragmentHeaderAt = payloadStart - networkStart;
    packet.fragmentNamedAt = this.fragments.namedAt;
    packet.protocol = bytes[networkStart + NEXT_HEADER]!;
    packet.payloadStart = networkStart + IPV6_HEADER;
    packet.payloadLength = packet.payloadEnd - packet.payloadStart;
    return true;
  }

  /** Walks on; fragments are put together. False: dropped or waiting, and recorded. Else the packet's payload is the upper layer's. */
  accepts(packet: Packet): boolean {
    const { trace, walk, fragments } = this;
    if (this.refusesRouting(packet)) return false;
    if (walk.problem !== Ipv6ExtensionProblem.none) {
      this.reject(packet);
      return false;
    }
    if (walk.fragmentAt < 0) {
      trace.record(D.ipv6_extensions, walk.count);
      moveTo(packet, walk.nextHeader, walk.offset);
      return true;
    }
    packet.hadFragmentHeader = true;
    noteFragment(packet, walk);
    if (walk.isFragment) {
      if (this.lacksHeaders(packet)) {
        trace.record(D.frag_chain_incomplete);
        this.complain(packet, INCOMPLETE_CHAIN, 0);
        return false;
      }
      if (!fragments.receive6(packet, walk)) {
        packet.protocol = walk.nextHeader;
        return false;
      }
      const pointer = fragments.namedAt;
      const { bytes, networkStart, networkEnd, payloadStart } = packet;
      walk.resume(bytes, networkStart, payloadStart, networkEnd, bytes[networkStart + pointer]!, pointer);
      if (this.refusesRouting(packet)) return false;
      if (walk.problem !== Ipv6ExtensionProblem.none) {
        this.reject(packet);
        return false;
      }
      if (walk.fragmentAt >= 0) {
        trace.record(D.frag_nested, walk.fragmentId);
        this.complain(packet, ParameterProblem6Code.header, walk.fragmentAt - networkStart);
        return false;
      }
    } else if (packet.reassembled) {
      // Connection tracking has taken one fragment header out, and here is the next.
      trace.record(D.frag_nested, walk.fragmentId);
      this.complain(packet, ParameterProblem6Code.header, walk.fragmentAt - packet.networkStart);
      return false;
    } else trace.record(D.frag_atomic, walk.fragmentId);
    moveTo(packet, walk.nextHeader, walk.offset);
    return true;
  }

  /** Routing headers are for one host alone, those of some kinds for nobody (Linux ipv6_rthdr_rcv). */
  private refusesRouting(packet: Packet): boolean {
    const { trace, walk } = this;
    if (walk.routingType < 0) return false;
    const isForMany = packet.linkTarget !== LinkTarget.us || packet.ipTarget === IpTarget.multicast;
    if (!isForMany && walk.problem !== Ipv6ExtensionProblem.unusedRouting) return false;
    trace.record(D.ipv6_routing_header, walk.routingType, walk.segmentsLeft);
    return true;
  }

  /** The whole chain of headers must be in the first fragment. What cannot be walked to its end is let through (Linux ipv6frag_thdr_truncated). */
  private lacksHeaders(packet: Packet): boolean {
    const { walk } = this;
    if (walk.fragmentOffset !== 0 || packet.payloadLength > packet.payloadEnd - packet.payloadStart) return false;
    const { bytes, networkStart, networkEnd } = packet;
    const { protocol, offset } = this.chain.findFrom(bytes, networkStart, networkEnd, walk.nextHeader, walk.offset);
    if (isExtension(protocol) || protocol === IpProtocol.authentication || protocol === IpProtocol.noNext) return false;
    return offset + (TRANSPORT_HEADER[protocol] ?? 1) > networkEnd;
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
          if (walk.nextHeader === IpProtocol.fragment) this.complain(packet, ParameterProblem6Code.header, pointer);
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
        this.complain(packet, ParameterProblem6Code.header, pointer);
        return;
      case Ipv6ExtensionProblem.nestedFragment:
        trace.record(D.frag_nested, walk.fragmentId);
        this.complain(packet, ParameterProblem6Code.header, pointer);
        return;
      default:
        trace.record(D.ipv6_jumbo, pointer);
        this.complain(packet, ParameterProblem6Code.header, pointer);
    }
  }

  /** Parameter problem 4/`code`, pointing to the byte counted from the IPv6 header. */
  private complain(packet: Packet, code: number, pointer: number, mayBeGroup = false): void {
    this.errors.send(packet, Icmpv6Type.parameterProblem, code, pointer, D.icmpv6_parameter_problem, mayBeGroup);
  }

  /** The packet's protocol is none that this host speaks. */
  complainOfProtocol(packet: Packet): void {
    this.complain(packet, ParameterProblem6Code.nextHeader, this.namingByte(packet, packet.payloadStart));
  }

  /** The byte, counted from the IPv6 header, that names the header at `at`. */
  private namingByte(packet: Packet, at: number): number {
    return this.chain.find(packet.bytes, packet.networkStart, packet.networkEnd, at).name;
  }
}

/** Makes what begins at `offset` the packet's payload. */
export function moveTo(packet: Packet, protocol: number, offset: number): void {
  packet.protocol = protocol;
  packet.payloadLength -= offset - packet.payloadStart;
  packet.payloadStart = Math.min(offset, packet.payloadEnd);
}

/** Bytes from the IP header to the end of the frame as it was on the wire. */
export function onWire(packet: Packet): number {
  const frame = packet.frame;
  return packet.networkEnd - packet.networkStart + (frame.wireLength - (frame.end - frame.start));
}

/** The packet's facts of its fragment header. */
export function noteFragment(packet: Packet, walk: Ipv6Extensions): void {
  packet.fragId = walk.fragmentId;
  packet.fragOffset = walk.fragmentOffset;
  packet.fragLength = packet.networkEnd - walk.fragmentAt - FRAGMENT_HEADER;
  packet.fragMore = walk.moreFragments;
}
