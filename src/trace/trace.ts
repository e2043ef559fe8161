import { CATALOGUE, EFFECT_OF } from './catalogue.ts';
import { Effect } from './decision.ts';
import type { TraceEvent } from './events.ts';
import { Facts } from './facts.ts';
import { Transmission } from './transmission.ts';

/** Decisions in a row with which activities begin again and again. */
export class Opening {
  /** As in Trace; `length` of them stay as they are, the rest is for what an activity goes on with. */
  readonly ids = new Uint16Array(64);
  readonly values = new Float64Array(64 * 3);
  length = 0;
}

/**
 * The decisions of one activity (a frame's climb, or a timer's work), in the order they were taken, and what was sent because
 * of them. One object serves the whole run: `begin` empties it, readers look before the next `begin`.
 */
export class Trace {
  /** How often each decision (by number) was taken since the start. */
  readonly counts = new Float64Array(CATALOGUE.length);
  /** Decision numbers, `length` of them. */
  ids = new Uint16Array(64);
  /** Three numbers for each decision: a, b, c. */
  values = new Float64Array(64 * 3);
  private ownIds = this.ids;
  private ownValues = this.values;
  length = 0;
  /** The last decision that is a step of the path: it holds the frame's verdict. -1 before the first. */
  final = -1;
  /** Texts that values of this activity's decisions stand for, by index: format `text` of a slot. */
  readonly texts: string[] = [];
  /** What was sent, `transmissionCount` of them; the objects are used again after `begin`. */
  readonly transmissions: Transmission[] = [];
  transmissionCount = 0;
  /** Socket, request, response and divergence events of this activity; null when nobody listens, so that none are made. */
  events: TraceEvent[] | null = null;
  /** Events other than divergences are wanted too. */
  tellsAll = true;
  /** The packet that climbs; the host puts its own record here. Stale while a timer works. */
  facts: Facts = new Facts();
  /** Nanoseconds, as in Frame.time: when this activity takes place. */
  time = 0;
  /** Number of the frame that climbs, as in Frame.number; 0 while a timer works. */
  frame = 0;

  /** Where socket, request and response events go; null when nobody wants them. */
  get told(): TraceEvent[] | null {
    return this.tellsAll ? this.events : null;
  }

  begin(time: number, frame = 0): void {
    this.time = time;
    this.frame = frame;
    this.ids = this.ownIds;
    this.values = this.ownValues;
    this.length = 0;
    this.final = -1;
    this.transmissionCount = 0;
    if (this.texts.length > 0) this.texts.length = 0;
    if (this.events !== null && this.events.length > 0) this.events.length = 0;
  }

  /** Records a decision with up to three numbers. */
  record(decision: number, a = 0, b = 0, c = 0): void {
    const at = this.length;
    if (at === this.ids.length) this.grow();
    this.ids[at] = decision;
    const v = at * 3;
    this.values[v] = a;
    this.values[v + 1] = b;
    this.values[v + 2] = c;
    this.length = at + 1;
    this.counts[decision] = this.counts[decision]! + 1;
    if (EFFECT_OF[decision]! <= Effect.observe) this.final = decision;
  }

  /** Keeps a text for a decision of this activity; gives the value that stands for it. */
  keep(text: string): number {
    return this.texts.push(text) - 1;
  }

  /** Goes on with a frame's decisions of an earlier activity, which have been counted then. `values`: three for each. */
  again(frame: number, decisions: readonly number[], values: readonly number[]): void {
    this.frame = frame;
    for (let i = 0; i < decisions.length; i++) {
      const decision = decisions[i]!;
      this.record(decision, values[i * 3]!, values[i * 3 + 1]!, values[i * 3 + 2]!);
      this.counts[decision] = this.counts[decision]! - 1;
    }
  }

  /** Records, as the first of an activity, the decisions of the opening: what follows is written behind them, where they are. */
  open(opening: Opening): void {
    const { ids, length } = opening;
    const { counts } = this;
    for (let i = 0; i < length; i++) {
      const id = ids[i]!;
      counts[id] = counts[id]! + 1;
    }
    this.ids = ids;
    this.values = opening.values;
    this.length = length;
    this.final = ids[length - 1]!;
  }

  /** Records the reply decision `why` and gives the cleared transmission to fill in. */
  transmit(why: number, a = 0, b = 0, c = 0): Transmission {
    this.record(why, a, b, c);
    let slot = this.transmissions[this.transmissionCount];
    if (slot === undefined) {
      slot = new Transmission();
      this.transmissions.push(slot);
    }
    this.transmissionCount++;
    slot.clear(why, this.time);
    return slot;
  }

  private grow(): void {
    const ids = new Uint16Array(this.ids.length * 2);
    ids.set(this.ids);
    const values = new Float64Array(this.values.length * 2);
    values.set(this.values);
    if (this.ids === this.ownIds) {
      this.ownIds = ids;
      this.ownValues = values;
    }
    this.ids = ids;
    this.values = values;
  }
}
