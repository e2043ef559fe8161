const SECOND = 1_000_000_000;

/** So many in a second, with `burst` saved up at first and at most (Linux nft_limit, xt_limit). Virtual time. */
export class TokenBucket {
  private readonly cost: number;
  private readonly most: number;
  private tokens: number;
  private at = 0;

  constructor(perSecond: number, burst: number) {
    this.cost = Math.floor(SECOND / perSecond);
    this.most = this.cost * burst;
    this.tokens = this.most;
  }

  /** Takes a token; false: none is left. */
  take(now: number): boolean {
    const tokens = Math.min(this.tokens + now - this.at, this.most);
    this.at = now;
    const enough = tokens >= this.cost;
    this.tokens = enough ? tokens - this.cost : tokens;
    return enough;
  }
}
