import type { PoolSummary } from '../../trace/run.ts';
import { duration, grouped } from './layout.ts';
import type { HandOver, Phrases } from './phrases.ts';

/** `#2 pre-started, busy for 40 ms`: the module that serves a connection, how it came to it and how long it had it, as far as that is known. */
export function moduleText(name: string, handOver: HandOver | undefined, served: number | undefined, phrases: Phrases): string {
  const how = handOver === undefined ? name : `${name} ${phrases.handOver[handOver]}`;
  return served === undefined ? how : `${how}${phrases.comma}${phrases.busyFor(duration(served))}`;
}

/** `4 pre-started + 12 started, 16 busy at most`: the modules of a listener. */
export function poolText({ workers, started, mostBusy, turnedAway }: PoolSummary, phrases: Phrases): string {
  const { handOver, comma, busyAtMost } = phrases;
  const modules = `${workers} ${handOver.prestarted}${started === 0 ? '' : ` + ${started} ${handOver.started}`}`;
  const away = turnedAway === 0 ? '' : comma + phrases.turnedAway(grouped(turnedAway));
  return `${modules}${comma}${busyAtMost(String(mostBusy))}${away}`;
}
