import type { ConnectionState, FirewallRule, HostAddress, PortRange, RejectCode } from '../src/host/config.ts';
import { parseIp } from '../src/wire/address.ts';
import { TcpFlag } from '../src/wire/tcp.ts';

type Hook = NonNullable<FirewallRule['hook']>;
/** A rule while it is read. */
type Draft = { -readonly [K in keyof FirewallRule]?: FirewallRule[K] };

const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  icmpv6: 58,
  'ipv6-icmp': 58,
  sctp: 132,
};

const ICMP_TYPES: Readonly<Record<string, number>> = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  redirect: 5,
  'echo-request': 8,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'address-mask-request': 17,
};

const ICMPV6_TYPES: Readonly<Record<string, number>> = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
};

const SERVICES: Readonly<Record<string, number>> = {
  echo: 7,
  discard: 9,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  ntp: 123,
  https: 443,
};

const UNITS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86400, week: 604800 };

/** The only interface that frames come by. */
const CARD = 'tap0';

/** netfilter's defragmentation stands at this priority of prerouting: chains before it see fragments. */
const DEFRAG_PRIORITY = -400;

/** The rules of an nftables file, as far as recorded scenarios use its language; a chain's policy is a last rule. */
export function parseNft(text: string): FirewallRule[] {
  const rules: FirewallRule[] = [];
  const policies: FirewallRule[] = [];
  let family: 4 | 6 | undefined;
  let hook: Hook = 'input';
  for (const line of statements(text)) {
    const table = /^table (\w+) /.exec(line);
    const chain = /^type \w+ hook (\w+) priority (\S+)$/.exec(line);
    const policy = /^policy (\w+)$/.exec(line);
    if (table !== null) family = table[1] === 'ip' ? 4 : table[1] === 'ip6' ? 6 : undefined;
    else if (chain !== null) {
      hook = chain[1] === 'prerouting' && priority(chain[2]!) < DEFRAG_PRIORITY ? 'raw' : (chain[1] as Hook);
    } else if (policy !== null) {
      if (policy[1] === 'drop') policies.push({ action: 'drop', hook, ...(family ? { family } : {}), text: 'policy drop' });
    } else if (!line.startsWith('chain ')) rules.push(...parseRule(line, hook, family));
  }
  return [...rules, ...policies];
}

