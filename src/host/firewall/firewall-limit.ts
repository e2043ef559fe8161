import type { FirewallLimit } from '../config.ts';
import type { FirewallView } from './firewall-view.ts';
import { TokenBucket } from './token-bucket.ts';

/** So many addresses have a bucket at one time, as nft gives a set where nothing is said. */
const BUCKETS_MAX = 65_535;

/** How often a rule may match: one bucket for all packets, or one for each address. */
export class Limit {
  private readonly limit: FirewallLimit;
  private readonly isOver: boolean;
  private readonly countsBytes: boolean;
  private readonly all: TokenBucket;
  private readonly buckets: Map<string, TokenBucket> | null;

  constructor(limit: FirewallLimit) {
    this.limit = limit;
    this.isOver = limit.over === true;
    this.countsBytes = limit.counts === 'bytes';
    this.all = this.bucket();
    this.buckets = limit.by === undefined ? null : new Map();
  }

  matches(view: FirewallView, now: number): boolean {
    const bucket = this.buckets === null ? this.all : this.bucketOf(view, this.buckets);
    if (bucket === null) return false;
    return bucket.take(now, this.countsBytes ? view.size : 1) !== this.isOver;
  }

  private bucket(): TokenBucket {
    const { perSecond, burst, counts } = this.limit;
    return counts === 'bytes' ? new TokenBucket(perSecond, perSecond + (burst ?? 0)) : new TokenBucket(perSecond, burst ?? 5);
  }

  private bucketOf(view: FirewallView, buckets: Map<string, TokenBucket>): TokenBucket | null {
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = view;
    const address = this.limit.by === 'source' ? `${src0} ${src1} ${src2} ${src3}` : `${dst0} ${dst1} ${dst2} ${dst3}`;
    const known = buckets.get(address);
    if (known !== undefined) return known;
    if (buckets.size >= BUCKETS_MAX) return null;
    const bucket = this.bucket();
    buckets.set(address, bucket);
    return bucket;
  }
}
