import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { copyBytes, putU32, u16, u32 } from '../../wire/bytes.ts';
import { checksum } from '../../wire/checksum.ts';
import {
  ICMP_HEADER,
  IcmpProblem,
  IcmpType,
  IcmpView,
  isFromRouter,
  TimeExceededCode,
  UnreachableCode,
} from '../../wire/icmp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Paths } from '../ip/paths.ts';
import { IpTarget, type Packet } from '../packet.ts';
import type { Tcp } from '../tcp/tcp.ts';
import { timeOfDay } from '../time/time-of-day.ts';
import type { Udp } from '../udp/udp.ts';
import type { IcmpErrors } from './icmp-errors.ts';
import type { Redirects } from './redirects.ts';

const TIMESTAMPS = 12;
/** Of the IPv4 header that an error quotes. */
const QUOTED_DESTINATION = 16;
/** The highest type that Linux has a handler for. */
const KNOWN_TYPES = 18;

/** ICMP as a host receives it (RFC 792, RFC 1122 §3.2.2; Linux icmp_rcv). */
export class Icmp {
  private readonly context: HostContext;
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly errors: IcmpErrors;
  private readonly tcp: Tcp;
  private readonly udp: Udp;
  private readonly redirects: Redirects;
  private readonly paths: Paths;
  private readonly view = new IcmpView();
  private readonly times = new Uint8Array(TIMESTAMPS);

  constructor(context: HostContext, errors: IcmpErrors, tcp: Tcp, udp: Udp, redirects: Redirects, paths: Paths) {
    this.udp = udp;
    this.redirects = redirects;
    this.paths = paths;
    this.context = context;
    this.config = context.config;
    this.trace = context.trace;
    this.errors = errors;
    this.tcp = tcp;
  }

  receive(packet: Packet): void {
    const { trace } = this;
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    const isWhole = packet.payloadLength <= packet.payloadEnd - packet.payloadStart;
    this.fill(packet);
    if (!isWhole) trace.record(D.icmp_checksum_not_captured);
    else if (checksum(view.bytes, view.start, view.end) !== 0) {
      trace.record(D.icmp_checksum_bad);
      return;
    } else trace.record(D.icmp_checksum_good);
    if (view.check() !== IcmpProblem.none) {
      trace.record(isWhole ? D.icmp_header_cut : D.icmp_not_captured, view.end - view.start);
      return;
    }
    if (packet.ipTarget !== IpTarget.unicast && !this.mayBeGroup(view.type)) {
      trace.record(D.icmp_to_group, view.type);
      return;
    }
    this.dispatch(packet, view);
  }

  observe(packet: Packet): void {
    this.fill(packet);
    const isWhole = packet.payloadLength <= packet.payloadEnd - packet.payloadStart;
    if (isWhole && checksum(packet.bytes, packet.payloadStart, packet.payloadEnd) !== 0)
      this.trace.record(D.icmp_observed_checksum_bad);
    const quoted = packet.payloadStart + ICMP_HEADER;
    const isRouters = packet.payloadEnd - quoted >= IPV4_HEADER && isFromRouter(packet.icmpType, packet.icmpCode);
    const target = isRouters ? u32(packet.bytes, quoted + QUOTED_DESTINATION) : packet.src3;
    if (target === packet.src3) this.trace.record(D.icmp_observed, packet.icmpType, packet.icmpCode);
    else this.trace.record(D.icmp_observed_turned_back, packet.icmpType, packet.icmpCode, target);
  }

  private fill(packet: Packet): void {
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    if (view.check() !== IcmpProblem.none) return;
    packet.hasTransport = true;
    packet.icmpType = view.type;
    packet.icmpCode = view.code;
    packet.dataLength = packet.payloadLength - ICMP_HEADER;
  }

  private mayBeGroup(type: number): boolean {
    if (type === IcmpType.echoRequest || type === IcmpType.timestampRequest) {
      return this.config.sysctl['ipv4.icmp_echo_ignore_broadcasts'] === 0;
    }
    if (type === IcmpType.extendedEchoRequest) return true;
    return type === IcmpType.addressMaskRequest || type === IcmpType.addressMaskReply;
  }

  private dispatch(packet: Packet, view: IcmpView): void {
    const { trace } = this;
    switch (view.type) {
      case IcmpType.echoRequest:
        this.echo(packet, view);
        return;
      case IcmpType.timestampRequest:
        this.timestamp(packet, view);
        return;
      case IcmpType.echoReply:
      case IcmpType.extendedEchoReply:
        // Which programs ping is not in a capture.
        trace.record(this.config.capture === null ? D.icmp_reply_unasked : D.icmp_reply, view.identifier, view.sequence);
        return;
      case IcmpType.destinationUnreachable:
      case IcmpType.sourceQuench:
      case IcmpType.timeExceeded:
      case IcmpType.parameterProblem:
        this.error(packet, view);
        return;
      case IcmpType.redirect:
        if (packet.payloadEnd - view.payloadStart < IPV4_HEADER) trace.record(D.icmp_redirect_cut, packet.dataLength);
        else this.redirect(packet, view);
        return;
      case IcmpType.extendedEchoRequest:
        trace.record(D.icmp_ignored, view.type);
        return;
      default:
        if (view.type > KNOWN_TYPES) trace.record(D.icmp_type_unknown, view.type);
        else trace.record(D.icmp_ignored, view.type);
    }
  }

