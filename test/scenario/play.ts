import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostPart } from '../../src/scenario/host-part.ts';
import { parseScript } from '../../src/scenario/parser.ts';
import { runScenario, type ScenarioResult } from '../../src/scenario/run.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import type { ExpectOutcome, FrameRecord, Reporter } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';

/** What came of a script: its frames, its expectations, the bytes on the server's wire. */
export interface Played {
  readonly result: ScenarioResult;
  /** `1 consume arp arp_request`, a line per frame that reached the server. */
  readonly frames: readonly string[];
  readonly outcomes: readonly ExpectOutcome[];
  /** Direction, time and bytes of each frame on the wire. */
  readonly wire: readonly { readonly inbound: boolean; readonly time: number; readonly bytes: Uint8Array }[];
}

/** Plays a script given as text. Files that it names are read relative to `file`. */
export async function play(text: string, options: { readonly seed?: number; readonly file?: string } = {}): Promise<Played> {
  const file = options.file ?? 'test.scn';
  const script = parseScript(text, file, { load: (path) => ({ problem: `${path} is not read in tests` }) });
  const { host, rules } = hostPart(script);
  const frames: string[] = [];
  const outcomes: ExpectOutcome[] = [];
  const wire: { inbound: boolean; time: number; bytes: Uint8Array }[] = [];
  const reporter: Reporter = {
    wantsEvents: true,
    done: false,
    start() {},
    frame: (frame: FrameRecord, trace: Trace) => frames.push(line(frame, trace)),
    activity() {},
    expect: (outcome) => outcomes.push(outcome),
    idle() {},
    end() {},
  };
  const result = await runScenario(
    script,
    { host, site: null, rules, mounted: new Map() },
    {
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      files: {
        read: (path, from) => readFileSync(join(dirname(from), path)),
        open: () => Promise.reject(new Error('no captures here')),
      },
      tap: (bytes, time, _number, trace) => wire.push({ inbound: trace !== null, time, bytes: bytes.slice() }),
    },
    reporter,
  );
  return { result, frames, outcomes, wire };
}

function line(frame: FrameRecord, trace: Trace): string {
  if (trace.final < 0) return `${frame.number} nothing`;
  const { effect, layer } = CATALOGUE[trace.final] as Decision;
  return `${frame.number} ${effect} ${layer} ${NAMES[trace.final]}`;
}

/** Failed expectations as text. */
export function failures(outcomes: readonly ExpectOutcome[]): string[] {
  return outcomes
    .filter(({ ok }) => !ok)
    .map(({ line: at, expected, actual }) => `${at}: expected ${expected}, happened ${actual}`);
}
