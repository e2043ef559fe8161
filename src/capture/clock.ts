import type { Resolution } from './interface.ts';
import type { Timeline } from './timeline.ts';

const SECOND = 1_000_000_000n;
const WORD = 4_294_967_296;
/** Finest resolutions whose second still fits a double's 53 bits. */
const MAX_DECIMAL = 15;
const MAX_BINARY = 32;
/** Finest binary resolution at which a fraction times 10^9 fits 53 bits. */
const MAX_PLAIN_BINARY = 22;

const UNSET = 0;
const TIMES = 1;
const DIVIDED = 2;
const BINARY = 3;
const LONG = 4;

/**
 * Turns one interface's 64-bit time stamps (pcapng if_tsresol, if_tsoffset) into nanoseconds on the trace's timeline, rounded
 * down. Stamps are taken relative to a whole second near them, in whole units, so that nothing is lost; only resolutions finer
 * than 10^-15 or 2^-32 are calculated with BigInt each time.
 */
export class Clock {
  private readonly timeline: Timeline;
  private readonly unitsPerSecond: bigint;
  private readonly offsetSeconds: bigint;
  private readonly scale: number;
  private readonly factor: number;
  private way = UNSET;
  private readonly placedWay: number;
  private baseHigh = 0;
  private baseLow = 0;
  private baseTime = 0;
  /** The base's time is beyond 53 bits and rounded: a small time beside it is not to be had by adding to it. */
  private baseIsFar = false;

  constructor(timeline: Timeline, resolution: Resolution, offsetSeconds: bigint) {
    const { base, exponent } = resolution;
    this.timeline = timeline;
    this.unitsPerSecond = BigInt(base) ** BigInt(exponent);
    this.offsetSeconds = offsetSeconds;
    this.scale = exponent;
    if (base === 2) this.placedWay = exponent <= MAX_BINARY ? BINARY : LONG;
    else if (exponent <= 9) this.placedWay = TIMES;
    else this.placedWay = exponent <= MAX_DECIMAL ? DIVIDED : LONG;
    this.factor = base === 2 ? 2 ** exponent : 10 ** Math.abs(9 - exponent);
  }

  /** Nanoseconds after the trace's first frame; the first stamp of all sets that origin. */
  at(high: number, low: number): number {
    const way = this.way;
    if (way === UNSET || way === LONG) return this.place(high, low);
    const units = (high - this.baseHigh) * WORD + (low - this.baseLow);
    if (units > Number.MAX_SAFE_INTEGER || units < -Number.MAX_SAFE_INTEGER) return this.place(high, low);
    let after: number;
    if (way === TIMES) after = units * this.factor;
    else if (way === DIVIDED) after = Math.floor(units / this.factor);
    else {
      const seconds = Math.floor(units / this.factor);
      after = seconds * 1e9 + this.fraction(units - seconds * this.factor);
    }
    const time = this.baseTime + after;
    if (after > Number.MAX_SAFE_INTEGER || after < -Number.MAX_SAFE_INTEGER) return this.place(high, low);
    if (this.baseIsFar && (Math.abs(time) < Math.abs(after) || Number.isSafeInteger(time))) return this.place(high, low);
    return time;
  }

  /** `part` of 2^scale, in nanoseconds, without a product beyond 53 bits. */
  private fraction(part: number): number {
    if (this.scale <= MAX_PLAIN_BINARY) return Math.floor((part * 1e9) / this.factor);
    const upper = Math.floor(part / 65_536) * 1e9;
    const lower = (part % 65_536) * 1e9;
    const divisor = this.factor / 65_536;
    const whole = Math.floor(upper / divisor);
    return whole + Math.floor(((upper - whole * divisor) * 65_536 + lower) / this.factor);
  }

  /** The long way round, which also moves the base to this stamp's second. */
  private place(high: number, low: number): number {
    const stamp = (BigInt(high) << 32n) | BigInt(low);
    const part = stamp % this.unitsPerSecond;
    const second = (stamp / this.unitsPerSecond + this.offsetSeconds) * SECOND;
    const absolute = second + (part * SECOND) / this.unitsPerSecond;
    if (!this.timeline.begun) this.timeline.begin(absolute);
    const base = stamp - part;
    this.baseHigh = Number(base >> 32n);
    this.baseLow = Number(base & 0xffff_ffffn);
    this.baseTime = Number(second - this.timeline.origin);
    this.baseIsFar = !Number.isSafeInteger(this.baseTime);
    this.way = this.placedWay;
    return Number(absolute - this.timeline.origin);
  }
}
