import { quoted, wordKind } from '../kinds/kind.ts';
import { VARIABLE } from '../kinds/names.ts';
import { COUNT, INTEGER } from '../kinds/numbers.ts';
import { type Cursor, type Token, Wrong } from '../text/tokens.ts';
import type { Scope } from '../text/variables.ts';
import type { ForValues, Span } from '../tree/script.ts';
import { Template } from '../tree/steps.ts';
import { newDraft, readItem } from './read-statement.ts';

/** The fields of a loop's statement, and the variables inside it with the values of the first round. */
export interface LoopHead {
  readonly values: Record<string, unknown>;
  readonly inner: Scope;
}

/** The variable of `repeat`, unless a loop around it has it already. */
export const REPEAT_VARIABLE = 'n';

/** `1000` after `repeat`. Throws Wrong. */
export function readRepeatHead(cursor: Cursor, scope: Scope): LoopHead {
  const draft = newDraft();
  readItem(cursor, { key: 'count', kind: COUNT }, draft);
  if (cursor.word() === 'times') cursor.index++;
  const inner = scope.has(REPEAT_VARIABLE) ? scope : new Map([...scope, [REPEAT_VARIABLE, '1']]);
  return { values: { ...draft.values, where: draft.where }, inner };
}

/** `n in 1..100` after `for`. Throws Wrong. */
export function readForHead(cursor: Cursor, scope: Scope): LoopHead {
  const draft = newDraft();
  readItem(cursor, { key: 'variable', kind: VARIABLE }, draft);
  const variable = draft.values.variable as string;
  if (scope.has(variable))
    throw new Wrong(draft.where.variable!, `\`$${variable}\` is the variable of a loop around this one already`);
  const expected = '`in`, and a range such as 1..100 or a list of words';
  const word = cursor.next(expected);
  if (word.text.toLowerCase() !== 'in') throw new Wrong(word.at, `${quoted(word)} is not ${expected}`);
  const at = cursor.peek()?.at ?? cursor.end;
  const { values, sample } = readValues(cursor);
  draft.where.values = at;
  return { values: { variable, values, where: draft.where }, inner: new Map([...scope, [variable, sample]]) };
}

const STEP = wordKind<number>({
  name: 'range_step',
  expected: 'a step of the range, such as 10',
  parse: (text) => (/^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined),
  write: String,
  schema: { type: 'integer', minimum: 1 },
});

function readValues(cursor: Cursor): { values: ForValues; sample: string } {
  const first = cursor.next('a range such as 1..100, or a list of words');
  const range = first.type === 'word' ? splitRange(first) : undefined;
  if (range !== undefined) {
    const step = cursor.take(['step']) ? STEP.read(cursor) : 1;
    const [from, to, sample, last] = range;
    if (Number(last) < Number(sample))
      throw new Wrong(first.at, `the range ${quoted(first)} ends before it begins`, `did you mean \`${last}..${sample}\`?`);
    return { values: { type: 'range', first: from, last: to, step }, sample };
  }
  const words: string[] = [];
  for (let token: Token | undefined = first; token !== undefined; token = cursor.done ? undefined : cursor.next('a word')) {
    if (token.open) throw new Wrong(token.at, 'a list has no variables in it', 'a range may: 1..$n');
    const word = token.type === 'word' ? token.text.replace(/,$/, '') : token.text;
    if (word === '') throw new Wrong(token.at, `in ${quoted(token)} a word is missing`);
    words.push(word);
  }
  return { values: { type: 'list', words }, sample: words[0]! };
}

/** Ends of `1..100` or `1..$n`, and their values. */
function splitRange(token: Token): [from: number | Template, to: number | Template, first: string, last: string] | undefined {
  const values = token.text.split('..');
  const raws = token.raw.split('..');
  if (values.length !== 2 || raws.length !== 2) return undefined;
  const [first, last] = values as [string, string];
  if (!/^-?\d{1,10}$/.test(first) || !/^-?\d{1,10}$/.test(last)) {
    throw new Wrong(token.at, `${quoted(token)} is not a range`, 'a range is two numbers, such as 1..100');
  }
  return [bound(raws[0]!, first, token.at), bound(raws[1]!, last, token.at), first, last];
}

function bound(raw: string, value: string, at: Span): number | Template {
  return raw.includes('$') ? new Template(INTEGER.name, raw, at) : Number(value);
}
