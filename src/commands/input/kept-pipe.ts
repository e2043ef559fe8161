import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inspect } from '../../capture/source.ts';

/** Paths that can all be read twice. */
export interface KeptPaths {
  readonly paths: readonly string[];
  /** Removes what was kept. */
  forget(): Promise<void>;
}

/** Reads pipes to their end into files of a temporary directory. Rejects with CaptureError for a path that cannot be read. */
export async function keepPipe(paths: readonly string[]): Promise<KeptPaths> {
  const rewindable: boolean[] = [];
  for (const path of paths) rewindable.push((await inspect(path)).rewindable);
  if (rewindable.every((is) => is)) return { paths, forget: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'rxpath-'));
  const forget = (): Promise<void> => rm(directory, { recursive: true, force: true });
  // an interrupt ends the writer of the pipe too: what it has sent is replayed; the next one ends us
  process.once('SIGINT', () => {});
  try {
    const kept: string[] = [];
    for (const [i, path] of paths.entries()) {
      if (rewindable[i] === true) {
        kept.push(path);
        continue;
      }
      const file = join(directory, `${i}.capture`);
      await pipeline(path === '-' ? process.stdin : createReadStream(path), createWriteStream(file, { mode: 0o600 }));
      kept.push(file);
    }
    return { paths: kept, forget };
  } catch (error) {
    await forget();
    throw error;
  }
}
