import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { u16, u32 } from '../../wire/bytes.ts';
import { fold, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import { ICMPV6_HEADER, Icmpv6Problem, Icmpv6Type, Icmpv6View, isFromRouter6 } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import { Ipv6Chain, isStep } from '../ip/ipv6-chain.ts';
import type { Paths } from '../ip/paths.ts';
import type { NeighbourDiscovery } from '../neighbours/neighbour-discovery.ts';
import { IpTarget, type Packet } from '../packet.ts';
import type { Tcp } from '../tcp/tcp.ts';
import type { Udp } from '../udp/udp.ts';
import type { Icmpv6Errors } from './icmpv6-errors.ts';

/** Of the IPv6 header that an error quotes. */
const QUOTED_DESTINATION = 24;

/** ICMPv6 as a host receives it (RFC 4443; Linux icmpv6_rcv). */
export class Icmpv6 {
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly errors: Icmpv6Errors;
  private readonly discovery: NeighbourDiscovery;
  private readonly tcp: Tcp;
  private readonly udp: Udp;
  private readonly paths: Paths;
  private readonly view = new Icmpv6View();
  private readonly chain = new Ipv6Chain();

  constructor(context: HostContext, errors: Icmpv6Errors, discovery: NeighbourDiscovery, tcp: Tcp, udp: Udp, paths: Paths) {
    this.udp = udp;
    this.paths = paths;
    this.config = context.config;
    this.trace = context.trace;
    this.errors = errors;
    this.discovery = discovery;
    this.tcp = tcp;
  }

  receive(packet: Packet): void {
    const { trace } = this;
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    const isWhole = packet.payloadLength <= packet.payloadEnd - packet.payloadStart;
    this.fill(packet);
    if (!isWhole) trace.record(D.icmpv6_checksum_not_captured);
    else if (fold(sumBytes(view.bytes, view.start, view.end, pseudoHeader(packet))) !== 0xffff) {
      trace.record(D.icmpv6_checksum_bad);
      return;
    } else trace.record(D.icmpv6_checksum_good);
    if (view.check() !== Icmpv6Problem.none) {
      trace.record(isWhole ? D.icmpv6_header_cut : D.icmpv6_not_captured, view.end - view.start);
      return;
    }
    this.dispatch(packet, view);
  }

  observe(packet: Packet): void {
    this.fill(packet);
    const isWhole = packet.payloadLength <= packet.payloadEnd - packet.payloadStart;
    if (isWhole && fold(sumBytes(packet.bytes, packet.payloadStart, packet.payloadEnd, pseudoHeader(packet))) !== 0xffff)
      this.trace.record(D.icmpv6_observed_checksum_bad);
    const isRouters = isFromRouter6(packet.icmpType, packet.icmpCode) && !isForSender(packet);
    this.trace.record(isRouters ? D.icmpv6_observed_turned_back : D.icmpv6_observed, packet.icmpType, packet.icmpCode);
  }

  private fill(packet: Packet): void {
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    if (view.check() !== Icmpv6Problem.none) return;
    packet.hasTransport = true;
    packet.icmpType = view.type;
    packet.icmpCode = view.code;
    packet.dataLength = packet.payloadLength - ICMPV6_HEADER;
  }

  private dispatch(packet: Packet, view: Icmpv6View): void {
    const { trace } = this;
    switch (view.type) {
      case Icmpv6Type.echoRequest:
        this.echo(packet, view);
        return;
      case Icmpv6Type.echoReply:
        trace.record(this.config.capture === null ? D.icmpv6_reply_unasked : D.icmpv6_reply, view.identifier, view.sequence);
        return;
      case Icmpv6Type.routerSolicitation:
      case Icmpv6Type.routerAdvertisement:
      case Icmpv6Type.neighborSolicitation:
      case Icmpv6Type.neighborAdvertisement:
      case Icmpv6Type.redirect:
        this.discovery.receive(packet);
        return;
      case Icmpv6Type.listenerQuery:
      case Icmpv6Type.listenerReport:
      case Icmpv6Type.listenerDone:
      case Icmpv6Type.listenerReport2:
        trace.record(D.icmpv6_listener, view.type);
        return;
      default:
        // An unknown error goes up to the protocol that it is about, as a known one does; an unknown question is ignored.
        if (view.isError) this.error(packet, view);
        else trace.record(D.icmpv6_type_unknown, view.type);
    }
  }

  private echo(packet: Packet, view: Icmpv6View): void {
    const { trace } = this;
    const { sysctl } = this.config;
    const isGroup = packet.ipTarget === IpTarget.multicast;
    if (sysctl['ipv6.icmp.echo_ignore_all'] !== 0 || (isGroup && sysctl['ipv6.icmp.echo_ignore_multicast'] !== 0)) {
      trace.record(D.icmpv6_echo_ignored);
      return;
    }
    trace.record(D.icmpv6_echo_request, view.identifier, view.sequence, packet.dataLength);
    const out = trace.transmit(D.icmpv6_echo_reply, view.identifier, view.sequence, packet.dataLength);
    this.errors.address(out, packet);
    out.protocol = Sent.icmpv6;
    out.tos = packet.tos;
    out.icmpType = Icmpv6Type.echoReply;
    out.icmpCode = view.code;
    out.icmpRest = view.rest;
    out.payload = packet.bytes;
    out.payloadStart = view.payloadStart;
    out.payloadEnd = packet.payloadEnd;
    out.payloadMissing = Math.max(0, packet.dataLength - (packet.payloadEnd - view.payloadStart));
  }

  /** An error about a packet of ours, which it quotes (Linux icmpv6_notify). */
  private error(packet: Packet, view: Icmpv6View): void {
    const { trace } = this;
    const { bytes, payloadEnd } = packet;
    const quote = view.payloadStart;
    if (payloadEnd - quote < IPV6_HEADER) {
      trace.record(D.icmpv6_quote_short, payloadEnd - quote);
      return;
    }
    const { protocol, offset, isLaterFragment } = this.chain.find(bytes, quote, payloadEnd);
    if (!isLaterFragment && (isStep(protocol) || protocol === IpProtocol.noNext)) {
      trace.record(D.icmpv6_quote_chain, protocol);
      return;
    }
    // Of a later fragment nobody looks behind the fragment header.
    if (offset + (isLaterFragment ? 0 : 8) > payloadEnd) {
      trace.record(D.icmpv6_quote_short, payloadEnd - quote);
      return;
    }
    trace.record(D.icmpv6_error_received, view.type, view.code, protocol);
    if (protocol === IpProtocol.tcp && !isLaterFragment)
      this.tcp.icmpError(packet, view.type, view.code, quote, payloadEnd, view.mtu);
    if (view.type === Icmpv6Type.packetTooBig && !isLaterFragment && this.config.capture === null) {
      const isDatagram = protocol === IpProtocol.icmpv6 || (protocol === IpProtocol.udp && this.udp.hasPort(u16(bytes, offset)));
      if (isDatagram)
        this.paths.learn6(
          u32(bytes, quote + 24),
          u32(bytes, quote + 28),
          u32(bytes, quote + 32),
          u32(bytes, quote + 36),
          view.mtu,
        );
    }
    trace.record(D.icmpv6_error_done);
  }
}

/** The packet that the error quotes went to who sends the error, as far as the bytes that are there tell. */
function isForSender({ bytes, payloadStart, payloadEnd, src0, src1, src2, src3 }: Packet): boolean {
  const at = payloadStart + ICMPV6_HEADER + QUOTED_DESTINATION;
  if (payloadEnd < at + 16) return true;
  return u32(bytes, at) === src0 && u32(bytes, at + 4) === src1 && u32(bytes, at + 8) === src2 && u32(bytes, at + 12) === src3;
}

function pseudoHeader(packet: Packet): number {
  return pseudoHeader6(
    packet.src0,
    packet.src1,
    packet.src2,
    packet.src3,
    packet.dst0,
    packet.dst1,
    packet.dst2,
    packet.dst3,
    IpProtocol.icmpv6,
    packet.payloadLength,
  );
}
