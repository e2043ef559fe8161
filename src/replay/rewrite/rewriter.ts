import type { HostAddress } from '../../host/config.ts';
import {
  isMulticast4,
  isMulticast6,
  MULTICAST_MAC4_HIGH,
  MULTICAST_MAC6_HIGH,
  multicastMacLow4,
  solicitedNodeWord,
} from '../../wire/address.ts';
import { putU16, putU32, u16, u32 } from '../../wire/bytes.ts';
import { crc32, encodeFcs, FCS_LENGTH, fcsAt } from '../../wire/crc32.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import { Frame } from '../../wire/frame.ts';
import { isIcmpError } from '../../wire/icmp.ts';
import { Icmpv6Type, isIcmpv6Error } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { LinkType } from '../../wire/link.ts';
import { settle } from '../../wire/shape.ts';
import { Peek } from '../survey/peek.ts';
import { type AddressPlan, isSame, type Substitute } from './address-plan.ts';
import { PacketSums, SumState } from './packet-sums.ts';

const ROOM = 0x1_0000 + 256;
/** A longer frame was put together of several by a card, which left the checksum of the first in it. */
const LONGEST_FRAME = 1522;
/** Upper part of the MACs made up for senders without one. */
const MADE_UP = 0x0200;

type Words = HostAddress['words'];

/** How many frames were changed, and how. */
export interface RewriteCounts {
  /** Addresses or MACs. */
  readdressed: number;
  /** Given an Ethernet header. */
  relinked: number;
  /** Checksums that the sender's card was to fill in, or that say nothing. */
  completed: number;
  /** Bytes that were not captured are zeros now. */
  padded: number;
}

/**
 * Makes of a captured frame of the client one for our host: Ethernet, our addresses, nothing left to a card. Checksums are changed by what
 * has changed, so that wrong ones stay wrong. One frame at a time: `take`, then changes, then `finish`.
 */
export class Rewriter {
  readonly frame = settle(new Frame(), ['time']);
  /** Of the frame as it is now. */
  readonly peek = new Peek();
  readonly counts: RewriteCounts = { readdressed: 0, relinked: 0, completed: 0, padded: 0 };
  private readonly plan: AddressPlan;
  private readonly changesAddresses: boolean;
  /** Are this sender's checksums wrong so often that they say nothing? */
  private readonly isMeaningless: (peek: Peek) => boolean;
  private buffer = new Uint8Array(ROOM);
  private readonly sums = new PacketSums();
  private fcs = 0;
  private frameSum = 0;
  private network = 0;
  private transport = 0;
  private isPacket = false;
  private completes = false;

  constructor(plan: AddressPlan, isMeaningless: (peek: Peek) => boolean) {
    this.plan = plan;
    this.changesAddresses = plan.servers.length > 0 || plan.clients.length > 0;
    this.isMeaningless = isMeaningless;
  }

  /** Copies a captured frame, of which `peek` is the look, and gives it our addresses. */
  take(from: Frame, peek: Peek): void {
    const { frame } = this;
    const shift = this.copy(from, peek);
    this.network = peek.network - from.start + shift;
    this.transport = peek.transport - from.start + shift;
    this.isPacket = peek.family !== 0 && peek.etherType !== EtherType.arp;
    const hasFcs = frame.fcsLength === FCS_LENGTH && frame.end === frame.wireLength && frame.end > ETHERNET_HEADER + FCS_LENGTH;
    this.fcs = hasFcs ? frame.end - FCS_LENGTH : -1;
    if (hasFcs) this.frameSum = crc32(this.buffer, 0, this.fcs);
    if (this.isPacket) this.sums.remember(this.buffer, peek, this.network, this.transport, frame.end);
    const wasPadded = this.isPacket && this.pad(peek);
    this.completes = this.isPacket && (wasPadded || this.leavesSum(from, peek));
    if (this.setMacs(from, peek)) this.counts.readdressed++;
    this.peek.look(frame);
  }