/** Lines and what semicolons part; the braces of tables and chains are gone, those of sets stay. */
function statements(text: string): string[] {
  const found: string[] = [];
  let statement = '';
  let sets = 0;
  const end = () => {
    if (statement.trim() !== '') found.push(statement.trim());
    statement = '';
  };
  for (const char of text.replace(/#.*$/gm, '')) {
    const opensBlock = char === '{' && /^\s*(table|chain)\b/.test(statement);
    if (char === '{' && !opensBlock) sets++;
    const closesBlock = char === '}' && sets === 0;
    if (char === '}' && !closesBlock) sets--;
    if (opensBlock) statement += ' ';
    if (opensBlock || closesBlock || (sets === 0 && (char === '\n' || char === ';'))) end();
    else statement += char;
  }
  end();
  return found;
}

function priority(text: string): number {
  const named: Readonly<Record<string, number>> = { raw: -300, mangle: -150, filter: 0, security: 50 };
  return named[text] ?? Number(text);
}

/** One line; alternatives that a rule of ours cannot hold become several rules. */
function parseRule(line: string, hook: Hook, family: 4 | 6 | undefined): FirewallRule[] {
  const words = line
    .replace(/([{}])/g, ' $1 ')
    .split(/\s+/)
    .filter(Boolean);
  let drafts: Draft[] = [{ hook, text: line, ...(family ? { family } : {}) }];
  const each = (values: readonly string[], set: (draft: Draft, value: string) => void) => {
    drafts = values.flatMap((value) =>
      drafts.map((draft) => {
        const copy = { ...draft };
        set(copy, value);
        return copy;
      }),
    );
  };
  const all = (change: Draft) => {
    for (const draft of drafts) Object.assign(draft, change);
  };
  const take = () => words.shift()!;
  const values = () => {
    if (words[0] !== '{') return [take()];
    const end = words.indexOf('}');
    const found = words.splice(0, end + 1).slice(1, -1);
    return found.join('').split(',').filter(Boolean);
  };
  /** `!=` before a value: the part must not match. */
  const negates = (part: NonNullable<FirewallRule['not']>[number]) => {
    if (words[0] !== '!=') return;
    words.splice(0, 1);
    for (const draft of drafts) draft.not = [...(draft.not ?? []), part];
    const isSet = words.indexOf('{') === 0;
    if (isSet && part !== 'ports' && part !== 'sourcePorts') throw new Error(`cannot read: ${line}`);
  };
  while (words.length > 0) {
    const word = take();
    switch (word) {
      case 'iifname':
      case 'iif':
      case 'oifname':
      case 'oif':
        // Nothing of a recording comes from or goes to another interface than the card's.
        if (!values().some((name) => name.replaceAll('"', '') === CARD)) return [];
        break;
      case 'ip':
      case 'ip6': {
        const field = take();
        if (field === 'frag-off') {
          words.splice(0, 4);
          all({ family: 4, fragment: 'later' });
        } else if (field === 'protocol' || field === 'nexthdr') {
          const part = field === 'protocol' ? 'protocol' : 'nextHeader';
          all({ family: word === 'ip' ? 4 : 6 });
          negates(part);
          each(values(), (draft, value) => {
            draft[part] = PROTOCOLS[value] ?? Number(value);
          });
        } else {
          negates(field === 'saddr' ? 'from' : 'to');
          each(values(), (draft, value) => {
            draft[field === 'saddr' ? 'from' : 'to'] = prefixOf(value);
          });
        }
        break;
      }
      case 'meta':
        if (take() !== 'l4proto') throw new Error(`cannot read: ${line}`);
        negates('protocol');
        each(values(), (draft, value) => {
          draft.protocol = PROTOCOLS[value] ?? Number(value);
        });
        break;
      case 'tcp':
      case 'udp':
      case 'sctp':
      case 'th': {
        all(word === 'th' ? { anyTransport: true } : { protocol: PROTOCOLS[word]! });
        const field = take();
        if (field === 'flags') {
          if (words[0] === '&' && words[2] === '!=') for (const draft of drafts) draft.not = [...(draft.not ?? []), 'flags'];
          readFlags(words, each);
          break;
        }
        if (field !== 'dport' && field !== 'sport') throw new Error(`cannot read ${word} ${field} in: ${line}`);
        const part = field === 'dport' ? 'ports' : 'sourcePorts';
        if (words[0] === 'vmap') {
          const map = verdictMap(words);
          drafts = drafts.flatMap((draft) => map.map(([port, action]) => ({ ...draft, action, [part]: [portRange(port)] })));
          break;
        }
        negates(part);
        const comparison = /^[<>]=?$/.test(words[0]!) ? take() : '';
        all({ [part]: values().map((value) => compared(comparison, portRange(value))) });
        break;
      }
      case 'icmp':
      case 'icmpv6': {
        all({ protocol: PROTOCOLS[word]! });
        const types = word === 'icmp' ? ICMP_TYPES : ICMPV6_TYPES;
        const field = take();
        each(values(), (draft, value) => {
          draft[field === 'type' ? 'icmpType' : 'icmpCode'] = types[value] ?? Number(value);
        });
        break;
      }
      case 'ct':
        if (take() !== 'state') throw new Error(`cannot read: ${line}`);
        if (words[0] === 'vmap') {
          const map = verdictMap(words);
          drafts = drafts.flatMap((draft) =>
            map.map(([state, action]) => ({ ...draft, action, states: [state as ConnectionState] })),
          );
        } else all({ states: values().flatMap((value) => value.split(',')) as ConnectionState[] });
        break;
      case 'limit':
        all({ limit: readLimit(words) });
        break;
      case 'counter':
        if (words[0] === 'packets') words.splice(0, 4);
        break;
      case 'log':
        while (words.length > 1 && /^(prefix|level|group|flags)$/.test(words[0]!)) readLogged(words);
        break;
      case 'comment':
        words.length = 0;
        break;
      case 'accept':
      case 'drop':
        all({ action: word });
        break;
      case 'reject':
        all({ action: 'reject' });
        if (words[0] === 'with') {
          words.shift();
          all({ rejectWith: readReject(words) });
        }
        break;
      default:
        throw new Error(`cannot read ${word} in: ${line}`);
    }
  }
  // nft asks for TCP where a rule resets.
  return drafts
    .map((draft) =>
      draft.rejectWith === 'tcp_reset' && draft.protocol === undefined ? { ...draft, protocol: PROTOCOLS.tcp! } : draft,
    )
    .filter((draft) => draft.rejectWith !== 'tcp_reset' || isTcp(draft)) as FirewallRule[];
}

function isTcp({ protocol, not }: Draft): boolean {
  return (protocol === PROTOCOLS.tcp) !== (not?.includes('protocol') ?? false);
}

function readFlags(words: string[], each: (values: readonly string[], set: (draft: Draft, value: string) => void) => void): void {
  const bits = (text: string) =>
    text
      .replace(/[()]/g, '')
      .split(/[|,]/)
      .reduce((sum, name) => sum | TcpFlag[name as keyof typeof TcpFlag], 0);
  const first = words.shift()!;
  if (first === '&' || first === '==') {
    const mask = first === '&' ? bits(words.shift()!) : 0xff;
    if (first === '&') words.shift();
    const value = bits(words.shift()!);
    each([''], (draft) => {
      draft.flags = { mask, value };
    });
  } else if (words[0] === '/') {
    words.shift();
    const mask = bits(words.shift()!);
    each([''], (draft) => {
      draft.flags = { mask, value: bits(first) };
    });
  } else {
    each(first.split(','), (draft, name) => {
      draft.flags = { mask: bits(name), value: bits(name) };
    });
  }
}

function readLimit(words: string[]): NonNullable<FirewallRule['limit']> {
  words.shift();
  const over = words[0] === 'over';
  if (over) words.shift();
  const [count, unit] = words.shift()!.split('/') as [string, string];
  const perSecond = Number(count) / UNITS[unit]!;
  if (words[0] !== 'burst') return { perSecond, over };
  const burst = Number(words[1]);
  words.splice(0, 3);
  return { perSecond, burst, over };
}

function readReject(words: string[]): 'tcp_reset' | RejectCode {
  if (words.shift() === 'tcp') {
    words.shift();
    return 'tcp_reset';
  }
  if (words[0] === 'type') words.shift();
  return words.shift() as RejectCode;
}

/** `vmap { established : accept, invalid : drop }` */
function verdictMap(words: string[]): (readonly [value: string, action: FirewallRule['action']])[] {
  words.shift();
  const end = words.indexOf('}');
  const inside = words
    .splice(0, end + 1)
    .slice(1, -1)
    .join('');
  return inside.split(',').map((pair) => {
    const [value, action] = pair.split(':') as [string, FirewallRule['action']];
    return [value, action];
  });
}

/** A word and its value, which quotation marks may hold together. */
function readLogged(words: string[]): void {
  words.shift();
  if (!words[0]?.startsWith('"')) words.shift();
  else while (words.length > 0 && !words.shift()!.endsWith('"'));
}

function portRange(text: string): PortRange {
  const [from, to] = text.split('-').map((port) => SERVICES[port] ?? Number(port)) as [number, number | undefined];
  return [from, to ?? from];
}

/** The ports that `>= 1024` and the like stand for. */
function compared(comparison: string, [from, to]: PortRange): PortRange {
  if (comparison.startsWith('<')) return [0, comparison === '<' ? to - 1 : to];
  if (comparison.startsWith('>')) return [comparison === '>' ? from + 1 : from, 0xffff];
  return [from, to];
}

function prefixOf(text: string): HostAddress {
  const [ip, prefix] = text.split('/') as [string, string | undefined];
  const { family, w0, w1, w2, w3 } = parseIp(ip)!;
  return { family: family === 4 ? 4 : 6, words: [w0, w1, w2, w3], prefix: Number(prefix ?? (family === 4 ? 32 : 128)) };
}
