import type { Mac } from '../../host/config.ts';
import { Random } from '../../host/random.ts';
import {
  isLimitedBroadcast4,
  isMulticast4,
  isMulticast6,
  joinMac,
  MULTICAST_MAC4_HIGH,
  MULTICAST_MAC6_HIGH,
  multicastMacLow4,
} from '../../wire/address.ts';
import { crc32, encodeFcs, FCS_LENGTH } from '../../wire/crc32.ts';
import { ETHERNET_HEADER, ETHERNET_MIN, EtherType, encodeEthernet } from '../../wire/ethernet.ts';
import { encodeIpv4, IPV4_HEADER } from '../../wire/ipv4.ts';
import { encodeIpv6, IPV6_HEADER } from '../../wire/ipv6.ts';
import { encodeFragment, FRAGMENT_HEADER } from '../../wire/ipv6-extensions.ts';
import { encodeVlan, VLAN_TAG } from '../../wire/vlan.ts';
import type { Address } from '../clients/peer.ts';
import type { Fragmentation, FrameChanges } from '../tree/script.ts';
import type { Packed } from './wire-packet.ts';

const ROOM = 0x1_0000 + 1024;
const IP_CHECKSUM = 10;
const FRAGMENT_PROTOCOL = 44;
const HOP_BY_HOP = 0;
/** So much earlier an overlapping fragment begins. */
const OVERLAP = 8;

/** What the frames of one statement share. */
export interface Envelope {
  readonly from: Address;
  readonly to: Address;
  readonly fromMac: Mac;
  /** Where the frame goes unless the packet is for a group. */
  readonly toMac: Mac;
  readonly ttl: number;
  readonly id: number;
  readonly changes: FrameChanges;
}

/** One piece of an IP packet: its bytes behind the header, and where they belong. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly more: boolean;
}

/** The frames that carry a packet, each with an FCS, right unless it is to be wrong. */
export function wrapUp(packed: Packed, envelope: Envelope): Uint8Array[] {
  const { changes } = envelope;
  corruptTransport(packed, changes);
  if (packed.protocol < 0) return [finish(packed.bytes, packed.etherType, macFor(envelope, null), envelope)];
  const to = packed.group ?? envelope.to;
  const pieces =
    changes.fragment === undefined ? [wholeOf(packed.bytes, changes)] : cut(packed.bytes, changes.fragment, envelope.id);
  const mac = macFor(envelope, to);
  const encode = envelope.from.family === 4 ? ipv4Packet : ipv6Packet;
  return pieces.map((piece) => finish(encode(packed, piece, to, envelope), packed.etherType, mac, envelope));
}

/** A frame given byte by byte. */
export function wrapHex(bytes: Uint8Array, changes: FrameChanges, nopad: boolean): Uint8Array {
  const frame = changes.truncate === undefined ? bytes.slice() : bytes.slice(0, changes.truncate);
  return seal(frame, changes, nopad || changes.nopad === true);
}

/** Pads a frame as a card does and puts its FCS behind it. */
export function sealed(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = Math.max(end - start, ETHERNET_MIN);
  const out = new Uint8Array(length + FCS_LENGTH);
  out.set(bytes.subarray(start, end));
  encodeFcs(crc32(out, 0, length), out, length);
  return out;
}

function wholeOf(bytes: Uint8Array, { offset, mf }: FrameChanges): Piece {
  return { bytes, offset: offset ?? 0, more: mf ?? false };
}

/** Fragments of `size` bytes (a multiple of eight), then reordered, lost and doubled as asked. */
function cut(bytes: Uint8Array, how: Fragmentation, seed: number): Piece[] {
  const size = Math.max(8, how.size & ~7);
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const from = how.overlap === true && at > 0 ? at - OVERLAP : at;
    const to = Math.min(bytes.length, at + size);
    pieces.push({ bytes: bytes.subarray(from, to), offset: from, more: to < bytes.length });
  }
  const kept = pieces.flatMap((piece, i) => {
    if (how.lose.includes(i + 1)) return [];
    return how.dup.includes(i + 1) ? [piece, piece] : [piece];
  });
  if (how.order === 'reverse') kept.reverse();
  if (how.order === 'shuffle') shuffle(kept, new Random(seed + 1));
  return kept;
}

function shuffle(pieces: Piece[], random: Random): void {
  for (let i = pieces.length - 1; i > 0; i--) {
    const j = random.next() % (i + 1);
    const piece = pieces[i]!;
    pieces[i] = pieces[j]!;
    pieces[j] = piece;
  }
}

function corruptTransport({ bytes, checksumAt }: Packed, { corrupt }: FrameChanges): void {
  for (const { what } of corrupt) {
    if (what === 'fcs' || what === 'ip_checksum' || what === 'byte') continue;
    if (checksumAt >= 0 && checksumAt + 1 < bytes.length) bytes[checksumAt + 1]! ^= 0xff;
  }
}

