import { EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { LinkType } from '../../wire/link.ts';
import { settle } from '../../wire/shape.ts';

/** See `settle`. */
const WIDE = ['sourceMacLow', 'destinationMacLow', 'src0', 'src1', 'src2', 'src3', 'dst0', 'dst1', 'dst2', 'dst3'];

/**
 * Who speaks to whom in a frame: just enough of its headers to choose the host and the direction before anything is judged. Reads
 * what is there and leaves the rest as it is on an empty frame; never judges. One object, used again for every frame.
 */
export class Peek {
  hasMacs = false;
  /** Upper 16 and lower 32 bits, unsigned. */
  sourceMacHigh = 0;
  sourceMacLow = 0;
  destinationMacHigh = 0;
  destinationMacLow = 0;
  etherType = -1;
  /** 4, 6, or 0: no IP addresses (an ARP's addresses count as 4). */
  family = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** -1 where there is none or it cannot be reached. */
  protocol = -1;
  /** A transport header's first bytes are there (not in later fragments). */
  hasTransport = false;
  sourcePort = 0;
  destinationPort = 0;
  tcpFlags = 0;
  icmpType = 0;
  /** Offsets of the IP and of the transport header in the frame's buffer. */
  network = 0;
  transport = 0;

  constructor() {
    settle(this, WIDE);
  }

  look(frame: Frame): void {
    this.forget();
    const bytes = frame.bytes;
    const end = frame.end;
    let at = frame.start;
    switch (frame.linkType) {
      case LinkType.ethernet:
        if (end - at < 14) return;
        this.hasMacs = true;
        this.destinationMacHigh = u16(bytes, at);
        this.destinationMacLow = u32(bytes, at + 2);
        this.sourceMacHigh = u16(bytes, at + 6);
        this.sourceMacLow = u32(bytes, at + 8);
        this.etherType = u16(bytes, at + 12);
        at += 14;
        break;
      case LinkType.sll:
        if (end - at < 16) return;
        this.etherType = u16(bytes, at + 14);
        at += 16;
        break;
      case LinkType.sll2:
        if (end - at < 20) return;
        this.etherType = u16(bytes, at);
        at += 20;
        break;
      case LinkType.null:
      case LinkType.loop:
        at += 4;
        this.etherType = byVersion(bytes, at, end);
        break;
      case LinkType.raw:
      case LinkType.rawBsd:
      case LinkType.rawOpenBsd:
      case LinkType.rawIpv4:
      case LinkType.rawIpv6:
        this.etherType = byVersion(bytes, at, end);
        break;
      default:
        return;
    }
    for (let tags = 0; tags < 4 && isVlan(this.etherType) && end - at >= 4; tags++) {
      this.etherType = u16(bytes, at + 2);
      at += 4;
    }
    if (this.etherType === EtherType.arp && end - at >= 28) {
      this.family = 4;
      this.network = at;
      this.words4(u32(bytes, at + 14), u32(bytes, at + 24));
    } else this.lookAtNetwork(bytes, at, end);
  }

  /** The same for an IP packet without a link header: one that an ICMP error quotes. */
  lookAtPacket(bytes: Uint8Array, start: number, end: number): void {
    this.forget();
    this.etherType = byVersion(bytes, start, end);
    this.lookAtNetwork(bytes, start, end);
  }

  private forget(): void {
    this.hasMacs = false;
    this.etherType = -1;
    this.family = 0;
    this.protocol = -1;
    this.hasTransport = false;
  }

  private lookAtNetwork(bytes: Uint8Array, at: number, end: number): void {
    this.network = at;
    if (this.etherType === EtherType.ipv4) this.lookAtIpv4(bytes, at, end);
    else if (this.etherType === EtherType.ipv6) this.lookAtIpv6(bytes, at, end);
  }

  private words4(source: number, destination: number): void {
    this.src0 = this.src1 = this.src2 = this.dst0 = this.dst1 = this.dst2 = 0;
    this.src3 = source;
    this.dst3 = destination;
  }

  private lookAtIpv4(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 20) return;
    this.family = 4;
    this.words4(u32(bytes, at + 12), u32(bytes, at + 16));
    this.protocol = bytes[at + 9]!;
    if ((u16(bytes, at + 6) & 0x1fff) !== 0) return;
    const ihl = bytes[at]! & 15;
    if (ihl >= 5) this.lookAtTransport(bytes, at + ihl * 4, end);
  }

  private lookAtIpv6(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < 40) return;
    this.family = 6;
    this.src0 = u32(bytes, at + 8);
    this.src1 = u32(bytes, at + 12);
    this.src2 = u32(bytes, at + 16);
    this.src3 = u32(bytes, at + 20);
    this.dst0 = u32(bytes, at + 24);
    this.dst1 = u32(bytes, at + 28);
    this.dst2 = u32(bytes, at + 32);
    this.dst3 = u32(bytes, at + 36);
    let next = bytes[at + 6]!;
    let offset = at + 40;
    for (let headers = 0; headers < 8; headers++) {
      if (next === 44) {
        if (end - offset < 8) return;
        if ((u16(bytes, offset + 2) & 0xfff8) !== 0) {
          this.protocol = bytes[offset]!;
          return;
        }
        next = bytes[offset]!;
        offset += 8;
      } else if (next === 0 || next === 43 || next === 60) {
        if (end - offset < 8) return;
        next = bytes[offset]!;
        offset += (bytes[offset + 1]! + 1) * 8;
      } else break;
    }
    this.protocol = next;
    this.lookAtTransport(bytes, offset, end);
  }

  private lookAtTransport(bytes: Uint8Array, at: number, end: number): void {
    this.transport = at;
    if (this.protocol === IpProtocol.tcp) {
      if (end - at < 4) return;
      this.tcpFlags = end - at < 14 ? 0 : bytes[at + 13]!;
    } else if (this.protocol === IpProtocol.udp) {
      if (end - at < 4) return;
    } else if (this.protocol === IpProtocol.icmp || this.protocol === IpProtocol.icmpv6) {
      if (end - at < 1) return;
      this.icmpType = bytes[at]!;
      this.sourcePort = this.destinationPort = 0;
      this.hasTransport = true;
      return;
    } else return;
    this.sourcePort = u16(bytes, at);
    this.destinationPort = u16(bytes, at + 2);
    this.hasTransport = true;
  }
}

function isVlan(etherType: number): boolean {
  return etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100;
}

function byVersion(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const version = bytes[at]! >> 4;
  return version === 4 ? EtherType.ipv4 : version === 6 ? EtherType.ipv6 : -1;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
