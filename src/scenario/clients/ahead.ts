/** Stretches that are remembered; of more, the first ones are forgotten. */
const MOST = 256;

/** What was sent ahead of a stream's next number, until the gap before it is filled. */
export class Ahead {
  /** Begin and end by turns. */
  private stretches: number[] = [];

  forget(): void {
    this.stretches = [];
  }

  /** What is sent from `seq` to `end` is known of; gives the number that is next now, where `next` was. */
  reach(next: number, seq: number, end: number): number {
    const { stretches } = this;
    if (((seq - next) | 0) > 0) {
      if (end !== seq) this.keep(seq, end);
      return next;
    }
    if (((end - next) | 0) <= 0) return next;
    let reached = end;
    for (let at = 0; at < stretches.length; ) {
      if (((stretches[at]! - reached) | 0) > 0) {
        at += 2;
        continue;
      }
      const [, behind] = stretches.splice(at, 2);
      if (((behind! - reached) | 0) > 0) reached = behind!;
      at = 0;
    }
    return reached;
  }

  /** Joins what it begins in, or behind. */
  private keep(seq: number, end: number): void {
    const { stretches } = this;
    for (let at = 0; at < stretches.length; at += 2) {
      if (((seq - stretches[at]!) | 0) < 0 || ((seq - stretches[at + 1]!) | 0) > 0) continue;
      if (((end - stretches[at + 1]!) | 0) > 0) stretches[at + 1] = end;
      return;
    }
    stretches.push(seq, end);
    if (stretches.length > 2 * MOST) stretches.splice(0, 2);
  }
}
