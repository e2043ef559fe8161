import { Help } from './oclif.ts';

const ROOT = `rxpath replays packets up a server's receive path and says, at every layer, what was decided and why.

  rxpath analyze capture.pcap              what happened: which frames were dropped, where and why
  rxpath analyze capture.pcap --frame 7    one frame, check by check
  rxpath explain no_socket                 what a reason means, and what to do

More: rxpath analyze --help, rxpath explain --help`;

/** The first thing a newcomer sees is short; commands explain themselves in full. */
export default class ShortHelp extends Help {
  override async showRootHelp(): Promise<void> {
    this.log(ROOT);
  }
}
