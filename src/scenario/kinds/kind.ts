import { nearest } from '../../trace/nearest.ts';
import { didYouMean, listed } from '../text/problems.ts';
import { type Cursor, type Token, Wrong } from '../text/tokens.ts';

/** JSON Schema of a value, as far as ours go. */
export type Schema = Readonly<Record<string, unknown>>;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A kind of value: how it is read from a script and written back, its JSON form, and how messages speak of it. */
export interface Kind<T = unknown> {
  /** In JSON Schema and in templates; unique. */
  readonly name: string;
  /** With its article and an example: `a MAC address, such as 02:00:00:00:00:0a`. */
  readonly expected: string;
  /** Takes the value's tokens. Throws `Wrong`. */
  read(cursor: Cursor): T;
  /** As `read` takes it. */
  write(value: T): string;
  /** The next token begins such a value: where it may be omitted. */
  starts(token: Token, cursor: Cursor): boolean;
  /** Words that it may be, for suggestions. */
  readonly words?: readonly string[];
  /** Words that may follow inside it. */
  readonly inside?: readonly string[];
  /** Of the JSON form: a number, a boolean, or text. */
  readonly schema: Schema;
  /** JSON text is the value itself and not its form in a script. */
  readonly verbatim?: boolean;
  /** Absent: numbers and booleans are themselves, all else is the text that `write` gives. */
  toJson?(value: T): Json;
  /** Tokens that `read` understands, as a script would have them; absent: the JSON text, or number, is one. */
  textOfJson?(json: Json): string | undefined;
}

/** A kind whose values are one word. */
export interface WordKind<T> {
  readonly name: string;
  readonly expected: string;
  /** Undefined: it is none. Throws Wrong for what nearly is one. */
  parse(text: string, token: Token): T | undefined;
  write(value: T): string;
  readonly schema: Schema;
  /** Words to suggest from. */
  readonly words?: readonly string[];
}

/** A kind of value that is one word. A word that `parse` does not know is told of with the nearest that it does. */
export function wordKind<T>(definition: WordKind<T>): Kind<T> {
  const { name, expected, parse, write, schema, words } = definition;
  return {
    name,
    expected,
    schema,
    write,
    ...(words === undefined ? {} : { words }),
    read(cursor) {
      const token = cursor.next(expected);
      const value = token.type === 'word' ? parse(token.text, token) : undefined;
      if (value === undefined) throw unfit(token, expected, words);
      return value;
    },
    starts(token) {
      if (token.type !== 'word') return false;
      try {
        return parse(token.text, token) !== undefined;
      } catch {
        return true;
      }
    },
  };
}

/** `02:00 is not a MAC address, such as …`. */
export function unfit(token: Token, expected: string, words: readonly string[] = []): Wrong {
  const near = token.type === 'word' ? didYouMean(nearest(token.text, words, 3)) : undefined;
  return new Wrong(token.at, `${quoted(token)} is not ${expected}`, near);
}

/** The token as messages show it: cut, if it is long. */
export function quoted(token: Token): string {
  const shown = token.open ? token.text : token.raw;
  return `\`${shown.length > 60 ? `${shown.slice(0, 59)}…` : shown}\``;
}

/** One of a few words, upper or lower case. `aliases` are read and not written. */
export function oneOf<const T extends string>(
  name: string,
  words: readonly T[],
  aliases: Readonly<Record<string, T>> = {},
): Kind<T> {
  const byLower = new Map<string, T>(words.map((word) => [word.toLowerCase(), word]));
  for (const [alias, word] of Object.entries(aliases)) byLower.set(alias.toLowerCase(), word);
  return wordKind<T>({
    name,
    expected: words.length > 12 ? `${name.replaceAll('_', ' ')}` : listed(words.map((word) => `\`${word}\``)),
    parse: (text) => byLower.get(text.toLowerCase()),
    write: (value) => value,
    schema: { enum: words },
    words,
  });
}

/** A decimal or `0x` number; `hex` digits: written so. */
export function integer(name: string, expected: string, min: number, max: number, hex = 0): Kind<number> {
  return wordKind<number>({
    name,
    expected: `${expected} (${min} to ${max})`,
    parse(text, token) {
      const value = parseInteger(text);
      if (value === undefined) return undefined;
      if (value < min || value > max)
        throw new Wrong(token.at, `${quoted(token)} is out of range: ${expected} is ${min} to ${max}`);
      return value;
    },
    write: (value) => (hex > 0 ? `0x${value.toString(16).padStart(hex, '0')}` : String(value)),
    schema: { type: 'integer', minimum: min, maximum: max },
  });
}

/** Decimal with an optional sign, or hexadecimal after `0x`; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  return /^0x[0-9a-f]{1,13}$/i.test(text) ? Number.parseInt(text, 16) : undefined;
}

/** True where its keyword stands. */
export const FLAG: Kind<boolean> = {
  name: 'flag',
  expected: 'nothing',
  schema: { type: 'boolean' },
  read: () => true,
  write: () => '',
  starts: () => false,
};

/** The JSON form of a value. */
export function jsonOf<T>(kind: Kind<T>, value: T): Json {
  if (kind.toJson !== undefined) return kind.toJson(value);
  const { type } = kind.schema;
  if (kind.verbatim === true || type === 'integer' || type === 'number' || type === 'boolean') return value as Json;
  return kind.write(value);
}
