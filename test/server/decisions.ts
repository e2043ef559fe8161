import { NAMES } from '../../src/trace/catalogue.ts';
import type { Trace } from '../../src/trace/trace.ts';

/** The decisions since the last `begin`, each as `name a b c` without trailing zeros. */
export function recorded(trace: Trace): string[] {
  const lines: string[] = [];
  for (let i = 0; i < trace.length; i++) {
    const values = [...trace.values.subarray(i * 3, i * 3 + 3)];
    while (values.at(-1) === 0) values.pop();
    lines.push([NAMES[trace.ids[i]!], ...values].join(' '));
  }
  return lines;
}
