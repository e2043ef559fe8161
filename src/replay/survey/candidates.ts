import { AddressSet } from './address-set.ts';
import type { Peek } from './peek.ts';

/** Addresses that are told apart; what comes later is not looked at for the choice of the host. */
export const MOST_ADDRESSES = 1 << 16;
/** MACs that an address's ARP replies may name. */
const MOST_CLAIMS = 4;
const NONE: readonly number[] = [];

/** What the survey knows of one IP address. */
export interface Candidate {
  readonly number: number;
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
  /** Connections it accepted (SYN-ACK sent), and that it was asked for (SYN received). */
  accepted: number;
  asked: number;
  /** It sent at least one frame. */
  alive: boolean;
  /** TCP segments to the address, and those of them that came in a frame to a group. */
  segments: number;
  grouped: number;
  /** How often a frame to (or from) the address carried the MAC; the key is upper 16 bits × 2³² + lower 32. */
  readonly macs: Map<number, number>;
  /** MACs that its ARP replies say it has; empty until there is one. */
  claimed: readonly number[];
}

/** The addresses of a capture, numbered from 0 in the order met: whoever of them serves may be the host. */
export class Candidates {
  readonly all: Candidate[] = [];
  private readonly addresses = new AddressSet(MOST_ADDRESSES);

  find(w0: number, w1: number, w2: number, w3: number): Candidate | undefined {
    return this.all[this.addresses.find(w0, w1, w2, w3)];
  }

  /** Who sent the packet; null: there are too many. */
  source(peek: Peek): Candidate | null {
    return this.add(peek.family, peek.src0, peek.src1, peek.src2, peek.src3);
  }

  /** To whom it was sent; null: there are too many. */
  destination(peek: Peek): Candidate | null {
    return this.add(peek.family, peek.dst0, peek.dst1, peek.dst2, peek.dst3);
  }

  /** The address's entry, a new one if need be; null: there are too many. */
  add(family: number, w0: number, w1: number, w2: number, w3: number): Candidate | null {
    const number = this.addresses.add(w0, w1, w2, w3);
    if (number < 0) return null;
    let candidate = this.all[number];
    if (candidate === undefined) {
      const words = [w0, w1, w2, w3] as const;
      candidate = {
        number,
        family: family === 6 ? 6 : 4,
        words,
        accepted: 0,
        asked: 0,
        alive: false,
        segments: 0,
        grouped: 0,
        macs: new Map(),
        claimed: NONE,
      };
      this.all.push(candidate);
    }
    return candidate;
  }
}

/** An ARP reply comes from the MAC that it tells of. */
export function claim(source: Candidate, { hasMacs, sourceMacHigh, sourceMacLow }: Peek): void {
  const mac = sourceMacHigh * 4294967296 + sourceMacLow;
  if (!hasMacs || source.claimed.length >= MOST_CLAIMS || source.claimed.includes(mac)) return;
  source.claimed = [...source.claimed, mac];
}
