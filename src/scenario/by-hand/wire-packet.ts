import type { Mac } from '../../host/config.ts';
import { joinMac, solicitedNodeWord } from '../../wire/address.ts';
import { ArpOperation, encodeArp } from '../../wire/arp.ts';
import { NO_BYTES } from '../../wire/bytes.ts';
import { pseudoHeader4, pseudoHeader6 } from '../../wire/checksum.ts';
import { EtherType } from '../../wire/ethernet.ts';
import { encodeIcmp, isIcmpError } from '../../wire/icmp.ts';
import { encodeIcmpv6, Icmpv6Type, isIcmpv6Error } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { encodeNdp } from '../../wire/ndp.ts';
import { encodeTcp, TcpFlag } from '../../wire/tcp.ts';
import { encodeTcpOptions } from '../../wire/tcp-options.ts';
import { encodeUdp } from '../../wire/udp.ts';
import type { Address } from '../clients/peer.ts';
import type { ArpPacket, IcmpPacket, NdPacket, SackRange, SequenceNumber, TcpPacket, WirePacket } from '../tree/script.ts';

/** Room for the longest packet. */
const ROOM = 0x1_0000 + 512;
const WINDOW = 64_240;
const ND_HOP_LIMIT = 255;
const NO_TYPE = -1;

/** Who sends a packet to whom, and on which numbers the sender stands. */
export interface Ends {
  readonly from: Address;
  readonly fromPort: number;
  readonly fromMac: Mac;
  readonly to: Address;
  /** Who gets the packet in the end; absent: whom it goes to. */
  readonly finalTo?: Address;
  readonly toPort: number;
  /** Sequence number that comes next, and the one that is expected next; -1: not known. */
  readonly next: number;
  readonly rcvNxt: number;
  /** The window that the sender would tell; -1: not known. */
  readonly window: number;
  /** TSval and TSecr where the connection has timestamps, else -1. */
  readonly tsVal: number;
  readonly tsEcr: number;
  /** The last packet that the receiver sent to the sender. */
  readonly lastPacket: Uint8Array | null;
  /** A number for a SYN that names none. */
  readonly newIss: () => number;
}

/** A packet as it goes into a frame, or into IP. */
export interface Packed {
  /** Of the link; IP where the packet is one of IP's. */
  readonly etherType: number;
  /** IP protocol; -1: the bytes are no packet of IP's. */
  readonly protocol: number;
  readonly bytes: Uint8Array;
  /** Where its checksum stands; -1: it has none. */
  readonly checksumAt: number;
  /** Of TCP: what the sender has used. */
  readonly seq: number;
  readonly length: number;
  readonly flags: number;
  /** Where it goes if not to the receiver: a group. */
  readonly group: Address | null;
  /** -1: as the sender has it. */
  readonly hopLimit: number;
}

const PLAIN = { checksumAt: -1, seq: 0, length: 0, flags: 0, group: null, hopLimit: -1 } as const;

/**
 * Encodes what a script gives by hand; what it omits is right for these two ends. `data` is the packet's payload. `mayGroup`: the script
 * does not say where it goes, so that a message for a group goes to it.
 */
export function packUp(packet: WirePacket, data: Uint8Array, ends: Ends, mayGroup: boolean): Packed {
  const ip = ends.from.family === 4 ? EtherType.ipv4 : EtherType.ipv6;
  switch (packet.protocol) {
    case 'tcp':
      return tcp(packet, data, ends, ip);
    case 'udp': {
      const out = new Uint8Array(ROOM);
      const { fromPort: sourcePort, toPort: destinationPort } = ends;
      const pseudoHeader = pseudo(ends, IpProtocol.udp);
      const length = encodeUdp({ sourcePort, destinationPort, length: packet.length, pseudoHeader, payload: data }, out, 0);
      return { ...PLAIN, etherType: ip, protocol: IpProtocol.udp, bytes: out.slice(0, length), checksumAt: 6 };
    }
    case 'icmp':
    case 'icmpv6':
      return icmp(packet, data, ends, ip);
    case 'arp':
      return { ...PLAIN, etherType: EtherType.arp, protocol: NO_TYPE, bytes: arp(packet, ends) };
    case 'nd':
      return neighbourDiscovery(packet, ends, mayGroup);
    case 'ip':
      return { ...PLAIN, etherType: ip, protocol: packet.number, bytes: data };
    case 'ether':
      return { ...PLAIN, etherType: packet.etherType, protocol: NO_TYPE, bytes: data };
  }
}

