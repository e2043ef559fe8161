import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { isLimitedBroadcast4, isLoopback4, isMulticast4 } from '../../wire/address.ts';
import { NO_BYTES } from '../../wire/bytes.ts';
import { checksum } from '../../wire/checksum.ts';
import { IcmpType, UnreachableCode } from '../../wire/icmp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV4_HEADER, Ipv4Problem, Ipv4View } from '../../wire/ipv4.ts';
import type { Addresses } from '../addresses.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Firewall } from '../firewall/firewall.ts';
import type { Forward4 } from '../forward/forward.ts';
import type { Icmp } from '../icmp/icmp.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import { IpTarget, LinkTarget, type Packet } from '../packet.ts';
import type { Tcp } from '../tcp/tcp.ts';
import type { Udp } from '../udp/udp.ts';
import type { UdpLite } from '../udp/udp-lite.ts';
import type { Fragments } from './fragments.ts';
import type { Ipv4OptionRules } from './ipv4-options.ts';
import type { Routes } from './routes.ts';

const Destination = { here: 0, elsewhere: 1, refused: 2 } as const;

/** What IPv4 needs of the rooms beside and above it. */
export interface Ipv4Parts {
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly options: Ipv4OptionRules;
  readonly fragments: Fragments;
  readonly forward: Forward4;
  readonly firewall: Firewall | null;
  readonly errors: IcmpErrors;
  readonly icmp: Icmp;
  readonly udp: Udp;
  readonly udpLite: UdpLite;
  readonly tcp: Tcp;
}

/** IPv4 in the order of Linux's ip_rcv_core, ip_route_input and ip_local_deliver (RFC 791, RFC 1122 §3.2). */
export class Ipv4 {
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly parts: Ipv4Parts;
  private readonly addresses: Addresses;
  private readonly firewall: Firewall | null;
  private readonly view = new Ipv4View();

  constructor(context: HostContext, parts: Ipv4Parts) {
    this.config = context.config;
    this.trace = context.trace;
    this.parts = parts;
    this.addresses = parts.addresses;
    this.firewall = parts.firewall;
  }

  receive(packet: Packet): void {
    if (packet.linkTarget === LinkTarget.other) {
      this.trace.record(D.ip_otherhost);
      return;
    }
    if (!this.hasValidHeader(packet)) return;
    if (this.firewall?.hasPrerouting && !this.preroute(packet)) return;
    let forUs = this.destination(packet);
    if (forUs === Destination.refused) return;
    if (packet.optionsEnd > packet.optionsStart) {
      if (!this.parts.options.receive(packet, forUs === Destination.here)) return;
      if (this.parts.options.nextHop !== 0) forUs = Destination.elsewhere;
    }
    if (!this.mayBeInThisFrame(packet)) return;
    if (forUs === Destination.elsewhere) this.passOn(packet);
    else this.deliver(packet);
  }

  /** A packet that the captured host sent: its facts, and TCP's state. */
  observe(packet: Packet): void {
    const view = this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    const problem = view.check();
    if (problem !== Ipv4Problem.none && !this.hasOffloadedLength(packet, problem)) {
      this.trace.record(D.ip_observed, packet.networkEnd - packet.networkStart);
      return;
    }
    if (!this.hasRightChecksum(packet)) {
      this.trace.record(D.ipv4_observed_checksum_bad, view.headerChecksum, view.computedChecksum);
      this.trace.record(D.ip_observed, view.totalLength);
      return;
    }
    this.fill(packet, view.totalLength === 0 ? onWire(packet) : view.totalLength);
    if (this.firewall !== null && !view.isFragment) this.firewall.observe(packet);
    if (view.isFragment) {
      this.trace.record(D.frag_observed, view.fragmentOffset, packet.payloadLength);
      this.trace.record(D.ip_observed, view.totalLength);
    } else if (packet.protocol === IpProtocol.tcp) this.parts.tcp.observe(packet);
    else if (packet.protocol === IpProtocol.udp) this.parts.udp.observe(packet);
    else if (packet.protocol === IpProtocol.icmp) this.parts.icmp.observe(packet);
    else this.trace.record(D.ip_observed, view.totalLength);
  }

