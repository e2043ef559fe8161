const MILLISECOND = 1_000_000;
const DAY = 86_400_000;

/** The only clock of rxpath: whoever drives a host in real time reads it; hosts and programs are told the time. */
export class RealTime {
  /** Nanoseconds since 1970, and milliseconds since midnight UT, at time 0. */
  readonly origin: bigint;
  readonly timeOfDay: number;
  private readonly start = performance.now();
  private last = 0;

  constructor() {
    const now = Date.now();
    this.origin = BigInt(now) * BigInt(MILLISECOND);
    this.timeOfDay = now % DAY;
  }

  /** Nanoseconds that have passed: an integer, later than the last one that was given. */
  now(): number {
    const now = Math.round((performance.now() - this.start) * MILLISECOND);
    this.last = Math.max(now, this.last + 1);
    return this.last;
  }
}
