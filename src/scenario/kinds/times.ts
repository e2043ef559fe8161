import { type Token, Wrong } from '../text/tokens.ts';
import type { StepTime } from '../tree/values.ts';
import { quoted, wordKind } from './kind.ts';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['sec', 1e9],
  ['m', 60e9],
  ['min', 60e9],
  ['h', 3600e9],
]);
const WRITTEN = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
] as const;
const TIME = /^(\d{1,12}(?:\.\d{1,9})?)([a-zµμ]*)$/i;
/** The longest time that is still a whole number of nanoseconds: 100 days. */
const LONGEST = 8_640_000e9;

/** Nanoseconds; undefined: it is no duration. */
function parse(text: string): number | 'unit' | 'long' | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const unit = UNITS.get(match[2]!.toLowerCase());
  if (unit === undefined) return match[2] === '' && Number(match[1]) === 0 ? 0 : 'unit';
  const ns = Math.round(Number(match[1]) * unit);
  return ns > LONGEST ? 'long' : ns;
}

/** In the largest unit up to seconds that leaves no fraction. */
function writeDuration(ns: number): string {
  if (ns === 0) return '0s';
  for (const [unit, size] of WRITTEN) if (ns % size === 0) return `${ns / size}${unit}`;
  return `${ns}ns`;
}

function noUnit(text: string, token: Token): Wrong {
  return new Wrong(token.at, `${quoted(token)} has no unit`, `did you mean \`${text}ms\` or \`${text}s\`?`);
}

const EXPECTED = 'a duration, such as 20ms or 1.5s';

export const DURATION = wordKind<number>({
  name: 'duration',
  expected: EXPECTED,
  parse(text, token) {
    const ns = parse(text);
    if (ns === 'unit' && /^[\d.]+$/.test(text)) throw noUnit(text, token);
    if (ns === 'unit') throw new Wrong(token.at, `${quoted(token)} has no unit of time`, 'units are ns, us, ms, s, m and h');
    if (ns === 'long') throw new Wrong(token.at, `${quoted(token)} is too long: a run lasts 100 days at most`);
    return ns;
  },
  write: writeDuration,
  schema: { type: 'string', pattern: '^[0-9.]+(ns|us|ms|s|m|h)$' },
});

/** `20ms`, `+1ms` before a step. */
export const STEP_TIME = wordKind<StepTime>({
  name: 'step_time',
  expected: 'a time, such as 20ms or +1ms',
  parse(text, token) {
    const relative = text.startsWith('+');
    const ns = parse(relative ? text.slice(1) : text);
    if (ns === 'unit' && /^\+?[\d.]+$/.test(text)) throw noUnit(text, token);
    return typeof ns === 'number' ? { relative, ns } : undefined;
  },
  write: ({ relative, ns }) => (relative ? '+' : '') + writeDuration(ns),
  schema: { type: 'string', pattern: '^\\+?[0-9.]+(ns|us|ms|s|m|h)$' },
});

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?$/;
const YEAR_10000 = 253_402_300_800;

/** Seconds since 1970: `2026-01-31T12:00:00Z`, or a day's first second (RFC 3339, in UTC). */
export const DATE_TIME = wordKind<number>({
  name: 'date',
  expected: 'a date, such as 2026-01-31 or 2026-01-31T12:00:00Z',
  parse(text) {
    const seconds = DATE.test(text) ? Date.parse(text) / 1000 : Number.NaN;
    // February has no 30th, although Date takes one
    return seconds >= 0 && seconds < YEAR_10000 && isoDate(seconds).startsWith(text.slice(0, 10)) ? seconds : undefined;
  },
  write: isoDate,
  schema: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$' },
});

function isoDate(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 19)}Z`;
}

/** The word is meant as a step's time, be it a right one or not. */
export function looksLikeTime(text: string): boolean {
  return /^\+?\d+(\.\d+)?[a-zµμ]*$/i.test(text) || /^\+\d/.test(text);
}