  /** The packet filter before the way is chosen; connection tracking puts fragments together first. */
  private preroute(packet: Packet): boolean {
    const firewall = this.firewall!;
    if (!firewall.raw(packet)) return false;
    if (firewall.tracks && this.view.isFragment) {
      if (!this.parts.fragments.receive4(packet, this.view)) return false;
      this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    }
    return firewall.prerouting(packet);
  }

  private passOn(packet: Packet): void {
    if (!this.forwards) {
      this.trace.record(D.ipv4_not_ours);
      return;
    }
    if (packet.optionsEnd === packet.optionsStart) this.parts.options.skip();
    this.parts.forward.receive(packet);
  }

  /** A capture shows what the captured router did; on a live host it is ours to do. */
  private get forwards(): boolean {
    return this.config.sysctl['ipv4.ip_forward'] !== 0 && this.config.capture === null;
  }

  private hasValidHeader(packet: Packet): boolean {
    const { trace } = this;
    const view = this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    const problem = view.check();
    const wire = onWire(packet);
    if (problem !== Ipv4Problem.none && problem !== Ipv4Problem.totalLengthBelowHeader) return this.badHeader(packet, problem);
    const headerLength = view.headerLength;
    if (!this.hasRightChecksum(packet)) {
      trace.record(D.ipv4_checksum_bad, view.headerChecksum, view.computedChecksum);
      return false;
    }
    let length = view.totalLength;
    if (problem === Ipv4Problem.totalLengthBelowHeader) {
      if (!this.hasOffloadedLength(packet, problem)) {
        trace.record(D.ipv4_length_below_header, length, headerLength);
        return false;
      }
      length = wire;
      trace.record(D.ipv4_length_offloaded, length);
    }
    this.fill(packet, length);
    if (length > wire) {
      trace.record(D.ipv4_truncated, length, wire);
      return false;
    }
    if (length > packet.networkEnd - packet.networkStart) trace.record(D.ipv4_cut_by_snaplen, length);
    trace.record(D.ipv4_header_valid, headerLength, length, packet.ttl);
    return true;
  }

  private badHeader(packet: Packet, problem: number): boolean {
    const { trace, view } = this;
    const there = packet.networkEnd - packet.networkStart;
    const isCut = onWire(packet) > there && (problem === Ipv4Problem.truncated || problem === Ipv4Problem.headerBeyondEnd);
    if (isCut) trace.record(D.ip_not_captured, there);
    else if (problem === Ipv4Problem.truncated) trace.record(D.ipv4_header_cut, there);
    else if (problem === Ipv4Problem.badVersion) trace.record(D.ipv4_bad_version, view.version);
    else if (problem === Ipv4Problem.badIhl) trace.record(D.ipv4_bad_ihl, view.ihl);
    else trace.record(D.ipv4_header_beyond_end, view.headerLength, there);
    return false;
  }

  /** Right, or nothing that could be held against the packet: a field of 0 that a card was still to write, a sender whose checksums are all wrong. */
  private hasRightChecksum(packet: Packet): boolean {
    const { view } = this;
    if (checksum(view.bytes, view.start, view.start + view.headerLength) === 0) return true;
    this.fill(packet, view.totalLength < view.headerLength ? onWire(packet) : view.totalLength);
    const rules = this.config.capture;
    if (rules === null || packet.sealed) return false;
    if (rules.offload && view.headerChecksum === 0) this.trace.record(D.ipv4_checksum_offloaded);
    else if (rules.disregardChecksum(packet))
      this.trace.record(D.ipv4_checksum_disregarded, view.headerChecksum, view.computedChecksum);
    else return false;
    return true;
  }

