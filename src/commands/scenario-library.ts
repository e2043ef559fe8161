import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../trace/nearest.ts';
import { Exit, Failure } from './failure.ts';

const LIBRARY = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));
const SCRIPT = /\.scn(\.json)?$/;

/** A scenario that comes with the package. */
export interface Shipped {
  /** Without directory and `.scn`. */
  readonly name: string;
  readonly path: string;
  /** Its first comment line. */
  readonly about: string;
}

/** The shipped scenarios, the tour first. */
export function shipped(): Shipped[] {
  return scriptsBelow(LIBRARY).map((path) => {
    const first = /^#\s*(.*)$/m.exec(readFileSync(path, 'utf8').slice(0, 400));
    return { name: basename(path).replace(SCRIPT, ''), path, about: (first?.[1] ?? '').replace(/^[\w.-]+\.scn:\s*/, '') };
  });
}

/** The shipped scenario of that name. Throws a Failure that suggests others. */
export function shippedNamed(name: string): Shipped {
  const all = shipped();
  const wanted = name.replace(SCRIPT, '');
  const found = all.find(
    ({ name: own }) => own === wanted || own.replace(/^\d+-/, '') === wanted || /^\d+/.exec(own)?.[0] === wanted,
  );
  if (found !== undefined) return found;
  const near = nearest(
    wanted,
    all.map((one) => one.name.replace(/^\d+-/, '')),
    3,
  );
  const hint = near.length === 0 ? 'rxpath scenarios lists those that there are' : `did you mean ${near.join(' or ')}?`;
  throw new Failure('E_USAGE', Exit.usage, `there is no script ${name}, here or among the shipped scenarios: ${hint}`);
}

/** What a command was asked to run: files as they are (`-` is standard input), the scripts below a directory, a shipped scenario by its name. */
export function findScripts(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (name === '-') return [name];
    if (!existsSync(name)) return [shippedNamed(name).path];
    if (!statSync(name).isDirectory()) return [name];
    const found = scriptsBelow(name);
    if (found.length === 0) throw new Failure('E_USAGE', Exit.usage, `${name}: there is no script (.scn) below it`);
    return found;
  });
}

/** Paths of the scripts below a directory, in the order of their names; hidden ones and node_modules are not looked into. */
export function scriptsBelow(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return scriptsBelow(path);
    return SCRIPT.test(entry.name) ? [path] : [];
  });
}
