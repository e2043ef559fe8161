import type { Candidate } from './candidates.ts';

/** MACs told apart for one address. */
const MOST_MACS = 256;

/** Frames in a row that carried the same address under the same MAC, to be counted together. */
export class Votes {
  candidate: Candidate | null = null;
  count = 0;
  private mac = -1;

  isFor(w0: number, w1: number, w2: number, w3: number, mac: number): boolean {
    if (this.mac !== mac || this.candidate === null) return false;
    const { words } = this.candidate;
    return words[3] === w3 && words[0] === w0 && words[1] === w1 && words[2] === w2;
  }

  /** Counts what there is, and begins anew. */
  begin(candidate: Candidate | null, mac: number): void {
    const macs = this.candidate?.macs;
    const counted = macs?.get(this.mac);
    if (counted !== undefined) macs!.set(this.mac, counted + this.count);
    this.count = 0;
    this.mac = mac;
    this.candidate = candidate;
    if (candidate !== null && candidate.macs.size < MOST_MACS && !candidate.macs.has(mac)) candidate.macs.set(mac, 0);
  }
}
