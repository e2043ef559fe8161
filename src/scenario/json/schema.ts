import { FLAG, type Kind, type Schema } from '../kinds/kind.ts';
import { VARIABLE } from '../kinds/names.ts';
import { COUNT, INTEGER } from '../kinds/numbers.ts';
import { FILE } from '../kinds/text.ts';
import { STEP_TIME } from '../kinds/times.ts';
import { ACTION_SHAPES, EXPECT_SHAPES, HOST_SHAPES } from '../statements/index.ts';
import type { Alternative, Field, Shape, Variant } from '../statements/shape.ts';
import { FORMAT } from './json.ts';

/** JSON Schema (draft 2020-12) of the JSON form, made from the same tables as the parser. */
export function scenarioSchema(): Schema {
  const defs = new Map<string, Schema>();
  const closed = (kind: Kind): Schema => {
    if (kind === FLAG) return { type: 'boolean' };
    defs.set(`value_${kind.name}`, { ...kind.schema, description: kind.expected });
    return ref(`value_${kind.name}`);
  };
  /** In steps a value may wait for a variable. */
  const open = (kind: Kind): Schema => {
    if (kind === FLAG) return { type: 'boolean' };
    defs.set(`step_${kind.name}`, { anyOf: [closed(kind), ref('template')] });
    return ref(`step_${kind.name}`);
  };
  const host = HOST_SHAPES.map((shape) => statement(shape, closed, {}));
  const steps = ACTION_SHAPES.map((shape) =>
    statement(shape, open, { time: open(STEP_TIME), expects: list(ref('expectation')) }),
  );
  const expectations = EXPECT_SHAPES.map((shape) => statement(shape, open, {}));
  const inLoop = [
    ...steps,
    loop('repeat', { count: open(COUNT) }),
    loop('for', { variable: closed(VARIABLE), in: ref('range') }),
    check(),
  ];
  const include = object({ type: { const: 'include' }, file: closed(FILE), comments: ref('comments') }, ['type', 'file']);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:rxpath:schema:scenario:1.0',
    title: 'rxpath scenario, or server configuration',
    ...object(
      {
        $schema: { type: 'string' },
        format: { const: FORMAT },
        statements: list({ anyOf: [ref('host'), ref('step'), include] }),
        tail: { ...list({ type: 'string' }), description: 'comments after the last statement' },
      },
      ['format', 'statements'],
    ),
    $defs: {
      host: { oneOf: host },
      step: { oneOf: inLoop },
      expectation: { oneOf: expectations },
      comments: object({ before: list({ type: 'string' }), after: { type: 'string' } }, []),
      template: {
        ...object({ template: { type: 'string' } }, ['template']),
        description: 'a value with variables in it, as a script writes it: { "template": "10.0.0.$n" }',
      },
      range: {
        oneOf: [
          list({ type: 'string', minLength: 1 }),
          object({ first: open(INTEGER), last: open(INTEGER), step: { type: 'integer', minimum: 1 } }, ['first', 'last']),
        ],
      },
      ...Object.fromEntries([...defs].sort(byName)),
    },
  };
}

type ValueSchema = (kind: Kind) => Schema;

function statement(shape: Shape, value: ValueSchema, own: Readonly<Record<string, Schema>>): Schema {
  const fields = [...(shape.subject === undefined ? [] : [shape.subject]), ...shape.items, ...shape.fields];
  const properties: Record<string, Schema> = { type: { const: shape.type }, comments: ref('comments'), ...own };
  const needed = ['type'];
  for (const key of new Set(shape.verbs.flatMap((verb) => Object.keys(verb.sets ?? {})))) {
    const values = shape.verbs.map((verb) => verb.sets![key]);
    properties[key] = { enum: values };
    if (!values.includes(false)) needed.push(key);
  }
  Object.assign(properties, propertiesOf(fields, undefined, value));
  needed.push(...neededOf(fields, undefined));
  for (const part of new Set(fields.flatMap((each) => (each.part === undefined ? [] : [each.part])))) {
    properties[part] = object(propertiesOf(fields, part, value), neededOf(fields, part));
  }
  if (shape.variant !== undefined) {
    const { key, of } = shape.variant;
    properties[key] = { oneOf: of.map((each) => alternative(each, shape.variant!, value)) };
    needed.push(key);
  }
  return { ...object(properties, needed), ...(shape.about === undefined ? {} : { description: shape.about }) };
}

function alternative({ word, items, fields }: Alternative, { key, tag }: Variant, value: ValueSchema): Schema {
  const all = [...items, ...fields];
  return object({ [tag]: { const: word }, ...propertiesOf(all, key, value) }, [tag, ...neededOf(all, key)]);
}

function propertiesOf(fields: readonly Field[], part: string | undefined, value: ValueSchema): Record<string, Schema> {
  return Object.fromEntries(fields.filter((field) => field.part === part).map((field) => [field.key, of(field, value)]));
}

function neededOf(fields: readonly Field[], part: string | undefined): string[] {
  const isNeeded = (field: Field): boolean => field.needed === true || (field.words === undefined && field.optional !== true);
  return fields.filter((field) => field.part === part && isNeeded(field)).map((field) => field.key);
}

function of(field: Field, value: ValueSchema): Schema {
  return field.many === undefined ? value(field.kind) : list(value(field.kind));
}

function loop(type: string, own: Readonly<Record<string, Schema>>): Schema {
  const properties = {
    type: { const: type },
    comments: ref('comments'),
    endComments: ref('comments'),
    ...own,
    body: list(ref('step')),
  };
  return object(properties, ['type', 'body', ...Object.keys(own)]);
}

function check(): Schema {
  return {
    ...object({ type: { const: 'check' }, comments: ref('comments'), expects: list(ref('expectation')) }, ['type', 'expects']),
    description: 'expectations of the run so far',
  };
}

function object(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: 'object', additionalProperties: false, properties, ...(required.length === 0 ? {} : { required }) };
}

function list(items: Schema): Schema {
  return { type: 'array', items };
}

function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

function byName(x: readonly [string, unknown], y: readonly [string, unknown]): number {
  return x[0] < y[0] ? -1 : 1;
}