function ipv4Packet(packed: Packed, piece: Piece, to: Address, envelope: Envelope): Uint8Array {
  const { changes } = envelope;
  const out = new Uint8Array(ROOM);
  const length = encodeIpv4(
    {
      version: changes.version,
      ihl: changes.ihl,
      tos: changes.tos,
      totalLength: changes.totalLength,
      payloadLength: piece.bytes.length,
      id: changes.id ?? envelope.id,
      dontFragment: changes.df ?? false,
      moreFragments: piece.more,
      fragmentOffset: piece.offset,
      ttl: envelope.ttl,
      protocol: changes.proto ?? packed.protocol,
      source: envelope.from.words[3],
      destination: to.words[3],
      options: changes.ipOptions,
    },
    out,
    0,
  );
  if (changes.corrupt.some(({ what }) => what === 'ip_checksum')) out[IP_CHECKSUM + 1]! ^= 0xff;
  out.set(piece.bytes, length);
  return out.slice(0, Math.max(length, IPV4_HEADER) + piece.bytes.length);
}

function ipv6Packet(packed: Packed, piece: Piece, to: Address, envelope: Envelope): Uint8Array {
  const { changes } = envelope;
  const [source0, source1, source2, source3] = envelope.from.words;
  const [destination0, destination1, destination2, destination3] = to.words;
  const out = new Uint8Array(ROOM);
  const isPart = piece.more || piece.offset > 0;
  const upper = changes.proto ?? packed.protocol;
  let next = upper;
  let at = IPV6_HEADER;
  if (changes.ipOptions !== undefined) {
    next = HOP_BY_HOP;
    at += hopByHop(changes.ipOptions, isPart ? FRAGMENT_PROTOCOL : upper, out, at);
  } else if (isPart) next = FRAGMENT_PROTOCOL;
  if (isPart) {
    const fields = { nextHeader: upper, fragmentOffset: piece.offset, moreFragments: piece.more };
    encodeFragment({ ...fields, fragmentId: changes.id ?? envelope.id }, out, at);
    at += FRAGMENT_HEADER;
  }
  out.set(piece.bytes, at);
  const end = at + piece.bytes.length;
  encodeIpv6(
    {
      version: changes.version,
      trafficClass: changes.tos,
      payloadLength: changes.totalLength ?? end - IPV6_HEADER,
      nextHeader: next,
      hopLimit: packed.hopLimit >= 0 && changes.ttl === undefined ? packed.hopLimit : envelope.ttl,
      source0,
      source1,
      source2,
      source3,
      destination0,
      destination1,
      destination2,
      destination3,
    },
    out,
    0,
  );
  return out.slice(0, end);
}

/** Writes a hop-by-hop header with these options, padded to eight bytes; gives its length. */
function hopByHop(options: Uint8Array, nextHeader: number, out: Uint8Array, at: number): number {
  const length = (options.length + 2 + 7) & ~7;
  out[at] = nextHeader;
  out[at + 1] = length / 8 - 1;
  out.set(options, at + 2);
  const padding = length - 2 - options.length;
  if (padding > 1) {
    out[at + 2 + options.length] = 1;
    out[at + 3 + options.length] = padding - 2;
  }
  return length;
}

/** The group's MAC where a packet goes to one, the receiver's otherwise; what the script gives comes first. */
function macFor({ changes, toMac }: Envelope, to: Address | null): number {
  if (changes.toMac !== undefined) return joinMac(changes.toMac.high, changes.toMac.low);
  if (to !== null) {
    const last = to.words[3];
    if (to.family === 6 && isMulticast6(to.words[0])) return joinMac(MULTICAST_MAC6_HIGH, last);
    if (to.family === 4 && isLimitedBroadcast4(last)) return 0xffff_ffff_ffff;
    if (to.family === 4 && isMulticast4(last)) return joinMac(MULTICAST_MAC4_HIGH, multicastMacLow4(last));
  }
  return joinMac(toMac.high, toMac.low);
}

/** Link header and tags before the packet, padding and FCS behind it. */
function finish(packet: Uint8Array, etherType: number, destination: number, envelope: Envelope): Uint8Array {
  const { changes } = envelope;
  const { vlan } = changes;
  const fromMac = changes.fromMac ?? envelope.fromMac;
  const header = ETHERNET_HEADER + vlan.length * VLAN_TAG;
  const frame = new Uint8Array(header + packet.length);
  const outer = vlan.length > 0 ? EtherType.vlan : etherType;
  let at = encodeEthernet({ destination, source: joinMac(fromMac.high, fromMac.low), etherType: outer }, frame, 0);
  vlan.forEach((id, i) => {
    at += encodeVlan({ id, etherType: i + 1 < vlan.length ? EtherType.vlan : etherType }, frame, at);
  });
  frame.set(packet, at);
  const left = changes.truncate === undefined ? frame : frame.slice(0, changes.truncate);
  return seal(left, changes, changes.nopad === true);
}

/** The FCS is that of the frame as it is sent: only `corrupt fcs` makes it wrong. */
function seal(frame: Uint8Array, { corrupt }: FrameChanges, nopad: boolean): Uint8Array {
  for (const corruption of corrupt) {
    if (corruption.what === 'byte' && corruption.offset < frame.length) frame[corruption.offset]! ^= 0xff;
  }
  const length = nopad ? frame.length : Math.max(frame.length, ETHERNET_MIN);
  const out = new Uint8Array(length + FCS_LENGTH);
  out.set(frame);
  const fcs = crc32(out, 0, length);
  encodeFcs(corrupt.some(({ what }) => what === 'fcs') ? ~fcs >>> 0 : fcs, out, length);
  return out;
}
