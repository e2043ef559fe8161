import { CATALOGUE } from '../../trace/catalogue.ts';
import { counterOf, type Decision } from '../../trace/decision.ts';
import { LOSES, type Tally } from '../tally.ts';
import type { Printer } from '../terminal/printer.ts';
import { grouped, padStart } from '../words/layout.ts';
import { adviceOf, nameOf } from '../words/words.ts';

interface Dropped {
  readonly id: number;
  readonly decision: Decision;
  readonly count: number;
}

/** Drops by decision, most frequent first: how many, where, what the kernel calls it and counts, an example, the rule, what to do. */
export function printDrops(printer: Printer, tally: Tally): void {
  const { style, phrases } = printer;
  const rows = droppedDecisions(tally);
  printer.title(phrases.drops, rows.length === 0 ? phrases.noDrops : '');
  const countWidth = Math.max(...rows.map((row) => grouped(row.count).length), 1);
  const indent = ' '.repeat(countWidth + 5);
  for (const { id, decision, count } of rows) {
    const first = tally.first[id]!;
    const where = first > 0 ? `${phrases.first} #${first}` : phrases.timer;
    const names = [decision.skb ?? '', counterOf(decision, 0), where].filter((name) => name !== '').join('  ');
    const head = `${style.paint.red(style.glyphs.dropped)} ${padStart(grouped(count), countWidth)}  ${style.paint.bold(`${decision.layer}: ${decision.reason ?? nameOf(id)}`)}`;
    printer.line(`  ${head}  ${style.paint.dim(names)}`);
    printer.hanging(indent, tally.firstSentence[id] ?? '');
    printer.hanging(indent, style.paint.dim(decision.clause));
    const advice = adviceOf(decision, style.lang);
    if (advice !== '') printer.hanging(`${indent}${style.glyphs.inbound} `, advice);
  }
}

/** Decisions that dropped frames, or what a timer gave up, with their counts. */
export function droppedDecisions(tally: Tally): Dropped[] {
  const rows: Dropped[] = [];
  (CATALOGUE as readonly Decision[]).forEach((decision, id) => {
    const count = tally.finals[id]! + tally.byTimer[id]!;
    if (LOSES[id] === 1 && count > 0) rows.push({ id, decision, count });
  });
  return rows.sort((x, y) => y.count - x.count || tally.first[x.id]! - tally.first[y.id]!);
}
