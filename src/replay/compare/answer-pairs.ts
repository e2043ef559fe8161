import type { ConnectionRecord, Exchange } from '../../server/http/exchange.ts';
import type { ExchangeLog } from '../../server/http/exchange-log.ts';
import type { ComparisonEvent } from '../../trace/events.ts';
import type { ExchangeRow, Note } from '../../trace/run.ts';
import { type AnswerPair, type BodySums, byConnection, clientText, pairAnswers } from './answers.ts';
import { comparisonEvent, countAnswers } from './replay-rows.ts';

/** So many exchanges of one side begin, at least, before those that are over are put side by side. */
const ENOUGH = 10_000;
/** More cannot be under way: what comes beyond them is not compared. */
const MOST = 200_000;
/** Rows of the table; the comparison goes on behind them. */
const MOST_ROWS = 10_000;

/** What one of the two servers was asked and answered. */
export interface AnsweringSide {
  readonly log: ExchangeLog;
  readonly sums: BodySums;
}

interface Choices {
  /** Whose connection it was, in the other side's addresses. */
  readonly clientOf?: (record: ConnectionRecord) => string;
  readonly row: (pair: AnswerPair) => ExchangeRow;
  /** Requests that only our server has seen are not told. */
  readonly onlyCaptured: boolean;
}

/**
 * Holds the answers of our server against the captured ones, in the memory of those that are under way: connections that are over on both
 * sides are compared and forgotten as it goes.
 */
export class AnswerPairs {
  /** `same`, `neither` (nobody answered), and how many differ in what; one answer may differ in several ways. */
  readonly counts = new Map<string, number>();
  private readonly table: ExchangeRow[] = [];
  private readonly captured: AnsweringSide;
  private readonly server: AnsweringSide;
  private readonly choices: Choices;
  /** Requests that were compared. */
  compared = 0;
  private due = ENOUGH;
  /** Frame of the newest request when was looked last: whoever has not asked one of the servers since then will not. */
  private horizon = 0;

  constructor(captured: AnsweringSide, server: AnsweringSide, choices: Choices) {
    this.captured = captured;
    this.server = server;
    this.choices = choices;
    captured.log.most = server.log.most = MOST;
    captured.sums.most = server.sums.most = MOST;
  }

  /** There is something to compare; asked after every frame. */
  get isDue(): boolean {
    return begun(this.captured) >= this.due || begun(this.server) >= this.due;
  }

  /** What is over on both sides. */
  compare(time: number): ComparisonEvent[] {
    const captured = byConnection(this.captured.log.kept, this.choices.clientOf ?? clientText);
    const server = byConnection(this.server.log.kept, clientText);
    const over = new Set<Exchange>();
    for (const client of new Set([...captured.keys(), ...server.keys()])) {
      const left = captured.get(client) ?? [];
      const right = server.get(client) ?? [];
      for (let i = 0; i < Math.max(left.length, right.length); i++) {
        if (!this.isOver(left[i]) || !this.isOver(right[i])) break;
        if ((left[i] === undefined || right[i] === undefined) && !this.isOld(left[i] ?? right[i]!)) break;
        for (const exchange of [...(left[i] ?? []), ...(right[i] ?? [])]) over.add(exchange);
      }
    }
    // what nobody asked for has no counterpart
    for (const { log } of [this.captured, this.server])
      for (const exchange of log.kept) if (exchange.unsolicited && this.isOver([exchange])) over.add(exchange);
    this.horizon = Math.max(newest(this.captured.log.kept), newest(this.server.log.kept));
    const events = this.tell(take(this.captured, over), take(this.server, over), time);
    // looking through many is worth it for as many new ones, and before there is no room for more
    const left = Math.max(this.captured.log.kept.length, this.server.log.kept.length);
    this.due = Math.max(begun(this.captured), begun(this.server)) + Math.max(ENOUGH, Math.min(left, MOST - left));
    return events;
  }

  /** All that is left, at the end. */
  finish(time: number): ComparisonEvent[] {
    return this.tell(take(this.captured, null), take(this.server, null), time);
  }

  /** The table, or even the comparison, does not have all of them. */
  get notes(): Note[] {
    const notes: Note[] = [];
    if (this.compared > this.table.length) notes.push({ code: 'exchanges_limited', count: this.table.length });
    if (this.captured.log.unkept + this.server.log.unkept > 0) notes.push({ code: 'comparison_limited', count: this.compared });
    return notes;
  }

  /** The table, in the order of the requests. */
  get rows(): ExchangeRow[] {
    return this.table.sort((a, b) => a.n - b.n);
  }

  private tell(captured: readonly Exchange[], server: readonly Exchange[], time: number): ComparisonEvent[] {
    const { clientOf = clientText, row, onlyCaptured } = this.choices;
    const all = pairAnswers(captured, server, this.captured.sums, this.server.sums, clientOf);
    const pairs = onlyCaptured ? all.filter((pair) => pair.captured !== null) : all;
    for (const exchange of captured) this.captured.sums.forget(exchange);
    for (const exchange of server) this.server.sums.forget(exchange);
    countAnswers(pairs, this.counts);
    this.compared += pairs.length;
    for (const pair of pairs) {
      if (this.table.length >= MOST_ROWS) break;
      this.table.push(row(pair));
    }
    return pairs.map((pair) => comparisonEvent(pair, time));
  }

  private isOver(exchanges: readonly Exchange[] | undefined): boolean {
    return exchanges === undefined || exchanges[0]!.connection.ending !== '';
  }

  private isOld(exchanges: readonly Exchange[]): boolean {
    return exchanges.at(-1)!.requestFrame < this.horizon;
  }
}

/** Takes those exchanges out of the log (null: all). */
function take({ log }: AnsweringSide, over: ReadonlySet<Exchange> | null): Exchange[] {
  const { kept } = log;
  const taken: Exchange[] = [];
  let left = 0;
  for (const exchange of kept) {
    if (over === null || over.has(exchange)) taken.push(exchange);
    else kept[left++] = exchange;
  }
  kept.length = left;
  return taken;
}

/** Exchanges of a side that have not been taken out, whether or not there was room for them. */
function begun({ log }: AnsweringSide): number {
  return log.kept.length + log.unkept;
}

function newest(kept: readonly Exchange[]): number {
  return kept.at(-1)?.requestFrame ?? 0;
}
