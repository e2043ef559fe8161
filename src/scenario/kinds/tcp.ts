import { nearest } from '../../trace/nearest.ts';
import { didYouMean } from '../text/problems.ts';
import { type Token, Wrong } from '../text/tokens.ts';
import type { FlagMatch, SackRange, SequenceNumber } from '../tree/values.ts';
import { type Kind, quoted, wordKind } from './kind.ts';

/** In the order in which they are written. */
const FLAGS: readonly (readonly [name: string, bit: number])[] = [
  ['SYN', 2],
  ['FIN', 1],
  ['RST', 4],
  ['PSH', 8],
  ['ACK', 16],
  ['URG', 32],
  ['ECE', 64],
  ['CWR', 128],
];
const NAMES = FLAGS.map(([name]) => name);

/** Bits of `SYN,ACK`; `none` is 0; undefined where a word is no flag. */
function parseFlags(text: string): number | undefined {
  if (/^(none|null)$/i.test(text)) return 0;
  if (/^(xmas)$/i.test(text)) return 1 | 8 | 32;
  let bits = 0;
  for (const part of text.split(/[,|+]/)) {
    const bit = FLAGS.find(([name]) => name === part.toUpperCase())?.[1];
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

/** TCP flag bits as a script has them: `SYN,ACK`, `none`. */
export function writeFlags(bits: number): string {
  return bits === 0
    ? 'none'
    : FLAGS.filter(([, bit]) => (bits & bit) !== 0)
        .map(([name]) => name)
        .join(',');
}

/** A word in a list of flags that is none, or undefined if it is no such list at all. */
function wrongFlag(text: string): string | undefined {
  const parts = text.split(/[,|+]/);
  if (parts.length < 2 || !parts.some((part) => parseFlags(part) !== undefined)) return undefined;
  return parts.find((part) => parseFlags(part) === undefined);
}

function flagsKind(name: string, expected: string, words: readonly string[]): Kind<number> {
  return wordKind<number>({ name, expected, parse: parseList, write: writeFlags, schema: { type: 'string' }, words });
}

function parseList(written: string, token: Token): number | undefined {
  // SYN/ACK and SYN-ACK are what people say
  const text = written.replace(/[/-]/g, ',');
  const wrong = wrongFlag(text);
  if (wrong !== undefined) {
    throw new Wrong(
      token.at,
      `in ${quoted(token)}, \`${wrong}\` is no TCP flag`,
      didYouMean(nearest(wrong, NAMES, 2)) ?? `flags are ${NAMES.join(' ')}`,
    );
  }
  return parseFlags(text);
}

export const TCP_FLAGS = flagsKind('tcp_flags', 'TCP flags, such as SYN or RST,ACK', NAMES);

/** What is replied: other protocols than TCP have their own words. */
export const REPLY_FLAGS = flagsKind('reply_flags', 'TCP flags, such as SYN,ACK; or icmp, icmpv6, udp, arp or nd', [
  ...NAMES,
  'icmp',
  'icmpv6',
  'udp',
  'arp',
  'nd',
]);

/** SYN, FIN, RST and ACK: what `flags SYN` looks at. */
const USUAL = 1 | 2 | 4 | 16;

/** `SYN`, `SYN/SYN,ACK`. */
export const FLAG_MATCH = wordKind<FlagMatch>({
  name: 'flag_match',
  expected: 'TCP flags, such as SYN, or with a mask, such as SYN/SYN,ACK',
  parse(text) {
    const [value, mask, ...more] = text.split('/').map(parseFlags);
    if (value === undefined || more.length > 0 || (text.includes('/') && mask === undefined)) return undefined;
    return { mask: mask ?? USUAL | value, value };
  },
  write: ({ mask, value }) => (mask === (USUAL | value) ? writeFlags(value) : `${writeFlags(value)}/${writeFlags(mask)}`),
  schema: { type: 'string' },
  words: NAMES,
});

const LIMIT = 4_294_967_295;

/** `1000`, `+0`, `-1`. */
export const SEQUENCE = wordKind<SequenceNumber>({
  name: 'sequence_number',
  expected: 'a sequence number, such as 1000, or one relative to the connection, such as +0',
  parse(text, token) {
    const match = /^([+-]?)(\d{1,10}|0x[0-9a-f]{1,8})$/i.exec(text);
    if (match === null) return undefined;
    const value = Number(match[2]);
    if (value > LIMIT) throw new Wrong(token.at, `${quoted(token)} is out of range: sequence numbers have 32 bits`);
    return { relative: match[1] !== '', value: match[1] === '-' ? -value : value };
  },
  write: writeSequence,
  schema: { type: ['string', 'integer'], pattern: '^[+-]?[0-9]+$', minimum: 0, maximum: LIMIT },
});
SEQUENCE.toJson = (value) => (value.relative ? writeSequence(value) : value.value);

function writeSequence({ relative, value }: SequenceNumber): string {
  if (!relative) return String(value);
  return Object.is(value, -0) || value >= 0 ? `+${Math.abs(value)}` : String(value);
}

/** `100-200`, `+100-200`. */
export const SACK = wordKind<SackRange>({
  name: 'sack_range',
  expected: 'a range of sequence numbers, such as 100-200 or +100-200',
  parse(text) {
    const match = /^(\+?)(\d{1,10})-\+?(\d{1,10})$/.exec(text);
    if (match === null || Number(match[2]) > LIMIT || Number(match[3]) > LIMIT) return undefined;
    return { relative: match[1] !== '', left: Number(match[2]), right: Number(match[3]) };
  },
  write: ({ relative, left, right }) => `${relative ? '+' : ''}${left}-${right}`,
  schema: { type: 'string', pattern: '^\\+?[0-9]+-[0-9]+$' },
});
