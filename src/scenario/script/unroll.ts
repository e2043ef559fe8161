import { HOST_TYPES, KINDS } from '../statements/index.ts';
import { REPEAT_VARIABLE } from '../statements/loops.ts';
import { lexLine } from '../text/lexer.ts';
import { problemAt, ScriptError } from '../text/problems.ts';
import { Cursor, Wrong } from '../text/tokens.ts';
import { NO_SCOPE, type Scope } from '../text/variables.ts';
import type { ForStatement, HostStatement, PatternStep, RepeatStatement, Script, Span, Statement, Step } from '../tree/script.ts';
import { Template } from '../tree/steps.ts';

/**
 * The steps of a script in their order, one at a time: loops are run as they are asked for, so that memory does not grow with their
 * rounds. Throws ScriptError where a value is wrong in a later round than the first (`port $n` beyond 65535).
 */
export function* steps(script: Script): Generator<Step, void, undefined> {
  yield* unroll(script.statements, NO_SCOPE, script);
}

/** The host part of a script and of everything that it includes. */
export function hostStatements(script: Script): HostStatement[] {
  return script.statements.flatMap((statement): HostStatement[] => {
    if (statement.type === 'include') return statement.script === null ? [] : hostStatements(statement.script);
    return HOST_TYPES.has(statement.type) ? [statement as HostStatement] : [];
  });
}

function* unroll(statements: readonly Statement[], scope: Scope, script: Script): Generator<Step, void, undefined> {
  for (const statement of statements) {
    if (statement.type === 'include') {
      if (statement.script !== null) yield* unroll(statement.script.statements, scope, script);
    } else if (statement.type === 'repeat' || statement.type === 'for') {
      for (const inner of rounds(statement, scope, script)) yield* unroll(statement.body, inner, script);
    } else if (statement.type === 'pattern') yield instantiate(statement, scope, script);
    else if (!HOST_TYPES.has(statement.type)) yield statement as Step;
  }
}

/** The variables of each round of a loop. */
function* rounds(loop: RepeatStatement | ForStatement, scope: Scope, script: Script): Generator<Scope, void, undefined> {
  const inner = new Map(scope);
  if (loop.type === 'for' && loop.values.type === 'list') {
    for (const word of loop.values.words) yield inner.set(loop.variable, word);
    return;
  }
  const { variable, first, last, step } = boundsOf(loop, scope, script);
  for (let value = first; value <= last; value += step) yield variable === null ? inner : inner.set(variable, String(value));
}

interface LoopBounds {
  /** Null: a `repeat` inside a loop that has its variable already. */
  readonly variable: string | null;
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

function boundsOf(loop: RepeatStatement | ForStatement, scope: Scope, script: Script): LoopBounds {
  if (loop.type === 'repeat') {
    const variable = scope.has(REPEAT_VARIABLE) ? null : REPEAT_VARIABLE;
    return { variable, first: 1, last: numberOf(loop.count, scope, script), step: 1 };
  }
  const { values } = loop;
  if (values.type === 'list') return { variable: loop.variable, first: 0, last: -1, step: 1 };
  const first = numberOf(values.first, scope, script);
  return { variable: loop.variable, first, last: numberOf(values.last, scope, script), step: values.step };
}

function numberOf(value: number | Template, scope: Scope, script: Script): number {
  return typeof value === 'number' ? value : (resolveTemplate(value, scope, script) as number);
}

/** The variables of a loop's first and last round; null: it has none, or only one. */
export function firstAndLast(
  loop: RepeatStatement | ForStatement,
  scope: Scope,
  script: Script,
): { first: Scope | null; last: Scope | null } {
  const round = (variable: string | null, value: string | number): Scope =>
    variable === null ? scope : new Map([...scope, [variable, String(value)]]);
  if (loop.type === 'for' && loop.values.type === 'list') {
    const [first, ...more] = loop.values.words;
    const last = more.at(-1);
    return {
      first: first === undefined ? null : round(loop.variable, first),
      last: last === undefined ? null : round(loop.variable, last),
    };
  }
  const { variable, first, last, step } = boundsOf(loop, scope, script);
  if (last < first) return { first: null, last: null };
  const end = first + Math.floor((last - first) / step) * step;
  return { first: round(variable, first), last: end === first ? null : round(variable, end) };
}

/** The step that a pattern is with these variables. Throws ScriptError. */
export function instantiate(pattern: PatternStep, scope: Scope, script: Script): Step {
  return fill(pattern.step, scope, script) as Step;
}

/** Parts of a statement that have no values. */
const KEPT: ReadonlySet<string> = new Set(['at', 'where', 'comments']);

function fill(value: unknown, scope: Scope, script: Script): unknown {
  if (value instanceof Template) return resolveTemplate(value, scope, script);
  if (Array.isArray(value)) return value.map((each) => fill(each, scope, script));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    out[key] = KEPT.has(key) ? inner : fill(inner, scope, script);
  }
  return out;
}

/** Throws ScriptError. */
function resolveTemplate(template: Template, scope: Scope, script: Script): unknown {
  const fail = (_at: Span, message: string, hint?: string): never => {
    const values = [...scope].map(([name, value]) => `${name} = ${value}`).join(', ');
    const where = values === '' ? '' : ` (where ${values})`;
    throw new ScriptError([problemAt(script.sources, template.at, `${message}${where}`, hint)]);
  };
  const { tokens } = lexLine(template.text, template.at.file, template.at.line, scope, fail);
  const cursor = new Cursor(tokens, template.at);
  try {
    const value: unknown = KINDS.get(template.kind)!.read(cursor);
    if (!cursor.done) fail(template.at, `\`${tokens.map((token) => token.text).join(' ')}\` is more than one value`);
    return value;
  } catch (error) {
    if (error instanceof Wrong) return fail(error.at, error.message, error.hint);
    throw error;
  }
}
