import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { u16 } from '../../wire/bytes.ts';
import { crc32, FCS_LENGTH, fcsAt } from '../../wire/crc32.ts';
import { ETHERNET_HEADER, ETHERNET_MIN, EtherType, LENGTH_MAX } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { LinkType } from '../../wire/link.ts';
import { LinkError } from '../../wire/link-error.ts';
import { isVlanType } from '../../wire/vlan.ts';
import type { Addresses } from '../addresses.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import { LinkTarget, type Packet } from '../packet.ts';
import { LinkHeader, LinkProblem } from './link-header.ts';
import { Load } from './load.ts';
import { Interrupt, Ring } from './ring.ts';

/** Two VLAN tags may lengthen a frame beyond the MTU. */
const TAGS = 8;

/** The network card: is the frame whole, is it for us, is there room for it, and who tells the driver? */
export class Nic {
  readonly ring: Ring;
  /** Where frames wait for the CPU; null: it takes each one at once. */
  readonly load: Load | null;
  private readonly context: HostContext;
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly link: LinkHeader;
  /** Shortest and longest frame, without FCS, that is neither a runt nor a giant. */
  readonly minFrame: number;
  readonly maxFrame: number;

  constructor(context: HostContext, addresses: Addresses) {
    this.context = context;
    this.config = context.config;
    this.trace = context.trace;
    this.addresses = addresses;
    this.link = new LinkHeader(this.config.macs, this.config.capture !== null);
    this.ring = new Ring(this.config);
    this.load = Load.isConfigured(this.config) ? new Load(context) : null;
    this.minFrame = this.config.minFrame ?? ETHERNET_MIN;
    this.maxFrame = this.config.maxFrame ?? ETHERNET_HEADER + TAGS + this.config.mtu;
  }

  /** False: dropped, and recorded. Else the packet's link fields are filled in. */
  receive(packet: Packet): boolean {
    const frame = packet.frame;
    const problem = this.link.read(packet);
    if (problem !== LinkProblem.none) return this.unreadable(packet, problem);
    if (frame.linkErrors !== 0 && !isOnlyUnaligned(frame)) return this.damaged(packet);
    if (frame.linkType !== LinkType.ethernet) this.trace.record(D.nic_no_ethernet, frame.linkType);
    else if (!this.isWhole(packet)) return false;
    if (!this.isForUs(packet)) return false;
    return this.load === null ? this.takesSlot(this.context.now) : this.load.take(packet);
  }

  /** Reads the link header of a frame that has waited in the ring; `trailer`: bytes at its end that are an FCS. */
  resume(packet: Packet, trailer: number): void {
    this.link.read(packet);
    packet.networkEnd = packet.frame.end - trailer;
  }

  /** The link header of a frame that is only watched; false: it could not be read. */
  observe(packet: Packet): boolean {
    return this.link.read(packet) === LinkProblem.none;
  }

  private unreadable(packet: Packet, problem: number): boolean {
    const frame = packet.frame;
    const captured = frame.end - frame.start;
    if (problem === LinkProblem.unsupported) this.trace.record(D.nic_link_type_unsupported, frame.linkType);
    else if (frame.wireLength > captured) this.trace.record(D.nic_not_captured, captured);
    else this.trace.record(D.nic_runt, captured, ETHERNET_HEADER);
    return false;
  }

  private damaged(packet: Packet): boolean {
    const errors = packet.frame.linkErrors;
    this.trace.record((errors & LinkError.crc) !== 0 ? D.nic_fcs_reported : D.nic_link_error, errors);
    return false;
  }

  /** Length and FCS of an Ethernet frame. */
  private isWhole(packet: Packet): boolean {
    const { config, trace } = this;
    const frame = packet.frame;
    const length = frame.wireLength;
    const fcs = this.fcsLength(packet);
    if (fcs < 0) trace.record(D.nic_fcs_not_captured);
    else if (fcs === FCS_LENGTH && !this.isIntact(packet)) return false;
    const bare = fcs > 0 ? length - fcs : length;
    if (fcs > 0 && length === frame.end - frame.start) packet.networkEnd = frame.end - fcs;
    if (bare < this.minFrame) {
      if (config.capture === null || packet.sealed) {
        trace.record(D.nic_runt, bare, this.minFrame);
        return false;
      }
      trace.record(D.nic_short_frame, bare);
    } else if (bare > this.maxFrame) {
      if (config.capture === null) {
        trace.record(D.nic_giant, bare, this.maxFrame);
        return false;
      }
      // whoever puts segments together leaves no FCS: this one was on the wire, as long as it is
      if (!packet.sealed) trace.record(D.nic_merged_segments, bare);
    }
    return true;
  }

