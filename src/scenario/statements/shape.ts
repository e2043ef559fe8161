import type { Kind } from '../kinds/kind.ts';

/** One value of a statement. Everything that reads, writes or describes statements goes by these tables. */
export interface Field {
  /** Its name in the tree. */
  readonly key: string;
  // biome-ignore lint/suspicious/noExplicitAny: tables hold kinds of all values, and each value goes only to its own kind
  readonly kind: Kind<any>;
  /** The keyword before the value (`mac`, `to mac`); absent: the value is known by its place. */
  readonly words?: string;
  /** Other keywords for the same, read and not written. */
  readonly aliases?: readonly string[];
  /** The object inside the statement that has it. */
  readonly part?: string;
  /** Several: keyword and value again and again; `in a row`: values may follow each other without the keyword. */
  readonly many?: 'again' | 'in a row';
  /** Must be there. Values by place are needed unless `optional`. */
  readonly needed?: boolean;
  readonly optional?: boolean;
  /** The keyword may be left out where the value cannot be taken for anything else. */
  readonly bare?: boolean;
  /** In the tree when nothing is written; `many`: an empty list. */
  readonly absent?: unknown;
  /** For the message that it is missing: `mac 02:00:00:00:00:01`; `called`: where the keyword does not say what it is. */
  readonly like?: string;
  readonly called?: string;
}

/** How a statement is recognised: `no reply`; `sets`: what this verb says of the statement's fields. */
export interface Verb {
  readonly words: string;
  readonly aliases?: readonly string[];
  readonly sets?: Readonly<Record<string, unknown>>;
}

/** The part of a statement that depends on one word: the protocol of a frame by hand. */
export interface Variant {
  /** The object inside the statement, and which of its fields has the word. */
  readonly key: string;
  readonly tag: string;
  readonly of: readonly Alternative[];
  /** What a missing word means. */
  readonly fallback: string;
  readonly expected: string;
}

/** One of the protocols that a frame by hand may have: its word, and the fields that only it has. */
export interface Alternative {
  readonly word: string;
  readonly aliases?: readonly string[];
  readonly items: readonly Field[];
  readonly fields: readonly Field[];
}

/** A statement as a table: what it is called, and what may stand in it, in which order. */
export interface Shape {
  readonly type: string;
  /** Stands before the verb: `alice connect …`. */
  readonly subject?: Field;
  /** The first one is written where `sets` does not say which. */
  readonly verbs: readonly Verb[];
  /** Values by their place. */
  readonly items: readonly Field[];
  /** Values after keywords, in any order; this is the order in which they are written. */
  readonly fields: readonly Field[];
  /** Objects inside the statement which are there even when empty. */
  readonly parts?: readonly string[];
  readonly variant?: Variant;
  /** In one line, for the reference. */
  readonly about?: string;
}

/** Words of a keyword or verb: lower case, at single blanks. */
export function splitWords(words: string): readonly string[] {
  return words.split(' ');
}

/** All the ways in which a field's keyword may be written; the first is its own. */
export function keywordsOf(field: Field): readonly string[] {
  return field.words === undefined ? [] : [field.words, ...(field.aliases ?? [])];
}

const SPLIT = new WeakMap<Field, readonly (readonly string[])[]>();

/** `keywordsOf`, each as its words. */
export function splitKeywords(field: Field): readonly (readonly string[])[] {
  let split = SPLIT.get(field);
  if (split === undefined) SPLIT.set(field, (split = keywordsOf(field).map(splitWords)));
  return split;
}

/** Fields of a shape with those of every alternative, for whoever needs their kinds. */
export function allFields(shape: Shape): readonly Field[] {
  const alternatives = (shape.variant?.of ?? []).flatMap((each) => [...each.items, ...each.fields]);
  return [...(shape.subject === undefined ? [] : [shape.subject]), ...shape.items, ...shape.fields, ...alternatives];
}
