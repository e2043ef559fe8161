import { EFFECT_OF } from '../../trace/catalogue.ts';
import { Effect } from '../../trace/decision.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Transmission } from '../../trace/transmission.ts';

/** What was sent for the replies of a trace, by their places in it. */
export function sentBy(trace: Trace): Map<number, Transmission> {
  const found = new Map<number, Transmission>();
  for (let i = 0; i < trace.length; i++) {
    if (EFFECT_OF[trace.ids[i]!] !== Effect.reply) continue;
    const next = trace.transmissions[found.size];
    if (next?.why === trace.ids[i]) found.set(i, next!);
  }
  return found;
}
