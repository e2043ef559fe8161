import type { FirewallLimit, FirewallRule, FirewallTest } from '../../src/host/config.ts';
import { type Block, readBlocks } from './blocks.ts';
import { named, PRIORITIES } from './names.ts';
import { type Place, parseRule, readLimit } from './rule.ts';
import { elements, Words } from './words.ts';

/** netfilter's defragmentation stands at this priority of prerouting: chains before it see fragments. */
const DEFRAG_PRIORITY = -400;
const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const FAMILIES: Readonly<Record<string, readonly FirewallTest[]>> = {
  ip: [{ of: 'family', ranges: [[4, 4]] }],
  ip6: [{ of: 'family', ranges: [[6, 6]] }],
  inet: [],
};

/** A table while its file is read: what it defines, and its chains in the order in which they were made. */
class Table {
  readonly sets = new Map<string, string[]>();
  readonly limits = new Map<string, FirewallLimit>();
  readonly filled = new Set<string>();
  readonly chains = new Map<string, string[]>();
  isDormant = false;
  readonly family: string;
  private readonly name: string;

  constructor(family: string, name: string) {
    if (named(FAMILIES, family) === undefined) throw new Error(`cannot play a table of ${family}`);
    this.family = family;
    this.name = name;
  }

  chain(name: string): string {
    return `${this.family} ${this.name} ${name}`;
  }
}

/** The rules of an nftables file. What cannot be read, or what the host does not do, is an error. */
export function parseNft(text: string): FirewallRule[] {
  const tables = new Map<string, Table>();
  const tableOf = (family: string, name: string): Table => {
    const key = `${family} ${name}`;
    const table = tables.get(key) ?? new Table(family, name);
    tables.set(key, table);
    return table;
  };
  for (const line of readBlocks(text).lines) {
    if (typeof line === 'string') command(line, tableOf);
    else {
      const words = headOf(line.head);
      const family = named(FAMILIES, words[1]!) !== undefined || words.length > 2 ? words[1]! : 'ip';
      const table = tableOf(family, words[0] === 'table' ? words.at(-1)! : words[2]!);
      if (words[0] === 'table') for (const inner of line.lines) define(table, inner);
      else define(table, { head: `${words[0]} ${words[3]}`, lines: line.lines });
    }
  }
  return [...tables.values()].filter(({ isDormant }) => !isDormant).flatMap(rulesOf);
}

/** The words of a statement or of a block's head, without the verb that adds it. */
function headOf(head: string): string[] {
  return head.split(/\s+/).filter((word, at) => at > 0 || (word !== 'add' && word !== 'create'));
}

/** `add rule ip filter input tcp dport 80 accept`, `add element ip filter blocked { 10.0.0.3 }`. */
function command(line: string, tableOf: (family: string, name: string) => Table): void {
  const found = /^(add|create|insert)\s+(table|chain|rule|element)\s+(?:(ip|ip6|inet)\s+)?(\S+)\s*(\S*)\s*(.*)$/.exec(line);
  if (found === null) {
    if (/^(flush ruleset|(delete|flush) table .*|table \S+ \S+)$/.test(line)) return;
    throw new Error(`cannot read: ${line}`);
  }
  const [, verb, what, family, name, chain, rest] = found as unknown as string[];
  const table = tableOf(family ?? 'ip', name!);
  if (what === 'element') table.sets.get(chain!)!.push(...elements(rest!));
  else if (what === 'chain') table.chains.set(chain!, []);
  else if (what === 'rule') {
    const rules = table.chains.get(chain!)!;
    if (verb === 'insert')
      rules.splice(
        rules.findIndex((rule) => !/^(type|policy) /.test(rule)),
        0,
        rest!,
      );
    else rules.push(rest!);
  }
}

function define(table: Table, line: string | Block): void {
  if (typeof line === 'string') {
    if (line === 'flags dormant') table.isDormant = true;
    else if (!line.startsWith('comment ')) throw new Error(`cannot read: ${line}`);
    return;
  }
  const [what, name] = headOf(line.head) as [string, string];
  const lines = line.lines.filter((inner) => typeof inner === 'string');
  switch (what) {
    case 'chain':
      table.chains.set(name, [...(table.chains.get(name) ?? []), ...lines]);
      return;
    case 'set':
    case 'map': {
      const given = lines.find((inner) => inner.startsWith('elements'));
      table.sets.set(name, elements(given?.replace(/^elements\s*=\s*/, '') ?? '{}'));
      if (lines.some((inner) => /^flags .*dynamic/.test(inner))) table.filled.add(name);
      return;
    }
    case 'limit':
      table.limits.set(name, readLimit(new Words(lines[0]!)));
      return;
    case 'counter':
      return;
    default:
      throw new Error(`cannot play a ${what}`);
  }
}

function rulesOf(table: Table): FirewallRule[] {
  return [...table.chains].flatMap(([name, lines]) => {
    const chain = table.chain(name);
    const declared = lines.find((line) => line.startsWith('type '));
    const tests = FAMILIES[table.family]!;
    const place: Place = declared === undefined ? { chain, tests } : { chain, tests, ...standing(declared) };
    const rules = lines
      .filter((line) => !/^(type|policy|comment) /.test(line))
      .flatMap((line, nth) => parseRule(line, place, table, nth));
    if (!lines.includes('policy drop')) return rules;
    return [...rules, { ...place, action: 'drop', isPolicy: true, text: 'policy drop' }];
  });
}

/** `type filter hook input priority filter - 5`. */
function standing(declared: string): Pick<Place, 'hook' | 'priority'> {
  const found = /^type (\w+) hook (\w+) priority (-?\w+)(?:\s*([+-])\s*(\d+))?$/.exec(declared);
  if (found === null || found[1] !== 'filter' || !HOOKS.includes(found[2]!))
    throw new Error(`cannot play a chain of ${declared}`);
  const base = named(PRIORITIES, found[3]!) ?? Number(found[3]);
  const priority = base + Number(`${found[4] ?? ''}${found[5] ?? '0'}`);
  const isRaw = found[2] === 'prerouting' && priority < DEFRAG_PRIORITY;
  return { hook: isRaw ? 'raw' : (found[2] as Place['hook'] & string), priority };
}
