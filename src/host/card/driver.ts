import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { u16 } from '../../wire/bytes.ts';
import { EtherType } from '../../wire/ethernet.ts';
import { isVlanType, VlanProblem, VlanView } from '../../wire/vlan.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Ipv4 } from '../ip/ip.ts';
import type { Ipv6 } from '../ip/ipv6.ts';
import type { Arp } from '../neighbours/arp.ts';
import { LinkTarget, type Packet } from '../packet.ts';
import type { Load } from './load.ts';
import type { Ring } from './ring.ts';

/** Values of the type field below this one are a length. */
const TYPE_MIN = 0x600;
/** Raw 802.3, of Novell's IPX: no LLC, the payload begins with all ones. */
const RAW_802_3 = 0xffff;

const Tags = { none: 0, accepted: 1, unknown: 2, truncated: 3 } as const;

/** The driver takes a frame out of the ring, strips VLAN tags and picks the protocol by EtherType. */
export class Driver {
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly ring: Ring;
  private readonly arp: Arp;
  private readonly ipv4: Ipv4;
  private readonly ipv6: Ipv6;
  private readonly tag = new VlanView();

  constructor(context: HostContext, ring: Ring, arp: Arp, ipv4: Ipv4, ipv6: Ipv6) {
    this.config = context.config;
    this.trace = context.trace;
    this.ring = ring;
    this.arp = arp;
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
  }

  receive(packet: Packet): void {
    this.recordPoll();
    this.dispatch(packet);
  }

  private dispatch(packet: Packet): void {
    const { trace } = this;
    if (isVlanType(packet.etherType) && !this.acceptsTags(packet)) return;
    switch (packet.etherType) {
      case EtherType.ipv4:
        trace.record(D.driver_ipv4);
        this.ipv4.receive(packet);
        return;
      case EtherType.ipv6:
        trace.record(D.driver_ipv6);
        this.ipv6.receive(packet);
        return;
      case EtherType.arp:
        trace.record(D.driver_arp);
        this.arp.receive(packet);
        return;
      default:
        if (isLlc(packet)) trace.record(D.driver_llc, packet.etherType);
        else trace.record(D.driver_unhandled, packet.etherType);
    }
  }

  /** A frame that the captured host sent. */
  observe(packet: Packet): void {
    this.stripTags(packet, false);
    if (packet.etherType === EtherType.ipv4) this.ipv4.observe(packet);
    else if (packet.etherType === EtherType.ipv6) this.ipv6.observe(packet);
    else if (packet.etherType === EtherType.arp) this.arp.observe(packet);
    else this.trace.record(D.driver_observed, packet.etherType);
  }

  /** The frame has waited in the ring of a host whose CPU takes its time. */
  receiveLate(packet: Packet, load: Load, waited: number): void {
    const budget = this.config.pollBudget;
    this.trace.record(D.driver_waited, waited);
    if (load.isResumed) this.trace.record(D.driver_budget, budget);
    this.trace.record(D.driver_poll, load.polled, budget);
    this.dispatch(packet);
  }

  private recordPoll(): void {
    const budget = this.config.pollBudget;
    const polled = this.ring.polled;
    if (budget > 0 && polled > budget && polled % budget === 1) this.trace.record(D.driver_budget, budget);
    this.trace.record(D.driver_poll, budget > 0 ? ((polled - 1) % budget) + 1 : polled, budget);
  }

  private acceptsTags(packet: Packet): boolean {
    const { trace } = this;
    switch (this.stripTags(packet, true)) {
      case Tags.none:
      case Tags.accepted:
        return true;
      case Tags.truncated:
        if (packet.frame.wireLength > packet.frame.end - packet.frame.start) trace.record(D.driver_not_captured);
        else trace.record(D.driver_vlan_truncated);
        return false;
      default:
        return this.acceptsVlan(packet);
    }
  }

  private acceptsVlan(packet: Packet): boolean {
    const { trace } = this;
    // A capture shows tags that the card or a VLAN interface of the captured host has taken off.
    if (this.config.capture !== null) return true;
    if (packet.etherType === EtherType.ipv4 || packet.etherType === EtherType.ipv6) {
      trace.record(D.driver_vlan_unknown, this.tag.id);
      return false;
    }
    packet.linkTarget = LinkTarget.other;
    return true;
  }

  /** Walks over the tags that Linux knows; on a live host not beyond one that names a VLAN. A `Tags` number. `told`: each is a step. */
  private stripTags(packet: Packet, told: boolean): number {
    const { trace } = this;
    const fromCapture = this.config.capture !== null;
    let found: number = Tags.none;
    while (packet.etherType === EtherType.vlan || packet.etherType === EtherType.qinq) {
      const tag = this.tag.at(packet.bytes, packet.networkStart, packet.networkEnd);
      if (tag.check() !== VlanProblem.none) return Tags.truncated;
      if (found === Tags.none) found = Tags.accepted;
      if (tag.id !== 0) found = Tags.unknown;
      if (packet.vlan < 0) packet.vlan = tag.id;
      packet.etherType = tag.etherType;
      packet.networkStart += 4;
      if (told && tag.id === 0) trace.record(D.driver_priority_tag);
      else if (told && fromCapture) trace.record(D.driver_vlan_tag, tag.id);
      if (found === Tags.unknown && !fromCapture) break;
    }
    return found;
  }
}

function isLlc(packet: Packet): boolean {
  if (!packet.hasMacs || packet.etherType >= TYPE_MIN) return false;
  const { bytes, networkStart, networkEnd } = packet;
  return networkEnd - networkStart < 2 || u16(bytes, networkStart) !== RAW_802_3;
}
