import type { Random } from '../random.ts';
import type { Sysctls } from '../sysctl.ts';
import { SECOND } from './constants.ts';

const NO_LIMIT = 0x7fffffff;

/** The host's own limit of challenge ACKs in a second (RFC 5961 §7), different in each second so that nobody can measure it. */
export class ChallengeLimit {
  private readonly sysctl: Sysctls;
  private readonly random: Random;
  private second = -1;
  private left = 0;

  constructor(sysctl: Sysctls, random: Random) {
    this.sysctl = sysctl;
    this.random = random;
  }

  /** Takes one of those that are left at `now`, in nanoseconds. */
  take(now: number): boolean {
    const limit = this.sysctl['ipv4.tcp_challenge_ack_limit'];
    if (limit >= NO_LIMIT) return true;
    const second = Math.floor(now / SECOND);
    if (second !== this.second) {
      this.second = second;
      this.left = ((limit + 1) >> 1) + (this.random.next() % Math.max(1, limit));
    }
    if (this.left <= 0) return false;
    this.left--;
    return true;
  }
}
