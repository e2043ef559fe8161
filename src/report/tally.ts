import { CATALOGUE } from '../trace/catalogue.ts';
import { type Decision, Effect, type Layer } from '../trace/decision.ts';
import type { FrameRecord } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import type { Lang } from './lang.ts';
import { finalIndex, sentenceAt } from './words/words.ts';

/** Decisions by which something is lost: drops, and events that the kernel's drop reasons name (fragments given up, a queue thrown away). */
export const LOSES = Uint8Array.from(CATALOGUE, (decision: Decision) =>
  decision.effect === 'drop' || (decision.effect === 'event' && decision.skb !== undefined) ? 1 : 0,
);
const EFFECTS_BY_NUMBER = Uint8Array.from(CATALOGUE, (decision: Decision) => Effect[decision.effect]);

/** Frames counted by the decision that ended their climb, in a few integer stores a frame. */
export class Tally {
  frames = 0;
  inbound = 0;
  observed = 0;
  bytes = 0;
  lastTime = 0;
  /** Frames whose path ended with the decision (by number). */
  readonly finals = new Float64Array(CATALOGUE.length);
  /** Number of the first such frame; 0 none, -1 a timer's work. */
  readonly first = new Float64Array(CATALOGUE.length);
  /** The filled-in sentence of the first one, for drops and holds. */
  readonly firstSentence: (string | undefined)[] = [];
  /** What timers gave up: no frame ended with it. */
  readonly byTimer = new Float64Array(CATALOGUE.length);
  transmissions = 0;
  /** How often each decision was taken so far, final or not (Trace.counts). */
  counts: Float64Array = new Float64Array(CATALOGUE.length);
  private readonly lang: Lang;

  constructor(lang: Lang) {
    this.lang = lang;
  }

  frame(frame: FrameRecord, trace: Trace): void {
    const final = trace.final;
    if (this.counts !== trace.counts) this.counts = trace.counts;
    this.frames++;
    this.bytes += frame.wireLength;
    this.lastTime = frame.time;
    if (final < 0) return;
    this.finals[final] = this.finals[final]! + 1;
    const effect = EFFECTS_BY_NUMBER[final]!;
    if (effect === Effect.observe) this.observed++;
    else this.inbound++;
    if (this.first[final] === 0) {
      this.first[final] = frame.number;
      if (effect === Effect.drop || effect === Effect.hold)
        this.firstSentence[final] = sentenceAt(trace, finalIndex(trace), this.lang);
    }
  }

  activity(trace: Trace): void {
    this.transmissions += trace.transmissionCount;
    for (let i = 0; i < trace.length; i++) {
      const id = trace.ids[i]!;
      if (LOSES[id] === 0) continue;
      this.byTimer[id] = this.byTimer[id]! + 1;
      if (this.first[id] === 0) {
        this.first[id] = -1;
        this.firstSentence[id] = sentenceAt(trace, i, this.lang);
      }
    }
  }

  /** Layers in which climbing frames were looked at. */
  layers(): Set<Layer> {
    const out = new Set<Layer>();
    for (let id = 0; id < this.counts.length; id++) {
      if (this.counts[id]! > 0 && EFFECTS_BY_NUMBER[id]! < Effect.observe) out.add(CATALOGUE[id]!.layer);
    }
    return out;
  }

  /** Frames by verdict, in the order of `Effect`. */
  verdicts(): Map<string, number> {
    const out = new Map<string, number>();
    for (const effect of ['deliver', 'consume', 'hold', 'forward', 'drop', 'observe'] as const) {
      let n = 0;
      for (let id = 0; id < this.finals.length; id++) if (CATALOGUE[id]!.effect === effect) n += this.finals[id]!;
      if (n > 0) out.set(effect, n);
    }
    return out;
  }

  /** Dropped frames by reason, most frequent first. */
  reasons(): Map<string, number> {
    const out = new Map<string, number>();
    for (let id = 0; id < this.finals.length; id++) {
      const reason = (CATALOGUE[id] as Decision).reason;
      if (this.finals[id]! > 0 && reason !== undefined) out.set(reason, (out.get(reason) ?? 0) + this.finals[id]!);
    }
    return new Map([...out].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1)));
  }

  /** Frames that were dropped. */
  dropped(): number {
    let n = 0;
    for (let id = 0; id < this.finals.length; id++) if (EFFECTS_BY_NUMBER[id] === Effect.drop) n += this.finals[id]!;
    return n;
  }
}
