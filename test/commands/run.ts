import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { build, ROOT } from './build.ts';

export { ROOT };
export const BIN = `${ROOT}test/commands/run-build.js`;

/** Colour and debugging as a script would have them. */
export const ENV: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', RXPATH_BUILD: build() };

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in a process of its own, in the package's folder. */
export function rxpath(args: readonly string[], options: { input?: Buffer | string; env?: NodeJS.ProcessEnv } = {}): Ran {
  return ran(
    spawnSync(process.execPath, [BIN, ...args], {
      cwd: ROOT,
      env: { ...ENV, ...options.env },
      input: options.input ?? '',
      maxBuffer: 1 << 28,
    }),
  );
}

/** Runs a line of bash in which `rxpath` is the command line. */
export function bash(script: string): Ran {
  const line = `rxpath() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }; ${script}`;
  return ran(spawnSync('bash', ['-c', line], { cwd: ROOT, env: ENV, maxBuffer: 1 << 28 }));
}

function ran(result: SpawnSyncReturns<Buffer>): Ran {
  return { code: result.status, out: result.stdout.toString(), err: result.stderr.toString() };
}
