import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { Args, Flags } from './oclif.ts';

export default class Explain extends BaseCommand {
  static override summary = 'Say what a reason or a decision means: its rule, its kernel name and counter, and what to do.';
  static override description =
    `Takes the name of a decision (tcp_no_socket), a reason (no_socket), a name of the Linux kernel (NO_SOCKET), a layer (tcp), a verdict (drop), a kind of divergence (missing_reply), a counter of nstat or ethtool (TcpInCsumErrors), or the status of an HTTP response (429); \`http\` lists the statuses. Without a name: all decisions, layer by layer.`;
  static override examples = [
    '<%= config.bin %> explain no_socket',
    '<%= config.bin %> explain tcp_csum --lang zh',
    '<%= config.bin %> explain 429',
    `<%= config.bin %> explain --json | jq -r 'select(.verdict=="drop") | .reason'`,
  ];
  static override args = {
    name: Args.string({
      description: 'a decision, a reason, a kernel name, a counter, a layer, a verdict, an HTTP status, or `http`',
      ignoreStdin: true,
      required: false,
    }),
  };
  static override flags = {
    lang: Flags.option({ description: 'language of the words', options: ['en', 'zh'] as const, default: 'en' as const })(),
    json: Flags.boolean({ description: 'JSON Lines, with both languages' }),
    ascii: Flags.boolean({ description: 'draw with ASCII characters only' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Explain);
    const [
      { lookUp, printExplanation, printList, unknownText, writeJson },
      statuses,
      { standardOutput },
      { Printer },
      { makeStyle },
    ] = await Promise.all([
      import('../report/explain/explain.ts'),
      import('../report/explain/explain-status.ts'),
      import('./output/standard-output.ts'),
      import('../report/terminal/printer.ts'),
      import('../report/terminal/style.ts'),
    ]);
    const { lang } = flags;
    const asked = args.name === undefined ? null : statuses.statusesOf(args.name);
    if (asked !== null) {
      const output = standardOutput();
      const unlisted = typeof asked === 'number' ? statuses.unlistedText(asked, lang) : '';
      if (unlisted === null) throw new Failure('E_USAGE', Exit.usage, statuses.noStatusText(asked as number, lang));
      if (typeof asked === 'number') output.line(unlisted);
      else if (flags.json) statuses.writeStatusJson(output, asked);
      else {
        const style = makeStyle({ env: process.env, stream: process.stdout, ascii: flags.ascii, lang });
        statuses.printStatuses(new Printer(output, style), asked);
      }
      output.flush();
      return;
    }
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
