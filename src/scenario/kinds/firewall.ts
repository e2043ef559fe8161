import type { ConnectionState, RejectCode } from '../../host/config.ts';
import { nearest } from '../../trace/nearest.ts';
import { didYouMean, listed } from '../text/problems.ts';
import { type Cursor, Wrong } from '../text/tokens.ts';
import { type Kind, oneOf, quoted, wordKind } from './kind.ts';

const CODES: readonly RejectCode[] = [
  'net-unreachable',
  'host-unreachable',
  'prot-unreachable',
  'port-unreachable',
  'net-prohibited',
  'host-prohibited',
  'admin-prohibited',
  'no-route',
  'addr-unreachable',
  'policy-fail',
  'reject-route',
];
const CODE_ALIASES: ReadonlyMap<string, RejectCode> = new Map([
  ['0', 'net-unreachable'],
  ['1', 'host-unreachable'],
  ['2', 'prot-unreachable'],
  ['3', 'port-unreachable'],
  ['9', 'net-prohibited'],
  ['10', 'host-prohibited'],
  ['13', 'admin-prohibited'],
  ['proto-unreachable', 'prot-unreachable'],
  ['protocol-unreachable', 'prot-unreachable'],
  ['network-unreachable', 'net-unreachable'],
]);
const EXPECTED = '`tcp_reset`, or `icmp` and a code';

/** `tcp_reset`, `icmp port-unreachable`, `icmp 13`. */
export const REJECT_WITH: Kind<'tcp_reset' | RejectCode> = {
  name: 'reject_with',
  expected: EXPECTED,
  schema: { enum: ['tcp_reset', ...CODES.map((code) => `icmp ${code}`)] },
  read(cursor: Cursor) {
    const token = cursor.next(EXPECTED);
    const text = plain(token.text);
    if (/^(tcp-)?(reset|rst)$/.test(text)) return 'tcp_reset';
    if (!/^icmp(v6|x)?$/.test(text)) {
      const code = codeOf(text);
      if (code !== undefined) return code;
      throw new Wrong(token.at, `${quoted(token)} is not ${EXPECTED}`, didYouMean(nearest(token.text, ['tcp_reset', 'icmp'], 1)));
    }
    if (cursor.word() === 'type') cursor.index++;
    const next = cursor.next(`an ICMP code (${CODES.join(', ')})`);
    const code = codeOf(plain(next.text));
    if (code !== undefined) return code;
    throw new Wrong(
      next.at,
      `${quoted(next)} is not an ICMP code that a firewall answers with`,
      didYouMean(nearest(next.text, CODES, 2)) ?? `there are ${listed(CODES, 'and')}`,
    );
  },
  write: (value) => (value === 'tcp_reset' ? value : `icmp ${value}`),
  starts: () => true,
};

function plain(text: string): string {
  return text.toLowerCase().replaceAll('_', '-');
}

function codeOf(text: string): RejectCode | undefined {
  return CODES.find((code) => code === text) ?? CODE_ALIASES.get(text);
}

const STATES: readonly ConnectionState[] = ['new', 'established', 'related', 'invalid', 'untracked'];

/** `established,related`. */
export const FIREWALL_STATES = wordKind<readonly ConnectionState[]>({
  name: 'connection_states',
  expected: `states of a connection (${STATES.join(', ')}), with commas`,
  parse(text) {
    const words = text.toLowerCase().split(',') as ConnectionState[];
    return words.every((word) => STATES.includes(word)) ? words : undefined;
  },
  write: (states) => states.join(','),
  schema: { type: 'string' },
  words: STATES,
});

const FAMILY = oneOf('ip_family', ['ipv4', 'ipv6'], { ip: 'ipv4', ip6: 'ipv6', inet: 'ipv4', inet6: 'ipv6' });

export const FIREWALL_FAMILY: Kind<4 | 6> = {
  name: 'family',
  expected: FAMILY.expected,
  schema: FAMILY.schema,
  read: (cursor) => (FAMILY.read(cursor) === 'ipv4' ? 4 : 6),
  write: (value) => `ipv${value}`,
  starts: FAMILY.starts,
};
