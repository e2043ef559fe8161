const SECOND = 1_000_000_000;

/** So many in a second, with `burst` saved up at first and at most (Linux nft_limit, xt_limit). Virtual time. */
export class TokenBucket {
  private readonly perSecond: number;
  private readonly most: number;
  private tokens: number;
  private at = 0;

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.most = Math.floor((SECOND * burst) / perSecond);
    this.tokens = this.most;
  }

  /** Takes a token, or so many; false: none is left. */
  take(now: number, count = 1): boolean {
    const cost = Math.floor((SECOND * count) / this.perSecond);
    const tokens = Math.min(this.tokens + now - this.at, this.most);
    this.at = now;
    const enough = tokens >= cost;
    this.tokens = enough ? tokens - cost : tokens;
    return enough;
  }
}
