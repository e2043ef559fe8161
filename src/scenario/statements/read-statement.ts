import { nearest } from '../../trace/nearest.ts';
import { FLAG, quoted } from '../kinds/kind.ts';
import { didYouMean, listed } from '../text/problems.ts';
import { type Cursor, type Token, Wrong } from '../text/tokens.ts';
import { Template } from '../tree/steps.ts';
import type { Span } from '../tree/values.ts';
import { type Alternative, type Field, keywordsOf, type Shape, splitKeywords, type Variant } from './shape.ts';

/** A statement that is being read: its fields by name, and where each stands. */
export interface Draft {
  readonly values: Record<string, unknown>;
  readonly where: Record<string, Span>;
  /** A value of it waits for a variable. */
  open: boolean;
}

/** A statement of which nothing has been read. */
export function newDraft(): Draft {
  return { values: {}, where: {}, open: false };
}

/** Told of what is wrong; reading goes on. */
export type Tell = (wrong: Wrong) => void;

/** Reads what follows the verb. `verb`: its words as written, for messages. */
export function readBody(cursor: Cursor, shape: Shape, draft: Draft, verb: string, tell: Tell): void {
  new StatementReader(cursor, shape, draft, verb, tell).read();
}

/** Reads one value by its place, such as the subject. */
export function readItem(cursor: Cursor, field: Field, draft: Draft): void {
  store(draft, field, ...readValue(cursor, field));
}

function readValue(cursor: Cursor, field: Field): [value: unknown, at: Span, open: boolean] {
  const from = cursor.index;
  const value: unknown = field.kind.read(cursor);
  const tokens = cursor.tokens.slice(from, cursor.index);
  const first = tokens[0]?.at ?? cursor.peek(-1)?.at ?? cursor.end;
  const last = tokens.at(-1)?.at ?? first;
  const at = { ...first, length: last.column + last.length - first.column };
  if (!tokens.some((token) => token.open)) return [value, at, false];
  return [new Template(field.kind.name, tokens.map((token) => token.raw).join(' '), at), at, true];
}

function store(draft: Draft, field: Field, value: unknown, at: Span, open: boolean): void {
  const path = field.part === undefined ? field.key : `${field.part}.${field.key}`;
  const target = field.part === undefined ? draft.values : partOf(draft.values, field.part);
  if (field.many === undefined) {
    target[field.key] = value;
    draft.where[path] = at;
  } else {
    const list = (target[field.key] ??= []) as unknown[];
    draft.where[`${path}.${list.length}`] = at;
    list.push(value);
  }
  draft.open ||= open;
}

/** The object inside a statement that holds the fields of one part; made where it is not there yet. */
export function partOf(values: Record<string, unknown>, part: string): Record<string, unknown> {
  return (values[part] ??= {}) as Record<string, unknown>;
}

/** Of one line: what is after so many is not read. */
const MOST_PROBLEMS = 10;
/** Words that are listed where none of them is near to what stands there. */
const MOST_WORDS = 12;

class StatementReader {
  private readonly cursor: Cursor;
  private readonly shape: Shape;
  private readonly draft: Draft;
  private verb: string;
  private readonly tell: Tell;
  private fields: readonly Field[];
  private optional: Field[] = [];
  /** Those that were left out before the word that says which kind of packet it is. */
  private passed: readonly Field[] = [];
  private last: Field | undefined;
  /** Something was wrong: what is missing may only have been misread. */
  private told = 0;
  /** Where each field was given; also those whose value was wrong. */
  private readonly given = new Map<Field, Span>();

  constructor(cursor: Cursor, shape: Shape, draft: Draft, verb: string, tell: Tell) {
    this.cursor = cursor;
    this.shape = shape;
    this.draft = draft;
    this.verb = verb;
    this.tell = (wrong) => {
      this.told++;
      tell(wrong);
    };
    this.fields = shape.fields;
  }

  read(): void {
    const { cursor, shape } = this;
    for (const part of shape.parts ?? []) partOf(this.draft.values, part);
    const start = cursor.peek(-1)?.at ?? cursor.end;
    if (this.items(shape.items)) {
      if (shape.variant !== undefined) {
        this.passed = this.optional;
        this.optional = [];
      }
      const alternative = this.alternative();
      if (alternative !== undefined) this.fields = [...alternative.fields, ...shape.fields];
      if (alternative === undefined || this.items(alternative.items)) this.rest();
    }
    if (this.told === 0) this.missing(start);
    this.fillAbsent();
  }

