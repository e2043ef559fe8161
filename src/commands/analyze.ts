import { Args, Flags } from '@oclif/core';
import type { CrossCheck } from '../capture/cross-check.ts';
import { CaptureError } from '../capture/error.ts';
import { ofFile } from '../report/layout.ts';
import type { EndInfo, Note } from '../trace/run.ts';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { keepHeapSmall } from './memory.ts';

const EXAMPLE = 'Example: rxpath analyze capture.pcap';
const VIEW_FLAGS = ['frames', 'ladder', 'climb', 'paths', 'drops', 'sockets', 'http'] as const;

export default class Analyze extends BaseCommand {
  static override summary = 'Send the frames of a capture up the receive path, and say what every layer decided.';
  static override description = `Reads pcap and pcapng files, also gzipped; several files are one trace; - is standard input.
The host that the capture is about is found by itself, or given with --host. Its received frames climb the path; what it sent is
followed and compared with what a Linux host would have answered.

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
    fcs: Flags.string({
      description: 'do frames end with their FCS? auto looks at each frame; only with present can one be bad',
      options: ['auto', 'present', 'none'],
      default: 'auto',
      helpGroup: 'HOST',
    }),
    offload: Flags.boolean({
      description: 'take unfinished checksums (the card was to fill them in) for good',
      default: true,
      allowNo: true,
      helpGroup: 'HOST',
    }),
    'frag-policy': Flags.string({
      description: 'who wins where fragments overlap',
      options: ['linux', 'rfc815', 'first', 'last'],
      default: 'linux',
      helpGroup: 'HOST',
    }),
    frames: Flags.boolean({ description: 'a line per frame', helpGroup: 'VIEW' }),
    ladder: Flags.boolean({ description: 'a sequence diagram of each conversation', helpGroup: 'VIEW' }),
    climb: Flags.boolean({ description: 'how high the frames climbed', helpGroup: 'VIEW' }),
    paths: Flags.boolean({ description: 'the different paths and their counts', helpGroup: 'VIEW' }),
    drops: Flags.boolean({ description: 'drops by reason and divergences, with what to do', helpGroup: 'VIEW' }),
    sockets: Flags.boolean({ description: 'the socket table', helpGroup: 'VIEW' }),
    http: Flags.boolean({ description: 'HTTP requests and responses', helpGroup: 'VIEW' }),
    frame: Flags.integer({ description: 'one frame phase by phase', min: 1, helpValue: 'N', helpGroup: 'VIEW' }),
    limit: Flags.integer({ description: 'at most so many rows in a table', min: 1, helpValue: 'N', helpGroup: 'VIEW' }),
    json: Flags.boolean({ description: 'JSON Lines', helpGroup: 'VIEW' }),
    lang: Flags.string({ description: 'language of the words', options: ['en', 'zh'], default: 'en', helpGroup: 'VIEW' }),
    ascii: Flags.boolean({ description: 'draw with ASCII characters only', helpGroup: 'VIEW' }),
    'cross-check': Flags.boolean({ description: 'read the capture again with pcap-parser and compare' }),
  };

  async run(): Promise<void> {
    keepHeapSmall();
    const { argv, flags } = await this.parse(Analyze);
    const paths = argv as string[];
    if (paths.length === 0) {
      throw new Failure('E_USAGE', Exit.usage, `no capture is named; - is standard input. ${EXAMPLE}`);
    }
    const [{ openCapture }, { analyze }, { createReporter }, { standardOutput }, { makeProgress }, { parseHost, parseListen }] =
      await Promise.all([
        import('../capture/capture.ts'),
        import('../replay/analyze.ts'),
        import('../report/reporter.ts'),
        import('./standard-output.ts'),
        import('../report/progress.ts'),
        import('./addresses.ts'),
      ]);
    const options = {
      hosts: (flags.host ?? []).map(parseHost),
      listen: (flags.listen ?? []).map(parseListen),
      fcs: flags.fcs as 'auto' | 'present' | 'none',
      offload: flags.offload,
      fragPolicy: flags['frag-policy'] as 'linux' | 'rfc815' | 'first' | 'last',
    };
    const lang = flags.lang as 'en' | 'zh';
    const capture = await openCapture(paths);
    // an interrupt ends the writer of the pipe too: what it has sent is still reported; the next one ends us
    if (!capture.rewindable) process.once('SIGINT', () => {});
    const output = standardOutput();
    const checks = flags['cross-check'] ? await this.crossCheck(paths, capture.rewindable) : [];
    const reporter = createReporter(output, {
      json: flags.json,
      frame: flags.frame ?? 0,
      views: VIEW_FLAGS.filter((view) => flags[view]),
      limit: flags.limit ?? 0,
      notes: checks,
      ascii: flags.ascii,
      lang,
      version: this.config.version,
      env: process.env,
      stream: process.stdout,
    });
    const drawn = process.stdout.isTTY === true && (flags.json || flags.frames);
    const progress = await makeProgress({ terminal: process.stderr.isTTY === true && !drawn, ascii: flags.ascii, lang });
    let info: EndInfo;
    try {
      info = await analyze(capture, options, reporter, progress);
    } finally {
      progress.end();
      await capture.close();
    }
    if (reporter.found === false && !output.closed) {
      throw new Failure('E_USAGE', Exit.usage, `there is no frame ${flags.frame}: the last one is ${info.packets}.`);
    }
    this.finish(info, flags.json, output.closed);
  }

  /** Says on standard error what was lost, and leaves with the code for it. A reader that went away is no failure. */
  private finish(info: EndInfo, json: boolean, closed: boolean): void {
    if (closed) this.exit(Exit.done);
    for (const { code, message, file, offset } of info.damage)
      this.complain(new Failure(code, Exit.input, ofFile(file, message), { file, offset }), json);
    if (info.damage.length > 0) this.exit(Exit.input);
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
