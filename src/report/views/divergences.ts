import type { DivergenceEvent, SentSummary, TraceEvent } from '../../trace/events.ts';
import type { EndInfo } from '../../trace/run.ts';
import type { Printer } from '../terminal/printer.ts';
import { divergenceWords } from '../words/divergence-words.ts';
import { divergenceText } from '../words/event-line.ts';
import { grouped, padStart } from '../words/layout.ts';

/** Kinds of divergence that are told apart; what comes beyond is only counted. */
const MOST_KINDS = 1000;

interface Group {
  readonly first: DivergenceEvent;
  count: number;
}

/** Where our host's control replies and the captured ones differ: alike ones together, with the first of them as an example. */
export class Divergences {
  private readonly groups = new Map<string, Group>();

  take(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.type !== 'divergence') continue;
      const key = `${event.kind} ${sideKey(event.expected)} ${sideKey(event.captured)}`;
      const group = this.groups.get(key);
      if (group !== undefined) group.count++;
      else if (this.groups.size < MOST_KINDS) this.groups.set(key, { first: event, count: 1 });
    }
  }

  print(printer: Printer, info: EndInfo, limit: number): void {
    const { style, phrases } = printer;
    const total = [...info.divergences.values()].reduce((sum, n) => sum + n, 0);
    if (total === 0) return;
    printer.title(phrases.divergences, grouped(total));
    const groups = [...this.groups.values()].sort((x, y) => y.count - x.count || x.first.n - y.first.n);
    const width = Math.max(1, ...groups.map((group) => grouped(group.count).length));
    const indent = ' '.repeat(width + 6);
    const explained = new Set<string>();
    let shown = 0;
    for (const { first, count } of groups.slice(0, limit)) {
      shown += count;
      const where = first.n === 0 ? '' : `  ${style.paint.dim(`${phrases.first} #${first.n}`)}`;
      printer.line(
        `  ${style.paint.yellow(style.glyphs.differs)} ${padStart(grouped(count), width)}  ${style.paint.bold(first.kind)}${where}`,
      );
      const known = explained.has(kindKey(first));
      explained.add(kindKey(first));
      printDivergence(printer, first, indent, !known);
    }
    if (total > shown) printer.line(`  ${phrases.more(grouped(total - shown), '--json')}`);
  }
}

/** Both sides, and for people who see the kind for the first time what it means and what to look at. */
export function printDivergence(printer: Printer, event: DivergenceEvent, indent: string, explained = true): void {
  printer.hanging(indent, divergenceText(event.expected, event.captured, printer.phrases));
  const words = explained ? divergenceWords(event, printer.style.lang) : null;
  if (words === null) return;
  printer.hanging(indent, words.meaning);
  printer.hanging(`${indent}${printer.style.glyphs.inbound} `, words.advice);
}

function kindKey({ kind, expected }: DivergenceEvent): string {
  return `${kind} ${expected?.proto} ${expected?.flags}`;
}

/** What makes two divergences alike: protocol, flags or type, and the decision; not the numbers. */
function sideKey(side: SentSummary | null): string {
  return side === null ? '-' : `${side.proto}/${side.flags ?? ''}/${side.type ?? ''}/${side.code ?? ''}/${side.why ?? ''}`;
}
