import { existsSync, realpathSync } from 'node:fs';
import type { Note } from '../../trace/run.ts';
import { Exit, Failure } from '../failure.ts';

/** Names of captures on a command line. Throws Failure for what is plainly meant otherwise. */
export function captureNames(argv: readonly unknown[], example: string): string[] {
  const names = argv as string[];
  if (names.length === 0) throw usage(`no capture is named; - is standard input. ${example}`);
  for (const name of names) {
    if (/\.scn(\.json)?$/.test(name)) throw usage(`${name} is a script, not a capture. To play it: rxpath run ${name}`);
    if (/^\d+$/.test(name) && !existsSync(name)) throw usage(`there is no capture ${name}. One frame in detail: --frame ${name}`);
  }
  return names;
}

/** What there is to say of names: a file that is there more than once, however it is named. */
export function notesOnNames(names: readonly string[]): Note[] {
  const met = new Map<string, string>();
  const again = new Set<string>();
  for (const name of names) {
    if (!existsSync(name)) continue;
    const path = realpathSync(name);
    const first = met.get(path);
    if (first === undefined) met.set(path, name);
    else again.add(first);
  }
  return [...again].map((text) => ({ code: 'given_twice', text }));
}

function usage(message: string): Failure {
  return new Failure('E_USAGE', Exit.usage, message);
}