  /** A TCP header that is whole is there. */
  get hasTcp(): boolean {
    const { peek, frame } = this;
    return peek.protocol === IpProtocol.tcp && peek.hasTransport && peek.transport + 20 <= frame.end;
  }

  get ack(): number {
    return u32(this.buffer, this.transport + 8);
  }
  set ack(ack: number) {
    putU32(this.buffer, this.transport + 8, ack);
  }

  get seq(): number {
    return u32(this.buffer, this.transport + 4);
  }

  /** Where the edges of its SACK blocks begin, and one past them; equal where there are none. Both set by `findSack`. */
  sackStart = 0;
  sackEnd = 0;

  findSack(): void {
    const { buffer, transport, frame } = this;
    const end = Math.min(frame.end, transport + (buffer[transport + 12]! >> 4) * 4);
    this.sackStart = this.sackEnd = 0;
    for (let at = transport + 20; at + 1 < end && buffer[at] !== 0; ) {
      if (buffer[at] === 1) {
        at++;
        continue;
      }
      const length = buffer[at + 1]!;
      if (buffer[at] === 5 && length >= 10 && at + length <= end) {
        this.sackStart = at + 2;
        this.sackEnd = at + 2 + ((length - 2) & ~7);
        return;
      }
      at += Math.max(2, length);
    }
  }

  edgeAt(at: number): number {
    return u32(this.buffer, at);
  }

  setEdge(at: number, edge: number): void {
    putU32(this.buffer, at, edge);
  }

  /** The changes are made: checksums and FCS follow. */
  finish(): void {
    if (this.isPacket) {
      this.sums.adjust();
      if (this.completes) {
        this.sums.complete();
        this.counts.completed++;
      }
    }
    if (this.fcs < 0) return;
    const sum = crc32(this.buffer, 0, this.fcs);
    if (sum !== this.frameSum) encodeFcs((fcsAt(this.buffer, this.fcs) ^ sum ^ this.frameSum) >>> 0, this.buffer, this.fcs);
  }

  /** Gives how much further on in the copy things are than in the captured frame. */
  private copy(from: Frame, peek: Peek): number {
    const { frame } = this;
    const length = from.end - from.start;
    const header = linkHeader(from);
    const isRelinked = header >= 0 && peek.etherType >= 0;
    const shift = isRelinked ? ETHERNET_HEADER - header : 0;
    const most = Math.max(length, Math.min(from.wireLength, ROOM)) + ETHERNET_HEADER;
    if (this.buffer.length < most) this.buffer = new Uint8Array(most);
    frame.bytes = this.buffer;
    frame.start = 0;
    frame.end = length + shift;
    frame.time = from.time;
    frame.wireLength = from.wireLength + shift;
    frame.linkType = from.linkType;
    frame.fcsLength = from.fcsLength;
    frame.number = from.number;
    frame.direction = from.direction;
    frame.interfaceId = from.interfaceId;
    frame.linkErrors = from.linkErrors;
    frame.comments = from.comments;
    if (!isRelinked) {
      this.buffer.set(from.bytes.subarray(from.start, from.end), 0);
      return 0;
    }
    this.buffer.set(from.bytes.subarray(from.start + header, from.end), ETHERNET_HEADER);
    this.setHeader(from, peek);
    frame.linkType = LinkType.ethernet;
    frame.fcsLength = 0;
    this.counts.relinked++;
    return shift;
  }

