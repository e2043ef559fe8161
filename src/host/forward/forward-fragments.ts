import { putU16, u16 } from '../../wire/bytes.ts';
import { IPV4_HEADER, ipv4HeaderChecksum } from '../../wire/ipv4.ts';
import { dropUncopied } from '../../wire/ipv4-options.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { encodeFragment, FRAGMENT_HEADER } from '../../wire/ipv6-extensions.ts';
import type { Packet } from '../packet.ts';

const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;
const NEXT_FRAGMENT = 44;

/**
 * Cuts an IPv4 packet of `length` bytes into fragments of at most `mtu` (RFC 791 §3.2, RFC 1812 §5.3.7). `starts`: where the fragments
 * began that it was made of, and that it is cut into again if each of them fits; null: it was none. Null: it goes out whole.
 */
export function cutIpv4(bytes: Uint8Array, length: number, mtu: number, starts: readonly number[] | null): Uint8Array[] | null {
  const headerLength = (bytes[0]! & 0xf) << 2;
  const dataLength = length - headerLength;
  const edges = starts === null ? null : formerEdges(starts, dataLength, mtu - headerLength);
  if (edges === null && length <= mtu) return null;
  const room = (mtu - headerLength) & ~7;
  if (edges === null && room <= 0) return null;
  const parts: Uint8Array[] = [];
  let next = 0;
  for (let at = 0, index = 0; at < dataLength; at = next, index++) {
    next = edges === null ? Math.min(at + room, dataLength) : (edges[index + 1] ?? dataLength);
    parts.push(part(bytes, headerLength, at, next, next < dataLength));
  }
  return parts;
}

/** Bytes of the largest fragment that an IPv6 datagram was made of. */
export function largestFragment6(packet: Packet): number {
  const { fragmentHeaderAt: head, networkStart, networkEnd } = packet;
  const edges = [...packet.fragmentStarts].sort((a, b) => a - b);
  const end = networkEnd - networkStart - head;
  return Math.max(...edges.map((edge, index) => head + FRAGMENT_HEADER + (edges[index + 1] ?? end) - edge));
}

/**
 * Cuts an IPv6 datagram into the fragments that it was made of (RFC 8200 §4.5), with an identification of this host's; `bytes` holds it
 * from its first byte.
 */
export function cutIpv6(bytes: Uint8Array, packet: Packet, fragmentId: number): Uint8Array[] {
  const { fragmentHeaderAt: head, fragmentNamedAt, networkEnd } = packet;
  const edges = [...packet.fragmentStarts].sort((a, b) => a - b);
  return edges.map((fragmentOffset, index) => {
    const next = edges[index + 1] ?? networkEnd - head;
    const out = new Uint8Array(head + FRAGMENT_HEADER + next - fragmentOffset);
    out.set(bytes.subarray(0, head));
    out[fragmentNamedAt] = NEXT_FRAGMENT;
    putU16(out, 4, out.length - IPV6_HEADER);
    const fields = { nextHeader: bytes[fragmentNamedAt]!, fragmentOffset, moreFragments: index + 1 < edges.length, fragmentId };
    encodeFragment(fields, out, head);
    out.set(bytes.subarray(head + fragmentOffset, head + next), head + FRAGMENT_HEADER);
    return out;
  });
}

/** The former fragments in order; null where one of them does not fit. */
function formerEdges(starts: readonly number[], dataLength: number, room: number): number[] | null {
  const edges = [...starts].sort((a, b) => a - b);
  const fits = edges.every((edge, index) => (edges[index + 1] ?? dataLength) - edge <= room);
  return fits ? edges : null;
}

function part(bytes: Uint8Array, headerLength: number, from: number, to: number, more: boolean): Uint8Array {
  const out = new Uint8Array(headerLength + to - from);
  out.set(bytes.subarray(0, headerLength));
  out.set(bytes.subarray(headerLength + from, headerLength + to), headerLength);
  if (from > 0) dropUncopied(out, IPV4_HEADER, headerLength);
  const word = u16(bytes, 6);
  const isMore = more || (word & MORE_FRAGMENTS) !== 0;
  putU16(out, 2, out.length);
  putU16(out, 6, (isMore ? MORE_FRAGMENTS : 0) | ((word & OFFSET) + (from >> 3)));
  putU16(out, 10, ipv4HeaderChecksum(out, 0, headerLength));
  return out;
}
