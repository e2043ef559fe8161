import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { ROOT } from './build.ts';
import type { Ran } from './run.ts';

const { Config, run, settings } = createRequire(import.meta.url)('@oclif/core') as typeof import('@oclif/core');
type Config = InstanceType<typeof Config>;

/** What a script has around it: no colour, and no terminal. */
const ENV = { NO_COLOR: '1' };
let config: Promise<Config> | null = null;

/**
 * Runs the command line from its source in this process: many times as fast as in one of its own. Not for what reads standard input, is
 * interrupted, or loads a program of the user's, and not for help, which asks this process for its terminal: that is what `rxpath` is for.
 */
export async function inProcess(args: readonly string[]): Promise<Ran> {
  config ??= load();
  const folder = mkdtempSync(join(tmpdir(), 'rxpath-streams-'));
  const [out, err] = [new StandardStream(join(folder, 'out')), new StandardStream(join(folder, 'err'))];
  const restore = [replace('stdout', out), replace('stderr', err), replace('env', ENV)];
  let code = 0;
  try {
    await run([...args], await config);
  } catch (error) {
    const exit = (error as { oclif?: { exit?: number } }).oclif?.exit;
    if (exit === undefined) throw error;
    code = exit;
  } finally {
    for (const one of restore) one();
    // commands keep the heap of their process small; this one has others to run
    setFlagsFromString('--heap-growing-percent=0');
  }
  const ran = { code, out: out.text(), err: err.text() };
  rmSync(folder, { recursive: true });
  return ran;
}

/** oclif's view of the package, with the commands from their source. */
function load(): Promise<Config> {
  settings.enableAutoTranspile = false;
  const pjson = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8').replace(/\.\/dist\/([^"]+)\.js"/g, './src/$1.ts"'));
  return Config.load({ root: ROOT, pjson, ignoreManifest: true, userPlugins: false, devPlugins: false });
}

/** A standard stream that goes to a file. */
class StandardStream {
  readonly fd: number;
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
    this.fd = openSync(path, 'w');
  }

  write(text: string): boolean {
    writeSync(this.fd, text);
    return true;
  }

  text(): string {
    closeSync(this.fd);
    return readFileSync(this.path, 'utf8');
  }
}

/** Gives what puts it back. */
function replace(name: 'stdout' | 'stderr' | 'env', value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(process, name)!;
  Object.defineProperty(process, name, { configurable: true, enumerable: true, value });
  return () => void Object.defineProperty(process, name, own);
}
