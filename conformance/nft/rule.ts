import type { ConnectionState, FirewallLimit, FirewallRule, FirewallTest, RejectCode } from '../../src/host/config.ts';
import { ASKING, CT_FIELDS, type Field, HEADER_FIELDS, META_FIELDS, rawPayload } from './fields.ts';
import { ICMP_CODES, ICMPV6_CODES, named, PROTOCOLS, SIZES, TCP_FLAGS, UNITS } from './names.ts';
import { rangeOf, testOf } from './values.ts';
import { elements, Words } from './words.ts';

/** What a rule may name: sets and maps by their elements, limits. */
export interface Known {
  readonly sets: ReadonlyMap<string, readonly string[]>;
  readonly limits: ReadonlyMap<string, FirewallLimit>;
  /** Sets that rules fill: not to be asked for what is in them. */
  readonly filled: ReadonlySet<string>;
  /** The name of the table's chain among those of all tables. */
  chain(name: string): string;
}

/** What is common to all rules of a chain. */
export type Place = Pick<FirewallRule, 'hook' | 'chain' | 'priority'> & { readonly tests: readonly FirewallTest[] };
type Draft = { -readonly [K in keyof FirewallRule]?: FirewallRule[K] };
type Verdict = Pick<FirewallRule, 'action' | 'target'>;

/** The only interface that frames come by. */
const CARD = 'tap0';
const STATES: readonly ConnectionState[] = ['new', 'established', 'related', 'invalid', 'untracked'];
const COMPARISONS = ['==', '!=', '<', '>', '<=', '>='];
const VERDICTS = ['accept', 'drop', 'return', 'continue'];

/**
 * One line; what a rule of ours cannot hold as alternatives, or asks behind a limit, becomes several rules. `nth`: which line of its
 * chain it is.
 */
export function parseRule(line: string, place: Place, known: Known, nth: number): FirewallRule[] {
  return new RuleReader(line, place, known, nth).read();
}

class RuleReader {
  private readonly words: Words;
  private readonly known: Known;
  private drafts: Draft[];
  /** Rules that end with a limit, and the chain in which the line goes on. */
  private readonly finished: Draft[] = [];
  private readonly onwards: string;

  constructor(line: string, place: Place, known: Known, nth: number) {
    this.words = new Words(line);
    this.known = known;
    this.onwards = `${place.chain} #${nth}`;
    this.drafts = [{ ...place, text: line }];
  }

  read(): FirewallRule[] {
    const { words } = this;
    while (words.next !== undefined) this.statement(words.take());
    const isReturn = this.drafts.some(({ action }) => action === 'return');
    if (isReturn && this.finished.length > 0) throw words.refusal('return behind a limit');
    return [...this.finished, ...this.drafts].map((draft) => ({ action: 'continue', ...draft }) as FirewallRule);
  }

  private statement(word: string): void {
    const { words } = this;
    if (VERDICTS.includes(word)) this.all({ action: word as 'accept' });
    else if (word === 'jump' || word === 'goto') this.all({ action: word, target: this.known.chain(words.take()) });
    else if (word === 'reject') this.reject();
    else if (word === 'counter') this.counter();
    else if (word === 'log') this.log();
    else if (word === 'comment') words.take();
    else if (word === 'limit') this.limit();
    else if (word === 'notrack') this.all({ untracks: true });
    else if (word === 'add' || word === 'update') this.bucketSet();
    else if (word === 'meter') this.meter();
    else if (word === 'tcp' && words.takes('flags')) this.flags();
    else if (word === 'ct' && words.takes('state')) this.states();
    else this.relation(word);
  }

  private all(change: Draft): void {
    for (const draft of this.drafts) Object.assign(draft, change);
  }

  /** A limit counts what has come to it: what the line asks behind it is asked in a chain of its own. */
  private afterLimit(): void {
    if (this.drafts[0]!.limit === undefined) return;
    if (this.finished.length > 0) throw this.words.refusal('two limits');
    this.all({ action: 'jump', target: this.onwards });
    this.finished.push(...this.drafts);
    this.drafts = [{ chain: this.onwards, tests: [], text: this.words.line }];
  }

  private ask(...tests: readonly FirewallTest[]): void {
    if (tests.length > 0) this.afterLimit();
    for (const draft of this.drafts) draft.tests = [...(draft.tests ?? []), ...tests];
  }

  /** The rule becomes one for each alternative. */
  private each(alternatives: readonly Draft[]): void {
    this.afterLimit();
    this.drafts = alternatives.flatMap((change) =>
      this.drafts.map((draft) => ({ ...draft, ...change, tests: [...(draft.tests ?? []), ...(change.tests ?? [])] })),
    );
  }

  /** A field, or several joined by dots, and what they are compared with. */
  private relation(word: string): void {
    const { words } = this;
    const fields = [this.field(word)];
    while (words.takes('.')) fields.push(this.field(words.take()));
    for (const { needs } of fields) this.ask(...(needs ?? []));
    if (words.takes('vmap')) this.verdicts(fields);
    else if (fields.length > 1)
      this.each(this.valuesOf(words.take()).map((element) => ({ tests: this.joined(fields, element) })));
    else if (words.takes('set')) this.set(fields[0]!);
    else this.compare(fields[0]!);
  }

