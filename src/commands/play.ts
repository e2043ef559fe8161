import { readFileSync } from 'node:fs';
import { openCapture } from '../capture/capture.ts';
import type { ProfileName } from '../host/tcp/profile.ts';
import { asksAnalysis } from '../scenario/judge/analysis.ts';
import type { OnSignal, Tap } from '../scenario/play/server-wire.ts';
import { runScenario, type ScenarioResult } from '../scenario/run.ts';
import { ScriptError } from '../scenario/text/problems.ts';
import type { ExchangeWatch } from '../server/http/exchange-log.ts';
import type { Reporter } from '../trace/run.ts';
import { Exit, Failure } from './failure.ts';
import { fromScript, readScript, reasonOf } from './input/script-file.ts';
import { configurationOf } from './input/server-file.ts';
import { Captured } from './output/captured.ts';
import { withProfile } from './profile-flag.ts';
import { calledBy } from './scenario-library.ts';

/** Who looks at the server's wire while a script is played. */
export interface Onlookers {
  readonly tap?: Tap;
  readonly onSignal?: OnSignal;
  readonly drain?: () => Promise<void> | null;
  readonly bodies?: ExchangeWatch | null;
}

/** What comes before the script's own word. */
export interface Choices {
  readonly seed?: number | undefined;
  readonly profile?: ProfileName | undefined;
}

/**
 * Reads a script and plays it; what it expects of the analysis of its capture is judged, too. Rejects with Failure: exit 2 for what is not
 * understood, or needs a file that cannot be read; 3 for a script that cannot be read.
 */
export async function playFile(
  path: string,
  { seed, profile }: Choices = {},
  reporter: Reporter,
  onlookers: Onlookers = {},
): Promise<ScenarioResult> {
  const script = readScript(path);
  const configuration = withProfile(await configurationOf(script), profile);
  const captured = asksAnalysis(script) ? await Captured.begin(configuration.host.addresses) : null;
  const options = {
    name: calledBy(path),
    files: { read: readBytes, open: (file: string, from: string) => openCapture([fromScript(file, from)]) },
    ...(seed === undefined ? {} : { seed }),
    ...onlookers,
    ...(captured === null ? {} : { tap: captured.besides(onlookers.tap), analyse: captured.analyse }),
  };
  try {
    return await runScenario(script, configuration, options, reporter);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new Failure(error.code, Exit.usage, `the script cannot be run\n${error.message}`, { file: path });
  } finally {
    captured?.remove();
  }
}

function readBytes(path: string, from: string): Uint8Array {
  const file = fromScript(path, from);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file}: ${reasonOf(error)}`);
  }
}
