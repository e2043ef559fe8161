import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { Sent, type Transmission } from '../trace/transmission.ts';
import {
  isLinkLocal6,
  isLoopback4,
  isMulticast4,
  isMulticast6,
  joinMac,
  MULTICAST_MAC4_HIGH,
  MULTICAST_MAC6_HIGH,
  multicastMacLow4,
} from '../wire/address.ts';
import { type ArpFields, ArpOperation, encodeArp } from '../wire/arp.ts';
import { pseudoHeader4, pseudoHeader6 } from '../wire/checksum.ts';
import { ETHERNET_HEADER, EtherType, encodeEthernet } from '../wire/ethernet.ts';
import { encodeIcmp } from '../wire/icmp.ts';
import { encodeIcmpv6, Icmpv6Type } from '../wire/icmpv6.ts';
import { encodeIpv4, IPV4_HEADER, type Ipv4Fields } from '../wire/ipv4.ts';
import { dropUncopied } from '../wire/ipv4-options.ts';
import { encodeIpv6, IPV6_HEADER, type Ipv6Fields } from '../wire/ipv6.ts';
import { encodeFragment, FRAGMENT_HEADER } from '../wire/ipv6-extensions.ts';
import { encodeTcp, TcpFlag } from '../wire/tcp.ts';
import { encodeUdp } from '../wire/udp.ts';
import type { Addresses } from './addresses.ts';
import type { HostContext } from './context.ts';
import type { Firewall } from './firewall/firewall.ts';
import type { Paths } from './ip/paths.ts';
import type { Routes } from './ip/routes.ts';
import { firstHop, isStrict, onTheWire } from './ip/source-route.ts';
import type { Neighbour, Neighbours } from './neighbours/neighbours.ts';
import type { Random } from './random.ts';

const ROOM = 0x1_0000 + 256;
const NEXT_FRAGMENT = 44;

/** Takes a frame that the host sends: valid during the call. */
export type Send = (bytes: Uint8Array, start: number, end: number, time: number) => void;

/** Down the path: transmissions of a live host are routed, get their neighbour's MAC, and become frames. */
export class Egress {
  send: Send | null = null;
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly routes: Routes;
  private readonly paths: Paths;
  private readonly neighbours: Neighbours;
  private readonly firewall: Firewall | null;
  private readonly mtu: number;
  private readonly mac: number;
  private readonly random: Random;
  /** The packet without its IP header, and the frame that is made of it or of a part of it. */
  private readonly upper = new Uint8Array(ROOM);
  private readonly frame = new Uint8Array(ROOM);
  private macHigh = 0;
  private macLow = 0;
  private waitsFor: Neighbour | null = null;

  constructor(
    context: HostContext,
    addresses: Addresses,
    routes: Routes,
    paths: Paths,
    neighbours: Neighbours,
    firewall: Firewall | null = null,
  ) {
    this.firewall = firewall?.hasOutput === true ? firewall : null;
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    this.routes = routes;
    this.paths = paths;
    this.neighbours = neighbours;
    this.mtu = context.config.mtu;
    this.random = context.random;
    const mac = context.config.macs[0];
    this.mac = mac === undefined ? 0 : joinMac(mac.high, mac.low);
    neighbours.onResolved = (neighbour) => this.release(neighbour);
  }

  /** Sends what the activity has transmitted, and with it what is sent to learn a neighbour's MAC. */
  flush(): void {
    const { trace } = this;
    const given = trace.transmissionCount;
    let asked = given;
    for (let i = 0; i < given; i++) {
      this.emit(trace.transmissions[i]!);
      for (; asked < trace.transmissionCount; asked++) this.emit(trace.transmissions[asked]!);
    }
  }

  private emit(out: Transmission): void {
    if (this.firewall !== null && !this.firewall.output(out)) return;
    if (out.protocol === Sent.arp) this.emitArp(out);
    else if (out.protocol === Sent.forwarded) this.emitForwarded(out);
    else if (!this.chooseNeighbour(out)) return;
    else if (out.family === 4) this.emit4(out);
    else this.emit6(out);
  }

  /** The packet is ready: it only gets its link header. */
  private emitForwarded(out: Transmission): void {
    this.waitsFor = null;
    if (!this.resolve(out.family, out.hop0, out.hop1, out.hop2, out.hop3, true)) return;
    const length = out.payloadEnd - out.payloadStart;
    this.frame.set(out.payload.subarray(out.payloadStart, out.payloadEnd), ETHERNET_HEADER);
    this.finish(out.family === 4 ? EtherType.ipv4 : EtherType.ipv6, ETHERNET_HEADER + length);
  }