  /** Values by their place; false: nothing after them can be understood. */
  private items(items: readonly Field[]): boolean {
    for (const item of items) {
      if (item.optional === true) {
        const token = this.cursor.peek();
        if (token !== undefined && !this.isKeyword() && item.kind.starts(token, this.cursor)) this.take(item);
        else this.optional.push(item);
      } else if (!this.take(item)) {
        return this.cursor.done ? false : this.skip();
      }
    }
    return true;
  }

  private alternative(): Alternative | undefined {
    const { variant } = this.shape;
    if (variant === undefined) return undefined;
    const { cursor } = this;
    const word = cursor.word();
    const packet = partOf(this.draft.values, variant.key);
    const found = variant.of.find((each) => each.word === word || each.aliases?.includes(word));
    if (found !== undefined) {
      cursor.index++;
      this.verb = `${this.verb} ${found.word}`;
      packet[variant.tag] = found.word;
      return found;
    }
    const fallback = variant.of.find((each) => each.word === variant.fallback)!;
    packet[variant.tag] = fallback.word;
    if (this.fits(fallback)) return fallback;
    this.tell(noneOf(variant, cursor));
    cursor.index = cursor.tokens.length;
    return undefined;
  }

  /** What stands here may be the first of an alternative whose own word is left out. */
  private fits({ items, fields }: Alternative): boolean {
    const token = this.cursor.peek();
    if (token === undefined) return false;
    return (
      items.some((item) => item.kind.starts(token, this.cursor)) ||
      [...fields, ...this.fields].some((field) => this.begins(field))
    );
  }

  private begins(field: Field): boolean {
    const token = this.cursor.peek();
    if (token === undefined) return false;
    if (field.bare === true && field.kind.starts(token, this.cursor)) return true;
    return splitKeywords(field).some((words) => words.every((word, i) => this.cursor.word(i) === word));
  }

  /** Keywords with their values, and values that may be omitted, in any order. */
  private rest(): void {
    const { cursor } = this;
    while (!cursor.done && this.told < MOST_PROBLEMS) {
      const token = cursor.peek()!;
      const found = this.keyword();
      if (found !== undefined) {
        const [field, words] = found;
        cursor.index += words;
        this.once(field, token);
        if (!this.take(field)) this.skip();
        continue;
      }
      const bare = this.fields.find((field) => field.bare === true && field.kind.starts(token, cursor));
      const item = bare ?? this.optional.find((field) => field.kind.starts(token, cursor));
      const awaited = this.fields.find((field) => field.bare === true && field.needed === true && !this.given.has(field));
      if (item === undefined && awaited !== undefined) {
        this.take(awaited);
        this.skip();
      } else if (item === undefined) {
        this.unknown(token);
        this.skip();
      } else {
        this.once(item, token);
        if (!this.take(item)) this.skip();
      }
    }
  }

  /** Is the word here a keyword? `ACK` is one only where its number follows; else it is a flag. */
  private isKeyword(): boolean {
    const found = this.keyword();
    if (found === undefined) return false;
    const [field, words] = found;
    const value = this.cursor.peek(words);
    return value !== undefined && (field.kind === FLAG || field.kind.starts(value, this.cursor));
  }

  /** The field whose keyword stands here, and of how many words that is; the longest one. */
  private keyword(): [field: Field, words: number] | undefined {
    let best: [Field, number] | undefined;
    const first = this.cursor.word();
    if (first === '') return undefined;
    for (const field of this.fields) {
      for (const words of splitKeywords(field)) {
        if (words[0] !== first || words.length <= (best?.[1] ?? 0)) continue;
        if (words.every((word, i) => this.cursor.word(i) === word)) best = [field, words.length];
      }
    }
    return best;
  }

  private once(field: Field, token: Token): void {
    if (field.many !== undefined || !this.given.has(field)) return;
    this.tell(new Wrong(token.at, `\`${field.words ?? field.key}\` is given twice in \`${this.verb}\``));
  }

  private take(field: Field): boolean {
    const { cursor } = this;
    this.last = field;
    this.given.set(field, cursor.peek()?.at ?? cursor.end);
    try {
      store(this.draft, field, ...readValue(cursor, field));
      while (
        field.many === 'in a row' &&
        cursor.peek() !== undefined &&
        this.keyword() === undefined &&
        field.kind.starts(cursor.peek()!, cursor)
      ) {
        store(this.draft, field, ...readValue(cursor, field));
      }
      return true;
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.tell(error);
      return false;
    }
  }

