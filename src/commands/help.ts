import { Help } from './oclif.ts';

const ROOT = `rxpath replays packets up a server's receive path and says, at every layer, what was decided and why.

  rxpath analyze capture.pcap              what happened: which frames were dropped, where and why
  rxpath analyze capture.pcap --frame 7    one frame, check by check
  rxpath replay capture.pcap --server my.scn   what if our own server had been there
  rxpath run my.scn                        a script: clients, frames, faults, expectations
  rxpath run my.scn --profile rfc9293      TCP to the letter of the standard, where Linux departs from it
  rxpath scenarios                         scripts that ship with it, a tour first: rxpath run 01-line-signal
  rxpath generate my.scn -o x.pcapng       the frames of a script as a capture
  rxpath serve --tap tap0 --server my.scn  a real client: curl gets an answer, each frame is explained (Linux)
  rxpath fmt my.scn                        writes a script as it should look
  rxpath explain no_socket                 what a reason, a decision or an HTTP status means, and what to do

More: rxpath analyze --help, and so for each command`;

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
}
