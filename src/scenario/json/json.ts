import { type Json, jsonOf } from '../kinds/kind.ts';
import { STEP_TIME } from '../kinds/times.ts';
import { expectationShape, shapeOf } from '../statements/index.ts';
import type { Field, Shape } from '../statements/shape.ts';
import { valueIn } from '../statements/write-statement.ts';
import type { Problems } from '../text/problems.ts';
import type { Comments, Expectation, ForStatement, Script, Span, Statement } from '../tree/script.ts';
import { Template } from '../tree/steps.ts';
import { JsonBuilder } from './builder.ts';
import { type JsonNode, readJson } from './reader.ts';

/** What the JSON form says that it is. */
export const FORMAT = 'rxpath-scenario-1.0';

type Values = Readonly<Record<string, unknown>>;
type Out = Record<string, Json>;

/** The JSON form of a script: the same tree without positions; values as a script writes them, numbers and texts as JSON has them. */
export function scriptToJson(script: Script): Json {
  return {
    format: FORMAT,
    statements: script.statements.flatMap(statementToJson),
    ...(script.tail.length === 0 ? {} : { tail: [...script.tail] }),
  };
}

/** Reads the JSON form; tells `problems` what is wrong, and gives what could be understood. */
export function parseJson(
  text: string,
  file: string,
  include: (path: string, at: Span) => Script | null,
  problems: Problems,
): Script {
  problems.sources.set(file, text.split(/\r\n|\n|\r/));
  const root = readJson(text.replace(/^\ufeff/, ''), file, (at, message, hint) => problems.add(at, message, hint));
  if (root === null) return { file, statements: [], tail: [], sources: problems.sources };
  return new JsonBuilder(file, include, problems).script(root as JsonNode);
}

function statementToJson(statement: Statement): Json {
  const comments = commentsToJson(statement.comments);
  switch (statement.type) {
    case 'include':
      return { type: 'include', ...comments, file: statement.file };
    case 'repeat':
      return {
        type: 'repeat',
        ...comments,
        count: bound(statement.count),
        body: statement.body.map(statementToJson),
        ...endComments(statement.endComments),
      };
    case 'for':
      return {
        type: 'for',
        ...comments,
        variable: statement.variable,
        in: forValues(statement),
        body: statement.body.map(statementToJson),
        ...endComments(statement.endComments),
      };
    case 'check':
      return { type: 'check', ...comments, expects: statement.expects.map(expectationToJson) };
    default:
      return simpleToJson((statement.type === 'pattern' ? statement.step : statement) as Values & { type: string }, comments);
  }
}

function forValues({ values }: ForStatement): Json {
  if (values.type === 'list') return [...values.words];
  return { first: bound(values.first), last: bound(values.last), ...(values.step === 1 ? {} : { step: values.step }) };
}

function bound(value: number | Template): Json {
  return value instanceof Template ? { template: value.text } : value;
}

function simpleToJson(values: Values & { type: string }, comments: Out): Json {
  const shape = shapeOf(values)!;
  const out: Out = { type: values.type, ...comments };
  if (values.time !== undefined)
    out.time = values.time instanceof Template ? { template: values.time.text } : jsonOf(STEP_TIME, values.time);
  putFields(out, shape, values);
  const expects = (values.expects ?? []) as readonly Expectation[];
  if (expects.length > 0) out.expects = expects.map(expectationToJson);
  return out;
}

function expectationToJson(expectation: Expectation): Json {
  const out: Out = { type: expectation.type, ...commentsToJson(expectation.comments) };
  putFields(out, expectationShape(expectation), expectation as unknown as Values);
  return out;
}

function putFields(out: Out, shape: Shape, values: Values): void {
  for (const verb of shape.verbs) {
    for (const key of Object.keys(verb.sets ?? {})) if (values[key] !== false) out[key] = values[key] as Json;
  }
  const put = (fields: readonly Field[]): void => {
    for (const field of fields) putField(out, field, valueIn(field, values));
  };
  if (shape.subject !== undefined) put([shape.subject]);
  put(shape.items);
  if (shape.variant !== undefined) {
    const { key, tag, of } = shape.variant;
    const word = (values[key] as Values)[tag] as string;
    const alternative = of.find((each) => each.word === word)!;
    out[key] = { [tag]: word };
    put([...alternative.items, ...alternative.fields]);
  }
  put(shape.fields);
}

function putField(out: Out, field: Field, value: unknown): void {
  if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) return;
  const target = field.part === undefined ? out : ((out[field.part] ??= {}) as Out);
  target[field.key] =
    field.many === undefined ? valueToJson(field, value) : (value as unknown[]).map((each) => valueToJson(field, each));
}

function valueToJson(field: Field, value: unknown): Json {
  return value instanceof Template ? { template: value.text } : jsonOf(field.kind, value);
}

function commentsToJson(comments: Comments | undefined): Out {
  if (comments === undefined) return {};
  return { comments: commentsOut(comments) };
}

function endComments(comments: Comments | undefined): Out {
  return comments === undefined ? {} : { endComments: commentsOut(comments) };
}

function commentsOut({ before, after }: Comments): Json {
  return { ...(before.length === 0 ? {} : { before: [...before] }), ...(after === undefined ? {} : { after }) };
}
