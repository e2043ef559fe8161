import { formatIp, formatMac, isInPrefix, macHigh, macLow, parseIp, parseMac } from '../../wire/address.ts';
import { type Token, Wrong } from '../text/tokens.ts';
import type { Address, Destination, Mac, Network, Origin, Target } from '../tree/values.ts';
import { type Kind, parseInteger, quoted, wordKind } from './kind.ts';

export const NAME_PATTERN = /^[A-Za-z_][\w.-]*$/;
const ADDRESS_LIKE = '10.0.0.1 or 2001:db8::1';

function parseAddress(text: string): Address | undefined {
  const found = parseIp(text);
  if (found === undefined) return undefined;
  return { family: found.family as 4 | 6, words: [found.w0, found.w1, found.w2, found.w3] };
}

/** `10.0.0.1`, `2001:db8::1`. */
export function writeAddress({ family, words }: Address): string {
  return formatIp(family, words[0], words[1], words[2], words[3]);
}

export const ADDRESS: Kind<Address> = wordKind<Address>({
  name: 'address',
  expected: `an address, such as ${ADDRESS_LIKE}`,
  parse(text, token) {
    const slash = text.indexOf('/');
    if (slash > 0 && parseIp(text.slice(0, slash)) !== undefined) {
      throw new Wrong(
        token.at,
        `${quoted(token)}: an address alone stands here, without its prefix length`,
        `did you mean \`${text.slice(0, slash)}\`?`,
      );
    }
    return parseAddress(text) ?? badNumbers(text, token);
  },
  write: writeAddress,
  schema: { type: 'string' },
});

/** Dotted decimal that is none says why. */
function badNumbers(text: string, token: Token): undefined {
  if (!/^\d{1,9}(\.\d{1,9}){3}$/.test(text)) return undefined;
  const large = text.split('.').find((part) => Number(part) > 255);
  const why = large === undefined ? 'leading zeros are not allowed' : `${large} is more than 255`;
  throw new Wrong(token.at, `${quoted(token)} is not an address: ${why}`);
}

function network(text: string, token: Token): Network | undefined {
  const [before, after, ...more] = text.split('/');
  const address = parseAddress(before!) ?? badNumbers(before!, token);
  if (address === undefined || more.length > 0) return undefined;
  if (after === undefined) return { ...address, prefix: -1 };
  const most = address.family === 4 ? 32 : 128;
  if (!/^\d{1,9}$/.test(after) || Number(after) > most) {
    throw new Wrong(token.at, `\`/${after}\` is not a prefix length: IPv${address.family} has 0 to ${most}`);
  }
  return { ...address, prefix: Number(after) };
}

/** `10.0.0.0/24`. */
export function writeNetwork(value: Network): string {
  return `${writeAddress(value)}/${value.prefix}`;
}

/** The address with all bits behind the prefix clear. */
export function networkOf(value: Network): Network {
  const words = value.words.map((word, i) => {
    const bits = Math.min(32, Math.max(0, value.prefix + (value.family === 4 ? 96 : 0) - 32 * i));
    return bits === 0 ? 0 : (word & (0xffff_ffff << (32 - bits))) >>> 0;
  });
  return { ...value, words: words as unknown as Network['words'] };
}

/** Network and address agree; the words of IPv4 count as the last 32 of 128 bits. */
export function isWithin(address: Address, of: Network): boolean {
  const bits = of.prefix + (of.family === 4 ? 96 : 0);
  const [a0, a1, a2, a3] = address.words;
  const [n0, n1, n2, n3] = of.words;
  return address.family === of.family && isInPrefix(a0, a1, a2, a3, n0, n1, n2, n3, bits);
}

/** An address of the host with the prefix length of its network. */
export const HOST_ADDRESS = wordKind<Network>({
  name: 'host_address',
  expected: 'an address with its prefix length, such as 10.0.0.1/24',
  parse(text, token) {
    const value = network(text, token);
    if (value === undefined) return undefined;
    if (value.prefix < 0) {
      const guess = `${text}/${value.family === 4 ? 24 : 64}`;
      throw new Wrong(
        token.at,
        `${quoted(token)} has no prefix length: which addresses are on its link?`,
        `did you mean \`${guess}\`?`,
      );
    }
    const bits = value.family === 4 ? 32 : 128;
    if (value.prefix < bits - 1 && networkOf(value).words.every((word, i) => word === value.words[i])) {
      const one = { ...value, words: [...value.words.slice(0, 3), (value.words[3] + 1) >>> 0] as unknown as Network['words'] };
      throw new Wrong(
        token.at,
        `${quoted(token)} is the network itself: the host's part is missing`,
        `such as \`${writeNetwork(one)}\``,
      );
    }
    return value;
  },
  write: writeNetwork,
  schema: { type: 'string' },
});

/** A network; an address alone is a network of one. */
function cidr(text: string, token: Token): Network | undefined {
  const value = network(text, token);
  if (value === undefined) return undefined;
  if (value.prefix < 0) return { ...value, prefix: value.family === 4 ? 32 : 128 };
  const whole = networkOf(value);
  if (whole.words.some((word, i) => word !== value.words[i])) {
    throw new Wrong(token.at, `${quoted(token)} has bits set behind its prefix`, `did you mean \`${writeNetwork(whole)}\`?`);
  }
  return value;
}

function writeCidr(value: Network): string {
  return value.prefix === (value.family === 4 ? 32 : 128) ? writeAddress(value) : writeNetwork(value);
}

export const CIDR = wordKind<Network>({
  name: 'cidr',
  expected: 'a network, such as 10.0.0.0/8',
  parse: cidr,
  write: writeCidr,
  schema: { type: 'string' },
});