  private field(word: string): Field {
    const { words } = this;
    const raw = rawPayload(word);
    if (raw !== undefined) return raw;
    const header = named(HEADER_FIELDS, word);
    if (header !== undefined) {
      const name = words.take();
      const field = named(header, name);
      if (field === undefined) throw words.refusal(`${word} ${name}`);
      const asking = name === 'id' || name === 'sequence' ? named(ASKING, word) : undefined;
      return asking === undefined ? field : { ...field, needs: [...field.needs!, asking] };
    }
    const name = word === 'meta' || word === 'ct' ? words.take() : word;
    const field = named(word === 'ct' ? CT_FIELDS : META_FIELDS, name);
    if (field === undefined) throw words.refusal(name === word ? word : `${word} ${name}`);
    return field;
  }

  private compare(field: Field): void {
    const { words } = this;
    let mask: number | undefined;
    if (words.takes('&')) mask = rangeOf(field, words.take())[0];
    const comparison = COMPARISONS.includes(words.next!) ? words.take() : '==';
    const values = this.valuesOf(words.take());
    if (field.isCard) this.card(values.some(isCard) === (comparison === '=='));
    else if (comparison === '==' || comparison === '!=') this.ask(testOf(field, values, comparison === '!=', mask));
    else {
      const [value] = rangeOf(field, values[0]!);
      const range = comparison.startsWith('<')
        ? ([0, comparison === '<' ? value - 1 : value] as const)
        : ([comparison === '>' ? value + 1 : value, Number.MAX_SAFE_INTEGER] as const);
      this.ask({ of: field.of as 'length', ranges: [range], ...(mask === undefined ? {} : { mask }) });
    }
  }

  /** All packets come by the card and leave by it. */
  private card(isSo: boolean): void {
    if (!isSo) this.ask({ of: 'family', ranges: [] });
  }

  private joined(fields: readonly Field[], element: string): FirewallTest[] {
    const values = element.split(' . ').map((value) => value.trim());
    if (values.length !== fields.length) throw this.words.refusal(element);
    return fields.map((field, at) => {
      if (field.isCard) return { of: 'family', ranges: isCard(values[at]!) ? [[4, 6]] : [] };
      return testOf(field, [values[at]!], false);
    });
  }

  private valuesOf(text: string): readonly string[] {
    if (!text.startsWith('@')) return elements(text);
    const name = text.slice(1);
    const values = this.known.sets.get(name);
    if (values === undefined || this.known.filled.has(name)) throw this.words.refusal(`the set ${name}`);
    return values;
  }

  /** `{ 80 : accept, 81 : jump web, * : drop }`. */
  private pairs(): (readonly [value: string, Verdict])[] {
    return this.valuesOf(this.words.take()).map((element) => {
      const found = /^(.*?)\s*:\s*(accept|drop|return|continue|(?:jump|goto) \S+)$/.exec(element);
      if (found === null) throw this.words.refusal(element);
      return [found[1]!, this.verdict(found[2]!)] as const;
    });
  }

  /** Of several the default comes last. */
  private verdicts(fields: readonly Field[]): void {
    const pairs = this.pairs();
    const isDefault = ([value]: (typeof pairs)[number]) => value === '*';
    const named = pairs
      .filter((pair) => !isDefault(pair))
      .map(([value, verdict]) => ({ ...verdict, tests: this.joined(fields, value) }));
    this.each([...named, ...pairs.filter(isDefault).map(([, verdict]) => verdict)]);
  }

  private set(field: Field): void {
    const { words } = this;
    if (field.of !== 'mark') throw words.refusal('set');
    this.all({ setsMark: rangeOf(field, words.take())[0] });
  }

  private flags(): void {
    const { words } = this;
    const field = HEADER_FIELDS.tcp!.flags!;
    this.ask(...field.needs!);
    const { of } = field as { of: 'length' };
    if (words.takes('&')) {
      const mask = bitsOf(words.take());
      const not = words.take() === '!=';
      const value = words.next?.startsWith('{') ? elements(words.take()).map(bitsOf) : [bitsOf(words.takeList())];
      this.ask({ of, mask, ranges: value.map((bits) => [bits, bits] as const), not });
    } else if (words.next === '==' || words.next === '!=' || words.next?.startsWith('{')) {
      const not = words.takes('!=');
      if (!not) words.takes('==');
      const values = words.next?.startsWith('{') ? elements(words.take()).map(bitsOf) : [bitsOf(words.takeList())];
      this.ask({ of, ranges: values.map((bits) => [bits, bits] as const), not });
    } else {
      const isNone = words.takes('!');
      const bits = bitsOf(words.takeList());
      if (words.takes('/')) this.ask({ of, mask: bitsOf(words.takeList()), ranges: [[bits, bits]] });
      else this.ask({ of, mask: bits, ranges: [[0, 0]], not: !isNone });
    }
  }

