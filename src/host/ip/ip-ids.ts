import type { Random } from '../random.ts';

const BUCKETS = 2048;

/** IPv4 identification for packets without a connection: counters picked by addresses and protocol, as in Linux (ip_idents, RFC 6864 §4). */
export class IpIds {
  private readonly counters = new Uint16Array(BUCKETS);
  private readonly salt: number;

  constructor(random: Random) {
    this.salt = random.next();
    for (let i = 0; i < BUCKETS; i++) this.counters[i] = random.next();
  }

  /** 16 bits, never 0. */
  next(source: number, destination: number, protocol: number): number {
    let hash = Math.imul(source ^ this.salt, 0x9e37_79b1) ^ Math.imul(destination, 0x85eb_ca6b) ^ protocol;
    hash ^= hash >>> 15;
    const at = (hash >>> 0) % BUCKETS;
    this.counters[at]!++;
    if (this.counters[at] === 0) this.counters[at] = 1;
    return this.counters[at]!;
  }
}
