import { nearest } from '../../trace/nearest.ts';
import { quoted } from '../kinds/kind.ts';
import { didYouMean } from '../text/problems.ts';
import { type Cursor, type Token, Wrong } from '../text/tokens.ts';
import { EXPECT_SHAPES, firstWords, STRUCTURE_WORDS, SUBJECT_SHAPES, spellings, VERB_SHAPES } from './index.ts';
import type { Shape, Verb } from './shape.ts';

/** After a word that could also be a name, something follows that only a name can have: a client may be called `end`. */
export function isAction(cursor: Cursor): boolean {
  return ['>', '->', '→'].includes(cursor.word());
}

/** A verb, and the tokens from `start` up to `end` that it was found in. */
export interface FoundVerb {
  readonly shape: Shape;
  readonly verb: Verb;
  readonly start: number;
  readonly end: number;
}

/** The verb whose words stand at `start`; the longest one. */
export function matchVerb(shapes: readonly Shape[], cursor: Cursor, start: number): FoundVerb | undefined {
  let best: FoundVerb | undefined;
  for (const shape of shapes) {
    for (const verb of shape.verbs) {
      for (const words of spellings(verb)) {
        const ahead = start - cursor.index;
        if (start + words.length > (best?.end ?? start) && words.every((word, i) => cursor.word(ahead + i) === word)) {
          best = { shape, verb, start, end: start + words.length };
        }
      }
    }
  }
  return best;
}

/** The verb as it is written. */
export function spelling({ start, end }: FoundVerb, { tokens }: Cursor): string {
  return tokens
    .slice(start, end)
    .map((token) => token.raw)
    .join(' ');
}

const METHODS = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/i;

/** What neither begins a statement nor is somebody who does something. `names`: of clients and connections so far. */
export function unknownStatement(token: Token, cursor: Cursor, names: ReadonlySet<string>): Wrong {
  const second = cursor.peek();
  const doings = firstWords(SUBJECT_SHAPES).filter((each) => each !== '>');
  const name = token.text.split(':')[0]!;
  if (doings.includes(token.text.toLowerCase())) {
    const who = [...names].at(-1) ?? 'alice';
    return new Wrong(token.at, `who does it? ${quoted(token)} has nobody before it`, `did you mean \`${who} ${token.raw} …\`?`);
  }
  const nearVerbs = second?.type === 'word' ? nearest(second.text, doings, 2) : [];
  const nearStatements = nearest(token.text, [...firstWords(VERB_SHAPES), ...STRUCTURE_WORDS], 2);
  if (names.has(name) || (nearStatements.length === 0 && nearVerbs.length > 0)) {
    const able = `it can ${doings.join(', ')}; or a frame by hand: ${name} > 80 tcp SYN`;
    if (second === undefined) return new Wrong(cursor.end, `what does \`${name}\` do?`, able);
    const asked = METHODS.test(second.text) ? `did you mean \`${name} request ${second.raw} …\`?` : undefined;
    return new Wrong(second.at, `\`${name}\` cannot ${quoted(second)}`, asked ?? didYouMean(nearVerbs) ?? able);
  }
  const near = [...nearStatements, ...nearest(name, names, 2)].slice(0, 3);
  return new Wrong(
    token.at,
    `${quoted(token)} is neither a statement nor a name`,
    didYouMean(near) ?? `statements are ${firstWords(VERB_SHAPES).join(', ')}, ${STRUCTURE_WORDS.join(', ')}`,
  );
}

/** What cannot stand after `expect`. */
export function unknownExpectation(cursor: Cursor): Wrong {
  const token = cursor.peek();
  const first = firstWords(EXPECT_SHAPES);
  if (token === undefined) return new Wrong(cursor.end, 'what is expected?', `there may be ${first.join(', ')}`);
  if (cursor.word() === 'no') {
    const second = cursor.peek(1);
    const near = second === undefined ? undefined : didYouMean(nearest(second.text, ['reply', 'decision'], 1));
    return new Wrong(second?.at ?? cursor.end, '`expect no` is followed by `reply` or `decision`', near);
  }
  return new Wrong(
    token.at,
    `${quoted(token)} cannot be expected`,
    didYouMean(nearest(token.text, first, 2)) ?? `there may be ${first.join(', ')}`,
  );
}
