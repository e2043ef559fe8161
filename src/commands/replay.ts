import type { EndInfo } from '../trace/run.ts';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { captureNames, notesOnNames } from './input/capture-names.ts';
import { keepHeapSmall } from './memory.ts';
import { Args, Flags } from './oclif.ts';
import { openTelling, outputFlags } from './output/output-flags.ts';
import { profileFlag, withProfile } from './profile-flag.ts';

const EXAMPLE = 'Example: rxpath replay capture.pcap --server my.scn';

export default class Replay extends BaseCommand {
  static override summary = 'What if another server had been there? Send the client’s frames of a capture to a server of yours.';
  static override description =
    `Only the client's frames go in, at their captured times; our host and the server that the server file configures answer. What they say is
held against what the captured server said: the same, another status, another length, closed by another side.

The server file is the host part of a script (.scn): listen, site, respond, firewall, sysctl … Without a server line in it, our host has the
addresses of the captured one; with one, the frames are addressed to ours.

Our connections begin with the captured server's numbers, so that the client's fit. Where an answer of ours is longer or shorter than the
captured one, the client's ACK numbers are mapped, and that is said.

Exit codes: 0 done (drops and differences are results), 2 usage or a server file that is not understood, 3 the input cannot be read or is
damaged.`;
  static override examples = [
    {
      description: 'Would my configuration have answered alike?',
      command: '<%= config.bin %> replay capture.pcap --server my.scn --http',
    },
    {
      description: 'What differs, for jq:',
      command: `<%= config.bin %> replay capture.pcap --server my.scn --json | jq 'select(.type=="comparison")'`,
    },
    {
      description: 'The conversation as a capture file:',
      command: '<%= config.bin %> replay capture.pcap --server my.scn --write new.pcapng',
    },
  ];
  static override strict = false;
  static override usage = 'replay CAPTURE... --server FILE.scn [FLAGS]';
  static override args = {
    file: Args.string({
      description: 'capture files in the order of their time; - is standard input',
      ignoreStdin: true,
      required: false,
    }),
  };
  static override flags = {
    server: Flags.string({ description: 'server file: the host part of a script', helpValue: 'FILE.scn', helpGroup: 'HOST' }),
    host: Flags.string({
      description: 'address of the captured server (repeatable); default: as the server file says, else found from the capture',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ADDRESS',
      helpGroup: 'HOST',
    }),
    write: Flags.string({
      description: 'write the frames that went in, and those that our host sent, to this file',
      helpValue: 'OUT.pcapng',
    }),
    profile: profileFlag,
    ...outputFlags,
  };

  async run(): Promise<void> {
    keepHeapSmall();
    const { argv, flags } = await this.parse(Replay);
    const paths = captureNames(argv, EXAMPLE);
    if (flags.server === undefined)
      throw new Failure('E_USAGE', Exit.usage, `no server file is named: --server FILE.scn. ${EXAMPLE}`);
    const [{ openCapture }, { replay }, { parseHost }, { readServerFile }, { FrameFile }, { keepPipe }] = await Promise.all([
      import('../capture/capture.ts'),
      import('../replay/replay.ts'),
      import('./input/addresses.ts'),
      import('./input/server-file.ts'),
      import('./output/frame-file.ts'),
      import('./input/kept-pipe.ts'),
    ]);
    const hosts = (flags.host ?? []).map(parseHost);
    const configuration = withProfile((await readServerFile(flags.server)).configuration, flags.profile);
    // a replay reads its capture twice, which a pipe cannot be
    const kept = await keepPipe(paths);
    try {
      const capture = await openCapture(kept.paths);
      const telling = await openTelling(flags, this.config.version, notesOnNames(paths));
      const { bodies } = telling;
      const file = flags.write === undefined ? null : new FrameFile(flags.write, kept.paths, () => capture.origin);
      const options = {
        hosts,
        sources: paths,
        record: file === null ? null : file.record,
        bodies: bodies === null ? null : { server: bodies.watch('server'), captured: bodies.watch('captured', false) },
      };
      let info: EndInfo;
      try {
        info = await replay(capture, configuration, options, telling.reporter, telling.progress);
        await file?.finish();
      } finally {
        telling.progress.end();
        await capture.close();
      }
      this.finish(telling, info);
    } finally {
      await kept.forget();
    }
  }
}
