import { execSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder = '';

/**
 * Builds the package as its own script does, once for this process, and gives the folder's name: a command starts several times as fast
 * as from its source. It goes when the process ends.
 */
export function build(): string {
  if (folder !== '') return folder;
  folder = `dist-test-${process.pid}`;
  const { build: script } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).scripts as { build: string };
  const bundle = script.slice(script.indexOf('esbuild ')).replace('--outdir=dist/', `--outdir=${folder}/`);
  const env = { ...process.env, PATH: `${ROOT}node_modules/.bin${delimiter}${process.env.PATH}` };
  process.on('exit', () => rmSync(`${ROOT}${folder}`, { recursive: true, force: true }));
  execSync(bundle, { cwd: ROOT, env, stdio: 'pipe' });
  return folder;
}
