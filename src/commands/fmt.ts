import { writeFileSync } from 'node:fs';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { Args, Flags } from './oclif.ts';

export default class Fmt extends BaseCommand {
  static override summary = 'Write scenario scripts in one spelling, with columns; or as JSON.';
  static override description =
    `Formats each file in its place: one spelling for every word, one indentation, columns where lines are alike. Comments stay.
A file whose name ends in .json is the JSON form of a script (schema/rxpath-scenario-1.0.schema.json); - is standard input.

Exit codes: 0 done, 1 with --check: a file is not formatted, 2 a script is not understood, 3 a file cannot be read or written.`;
  static override examples = [
    { description: 'Format scripts in their places:', command: '<%= config.bin %> fmt handshake.scn flood.scn' },
    { description: 'In CI:', command: '<%= config.bin %> fmt --check scenarios/*.scn' },
    {
      description: 'The tree of a script as JSON, and back:',
      command: '<%= config.bin %> fmt --json a.scn > a.json; <%= config.bin %> fmt --stdout a.json',
    },
  ];
  static override strict = false;
  static override usage = 'fmt FILE... [FLAGS]';
  static override args = {
    file: Args.string({ description: 'scripts; - is standard input', ignoreStdin: true, required: false }),
  };
  static override flags = {
    check: Flags.boolean({
      description: 'change nothing; name the files that are not formatted, and exit with 1',
      exclusive: ['stdout', 'json'],
    }),
    stdout: Flags.boolean({ description: 'print the formatted script instead of changing the file' }),
    json: Flags.boolean({ description: 'print the JSON form of the script' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Fmt);
    const paths = argv as string[];
    if (paths.length === 0)
      throw new Failure('E_USAGE', Exit.usage, 'no script is named; - is standard input. Example: rxpath fmt handshake.scn');
    const [{ parseScript }, { formatScript }, { scriptToJson }, { readText, understood }, { standardOutput }] = await Promise.all(
      [
        import('../scenario/parser.ts'),
        import('../scenario/script/format.ts'),
        import('../scenario/json/json.ts'),
        import('./input/script-file.ts'),
        import('./output/standard-output.ts'),
      ],
    );
    const output = standardOutput();
    let unformatted = 0;
    for (const path of paths) {
      const text = readText(path);
      const script = understood(path, () => parseScript(text, path));
      const isJson = /\.json$/i.test(path);
      const asJson = (): string => `${JSON.stringify(scriptToJson(script), null, 2)}\n`;
      // as a script where that is asked for; in its place, a file stays what it is
      const formatted = flags.json || (isJson && !flags.stdout) ? asJson() : formatScript(script);
      if (flags.stdout || flags.json || path === '-') output.text(formatted);
      else if (formatted !== text) {
        unformatted++;
        output.line(path);
        if (!flags.check) replaceFile(path, formatted);
      }
    }
    output.flush();
    if (flags.check && unformatted > 0) this.exit(Exit.expectation);
  }
}

function replaceFile(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure('E_SCRIPT_UNWRITABLE', Exit.input, `${path} cannot be written: ${(error as Error).message}`, {
      file: path,
    });
  }
}
