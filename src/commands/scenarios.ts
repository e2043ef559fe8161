import { readFileSync } from 'node:fs';
import { plainJson } from '../report/json/plain-text.ts';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { Args, Flags } from './oclif.ts';

export default class Scenarios extends BaseCommand {
  static override summary = 'List the scenarios that come with rxpath, or print one.';
  static override description =
    'Each is a short script that teaches one thing; those that begin with a number are a tour from the line signal to the HTTP response. `rxpath run NAME` plays one.';
  static override examples = [
    { description: 'All of them, a line each:', command: '<%= config.bin %> scenarios' },
    { description: 'The text of one:', command: '<%= config.bin %> scenarios show 08-handshake' },
  ];
  static override usage = 'scenarios [show NAME] [FLAGS]';
  static override args = {
    action: Args.string({ description: '(show) print the text of a scenario', ignoreStdin: true, required: false }),
    name: Args.string({ description: 'name of the scenario to show', ignoreStdin: true, required: false }),
  };
  static override flags = {
    json: Flags.boolean({ description: 'JSON Lines' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Scenarios);
    const [{ shipped, shippedNamed }, { standardOutput }, { Printer }, { makeStyle }, { columns, padEnd }] = await Promise.all([
      import('./scenario-library.ts'),
      import('./output/standard-output.ts'),
      import('../report/terminal/printer.ts'),
      import('../report/terminal/style.ts'),
      import('../report/words/layout.ts'),
    ]);
    const output = standardOutput();
    // a name alone is clear enough
    const name = args.action === 'show' ? args.name : args.action === 'list' ? undefined : args.action;
    if (args.action === 'show' && name === undefined)
      throw new Failure(
        'E_USAGE',
        Exit.usage,
        'no scenario is named. Example: rxpath scenarios show 08-handshake; rxpath scenarios lists them',
      );
    if (name !== undefined) {
      for (const line of readFileSync(shippedNamed(name).path, 'utf8').trimEnd().split('\n')) output.line(line);
    } else if (flags.json) {
      for (const { name, about } of shipped()) output.line(plainJson({ type: 'scenario', name, about }));
    } else {
      const printer = new Printer(output, makeStyle({ env: process.env, stream: process.stdout, ascii: false, lang: 'en' }));
      const all = shipped();
      const width = Math.max(0, ...all.map((one) => columns(one.name)));
      const part = (title: string, remark: string, isTour: boolean) => {
        printer.title(title, remark);
        for (const one of all) if (one.isTour === isTour) printer.hanging(`  ${padEnd(one.name, width)}  `, one.about);
      };
      part('The tour', 'from the line signal to the removal of the socket; rxpath run 01-line-signal begins it', true);
      part('One thing each', 'rxpath run NAME plays it, rxpath scenarios show NAME prints it', false);
    }
    output.flush();
  }
}
