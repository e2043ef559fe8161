import type { Peer } from './peers.ts';

const SECOND = 1_000_000_000;
/** Tokens that a peer can save up (XRLIM_BURST_FACTOR). */
const BURST = 6;

/** Linux's two limits on ICMP errors: so many per second in all, and one per `interval` to each peer, with a burst of six. */
export class ErrorRate {
  private credit = 0;
  private creditAt = Number.NEGATIVE_INFINITY;

  /** icmp_msgs_per_sec and icmp_msgs_burst. */
  allowsMessage(now: number, perSecond: number, burst: number): boolean {
    const passed = Math.min(now - this.creditAt, SECOND);
    const earned = passed >= SECOND / 50 ? Math.floor((perSecond * passed) / SECOND) : 0;
    if (earned > 0) {
      this.credit = Math.min(this.credit + earned, burst);
      this.creditAt = now;
    }
    if (this.credit === 0) return false;
    this.credit--;
    return true;
  }

  /** icmp_ratelimit; `interval` in nanoseconds, 0: no limit. */
  static allowsPeer(peer: Peer, now: number, interval: number): boolean {
    if (interval === 0) return true;
    const saved = peer.tokensAt === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : peer.tokens + now - peer.tokensAt;
    const tokens = Math.min(saved, BURST * interval);
    peer.tokensAt = now;
    peer.tokens = tokens >= interval ? tokens - interval : tokens;
    return tokens >= interval;
  }
}
