import { isBroadcastMac, isGroupMac } from '../../wire/address.ts';
import { EthernetProblem, EthernetView, EtherType } from '../../wire/ethernet.ts';
import { LinkType } from '../../wire/link.ts';
import { LOOPBACK_HEADER, loopbackEtherType, loopbackFamily } from '../../wire/loopback.ts';
import { SllPacketType, SllProblem, SllView } from '../../wire/sll.ts';
import { Sll2Problem, Sll2View } from '../../wire/sll2.ts';
import type { Mac } from '../config.ts';
import { LinkTarget, type Packet } from '../packet.ts';

export const LinkProblem = { none: 0, truncated: 1, unsupported: 2 } as const;

/** ARPHRD_LOOPBACK of Linux. */
const HARDWARE_LOOPBACK = 772;

const TARGET_OF_SLL: readonly number[] = [
  LinkTarget.us,
  LinkTarget.broadcast,
  LinkTarget.multicast,
  LinkTarget.other,
  LinkTarget.us,
];

/** Reads the header of each link type into the packet: MACs, EtherType, where the network header begins, and whom the frame is for. */
export class LinkHeader {
  private readonly macs: readonly Mac[];
  private readonly fromCapture: boolean;
  private readonly ethernetView = new EthernetView();
  private readonly sllView = new SllView();
  private readonly sll2View = new Sll2View();

  constructor(macs: readonly Mac[], fromCapture: boolean) {
    this.macs = macs;
    this.fromCapture = fromCapture;
  }

  /** A `LinkProblem` number. */
  read(packet: Packet): number {
    const frame = packet.frame;
    packet.bytes = frame.bytes;
    packet.networkEnd = frame.end;
    packet.linkTarget = LinkTarget.us;
    packet.loopback = false;
    switch (frame.linkType) {
      case LinkType.ethernet:
        return this.ethernet(packet);
      case LinkType.null:
      case LinkType.loop:
        return this.loopbackHeader(packet);
      case LinkType.raw:
      case LinkType.rawBsd:
      case LinkType.rawOpenBsd:
      case LinkType.rawIpv4:
      case LinkType.rawIpv6:
        return this.raw(packet);
      case LinkType.sll:
        return this.sll(packet);
      case LinkType.sll2:
        return this.sll2(packet);
      default:
        return LinkProblem.unsupported;
    }
  }

  private ethernet(packet: Packet): number {
    const frame = packet.frame;
    const view = this.ethernetView.at(frame.bytes, frame.start, frame.end);
    if (view.check() !== EthernetProblem.none) return LinkProblem.truncated;
    const high = view.destinationHigh;
    const low = view.destinationLow;
    packet.hasMacs = true;
    packet.destinationMacHigh = high;
    packet.destinationMacLow = low;
    packet.sourceMacHigh = view.sourceHigh;
    packet.sourceMacLow = view.sourceLow;
    packet.etherType = view.etherType;
    packet.networkStart = frame.start + 14;
    if (isGroupMac(high)) packet.linkTarget = this.group(high, low);
    else if (this.fromCapture && isZero(high, low) && isZero(packet.sourceMacHigh, packet.sourceMacLow)) packet.loopback = true;
    else if (!this.isOurs(high, low)) packet.linkTarget = LinkTarget.other;
    return LinkProblem.none;
  }

  /** A group's MAC is only ours where a capture's MACs were rewritten. */
  private group(high: number, low: number): number {
    if (isBroadcastMac(high, low)) return LinkTarget.broadcast;
    return this.macs.length > 0 && this.isOurs(high, low) ? LinkTarget.us : LinkTarget.multicast;
  }

  private isOurs(high: number, low: number): boolean {
    const macs = this.macs;
    for (let i = 0; i < macs.length; i++) if (macs[i]!.low === low && macs[i]!.high === high) return true;
    return macs.length === 0;
  }

  private loopbackHeader(packet: Packet): number {
    const { bytes, start, end, linkType } = packet.frame;
    if (end - start < LOOPBACK_HEADER) return LinkProblem.truncated;
    packet.etherType = loopbackEtherType(loopbackFamily(bytes, start, linkType === LinkType.loop));
    packet.networkStart = start + LOOPBACK_HEADER;
    packet.loopback = this.fromCapture;
    return LinkProblem.none;
  }

  private raw(packet: Packet): number {
    const { bytes, start, end } = packet.frame;
    if (end === start) return LinkProblem.truncated;
    const version = bytes[start]! >> 4;
    packet.etherType = version === 4 ? EtherType.ipv4 : version === 6 ? EtherType.ipv6 : 0;
    packet.networkStart = start;
    packet.loopback = this.fromCapture;
    return LinkProblem.none;
  }

  private sll(packet: Packet): number {
    const { bytes, start, end } = packet.frame;
    const view = this.sllView.at(bytes, start, end);
    if (view.check() !== SllProblem.none) return LinkProblem.truncated;
    this.cooked(packet, view.packetType, view.hardwareType, view.protocol, view.headerLength);
    return LinkProblem.none;
  }

  private sll2(packet: Packet): number {
    const { bytes, start, end } = packet.frame;
    const view = this.sll2View.at(bytes, start, end);
    if (view.check() !== Sll2Problem.none) return LinkProblem.truncated;
    this.cooked(packet, view.packetType, view.hardwareType, view.protocol, view.headerLength);
    return LinkProblem.none;
  }

  private cooked(packet: Packet, packetType: number, hardwareType: number, protocol: number, headerLength: number): void {
    packet.etherType = protocol;
    packet.networkStart = packet.frame.start + headerLength;
    packet.linkTarget = packetType <= SllPacketType.fromUs ? TARGET_OF_SLL[packetType]! : LinkTarget.us;
    packet.loopback = this.fromCapture && hardwareType === HARDWARE_LOOPBACK;
  }
}

function isZero(high: number, low: number): boolean {
  return high === 0 && low === 0;
}