  private emitArp(out: Transmission): void {
    const isReply = out.arpOperation === ArpOperation.reply;
    const fields: ArpFields = {
      operation: out.arpOperation,
      senderMac: this.mac,
      senderIp: out.src3,
      targetMac: isReply ? joinMac(out.macHigh, out.macLow) : 0,
      targetIp: out.dst3,
    };
    this.waitsFor = null;
    this.macHigh = out.macHigh;
    this.macLow = out.macLow;
    this.finish(EtherType.arp, ETHERNET_HEADER + encodeArp(fields, this.frame, ETHERNET_HEADER));
  }

  /** Sets the destination MAC, or the neighbour whose MAC is still to be learnt; false: there is no way. */
  private chooseNeighbour(out: Transmission): boolean {
    this.waitsFor = null;
    if (out.macHigh >= 0) {
      this.macHigh = out.macHigh;
      this.macLow = out.macLow;
      return true;
    }
    return out.family === 4 ? this.chooseNeighbour4(out, firstHop(out.ipOptions, out.dst3)) : this.chooseNeighbour6(out);
  }

  private chooseNeighbour4(out: Transmission, destination: number): boolean {
    // Nobody's address means the host itself.
    if (this.addresses.isOurs4(destination) || destination === 0 || isLoopback4(destination)) return false;
    if (this.addresses.isBroadcast4(destination)) {
      this.macHigh = 0xffff;
      this.macLow = 0xffff_ffff;
      return true;
    }
    if (isMulticast4(destination) && this.routes.find4(destination) !== undefined) {
      this.macHigh = MULTICAST_MAC4_HIGH;
      this.macLow = multicastMacLow4(destination);
      return true;
    }
    const hop = this.paths.nextHop4(destination);
    // A connection, unlike a reset, keeps to a strict route.
    const isBound =
      hop !== destination && out.protocol === Sent.tcp && (out.flags & TcpFlag.rst) === 0 && isStrict(out.ipOptions);
    if (hop === 0 || isBound) {
      this.trace.record(D.ip_no_route_out, destination);
      return false;
    }
    return this.resolve(4, 0, 0, 0, hop, false, out.src3);
  }

  private chooseNeighbour6(out: Transmission): boolean {
    const { dst0, dst1, dst2, dst3 } = out;
    const { addresses } = this;
    // Who is asked on the link is asked there, and answers there, whatever the addresses.
    const isDiscovery =
      out.protocol === Sent.icmpv6 &&
      (out.icmpType === Icmpv6Type.neighborSolicitation || out.icmpType === Icmpv6Type.neighborAdvertisement);
    const isOwn = addresses.isOurs6(dst0, dst1, dst2, dst3) || addresses.isRouterAnycast6(dst0, dst1, dst2, dst3);
    if (isOwn && !isDiscovery) return false;
    if (isMulticast6(dst0)) {
      this.macHigh = MULTICAST_MAC6_HIGH;
      this.macLow = dst3;
      return true;
    }
    if (isDiscovery || this.routes.isOnLink6(dst0, dst1, dst2, dst3))
      return this.resolve(6, dst0, dst1, dst2, dst3, isLinkLocal6(out.src0));
    const router = this.routes.router6(dst0, dst1, dst2, dst3);
    if (router === undefined) {
      this.trace.record(D.ip_no_route_out, dst3);
      return false;
    }
    return this.resolve(6, router.words[0], router.words[1], router.words[2], router.words[3], isLinkLocal6(out.src0));
  }

  private resolve(
    family: number,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    asksFromLinkLocal = false,
    source4 = 0,
  ): boolean {
    const neighbour = this.neighbours.use(family, w0, w1, w2, w3, asksFromLinkLocal, source4);
    if (neighbour === null) return false;
    if (!neighbour.hasMac) this.waitsFor = neighbour;
    this.macHigh = neighbour.macHigh;
    this.macLow = neighbour.macLow;
    return true;
  }

  private emit4(out: Transmission): void {
    const pseudo = pseudoHeader4(out.src3, out.dst3, out.protocol, 0);
    const length = this.encodeUpper(out, pseudo);
    const options = onTheWire(out.ipOptions);
    const mtu = this.paths.isPlain ? this.mtu : this.paths.mtu4(out.dst3);
    const mayForbid = out.protocol === Sent.tcp || this.paths.isPlain || !this.paths.isLocked4(out.dst3);
    const room = (mtu - IPV4_HEADER - options.length) & ~7;
    const isWhole = length + IPV4_HEADER + options.length <= mtu;
    const fields: Ipv4Fields = {
      tos: out.tos,
      id: out.ipId,
      dontFragment: out.dontFragment && isWhole && mayForbid,
      // A source route may lead a reset to a group first.
      ttl: (out.flags & TcpFlag.rst) !== 0 && isMulticast4(firstHop(out.ipOptions, out.dst3)) ? 1 : out.ttl,
      protocol: out.protocol,
      source: out.src3,
      destination: firstHop(out.ipOptions, out.dst3),
      options,
    };
    for (let at = 0; at === 0 || at < length; at += room) {
      const part = isWhole ? length : Math.min(room, length - at);
      fields.payloadLength = part;
      fields.fragmentOffset = at;
      fields.moreFragments = at + part < length;
      const header = encodeIpv4(fields, this.frame, ETHERNET_HEADER);
      this.frame.set(this.upper.subarray(at, at + part), ETHERNET_HEADER + header);
      this.finish(EtherType.ipv4, ETHERNET_HEADER + header + part);
      if (isWhole) return;
      if (at === 0 && options.length > 0) {
        fields.options = options.slice();
        dropUncopied(fields.options, 0, options.length);
      }
    }
  }

