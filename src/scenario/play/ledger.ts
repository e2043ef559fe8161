import { CATALOGUE, EFFECT_OF } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import type { Frame } from '../../wire/frame.ts';
import type { HandFlows } from '../by-hand/hand-flow.ts';
import { asksForMac } from '../record/matcher.ts';
import type { StepRecord } from '../record/step-record.ts';

/** Who is told of what the server decides. */
export interface Watcher {
  climbed(frame: Frame, trace: Trace): void;
  worked(trace: Trace): void;
}

/** Keeps count of what the server decides, and enters it with the steps that it belongs to. */
export class Ledger {
  /** Climbs by the decision that ended them, and packets that the server sent. */
  readonly finals = new Float64Array(CATALOGUE.length);
  replies = 0;
  /** The step that has begun last, and whether it is one that sees everything (`wait`). */
  current: StepRecord | null = null;
  currentSeesAll = false;
  private readonly trace: Trace;
  private readonly flows: HandFlows;
  private readonly watcher: Watcher;

  constructor(trace: Trace, flows: HandFlows, watcher: Watcher) {
    this.trace = trace;
    this.flows = flows;
    this.watcher = watcher;
  }

  /** Climbs that ended with this effect. */
  verdicts(effect: number): number {
    let sum = 0;
    for (let id = 0; id < this.finals.length; id++) if (EFFECT_OF[id] === effect) sum += this.finals[id]!;
    return sum;
  }

  /** What the activity's packets tell of connections that a script writes by hand, and how many they were. */
  learn(): void {
    const { trace, flows } = this;
    for (let i = 0; i < trace.transmissionCount; i++) {
      const out = trace.transmissions[i]!;
      if (!asksForMac(out)) this.replies++;
      if (flows.size === 0) continue;
      if (out.protocol === Sent.tcp) flows.find(out)?.heard(out);
    }
  }

  /** A frame's climb is over: the trace has its verdict. `base`: the number that its sender would use next, -1 not known. */
  climbed(frame: Frame, step: StepRecord | null, base: number): void {
    const { trace } = this;
    if (trace.final >= 0) this.finals[trace.final]!++;
    if (step !== null) {
      step.pending--;
      step.see(trace, frame, base);
    }
    if (this.currentSeesAll && step !== this.current) this.current?.see(trace, frame, -1);
    this.watcher.climbed(frame, trace);
  }

  /** A timer has done something, for this step. */
  worked(step: StepRecord | null): void {
    const { trace } = this;
    step?.see(trace, null, -1);
    if (this.currentSeesAll && step !== this.current) this.current?.see(trace, null, -1);
    this.watcher.worked(trace);
  }
}
