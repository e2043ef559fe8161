import { isWide } from '../../trace/wide.ts';
import type { Span } from '../tree/values.ts';

/** Something in a script that cannot be understood, or means nothing. */
export interface Problem {
  readonly at: Span;
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** What was probably meant: a word, or what to write instead. */
  readonly hint?: string;
  /** The line of the script. */
  readonly source: string;
}

/** A problem with the line that it stands in; `sources`: lines of each file by its name. */
export function problemAt(sources: ReadonlyMap<string, readonly string[]>, at: Span, message: string, hint?: string): Problem {
  const source = sources.get(at.file)?.[at.line - 1] ?? '';
  return { at, source, message, ...(hint === undefined ? {} : { hint }) };
}

/** Kept of one script; what comes after is only counted, up to where nobody reads on. */
const MOST = 50;
const ENOUGH = 500;

/** Collects problems, so that all of a script are told at once. */
export class Problems {
  /** Lines of each file by its name. */
  readonly sources: Map<string, readonly string[]>;
  readonly list: Problem[] = [];
  count = 0;
  /** Names that statements with problems would have declared: nobody is told that these are unknown. */
  readonly doubtful = new Set<string>();

  constructor(sources: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.sources = new Map(sources);
  }

  add(at: Span, message: string, hint?: string): void {
    this.count++;
    if (this.list.length < MOST) this.list.push(problemAt(this.sources, at, message, hint));
  }

  /** There are so many that it is no use to look for more. */
  get full(): boolean {
    return this.count >= ENOUGH;
  }

  /** Throws a `ScriptError` if there is any. */
  settle(): void {
    if (this.count > 0) throw new ScriptError(this.list, this.count);
  }
}

/** A script that cannot be run; `message` is everything there is to print. */
export class ScriptError extends Error {
  readonly code = 'E_SCRIPT';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], count = problems.length) {
    const sorted = [...problems].sort(byPlace);
    const left = count - sorted.length;
    const more = left > 0 ? [`… and ${count >= ENOUGH ? 'many' : left} more problem${left === 1 ? '' : 's'}`] : [];
    super([...sorted.map(render), ...more].join('\n'));
    this.name = 'ScriptError';
    this.problems = sorted;
  }
}

function byPlace(x: Problem, y: Problem): number {
  if (x.at.file !== y.at.file) return x.at.file < y.at.file ? -1 : 1;
  return x.at.line - y.at.line || x.at.column - y.at.column;
}

/** `file:line:column: what is wrong`, the line, a caret under the token, and what was probably meant. */
export function render(problem: Problem): string {
  const { message, hint } = problem;
  const { source, at } = cut(problem);
  const lines = [`${at.file}:${at.line}:${problem.at.column}: ${message}`];
  if (source !== '') lines.push(`  ${source}`, `  ${underline(source, at)}`);
  if (hint !== undefined) lines.push(`  ${hint}`);
  return lines.join('\n');
}

/** Characters of a line that are shown, and how many of them before the token. */
const SHOWN = 200;
const BEFORE = 80;

/** Of a very long line, the part around the token. */
function cut({ source, at }: Problem): { source: string; at: Span } {
  if (source.length <= SHOWN) return { source, at };
  const chars = [...source];
  const from = Math.max(0, at.column - 1 - BEFORE);
  const shown = chars.slice(from, from + SHOWN);
  const [head, tail] = [from > 0 ? '…' : '', from + SHOWN < chars.length ? '…' : ''];
  return { source: head + shown.join('') + tail, at: { ...at, column: at.column - from + head.length } };
}

/** Blanks up to the token, as wide as what stands there (tabs stay tabs), and a caret for each of its columns. */
function underline(source: string, at: Span): string {
  let blank = '';
  let carets = '';
  let column = 0;
  for (const char of source) {
    column++;
    const width = columnsOf(char);
    if (column < at.column) blank += char === '\t' ? '\t' : ' '.repeat(width);
    else if (column < at.column + at.length) carets += '^'.repeat(width);
    else break;
  }
  return blank + (carets === '' ? '^' : carets);
}

function columnsOf(char: string): number {
  if (/\p{Mark}|\p{Cf}/u.test(char)) return 0;
  return isWide(char.codePointAt(0)!) ? 2 : 1;
}

/** `did you mean "x"?` with the words most like the wrong one, or undefined. */
export function didYouMean(words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const quoted = words.map((word) => `\`${word}\``);
  return `did you mean ${quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`}?`;
}

/** `a, b or c`. */
export function listed(words: readonly string[], last = 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
