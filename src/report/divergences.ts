import type { DivergenceEvent, TraceEvent } from '../trace/events.ts';
import type { EndInfo } from '../trace/run.ts';
import { divergenceText } from './event-line.ts';
import { cutTo, grouped, padStart } from './layout.ts';
import type { Printer } from './printer.ts';

/** Divergences that are kept to be shown one by one; all are counted. */
const MOST_KEPT = 200;

/** Where our host's control replies and the captured ones differ. */
export class Divergences {
  private readonly kept: DivergenceEvent[] = [];

  take(events: readonly TraceEvent[]): void {
    for (const event of events) if (event.type === 'divergence' && this.kept.length < MOST_KEPT) this.kept.push(event);
  }

  print(printer: Printer, info: EndInfo, limit: number): void {
    const { style, phrases } = printer;
    const total = [...info.divergences.values()].reduce((sum, n) => sum + n, 0);
    if (total === 0) return;
    printer.title(phrases.divergences, [...info.divergences].map(([kind, n]) => `${grouped(n)} ${kind}`).join(', '));
    const shown = this.kept.slice(0, limit);
    const width = Math.max(0, ...shown.map((event) => String(event.n).length)) + 1;
    for (const event of shown) {
      const text = divergenceText(event.kind, event.expected, event.captured, phrases);
      const number = padStart(event.n === 0 ? '' : `#${event.n}`, width);
      printer.line(
        `  ${style.paint.yellow(style.glyphs.differs)} ${number}  ${cutTo(style, text, style.width === 0 ? 0 : style.width - width - 6)}`,
      );
    }
    if (total > shown.length) printer.line(`  ${phrases.more(grouped(total - shown.length), '--json')}`);
  }
}
