import type { DivergenceEvent, SentSummary } from '../../trace/events.ts';
import type { Facts } from '../../trace/facts.ts';
import type { Trace } from '../../trace/trace.ts';
import { AddressSet } from '../survey/address-set.ts';

/** Addresses of which it is remembered that they spoke. */
const MOST_SPEAKERS = 1 << 16;
/** Divergences that wait for somebody to speak. */
const MOST_WITHHELD = 4096;

/** What happened that should not, or did not that should. */
export type DivergenceKind = 'missing_reply' | 'reset_instead' | 'different_ack' | 'unexpected_reply' | 'accepted_more';

/** Whoever should have spoken: an address as four words. */
export type Speaker = readonly [number, number, number, number];

interface Withheld {
  readonly event: DivergenceEvent;
  readonly by: Speaker;
}

/** Tells and counts divergences; the silence of an address only if the capture shows that it has a voice, whether before or later. */
export class Divergences {
  readonly counts = new Map<DivergenceKind, number>();
  private readonly trace: Trace;
  /** Addresses that have been seen to send something. */
  private readonly heard = new AddressSet(MOST_SPEAKERS);
  private withheld: Withheld[] = [];

  constructor(trace: Trace) {
    this.trace = trace;
  }

  /** Nobody has been seen to send anything. */
  get mute(): boolean {
    return this.heard.size === 0;
  }

  /** A frame of the captured server. */
  hear(facts: Facts): void {
    const { size } = this.heard;
    if (facts.family !== 0) this.heard.add(facts.src0, facts.src1, facts.src2, facts.src3);
    if (this.heard.size > size && this.withheld.length > 0) this.tellWithheld();
  }

  /** `by`: who should have spoken, if it can; null: no matter. */
  add(
    kind: DivergenceKind,
    n: number,
    expected: SentSummary | null,
    captured: SentSummary | null,
    by: Speaker | null = null,
  ): void {
    const event: DivergenceEvent = { type: 'divergence', time: this.trace.time, n, kind, expected, captured };
    if (by === null || this.hasSpoken(by)) this.tell(event);
    else if (this.withheld.length < MOST_WITHHELD) this.withheld.push({ event, by });
  }

  private hasSpoken(by: Speaker): boolean {
    return this.heard.find(by[0], by[1], by[2], by[3]) >= 0;
  }

  private tell(event: DivergenceEvent): void {
    const kind = event.kind as DivergenceKind;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.trace.events?.push(event);
  }

  /** An address's first frame: the capture does show what it sends. */
  private tellWithheld(): void {
    const before = this.withheld;
    this.withheld = before.filter(({ by }) => !this.hasSpoken(by));
    for (const { event, by } of before) if (this.hasSpoken(by)) this.tell(event);
  }
}
