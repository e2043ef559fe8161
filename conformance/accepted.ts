import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One difference from the kernel that is ours to keep. */
export interface Accepted {
  readonly scenario: string;
  /** Index in the capture. */
  readonly frame: number;
  readonly reason: string;
}

const LIST = fileURLToPath(new URL('accepted.txt', import.meta.url));

/** The list next to the runner: a line each of scenario, frame and reason; `#` begins a remark. */
export function acceptedDifferences(file: string = LIST): Accepted[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, scenario, frame, reason] = /^(\S+) (\d+) (.+)$/.exec(line) ?? [];
      if (reason === undefined) throw new Error(`not "SCENARIO FRAME REASON": ${line}`);
      return { scenario: scenario!, frame: Number(frame), reason };
    });
}