  /** Captured where a card was still to cut the packet into segments: total length 0. */
  private hasOffloadedLength(packet: Packet, problem: number): boolean {
    if (this.config.capture === null || packet.sealed || problem !== Ipv4Problem.totalLengthBelowHeader) return false;
    return this.view.totalLength === 0 && onWire(packet) > this.view.headerLength;
  }

  /** Facts and bounds; what lies behind the packet is the link's padding. */
  private fill(packet: Packet, length: number): void {
    const { view } = this;
    const start = packet.networkStart;
    const headerLength = view.headerLength;
    packet.family = 4;
    packet.src0 = packet.src1 = packet.src2 = packet.dst0 = packet.dst1 = packet.dst2 = 0;
    packet.src3 = view.source;
    packet.dst3 = view.destination;
    packet.protocol = view.protocol;
    packet.ttl = view.ttl;
    packet.tos = view.tos;
    packet.optionsStart = start + IPV4_HEADER;
    packet.optionsEnd = start + headerLength;
    packet.replyOptions = packet.changedOptions = NO_BYTES;
    packet.replyOptionsFail = false;
    packet.payloadStart = start + headerLength;
    packet.payloadLength = length - headerLength;
    if (start + length < packet.networkEnd) packet.networkEnd = start + length;
    packet.payloadEnd = packet.networkEnd;
    packet.reassembled = packet.passedBy = false;
    packet.ipTarget = IpTarget.unicast;
    if (view.isFragment) {
      packet.fragId = view.id;
      packet.fragOffset = view.fragmentOffset;
      packet.fragLength = packet.payloadLength;
      packet.fragMore = view.moreFragments;
    }
  }

  /** Source and destination as a host without forwarding sees them; a `Destination` number. Refusals are recorded. */
  private destination(packet: Packet): number {
    const { trace, addresses } = this;
    const source = packet.src3;
    const destination = packet.dst3;
    const isGroup = isMulticast4(source) || isLimitedBroadcast4(source);
    if (isGroup && !this.isAnswered(packet)) {
      trace.record(D.ipv4_source_group);
      return Destination.refused;
    }
    if (isMulticast4(destination)) {
      return this.isForGroup(packet) ? Destination.here : Destination.refused;
    }
    const isLimited = isLimitedBroadcast4(destination);
    if (!isLimited && !(source === 0 && destination === 0)) {
      if (source === 0) {
        trace.record(D.ipv4_source_zero);
        return Destination.refused;
      }
      if (destination === 0) {
        trace.record(D.ipv4_destination_zero);
        return Destination.refused;
      }
      const isLoopback = isLoopback4(destination) || isLoopback4(source);
      if (isLoopback && !this.routesLoopback(packet) && !this.isAnswered(packet)) {
        trace.record(D.ipv4_loopback_on_wire);
        return Destination.refused;
      }
    }
    const isBroadcast = isLimited || destination === 0 || addresses.isBroadcast4(destination);
    packet.ipTarget = isBroadcast ? IpTarget.broadcast : IpTarget.unicast;
    const isLocalnet = isLoopback4(destination) && !packet.loopback;
    if (!isBroadcast && !isLocalnet && !addresses.isOurs4(destination)) {
      return this.forwards && !this.isForwardable(packet) ? Destination.refused : Destination.elsewhere;
    }
    if (!this.isPossibleSource(packet)) return Destination.refused;
    trace.record(isBroadcast ? D.ipv4_broadcast : D.ipv4_ours);
    return Destination.here;
  }

  /** Addresses that cannot be there were answered: what carried the packet, or who rewrote the capture, does not keep the rules. */
  private isAnswered(packet: Packet): boolean {
    if (this.config.capture?.answered(packet) !== true) return false;
    this.trace.record(D.ip_address_excused);
    packet.loopback = true;
    return true;
  }

