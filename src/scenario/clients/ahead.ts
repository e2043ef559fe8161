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
    if (end !== seq) stretches.push(seq, end);
    let reached = next;
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
}
