import { extname } from 'node:path';
import { LinkType } from '../wire/link.ts';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { Args, Flags } from './oclif.ts';
import { profileFlag } from './profile-flag.ts';

const EXAMPLE = 'Example: rxpath generate first.scn -o first.pcapng';

export default class Generate extends BaseCommand {
  static override summary = 'Play a script and write the frames on its wire to a capture file.';
  static override description =
    `The file has the frames that reach the server and those that it sends, in the order of their time, as they are on the server's wire:
padded, and with --fcs followed by their frame check sequence. What is lost before it reaches the server's card is not in it; of a line
signal it has what the phy has read. The script's own
\`capture\` steps may say otherwise, and the flags here come before those. The same script and seed give the same bytes.`;
  static override examples = [
    {
      description: 'For Wireshark, with the decisions as comments:',
      command: '<%= config.bin %> generate first.scn -o first.pcapng --comments',
    },
    { description: 'Only what the clients sent:', command: '<%= config.bin %> generate first.scn -o first.pcap --fcs --only in' },
    {
      description: 'As `tcpdump -i any -s 96` has it:',
      command: '<%= config.bin %> generate first.scn -o first.pcap --link-type sll2 --snaplen 96',
    },
  ];
  static override usage = 'generate SCRIPT|NAME -o FILE [FLAGS]';
  static override args = {
    script: Args.string({ description: 'a script, or the name of a shipped scenario', ignoreStdin: true, required: false }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: '(required) the capture file: .pcap or .pcapng',
      helpValue: 'FILE',
    }),
    fcs: Flags.boolean({ description: 'write the frame check sequence of each frame' }),
    only: Flags.option({ description: 'only frames that come in, or go out', options: ['in', 'out'] as const })(),
    snaplen: Flags.integer({ description: 'bytes that are kept of a frame', min: 1, max: 262_144, helpValue: 'N' }),
    'link-type': Flags.string({
      description: 'what stands in the place of the Ethernet header',
      options: ['ethernet', 'raw', 'null', 'loop', 'sll', 'sll2'],
    }),
    offload: Flags.boolean({
      description: 'checksums are not there yet, and nothing is padded: as where a card does both later',
    }),
    comments: Flags.boolean({ description: 'say what was decided of each frame in a comment (pcapng)' }),
    profile: profileFlag,
    seed: Flags.integer({
      description: 'of everything that is left to chance; default: what the script says',
      min: 1,
      helpValue: 'N',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Generate);
    const { script } = args;
    if (script === undefined) throw new Failure('E_USAGE', Exit.usage, `no script is named. ${EXAMPLE}`);
    if (flags.output === undefined) throw new Failure('E_USAGE', Exit.usage, `no file is named to write to: -o FILE. ${EXAMPLE}`);
    const kind = extname(flags.output).toLowerCase();
    if (kind !== '.pcap' && kind !== '.pcapng')
      throw new Failure('E_USAGE', Exit.usage, `-o ${flags.output}: the name must end in .pcap or .pcapng`);
    if (flags.comments && kind === '.pcap') throw new Failure('E_USAGE', Exit.usage, 'comments can only stand in a .pcapng file');
    const [{ findScripts }, { playFile }, { SilentReporter }, { Recording }, { grouped }] = await Promise.all([
      import('./scenario-library.ts'),
      import('./play.ts'),
      import('../report/silent.ts'),
      import('./output/recording.ts'),
      import('../report/words/layout.ts'),
    ]);
    const paths = findScripts([script]);
    if (paths.length !== 1) throw new Failure('E_USAGE', Exit.usage, `${script} is a directory: one script makes one file`);
    const { only, snaplen } = flags;
    const linkType = flags['link-type'];
    const recording = new Recording(flags.output, kind === '.pcapng', {
      ...(flags.fcs ? { fcs: true } : {}),
      ...(flags.offload ? { offload: true } : {}),
      ...(only === undefined ? {} : { only }),
      ...(snaplen === undefined ? {} : { snaplen }),
      ...(linkType === undefined ? {} : { linkType: LinkType[linkType as keyof typeof LinkType] }),
      comments: flags.comments,
    });
    const reporter = new SilentReporter();
    const { failures, info } = await playFile(paths[0]!, flags, reporter, { tap: recording.tap, drain: recording.drain });
    await recording.end();
    process.stderr.write(
      `rxpath: ${grouped(recording.frames)} frame${recording.frames === 1 ? '' : 's'} written to ${flags.output}\n`,
    );
    if (failures > 0)
      process.stderr.write(`rxpath: ${grouped(failures)} expectation${failures === 1 ? '' : 's'} failed: rxpath run ${script}\n`);
    this.tellDamage(info, false);
  }
}
