import type { Transmission } from '../../trace/transmission.ts';
import { Sent } from '../../trace/transmission.ts';
import { joinMac } from '../../wire/address.ts';
import { NO_BYTES, u16, u32 } from '../../wire/bytes.ts';
import { ICMP_HEADER } from '../../wire/icmp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import { UDP_HEADER } from '../../wire/udp.ts';
import type { PacketField, PayloadField } from '../config.ts';
import { Ipv6Chain, isStep } from '../ip/ipv6-chain.ts';
import type { Packet } from '../packet.ts';
import { SKETCH, sketchHeaders } from './firewall-sketch.ts';

/** Offset of the flags in a TCP header. */
const TCP_FLAGS = 13;
const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;

/** What a packet filter sees of a packet, received or sent: -1 where a field is not there or not in this packet. */
export class FirewallView {
  family = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** The upper layer's, behind IPv6 extension headers. */
  protocol = 0;
  /** The same as rules see it: they do not look behind an authentication header; -1 where the headers cannot be walked. */
  upper = 0;
  /** What the IPv6 header itself names as the next one; -1 in IPv4. */
  nextHeader = -1;
  isFragment = false;
  /** A fragment other than the first: it has no transport header. */
  isLater = false;
  sourcePort = -1;
  destinationPort = -1;
  tcpFlags = -1;
  icmpType = -1;
  icmpCode = -1;
  /** The transport header and data: bytes that are there, and length as the IP header has it. A sent packet has no bytes here. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  length = 0;
  /** Bytes of the IP packet. */
  size = 0;
  /** A `LinkTarget` number, and the MACs as 48 bits; -1 where there are none. */
  packetType = -1;
  sourceMac = -1;
  destinationMac = -1;
  /** What rules have marked the packet with. */
  mark = 0;
  /** What connection tracking says of it: a `StateBit`; before it is asked, that it is invalid (Linux nft_ct). */
  state = 0;
  /** Of its conversation, as connection tracking knows it: 0 as the first packet, 1 the other way, -1 none. */
  direction = -1;
  /** Headers that rules may look into: the packet's own, or a sketch of them. */
  private headers: Uint8Array = NO_BYTES;
  private networkStart = 0;
  private transportStart = 0;
  private headersEnd = 0;
  private readonly sketch = new Uint8Array(SKETCH);
  private readonly chain = new Ipv6Chain();

  /** A received packet; its IP header has been found good. */
  ofPacket(packet: Packet): this {
    const { bytes, networkStart, networkEnd } = packet;
    this.family = packet.family;
    this.src0 = packet.src0;
    this.src1 = packet.src1;
    this.src2 = packet.src2;
    this.src3 = packet.src3;
    this.dst0 = packet.dst0;
    this.dst1 = packet.dst1;
    this.dst2 = packet.dst2;
    this.dst3 = packet.dst3;
    this.bytes = bytes;
    this.end = networkEnd;
    if (packet.family === 4) {
      const word = u16(bytes, networkStart + 6);
      this.isLater = (word & OFFSET) !== 0;
      this.isFragment = this.isLater || (word & MORE_FRAGMENTS) !== 0;
      this.protocol = this.upper = packet.protocol;
      this.nextHeader = -1;
      this.start = packet.payloadStart;
      this.length = packet.payloadLength;
    } else this.behindExtensions(packet);
    this.headers = bytes;
    this.networkStart = networkStart;
    this.headersEnd = networkEnd;
    this.size = this.start - networkStart + this.length;
    this.packetType = packet.hasMacs ? packet.linkTarget : -1;
    this.sourceMac = packet.hasMacs ? joinMac(packet.sourceMacHigh, packet.sourceMacLow) : -1;
    this.destinationMac = packet.hasMacs ? joinMac(packet.destinationMacHigh, packet.destinationMacLow) : -1;
    // Of a later fragment rules see what stands in a header's place: IPv4's data, IPv6's own header.
    this.transportStart = packet.family === 6 && this.isLater ? networkStart : this.start;
    this.readTransport(this.transportStart);
    return this;
  }

  /** A packet that the host is about to send. */
  ofTransmission(out: Transmission): this {
    this.family = out.family;
    this.src0 = out.src0;
    this.src1 = out.src1;
    this.src2 = out.src2;
    this.src3 = out.src3;
    this.dst0 = out.dst0;
    this.dst1 = out.dst1;
    this.dst2 = out.dst2;
    this.dst3 = out.dst3;
    this.protocol = this.upper = out.protocol;
    this.nextHeader = out.family === 6 ? out.protocol : -1;
    this.isFragment = this.isLater = false;
    this.bytes = NO_BYTES;
    this.start = this.end = this.length = 0;
    const isIcmp = out.protocol === Sent.icmp || out.protocol === Sent.icmpv6;
    this.sourcePort = isIcmp ? -1 : out.sourcePort;
    this.destinationPort = isIcmp ? -1 : out.destinationPort;
    this.tcpFlags = out.protocol === Sent.tcp ? out.flags : -1;
    this.icmpType = isIcmp ? out.icmpType : -1;
    this.icmpCode = isIcmp ? out.icmpCode : -1;
    this.packetType = this.sourceMac = this.destinationMac = -1;
    this.mark = 0;
    this.headers = this.sketch;
    this.networkStart = 0;
    this.transportStart = sketchHeaders(out, this.sketch);
    this.headersEnd = SKETCH;
    this.size = (out.family === 4 ? u16(this.sketch, 2) : IPV6_HEADER + u16(this.sketch, 4)) >>> 0;
    return this;
  }

