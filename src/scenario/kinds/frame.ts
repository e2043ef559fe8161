import { nearest } from '../../trace/nearest.ts';
import { LinkType } from '../../wire/link.ts';
import { didYouMean, listed } from '../text/problems.ts';
import { Wrong } from '../text/tokens.ts';
import type { Corruption, Fragmentation } from '../tree/wire.ts';
import { integer, type Kind, oneOf, parseInteger, quoted, wordKind } from './kind.ts';

const SPOTS = ['fcs', 'ip_checksum', 'tcp_checksum', 'udp_checksum', 'icmp_checksum', 'checksum'] as const;
const SPOT = oneOf('corrupted', SPOTS, {
  ip_csum: 'ip_checksum',
  tcp_csum: 'tcp_checksum',
  udp_csum: 'udp_checksum',
  icmp_csum: 'icmp_checksum',
  csum: 'checksum',
  crc: 'fcs',
});
const OFFSET = integer('byte_offset', 'the offset of a byte in the frame', 0, 262_143);

/** `fcs`, `ip_checksum` …, `byte N`. */
export const CORRUPTION: Kind<Corruption> = {
  name: 'corruption',
  expected: listed([...SPOTS.map((spot) => `\`${spot}\``), '`byte N`']),
  schema: { type: 'string', pattern: `^(${SPOTS.join('|')}|byte [0-9]+)$` },
  read(cursor) {
    if (cursor.take(['byte'])) return { what: 'byte', offset: OFFSET.read(cursor) };
    const token = cursor.peek();
    if (token !== undefined && !SPOT.starts(token, cursor)) {
      const near = didYouMean(nearest(token.text, [...SPOTS, 'byte'], 2));
      throw new Wrong(token.at, `${quoted(token)} cannot be corrupted: expected ${CORRUPTION.expected}`, near);
    }
    return { what: SPOT.read(cursor) };
  },
  write: (value) => (value.what === 'byte' ? `byte ${value.offset}` : value.what),
  starts: (token, cursor) => cursor.word() === 'byte' || SPOT.starts(token, cursor),
};

const FRAGMENT_SIZE = integer('fragment_size', 'bytes of data in each fragment', 1, 65_535);
const INDEX = integer('fragment_number', 'the number of a fragment', 1, 8192);

/** `24 reverse lose 2`. */
export const FRAGMENTATION: Kind<Fragmentation> = {
  name: 'fragmentation',
  expected: 'the size of the fragments, and reverse, shuffle, overlap, lose N or dup N',
  inside: ['reverse', 'shuffle', 'overlap', 'lose', 'dup'],
  schema: { type: 'string', pattern: '^[0-9]+( (reverse|shuffle|overlap|lose [0-9]+|dup [0-9]+))*$' },
  read(cursor) {
    const at = cursor.peek()?.at;
    const size = FRAGMENT_SIZE.read(cursor);
    if (size % 8 !== 0) {
      const near = `did you mean \`${Math.max(8, Math.round(size / 8) * 8)}\`?`;
      throw new Wrong(at!, `fragments of ${size} bytes cannot be: offsets count in eights (RFC 791 §3.1)`, near);
    }
    let order: Fragmentation['order'];
    let overlap = false;
    const lose: number[] = [];
    const dup: number[] = [];
    for (;;) {
      const word = cursor.word();
      const next = cursor.peek(1);
      const numbered = next !== undefined && INDEX.starts(next, cursor);
      if (word === 'reverse' || word === 'shuffle') {
        if (order !== undefined && order !== word)
          throw new Wrong(cursor.peek()!.at, `the fragments cannot be in two orders: \`${order}\` and \`${word}\``);
        order = word;
      } else if (word === 'overlap') overlap = true;
      else if (numbered && (word === 'lose' || word === 'dup')) {
        cursor.index++;
        (word === 'lose' ? lose : dup).push(INDEX.read(cursor));
        continue;
      } else break;
      cursor.index++;
    }
    return { size, ...(order === undefined ? {} : { order }), ...(overlap ? { overlap } : {}), lose, dup };
  },
  write({ size, order, overlap, lose, dup }) {
    const words = [String(size)];
    if (order !== undefined) words.push(order);
    if (overlap === true) words.push('overlap');
    for (const index of lose) words.push(`lose ${index}`);
    for (const index of dup) words.push(`dup ${index}`);
    return words.join(' ');
  },
  starts: (token, cursor) => FRAGMENT_SIZE.starts(token, cursor),
};

const LINKS = {
  ethernet: LinkType.ethernet,
  raw: LinkType.raw,
  null: LinkType.null,
  loop: LinkType.loop,
  sll: LinkType.sll,
  sll2: LinkType.sll2,
} as const;

/** What a capture has instead of the Ethernet header; any other LINKTYPE_ number names it and changes nothing. */
export const LINK_TYPE = wordKind<number>({
  name: 'link_type',
  expected: `a link type (${Object.keys(LINKS).join(', ')}, or a LINKTYPE_ number)`,
  parse(text) {
    const known = (LINKS as Readonly<Record<string, number>>)[text.toLowerCase()];
    if (known !== undefined) return known;
    const value = parseInteger(text);
    return value === undefined || value < 0 || value > 0xffff ? undefined : value;
  },
  write: (value) => Object.entries(LINKS).find(([, number]) => number === value)?.[0] ?? String(value),
  schema: { type: ['string', 'integer'] },
  words: Object.keys(LINKS),
});
