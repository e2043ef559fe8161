import { existsSync, statSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import type { ScriptResult, SuiteFormat } from '../report/views/suite.ts';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { keepHeapSmall } from './memory.ts';
import { Args, Flags } from './oclif.ts';
import { type OutputFlags, openTelling, outputFlags, VIEWS } from './output/output-flags.ts';
import type { Choices } from './play.ts';
import { profileFlag } from './profile-flag.ts';

/** Milliseconds without a further change before a script is run again: editors write in several steps. */
const CALM = 80;

export default class Run extends BaseCommand {
  static override summary = 'Play a script: clients, frames, faults, and what must come of them.';
  static override description =
    `A script (.scn) says which host there is, what its clients do, what the wire carries, and what is expected. Time is virtual: waiting costs
nothing, and the same seed gives the same bytes. A directory stands for all scripts below it, which are then run like tests: a line each,
failures in full, a summary. Scenarios that come with rxpath are run by their name: rxpath scenarios lists them.

Exit codes: 0 done, 1 an expectation failed, 2 usage, or a script that cannot be understood.`;
  static override examples = [
    { description: 'One script:', command: '<%= config.bin %> run first.scn' },
    { description: 'A shipped scenario by its name:', command: '<%= config.bin %> run 01-line-signal' },
    {
      description: 'All scripts below a directory, for CI:',
      command: '<%= config.bin %> run scenarios --reporter junit > report.xml',
    },
    { description: 'One frame phase by phase:', command: '<%= config.bin %> run first.scn --frame 6' },
    { description: 'How a frame looks on the line:', command: '<%= config.bin %> run 01-line-signal --signal 1' },
    { description: 'Again whenever the script changes:', command: '<%= config.bin %> run first.scn --watch' },
  ];
  static override strict = false;
  static override usage = 'run SCRIPT|DIRECTORY|NAME... [FLAGS]';
  static override args = {
    script: Args.string({
      description: 'scripts, directories with scripts, names of shipped scenarios',
      ignoreStdin: true,
      required: false,
    }),
  };
  static override flags = {
    ...outputFlags,
    signal: Flags.integer({
      description: 'draw the first bits of one frame as the line signal that came to the phy',
      min: 1,
      helpValue: 'N',
      helpGroup: 'VIEW',
    }),
    profile: profileFlag,
    seed: Flags.integer({
      description: 'of everything that is left to chance; default: what the script says',
      min: 1,
      helpValue: 'N',
    }),
    reporter: Flags.string({
      description: 'how several scripts are told of: lines for people, TAP 14, JUnit XML',
      options: ['lines', 'tap', 'junit'],
    }),
    watch: Flags.boolean({ description: 'run again when a script changes' }),
  };

  async run(): Promise<void> {
    keepHeapSmall();
    const { argv, flags } = await this.parse(Run);
    const names = argv as string[];
    if (names.length === 0) {
      throw new Failure(
        'E_USAGE',
        Exit.usage,
        'no script is named. Example: rxpath run first.scn; rxpath scenarios lists those that come with rxpath',
      );
    }
    if (flags.signal !== undefined) {
      await this.draw(names, flags.signal, flags);
      return;
    }
    if (flags.watch) {
      await this.keepRunning(names, flags);
      return;
    }
    const failed = await this.once(names, flags);
    if (names.length === 1 && process.stdout.isTTY && !flags.json) await this.pointOn(names[0]!);
    if (failed) this.exit(Exit.expectation);
  }

  /** To somebody who is on the tour: where it goes on. */
  private async pointOn(name: string): Promise<void> {
    const { findScripts, nextOfTour } = await import('./scenario-library.ts');
    const next = nextOfTour(findScripts([name])[0]!);
    if (next !== null) process.stderr.write(`rxpath: the tour goes on: rxpath run ${next}\n`);
  }

  /** Runs what was asked for; true: something failed. */
  private async once(names: readonly string[], flags: RunFlags): Promise<boolean> {
    const { findScripts } = await import('./scenario-library.ts');
    const paths = findScripts(names);
    const areMany =
      paths.length > 1 || flags.reporter !== undefined || names.some((name) => existsSync(name) && statSync(name).isDirectory());
    // whoever asks for a view wants it of each
    const isSuite = areMany && (flags.reporter !== undefined || !asksForMore(flags));
    return isSuite ? this.suite(paths, flags) : this.each(paths, flags);
  }

  /** Scripts with everything that is told of them. */
  private async each(paths: readonly string[], flags: RunFlags): Promise<boolean> {
    const { playFile } = await import('./play.ts');
    let failed = false;
    for (const path of paths) {
      const telling = await openTelling(paths.length === 1 ? flags : withOwnBodies(flags, path), this.config.version);
      if (path !== paths[0] && !flags.json) telling.output.line('');
      try {
        const { info, failures } = await playFile(path, flags, telling.reporter, {
          bodies: telling.bodies?.watch('server') ?? null,
        });
        if (telling.output.closed) return false;
        this.finish(telling, info);
        failed ||= failures > 0;
      } catch (error) {
        // as in a suite, the others are run all the same
        if (paths.length === 1 || !(error instanceof Failure)) throw error;
        this.complain(error, flags.json);
        failed = true;
      }
    }
    return failed;
  }

  /** The line signal of one frame. */
  private async draw(names: readonly string[], number: number, flags: RunFlags): Promise<void> {
    const [{ findScripts }, { playFile }, { SignalSketch }, { standardOutput }] = await Promise.all([
      import('./scenario-library.ts'),
      import('./play.ts'),
      import('./output/signal-sketch.ts'),
      import('./output/standard-output.ts'),
    ]);
    const paths = findScripts(names);
    if (paths.length !== 1) throw new Failure('E_USAGE', Exit.usage, '--signal draws a frame of one script');
    const sketch = new SignalSketch(number, flags.ascii);
    await playFile(paths[0]!, flags, sketch, { onSignal: sketch.onSignal });
    if (sketch.lines.length === 0) throw new Failure('E_USAGE', Exit.usage, sketch.excuse);
    const output = standardOutput();
    for (const line of sketch.lines) output.line(line);
    output.flush();
  }

  /** Scripts as tests. */
  private async suite(paths: readonly string[], flags: RunFlags): Promise<boolean> {
    const [
      { playFile },
      { calledBy },
      { createSuiteReporter },
      { Printer },
      { makeStyle },
      { standardOutput },
      { SilentReporter },
      { ofFile },
    ] = await Promise.all([
      import('./play.ts'),
      import('./scenario-library.ts'),
      import('../report/views/suite.ts'),
      import('../report/terminal/printer.ts'),
      import('../report/terminal/style.ts'),
      import('./output/standard-output.ts'),
      import('../report/silent.ts'),
      import('../report/words/layout.ts'),
    ]);
    const output = standardOutput();
    const style = makeStyle({ ascii: flags.ascii, lang: flags.lang, env: process.env, stream: process.stdout });
    const reporter = createSuiteReporter(new Printer(output, style), (flags.reporter ?? 'lines') as SuiteFormat);
    let failed = false;
    reporter.begin(paths.length, Math.max(...paths.map((path) => calledBy(path).length)));
    for (const path of paths) {
      const silent = new SilentReporter();
      const name = calledBy(path);
      let result: ScriptResult;
      try {
        const { info, expectations } = await playFile(path, flags, silent);
        const { packets: frames, lastTime: lasted } = info;
        const error = info.damage.map(({ file, message }) => ofFile(file, message)).join('\n');
        result = { name, error, frames, lasted, expectations, failures: silent.failures };
      } catch (error) {
        if (!isUserError(error)) throw error;
        result = { name, error: error.message, frames: 0, lasted: 0, expectations: 0, failures: [] };
      }
      failed ||= result.error !== '' || result.failures.length > 0;
      reporter.script(result);
      if (output.closed) return false;
    }
    reporter.end();
    return failed;
  }

  /** Runs, waits until a script changes, runs again, until it is interrupted. */
  private async keepRunning(names: readonly string[], flags: RunFlags): Promise<void> {
    for (;;) {
      try {
        await this.once(names, flags);
      } catch (error) {
        if (!isUserError(error)) throw error;
        process.stderr.write(`${error.message}\n`);
      }
      process.stderr.write('rxpath: waiting for a change; Ctrl-C ends\n');
      await changeOf(await watched(names));
    }
  }
}

type RunFlags = OutputFlags & Choices & { readonly reporter: string | undefined };

/** More than a line a script. */
function asksForMore(flags: RunFlags): boolean {
  return flags.json || flags.frame !== undefined || flags.bodies !== undefined || VIEWS.some((view) => flags[view]);
}

/** Each script has a directory for its bodies, called after it. */
function withOwnBodies(flags: RunFlags, path: string): RunFlags {
  return flags.bodies === undefined
    ? flags
    : { ...flags, bodies: join(flags.bodies, basename(path).replace(/\.scn(\.json)?$/, '')) };
}

/** Something that the user can put right in a script or a file that it names. */
function isUserError(error: unknown): error is Error {
  return error instanceof Failure || (error instanceof Error && ['ScriptError', 'CaptureError'].includes(error.name));
}

/** Directories are watched as a whole, so that new scripts are seen; of what is named otherwise, the file. */
async function watched(names: readonly string[]): Promise<string[]> {
  const { findScripts } = await import('./scenario-library.ts');
  return names.flatMap((name) => (existsSync(name) && statSync(name).isDirectory() ? [name] : findScripts([name])));
}

/** Resolves when one of the files, or something below one of the directories, has changed and is calm again. */
function changeOf(names: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const watchers = names.map((name) =>
      watch(name, { recursive: true }, () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          for (const watcher of watchers) watcher.close();
          resolve();
        }, CALM);
      }),
    );
  });
}
