import { nearest } from '../../trace/nearest.ts';
import { didYouMean } from '../text/problems.ts';
import { type Cursor, type Token, Wrong } from '../text/tokens.ts';
import type { IcmpCode } from '../tree/values.ts';
import { integer, type Kind, parseInteger, quoted, wordKind } from './kind.ts';

type Names = Readonly<Record<string, readonly [type: number, code?: number]>>;

/** Types, and types with their code. The first name of a pair is the one that is written. */
const NAMES4: Names = {
  echo_reply: [0],
  unreachable: [3],
  net_unreachable: [3, 0],
  host_unreachable: [3, 1],
  proto_unreachable: [3, 2],
  port_unreachable: [3, 3],
  fragmentation_needed: [3, 4],
  source_route_failed: [3, 5],
  net_prohibited: [3, 9],
  host_prohibited: [3, 10],
  admin_prohibited: [3, 13],
  source_quench: [4],
  redirect: [5],
  redirect_host: [5, 1],
  echo: [8],
  router_advertisement: [9],
  router_solicitation: [10],
  time_exceeded: [11],
  ttl_exceeded: [11, 0],
  reassembly_time_exceeded: [11, 1],
  parameter_problem: [12],
  timestamp: [13],
  timestamp_reply: [14],
  address_mask: [17],
  address_mask_reply: [18],
};
const NAMES6: Names = {
  unreachable: [1],
  no_route: [1, 0],
  admin_prohibited: [1, 1],
  host_unreachable: [1, 3],
  port_unreachable: [1, 4],
  packet_too_big: [2],
  time_exceeded: [3],
  ttl_exceeded: [3, 0],
  reassembly_time_exceeded: [3, 1],
  parameter_problem: [4],
  unknown_next_header: [4, 1],
  unknown_option: [4, 2],
  echo: [128],
  echo_reply: [129],
  listener_query: [130],
  listener_report: [131],
  router_solicitation: [133],
  router_advertisement: [134],
  neighbour_solicitation: [135],
  neighbour_advertisement: [136],
  redirect: [137],
};
const ALIASES: Readonly<Record<string, string>> = {
  ping: 'echo',
  pong: 'echo_reply',
  echo_request: 'echo',
  destination_unreachable: 'unreachable',
  dest_unreach: 'unreachable',
  frag_needed: 'fragmentation_needed',
  network_unreachable: 'net_unreachable',
  protocol_unreachable: 'proto_unreachable',
  prot_unreachable: 'proto_unreachable',
  addr_unreachable: 'host_unreachable',
  too_big: 'packet_too_big',
  hop_limit_exceeded: 'ttl_exceeded',
  neighbor_solicitation: 'neighbour_solicitation',
  neighbor_advertisement: 'neighbour_advertisement',
};
const BYTE = integer('icmp_code', 'an ICMP code', 0, 255);

/** A type by name or number, and a code by number: `echo`, `port_unreachable`, `3 3`, `unreachable 13`. */
function icmpKind(name: string, names: Names, label: string): Kind<IcmpCode> {
  const expected = `an ${label} type, such as echo, port_unreachable or 3 1`;
  const kind: Kind<IcmpCode> = {
    name,
    expected,
    schema: { type: 'string' },
    read(cursor) {
      const token = cursor.next(expected);
      const [type, code] = typeOf(token, names, label, expected);
      if (code !== undefined) return { type, code };
      const next = cursor.peek();
      return next !== undefined && BYTE.starts(next, cursor) ? { type, code: BYTE.read(cursor) } : { type };
    },
    write({ type, code }) {
      const whole = Object.keys(names).find((each) => names[each]![0] === type && names[each]![1] === code);
      if (whole !== undefined) return whole;
      const bare = Object.keys(names).find((each) => names[each]![0] === type && names[each]!.length === 1) ?? String(type);
      return code === undefined ? bare : `${bare} ${code}`;
    },
    starts: (token: Token, cursor: Cursor) =>
      token.type === 'word' && (lookUp(token.text, names) !== undefined || BYTE.starts(token, cursor)),
  };
  return kind;
}

function lookUp(text: string, names: Names): readonly [number, number?] | undefined {
  const lower = text.toLowerCase().replaceAll('-', '_');
  const key = Object.hasOwn(names, lower) ? lower : Object.hasOwn(ALIASES, lower) ? ALIASES[lower]! : '';
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

function typeOf(token: Token, names: Names, label: string, expected: string): readonly [number, number?] {
  const found = token.type === 'word' ? lookUp(token.text, names) : undefined;
  if (found !== undefined) return found;
  const number = token.type === 'word' ? parseInteger(token.text) : undefined;
  if (number === undefined) {
    const near = nearest(token.text.replaceAll('-', '_'), [...Object.keys(names), ...Object.keys(ALIASES)], 3);
    throw new Wrong(token.at, `${quoted(token)} is not ${expected}`, didYouMean(near));
  }
  if (number < 0 || number > 255) throw new Wrong(token.at, `${quoted(token)} is out of range: an ${label} type is 0 to 255`);
  return [number];
}

export const ICMP4 = icmpKind('icmp_type', NAMES4, 'ICMP');
export const ICMP6 = icmpKind('icmpv6_type', NAMES6, 'ICMPv6');

const OPERATIONS: ReadonlyMap<string, number> = new Map([
  ['request', 1],
  ['reply', 2],
  ['who-has', 1],
  ['is-at', 2],
]);

export const ARP_OPERATION = wordKind<number>({
  name: 'arp_operation',
  expected: '`request`, `reply`, or the number of an ARP operation',
  parse(text) {
    const number = OPERATIONS.get(text.toLowerCase()) ?? parseInteger(text);
    return number !== undefined && number >= 0 && number <= 65535 ? number : undefined;
  },
  write: (value) => [...OPERATIONS].find(([, number]) => number === value)?.[0] ?? String(value),
  schema: { type: 'string' },
  words: ['request', 'reply'],
});
