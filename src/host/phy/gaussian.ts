import { Random } from '../random.ts';

const SCALE = 1 / 0x1_0000_0000;

/** Normally distributed numbers, mean 0 and deviation 1, from a seed (Box and Muller). */
export class Gaussian {
  private readonly random: Random;
  private spare = Number.NaN;

  constructor(seed: number) {
    // Seeds next to each other give streams that begin alike: a few numbers later they do not.
    this.random = new Random(Math.imul(seed + 1, 0x9e37_79b1));
    for (let i = 0; i < 8; i++) this.random.next();
  }

  next(): number {
    const { spare } = this;
    if (!Number.isNaN(spare)) {
      this.spare = Number.NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log((this.random.next() + 1) * SCALE));
    const angle = 2 * Math.PI * this.random.next() * SCALE;
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Evenly distributed from 0 to 1. */
  even(): number {
    return this.random.next() * SCALE;
  }
}