  /** An Ethernet header for a packet that was captured without one. */
  private setHeader(from: Frame, peek: Peek): void {
    const { buffer, plan } = this;
    const { bytes, start, linkType } = from;
    const isCooked = linkType === LinkType.sll || linkType === LinkType.sll2;
    const address = start + (linkType === LinkType.sll ? 6 : 12);
    const hasMac = isCooked && (u16(bytes, address) | u32(bytes, address + 2)) !== 0;
    const packetType = linkType === LinkType.sll ? u16(bytes, start) : linkType === LinkType.sll2 ? bytes[start + 10]! : 0;
    this.putMac(0, plan.mac.high, plan.mac.low);
    if (packetType === 1) this.putMac(0, 0xffff, 0xffff_ffff);
    else if (packetType === 3) this.putMac(0, MADE_UP, 0xffff_ffff);
    else if (isMulticast(peek)) this.setGroupMac(peek);
    if (hasMac) this.putMac(6, u16(bytes, address), u32(bytes, address + 2));
    else this.putMac(6, MADE_UP, madeUp(peek));
    putU16(
      buffer,
      12,
      linkType === LinkType.sll ? u16(bytes, start + 14) : linkType === LinkType.sll2 ? u16(bytes, start) : peek.etherType,
    );
  }

  private setGroupMac(peek: Peek): void {
    if (peek.family === 6) this.putMac(0, MULTICAST_MAC6_HIGH, peek.dst3);
    else this.putMac(0, MULTICAST_MAC4_HIGH, multicastMacLow4(peek.dst3));
  }

  private putMac(at: number, high: number, low: number): void {
    putU16(this.buffer, at, high);
    putU32(this.buffer, at + 2, low);
  }

  /** True where anything was changed. */
  private setMacs(from: Frame, peek: Peek): boolean {
    const { plan, buffer } = this;
    let isLocal = from.linkType !== LinkType.ethernet;
    let changed = false;
    if (peek.hasMacs) {
      isLocal = (u16(buffer, 0) | u32(buffer, 2) | u16(buffer, 6) | u32(buffer, 8)) === 0;
      const { high, low } = plan.mac;
      const isServers = isLocal || plan.macs.some((mac) => mac.low === u32(buffer, 2) && mac.high === u16(buffer, 0));
      if (isServers && (u16(buffer, 0) !== high || u32(buffer, 2) !== low)) {
        this.putMac(0, high, low);
        changed = true;
      }
      if (isLocal) this.putMac(6, MADE_UP, madeUp(peek));
    }
    if (!this.changesAddresses || peek.family === 0) return changed;
    return this.setAddresses(peek, isLocal) || changed;
  }

  private setAddresses(peek: Peek, isLocal: boolean): boolean {
    const { servers, clients } = this.plan;
    const { network } = this;
    if (peek.etherType === EtherType.arp) {
      const asked = this.substitute(4, network + 24, servers) !== null;
      return this.substitute(4, network + 14, clients, true) !== null || asked;
    }
    const is6 = peek.etherType === EtherType.ipv6;
    if (!is6 && peek.etherType !== EtherType.ipv4) return false;
    const family = is6 ? 6 : 4;
    const source = network + (is6 ? 8 : 12);
    const destination = network + (is6 ? 24 : 16);
    let changed = this.substitute(family, destination, servers) !== null;
    if (this.substitute(family, source, clients, !isLocal) !== null) changed = true;
    if (peek.protocol === IpProtocol.icmp && peek.hasTransport) changed = this.setQuoted(4, peek.icmpType) || changed;
    else if (peek.protocol === IpProtocol.icmpv6 && peek.hasTransport) {
      changed =
        peek.icmpType === Icmpv6Type.neighborSolicitation
          ? this.setSolicited(destination) || changed
          : this.setQuoted(6, peek.icmpType) || changed;
    }
    return changed;
  }

