import type { FirewallRule } from '../src/host/config.ts';
import { type Hook, parseRule } from './nft-rule.ts';

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
