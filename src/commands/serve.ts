import type { HostAddress } from '../host/config.ts';
import type { Libc } from '../live/libc.ts';
import type { Serving } from '../live/serve.ts';
import type { Tap } from '../live/tap.ts';
import { plainJson } from '../report/json/plain-text.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import type { EndInfo, Note } from '../trace/run.ts';
import { BaseCommand } from './base.ts';
import { Exit, Failure } from './failure.ts';
import { Flags } from './oclif.ts';
import { openTelling, outputFlags, type Telling } from './output/output-flags.ts';
import { profileFlag, withProfile } from './profile-flag.ts';

const EXAMPLE = 'Example: rxpath serve --tap tap0 --server my.scn --address 10.0.0.2/24';

export default class Serve extends BaseCommand {
  static override summary =
    'Put the simulated host on a real network: it answers curl, ping and browsers, and says what it does.';
  static override description =
    `Opens a TAP interface (Linux, as root) and puts the host of a server file behind it. Real packets climb its receive path in real time, its
answers are real packets, and every decision is told as it is taken. This machine is the client: it needs an address on that interface,
which --address gives it.

Ctrl-C ends it, with the sockets, the drops and the requests that there were. The interface goes with it, unless it was there before.

Exit codes: 0 done (drops are results), 2 usage, a server file that is not understood, an interface that cannot be opened, 3 the interface
was taken away.`;
  static override examples = [
    {
      description: 'A server for curl http://10.0.0.1/ on this machine:',
      command: '<%= config.bin %> serve --tap tap0 --server my.scn --address 10.0.0.2/24',
    },
    { description: 'Under load, only the summary:', command: '<%= config.bin %> serve --tap tap0 --server my.scn --quiet' },
    {
      description: 'Drops as they happen, for jq:',
      command: `<%= config.bin %> serve --tap tap0 --server my.scn --json | jq 'select(.verdict=="drop")'`,
    },
    {
      description: 'With a capture of both directions:',
      command: '<%= config.bin %> serve --tap tap0 --server my.scn --capture out.pcapng',
    },
  ];
  static override flags = {
    tap: Flags.string({ description: 'TAP interface that the host is behind; made if it is not there', helpValue: 'NAME' }),
    server: Flags.string({ description: 'server file: the host part of a script', helpValue: 'FILE.scn' }),
    address: Flags.string({
      description: 'give this machine an address on the interface, and bring it up (repeatable)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ADDRESS/LENGTH',
    }),
    capture: Flags.string({ description: 'write the frames of both directions to this file', helpValue: 'OUT.pcapng' }),
    quiet: Flags.boolean({
      description: 'no line per frame, only the summary at the end',
      exclusive: ['frames', 'json', 'frame'],
    }),
    profile: profileFlag,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve);
    const { tap: name, server: file } = flags;
    if (name === undefined) throw usage(`no interface is named: --tap NAME. ${EXAMPLE}`);
    if (file === undefined) throw usage(`no server file is named: --server FILE.scn. ${EXAMPLE}`);
    if (process.platform !== 'linux') throw usage('TAP interfaces are of Linux: this is another system');
    const [{ readScript }, { configurationOf }, { parseAddress }] = await Promise.all([
      import('./input/script-file.ts'),
      import('./input/server-file.ts'),
      import('./input/addresses.ts'),
    ]);
    const addresses = (flags.address ?? []).map((text) => parseAddress(text, '--address'));
    const configuration = withProfile(await configurationOf(readScript(file)), flags.profile);
    const { addressProblem } = await import('./output/serve-welcome.ts');
    const problem = addressProblem(configuration.host, addresses);
    if (problem !== null) throw usage(`--address: ${problem}`);
    const { libc, tap } = await open(name);
    try {
      await this.serve(configuration, flags, { libc, tap, name, addresses });
    } finally {
      tap.close();
    }
  }

  private async serve(
    configuration: ServerConfiguration,
    flags: ServeFlags,
    { libc, tap, name, addresses }: Open,
  ): Promise<void> {
    const [{ Serving }, { RealTime }, { FrameFile }, { framesDropped }, { bringUp, isUp }, { welcomeText }] = await Promise.all([
      import('../live/serve.ts'),
      import('../live/real-time.ts'),
      import('./output/frame-file.ts'),
      import('./output/interface-counts.ts'),
      import('../live/interface.ts'),
      import('./output/serve-welcome.ts'),
    ]);
    const telling = await openTelling(flags, this.config.version);
    const time = new RealTime();
    const file = flags.capture === undefined ? null : new FrameFile(flags.capture, [], () => time.origin, '--capture');
    const options = {
      name,
      quiet: flags.quiet,
      record: file === null ? null : file.record,
      bodies: telling.bodies?.watch('server') ?? null,
    };
    const serving = new Serving(tap, time, configuration, options, telling.reporter);
    const refused = serving.refused[0];
    if (refused !== undefined)
      throw usage(`${refused.listener.protocol}/${refused.listener.port} cannot be opened: ${refused.error}`);
    if (addresses.length > 0) understood(() => bringUp(libc, name, addresses, configuration.host.mtu));
    const dropped = framesDropped(name);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => serving.stop());
    this.welcome(telling, welcomeText(configuration.host, name, addresses, addresses.length > 0 || isUp(libc, name)));
    const problem = await outcome(serving.run());
    const missed = framesDropped(name) - dropped;
    const notes: Note[] = missed > 0 ? [{ code: 'live_missed', count: missed, text: name }] : [];
    const info = serving.end(notes);
    await file?.finish();
    if (problem !== null) throw problem;
    this.conclude(telling, info, serving, name);
  }

  private welcome({ json }: Telling, text: string): void {
    process.stderr.write(`${json ? plainJson({ type: 'serving', message: text }) : `rxpath: ${text}`}\n`);
  }

  private conclude(telling: Telling, info: EndInfo, { gone }: Serving, name: string): void {
    if (gone) this.complain(new Failure('E_INTERFACE', Exit.input, `the interface ${name} was taken away`), telling.json);
    this.finish(telling, info);
    if (gone) this.exit(Exit.input);
  }
}

type ServeFlags = Parameters<typeof openTelling>[0] & { readonly quiet: boolean; readonly capture: string | undefined };

interface Open {
  readonly libc: Libc;
  readonly tap: Tap;
  readonly name: string;
  readonly addresses: readonly HostAddress[];
}

/** Throws Failure where the interface cannot be opened. */
async function open(name: string): Promise<{ libc: Libc; tap: Tap }> {
  const [{ loadLibc }, { Tap }] = await Promise.all([import('../live/libc.ts'), import('../live/tap.ts')]);
  try {
    const libc = await loadLibc();
    return { libc, tap: new Tap(libc, name) };
  } catch (error) {
    throw failureOf(error);
  }
}

function understood(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw failureOf(error);
  }
}

function failureOf(error: unknown): unknown {
  return error instanceof Error && error.name === 'LiveError' ? usage(error.message) : error;
}

/** What a promise was rejected with; null: it was fulfilled. */
function outcome(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

function usage(message: string): Failure {
  return new Failure('E_USAGE', Exit.usage, message);
}
