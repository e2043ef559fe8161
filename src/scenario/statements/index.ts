import type { Kind } from '../kinds/kind.ts';
import { CLIENT } from '../kinds/names.ts';
import { COUNT, INTEGER } from '../kinds/numbers.ts';
import { STEP_TIME } from '../kinds/times.ts';
import { EXPECT_SHAPES } from './expect.ts';
import { HOST_SHAPES } from './host.ts';
import { allFields, type Shape, splitWords, type Verb } from './shape.ts';
import { STEP_SHAPES } from './steps.ts';
import { WIRE_SHAPES } from './wire.ts';

export { EXPECT_SHAPES, HOST_SHAPES };

/** Everything that may be a step; a step may have a time and expectations. */
export const ACTION_SHAPES: readonly Shape[] = [...STEP_SHAPES, ...WIRE_SHAPES];

/** Statements that begin with their verb, and those that begin with who does it. */
export const VERB_SHAPES: readonly Shape[] = [...HOST_SHAPES, ...ACTION_SHAPES].filter((shape) => shape.subject === undefined);
export const SUBJECT_SHAPES: readonly Shape[] = ACTION_SHAPES.filter((shape) => shape.subject !== undefined);

export const HOST_TYPES: ReadonlySet<string> = new Set(HOST_SHAPES.map((shape) => shape.type));

/** Words that begin something else than one statement. */
export const STRUCTURE_WORDS = ['repeat', 'for', 'end', 'include', 'expect'] as const;

/** All spellings of a verb, each as words. */
export function spellings(verb: Verb): readonly (readonly string[])[] {
  return [verb.words, ...(verb.aliases ?? [])].map(splitWords);
}

/** First words of these shapes' verbs, for suggestions. */
export function firstWords(shapes: readonly Shape[]): readonly string[] {
  return [...new Set(shapes.flatMap((shape) => shape.verbs.map((verb) => splitWords(verb.words)[0]!)))];
}

/** The shape of a statement of the tree. */
export function shapeOf(statement: { readonly type: string; readonly protocol?: unknown }): Shape | undefined {
  return (
    SHAPES.get(statement.type)?.find((shape) => shape.verbs.length === 0 || fits(shape, statement)) ??
    SHAPES.get(statement.type)?.[0]
  );
}

/** The table of an expectation: of those of its type, the one whose verb says its protocol. */
export function expectationShape(expectation: { readonly type: string; readonly protocol?: unknown }): Shape {
  const shapes = EXPECT_SHAPES.filter((shape) => shape.type === expectation.type);
  return shapes.find((shape) => fits(shape, expectation)) ?? shapes[0]!;
}

/** A verb of the shape says of `protocol` what the statement says. */
function fits(shape: Shape, statement: { readonly protocol?: unknown }): boolean {
  return shape.verbs.some((verb) => verb.sets?.protocol === undefined || verb.sets.protocol === statement.protocol);
}

const SHAPES = new Map<string, Shape[]>();
for (const shape of [...HOST_SHAPES, ...ACTION_SHAPES]) SHAPES.set(shape.type, [...(SHAPES.get(shape.type) ?? []), shape]);

// biome-ignore lint/suspicious/noExplicitAny: kinds of all values, found again by the name in a template
export const KINDS: ReadonlyMap<string, Kind<any>> = new Map(
  [
    ...[...HOST_SHAPES, ...ACTION_SHAPES, ...EXPECT_SHAPES].flatMap(allFields).map((field) => field.kind),
    STEP_TIME,
    COUNT,
    INTEGER,
    CLIENT,
  ].map((kind) => [kind.name, kind]),
);
