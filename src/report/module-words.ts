import type { PoolSummary } from '../trace/run.ts';
import { duration, grouped } from './layout.ts';

/** How a connection came to its module. */
const HAND_OVERS = {
  prestarted: 'pre-started',
  started: 'started',
  reused: 'started earlier',
  waiting: 'waiting module',
} as const;

/** `#2 pre-started, 40 ms`: the module that serves a connection, how it came to it and how long it had it, as far as that is known. */
export function moduleText(name: string, handOver: keyof typeof HAND_OVERS | undefined, served: number | undefined): string {
  const how = handOver === undefined ? name : `${name} ${HAND_OVERS[handOver]}`;
  return served === undefined ? how : `${how}, ${duration(served)}`;
}

/** `4 pre-started + 12 started, 16 busy at most`: the modules of a listener. */
export function poolText({ workers, started, mostBusy, turnedAway }: PoolSummary): string {
  const modules = started === 0 ? `${workers} pre-started` : `${workers} pre-started + ${started} started`;
  const away = turnedAway === 0 ? '' : `, ${grouped(turnedAway)} turned away`;
  return `${modules}, ${mostBusy} busy at most${away}`;
}
