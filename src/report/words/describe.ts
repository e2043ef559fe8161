import { Facts } from '../../trace/facts.ts';
import type { FrameRecord } from '../../trace/run.ts';
import { EthernetView, EtherType } from '../../wire/ethernet.ts';
import { IcmpView } from '../../wire/icmp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { Ipv4View } from '../../wire/ipv4.ts';
import { IPV6_HEADER, Ipv6View } from '../../wire/ipv6.ts';
import { Ipv6Extensions, isExtension } from '../../wire/ipv6-extensions.ts';
import { LinkType } from '../../wire/link.ts';
import { TcpView } from '../../wire/tcp.ts';
import { UdpView } from '../../wire/udp.ts';

const FACTS = new Facts();
const ETHERNET = new EthernetView();
const IPV4 = new Ipv4View();
const IPV6 = new Ipv6View();
const HEADERS = new Ipv6Extensions();
const TCP = new TcpView();
const UDP = new UdpView();
const ICMP = new IcmpView();
const TRANSPORTS: ReadonlySet<number> = new Set([IpProtocol.tcp, IpProtocol.udp, IpProtocol.icmp, IpProtocol.icmpv6]);

/**
 * What a frame says although the host did not look: its climb ended before the IP header, or the one behind it, was read. Only for the person
 * who reads the line, nothing is judged. Gives the host's own facts where they say enough; the result is valid until the next call.
 */
export function describe(frame: FrameRecord, facts: Facts): Facts {
  if (facts.arpOperation !== 0 || (facts.family !== 0 && !isUnread(facts))) return facts;
  if (facts.etherType >= 0 && facts.etherType !== EtherType.ipv4 && facts.etherType !== EtherType.ipv6) return facts;
  const { bytes, start, end } = frame;
  const f = FACTS;
  f.reset();
  switch (frame.linkType) {
    case LinkType.ethernet: {
      const view = ETHERNET.at(bytes, start, end);
      if (view.check() !== 0) return facts;
      f.hasMacs = true;
      f.destinationMacHigh = view.destinationHigh;
      f.destinationMacLow = view.destinationLow;
      f.sourceMacHigh = view.sourceHigh;
      f.sourceMacLow = view.sourceLow;
      f.etherType = view.etherType;
      if (view.etherType === EtherType.ipv4 || view.etherType === EtherType.ipv6) network(f, bytes, start + 14, end);
      return f.family === 0 && facts.family !== 0 ? facts : f;
    }
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.rawIpv4:
    case LinkType.rawIpv6:
      network(f, bytes, start, end);
      return f.family === 0 ? facts : f;
    default:
      return facts;
  }
}

/** The climb of a whole packet ended at its IP header, or among its extension headers. */
function isUnread({ hasTransport, protocol, fragLength }: Facts): boolean {
  if (hasTransport || fragLength > 0) return false;
  return TRANSPORTS.has(protocol) || isExtension(protocol);
}

function network(f: Facts, bytes: Uint8Array, start: number, end: number): void {
  if (start >= end) return;
  if (bytes[start]! >> 4 === 6) {
    const view = IPV6.at(bytes, start, end);
    if (view.check() !== 0) return;
    f.family = 6;
    f.src0 = view.source0;
    f.src1 = view.source1;
    f.src2 = view.source2;
    f.src3 = view.source3;
    f.dst0 = view.destination0;
    f.dst1 = view.destination1;
    f.dst2 = view.destination2;
    f.dst3 = view.destination3;
    HEADERS.walk(bytes, start, end);
    const length = Math.max(0, start + IPV6_HEADER + view.payloadLength - HEADERS.offset);
    f.protocol = HEADERS.nextHeader;
    if (HEADERS.isFragment) {
      f.fragId = HEADERS.fragmentId;
      f.fragOffset = HEADERS.fragmentOffset;
      f.fragLength = length;
      f.fragMore = HEADERS.moreFragments;
    }
    if (HEADERS.fragmentOffset === 0) transport(f, bytes, HEADERS.offset, end, length);
    return;
  }
  const view = IPV4.at(bytes, start, end);
  if (view.check() !== 0) return;
  f.family = 4;
  f.src0 = f.src1 = f.src2 = f.dst0 = f.dst1 = f.dst2 = 0;
  f.src3 = view.source;
  f.dst3 = view.destination;
  f.protocol = view.protocol;
  if (view.isFragment) {
    f.fragId = view.id;
    f.fragOffset = view.fragmentOffset;
    f.fragLength = Math.max(0, view.totalLength - view.headerLength);
    f.fragMore = view.moreFragments;
  }
  if (view.fragmentOffset === 0) transport(f, bytes, start + view.headerLength, end, view.totalLength - view.headerLength);
}

function transport(f: Facts, bytes: Uint8Array, start: number, end: number, length: number): void {
  f.bytes = bytes;
  f.payloadStart = start;
  f.payloadEnd = Math.min(end, start + length);
  if (f.protocol === IpProtocol.tcp) {
    const view = TCP.at(bytes, start, f.payloadEnd);
    if (view.check() !== 0) return;
    f.sourcePort = view.sourcePort;
    f.destinationPort = view.destinationPort;
    f.tcpFlags = view.flags;
    f.seq = view.seq;
    f.ack = view.ack;
    f.window = view.window;
    f.dataLength = Math.max(0, length - view.headerLength);
    f.hasTransport = true;
  } else if (f.protocol === IpProtocol.udp) {
    const view = UDP.at(bytes, start, f.payloadEnd);
    if (view.check() !== 0) return;
    f.sourcePort = view.sourcePort;
    f.destinationPort = view.destinationPort;
    f.dataLength = Math.max(0, view.length - 8);
    f.hasTransport = true;
  } else if (f.protocol === IpProtocol.icmp || f.protocol === IpProtocol.icmpv6) {
    const view = ICMP.at(bytes, start, f.payloadEnd);
    if (view.check() !== 0) return;
    f.icmpType = view.type;
    f.icmpCode = view.code;
    f.dataLength = Math.max(0, length - 8);
    f.hasTransport = true;
  }
}
