import { IpProtocol } from '../../wire/ip-protocol.ts';
import { Wrong } from '../text/tokens.ts';
import type { Bounds, PortRange, Rate } from '../tree/values.ts';
import { integer, type Kind, parseInteger, quoted, wordKind } from './kind.ts';

export const PORT = integer('port', 'a port', 1, 65535);
export const U4 = integer('u4', 'a number of 4 bits', 0, 15);
export const U8 = integer('u8', 'a number of 8 bits', 0, 255);
export const U16 = integer('u16', 'a number of 16 bits', 0, 65535);
export const U32 = integer('u32', 'a number of 32 bits', 0, 4294967295);
export const VLAN_ID = integer('vlan_id', 'a VLAN id', 0, 4095);
export const COUNT = integer('count', 'a number', 0, 1_000_000_000);
export const POSITIVE = integer('positive', 'a number', 1, 1_000_000_000);
export const STATUS = integer('status', 'an HTTP status', 100, 599);
export const INTEGER = integer('integer', 'a number', -2_147_483_648, 4_294_967_295);
/** Of a setting of the kernel: those of the host are numbers. */
export const SETTING: Kind<number> = {
  ...INTEGER,
  read(cursor) {
    const token = cursor.peek();
    if (token !== undefined && !INTEGER.starts(token, cursor))
      throw new Wrong(token.at, `${quoted(token)} is not a number`, 'settings whose values are words are not part of the host');
    return INTEGER.read(cursor);
  },
};
export const ETHER_TYPE = integer('ether_type', 'an EtherType', 0, 65535, 4);

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1_048_576, g: 1_073_741_824 };

/** `1500`, `64k`, `1M`: powers of 1024. */
export const SIZE = wordKind<number>({
  name: 'size',
  expected: 'a size in bytes, such as 1500 or 64k',
  parse(text) {
    const match = /^(\d{1,12})([kmg]?)(?:i?b)?$/i.exec(text);
    if (match === null) return undefined;
    const value = Number(match[1]) * FACTORS[match[2]!.toLowerCase()]!;
    return value > 1_073_741_824 ? undefined : value;
  },
  write: String,
  schema: { type: 'integer', minimum: 0, maximum: 1_073_741_824 },
});

/** `5%` and `0.05` are the same; written as a percentage. */
export const PROBABILITY = wordKind<number>({
  name: 'probability',
  expected: 'a probability, such as 5% or 0.05',
  parse(text, token) {
    const match = /^(\d{1,9}(?:\.\d{1,12})?)(%?)$/.exec(text);
    if (match === null) return undefined;
    const value = match[2] === '%' ? percent(Number(match[1])) : Number(match[1]);
    if (value > 1) {
      const hint = value <= 100 && match[2] === '' ? `did you mean \`${text}%\`?` : 'a probability is at most 100%, or 1';
      throw new Wrong(token.at, `${quoted(token)} is more than always`, hint);
    }
    return value;
  },
  write: (value) => `${Number((value * 100).toPrecision(12))}%`,
  schema: { type: 'string', pattern: '^[0-9.]+%?$' },
});

function percent(value: number): number {
  return Number((value / 100).toPrecision(12));
}

export const DECIMAL = wordKind<number>({
  name: 'decimal',
  expected: 'a number, such as 0.2',
  parse: (text) => (/^\d{1,9}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined),
  write: String,
  schema: { type: 'number', minimum: 0 },
});

/** `6`, `>=6`, `2..5`. */
export const BOUNDS = wordKind<Bounds>({
  name: 'bounds',
  expected: 'a number, or bounds such as 2..5 or >=2',
  parse(text, token) {
    const match = /^(>=|<=|>|<|=|==)?(\d{1,12})(?:(\.\.)(\d{1,12})?)?$/.exec(text);
    if (match === null || (match[1] !== undefined && match[3] !== undefined)) return undefined;
    const [, sign = '=', digits, range, last] = match;
    const value = Number(digits);
    if (range !== undefined) {
      if (last !== undefined && Number(last) < value) throw new Wrong(token.at, `${quoted(token)} ends before it begins`);
      return last === undefined ? { min: value } : { min: value, max: Number(last) };
    }
    if (sign === '>') return { min: value + 1 };
    if (sign === '>=') return { min: value };
    if (sign === '<' && value === 0) throw new Wrong(token.at, 'nothing is less than 0');
    if (sign.startsWith('<')) return { min: 0, max: sign === '<' ? value - 1 : value };
    return { min: value, max: value };
  },
  write({ min, max }) {
    if (max === undefined) return `>=${min}`;
    return min === max ? String(min) : `${min}..${max}`;
  },
  schema: { type: ['string', 'integer'], pattern: '^[0-9<>=.]+$', minimum: 0 },
});
BOUNDS.toJson = (value) => (value.max === value.min ? value.min : BOUNDS.write(value));

