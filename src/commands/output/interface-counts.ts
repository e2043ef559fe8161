import { readFileSync } from 'node:fs';

/** Column of `drop` among the counts of frames sent. */
const SENT_DROPPED = 11;

/** Frames that the kernel had for an interface and threw away (tx_dropped); 0 where that is not known. */
export function framesDropped(name: string): number {
  try {
    const line = readFileSync('/proc/self/net/dev', 'latin1')
      .split('\n')
      .find((text) => text.trimStart().startsWith(`${name}:`));
    const counts = line
      ?.slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/);
    return Number(counts?.[SENT_DROPPED] ?? 0);
  } catch {
    return 0;
  }
}