  private emit6(out: Transmission): void {
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = out;
    const length = this.encodeUpper(out, pseudoHeader6(src0, src1, src2, src3, dst0, dst1, dst2, dst3, out.protocol, 0));
    const fields: Ipv6Fields = {
      trafficClass: out.tos,
      nextHeader: out.protocol,
      hopLimit: out.ttl,
      payloadLength: length,
      source0: src0,
      source1: src1,
      source2: src2,
      source3: src3,
      destination0: dst0,
      destination1: dst1,
      destination2: dst2,
      destination3: dst3,
    };
    const at = ETHERNET_HEADER + IPV6_HEADER;
    const mtu = this.paths.isPlain ? this.mtu : this.paths.mtu6(dst0, dst1, dst2, dst3);
    if (length + IPV6_HEADER <= mtu) {
      encodeIpv6(fields, this.frame, ETHERNET_HEADER);
      this.frame.set(this.upper.subarray(0, length), at);
      this.finish(EtherType.ipv6, at + length);
      return;
    }
    this.emitFragments6(out, fields, length, mtu);
  }

  private emitFragments6(out: Transmission, fields: Ipv6Fields, length: number, mtu: number): void {
    const room = (mtu - IPV6_HEADER - FRAGMENT_HEADER) & ~7;
    const at = ETHERNET_HEADER + IPV6_HEADER;
    const fragmentId = this.random.next();
    fields.nextHeader = NEXT_FRAGMENT;
    for (let fragmentOffset = 0; fragmentOffset < length; fragmentOffset += room) {
      const part = Math.min(room, length - fragmentOffset);
      const moreFragments = fragmentOffset + part < length;
      fields.payloadLength = FRAGMENT_HEADER + part;
      encodeIpv6(fields, this.frame, ETHERNET_HEADER);
      encodeFragment({ nextHeader: out.protocol, fragmentOffset, moreFragments, fragmentId }, this.frame, at);
      this.frame.set(this.upper.subarray(fragmentOffset, fragmentOffset + part), at + FRAGMENT_HEADER);
      this.finish(EtherType.ipv6, at + FRAGMENT_HEADER + part);
    }
  }

  /** Transport header and data into `upper`; gives their length. */
  private encodeUpper(out: Transmission, pseudoHeader: number): number {
    const { payload, payloadStart, payloadEnd, sourcePort, destinationPort } = out;
    switch (out.protocol) {
      case Sent.tcp: {
        const { seq, ack, flags, window } = out;
        return encodeTcp(
          {
            sourcePort,
            destinationPort,
            seq,
            ack,
            flags,
            window,
            pseudoHeader,
            options: out,
            payload,
            payloadStart,
            payloadEnd,
          },
          this.upper,
          0,
        );
      }
      case Sent.udp:
        return encodeUdp({ sourcePort, destinationPort, pseudoHeader, payload, payloadStart, payloadEnd }, this.upper, 0);
      default: {
        const fields = { type: out.icmpType, code: out.icmpCode, rest: out.icmpRest, payload, payloadStart, payloadEnd };
        if (out.protocol === Sent.icmpv6) return encodeIcmpv6({ ...fields, pseudoHeader }, this.upper, 0);
        return encodeIcmp(fields, this.upper, 0);
      }
    }
  }

  /** Puts the link header on the frame and sends it, or leaves it with the neighbour whose MAC is asked for. */
  private finish(etherType: number, length: number): void {
    const destination = joinMac(this.macHigh, this.macLow);
    encodeEthernet({ destination, source: this.mac, etherType }, this.frame, 0);
    if (this.waitsFor !== null) this.neighbours.wait(this.waitsFor, this.frame.slice(0, length));
    else if (this.send !== null) this.send(this.frame, 0, length, this.context.now);
  }

  private release(neighbour: Neighbour): void {
    const destination = joinMac(neighbour.macHigh, neighbour.macLow);
    for (const frame of neighbour.waiting) {
      encodeEthernet(
        { destination, source: this.mac, etherType: neighbour.family === 4 ? EtherType.ipv4 : EtherType.ipv6 },
        frame,
        0,
      );
      if (this.send !== null) this.send(frame, 0, frame.length, this.context.now);
    }
  }
}
