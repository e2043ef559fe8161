import { u32 } from '../src/wire/bytes.ts';
import type { LinuxScenario } from './capture.ts';
import { flowKey, tcpPlace, timestampOf } from './frames.ts';

const MILLISECOND = 1_000_000;
/** From a client frame to the moment when the kernel looks at it; from the kernel's work for its program to when that was written down. */
const ENTRY = 40_000;
const RETURN = 20_000;
/** A frame that comes later than this after everything else was sent by a timer, which fires so long before it is seen. */
const TIMER = 5 * MILLISECOND;
const LATENCY = 100_000;
/** Beginnings of a millisecond that are tried. */
const STEP = 20_000;
/** So few TSvals tell nothing. */
const FEWEST = 3;

/** A TSval of the kernel, and when it was probably taken; `connection`: whose clock it shows. */
interface Stamp {
  readonly connection: string;
  readonly time: number;
  readonly tsVal: number;
}

/** All TSvals of a recording. */
function stampsOf({ events, frames }: LinuxScenario): Stamp[] {
  const found: Stamp[] = [];
  const isns = new Map<string, number>();
  let cause = 0;
  let sure = 0;
  for (const { type, dir, pcap, t } of events) {
    if (type === 'app') {
      cause = Math.round(t * 1e9);
      sure = cause - RETURN;
    }
    if (type !== 'frame') continue;
    const { time, bytes } = frames[pcap!]!;
    if (dir === 'in') {
      cause = time;
      sure = time + ENTRY;
      continue;
    }
    const at = tcpPlace(bytes);
    if (at < 0) continue;
    const key = flowKey(bytes, at);
    if ((bytes[at + 13]! & 0x12) === 0x12) isns.set(key, u32(bytes, at + 4));
    const tsVal = timestampOf(bytes, at);
    if (tsVal < 0) continue;
    found.push({ connection: connectionKey(key, isns.get(key) ?? 0), time: time - cause > TIMER ? time - LATENCY : sure, tsVal });
  }
  return found;
}

/** Names a connection: of its ports and the kernel's first number. */
export function connectionKey(flow: string, isn: number): string {
  return `${flow} ${isn}`;
}

/** What the kernel adds to its milliseconds in the TSvals of each connection, where the recording's milliseconds are the kernel's. */
export function clockOffsets(scenario: LinuxScenario): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const [connection, own] of byConnection(stampsOf(scenario))) {
    offsets.set(connection, mostCommon(own.map(({ time, tsVal }) => offsetAt(time, tsVal))).value);
  }
  return offsets;
}

/** Where in a millisecond of the recording the kernel's begin: where the TSvals agree best. Undefined: they do not tell. */
export function millisecondStart(scenario: LinuxScenario): number | undefined {
  const all = byConnection(stampsOf(scenario));
  const told = [...all.values()].reduce((sum, own) => sum + own.length - 1, 0);
  if (told < FEWEST) return undefined;
  const scores: number[] = [];
  for (let start = 0; start < MILLISECOND; start += STEP) {
    let score = 0;
    for (const own of all.values()) score += mostCommon(own.map(({ time, tsVal }) => offsetAt(time - start, tsVal))).count;
    scores.push(score);
  }
  return middleOfBest(scores) * STEP;
}

/** Middle of the longest run of the greatest numbers; the list is a circle. */
function middleOfBest(scores: readonly number[]): number {
  const most = Math.max(...scores);
  const count = scores.length;
  let best = 0;
  let longest = 0;
  for (let from = 0; from < count; from++) {
    let length = 0;
    while (length < count && scores[(from + length) % count] === most) length++;
    if (length > longest) [best, longest] = [from, length];
  }
  return (best + (longest >> 1)) % count;
}

function offsetAt(time: number, tsVal: number): number {
  return (tsVal - Math.floor(time / MILLISECOND)) | 0;
}

function byConnection(stamps: readonly Stamp[]): Map<string, Stamp[]> {
  const found = new Map<string, Stamp[]>();
  for (const stamp of stamps) {
    const own = found.get(stamp.connection);
    if (own === undefined) found.set(stamp.connection, [stamp]);
    else own.push(stamp);
  }
  return found;
}

function mostCommon(numbers: readonly number[]): { readonly value: number; readonly count: number } {
  const counts = new Map<number, number>();
  let best = { value: 0, count: 0 };
  for (const value of numbers) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > best.count) best = { value, count };
  }
  return best;
}