function pseudo({ from, to, finalTo }: Ends, protocol: number): number {
  const [s0, s1, s2, s3] = from.words;
  const [d0, d1, d2, d3] = (finalTo ?? to).words;
  if (from.family === 4) return pseudoHeader4(s3, d3, protocol, 0);
  return pseudoHeader6(s0, s1, s2, s3, d0, d1, d2, d3, protocol, 0);
}

function numberOf(given: SequenceNumber | undefined, base: number, otherwise: number): number {
  if (given === undefined) return otherwise;
  return (given.relative ? Math.max(0, base) + given.value : given.value) >>> 0;
}

function tcp(packet: TcpPacket, data: Uint8Array, ends: Ends, etherType: number): Packed {
  const flags = packet.flags ?? TcpFlag.ack | (data.length > 0 ? TcpFlag.psh : 0);
  const isOpening = (flags & TcpFlag.syn) !== 0;
  const known = isOpening || ends.next < 0 ? -1 : ends.next;
  const seq = numberOf(packet.seq, ends.next, known < 0 ? ends.newIss() : known);
  const hasAck = (flags & TcpFlag.ack) !== 0;
  const ack = numberOf(packet.ack, ends.rcvNxt, hasAck ? Math.max(0, ends.rcvNxt) : 0);
  const hasTimestamps = packet.tsval !== undefined || packet.tsecr !== undefined || ends.tsVal >= 0;
  const named = {
    mss: packet.mss,
    windowScale: packet.wscale,
    sackPermitted: packet.sackPermitted,
    hasTimestamps,
    tsVal: packet.tsval ?? Math.max(0, ends.tsVal),
    tsEcr: packet.tsecr ?? Math.max(0, ends.tsEcr),
    sackCount: packet.sack.length,
    sack: packet.sack.flatMap((range) => edges(range, ack)),
  };
  const out = new Uint8Array(ROOM);
  const length = encodeTcp(
    {
      sourcePort: ends.fromPort,
      destinationPort: ends.toPort,
      seq,
      ack,
      flags,
      dataOffset: packet.dataOffset,
      window: packet.win ?? (ends.window < 0 ? WINDOW : ends.window),
      urgentPointer: packet.urg,
      pseudoHeader: pseudo(ends, IpProtocol.tcp),
      ...(packet.options === undefined ? { options: named } : { rawOptions: withNamed(named, packet.options) }),
      payload: data,
    },
    out,
    0,
  );
  const bytes = out.slice(0, length);
  return { ...PLAIN, etherType, protocol: IpProtocol.tcp, bytes, checksumAt: 16, seq, length: data.length, flags };
}

/** Relative edges count from the segment's ACK number. */
function edges({ relative, left, right }: SackRange, base: number): [number, number] {
  return relative ? [(base + left) >>> 0, (base + right) >>> 0] : [left, right];
}

/** The options that have names, then those given as bytes. */
function withNamed(named: Parameters<typeof encodeTcpOptions>[0], raw: Uint8Array): Uint8Array {
  const out = new Uint8Array(40);
  const length = encodeTcpOptions(named, out, 0);
  return Buffer.concat([out.subarray(0, length), raw]);
}

function icmp(packet: IcmpPacket, data: Uint8Array, ends: Ends, etherType: number): Packed {
  const { icmp: asked, id, seq, mtu, gateway, pointer } = packet;
  const is4 = packet.protocol === 'icmp';
  const isError = is4 ? isIcmpError(asked.type) : isIcmpv6Error(asked.type);
  const quote = isError && data.length === 0 && packet.data === undefined ? quoteOf(ends.lastPacket) : data;
  let rest: number | undefined;
  if (mtu !== undefined) rest = mtu;
  else if (gateway !== undefined) rest = gateway.words[3];
  else if (pointer !== undefined) rest = is4 ? (pointer << 24) >>> 0 : pointer;
  else if (isError) rest = 0;
  const fields = { type: asked.type, code: asked.code ?? 0, rest, identifier: id ?? 1, sequence: seq ?? 1, payload: quote };
  const out = new Uint8Array(ROOM);
  const length = is4
    ? encodeIcmp(fields, out, 0)
    : encodeIcmpv6({ ...fields, pseudoHeader: pseudo(ends, IpProtocol.icmpv6) }, out, 0);
  const protocol = is4 ? IpProtocol.icmp : IpProtocol.icmpv6;
  return { ...PLAIN, etherType, protocol, bytes: out.slice(0, length), checksumAt: 2 };
}