  private states(): void {
    const { words } = this;
    if (words.takes('vmap')) {
      this.each(this.pairs().map(([state, verdict]) => ({ ...verdict, states: this.statesOf([state]) })));
      return;
    }
    const not = words.takes('!=') || words.takes('!');
    if (!not) words.takes('==');
    const states = this.statesOf(elements(words.takeList()));
    this.afterLimit();
    this.all({ states: not ? STATES.filter((state) => !states.includes(state)) : states });
  }

  private statesOf(names: readonly string[]): readonly ConnectionState[] {
    const states = names as readonly ConnectionState[];
    if (!states.every((state) => STATES.includes(state))) throw this.words.refusal(names.join(','));
    return states;
  }

  private reject(): void {
    const { words } = this;
    this.all({ action: 'reject' });
    if (!words.takes('with')) return;
    const kind = words.take();
    if (kind === 'tcp') {
      words.take();
      // nft asks for TCP where a rule resets.
      this.ask({ of: 'protocol', ranges: [[PROTOCOLS.tcp!, PROTOCOLS.tcp!]] });
      this.all({ rejectWith: 'tcp_reset' });
      return;
    }
    words.takes('type');
    const code = words.take();
    const codes = kind === 'icmpv6' ? ICMPV6_CODES : ICMP_CODES;
    const name = Object.keys(codes).find((each) => String(codes[each]) === code) ?? code;
    if (name === 'frag-needed' || (named(ICMP_CODES, name) ?? named(ICMPV6_CODES, name)) === undefined) throw words.refusal(code);
    this.all({ rejectWith: name as RejectCode });
  }

  private limit(): void {
    const { words } = this;
    const name = words.takes('name') ? words.take().replaceAll('"', '') : undefined;
    if (name === undefined) this.all({ limit: readLimit(words) });
    else {
      const limit = this.known.limits.get(name);
      if (limit === undefined) throw words.refusal(`the limit ${name}`);
      this.all({ limit });
    }
  }

  /** `add @set { ip saddr limit rate over 1/second }`: a limit for each address. */
  private bucketSet(): void {
    const name = this.words.take();
    this.limitEach(name, this.words.take());
  }

  private meter(): void {
    const { words } = this;
    const name = words.take();
    if (words.takes('size')) words.take();
    this.limitEach(name, words.take());
  }

  /** Rules that name the same set have its limits in common. */
  private limitEach(name: string, text: string): void {
    const inside = new Words(text.slice(1, -1).trim());
    const family = inside.take();
    const by = inside.take() === 'saddr' ? 'source' : 'destination';
    if (!inside.takes('limit') && !(inside.takes('timeout') && inside.take() !== '' && inside.takes('limit'))) {
      throw this.words.refusal(text);
    }
    this.ask(...HEADER_FIELDS[family]!.saddr!.needs!);
    this.all({ limit: { ...readLimit(inside), by, set: name } });
  }

  private verdict(text: string): Verdict {
    const [action, target] = text.split(' ') as [FirewallRule['action'], string | undefined];
    return { action, ...(target === undefined ? {} : { target: this.known.chain(target) }) };
  }

  private counter(): void {
    const { words } = this;
    if (words.takes('name')) words.take();
    else if (words.takes('packets')) for (let i = 0; i < 3; i++) words.take();
  }

  private log(): void {
    const { words } = this;
    while (/^(prefix|level|group|flags|snaplen|queue-threshold)$/.test(words.next ?? '')) {
      words.take();
      words.take();
    }
  }
}

function isCard(name: string): boolean {
  const plain = name.replaceAll('"', '');
  return plain === CARD || (plain.endsWith('*') && CARD.startsWith(plain.slice(0, -1)));
}

/** `syn,ack`, `fin|psh`, `0x12`. */
function bitsOf(text: string): number {
  if (/^(0x)?\d/.test(text)) return Number(text);
  return text.split(/[|,]/).reduce((sum, name) => {
    const bit = named(TCP_FLAGS, name.trim());
    if (bit === undefined) throw new Error(`cannot read the flag ${name}`);
    return sum | bit;
  }, 0);
}

/** `rate over 10/second burst 5 packets`, `rate 1 kbytes/second`. */
export function readLimit(words: Words): FirewallLimit {
  words.take();
  const over = words.takes('over');
  let count = words.take();
  if (!count.includes('/')) count += words.take();
  const found = /^(\d+)(bytes|kbytes|mbytes)?\/(second|minute|hour|day|week)$/.exec(count);
  if (found === null || Number(found[1]) === 0) throw words.refusal(count);
  const rate = Number(found[1]) * (SIZES[found[2] ?? ''] ?? 1);
  const perSecond = rate / UNITS[found[3]!]!;
  const burst = words.takes('burst') ? Number(words.take()) * (named(SIZES, words.take()) ?? 1) : undefined;
  // Linux lets a burst of bytes come on top of those of the whole second, minute or hour.
  if (found[2] !== undefined) return { perSecond, over, burst: rate + (burst ?? 0), counts: 'bytes' };
  return { perSecond, over, ...(burst === undefined ? {} : { burst }) };
}