  /** -1: it has none. */
  field(field: PacketField): number {
    switch (field) {
      case 'family':
        return this.family;
      case 'protocol':
        return this.upper;
      case 'nextHeader':
        return this.nextHeader;
      case 'source4':
        return this.family === 4 ? this.src3 : -1;
      case 'destination4':
        return this.family === 4 ? this.dst3 : -1;
      case 'length':
        return this.size;
      case 'packetType':
        return this.packetType;
      case 'sourceMac':
        return this.sourceMac;
      case 'destinationMac':
        return this.destinationMac;
      case 'direction':
        return this.direction;
      default:
        return this.mark;
    }
  }

  /** The bits of a header, as an unsigned number; -1: the packet ends before them. */
  payload({ header, bit, length }: PayloadField): number {
    const at = (header === 'network' ? this.networkStart : this.transportStart) + (bit >>> 3);
    const bits = (bit & 7) + length;
    const end = at + ((bits + 7) >>> 3);
    if (end > this.headersEnd) return -1;
    let value = this.headers[at]! & (0xff >>> (bit & 7));
    for (let i = at + 1; i < end; i++) value = value * 0x100 + this.headers[i]!;
    return Math.floor(value / 2 ** (-bits & 7));
  }

  /** It has ports, as far as its protocol says. */
  get mayHavePorts(): boolean {
    return hasPorts(this.protocol);
  }

  /** Fills in what reports show of the packet: nobody above will. */
  tell(packet: Packet): void {
    packet.protocol = this.protocol;
    if (this.isLater) return;
    const there = this.end - this.start;
    const { bytes, start, length } = this;
    if (this.icmpCode >= 0) {
      packet.hasTransport = true;
      packet.icmpType = this.icmpType;
      packet.icmpCode = this.icmpCode;
      packet.dataLength = Math.max(length - ICMP_HEADER, 0);
    } else if (this.protocol === IpProtocol.tcp && there >= TCP_HEADER) {
      packet.hasTransport = true;
      packet.seq = u32(bytes, start + 4);
      packet.ack = u32(bytes, start + 8);
      packet.tcpFlags = this.tcpFlags;
      packet.window = u16(bytes, start + 14);
      packet.dataLength = Math.max(length - ((bytes[start + 12]! >> 4) << 2), 0);
    } else if (this.protocol === IpProtocol.udp && there >= UDP_HEADER) {
      packet.hasTransport = true;
      packet.dataLength = Math.max(length - UDP_HEADER, 0);
    } else return;
    packet.sourcePort = Math.max(this.sourcePort, 0);
    packet.destinationPort = Math.max(this.destinationPort, 0);
  }

  /** Walks from the IPv6 header at `at` to the upper layer's. */
  findUpper(at: number): void {
    const { chain } = this;
    chain.find(this.bytes, at, this.end);
    this.isFragment = chain.hasFragment;
    this.isLater = chain.isLaterFragment;
    this.protocol = chain.protocol;
    this.start = Math.min(chain.offset, this.end);
  }

  private behindExtensions(packet: Packet): void {
    const { bytes, networkStart } = packet;
    this.findUpper(networkStart);
    const { chain } = this;
    this.nextHeader = bytes[networkStart + 6]!;
    if (chain.hasAuthentication) this.upper = IpProtocol.authentication;
    else this.upper = isStep(this.protocol) ? -1 : this.protocol;
    this.length = u16(bytes, networkStart + 4) + IPV6_HEADER - (this.start - networkStart);
  }

  /** Ports, flags or type of the transport header. */
  readTransport(start = this.start): void {
    const { bytes, end, upper: protocol } = this;
    this.sourcePort = this.destinationPort = this.tcpFlags = this.icmpType = this.icmpCode = -1;
    const there = end - start;
    if (hasPorts(protocol)) {
      if (there >= 2) this.sourcePort = u16(bytes, start);
      if (there >= 4) this.destinationPort = u16(bytes, start + 2);
      if (protocol === IpProtocol.tcp && there > TCP_FLAGS) this.tcpFlags = bytes[start + TCP_FLAGS]!;
    } else if (protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6) {
      if (there >= 1) this.icmpType = bytes[start]!;
      if (there >= 2) this.icmpCode = bytes[start + 1]!;
    }
  }
}

function hasPorts(protocol: number): boolean {
  switch (protocol) {
    case IpProtocol.tcp:
    case IpProtocol.udp:
    case IpProtocol.sctp:
    case IpProtocol.udpLite:
    case IpProtocol.dccp:
      return true;
    default:
      return false;
  }
}
