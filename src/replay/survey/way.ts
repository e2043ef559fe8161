import type { Frame } from '../../wire/frame.ts';
import type { Candidate } from './candidates.ts';
import { Peek } from './peek.ts';

/**
 * Plain TCP segments from one address to another under the same MACs: only what differs between them is read, and they are counted together.
 * What else there is votes by itself (Votes).
 */
export class Way {
  readonly peek = new Peek();
  private count = 0;
  private source: Candidate | null = null;
  private destination: Candidate | null = null;

  /** The frame goes the same way as the last one: it has been looked at and counted. */
  takes(frame: Frame): boolean {
    if (!this.peek.again(frame)) return false;
    this.count++;
    return true;
  }

  /** The last frame, which has been counted, goes from one of these to the other. */
  begin(source: Candidate | null, destination: Candidate | null): void {
    this.source = source;
    this.destination = destination;
  }

  /** Before the peek looks at another frame: the two addresses get their votes. */
  end(): void {
    const { peek, count, source, destination } = this;
    if (count === 0) return;
    this.count = 0;
    if (source !== null) vote(source, peek.sourceMacHigh * 4294967296 + peek.sourceMacLow, count);
    if (destination === null) return;
    vote(destination, peek.destinationMacHigh * 4294967296 + peek.destinationMacLow, count);
    destination.segments += count;
    if ((peek.destinationMacHigh & 0x0100) !== 0) destination.grouped += count;
  }
}

function vote({ macs }: Candidate, mac: number, count: number): void {
  const votes = macs.get(mac);
  if (votes !== undefined) macs.set(mac, votes + count);
}
