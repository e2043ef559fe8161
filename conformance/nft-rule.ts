import type { ConnectionState, FirewallRule, HostAddress, PortRange, RejectCode } from '../src/host/config.ts';
import { parseIp } from '../src/wire/address.ts';
import { TcpFlag } from '../src/wire/tcp.ts';
import { ICMP_TYPES, ICMPV6_TYPES, PROTOCOLS, SERVICES, UNITS } from './nft-names.ts';

export type Hook = NonNullable<FirewallRule['hook']>;
type Negated = NonNullable<FirewallRule['not']>[number];
/** A rule while it is read. */
type Draft = { -readonly [K in keyof FirewallRule]?: FirewallRule[K] };
/** What one word begins. */
type Part = (rule: RuleReader, word: string) => void;

/** The only interface that frames come by. */
const CARD = 'tap0';

/** One line; alternatives that a rule of ours cannot hold become several rules. */
export function parseRule(line: string, hook: Hook, family: 4 | 6 | undefined): FirewallRule[] {
  const rule = new RuleReader(line, { hook, text: line, ...(family ? { family } : {}) });
  while (rule.next !== undefined) {
    const word = rule.take();
    const read = PARTS[word];
    if (read === undefined) throw rule.refusal(word);
    read(rule, word);
  }
  // nft asks for TCP where a rule resets
  return rule.drafts
    .map((draft) =>
      draft.rejectWith === 'tcp_reset' && draft.protocol === undefined ? { ...draft, protocol: PROTOCOLS.tcp! } : draft,
    )
    .filter((draft) => draft.rejectWith !== 'tcp_reset' || isTcp(draft)) as FirewallRule[];
}

function isTcp({ protocol, not }: Draft): boolean {
  return (protocol === PROTOCOLS.tcp) !== (not?.includes('protocol') ?? false);
}

/** The words of a rule that are not read yet, and what those before them said: a draft for each alternative. */
class RuleReader {
  drafts: Draft[];
  private readonly line: string;
  private readonly words: string[];

  constructor(line: string, draft: Draft) {
    this.line = line;
    this.words = line
      .replace(/([{}])/g, ' $1 ')
      .split(/\s+/)
      .filter(Boolean);
    this.drafts = [draft];
  }

  get next(): string | undefined {
    return this.words[0];
  }

  take(): string {
    return this.words.shift()!;
  }

  skip(count: number): void {
    this.words.splice(0, count);
  }

  /** Takes the word if it comes next. */
  takes(word: string): boolean {
    if (this.next !== word) return false;
    this.skip(1);
    return true;
  }

  /** A value, or those of a set. */
  values(): string[] {
    return this.next === '{' ? this.set() : [this.take()];
  }

  /** `{ established : accept, invalid : drop }` */
  verdicts(): (readonly [value: string, action: FirewallRule['action']])[] {
    return this.set().map((pair) => pair.split(':') as [string, FirewallRule['action']]);
  }

  private set(): string[] {
    const inside = this.words.splice(0, this.words.indexOf('}') + 1).slice(1, -1);
    return inside.join('').split(',').filter(Boolean);
  }

  all(change: Draft): void {
    this.drafts = this.drafts.map((draft) => ({ ...draft, ...change }));
  }

  /** An alternative for each value. */
  each<T>(values: readonly T[], change: (value: T) => Draft): void {
    this.drafts = values.flatMap((value) => this.drafts.map((draft) => ({ ...draft, ...change(value) })));
  }

  /** Where `!=` stands before a value, the part must not match. */
  negates(part: Negated): void {
    if (!this.takes('!=')) return;
    this.not(part);
    // a rule of ours holds one value of other parts: none of several cannot be said
    if (this.next === '{' && part !== 'ports' && part !== 'sourcePorts') throw this.refusal();
  }

  not(part: Negated): void {
    for (const draft of this.drafts) draft.not = [...(draft.not ?? []), part];
  }

  refusal(what = ''): Error {
    return new Error(what === '' ? `cannot read: ${this.line}` : `cannot read ${what} in: ${this.line}`);
  }
}

const PARTS: Readonly<Record<string, Part>> = {
  iifname: readInterface,
  iif: readInterface,
  oifname: readInterface,
  oif: readInterface,
  ip: readNetwork,
  ip6: readNetwork,
  meta: readMeta,
  tcp: readTransport,
  udp: readTransport,
  sctp: readTransport,
  th: readTransport,
  icmp: readMessage,
  icmpv6: readMessage,
  ct: readConnection,
  limit: readLimit,
  log: skipLog,
  counter(rule) {
    if (rule.next === 'packets') rule.skip(4);
  },
  comment: (rule) => rule.skip(Infinity),
  accept: (rule) => rule.all({ action: 'accept' }),
  drop: (rule) => rule.all({ action: 'drop' }),
  reject: readReject,
};

