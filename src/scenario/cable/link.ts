import type { Peer } from '../clients/peer.ts';
import { Fate, type Impairment } from './impairment.ts';

const UNHARMED = new Fate();

/** Between a client and the server: its latency, and what goes wrong on it. */
export class Link {
  readonly peer: Peer;
  /** Nanoseconds one way. */
  readonly latency: number;
  impairment: Impairment | null = null;
  /** Deviation of the noise on its line, where the transmitter's level is 1; and its seed. */
  noise = 0;
  noiseSeed = 1;
  /** What the line leaves of the transmitter's amplitude. */
  level = 1;
  /** When the last frame arrives that none has overtaken, towards the server and away from it. */
  private readonly last: [number, number] = [0, 0];

  constructor(peer: Peer, latency: number) {
    this.peer = peer;
    this.latency = latency;
  }

  /** What becomes of the next frame. Valid until it is asked again. */
  decide(length: number): Fate {
    return this.impairment === null ? UNHARMED : this.impairment.decide(length);
  }

  /** When a frame arrives that leaves at `time`: frames stay in order unless one is to be overtaken. */
  arrival(time: number, latency: number, fate: Fate, inbound: boolean): number {
    const due = time + latency + fate.delay;
    if (fate.overtaken) return due;
    const way = inbound ? 0 : 1;
    const arrival = Math.max(due, this.last[way]!);
    this.last[way] = arrival;
    return arrival;
  }
}
