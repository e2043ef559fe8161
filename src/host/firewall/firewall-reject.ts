import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { isMulticast6, isUnspecified6 } from '../../wire/address.ts';
import { u16 } from '../../wire/bytes.ts';
import { checksum, fold, sumBytes } from '../../wire/checksum.ts';
import { IcmpType, UnreachableCode } from '../../wire/icmp.ts';
import { Icmpv6Type, Unreachable6Code } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { TCP_HEADER, TcpFlag, TcpView } from '../../wire/tcp.ts';
import type { RejectCode } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import { IpTarget, type Packet } from '../packet.ts';
import type { FirewallView } from './firewall-view.ts';
import { transportChecksum } from './transport-checksum.ts';

const GRE_HAS_CHECKSUM = 0x80;

/** The codes of destination unreachable that a rule's word stands for, in IPv4 and in IPv6. */
const CODES: Readonly<Record<RejectCode, readonly [number, number]>> = {
  'net-unreachable': [UnreachableCode.net, Unreachable6Code.noRoute],
  'no-route': [UnreachableCode.net, Unreachable6Code.noRoute],
  'host-unreachable': [UnreachableCode.host, Unreachable6Code.address],
  'addr-unreachable': [UnreachableCode.host, Unreachable6Code.address],
  'prot-unreachable': [UnreachableCode.protocol, Unreachable6Code.port],
  'port-unreachable': [UnreachableCode.port, Unreachable6Code.port],
  'net-prohibited': [UnreachableCode.netProhibited, Unreachable6Code.prohibited],
  'host-prohibited': [UnreachableCode.hostProhibited, Unreachable6Code.prohibited],
  'admin-prohibited': [UnreachableCode.prohibited, Unreachable6Code.prohibited],
  'policy-fail': [UnreachableCode.prohibited, Unreachable6Code.sourcePolicy],
  'reject-route': [UnreachableCode.prohibited, Unreachable6Code.rejectRoute],
};

/** What a rejected packet is answered with (Linux nf_reject_ipv4.c, nf_reject_ipv6.c). */
export class FirewallReject {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly errors4: IcmpErrors;
  private readonly errors6: Icmpv6Errors;
  /** Whether connection tracking has looked at the checksums of TCP, UDP and ICMP already. */
  private readonly isVerified: boolean;
  private readonly tcpView = new TcpView();

  constructor(context: HostContext, errors4: IcmpErrors, errors6: Icmpv6Errors, tracks: boolean) {
    this.context = context;
    this.isVerified = tracks && context.config.sysctl['netfilter.nf_conntrack_checksum'] !== 0;
    this.trace = context.trace;
    this.errors4 = errors4;
    this.errors6 = errors6;
  }

  answer(packet: Packet, view: FirewallView, how: 'tcp_reset' | RejectCode): void {
    if (how === 'tcp_reset') this.reset(packet, view);
    else if (!this.hasGoodChecksum(packet, view)) this.trace.record(D.ip_firewall_unanswered);
    else if (packet.family === 4) {
      const code = CODES[how][0];
      this.errors4.send(packet, IcmpType.destinationUnreachable, code, 0, D.icmp_firewall_reject);
    } else {
      const code = CODES[how][1];
      this.errors6.send(packet, Icmpv6Type.destinationUnreachable, code, 0, D.icmpv6_firewall_reject);
    }
  }

  /** As a closed port would, in the name of the packet's destination. */
  private reset(packet: Packet, view: FirewallView): void {
    const header = this.tcpView.at(view.bytes, view.start, view.end);
    if (!this.mayReset(packet, view)) {
      this.trace.record(D.ip_firewall_unanswered);
      return;
    }
    const out = this.trace.transmit(D.ip_firewall_reset);
    out.protocol = Sent.tcp;
    out.family = packet.family;
    out.src0 = packet.dst0;
    out.src1 = packet.dst1;
    out.src2 = packet.dst2;
    out.src3 = packet.dst3;
    out.dst0 = packet.src0;
    out.dst1 = packet.src1;
    out.dst2 = packet.src2;
    out.dst3 = packet.src3;
    out.sourcePort = header.destinationPort;
    out.destinationPort = header.sourcePort;
    out.ttl = packet.family === 4 ? this.context.config.sysctl['ipv4.ip_default_ttl'] : this.context.hopLimit6;
    const { flags } = header;
    if ((flags & TcpFlag.ack) !== 0) {
      out.flags = TcpFlag.rst;
      out.seq = header.ack;
      return;
    }
    out.flags = TcpFlag.rst | TcpFlag.ack;
    const counted = ((flags & TcpFlag.syn) >> 1) + (flags & TcpFlag.fin);
    out.ack = (header.seq + view.length - header.headerLength + counted) >>> 0;
  }

  private mayReset(packet: Packet, view: FirewallView): boolean {
    if (view.protocol !== IpProtocol.tcp || view.isLater || view.end - view.start < TCP_HEADER) return false;
    if (packet.ipTarget !== IpTarget.unicast || (view.tcpFlags & TcpFlag.rst) !== 0) return false;
    if (packet.family === 6 && !isUnicast6(packet)) return false;
    return this.hasGoodChecksum(packet, view);
  }

  private hasGoodChecksum(packet: Packet, view: FirewallView): boolean {
    return hasGoodChecksum(view) && ((this.isVerified && isTracked(view.protocol)) || hasGoodOptions(packet));
  }
}

function isTracked(protocol: number): boolean {
  return protocol === IpProtocol.tcp || protocol === IpProtocol.udp || protocol === IpProtocol.icmp;
}

/**
 * Linux sums the IP header up along with the payload, and where it has filled in an option on the way in (record route, timestamp) the
 * header's own checksum does not fit any more: such a packet counts as damaged.
 */
function hasGoodOptions(packet: Packet): boolean {
  const { changedOptions, bytes, networkStart } = packet;
  if (packet.family === 6 || changedOptions.length === 0) return true;
  const fixed = sumBytes(bytes, networkStart, networkStart + IPV4_HEADER);
  return checksum(changedOptions, 0, changedOptions.length, fixed) === 0;
}

function isUnicast6(packet: Packet): boolean {
  const { src0, src1, src2, src3 } = packet;
  return !isMulticast6(src0) && !isUnspecified6(src0, src1, src2, src3);
}

/**
 * Nobody is answered whose packet may be damaged. Linux takes every protocol but a few for one with a 16-bit checksum over all of its
 * payload, in IPv6 with the pseudo-header.
 */
function hasGoodChecksum(view: FirewallView): boolean {
  const { bytes, start, end, length, protocol } = view;
  if (view.isLater) return false;
  // Nothing but the IPv4 header, whose own checksum is right.
  if (end - start <= 0) return view.family === 4 && length === 0 && protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp;
  switch (protocol) {
    case IpProtocol.udp:
      if (end - start >= 8 && u16(bytes, start + 6) === 0) return true;
      break;
    case IpProtocol.gre:
      if ((bytes[start]! & GRE_HAS_CHECKSUM) === 0) return true;
      break;
    case IpProtocol.authentication:
    case IpProtocol.esp:
    case IpProtocol.sctp:
    case IpProtocol.udpLite:
    case IpProtocol.dccp:
      return true;
    default:
  }
  // Cut by the snaplen: it cannot be told, and counts as good.
  if (length > end - start) return true;
  if (view.family === 6 || protocol === IpProtocol.tcp || protocol === IpProtocol.udp)
    return transportChecksum(view, length) === 0;
  const sum = fold(sumBytes(bytes, start, start + length));
  return sum === 0xffff || sum === 0;
}
