import { parseScript } from '../../src/scenario/parser.ts';
import { ScriptError } from '../../src/scenario/text/problems.ts';
import type { Script, Statement } from '../../src/scenario/tree/script.ts';
import { Template } from '../../src/scenario/tree/steps.ts';

/** Says who there is, so that single lines can be understood. */
export const PREAMBLE = `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip 2001:db8::1/64 phy 10base-t
client alice ip 10.0.0.10
client bob ip 10.0.0.11
client carol ip 2001:db8::c
`;
const LINES = PREAMBLE.split('\n').length - 1;

/** Files that can be included, by name. */
export type Files = Readonly<Record<string, string>>;

export function scriptOf(text: string, file = 'a.scn', files: Files = {}): Script {
  const load = (path: string): { file: string; text: string } | { problem: string } => {
    const found = files[path];
    return found === undefined ? { problem: `${path}: there is no such file` } : { file: path, text: found };
  };
  return parseScript(text, file, { load });
}

/** Everything that is wrong with a script, as it is printed; empty: nothing. */
export function problemsOf(text: string, file = 'a.scn', files: Files = {}): string {
  try {
    scriptOf(text, file, files);
    return '';
  } catch (error) {
    if (error instanceof ScriptError) return error.message;
    throw error;
  }
}

/** The statement that a line after the preamble is; `before`: lines between the two. */
export function statementOf(line: string, before = ''): Statement {
  return scriptOf(`${PREAMBLE}${before}${line}\n`).statements.at(-1)!;
}

/** What is wrong with one line after the preamble, without file and line number: `column: message`, caret and hint. */
export function wrongLine(line: string, before = ''): string {
  const number = LINES + before.split('\n').length;
  return problemsOf(`${PREAMBLE}${before}${line}\n`).replaceAll(`a.scn:${number}:`, '');
}

/** The tree without positions and comments; templates as `{ template, kind }`. */
export function bare(value: unknown): unknown {
  if (value instanceof Template) return { template: value.text, kind: value.kind };
  if (Array.isArray(value)) return value.map(bare);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return undefined;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!['at', 'where', 'comments', 'endComments', 'sources', 'tail'].includes(key)) out[key] = bare(inner);
  }
  return out;
}

/** As `bare`, with comments. */
export function tree(value: unknown): unknown {
  if (value instanceof Template) return { template: value.text, kind: value.kind };
  if (Array.isArray(value)) return value.map(tree);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (!['at', 'where', 'sources', 'file'].includes(key)) out[key] = tree(inner);
  return out;
}
