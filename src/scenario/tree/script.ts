import type { HostStatement } from './host.ts';
import type { Node } from './node.ts';
import type { StepStatement } from './steps.ts';

export * from './expect.ts';
export type * from './host.ts';
export * from './node.ts';
export * from './steps.ts';
export type * from './values.ts';
export type * from './wire.ts';

/** `include FILE`: its statements stand here; `script` is null where only the text was wanted (the formatter). */
export interface IncludeStatement extends Node {
  readonly type: 'include';
  /** As written: relative to the including file. */
  readonly file: string;
  readonly script: Script | null;
}

export type Statement = HostStatement | StepStatement | IncludeStatement;

/** A parsed script, with everything that it includes. A file of host statements only is a server configuration. */
export interface Script {
  readonly file: string;
  readonly statements: readonly Statement[];
  /** Comments after the last statement. */
  readonly tail: readonly string[];
  /** Lines of this file and of those that it includes, by file name: for messages. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
}
