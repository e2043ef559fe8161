import { CATALOGUE } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import type { FrameRecord } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Expectation, Payload, Step } from '../tree/script.ts';
import { asksForMac, Matcher } from './matcher.ts';
import { Snapshot } from './snapshot.ts';

/** So many of the last happenings of a step are kept to be shown where it failed. */
const KEPT = 4;

/** What came of a step of which something is expected: its frames at the server, what was answered, what timers did meanwhile. */
export class StepRecord {
  readonly step: Step;
  /** Nanoseconds. */
  readonly begun: number;
  /** When something of it happened last. */
  last: number;
  /** Its frames that are still on their way. */
  pending = 0;
  /** Frames of it that climbed. */
  frames = 0;
  /** Packets that the server sent because of it. */
  replies = 0;
  /** Climbs by verdict, and drops by reason. */
  readonly verdicts = new Map<string, number>();
  readonly reasons = new Map<string, number>();
  readonly matchers: readonly Matcher[];
  /** The last happenings, oldest first. */
  readonly seen: Snapshot[] = [];
  /** Its expectations were judged. */
  judged = false;

  /** `bytesOf`: reads the files that expectations name. */
  constructor(step: Step, begun: number, bytesOf: (payload: Payload | undefined) => Uint8Array) {
    this.step = step;
    this.begun = begun;
    this.last = begun;
    this.matchers = step.expects.map((expectation: Expectation) => new Matcher(expectation, bytesOf));
  }

  /** A frame of it has climbed, or (`frame` null) a timer has worked for it; `base`: see `Matcher.see`. */
  see(trace: Trace, frame: FrameRecord | null, base: number): void {
    this.last = trace.time;
    if (frame !== null) {
      this.frames++;
      const decision = trace.final < 0 ? null : (CATALOGUE[trace.final] as Decision);
      if (decision !== null) {
        count(this.verdicts, decision.effect);
        if (decision.reason !== undefined) count(this.reasons, decision.reason);
      }
    }
    for (let i = 0; i < trace.transmissionCount; i++) if (!asksForMac(trace.transmissions[i]!)) this.replies++;
    for (const matcher of this.matchers) matcher.see(trace, frame !== null, base);
    if (this.seen.length === KEPT) this.seen.shift();
    this.seen.push(new Snapshot(trace, frame));
  }
}

function count(table: Map<string, number>, key: string): void {
  table.set(key, (table.get(key) ?? 0) + 1);
}
