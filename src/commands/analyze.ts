import type { CrossCheck } from '../capture/cross-check.ts';
import { CaptureError } from '../capture/error.ts';
import type { EndInfo, Note } from '../trace/run.ts';
import { BaseCommand } from './base.ts';
import { captureNames, notesOnNames } from './input/capture-names.ts';
import { keepHeapSmall } from './memory.ts';
import { Args, Flags } from './oclif.ts';
import { openTelling, outputFlags } from './output/output-flags.ts';
import { profileFlag, withProfile } from './profile-flag.ts';

const EXAMPLE = 'Example: rxpath analyze capture.pcap';

export default class Analyze extends BaseCommand {
  static override summary = 'Send the frames of a capture up the receive path, and say what every layer decided.';
  static override description = `Reads pcap and pcapng files, also gzipped; several files are one trace; - is standard input.
The host that the capture is about is found by itself, or given with --host. Its received frames climb the path; what it sent is
followed and compared with what a Linux host would have answered, or with --profile rfc9293 one that keeps to the standard.

Few frames: a line each. Many: how high they climbed, the different paths, drops by reason, sockets and HTTP requests.

Exit codes: 0 done (drops are results), 2 usage, 3 the input cannot be read or is damaged.`;
  static override examples = [
    { description: 'What happened in a capture:', command: '<%= config.bin %> analyze capture.pcap' },
    { description: 'Why was frame 7 not answered?', command: '<%= config.bin %> analyze capture.pcap --frame 7' },
    { description: 'Only the drops, for this host:', command: '<%= config.bin %> analyze capture.pcap --host 10.0.0.1 --drops' },
    {
      description: 'Dropped packets for jq:',
      command: `<%= config.bin %> analyze capture.pcap --json | jq 'select(.verdict=="drop")'`,
    },
    { description: 'Live:', command: 'tcpdump -i eth0 -U -w - | <%= config.bin %> analyze -' },
  ];
  static override strict = false;
  static override usage = 'analyze FILE... [FLAGS]';
  static override args = {
    file: Args.string({
      description: 'capture files in the order of their time; - is standard input',
      ignoreStdin: true,
      required: false,
    }),
  };
  static override flags = {
    host: Flags.string({
      description: 'address of the host whose receive path it is (repeatable); default: found from the capture',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ADDRESS',
      helpGroup: 'HOST',
    }),
    listen: Flags.string({
      description: 'port that it listens on (repeatable): 80, tcp/80, udp/53; default: found from the capture',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PORT',
      helpGroup: 'HOST',
    }),
    server: Flags.string({
      description:
        'server file (.scn): the host is the machine that it describes, and its answers are shown beside the captured ones',
      helpValue: 'FILE.scn',
      helpGroup: 'HOST',
    }),
    fcs: Flags.option({
      description: 'do frames end with their FCS? auto looks at each frame; only with present can one be bad',
      options: ['auto', 'present', 'none'] as const,
      default: 'auto' as const,
      helpGroup: 'HOST',
    })(),
    offload: Flags.boolean({
      description: 'take unfinished checksums (the card was to fill them in) for good',
      default: true,
      allowNo: true,
      helpGroup: 'HOST',
    }),
    'frag-policy': Flags.option({
      description: 'who wins where fragments overlap',
      options: ['linux', 'rfc815', 'first', 'last'] as const,
      default: 'linux' as const,
      helpGroup: 'HOST',
    })(),
    profile: profileFlag,
    ...outputFlags,
    'cross-check': Flags.boolean({ description: 'read the capture again with pcap-parser and compare' }),
  };

  async run(): Promise<void> {
    keepHeapSmall();
    const { argv, flags } = await this.parse(Analyze);
    const paths = captureNames(argv, EXAMPLE);
    const [{ openCapture }, { analyze }, { parseHost, parseListen }] = await Promise.all([
      import('../capture/capture.ts'),
      import('../replay/analyze.ts'),
      import('./input/addresses.ts'),
    ]);
    const server =
      flags.server === undefined ? null : await (await import('./input/server-file.ts')).readServerFile(flags.server);
    const options = {
      server: server === null ? null : withProfile(server.configuration, flags.profile),
      hosts: (flags.host ?? []).map(parseHost),
      listen: (flags.listen ?? []).map(parseListen),
      fcs: flags.fcs,
      offload: flags.offload,
      fragPolicy: flags['frag-policy'],
      ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    };
    const capture = await openCapture(paths);
    // an interrupt ends the writer of the pipe too: what it has sent is still reported; the next one ends us
    if (!capture.rewindable) process.once('SIGINT', () => {});
    const checks = flags['cross-check'] ? await this.crossCheck(paths, capture.rewindable) : [];
    const telling = await openTelling(flags, this.config.version, [...notesOnNames(paths), ...checks]);
    let info: EndInfo;
    try {
      info = await analyze(
        capture,
        { ...options, bodies: telling.bodies?.watch('captured') ?? null },
        telling.reporter,
        telling.progress,
      );
    } finally {
      telling.progress.end();
      await capture.close();
    }
    this.finish(telling, info);
  }

  /** A pipe is not opened again: that would take away from it what the analysis is to read. */
  private async crossCheck(paths: readonly string[], rewindable: boolean): Promise<Note[]> {
    if (!rewindable) return [{ code: 'cross_check_unable', text: 'a pipe can be read only once' }];
    const { crossCheck } = await import('../capture/cross-check.ts');
    const notes: Note[] = [];
    for (const path of paths) {
      try {
        notes.push(crossCheckNote(await crossCheck(path), paths.length > 1 ? path : ''));
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        notes.push({ code: 'cross_check_unable', text: error.message });
      }
    }
    return notes;
  }
}

/** `file` is named where there are several. */
function crossCheckNote(check: CrossCheck, file: string): Note {
  const of = file === '' ? '' : `${file}: `;
  if (check.status === 'unreadable') return { code: 'cross_check_unable', text: `${of}${check.reason ?? ''}` };
  if (check.status === 'agreed') return { code: 'cross_check_same', count: check.records, text: file };
  const first = check.disagreements[0]!;
  return {
    code: 'cross_check_differs',
    count: check.count,
    text: `${of}record ${first.record} ${first.field}: ${first.ours}, ${first.theirs}`,
  };
}
