import { wrap } from '../report/words/layout.ts';
import { Help } from './oclif.ts';

const ROOT = `rxpath replays packets up a server's receive path and says, at every layer,
what was decided and why.

  rxpath analyze capture.pcap                 what was dropped, where and why
  rxpath analyze capture.pcap --frame 7       one frame, check by check
  rxpath replay capture.pcap --server my.scn  what if ours had been the server
  rxpath run my.scn                           a script: clients, frames, faults
  rxpath scenarios                            scripts that ship, a tour first
  rxpath generate my.scn -o x.pcapng          a script's frames as a capture
  rxpath serve --tap tap0 --server my.scn     a real client: curl gets an answer
  rxpath fmt my.scn                           a script as it should look
  rxpath explain no_socket                    what a word means, and what to do

New here? rxpath run 01-line-signal. More: rxpath analyze --help, and so on.`;

/** The first thing a newcomer sees is short; commands explain themselves in full. */
export default class ShortHelp extends Help {
  override async showRootHelp(): Promise<void> {
    this.log(ROOT);
  }

  /** A description's paragraphs are broken where the terminal ends, not where its source does. */
  override formatCommand(command: Parameters<InstanceType<typeof Help>['formatCommand']>[0]): string {
    if (command.description !== undefined) command.description = command.description.replace(/([^\n])\n(?!\n)/g, '$1 ');
    return super.formatCommand(command);
  }

  protected override summary(command: Parameters<InstanceType<typeof Help>['summary']>[0]): string | undefined {
    const text = super.summary(command);
    return text === undefined ? text : wrap(text, this.opts.maxWidth).join('\n');
  }
}
