import { EtherType } from '../../wire/ethernet.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import type { Candidate, Candidates } from './candidates.ts';
import type { Peek } from './peek.ts';
import { Votes } from './votes.ts';
import type { Way } from './way.ts';

/** Every frame votes for the MACs of its two addresses, so that a damaged MAC is outvoted. */
export class MacVotes {
  private readonly candidates: Candidates;
  /** Votes under way: of sources and destinations, those met last and those before. */
  private readonly recent: Votes[] = [new Votes(), new Votes(), new Votes(), new Votes()];

  constructor(candidates: Candidates) {
    this.candidates = candidates;
  }

  /** A frame with MACs and addresses; what goes the same `way` after it is counted there. */
  count(peek: Peek, way: Way): void {
    if (peek.etherType === EtherType.arp) return;
    const sourceMac = peek.sourceMacHigh * 4294967296 + peek.sourceMacLow;
    const source = this.vote(0, peek.family, peek.src0, peek.src1, peek.src2, peek.src3, sourceMac);
    const isGroup = (peek.destinationMacHigh & 0x0100) !== 0;
    // a group's MAC belongs to nobody; only TCP never speaks to one
    if (isGroup && peek.protocol !== IpProtocol.tcp) return;
    const mac = peek.destinationMacHigh * 4294967296 + peek.destinationMacLow;
    const destination = this.vote(1, peek.family, peek.dst0, peek.dst1, peek.dst2, peek.dst3, mac);
    way.begin(source, destination);
    if (destination === null || peek.protocol !== IpProtocol.tcp) return;
    destination.segments++;
    if (isGroup) destination.grouped++;
  }

  /** After the last frame. */
  finish(): void {
    for (const votes of this.recent) votes.begin(null, 0);
  }

  private vote(side: number, family: number, w0: number, w1: number, w2: number, w3: number, mac: number): Candidate | null {
    const { recent } = this;
    const first = recent[side]!;
    if (!first.isFor(w0, w1, w2, w3, mac)) {
      // the two ends of a conversation take turns
      recent[side] = recent[side + 2]!;
      recent[side + 2] = first;
      if (!recent[side].isFor(w0, w1, w2, w3, mac)) recent[side].begin(this.candidates.add(family, w0, w1, w2, w3), mac);
    }
    const votes = recent[side]!;
    votes.count++;
    return votes.candidate;
  }
}
