import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
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
  /** Its first comment line, without its own name or number before it. */
  readonly about: string;
  /** It is a step of the tour. */
  readonly isTour: boolean;
}

/** The shipped scenarios, the tour first. */
export function shipped(): Shipped[] {
  const all = scriptsBelow(LIBRARY).map((path) => {
    const first = /^#\s*(.*)$/m.exec(readFileSync(path, 'utf8').slice(0, 400));
    const about = (first?.[1] ?? '')
      .replace(/^([\w.-]+\.scn|\d+):\s*/, '')
      .replace(/^[a-z](?=[a-z]* )/, (sign) => sign.toUpperCase());
    const name = basename(path).replace(SCRIPT, '');
    return { name, path, about, isTour: /^\d/.test(name) };
  });
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a script is called: one of the package by its name, as it may be asked for; others by their path. */
export function calledBy(path: string): string {
  return path.startsWith(LIBRARY + sep) ? basename(path).replace(SCRIPT, '') : path;
}

/** The step of the tour that follows a script; null: none does. */
export function nextOfTour(path: string): string | null {
  const tour = shipped().filter(({ isTour }) => isTour);
  const at = tour.findIndex((one) => one.path === path);
  return at < 0 ? null : (tour[at + 1]?.name ?? null);
}

/** The shipped scenario of that name. Throws a Failure that suggests others. */
export function shippedNamed(name: string): Shipped {
  const all = shipped();
  const wanted = name.replace(SCRIPT, '');
  const found = all.find(
    ({ name: own }) => own === wanted || own.replace(/^\d+-/, '') === wanted || /^\d+/.exec(own)?.[0] === wanted,
  );
  if (found !== undefined) return found;
  const bare = (text: string) => text.replace(/^\d+-/, '');
  const near = nearest(
    bare(wanted),
    all.map((one) => bare(one.name)),
    3,
  ).map((found) => all.find((one) => bare(one.name) === found)!.name);
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
