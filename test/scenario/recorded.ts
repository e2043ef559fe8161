import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Recording } from '../../src/commands/output/recording.ts';
import { playFile } from '../../src/commands/play.ts';
import { SilentReporter } from '../../src/report/silent.ts';
import type { ScenarioResult } from '../../src/scenario/run.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import type { EndInfo, ExchangeRow, ExpectOutcome, FrameRecord } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';

export const LIBRARY = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));
export const SCRIPTS: readonly string[] = readdirSync(LIBRARY)
  .filter((name) => name.endsWith('.scn'))
  .sort();

/** What was decided of a frame. */
export interface Decided {
  /** `deliver server`, `drop ip ip_csum`. */
  readonly verdict: string;
  /** The decision that is the verdict. */
  readonly final: string;
  /** All of its climb, without those of the phy: a capture begins behind that. */
  readonly path: readonly string[];
}

export function decided({ final, ids, length }: Trace): Decided {
  const { effect, layer, reason } = CATALOGUE[final] as Decision;
  const path: string[] = [];
  for (let i = 0; i < length; i++) if ((CATALOGUE[ids[i]!] as Decision).layer !== 'phy') path.push(NAMES[ids[i]!]!);
  return { verdict: reason === undefined ? `${effect} ${layer}` : `${effect} ${layer} ${reason}`, final: NAMES[final]!, path };
}

/** What came of a script that was played. */
export interface Recorded {
  readonly result: ScenarioResult;
  readonly failures: readonly ExpectOutcome[];
  /** What the run decided of each frame in the file; null for one that the server has sent, or that went past it. */
  readonly frames: readonly (Decided | null)[];
  /** Its requests and responses. */
  readonly exchanges: readonly ExchangeRow[];
}

/** Plays a shipped script and writes its capture, as `rxpath generate --fcs --comments` does. */
export async function recordScript(name: string, file: string): Promise<Recorded> {
  const recording = new Recording(file, true, { fcs: true, comments: true });
  const byNumber = new Map<number, Decided>();
  const numbers: number[] = [];
  let exchanges: readonly ExchangeRow[] = [];
  const reporter = Object.assign(new SilentReporter(), {
    end: (info: EndInfo) => {
      exchanges = info.exchanges;
    },
    frame: (frame: FrameRecord, trace: Trace) => void byNumber.set(frame.number, decided(trace)),
  });
  const result = await playFile(join(LIBRARY, name), undefined, reporter, {
    drain: recording.drain,
    tap: (bytes, time, number, trace, viewpoint) => {
      const before = recording.frames;
      recording.tap(bytes, time, number, trace, viewpoint);
      if (recording.frames > before) numbers.push(trace === null ? 0 : number);
    },
  });
  await recording.end();
  return { result, failures: reporter.failures, frames: numbers.map((number) => byNumber.get(number) ?? null), exchanges };
}