  /** The packet of the captured server that an ICMP error is about becomes one of ours. */
  private setQuoted(family: 4 | 6, type: number): boolean {
    const { servers, clients } = this.plan;
    const isError = family === 6 ? isIcmpv6Error(type) : isIcmpError(type);
    const at = this.transport + 8;
    const needed = family === 6 ? 40 : 20;
    if (!isError || at + needed > this.frame.end || this.buffer[at]! >> 4 !== family) return false;
    const before = family === 4 ? u16(this.buffer, at + 12) + u16(this.buffer, at + 14) : 0;
    const changed = this.substitute(family, at + (family === 6 ? 8 : 12), servers) !== null;
    if (changed && family === 4) {
      const after = u16(this.buffer, at + 12) + u16(this.buffer, at + 14);
      // RFC 1624, over two words at once
      let sum = (0xffff ^ u16(this.buffer, at + 10)) + 2 * 0xffff - before + after;
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
      putU16(this.buffer, at + 10, 0xffff ^ sum);
    }
    if (clients.length > 0) this.substitute(family, at + (family === 6 ? 24 : 16), clients);
    return changed;
  }

  /** Who has the captured server's address? is asked of ours, in the group of its address. */
  private setSolicited(destination: number): boolean {
    const target = this.transport + 8;
    if (target + 16 > this.frame.end) return false;
    const old3 = u32(this.buffer, target + 12);
    const by = this.substitute(6, target, this.plan.servers);
    if (by === null) return false;
    if (u32(this.buffer, destination) === 0xff02_0000 && u32(this.buffer, destination + 12) === solicitedNodeWord(old3)) {
      const word = solicitedNodeWord(by.to[3]);
      putU32(this.buffer, destination + 12, word);
      this.putMac(0, MULTICAST_MAC6_HIGH, word);
    }
    return true;
  }

  private substitute(family: 4 | 6, at: number, table: readonly Substitute[], onlyConflicts = false): Substitute | null {
    const { buffer } = this;
    if (at + (family === 6 ? 16 : 4) > this.frame.end) return null;
    for (const one of table) {
      if (one.family !== family || (onlyConflicts && one.conflicts !== true)) continue;
      if (family === 4) {
        if (u32(buffer, at) !== one.from[3]) continue;
        putU32(buffer, at, one.to[3]);
        return one;
      }
      const found: Words = [u32(buffer, at), u32(buffer, at + 4), u32(buffer, at + 8), u32(buffer, at + 12)];
      if (!isSame(found, one.from)) continue;
      for (let i = 0; i < 4; i++) putU32(buffer, at + i * 4, one.to[i]!);
      return one;
    }
    return null;
  }

  /** Puts zeros where the snaplen has cut the data of a segment or datagram. */
  private pad(peek: Peek): boolean {
    const { frame, buffer } = this;
    const header = peek.protocol === IpProtocol.tcp ? 20 : 8;
    const missing = frame.wireLength - frame.end;
    if (missing <= 0 || !peek.hasTransport || frame.end < this.transport + header || frame.wireLength > buffer.length)
      return false;
    buffer.fill(0, frame.end, frame.wireLength);
    frame.end = frame.wireLength;
    this.sums.remember(buffer, peek, this.network, this.transport, frame.end);
    this.counts.padded++;
    return this.sums.state !== SumState.none;
  }

  private leavesSum(from: Frame, peek: Peek): boolean {
    const { state } = this.sums;
    if (state === SumState.unfinished) return true;
    return state === SumState.wrong && (from.wireLength > LONGEST_FRAME || this.isMeaningless(peek));
  }
}

/** Bytes of header before the packet; -1 for Ethernet, and for a link type that is not read. */
function linkHeader({ linkType }: Frame): number {
  switch (linkType) {
    case LinkType.sll:
      return 16;
    case LinkType.sll2:
      return 20;
    case LinkType.null:
    case LinkType.loop:
      return 4;
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.rawIpv4:
    case LinkType.rawIpv6:
      return 0;
    default:
      return -1;
  }
}

function isMulticast(peek: Peek): boolean {
  return peek.family === 6 ? isMulticast6(peek.dst0) : peek.family === 4 && isMulticast4(peek.dst3);
}

/** Every sender its own MAC, away from those of servers. */
function madeUp({ src3 }: Peek): number {
  return (src3 | 0x8000_0000) >>> 0;
}
