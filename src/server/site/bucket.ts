const SECOND = 1e9;

/** So many requests a second, in virtual time: a bucket of as many tokens, filled evenly (RFC 6585 §4). */
export class Bucket {
  private readonly perSecond: number;
  private tokens: number;
  private at = 0;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.tokens = Math.max(1, perSecond);
  }

  /** Takes a token: 0, or the nanoseconds until there is one. */
  take(now: number): number {
    const { perSecond } = this;
    const grown = this.tokens + ((now - this.at) * perSecond) / SECOND;
    this.tokens = Math.min(Math.max(1, perSecond), grown);
    this.at = now;
    if (this.tokens >= 1) {
      this.tokens--;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) / perSecond) * SECOND);
  }
}