  /** Goes on to the next keyword. */
  private skip(): boolean {
    while (!this.cursor.done && this.keyword() === undefined) this.cursor.index++;
    return true;
  }

  private unknown(token: Token): void {
    if (token.type === 'string') {
      this.tell(new Wrong(token.at, `a string is not expected here, in \`${this.verb}\``, this.expectedHere()));
      return;
    }
    const late = this.misplaced(token);
    if (late !== undefined) {
      this.tell(new Wrong(token.at, `${quoted(token)} is not expected here, in \`${this.verb}\``, late));
      return;
    }
    const byPlace = [...this.optional, ...this.fields.filter((field) => field.bare === true)];
    const words = [
      ...byPlace.flatMap((field) => field.kind.words ?? []),
      ...(this.last?.kind.inside ?? []),
      ...this.fields.flatMap(keywordsOf),
    ];
    const beginsSo = (word: string | undefined): word is string => word?.startsWith(`${token.text.toLowerCase()} `) === true;
    const proper = this.fields.map((field) => field.words).filter(beginsSo);
    const begun = proper.length > 0 ? proper : words.filter(beginsSo);
    const near = begun.length > 0 ? begun.slice(0, 3) : nearest(token.text, words, 2);
    const hint = didYouMean(near) ?? `${this.expectedHere()}${this.unquoted(token)}`;
    this.tell(new Wrong(token.at, `${quoted(token)} is not expected here, in \`${this.verb}\``, hint));
  }

  /** What more to say of a word that may be meant as text. */
  private unquoted(token: Token): string {
    const string: Token = { ...token, type: 'string' };
    const mayBeText = this.fields.some(
      (field) => field.bare === true && !this.given.has(field) && field.kind.starts(string, this.cursor),
    );
    return mayBeText && /^[A-Za-z]/.test(token.raw) ? `; text stands in quotes: \`"${token.raw}"\`` : '';
  }

  /** What to do with a number that would fit before the packet's kind, or behind the word `port`; undefined: it would not. */
  private misplaced(token: Token): string | undefined {
    if (!/^\d/.test(token.text)) return undefined;
    const words = this.verb.split(' ');
    const hasPorts = words.at(-1) === 'tcp' || words.at(-1) === 'udp';
    if (hasPorts && this.passed.some((field) => field.kind.starts(token, this.cursor)))
      return `did you mean \`${[...words.slice(0, -1), token.raw, ...words.slice(-1)].join(' ')}\`?`;
    const isPort = this.fields.some(
      (field) => field.words === 'port' && !this.given.has(field) && field.kind.starts(token, this.cursor),
    );
    return isPort ? `did you mean \`port ${token.raw}\`?` : undefined;
  }

  /** What may still come; undefined: nothing. */
  private expectedHere(): string {
    const left = this.fields.filter((field) => field.many !== undefined || !this.given.has(field));
    const words = left.flatMap((field) => (field.words === undefined ? [] : [`\`${field.words}\``]));
    const values = this.optional.filter((item) => !this.given.has(item)).map((item) => item.kind.expected);
    const all = [...values, ...words];
    if (all.length > MOST_WORDS) return `there may be ${all.slice(0, MOST_WORDS).join(', ')} …`;
    return all.length === 0 ? 'expected the end of the line' : `there may be ${listed(all)}`;
  }

  private missing(start: Span): void {
    for (const field of this.fields) {
      if (field.needed !== true || this.given.has(field)) continue;
      const like = field.like ?? `${field.words} …`;
      this.tell(new Wrong(start, `\`${this.verb}\` needs ${field.called ?? `\`${field.words}\``}`, `add \`${like}\``));
    }
  }

  private fillAbsent(): void {
    const { values } = this.draft;
    for (const field of [...this.shape.items, ...this.fields]) {
      const target = field.part === undefined ? values : partOf(values, field.part);
      if (field.many !== undefined) target[field.key] ??= [];
      else if (field.absent !== undefined) target[field.key] ??= field.absent;
    }
  }
}

/** Where none of the alternatives begins. */
function noneOf({ expected, of }: Variant, cursor: Cursor): Wrong {
  const token = cursor.peek();
  if (token === undefined) return new Wrong(cursor.end, cursor.endsBefore(expected));
  const words = of.map((each) => each.word);
  return new Wrong(token.at, `${quoted(token)} is not ${expected}`, didYouMean(nearest(token.text, words, 2)));
}
