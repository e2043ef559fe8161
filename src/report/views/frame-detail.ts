import { CATALOGUE } from '../../trace/catalogue.ts';
import { counterOf, type Decision, Effect, type Layer } from '../../trace/decision.ts';
import type { Facts } from '../../trace/facts.ts';
import { kernelReason } from '../../trace/kernel-reasons.ts';
import type { FrameRecord, HostInfo } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import { formatMac } from '../../wire/address.ts';
import type { Printer } from '../terminal/printer.ts';
import { paintedGlyph, paintVerdict, verdictGlyph } from '../terminal/style.ts';
import { eventText } from '../words/event-line.ts';
import { hostLine } from '../words/host-line.ts';
import { columns, grouped, padEnd, seconds, tame, wrap } from '../words/layout.ts';
import { contents, endpoints, sentText } from '../words/packet-line.ts';
import type { Phrases } from '../words/phrases.ts';
import { sentBy } from '../words/sent-by.ts';
import { adviceOf, nameOf, sentenceAt } from '../words/words.ts';

const LABEL = 10;

/** One frame phase by phase: each layer's checks with value, rule and result, what was sent because of them, then the final action. */
export function printFrameDetail(
  printer: Printer,
  frame: FrameRecord,
  trace: Trace,
  facts: Facts,
  when: string,
  host: HostInfo,
): void {
  heading(printer, frame, facts, when, host);
  const last = lastStep(trace);
  steps(printer, trace, last);
  const { paint, glyphs } = printer.style;
  for (const event of trace.events ?? []) {
    const differs = event.type === 'divergence';
    printer.hanging(`    ${differs ? paint.yellow(glyphs.differs) : glyphs.event} `, eventText(event, printer.phrases));
  }
  action(printer, trace, last);
}

/** What the frame is, and whose path it climbed. */
function heading(printer: Printer, frame: FrameRecord, facts: Facts, when: string, host: HostInfo): void {
  const { style, phrases } = printer;
  const { paint } = style;
  const captured = frame.end - frame.start;
  const size = phrases.onWire(grouped(frame.wireLength), grouped(captured));
  printer.line(`${paint.bold(`#${frame.number}`)}  ${size}  ${seconds(frame.time)} s  ${paint.dim(when)}`.trimEnd());
  const packet = [endpoints(facts), contents(facts)].filter((part) => part !== '').join('  ');
  if (packet !== '') printer.hanging('', packet);
  const showsMacs = facts.family === 0 || facts.arpOperation !== 0;
  if (facts.hasMacs && (!showsMacs || facts.vlan >= 0)) printer.line(paint.dim(linkLine(facts, phrases)));
  for (const comment of frame.comments ?? []) printer.hanging(`${paint.dim(phrases.comment)}  `, tame(comment));
  if (host.addresses.length > 0) {
    const { who, how } = hostLine(host, style);
    printer.hanging('', paint.dim(`${who}  ${phrases.inBrackets(how)}`));
  }
}

/** The decisions, each layer's under its own title, with what was sent because of them. `last`: the step that is the verdict. */
function steps(printer: Printer, trace: Trace, last: number): void {
  const { style, phrases } = printer;
  const { paint, glyphs } = style;
  const sent = sentBy(trace);
  let phase = 0;
  let layer: Layer | null = null;
  for (const i of shownOrder(trace)) {
    const id = trace.ids[i]!;
    const decision = CATALOGUE[id] as Decision;
    if (isStep(id) && decision.layer !== layer) {
      layer = decision.layer;
      phase++;
      printer.line();
      printer.line(`${paint.dim(`${phrases.phase} ${phase}`)}  ${paint.bold(layer)}`);
    }
    const indent = decision.effect === 'reply' ? '    ' : '  ';
    const glyph = isStep(id) && i !== last ? paint.green(glyphs.check) : paintedGlyph(style, decision.effect);
    check(printer, indent, glyph, sentenceAt(trace, i, style.lang), `${nameOf(id)}  ${decision.clause}`);
    const transmission = sent.get(i);
    if (transmission !== undefined) printer.hanging('      ', sentText(transmission, true, printer.ourMac), { body: paint.cyan });
  }
}

function linkLine(f: Facts, phrases: Phrases): string {
  const vlan = f.vlan < 0 ? '' : String(f.vlan);
  return phrases.macs(formatMac(f.sourceMacHigh, f.sourceMacLow), formatMac(f.destinationMacHigh, f.destinationMacLow), vlan);
}

/** The final line, and under it what is known about the verdict. */
function action(printer: Printer, trace: Trace, last: number): void {
  const { style, phrases } = printer;
  if (last < 0) return;
  const id = trace.ids[last]!;
  const decision = CATALOGUE[id] as Decision;
  const verdict = paintVerdict(
    style,
    decision.effect,
    `${verdictGlyph(style, decision.effect)} ${phrases.verdict[decision.effect]}`,
  );
  printer.line();
  printer.line(`${style.paint.bold(phrases.action)}  ${verdict}  ${decision.layer}  ${style.paint.dim(nameOf(id))}`);
  const { lang } = style;
  fact(printer, phrases.reason, decision.reason ?? '');
  const meaning = decision.skb === undefined ? undefined : kernelReason(decision.skb);
  fact(
    printer,
    phrases.kernel,
    decision.skb === undefined ? '' : meaning === undefined ? decision.skb : `${decision.skb}${phrases.colon}${meaning[lang]}`,
  );
  fact(printer, phrases.counter, counterOf(decision, trace.facts.family));
  fact(printer, phrases.rule, decision.clause);
  fact(printer, phrases.advice, adviceOf(decision, lang));
}

function fact(printer: Printer, label: string, text: string): void {
  if (text === '') return;
  const { width } = printer.style;
  wrap(text, width === 0 ? 0 : width - LABEL - 2).forEach((line, i) => {
    printer.line(`  ${padEnd(i === 0 ? label : '', LABEL)}${line}`);
  });
}

/** A check's sentence with its decision and rule at the right, or under it where the line is too short. */
function check(printer: Printer, indent: string, glyph: string, sentence: string, rule: string): void {
  const { style } = printer;
  const left = `${indent}${glyph} `;
  const width = style.width === 0 ? 120 : style.width;
  const used = columns(left) + columns(sentence);
  if (used + 2 + columns(rule) <= width) {
    printer.line(`${left}${sentence}${' '.repeat(width - used - columns(rule))}${style.paint.dim(rule)}`);
    return;
  }
  const space = ' '.repeat(columns(left));
  wrap(sentence, width - columns(left)).forEach((line, i) => {
    printer.line((i === 0 ? left : space) + line);
  });
  printer.line(' '.repeat(Math.max(columns(left), width - columns(rule))) + style.paint.dim(rule));
}

/** Entries of the trace in the order of printing: what was found out before the first step comes after it, in its phase. */
function shownOrder(trace: Trace): number[] {
  const order = Array.from({ length: trace.length }, (_, i) => i);
  const first = order.findIndex((i) => isStep(trace.ids[i]!));
  return first > 0 ? [first, ...order.slice(0, first), ...order.slice(first + 1)] : order;
}

function lastStep(trace: Trace): number {
  for (let i = trace.length - 1; i >= 0; i--) if (isStep(trace.ids[i]!)) return i;
  return -1;
}

function isStep(id: number): boolean {
  return Effect[(CATALOGUE[id] as Decision).effect] <= Effect.observe;
}
