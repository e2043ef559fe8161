import type { Frame } from '../../wire/frame.ts';
import type { Candidates } from './candidates.ts';
import { checkSums, isIntact, Sums } from './intact.ts';
import type { Peek } from './peek.ts';
import { Reliability } from './reliability.ts';

/** Packets whose checksums are looked at to tell a capture with meaningless ones. */
const SAMPLES = 1 << 16;

type Ends = Pick<Peek, 'src0' | 'src1' | 'src2' | 'src3' | 'dst0' | 'dst1' | 'dst2' | 'dst3'>;

/** Which frames are believed: one that was damaged names ports and addresses that never were. */
export class Trust {
  /** Frames that told something new, by whether their checksums are right. */
  believed = 0;
  doubted = 0;
  private readonly candidates: Candidates;
  private readonly before: Trust | null;
  private readonly credulous: boolean;
  private readonly reliability = new Reliability();
  private sampled = 0;

  /** `before`: of an earlier look at the same capture, which has told whose checksums mean nothing. */
  constructor(candidates: Candidates, before: Trust | null) {
    this.candidates = candidates;
    this.before = before;
    this.credulous = before !== null && before.believed === 0;
  }

  get wantsSamples(): boolean {
    return this.sampled < SAMPLES;
  }

  /** Is the sender one whose checksums are right? Of a TCP segment or a datagram. */
  sample(peek: Peek, frame: Frame): void {
    const sums = checkSums(peek, frame);
    if (sums === Sums.untold) return;
    const source = this.candidates.source(peek);
    const destination = this.candidates.destination(peek);
    if (source === null || destination === null) return;
    this.sampled++;
    this.reliability.note(source.number, destination.number, sums === Sums.wrong);
  }

  /** May what the frame says be believed? */
  believes(peek: Peek, frame: Frame): boolean {
    if (isIntact(peek, frame)) {
      this.believed++;
      return true;
    }
    this.doubted++;
    return this.credulous || this.before?.isCredible(peek) === true;
  }

  /** Frames were doubted that can be believed now that it is known how many of their sender's checksums are wrong. */
  get needsAnotherLook(): boolean {
    if (this.doubted === 0) return false;
    return this.believed === 0 || this.reliability.hasCredible;
  }

  /** Are nearly all of the sender's checksums wrong, at least to this address, so that they tell nothing? */
  isMeaningless({ src0, src1, src2, src3, dst0, dst1, dst2, dst3 }: Ends): boolean {
    const from = this.candidates.find(src0, src1, src2, src3);
    const to = this.candidates.find(dst0, dst1, dst2, dst3);
    return from !== undefined && to !== undefined && this.reliability.isUnreliable(from.number, to.number);
  }

  /** May one of the sender's packets be believed although its checksum is wrong? */
  private isCredible({ src0, src1, src2, src3, dst0, dst1, dst2, dst3 }: Ends): boolean {
    const from = this.candidates.find(src0, src1, src2, src3);
    const to = this.candidates.find(dst0, dst1, dst2, dst3);
    return from !== undefined && to !== undefined && this.reliability.isCredible(from.number, to.number);
  }
}
