import { existsSync } from 'node:fs';
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

function usage(message: string): Failure {
  return new Failure('E_USAGE', Exit.usage, message);
}
