import type { Packet } from '../packet.ts';
import type { Random } from '../random.ts';
import type { Cookies } from './cookies.ts';

/** The numbers that our half of a connection begins with: drawn, or those that a replayed client has seen. */
export class InitialNumbers {
  /** ISN for a SYN, -1: choose; so that a replayed client's numbers fit. */
  issFor: ((packet: Packet) => number) | null = null;
  /** TSval of the SYN-ACK for a SYN, -1: choose; so that a replayed client's echoes fit. */
  timestampFor: ((packet: Packet) => number) | null = null;
  private readonly random: Random;
  private readonly cookies: Cookies;
  private readonly timestampKey: number;

  constructor(random: Random, cookies: Cookies) {
    this.random = random;
    this.cookies = cookies;
    this.timestampKey = random.next();
  }

  /** For a cookie -1: it makes its own. */
  iss(packet: Packet, cookie: boolean): number {
    // drawn in any case: what is left to chance later is then the same
    const own = cookie ? -1 : this.random.next();
    const chosen = this.issFor === null ? -1 : this.issFor(packet);
    return chosen >= 0 ? chosen : own;
  }

  /** What is added to our clock for this peer: `value` is the clock that the SYN-ACK shows, null when an ACK brings a cookie back. */
  timestampOffset(packet: Packet, value: number | null): number {
    if (this.timestampFor !== null) {
      if (value === null) return this.cookies.timestampOffset(packet);
      const chosen = this.timestampFor(packet);
      if (chosen >= 0) return this.cookies.rememberOffset(packet, (chosen - value) >>> 0);
    }
    return (Math.imul(this.timestampKey ^ packet.src3, 0x9e3779b1) ^ Math.imul(packet.dst3 ^ packet.src2, 0x85ebca6b)) >>> 0;
  }
}
