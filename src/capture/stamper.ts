import type { Resolution } from './interface.ts';

const SECOND = 1_000_000_000n;
const WORD = 4_294_967_296;

/** Turns nanoseconds after an origin into one interface's 64-bit time stamps, rounded down: the reverse of Clock. */
export class Stamper {
  high = 0;
  low = 0;
  private readonly absolute: bigint;
  private readonly unitsPerSecond: bigint;
  /** Nanoseconds of one unit; 0 where a unit is not a whole number of them. */
  private readonly unit: number;
  private readonly baseHigh: number;
  private readonly baseLow: number;
  private readonly baseRest: number;

  constructor(origin: bigint, resolution: Resolution, offsetSeconds: bigint) {
    const { base, exponent } = resolution;
    this.absolute = origin - offsetSeconds * SECOND;
    this.unitsPerSecond = BigInt(base) ** BigInt(exponent);
    this.unit = base === 10 && exponent <= 9 ? 10 ** (9 - exponent) : 0;
    const unit = BigInt(this.unit === 0 ? 1 : this.unit);
    const stamp = this.absolute / unit;
    this.baseRest = Number(this.absolute - stamp * unit);
    this.baseHigh = Number(BigInt.asUintN(64, stamp) >> 32n);
    this.baseLow = Number(BigInt.asUintN(32, stamp));
  }

  /** Sets `high` and `low`; `time` is nanoseconds after the origin. */
  stamp(time: number): void {
    if (this.unit === 0) {
      const stamp = ((this.absolute + BigInt(time)) * this.unitsPerSecond) / SECOND;
      this.high = Number(BigInt.asUintN(64, stamp) >> 32n);
      this.low = Number(BigInt.asUintN(32, stamp));
      return;
    }
    const low = this.baseLow + Math.floor((this.baseRest + time) / this.unit);
    const carry = Math.floor(low / WORD);
    this.high = (this.baseHigh + carry) >>> 0;
    this.low = low - carry * WORD;
  }
}
