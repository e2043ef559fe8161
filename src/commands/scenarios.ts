import { readFileSync } from 'node:fs';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { Args, Flags } from './oclif.ts';

export default class Scenarios extends BaseCommand {
  static override summary = 'List the scenarios that come with rxpath, or print one.';
  static override description =
    'Each is a short script that teaches one thing; those that begin with a number are a tour from the line signal to the HTTP response.\nrxpath run NAME plays one.';
  static override examples = [
    { description: 'All of them, a line each:', command: '<%= config.bin %> scenarios' },
    { description: 'The text of one:', command: '<%= config.bin %> scenarios show 04-handshake' },
  ];
  static override usage = 'scenarios [show NAME] [FLAGS]';
  static override args = {
    action: Args.string({
      description: 'show prints the text of a scenario',
      options: ['list', 'show'],
      default: 'list',
      ignoreStdin: true,
    }),
    name: Args.string({ description: 'name of the scenario to show', ignoreStdin: true, required: false }),
  };
  static override flags = {
    json: Flags.boolean({ description: 'JSON Lines' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Scenarios);
    const [{ shipped, shippedNamed }, { standardOutput }, { columns, padEnd }] = await Promise.all([
      import('./scenario-library.ts'),
      import('./standard-output.ts'),
      import('../report/layout.ts'),
    ]);
    const output = standardOutput();
    if (args.action === 'show') {
      if (args.name === undefined) throw new Failure('E_USAGE', Exit.usage, 'no scenario is named: rxpath scenarios lists them');
      for (const line of readFileSync(shippedNamed(args.name).path, 'utf8').trimEnd().split('\n')) output.line(line);
    } else {
      const all = shipped();
      const width = Math.max(0, ...all.map(({ name }) => columns(name)));
      for (const { name, about } of all) {
        output.line(
          flags.json ? JSON.stringify({ type: 'scenario', name, about }) : `${padEnd(name, width)}  ${about}`.trimEnd(),
        );
      }
    }
    output.flush();
  }
}