const PERIODS: readonly (readonly [name: string, ns: number, pattern: RegExp])[] = [
  ['second', 1e9, /^s(ec(ond)?)?$/],
  ['minute', 60e9, /^m(in(ute)?)?$/],
  ['hour', 3600e9, /^h(our)?$/],
  ['day', 86400e9, /^d(ay)?$/],
];

export const RATE = wordKind<Rate>({
  name: 'rate',
  expected: 'a rate, such as 10/second',
  parse(text) {
    const match = /^(\d{1,9})\/([a-z]+)$/i.exec(text);
    const period = PERIODS.find(([, , pattern]) => match !== null && pattern.test(match[2]!.toLowerCase()));
    return period === undefined || Number(match![1]) === 0 ? undefined : { count: Number(match![1]), per: period[1] };
  },
  write: ({ count, per }) => `${count}/${PERIODS.find(([, ns]) => ns === per)![0]}`,
  schema: { type: 'string', pattern: '^[0-9]+/(second|minute|hour|day)$' },
});

/** `80`, `8000-8100`, several with commas. */
export const PORTS = wordKind<readonly PortRange[]>({
  name: 'ports',
  expected: 'a port, a range such as 8000-8100, or several with commas',
  parse(text, token) {
    const ranges: PortRange[] = [];
    for (const part of text.split(',')) {
      const match = /^(\d{1,9})(?:[-:](\d{1,9}))?$/.exec(part);
      if (match === null) return undefined;
      const first = Number(match[1]);
      const last = match[2] === undefined ? first : Number(match[2]);
      if (Math.max(first, last) > 65535) throw new Wrong(token.at, `${quoted(token)} is out of range: a port is 0 to 65535`);
      if (last < first)
        throw new Wrong(token.at, `the range ${quoted(token)} ends before it begins`, `did you mean \`${last}-${first}\`?`);
      ranges.push({ first, last });
    }
    return ranges;
  },
  write: (ranges) => ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(','),
  schema: { type: 'string', pattern: '^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$' },
});

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', IpProtocol.icmp],
  ['igmp', IpProtocol.igmp],
  ['ipip', IpProtocol.ipv4],
  ['tcp', IpProtocol.tcp],
  ['udp', IpProtocol.udp],
  ['gre', IpProtocol.gre],
  ['esp', IpProtocol.esp],
  ['ah', IpProtocol.authentication],
  ['icmpv6', IpProtocol.icmpv6],
  ['ospf', 89],
  ['sctp', IpProtocol.sctp],
  ['udplite', IpProtocol.udpLite],
  ['icmp6', IpProtocol.icmpv6],
  ['ipv6-icmp', IpProtocol.icmpv6],
]);
const PROTOCOL_NAMES = [...PROTOCOLS.keys()];

/** A name or a number. */
export const IP_PROTOCOL = wordKind<number>({
  name: 'ip_protocol',
  expected: 'an IP protocol, such as tcp, udp, icmp, gre or 47',
  parse(text, token) {
    const value = PROTOCOLS.get(text.toLowerCase()) ?? parseInteger(text);
    if (value !== undefined && (value < 0 || value > 255)) {
      throw new Wrong(token.at, `${quoted(token)} is out of range: an IP protocol is 0 to 255`);
    }
    return value;
  },
  write: (value) => PROTOCOL_NAMES.find((name) => PROTOCOLS.get(name) === value) ?? String(value),
  schema: { type: 'string' },
  words: PROTOCOL_NAMES,
});
