import type { HostConfig } from '../../host/config.ts';
import { isBroadcastMac, isGroupMac } from '../../wire/address.ts';
import { putU16, u16, u32 } from '../../wire/bytes.ts';
import { fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import { crc32, FCS_LENGTH, fcsAt } from '../../wire/crc32.ts';
import { ETHERNET_HEADER, ETHERNET_MIN, EtherType } from '../../wire/ethernet.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { LinkType } from '../../wire/link.ts';
import { LinkError } from '../../wire/link-error.ts';
import { encodeLoopback, LOOPBACK_HEADER, LoopbackFamily } from '../../wire/loopback.ts';
import { encodeSll, SLL_HEADER, SllPacketType } from '../../wire/sll.ts';
import { encodeSll2, SLL2_HEADER } from '../../wire/sll2.ts';
import { VLAN_TAG } from '../../wire/vlan.ts';
import type { CaptureStep } from '../tree/script.ts';

/** How a capture is taken; all of it may be absent. */
export type CaptureSettings = Pick<CaptureStep, 'off' | 'only' | 'snaplen' | 'linkType' | 'fcs' | 'offload'>;

/** A frame as a capture has it. */
export interface Sighting {
  readonly bytes: Uint8Array;
  /** Bytes that it had before the snaplen cut it. */
  readonly wireLength: number;
  readonly linkType: number;
  readonly fcsLength: number;
  readonly linkErrors: number;
}

/** Where a capture is taken, and how: what it shows of the frames on a server's wire. */
export class Viewpoint {
  readonly settings: CaptureSettings;
  private readonly config: HostConfig;

  constructor(settings: CaptureSettings, config: HostConfig) {
    this.settings = settings;
    this.config = config;
  }

  /** The same, but for what is given. */
  with(settings: CaptureSettings): Viewpoint {
    return new Viewpoint({ ...this.settings, ...settings }, this.config);
  }

  /** What the capture has of a frame, which ends with its FCS; null: nothing. */
  see(frame: Uint8Array, inbound: boolean): Sighting | null {
    const { only, linkType = LinkType.ethernet, snaplen, fcs, offload, off } = this.settings;
    if (off === true || (only !== undefined && inbound !== (only === 'in'))) return null;
    const end = Math.max(0, frame.length - FCS_LENGTH);
    const keepsFcs = fcs === true && linkType === LinkType.ethernet && offload !== true;
    let body = frame.subarray(0, keepsFcs ? frame.length : end);
    if (offload === true) body = beforeTheCard(body);
    const seen = this.relinked(body, linkType, inbound);
    if (seen === null) return null;
    return {
      bytes: snaplen !== undefined && seen.length > snaplen ? seen.subarray(0, snaplen) : seen,
      wireLength: seen.length,
      linkType,
      fcsLength: keepsFcs ? FCS_LENGTH : 0,
      linkErrors: keepsFcs || !inbound ? 0 : this.errorsOf(frame, end),
    };
  }

  /** What the capturing card says of a frame whose FCS it does not keep. */
  private errorsOf(frame: Uint8Array, end: number): number {
    if (frame.length < FCS_LENGTH || fcsAt(frame, end) !== crc32(frame, 0, end)) return LinkError.crc;
    // what has not been cut or padded yet has no length to complain of
    if (this.settings.offload === true) return 0;
    if (end < ETHERNET_MIN) return LinkError.tooShort;
    return end > this.config.mtu + ETHERNET_HEADER + VLAN_TAG ? LinkError.tooLong : 0;
  }

  /** With another link header; null: a capture of this link type cannot have such a frame. */
  private relinked(frame: Uint8Array, linkType: number, inbound: boolean): Uint8Array | null {
    const protocol = frame.length < ETHERNET_HEADER ? -1 : u16(frame, 12);
    const isIp = protocol === EtherType.ipv4 || protocol === EtherType.ipv6;
    switch (linkType) {
      case LinkType.raw:
        return isIp ? frame.subarray(ETHERNET_HEADER) : null;
      case LinkType.null:
      case LinkType.loop: {
        if (!isIp) return null;
        const out = behind(frame, LOOPBACK_HEADER);
        const family = protocol === EtherType.ipv4 ? LoopbackFamily.inet : LoopbackFamily.inet6Bsd;
        encodeLoopback(family, linkType === LinkType.loop, out, 0);
        return out;
      }
      case LinkType.sll:
      case LinkType.sll2: {
        if (protocol < 0) return null;
        const isFirst = linkType === LinkType.sll;
        const out = behind(frame, isFirst ? SLL_HEADER : SLL2_HEADER);
        const source = u16(frame, 6) * 0x1_0000_0000 + u32(frame, 8);
        (isFirst ? encodeSll : encodeSll2)({ packetType: this.packetType(frame, inbound), source, protocol }, out, 0);
        return out;
      }
      default:
        return frame;
    }
  }

  private packetType(frame: Uint8Array, inbound: boolean): number {
    const high = u16(frame, 0);
    const low = u32(frame, 2);
    if (!inbound) return SllPacketType.fromUs;
    if (isBroadcastMac(high, low)) return SllPacketType.broadcast;
    if (isGroupMac(high)) return SllPacketType.multicast;
    return this.config.macs.some((mac) => mac.high === high && mac.low === low) ? SllPacketType.toUs : SllPacketType.toOther;
  }
}

/** Room for another header, and what is behind the Ethernet header. */
function behind(frame: Uint8Array, header: number): Uint8Array {
  const out = new Uint8Array(header + frame.length - ETHERNET_HEADER);
  out.set(frame.subarray(ETHERNET_HEADER), header);
  return out;
}

/**
 * A frame on its way to a card that computes checksums: IPv4's is 0, those of TCP and UDP have the sum of the pseudo-header only, and
 * nothing is padded. A checksum that is wrong stays so.
 */
function beforeTheCard(whole: Uint8Array): Uint8Array {
  const type = whole.length < ETHERNET_HEADER ? -1 : u16(whole, 12);
  const at = ETHERNET_HEADER;
  const isIpv4 = type === EtherType.ipv4 && whole.length >= at + 20;
  if (!isIpv4 && (type !== EtherType.ipv6 || whole.length < at + IPV6_HEADER)) return whole;
  const header = isIpv4 ? (whole[at]! & 0xf) << 2 : IPV6_HEADER;
  const length = isIpv4 ? u16(whole, at + 2) : u16(whole, at + 4) + IPV6_HEADER;
  if (header < 20 || length < header || at + length > whole.length) return whole;
  const frame = whole.slice(0, at + length);
  if (isIpv4 && fold(sumBytes(frame, at, at + header)) === 0xffff) putU16(frame, at + 10, 0);
  const isPart = isIpv4 && (u16(frame, at + 6) & 0x3fff) !== 0;
  if (!isPart) beginChecksum(frame, at, header, length, isIpv4);
  return frame;
}

function beginChecksum(frame: Uint8Array, at: number, header: number, length: number, isIpv4: boolean): void {
  const protocol = frame[at + (isIpv4 ? 9 : 6)]!;
  const field = at + header + (protocol === IpProtocol.tcp ? 16 : 6);
  if ((protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp) || field + 2 > frame.length) return;
  const size = length - header;
  const word = (offset: number) => u32(frame, at + offset);
  const pseudo = isIpv4
    ? pseudoHeader4(word(12), word(16), protocol, size)
    : pseudoHeader6(word(8), word(12), word(16), word(20), word(24), word(28), word(32), word(36), protocol, size);
  if (fold(sumBytes(frame, at + header, at + length, pseudo)) === 0xffff) putU16(frame, field, fold(pseudo));
}