/** As much of the packet as a router sends back (RFC 1812 §4.3.2.3, RFC 4443 §3). */
function quoteOf(packet: Uint8Array | null): Uint8Array {
  return packet === null ? NO_BYTES : packet.slice(0, 548);
}

function arp(packet: ArpPacket, ends: Ends): Uint8Array {
  const isReply = packet.operation === ArpOperation.reply;
  const asked = packet.address ?? (isReply ? ends.from : ends.to);
  const own = joinMac(ends.fromMac.high, ends.fromMac.low);
  const mac = (given: Mac | undefined, otherwise: number) => (given === undefined ? otherwise : joinMac(given.high, given.low));
  const out = new Uint8Array(64);
  const length = encodeArp(
    {
      operation: packet.operation,
      hardwareType: packet.hardwareType,
      protocolType: packet.protocolType,
      hardwareLength: packet.hardwareLength,
      protocolLength: packet.protocolLength,
      senderMac: mac(packet.senderMac, own),
      senderIp: (packet.senderIp ?? (isReply ? asked : ends.from)).words[3],
      targetMac: mac(packet.targetMac, 0),
      targetIp: (packet.targetIp ?? (isReply ? ends.to : asked)).words[3],
    },
    out,
    0,
  );
  return out.slice(0, length);
}

const ND_TYPES = {
  solicit: Icmpv6Type.neighborSolicitation,
  advertise: Icmpv6Type.neighborAdvertisement,
  router_solicit: Icmpv6Type.routerSolicitation,
  router_advertise: Icmpv6Type.routerAdvertisement,
  redirect: Icmpv6Type.redirect,
} as const;

function neighbourDiscovery(packet: NdPacket, ends: Ends, mayGroup: boolean): Packed {
  const type = ND_TYPES[packet.message];
  const isSolicitation = packet.message === 'solicit' && mayGroup;
  const target = packet.address ?? (packet.message === 'advertise' ? ends.from : ends.to);
  const [target0, target1, target2, target3] = target.words;
  const [destination0, destination1, destination2, destination3] = ends.to.words;
  const mac = packet.noMac === true ? -1 : joinMac((packet.mac ?? ends.fromMac).high, (packet.mac ?? ends.fromMac).low);
  const tellsTarget = packet.message === 'advertise' || packet.message === 'redirect';
  const body = new Uint8Array(128);
  const bodyLength = encodeNdp(
    {
      type,
      target0,
      target1,
      target2,
      target3,
      destination0,
      destination1,
      destination2,
      destination3,
      [tellsTarget ? 'targetLinkLayer' : 'sourceLinkLayer']: mac,
    },
    body,
    0,
  );
  const flags =
    packet.message === 'advertise'
      ? ((packet.router === true ? 0x8000_0000 : 0) +
          (packet.solicited === false ? 0 : 0x4000_0000) +
          (packet.override === false ? 0 : 0x2000_0000)) >>>
        0
      : 0;
  const group: Address | null = isSolicitation ? { family: 6, words: [0xff02_0000, 0, 1, solicitedNodeWord(target3)] } : null;
  const out = new Uint8Array(256);
  const pseudoHeader = pseudo(group === null ? ends : { ...ends, to: group }, IpProtocol.icmpv6);
  const length = encodeIcmpv6({ type, rest: flags, payload: body.slice(0, bodyLength), pseudoHeader }, out, 0);
  const bytes = out.slice(0, length);
  const rest = { ...PLAIN, etherType: EtherType.ipv6, protocol: IpProtocol.icmpv6, bytes, checksumAt: 2 };
  return { ...rest, group, hopLimit: ND_HOP_LIMIT };
}
