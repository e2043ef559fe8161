import { Random } from '../../host/random.ts';

/** How a link harms the frames that it carries, in both directions. Probabilities from 0 to 1, times in nanoseconds. */
export interface Harm {
  readonly loss: number;
  readonly dup: number;
  readonly reorder: number;
  readonly corrupt: number;
  readonly delay: number;
  readonly jitter: number;
}

/** A frame that others are to overtake arrives so much later. */
const OVERTAKEN_BY = 5_000_000;

/** What becomes of one frame: `copies` of 0 is a loss. */
export class Fate {
  copies = 1;
  /** Nanoseconds beyond the link's own latency. */
  delay = 0;
  /** Later frames may arrive before it. */
  overtaken = false;
  /** Bit that is inverted; -1: none. */
  flipped = -1;
}

/** A link's faults, from a seed of their own: the same seed and the same frames give the same faults. */
export class Impairment {
  private readonly harm: Harm;
  private readonly random: Random;
  private readonly fate = new Fate();

  constructor(harm: Harm, seed: number) {
    this.harm = harm;
    this.random = new Random(seed);
  }

  /** Decides over a frame of `length` bytes. The answer is valid until the next one. */
  decide(length: number): Fate {
    const { harm, fate } = this;
    fate.copies = this.happens(harm.loss) ? 0 : this.happens(harm.dup) ? 2 : 1;
    fate.overtaken = this.happens(harm.reorder);
    fate.flipped = this.happens(harm.corrupt) ? this.random.next() % (length * 8) : -1;
    const swing = harm.jitter > 0 ? (this.part() * 2 - 1) * harm.jitter : 0;
    fate.delay = Math.max(0, Math.round(harm.delay + swing)) + (fate.overtaken ? OVERTAKEN_BY : 0);
    return fate;
  }

  private happens(probability: number): boolean {
    return probability > 0 && this.part() < probability;
  }

  /** From 0 up to 1. */
  private part(): number {
    return this.random.next() / 0x1_0000_0000;
  }
}
