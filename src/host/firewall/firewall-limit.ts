import type { FirewallLimit } from '../config.ts';
import type { FirewallView } from './firewall-view.ts';
import { TokenBucket } from './token-bucket.ts';

/** So many addresses have a limit of their own at one time, as nft gives a set where nothing is said. */
const ADDRESSES_MAX = 65_535;

/** Packets at once where nothing is said (Linux NFT_LIMIT_PKT_BURST_DEFAULT). */
const PACKETS = 5;

/** Limits of single addresses. */
export type AddressLimits = Map<string, Limit>;

/** How often a rule may match: all packets together, or those of each address. */
export class Limit {
  private readonly limit: FirewallLimit;
  private readonly isOver: boolean;
  private readonly countsBytes: boolean;
  private readonly bucket: TokenBucket;
  private readonly addresses: AddressLimits | null;

  /** `addresses`: what the rules that fill the same set have in common. */
  constructor(limit: FirewallLimit, addresses: AddressLimits = new Map()) {
    this.limit = limit;
    this.isOver = limit.over === true;
    this.countsBytes = limit.counts === 'bytes';
    const { perSecond } = limit;
    this.bucket = new TokenBucket(perSecond, limit.burst ?? (this.countsBytes ? perSecond : PACKETS));
    this.addresses = limit.by === undefined ? null : addresses;
  }

  matches(view: FirewallView, now: number): boolean {
    if (this.addresses !== null) return this.limitOf(view, this.addresses)?.matches(view, now) === true;
    return this.bucket.take(now, this.countsBytes ? view.size : 1) !== this.isOver;
  }

  /** The rule that meets an address first says what its limit is. */
  private limitOf(view: FirewallView, addresses: AddressLimits): Limit | null {
    const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = view;
    const isSource = this.limit.by === 'source';
    const address = isSource ? `${src0} ${src1} ${src2} ${src3}` : `${dst0} ${dst1} ${dst2} ${dst3}`;
    const known = addresses.get(address);
    if (known !== undefined) return known;
    if (addresses.size >= ADDRESSES_MAX) return null;
    const { by, ...limit } = this.limit;
    const fresh = new Limit(limit);
    addresses.set(address, fresh);
    return fresh;
  }
}
