import { Args, Flags } from '@oclif/core';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';

export default class Explain extends BaseCommand {
  static override summary = 'Say what a reason or a decision means: its rule, its kernel name and counter, and what to do.';
  static override description =
    `Takes the name of a decision (tcp_no_socket), a reason (no_socket) or a name of the Linux kernel (NO_SOCKET).
Without a name: all decisions, layer by layer.`;
  static override examples = [
    '<%= config.bin %> explain no_socket',
    '<%= config.bin %> explain tcp_csum --lang zh',
    `<%= config.bin %> explain --json | jq -r 'select(.verdict=="drop") | .reason'`,
  ];
  static override args = {
    name: Args.string({ description: 'a reason, a decision, or a kernel name', ignoreStdin: true, required: false }),
  };
  static override flags = {
    lang: Flags.string({ description: 'language of the words', options: ['en', 'zh'], default: 'en' }),
    json: Flags.boolean({ description: 'JSON Lines, with both languages' }),
    ascii: Flags.boolean({ description: 'draw with ASCII characters only' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain);
    const [{ lookUp, printExplanation, printList, unknownText, writeJson }, { standardOutput }, { Printer }, { makeStyle }] =
      await Promise.all([
        import('../report/explain.ts'),
        import('./standard-output.ts'),
        import('../report/printer.ts'),
        import('../report/style.ts'),
      ]);
    const lang = flags.lang as 'en' | 'zh';
    const found = args.name === undefined ? null : lookUp(args.name);
    if (args.name !== undefined && found === null) throw new Failure('E_USAGE', Exit.usage, unknownText(args.name, lang));
    const output = standardOutput();
    if (flags.json) writeJson(output, found);
    else {
      const printer = new Printer(output, makeStyle({ env: process.env, stream: process.stdout, ascii: flags.ascii, lang }));
      if (found === null) printList(printer);
      else printExplanation(printer, found);
    }
    output.flush();
  }
}