/** Nothing of a recording comes from or goes to another interface than the card's. */
function readInterface(rule: RuleReader): void {
  if (rule.values().some((name) => name.replaceAll('"', '') === CARD)) return;
  rule.drafts = [];
  rule.skip(Infinity);
}

function readNetwork(rule: RuleReader, word: string): void {
  const field = rule.take();
  if (field === 'frag-off') {
    rule.skip(4);
    rule.all({ family: 4, fragment: 'later' });
  } else if (field === 'protocol' || field === 'nexthdr') {
    rule.all({ family: word === 'ip' ? 4 : 6 });
    readProtocol(rule, field === 'protocol' ? 'protocol' : 'nextHeader');
  } else {
    const part = field === 'saddr' ? 'from' : 'to';
    rule.negates(part);
    rule.each(rule.values(), (value) => ({ [part]: prefixOf(value) }));
  }
}

function readMeta(rule: RuleReader): void {
  if (rule.take() !== 'l4proto') throw rule.refusal();
  readProtocol(rule, 'protocol');
}

function readProtocol(rule: RuleReader, part: 'protocol' | 'nextHeader'): void {
  rule.negates(part);
  rule.each(rule.values(), (value) => ({ [part]: PROTOCOLS[value] ?? Number(value) }));
}

function readTransport(rule: RuleReader, word: string): void {
  rule.all(word === 'th' ? { anyTransport: true } : { protocol: PROTOCOLS[word]! });
  const field = rule.take();
  if (field === 'flags') {
    readFlags(rule);
    return;
  }
  if (field !== 'dport' && field !== 'sport') throw rule.refusal(`${word} ${field}`);
  const part = field === 'dport' ? 'ports' : 'sourcePorts';
  if (rule.takes('vmap')) {
    rule.each(rule.verdicts(), ([port, action]) => ({ action, [part]: [portRange(port)] }));
    return;
  }
  rule.negates(part);
  const comparison = /^[<>]=?$/.test(rule.next!) ? rule.take() : '';
  rule.all({ [part]: rule.values().map((value) => compared(comparison, portRange(value))) });
}

/** `syn`, `== syn`, `syn / syn,ack`, `& (syn|ack) != syn`. */
function readFlags(rule: RuleReader): void {
  const first = rule.take();
  if (first === '==') rule.all({ flags: { mask: 0xff, value: bits(rule.take()) } });
  else if (first === '&') {
    const mask = bits(rule.take());
    if (rule.take() === '!=') rule.not('flags');
    rule.all({ flags: { mask, value: bits(rule.take()) } });
  } else if (rule.takes('/')) rule.all({ flags: { mask: bits(rule.take()), value: bits(first) } });
  else rule.each(first.split(','), (name) => ({ flags: { mask: bits(name), value: bits(name) } }));
}

function bits(text: string): number {
  const names = text.replace(/[()]/g, '').split(/[|,]/) as (keyof typeof TcpFlag)[];
  return names.reduce((sum, name) => sum | TcpFlag[name], 0);
}

function readMessage(rule: RuleReader, word: string): void {
  rule.all({ protocol: PROTOCOLS[word]! });
  const types = word === 'icmp' ? ICMP_TYPES : ICMPV6_TYPES;
  const part = rule.take() === 'type' ? 'icmpType' : 'icmpCode';
  rule.each(rule.values(), (value) => ({ [part]: types[value] ?? Number(value) }));
}

function readConnection(rule: RuleReader): void {
  if (rule.take() !== 'state') throw rule.refusal();
  if (rule.takes('vmap')) rule.each(rule.verdicts(), ([state, action]) => ({ action, states: [state as ConnectionState] }));
  else rule.all({ states: rule.values().flatMap((value) => value.split(',')) as ConnectionState[] });
}

/** `rate over 10/second burst 5 packets` */
function readLimit(rule: RuleReader): void {
  rule.skip(1);
  const over = rule.takes('over');
  const [count, unit] = rule.take().split('/') as [string, string];
  const limit = { perSecond: Number(count) / UNITS[unit]!, over };
  if (!rule.takes('burst')) {
    rule.all({ limit });
    return;
  }
  rule.all({ limit: { ...limit, burst: Number(rule.take()) } });
  rule.skip(1);
}

/** Words and their values, which quotation marks may hold together. */
function skipLog(rule: RuleReader): void {
  while (/^(prefix|level|group|flags)$/.test(rule.next ?? '')) {
    rule.skip(1);
    const isQuoted = rule.next?.startsWith('"') ?? false;
    let value = rule.take();
    while (isQuoted && rule.next !== undefined && !value.endsWith('"')) value = rule.take();
  }
}

/** `reject with tcp reset`, `reject with icmp type port-unreachable`. */
function readReject(rule: RuleReader): void {
  rule.all({ action: 'reject' });
  if (!rule.takes('with')) return;
  const isTcp = rule.take() === 'tcp';
  rule.takes('type');
  const code = rule.take() as RejectCode;
  rule.all({ rejectWith: isTcp ? 'tcp_reset' : code });
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
