import type { Peer } from './peers.ts';

const SECOND = 1_000_000_000;
/** Linux with HZ=250 counts its time in these. */
const JIFFY = 4_000_000;
/** Tokens that a peer can save up (XRLIM_BURST_FACTOR). */
const BURST = 6;

/** Linux's two limits on ICMP errors: so many per second in all, and one per `interval` to each peer, with a burst of six. */
export class ErrorRate {
  private credit = 0;
  private creditAt = Number.NEGATIVE_INFINITY;

  /** icmp_msgs_per_sec and icmp_msgs_burst: credit is earned only when there is none left. */
  allowsMessage(now: number, perSecond: number, burst: number): boolean {
    if (this.credit > 0) return true;
    const passed = Math.min(now - this.creditAt, SECOND);
    const earned = passed >= SECOND / 50 ? Math.floor((perSecond * passed) / SECOND) : 0;
    if (earned === 0) return false;
    this.credit = Math.min(this.credit + earned, burst);
    this.creditAt = now;
    return true;
  }

  /** A message was sent. Linux takes one of credit on average, by chance none or two. */
  consume(): void {
    this.credit--;
  }

  /** icmp_ratelimit; `interval` in nanoseconds, 0: no limit. */
  static allowsPeer(peer: Peer, time: number, interval: number): boolean {
    const now = inJiffies(time);
    if (interval === 0) {
      peer.tokensAt = now;
      peer.tokens = 0;
      return true;
    }
    const saved = peer.tokensAt === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : peer.tokens + now - peer.tokensAt;
    const tokens = Math.min(saved, BURST * interval);
    peer.tokensAt = now;
    peer.tokens = tokens >= interval ? tokens - interval : tokens;
    return tokens >= interval;
  }

  /** Errors about packets that cannot be forwarded (Linux ip_error): `cost` and the most that is saved up in nanoseconds. */
  static allowsRouteError(peer: Peer, time: number, cost: number, burst: number): boolean {
    const now = inJiffies(time);
    const saved = peer.tokensAt === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : peer.tokens + now - peer.tokensAt;
    const tokens = Math.min(saved, burst);
    peer.tokensAt = now;
    peer.tokens = tokens >= cost ? tokens - cost : tokens;
    return tokens >= cost;
  }

  /**
   * Redirects (Linux ip_rt_send_redirect): each after twice the time of the one before, `most` in all, and from the beginning again
   * when nothing came for `silence`. Nanoseconds.
   */
  static allowsRedirect(peer: Peer, time: number, load: number, most: number, silence: number): boolean {
    const now = inJiffies(time);
    if (now > peer.tokensAt + silence) {
      peer.tokens = 0;
      peer.redirects = 0;
    }
    if (peer.redirects >= most) {
      peer.tokensAt = now;
      return false;
    }
    if (peer.redirects > 0 && now <= peer.tokensAt + load * 2 ** peer.redirects) return false;
    peer.tokensAt = now;
    peer.redirects++;
    return true;
  }
}

function inJiffies(time: number): number {
  return Math.floor(time / JIFFY) * JIFFY;
}
