import type { createReporter } from '../../report/reporter.ts';
import type { Output } from '../../report/terminal/output.ts';
import type { EndInfo, Note, Progress } from '../../trace/run.ts';
import { Exit, Failure } from '../failure.ts';
import { Flags, type Interfaces } from '../oclif.ts';
import type { BodyFiles } from './bodies.ts';

export const VIEWS = ['frames', 'ladder', 'climb', 'paths', 'drops', 'sockets', 'http'] as const;

/** What every command that sends frames up the path lets the user choose of its output. */
export const outputFlags = {
  frames: Flags.boolean({ description: 'a line per frame', helpGroup: 'VIEW' }),
  ladder: Flags.boolean({ description: 'a sequence diagram of each conversation', helpGroup: 'VIEW' }),
  climb: Flags.boolean({ description: 'how high the frames climbed', helpGroup: 'VIEW' }),
  paths: Flags.boolean({ description: 'the different paths and their counts', helpGroup: 'VIEW' }),
  drops: Flags.boolean({ description: 'drops by reason and divergences, with what to do', helpGroup: 'VIEW' }),
  sockets: Flags.boolean({ description: 'the socket table', helpGroup: 'VIEW' }),
  http: Flags.boolean({
    description: 'HTTP requests, and how long until the first (TTFB) and last byte (Total) of their responses left',
    helpGroup: 'VIEW',
  }),
  frame: Flags.integer({ description: 'one frame phase by phase', min: 1, helpValue: 'N', helpGroup: 'VIEW' }),
  limit: Flags.integer({ description: 'at most so many rows in a table', min: 1, helpValue: 'N', helpGroup: 'VIEW' }),
  json: Flags.boolean({ description: 'JSON Lines', helpGroup: 'VIEW' }),
  lang: Flags.option({
    description: 'language of the words',
    options: ['en', 'zh'] as const,
    default: 'en' as const,
    helpGroup: 'VIEW',
  })(),
  ascii: Flags.boolean({ description: 'draw with ASCII characters only', helpGroup: 'VIEW' }),
  bodies: Flags.string({
    description: 'save the bodies of requests and responses in this directory, as they are (chunks joined, content-codings kept)',
    helpValue: 'DIR',
  }),
};

export type OutputFlags = Interfaces.InferredFlags<typeof outputFlags>;

/** Where a run is told: its reporter on standard output, its progress on standard error. */
export interface Telling {
  readonly output: Output;
  readonly reporter: ReturnType<typeof createReporter>;
  readonly progress: Progress;
  readonly json: boolean;
  /** The one frame that was asked for; 0: all. */
  readonly frame: number;
  /** Where bodies are saved; null: they are not. */
  readonly bodies: BodyFiles | null;
}

/** `notes`: remarks of the command's own, told with the run's. */
export async function openTelling(flags: OutputFlags, version: string, notes: readonly Note[] = []): Promise<Telling> {
  const [{ createReporter }, { standardOutput }, { makeProgress }] = await Promise.all([
    import('../../report/reporter.ts'),
    import('./standard-output.ts'),
    import('../../report/terminal/progress.ts'),
  ]);
  const { json, ascii, lang } = flags;
  const frame = flags.frame ?? 0;
  const bodies = flags.bodies === undefined ? null : new (await import('./bodies.ts')).BodyFiles(flags.bodies);
  const output = standardOutput();
  const views = VIEWS.filter((view) => flags[view]);
  const terminal = { env: process.env, stream: process.stdout };
  const reporter = createReporter(output, {
    json,
    frame,
    views,
    limit: flags.limit ?? 0,
    notes,
    ascii,
    lang,
    version,
    ...terminal,
  });
  const drawn = process.stdout.isTTY === true && (json || flags.frames);
  const progress = await makeProgress({ terminal: process.stderr.isTTY === true && !drawn, ascii, lang });
  return { output, reporter, progress, json, frame, bodies };
}

/** Throws where one frame was asked for that there was not; nobody is told where nobody reads. */
export function checkFrame({ reporter, output, frame }: Telling, info: EndInfo): void {
  if (reporter.found !== false || output.closed) return;
  if (frame <= info.packets)
    throw new Failure('E_USAGE', Exit.usage, `frame ${frame} was not replayed: the captured server sent it.`);
  throw new Failure('E_USAGE', Exit.usage, `there is no frame ${frame}: the last one is ${info.packets}.`);
}