  /** Bytes of FCS at the end of the frame; -1: none is there. */
  private fcsLength(packet: Packet): number {
    const frame = packet.frame;
    const rules = this.config.capture;
    if (rules !== null && rules.fcs !== 'auto') return rules.fcs === 'present' ? FCS_LENGTH : -1;
    if (frame.fcsLength >= 0) return frame.fcsLength > 0 ? frame.fcsLength : -1;
    if (rules === null || frame.wireLength > frame.end - frame.start) return -1;
    return this.hasTrailingFcs(packet) ? FCS_LENGTH : -1;
  }

  /** Four bytes behind the packet that are the right FCS: too unlikely to be anything else. Frames without a trailer cost nothing. */
  private hasTrailingFcs(packet: Packet): boolean {
    const { bytes, start, end } = packet.frame;
    if (end - start < ETHERNET_MIN + FCS_LENGTH || end - packetEnd(packet) < FCS_LENGTH) return false;
    return fcsAt(bytes, end - FCS_LENGTH) === crc32(bytes, start, end - FCS_LENGTH);
  }

  private isIntact(packet: Packet): boolean {
    const { bytes, start, end, wireLength } = packet.frame;
    if (wireLength > end - start) {
      this.trace.record(D.nic_fcs_not_captured);
      return true;
    }
    const body = Math.max(start, end - FCS_LENGTH);
    const there = fcsAt(bytes, body);
    const computed = crc32(bytes, start, body);
    packet.sealed = there === computed;
    if (packet.sealed) this.trace.record(D.nic_fcs_good, there, computed);
    else {
      const isUnaligned = packet.dribble > 0 || isOnlyUnaligned(packet.frame);
      this.trace.record(isUnaligned ? D.nic_alignment_error : D.nic_fcs_error, there, computed);
    }
    return packet.sealed;
  }

  private isForUs(packet: Packet): boolean {
    const { config, trace } = this;
    switch (packet.linkTarget) {
      case LinkTarget.us:
        if (packet.loopback) trace.record(D.nic_loopback);
        else if (!packet.hasMacs) trace.record(D.nic_mac_not_captured);
        else trace.record(config.macs.length === 0 ? D.nic_mac_unknown : D.nic_mac_ours);
        return true;
      case LinkTarget.broadcast:
        trace.record(D.nic_mac_broadcast);
        return true;
      case LinkTarget.multicast:
        if (!packet.hasMacs || this.addresses.isSubscribed(packet.destinationMacHigh, packet.destinationMacLow)) {
          trace.record(D.nic_mac_multicast);
          return true;
        }
        trace.record(config.promiscuous ? D.nic_promiscuous : D.nic_multicast_other);
        return config.promiscuous;
      default:
        trace.record(config.promiscuous ? D.nic_promiscuous : D.nic_mac_other);
        return config.promiscuous;
    }
  }

  private takesSlot(time: number): boolean {
    const { ring, trace } = this;
    if (!ring.arrive(time)) {
      trace.record(D.nic_ring_full, ring.slots);
      return false;
    }
    trace.record(D.nic_ring_slot, ring.used, ring.slots);
    if (ring.interrupt === Interrupt.raised) trace.record(D.nic_interrupt);
    else trace.record(ring.interrupt === Interrupt.pending ? D.nic_interrupt_pending : D.nic_polling);
    return true;
  }
}

/** The capturing card found bits behind the last octet, and the FCS is there to tell whether it matters. */
function isOnlyUnaligned({ linkErrors, fcsLength }: Frame): boolean {
  return linkErrors === LinkError.unaligned && fcsLength > 0;
}

/** Where the packet ends as its own length field has it; the header's end where that is not known, so that the trailer is looked at. */
function packetEnd(packet: Packet): number {
  const { bytes, frame } = packet;
  let type = packet.etherType;
  let at = packet.networkStart;
  while (isVlanType(type) && at + 4 <= frame.end) {
    type = u16(bytes, at + 2);
    at += 4;
  }
  if (at + 6 > frame.end) return at;
  if (type === EtherType.ipv4) {
    const length = u16(bytes, at + 2);
    return length === 0 ? frame.end : at + length;
  }
  if (type === EtherType.ipv6) return at + 40 + u16(bytes, at + 4);
  if (type === EtherType.arp) return at + 28;
  return type <= LENGTH_MAX ? at + type : at;
}