  private echo(packet: Packet, view: IcmpView): void {
    if (this.config.sysctl['ipv4.icmp_echo_ignore_all'] !== 0) {
      this.trace.record(D.icmp_echo_ignored);
      return;
    }
    this.trace.record(D.icmp_echo_request, view.identifier, view.sequence, packet.dataLength);
    if (packet.replyOptionsFail) {
      this.trace.record(D.icmp_options_fail);
      return;
    }
    if (!this.errors.allowsAnswer(packet, IcmpType.echoReply)) return;
    const out = this.trace.transmit(D.icmp_echo_reply, view.identifier, view.sequence, packet.dataLength);
    this.answer(out, packet, view, IcmpType.echoReply, view.code);
    out.payload = packet.bytes;
    out.payloadStart = view.payloadStart;
    out.payloadEnd = packet.payloadEnd;
    out.payloadMissing = Math.max(0, packet.dataLength - (packet.payloadEnd - view.payloadStart));
  }

  private timestamp(packet: Packet, view: IcmpView): void {
    if (packet.dataLength < 4) {
      this.trace.record(D.icmp_timestamp_short, packet.dataLength);
      return;
    }
    this.trace.record(D.icmp_timestamp_request, view.identifier, view.sequence);
    if (packet.replyOptionsFail) {
      this.trace.record(D.icmp_options_fail);
      return;
    }
    if (!this.errors.allowsAnswer(packet, IcmpType.timestampReply)) return;
    const out = this.trace.transmit(D.icmp_timestamp_reply, view.identifier, view.sequence);
    this.answer(out, packet, view, IcmpType.timestampReply, 0);
    const now = timeOfDay(this.context);
    const end = Math.min(view.payloadStart + 4, packet.payloadEnd);
    copyBytes(packet.bytes, view.payloadStart, end, this.times, 0);
    putU32(this.times, 4, now);
    putU32(this.times, 8, now);
    out.payload = this.times;
    out.payloadEnd = TIMESTAMPS;
  }

  private answer(out: Transmission, packet: Packet, view: IcmpView, type: number, code: number): void {
    this.errors.address(out, packet);
    out.protocol = Sent.icmp;
    out.icmpType = type;
    out.icmpCode = code;
    out.icmpRest = view.rest;
  }

  /** An error about a packet of ours, which it quotes. */
  private error(packet: Packet, view: IcmpView): void {
    const { trace } = this;
    const { bytes, payloadEnd } = packet;
    const at = view.payloadStart;
    const headerLength = at < payloadEnd ? (bytes[at]! & 0xf) << 2 : 0;
    if (payloadEnd - at < IPV4_HEADER) {
      trace.record(D.icmp_quote_cut, Math.max(payloadEnd - at, 0));
      return;
    }
    if (headerLength < IPV4_HEADER) {
      trace.record(D.icmp_quote_malformed, headerLength);
      return;
    }
    if (!concerns(view.type, view.code)) {
      trace.record(D.icmp_ignored, view.type);
      return;
    }
    if (payloadEnd - at < headerLength + 8) {
      trace.record(D.icmp_quote_short, payloadEnd - at);
      return;
    }
    const protocol = bytes[at + 9]!;
    const isTooBig = view.type === IcmpType.destinationUnreachable && view.code === UnreachableCode.fragmentationNeeded;
    if (isTooBig && !this.believesSize(protocol)) {
      trace.record(D.icmp_ignored, view.type);
      return;
    }
    trace.record(D.icmp_error_received, view.type, view.code, protocol);
    // Without path MTU discovery only the fact counts.
    const mtu = this.config.sysctl['ipv4.ip_no_pmtu_disc'] === 1 ? 0 : view.mtu;
    const isFirst = (u16(bytes, at + 6) & 0x1fff) === 0;
    if (isFirst && protocol === IpProtocol.tcp) this.tcp.icmpError(packet, view.type, view.code, at, payloadEnd, mtu);
    if (isTooBig && this.config.capture === null && this.isDatagram(packet, at, headerLength))
      this.paths.learn4(u32(bytes, at + 16), mtu);
    trace.record(D.icmp_error_done);
  }

  /** "Fragmentation needed" is looked at, as net.ipv4.ip_no_pmtu_disc has it: 2 never, 3 where the quote can be checked. */
  private believesSize(protocol: number): boolean {
    const mode = this.config.sysctl['ipv4.ip_no_pmtu_disc'];
    return mode < 2 || (mode === 3 && protocol === IpProtocol.tcp);
  }

  /** The quote is of an echo reply, or of a datagram of a socket that is there. */
  private isDatagram({ bytes }: Packet, at: number, headerLength: number): boolean {
    const protocol = bytes[at + 9];
    if (protocol === IpProtocol.icmp) return bytes[at + headerLength] === IcmpType.echoReply;
    return protocol === IpProtocol.udp && this.udp.hasPort(u16(bytes, at + headerLength));
  }

  private redirect(packet: Packet, view: IcmpView): void {
    const { bytes, payloadEnd } = packet;
    const at = view.payloadStart;
    const headerLength = (bytes[at]! & 0xf) << 2;
    const isWhole = payloadEnd - at >= headerLength + 8;
    const concernsUs =
      isWhole &&
      (bytes[at + 9] === IpProtocol.tcp
        ? this.tcp.isQuoted(packet, at, at + headerLength)
        : this.isDatagram(packet, at, headerLength));
    const isTaken =
      concernsUs &&
      this.config.capture === null &&
      this.redirects.take(view.code, u32(bytes, at + 16), view.gateway, packet.src3);
    this.trace.record(isTaken ? D.icmp_redirect_taken : D.icmp_redirect_ignored, view.gateway, isTaken ? u32(bytes, at + 16) : 0);
  }
}

/** Errors that are passed on to the transport (Linux icmp_unreach). */
function concerns(type: number, code: number): boolean {
  if (type === IcmpType.timeExceeded) return code !== TimeExceededCode.reassembly;
  return type !== IcmpType.destinationUnreachable || code <= UnreachableCode.precedenceCutoff;
}