  private isForGroup(packet: Packet): boolean {
    const { trace } = this;
    if (!this.addresses.isJoined4(packet.dst3)) {
      trace.record(D.ipv4_group_not_joined);
      return false;
    }
    if (isLoopback4(packet.src3) && !packet.loopback) {
      trace.record(D.ipv4_loopback_on_wire);
      return false;
    }
    if (packet.src3 !== 0 && !this.isPossibleSource(packet)) return false;
    packet.ipTarget = IpTarget.multicast;
    trace.record(D.ipv4_multicast);
    return true;
  }

  private routesLoopback({ loopback }: Packet): boolean {
    return loopback || this.config.sysctl['ipv4.route_localnet'] !== 0;
  }

  /** Not ours, and with rp_filter one that we could answer. */
  private isPossibleSource(packet: Packet): boolean {
    const { trace } = this;
    const isOurs = packet.src3 !== 0 && !packet.loopback && this.isOurSource(packet);
    if (isOurs && this.config.sysctl['ipv4.accept_local'] === 0) {
      trace.record(D.ipv4_source_ours);
      return false;
    }
    if (this.config.sysctl['ipv4.rp_filter'] === 0 || packet.src3 === 0) return true;
    const isBroadcast = this.addresses.isBroadcast4(packet.src3);
    if (!isBroadcast && this.parts.routes.reaches4(packet.src3)) return true;
    trace.record(isBroadcast ? D.ipv4_source_group : D.ipv4_rp_filter);
    return false;
  }

  /**
   * A router looks harder at the source where it may have to tell the sender of a better way, and not at all where it knows no way to
   * the destination.
   */
  private isForwardable(packet: Packet): boolean {
    if (this.parts.routes.find4(packet.dst3)?.type !== 'unicast') return true;
    if (!this.isPossibleSource(packet)) return false;
    if (this.config.sysctl['ipv4.send_redirects'] === 0 || !this.addresses.isBroadcast4(packet.src3)) return true;
    this.trace.record(D.ipv4_source_group);
    return false;
  }

  /** The servers of a capture may talk with each other: of them only a packet to itself cannot be. */
  private isOurSource(packet: Packet): boolean {
    if (this.config.capture !== null) return packet.src3 === packet.dst3;
    return isLoopback4(packet.src3) || this.addresses.isOurs4(packet.src3);
  }

  private mayBeInThisFrame(packet: Packet): boolean {
    if (packet.ipTarget !== IpTarget.unicast || packet.linkTarget === LinkTarget.us) return true;
    if (this.config.sysctl['ipv4.drop_unicast_in_l2_multicast'] === 0) return true;
    this.trace.record(D.ip_unicast_in_multicast_frame);
    return false;
  }

  private deliver(packet: Packet): void {
    const view = this.view;
    if (view.isFragment && !this.parts.fragments.receive4(packet, view)) return;
    if (this.firewall !== null && !this.firewall.input(packet)) return;
    const { trace, parts } = this;
    switch (packet.protocol) {
      case IpProtocol.tcp:
        trace.record(D.ipv4_to_tcp);
        parts.tcp.receive(packet);
        return;
      case IpProtocol.udp:
        trace.record(D.ipv4_to_udp);
        parts.udp.receive(packet);
        return;
      case IpProtocol.icmp:
        trace.record(D.ipv4_to_icmp);
        parts.icmp.receive(packet);
        return;
      case IpProtocol.igmp:
        trace.record(D.ip_igmp);
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
        parts.errors.send(packet, IcmpType.destinationUnreachable, UnreachableCode.protocol, 0, D.icmp_protocol_unreachable);
    }
  }
}

/** Bytes from the IP header to the end of the frame as it was on the wire. */
function onWire(packet: Packet): number {
  const frame = packet.frame;
  return packet.networkEnd - packet.networkStart + (frame.wireLength - (frame.end - frame.start));
}
