import { viewOf } from '../../wire/data-view.ts';
import { EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { LinkType } from '../../wire/link.ts';
import { settle } from '../../wire/shape.ts';

// Offsets in an Ethernet frame with an IPv4 header without options.
const NETWORK = 14;
const TRANSPORT = 34;
const PLAIN_END = 54;

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
  /** A TCP segment behind an Ethernet header and an IPv4 header without options. */
  private isPlain = false;
  /** Offsets of the IP and of the transport header in the frame's buffer. */
  network = 0;
  transport = 0;

  constructor() {
    settle(this, WIDE);
  }

  /** Does the frame differ from the one looked at last, a plain segment, in nothing that lies before its ports? Then it is looked at. */
  again(frame: Frame): boolean {
    const { start } = frame;
    if (!this.isPlain || frame.linkType !== LinkType.ethernet || frame.end - start < PLAIN_END) return false;
    const view = viewOf(frame.bytes);
    if (view.getUint32(start + 26) !== this.src3 || view.getUint32(start + 30) !== this.dst3) return false;
    if (view.getUint32(start + 2) !== this.destinationMacLow || view.getUint32(start + 8) !== this.sourceMacLow) return false;
    if (view.getUint16(start) !== this.destinationMacHigh || view.getUint16(start + 6) !== this.sourceMacHigh) return false;
    if (!isPlain(view, start)) return false;
    this.network = start + NETWORK;
    this.transport = start + TRANSPORT;
    this.sourcePort = view.getUint16(start + TRANSPORT);
    this.destinationPort = view.getUint16(start + TRANSPORT + 2);
    this.tcpFlags = view.getUint8(start + TRANSPORT + 13);
    return true;
  }

  look(frame: Frame): void {
    this.forget();
    const view = viewOf(frame.bytes);
    const { end } = frame;
    let at = frame.start;
    switch (frame.linkType) {
      case LinkType.ethernet:
        if (end - at < 14) return;
        this.hasMacs = true;
        this.destinationMacHigh = view.getUint16(at);
        this.destinationMacLow = view.getUint32(at + 2);
        this.sourceMacHigh = view.getUint16(at + 6);
        this.sourceMacLow = view.getUint32(at + 8);
        this.etherType = view.getUint16(at + 12);
        this.isPlain = end - at >= PLAIN_END && isPlain(view, at);
        at += 14;
        break;
      case LinkType.sll:
        if (end - at < 16) return;
        this.etherType = view.getUint16(at + 14);
        at += 16;
        break;
      case LinkType.sll2:
        if (end - at < 20) return;
        this.etherType = view.getUint16(at);
        at += 20;
        break;
      case LinkType.null:
      case LinkType.loop:
        at += 4;
        this.etherType = byVersion(view, at, end);
        break;
      case LinkType.raw:
      case LinkType.rawBsd:
      case LinkType.rawOpenBsd:
      case LinkType.rawIpv4:
      case LinkType.rawIpv6:
        this.etherType = byVersion(view, at, end);
        break;
      default:
        return;
    }
    for (let tags = 0; tags < 4 && isVlan(this.etherType) && end - at >= 4; tags++) {
      this.etherType = view.getUint16(at + 2);
      at += 4;
    }
    if (this.etherType === EtherType.arp && end - at >= 28) {
      this.family = 4;
      this.network = at;
      this.words4(view.getUint32(at + 14), view.getUint32(at + 24));
    } else this.lookAtNetwork(view, at, end);
  }

  /** The same for an IP packet without a link header: one that an ICMP error quotes. */
  lookAtPacket(bytes: Uint8Array, start: number, end: number): void {
    this.forget();
    const view = viewOf(bytes);
    this.etherType = byVersion(view, start, end);
    this.lookAtNetwork(view, start, end);
  }

  private forget(): void {
    this.hasMacs = false;
    this.etherType = -1;
    this.family = 0;
    this.protocol = -1;
    this.hasTransport = false;
    this.isPlain = false;
  }

  private lookAtNetwork(view: DataView, at: number, end: number): void {
    this.network = at;
    if (this.etherType === EtherType.ipv4) this.lookAtIpv4(view, at, end);
    else if (this.etherType === EtherType.ipv6) this.lookAtIpv6(view, at, end);
  }

  private words4(source: number, destination: number): void {
    this.src0 = this.src1 = this.src2 = this.dst0 = this.dst1 = this.dst2 = 0;
    this.src3 = source;
    this.dst3 = destination;
  }

  private lookAtIpv4(view: DataView, at: number, end: number): void {
    if (end - at < 20) return;
    this.family = 4;
    this.words4(view.getUint32(at + 12), view.getUint32(at + 16));
    this.protocol = view.getUint8(at + 9);
    if ((view.getUint16(at + 6) & 0x1fff) !== 0) return;
    const ihl = view.getUint8(at) & 15;
    if (ihl >= 5) this.lookAtTransport(view, at + ihl * 4, end);
  }

  private lookAtIpv6(view: DataView, at: number, end: number): void {
    if (end - at < 40) return;
    this.family = 6;
    this.src0 = view.getUint32(at + 8);
    this.src1 = view.getUint32(at + 12);
    this.src2 = view.getUint32(at + 16);
    this.src3 = view.getUint32(at + 20);
    this.dst0 = view.getUint32(at + 24);
    this.dst1 = view.getUint32(at + 28);
    this.dst2 = view.getUint32(at + 32);
    this.dst3 = view.getUint32(at + 36);
    let next = view.getUint8(at + 6);
    let offset = at + 40;
    for (let headers = 0; headers < 8; headers++) {
      if (next === 44) {
        if (end - offset < 8) return;
        if ((view.getUint16(offset + 2) & 0xfff8) !== 0) {
          this.protocol = view.getUint8(offset);
          return;
        }
        next = view.getUint8(offset);
        offset += 8;
      } else if (next === 0 || next === 43 || next === 60) {
        if (end - offset < 8) return;
        next = view.getUint8(offset);
        offset += (view.getUint8(offset + 1) + 1) * 8;
      } else break;
    }
    this.protocol = next;
    this.lookAtTransport(view, offset, end);
  }

  private lookAtTransport(view: DataView, at: number, end: number): void {
    this.transport = at;
    if (this.protocol === IpProtocol.tcp) {
      if (end - at < 4) return;
      this.tcpFlags = end - at < 14 ? 0 : view.getUint8(at + 13);
    } else if (this.protocol === IpProtocol.udp) {
      if (end - at < 4) return;
    } else if (this.protocol === IpProtocol.icmp || this.protocol === IpProtocol.icmpv6) {
      if (end - at < 1) return;
      this.icmpType = view.getUint8(at);
      this.sourcePort = this.destinationPort = 0;
      this.hasTransport = true;
      return;
    } else return;
    this.sourcePort = view.getUint16(at);
    this.destinationPort = view.getUint16(at + 2);
    this.hasTransport = true;
  }
}

/** EtherType, version and length of the IP header, fragment offset, and protocol. */
function isPlain(view: DataView, start: number): boolean {
  if ((view.getUint32(start + 12) & 0xffff_ff00) !== 0x0800_4500) return false;
  return (view.getUint16(start + 20) & 0x1fff) === 0 && view.getUint8(start + 23) === IpProtocol.tcp;
}

function isVlan(etherType: number): boolean {
  return etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100;
}

function byVersion(view: DataView, at: number, end: number): number {
  if (at >= end) return -1;
  const version = view.getUint8(at) >> 4;
  return version === 4 ? EtherType.ipv4 : version === 6 ? EtherType.ipv6 : -1;
}
