import type { FirewallLimit, FirewallRule } from '../config.ts';
import { type AddressLimits, Limit } from './firewall-limit.ts';
import { Action, CompiledRule, StateBit } from './firewall-rule.ts';
import type { FirewallView } from './firewall-view.ts';

type Hook = NonNullable<FirewallRule['hook']>;

/** Rules that stand at a hook, and what becomes of a packet that they leave undecided. */
export interface BaseChain {
  readonly priority: number;
  readonly rules: readonly CompiledRule[];
  readonly policy: CompiledRule | null;
}

/** All rules of a host, made ready, by hooks and chains. */
export class Chains {
  readonly all: readonly CompiledRule[];

  constructor(rules: readonly FirewallRule[]) {
    const limits = new Map<FirewallLimit, Limit>();
    const sets = new Map<string, AddressLimits>();
    const limitOf = ({ limit }: FirewallRule): Limit | null => {
      if (limit === undefined) return null;
      const addresses = sets.get(limit.set ?? '') ?? new Map();
      if (limit.set !== undefined) sets.set(limit.set, addresses);
      const known = limits.get(limit) ?? new Limit(limit, addresses);
      limits.set(limit, known);
      return known;
    };
    this.all = rules.map((rule, index) => new CompiledRule(rule, index + 1, limitOf(rule)));
    for (const compiled of this.all) {
      const { target } = compiled.rule;
      if (target !== undefined) compiled.target = this.all.filter(({ rule }) => rule.chain === target && rule.hook === undefined);
    }
    const begun = new Set<CompiledRule>();
    const done = new Set<CompiledRule>();
    for (const compiled of this.all) refuseLoop(compiled, begun, done);
  }

  /** In the order in which they are asked. */
  at(hook: Hook): readonly BaseChain[] {
    const isBoth = hook === 'input' || hook === 'forward';
    const here = this.all.filter(
      ({ rule }) => rule.hook === hook || (isBoth && rule.hook === undefined && rule.chain === undefined),
    );
    const names = [...new Set(here.map(({ rule }) => rule.chain))];
    const chains = names.map((name) => {
      const own = here.filter(({ rule }) => rule.chain === name);
      return {
        priority: own[0]!.rule.priority ?? 0,
        rules: own.filter(({ rule }) => rule.isPolicy !== true),
        policy: own.find(({ rule }) => rule.isPolicy === true) ?? null,
      };
    });
    return chains.sort((a, b) => a.priority - b.priority);
  }
}

/** A chain that leads back into itself, which Linux does not load either, would be walked for ever. */
function refuseLoop(rule: CompiledRule, begun: Set<CompiledRule>, done: Set<CompiledRule>): void {
  if (done.has(rule)) return;
  if (begun.has(rule)) throw new Error(`the chain ${rule.rule.chain} leads back into itself`);
  begun.add(rule);
  for (const next of rule.target) refuseLoop(next, begun, done);
  done.add(rule);
}

/** The rule that decides about the packet; null: none does, and it passes. */
export function decide(chain: BaseChain, view: FirewallView, now: number): CompiledRule | null {
  const found = walk(chain.rules, view, now);
  if (found !== null || chain.policy === null) return found;
  return chain.policy.matches(view, now) ? chain.policy : null;
}

function walk(rules: readonly CompiledRule[], view: FirewallView, now: number): CompiledRule | null {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!;
    if (!rule.matches(view, now)) continue;
    if (rule.rule.setsMark !== undefined) view.mark = rule.rule.setsMark;
    // What is tracked already stays so.
    if (rule.rule.untracks === true && view.state === StateBit.invalid) view.state = StateBit.untracked!;
    if (rule.action <= Action.reject) return rule;
    if (rule.action === Action.return) return null;
    if (rule.action === Action.continue) continue;
    const found = walk(rule.target, view, now);
    if (found !== null || rule.action === Action.goto) return found;
  }
  return null;
}