/** Where a route leads: a network, or `default`. */
export const ROUTE_TO = wordKind<Network | 'default'>({
  name: 'route_to',
  expected: 'a network such as 10.1.0.0/16, or `default`',
  parse: (text, token) => (text.toLowerCase() === 'default' ? 'default' : cidr(text, token)),
  write: (value) => (value === 'default' ? value : writeCidr(value)),
  schema: { type: 'string' },
  words: ['default'],
});

export const MAC = wordKind<Mac>({
  name: 'mac',
  expected: 'a MAC address, such as 02:00:00:00:00:0a',
  parse(text, token) {
    const value = parseMac(text);
    if (value !== undefined) return { high: macHigh(value), low: macLow(value) };
    const lower = text.toLowerCase();
    if (lower === 'broadcast') return { high: 0xffff, low: 0xffff_ffff };
    const parts = text.split(/[:-]/);
    if (parts.length > 2 && parts.length !== 6 && parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) {
      throw new Wrong(token.at, `${quoted(token)} is not a MAC address: it has ${parts.length} bytes and not 6`);
    }
    return undefined;
  },
  write: ({ high, low }) => formatMac(high, low),
  schema: { type: 'string', pattern: '^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$' },
});

/** `80`, `10.0.0.1:80`, `[2001:db8::1]:80`: undefined where it is none of these. */
function target(text: string, token: Token, least: number): Target | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,9})$/.exec(text);
  if (match !== null) {
    const address = parseAddress(match[1] ?? match[2]!) ?? badNumbers(match[2] ?? '', token);
    return address === undefined ? undefined : { address, port: port(Number(match[3]), token, least) };
  }
  if (/^\d{1,9}$/.test(text)) return { port: port(Number(text), token, least) };
  const address = parseAddress(text) ?? badNumbers(text, token);
  return address === undefined ? undefined : { address };
}

function port(value: number, token: Token, least: number): number {
  if (value >= least && value <= 65535) return value;
  throw new Wrong(token.at, `port ${value} is out of range: ${least} to 65535`);
}

/** `alice`, `alice:5000`, `80`, `10.0.0.1:80`, `[2001:db8::1]:80`. */
export function writeTarget({ address, name, port: number }: Target): string {
  if (name !== undefined) return number === undefined ? name : `${name}:${number}`;
  if (address === undefined) return String(number);
  const text = writeAddress(address);
  if (number === undefined) return text;
  return address.family === 6 ? `[${text}]:${number}` : `${text}:${number}`;
}

/** Of a closed-loop client: a port, and an address before it where there are several. */
export const DESTINATION = wordKind<Destination>({
  name: 'destination',
  expected: 'a port, or an address and a port, such as 80, 10.0.0.1:80 or [2001:db8::1]:80',
  parse(text, token) {
    if (text.toLowerCase() === 'udp') throw new Wrong(token.at, 'UDP has no connections', 'a datagram: `alice udp 53 "data"`');
    const value = target(text, token, 1);
    if (value === undefined) return undefined;
    if (value.port === undefined)
      throw new Wrong(token.at, `${quoted(token)} has no port`, `did you mean \`${writeTarget({ ...value, port: 80 })}\`?`);
    return value as Destination;
  },
  write: writeTarget,
  schema: { type: ['string', 'integer'] },
});
DESTINATION.toJson = (value) => (value.address === undefined ? value.port : writeTarget(value));

const CLIENT_PORT = /^([A-Za-z_][\w.-]*)(?::(\d{1,9}))?$/;
const PROTOCOLS: ReadonlySet<string> = new Set(
  'tcp udp icmp icmp4 icmpv6 icmp6 arp nd ndp ip ipv6 ether ethertype eth'.split(' '),
);

/** Of a wire line. */
const SPELLED_TARGET = wordKind<Target>({
  name: 'target',
  expected: 'a port or an address, such as 80, 10.0.0.1:80 or 10.0.0.1; or a client: alice, alice:5000',
  parse(text, token) {
    const found = target(text, token, 0);
    const [, name, digits] = CLIENT_PORT.exec(text) ?? [];
    if (found !== undefined || name === undefined) return found;
    return digits === undefined ? { name } : { name, port: port(Number(digits), token, 0) };
  },
  write: writeTarget,
  schema: { type: ['string', 'integer'] },
});

export const TARGET: Kind<Target> = {
  ...SPELLED_TARGET,
  // a client's name alone could be the protocol, or a flag: one has the protocol behind it
  starts(token, cursor) {
    if (!SPELLED_TARGET.starts(token, cursor)) return false;
    return !NAME_PATTERN.test(token.text) || (!PROTOCOLS.has(token.text.toLowerCase()) && PROTOCOLS.has(cursor.word(1)));
  },
};
TARGET.toJson = (value) =>
  value.address === undefined && value.name === undefined && value.port !== undefined ? value.port : writeTarget(value);

/** `bob:5000`, `a`. */
export const ORIGIN = wordKind<Origin>({
  name: 'origin',
  expected: 'a client, and a port if you like, such as bob:5000; or a connection',
  parse(text, token) {
    const [name, digits, ...more] = text.split(':');
    if (!NAME_PATTERN.test(name!) || more.length > 0) return undefined;
    if (digits === undefined) return { name: name! };
    const value = parseInteger(digits);
    if (value === undefined) throw new Wrong(token.at, `\`${digits}\` is not a port`);
    return { name: name!, port: port(value, token, 0) };
  },
  write: (value) => (value.port === undefined ? value.name : `${value.name}:${value.port}`),
  schema: { type: 'string' },
});
