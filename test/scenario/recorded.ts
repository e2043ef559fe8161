import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Recording } from '../../src/commands/output/recording.ts';
import { playFile } from '../../src/commands/play.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import type { Reporter } from '../../src/trace/run.ts';
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

export function reporterOf(frame: Reporter['frame']): Reporter {
  return { wantsEvents: false, done: false, start() {}, frame, activity() {}, idle() {}, end() {} };
}

/**
 * Plays a shipped script and writes its capture, frame check sequences included, as `rxpath generate --fcs` does. Gives what the run decided
 * of each frame in the file; null for one that the server has sent, or that went past it.
 */
export async function recordScript(name: string, file: string): Promise<(Decided | null)[]> {
  const recording = new Recording(file, true, { fcs: true });
  const byNumber = new Map<number, Decided>();
  const numbers: number[] = [];
  const reporter = reporterOf((frame, trace) => byNumber.set(frame.number, decided(trace)));
  await playFile(join(LIBRARY, name), undefined, reporter, {
    drain: recording.drain,
    tap: (bytes, time, number, trace, viewpoint) => {
      const before = recording.frames;
      recording.tap(bytes, time, number, trace, viewpoint);
      if (recording.frames > before) numbers.push(trace === null ? 0 : number);
    },
  });
  await recording.end();
  return numbers.map((number) => byNumber.get(number) ?? null);
}
