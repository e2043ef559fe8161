import type { LineSignal } from '../../host/phy/line.ts';
import { transmitSignal } from '../../host/phy/transmitter.ts';
import { Random } from '../../host/random.ts';
import type { Flight } from './frame-queue.ts';

/** The cable to the server's phy: each frame becomes the signal that a 10BASE-T transmitter sends, with its link's noise, and as strong as that leaves it. */
export class Line {
  private readonly random: Random;
  /** Signals sent. */
  private count = 0;

  constructor(seed: number) {
    this.random = new Random(seed ^ 0x10ba5e);
  }

  signalOf({ bytes, link }: Flight): LineSignal {
    this.count++;
    const noise = link?.noise ?? 0;
    // without noise only the phase is left to chance
    const seed = (noise > 0 ? Math.imul(link!.noiseSeed, 0x9e37_79b1) + this.count : this.random.next()) >>> 0 || 1;
    return transmitSignal(bytes, 0, bytes.length, { amplitude: link?.level ?? 1, noise, seed });
  }
}
