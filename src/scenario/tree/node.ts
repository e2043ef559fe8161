import type { Expectation } from './expect.ts';
import type { Span, StepTime } from './values.ts';

/** What stands around a statement, for the formatter: whole lines before it (empty: a blank line) and what follows `#` on its own line. */
export interface Comments {
  readonly before: readonly string[];
  readonly after?: string;
}

/** What every statement has besides its own fields. */
export interface Node {
  readonly at: Span;
  /** Where each field's value stands, by the field's name; `ip.0`, `ip.1` for those that may be there several times. */
  readonly where: Readonly<Record<string, Span>>;
  readonly comments?: Comments;
}

/** Something that happens at a time, and what is expected of it. */
export interface StepNode extends Node {
  /** Absent: when the step before has settled. */
  readonly time?: StepTime;
  readonly expects: readonly Expectation[];
}

/** The span of a field, else of the whole statement. */
export function spanOf(node: Node, field: string): Span {
  return node.where[field] ?? node.at;
}
