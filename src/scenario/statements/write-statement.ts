import { FLAG, type Kind } from '../kinds/kind.ts';
import { STEP_TIME } from '../kinds/times.ts';
import type { Token } from '../text/tokens.ts';
import type { Expectation, HostStatement, Span, Step } from '../tree/script.ts';
import { Template } from '../tree/steps.ts';
import { expectationShape, shapeOf } from './index.ts';
import type { Field, Shape, Verb } from './shape.ts';

/** A piece of a written statement that is aligned as one: a verb, a value by its place, a keyword with its value. */
export interface Cell {
  /** Cells of neighbouring lines stand below each other if they are of the same field. */
  readonly key: string;
  readonly text: string;
}

type Values = Readonly<Record<string, unknown>>;

/** A statement, or the step inside a pattern, in pieces; without comments and expectations. */
export function statementCells(statement: HostStatement | Step): Cell[] {
  const values = statement as unknown as Values & { type: string };
  const shape = shapeOf(values)!;
  const cells: Cell[] = [];
  if (values.time !== undefined) cells.push({ key: 'time', text: writeValue(STEP_TIME, values.time) });
  if (shape.subject !== undefined)
    cells.push({ key: shape.subject.key, text: writeValue(shape.subject.kind, values[shape.subject.key]) });
  return [...cells, ...bodyCells(shape, values)];
}

/** An expectation in pieces, the word `expect` first. */
export function expectationCells(expectation: Expectation): Cell[] {
  return [{ key: 'expect', text: 'expect' }, ...bodyCells(expectationShape(expectation), expectation as unknown as Values)];
}

/** In one line, without comments. */
export function writeStatement(statement: HostStatement | Step): string {
  return statementCells(statement)
    .map((cell) => cell.text)
    .join(' ');
}

/** In one line, without the word `expect`. */
export function writeExpectation(expectation: Expectation): string {
  return bodyCells(expectationShape(expectation), expectation as unknown as Values)
    .map((cell) => cell.text)
    .join(' ');
}

function bodyCells(shape: Shape, values: Values): Cell[] {
  const cells: Cell[] = [{ key: 'verb', text: verbOf(shape, values).words }];
  cells.push(...itemCells(shape.items, values));
  let fields = shape.fields;
  if (shape.variant !== undefined) {
    const packet = values[shape.variant.key] as Values;
    const word = packet[shape.variant.tag];
    const alternative = shape.variant.of.find((each) => each.word === word)!;
    cells.push({ key: 'protocol', text: alternative.word }, ...itemCells(alternative.items, values));
    fields = [...alternative.fields, ...fields];
  }
  for (const field of inWrittenOrder(fields, values)) cells.push(...fieldCells(field, values));
  return cells;
}

/** The verb that says what the statement's fields say. */
function verbOf(shape: Shape, values: Values): Verb {
  const fitting = shape.verbs.find((verb) => Object.entries(verb.sets ?? {}).every(([key, value]) => values[key] === value));
  return fitting ?? shape.verbs[0]!;
}

function itemCells(items: readonly Field[], values: Values): Cell[] {
  return items.flatMap((item) => {
    const value = valueIn(item, values);
    return value === undefined ? [] : [{ key: item.key, text: writeValue(item.kind, value) }];
  });
}

function fieldCells(field: Field, values: Values): Cell[] {
  const { key, kind, words = '' } = field;
  const value = valueIn(field, values);
  if (value === undefined || value === false || isEmptyList(value)) return [];
  if (kind === FLAG) return [{ key, text: words }];
  if (field.many === undefined) return [{ key, text: keyworded(field, writeValue(kind, value)) }];
  const texts = (value as unknown[]).map((each) => writeValue(kind, each));
  if (field.many === 'in a row') return [{ key, text: keyworded(field, texts.join(' ')) }];
  return texts.map((text) => ({ key, text: keyworded(field, text) }));
}

/** The keyword may be left away where the value is known without it. */
function keyworded(field: Field, text: string): string {
  if (field.bare === true) {
    const isString = text.startsWith('"');
    const first = isString ? text : text.split(' ')[0]!;
    const token: Token = { type: isString ? 'string' : 'word', raw: first, text: first, open: false, at: NOWHERE };
    if (field.kind.starts(token, undefined as never)) return text;
  }
  return `${field.words} ${text}`;
}

const NOWHERE: Span = { file: '', line: 0, column: 0, length: 0 };

function writeValue(kind: Kind, value: unknown): string {
  return value instanceof Template ? value.text : kind.write(value);
}

/** The value of a field: in the statement itself, or in the part that it belongs to. */
export function valueIn(field: Field, values: Values): unknown {
  const holder = field.part === undefined ? values : (values[field.part] as Values | undefined);
  return holder?.[field.key];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** As they stand in the source, if they come from one; else as in the table. */
function inWrittenOrder(fields: readonly Field[], values: Values): readonly Field[] {
  const where = (values.where ?? {}) as Readonly<Record<string, Span>>;
  const place = (field: Field, index: number): number => {
    const path = field.part === undefined ? field.key : `${field.part}.${field.key}`;
    const at = where[path] ?? where[`${path}.0`];
    return at === undefined ? 1e12 + index : at.line * 1e6 + at.column;
  };
  return fields
    .map((field, index) => ({ field, place: place(field, index) }))
    .sort((x, y) => x.place - y.place)
    .map((each) => each.field);
}
