import type { SentSummary } from '../../trace/events.ts';
import type { Facts } from '../../trace/facts.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { AgingMap } from '../aging-map.ts';
import { AddressSet } from '../survey/address-set.ts';
import type { Speaker } from './divergences.ts';
import { PATIENCE, SOONEST_REPEAT } from './patience.ts';
import { keyOfFacts, summaryOfSent } from './replies.ts';

/** Replies that are waited for at one time; the oldest is given up for the next. */
const MOST = 4096;
/** Answers to ARP requests that are remembered. */
const MOST_ANSWERS = 1 << 16;

export interface Awaited {
  readonly by: Speaker;
  readonly expected: SentSummary;
  readonly since: number;
  readonly frame: number;
  /** The same segment came again. */
  repeated: boolean;
}

/** Replies without a connection (ICMP, ARP, resets of what nobody knows) that the captured server has yet to give; keys are those of `keyOfSent`. */
export class AwaitedReplies {
  private readonly waiting = new AgingMap<Awaited>();
  /** Who has answered whose ARP request. */
  private readonly arpAnswers = new AddressSet(MOST_ANSWERS);

  get size(): number {
    return this.waiting.size;
  }

  /** Would the capture show the reply? An ARP answer goes to the asker alone: a capture elsewhere on the link shows the question only. */
  isShown(sent: Transmission): boolean {
    return sent.protocol !== Sent.arp || this.arpAnswers.find(sent.src3, sent.dst3, 0, 0) >= 0;
  }

  /** Our host gives the reply because of frame `n`. */
  add(key: string, sent: Transmission, n: number): void {
    const there = this.waiting.get(key);
    if (there !== undefined) {
      there.repeated ||= sent.protocol === Sent.tcp && sent.time - there.since > SOONEST_REPEAT;
      return;
    }
    if (this.waiting.size >= MOST) this.waiting.deleteOldest();
    const by: Speaker = [sent.src0, sent.src1, sent.src2, sent.src3];
    this.waiting.add(key, { by, expected: summaryOfSent(sent), since: sent.time, frame: n, repeated: false });
  }

  /** What was waited for under the key, and no longer is. */
  take(key: string): Awaited | undefined {
    const there = this.waiting.get(key);
    if (there !== undefined) this.waiting.delete(key);
    return there;
  }

  /** A frame of the server without a connection; of a reply in fragments only the protocol is known. */
  answered(facts: Facts): void {
    if (facts.arpOperation === ArpOperation.reply) this.arpAnswers.add(facts.src3, facts.dst3, 0, 0);
    if (this.waiting.size === 0) return;
    const key = keyOfFacts(facts);
    if (facts.hasTransport || facts.arpOperation !== 0) this.waiting.delete(key);
    else for (const waiting of this.waiting.keys()) if (waiting.startsWith(key)) this.waiting.delete(waiting);
  }

  /** Frame `n` was dropped after all. */
  release(n: number): void {
    for (const key of this.waiting.keys()) if (this.waiting.get(key)!.frame === n) this.waiting.delete(key);
  }

  /** Takes the oldest reply, if it is overdue. */
  takeOverdue(now: number): Awaited | undefined {
    const oldest = this.waiting.oldest();
    if (oldest === undefined || now - oldest.since <= PATIENCE) return undefined;
    this.waiting.deleteOldest();
    return oldest;
  }
}
