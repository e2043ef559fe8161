import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostAddress } from '../../host/config.ts';
import type { Analysed } from '../../scenario/judge/analysis.ts';
import type { Tap } from '../../scenario/play/server-wire.ts';
import { CATALOGUE } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Recording } from './recording.ts';

const OPTIONS = { listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux' } as const;

/** The capture of a run as its script's `capture` steps have it, and what `rxpath analyze` makes of it for the script's server. */
export class Captured {
  private readonly directory: string;
  private readonly file: string;
  private readonly recording: Recording;
  private readonly hosts: readonly HostAddress[];

  private constructor(hosts: readonly HostAddress[], directory: string, recording: (file: string) => Recording) {
    this.hosts = hosts;
    this.directory = directory;
    this.file = join(directory, 'run.pcapng');
    this.recording = recording(this.file);
  }

  /** `hosts`: the server's addresses. */
  static async begin(hosts: readonly HostAddress[]): Promise<Captured> {
    const { Recording } = await import('./recording.ts');
    return new Captured(hosts, mkdtempSync(join(tmpdir(), 'rxpath-')), (file) => new Recording(file, true, {}));
  }

  /** Both see every frame. */
  besides(tap: Tap | undefined): Tap {
    const { recording } = this;
    if (tap === undefined) return recording.tap;
    return (bytes, time, number, trace, viewpoint) => {
      tap(bytes, time, number, trace, viewpoint);
      recording.tap(bytes, time, number, trace, viewpoint);
    };
  }

  readonly analyse = async (): Promise<Analysed> => {
    const [{ openCapture }, { analyze }] = await Promise.all([
      import('../../capture/capture.ts'),
      import('../../replay/analyze.ts'),
    ]);
    await this.recording.end();
    const finals = new Float64Array(CATALOGUE.length);
    let taken = finals;
    const keep = (trace: Trace) => {
      taken = trace.counts;
    };
    const reporter = {
      wantsEvents: false,
      done: false,
      start() {},
      frame(_: unknown, trace: Trace) {
        if (trace.final >= 0) finals[trace.final]!++;
        keep(trace);
      },
      activity: keep,
      idle() {},
      end() {},
    };
    const capture = await openCapture([this.file]);
    try {
      await analyze(capture, { ...OPTIONS, hosts: this.hosts }, reporter, { stage() {}, at() {}, end() {} });
    } finally {
      await capture.close();
    }
    return { taken, finals };
  };

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
