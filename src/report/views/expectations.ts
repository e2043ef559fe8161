import { CATALOGUE } from '../../trace/catalogue.ts';
import { type Decision, Effect } from '../../trace/decision.ts';
import type { ExpectOutcome } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Printer } from '../terminal/printer.ts';
import { paintedGlyph } from '../terminal/style.ts';
import { describe } from '../words/describe.ts';
import { columns, padEnd } from '../words/layout.ts';
import { contents, endpoints, sentText } from '../words/packet-line.ts';
import { sentBy } from '../words/sent-by.ts';
import { nameOf, sentenceAt } from '../words/words.ts';

/** Failures that are shown in full. */
const MOST_SHOWN = 50;

/** What a script expected: how much of it came true, and what did not. */
export class Expectations {
  count = 0;
  failed = 0;
  private readonly failures: ExpectOutcome[] = [];

  take(outcome: ExpectOutcome): void {
    this.count++;
    if (outcome.ok) return;
    this.failed++;
    if (this.failures.length < MOST_SHOWN) this.failures.push(outcome);
  }

  /** Each failure with its lines of the script, what happened, and the decisions of the frame concerned. */
  print(printer: Printer): void {
    for (const failure of this.failures) {
      printer.line();
      printFailure(printer, failure);
    }
    const hidden = this.failed - this.failures.length;
    if (hidden > 0) printer.line(printer.phrases.moreFailures(String(hidden)));
  }
}

/** One expectation that failed. */
export function printFailure(
  printer: Printer,
  { file, line, source, step, expected, actual, frame, trace }: ExpectOutcome,
): void {
  const { style, phrases } = printer;
  const { paint, glyphs } = style;
  printer.line(`${paint.red(glyphs.dropped)} ${paint.bold(`${file}:${line}`)}  ${source}`);
  if (step !== '') printer.line(`    ${paint.dim(step)}`);
  const width = Math.max(columns(phrases.expected), columns(phrases.happened)) + 2;
  printer.hanging(`    ${padEnd(phrases.expected, width)}`, expected);
  printer.hanging(`    ${padEnd(phrases.happened, width)}`, actual);
  if (trace === null) return;
  if (frame !== null) {
    const facts = describe(frame, trace.facts);
    const packet = [endpoints(facts), contents(facts)].filter((part) => part !== '').join('  ');
    printer.line(`    ${paint.bold(`#${frame.number}`)}  ${packet}`);
  }
  decisions(printer, trace);
}

function decisions(printer: Printer, trace: Trace): void {
  const { style } = printer;
  const { paint } = style;
  const sent = sentBy(trace);
  for (let i = 0; i < trace.length; i++) {
    const id = trace.ids[i]!;
    const { effect, layer } = CATALOGUE[id] as Decision;
    const step = Effect[effect] <= Effect.observe;
    printer.hanging(
      `      ${padEnd(step ? layer : '', 8)}${paintedGlyph(style, effect)} `,
      `${sentenceAt(trace, i, style.lang)}  ${paint.dim(nameOf(id))}`,
    );
    const transmission = sent.get(i);
    if (transmission !== undefined) printer.line(`                ${paint.cyan(sentText(transmission, true, printer.ourMac))}`);
  }
}
