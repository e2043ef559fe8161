import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { type Loaded, parseScript } from '../../scenario/parser.ts';
import { ScriptError } from '../../scenario/text/problems.ts';
import type { Script } from '../../scenario/tree/script.ts';
import { Exit, Failure } from '../failure.ts';

/** Bytes of a script; more is something else. */
const MOST = 16 * 1024 * 1024;
/** First bytes of capture files, in hex. */
const CAPTURES = /^(d4c3b2a1|a1b2c3d4|4d3cb2a1|a1b23c4d|0a0d0d0a|1f8b)/;

/** Reads a script and everything it includes. Throws Failure: exit 3 if it cannot be read, 2 if it is not understood. */
export function readScript(path: string): Script {
  const text = readText(path);
  return understood(path, () => parseScript(text, path, { load }));
}

/** The text of a script; `-` is standard input. Throws Failure. */
export function readText(path: string): string {
  const text = textOf(path);
  if (typeof text === 'string') return text;
  throw new Failure(text.code, text.exit, `${path}: ${text.problem}`, { file: path });
}

/** Does what may throw a ScriptError, and throws a Failure in its place. */
export function understood<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScriptError)
      throw new Failure(error.code, Exit.usage, `the script is not understood\n${error.message}`, { file: path });
    throw error;
  }
}

/** Where a path that is written in a script leads: from the directory of that script. */
export function fromScript(path: string, file: string): string {
  return isAbsolute(path) || file === '-' ? normalize(path) : join(dirname(file), path);
}

function load(path: string, from: string): Loaded {
  const file = fromScript(path, from);
  const text = textOf(file);
  return typeof text === 'string' ? { file, text } : { problem: `${file}: ${text.problem}` };
}

interface Unread {
  readonly code: string;
  readonly exit: number;
  readonly problem: string;
}

function textOf(path: string): string | Unread {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    return { code: 'E_SCRIPT_UNREADABLE', exit: Exit.input, problem: reasonOf(error) };
  }
  const not = (problem: string): Unread => ({ code: 'E_SCRIPT', exit: Exit.usage, problem });
  if (CAPTURES.test(bytes.toString('hex', 0, 4))) return not(`this is a capture and no script: rxpath analyze ${path}`);
  if (bytes.length > MOST) return not(`a script has at most ${MOST / 1024 / 1024} MB`);
  const text = bytes.toString('utf8');
  if (text.includes('\ufffd') && !Buffer.from(text, 'utf8').equals(bytes)) return not('a script is UTF-8 text, and this is not');
  return text;
}

/** What the operating system says, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'this is a directory';
  if (code === 'ENOTDIR') return 'this is no directory';
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read';
  return message ?? String(error);
}
