import { CATALOGUE, D } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import type { Facts } from '../../trace/facts.ts';
import type { FrameRecord } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Printer } from '../terminal/printer.ts';
import { paintVerdict, verdictGlyph } from '../terminal/style.ts';
import { eventText } from '../words/event-line.ts';
import { columns, cutTo, padEnd, padStart, seconds, wrap } from '../words/layout.ts';
import { contents, endpoints, sentText } from '../words/packet-line.ts';
import { finalIndex, nameOf, sentenceAt } from '../words/words.ts';

const NUMBER_WIDTH = 5;
const TIME_WIDTH = 11;
const LAYER_WIDTH = 6;
/** A terminal line shorter than this has no room for the decision's name. */
const NAME_GAP = 2;
/** With less room for the packet, what belongs to it begins under the frame's arrow. */
const LEAST_ROOM = 64;

/** Why an answer that was decided on is not on the wire. */
const UNSENT = [D.ip_no_route_out, D.arp_table_full];

/** A line per frame and per thing that a timer did; replies, events and the reason of a drop are indented under it. */
export class FrameLines {
  private readonly printer: Printer;
  private readonly verdictWidth: number;
  /** Column where the packet begins, and where the lines below it do. */
  private readonly indent: number;
  private readonly below: number;

  constructor(printer: Printer) {
    this.printer = printer;
    this.verdictWidth = Math.max(...Object.values(printer.phrases.verdict).map(columns)) + 2;
    this.indent = NUMBER_WIDTH + TIME_WIDTH + columns(printer.style.glyphs.inbound) + this.verdictWidth + LAYER_WIDTH + 4;
    const { width } = printer.style;
    this.below = width > 0 && width - this.indent < LEAST_ROOM ? NUMBER_WIDTH + TIME_WIDTH + 3 : this.indent;
  }

  frame(frame: FrameRecord, trace: Trace, facts: Facts = trace.facts): void {
    const { printer } = this;
    const { style } = printer;
    const final = trace.final;
    if (final < 0) return;
    const decision = CATALOGUE[final] as Decision;
    const arrow = decision.effect === 'observe' ? style.glyphs.outbound : style.glyphs.inbound;
    const parts = [endpoints(facts), contents(facts)].filter((part) => part !== '');
    if (parts.length === 0) parts.push(printer.phrases.bytes(String(frame.wireLength)));
    this.main(String(frame.number), frame.time, arrow, decision, parts, nameOf(final));
    if (decision.effect === 'drop' || decision.effect === 'hold')
      this.because(decision, sentenceAt(trace, finalIndex(trace), style.lang));
    this.consequences(trace, false);
  }

  /** A timer's work: nothing where it sent and told nothing. */
  activity(trace: Trace): void {
    const { printer } = this;
    const { style, phrases } = printer;
    if (trace.length === 0) return;
    if (trace.ids[0] === D.server_starts) {
      this.start(trace);
      return;
    }
    let cause = -1;
    for (let i = 0; i < trace.length; i++) {
      const { effect } = CATALOGUE[trace.ids[i]!] as Decision;
      if (effect !== 'reply') {
        cause = i;
        if (effect === 'drop') break;
      }
    }
    const events = trace.events?.length ?? 0;
    if (trace.transmissionCount === 0 && events === 0 && cause < 0) return;
    // a program's work begins with what caused it, a timer's ends with what came of it
    const at = cause < 0 || (CATALOGUE[trace.ids[0]!] as Decision).layer === 'server' ? 0 : cause;
    const decision = CATALOGUE[trace.ids[at]!] as Decision;
    const drop = decision.effect === 'drop';
    const time = padStart(seconds(trace.time), TIME_WIDTH);
    const word = drop
      ? paintVerdict(style, 'drop', padEnd(`${style.glyphs.dropped} ${phrases.verdict.drop}`, this.verdictWidth))
      : style.paint.dim(padEnd(isProgram(trace.ids[0]!) ? phrases.program : phrases.timer, this.verdictWidth));
    const space = ' '.repeat(NUMBER_WIDTH);
    const gap = ' '.repeat(columns(style.glyphs.inbound));
    this.sentence(`${space}${time} ${gap} ${word} ${padEnd(decision.layer, LAYER_WIDTH)} `, sentenceAt(trace, at, style.lang));
    this.consequences(trace, true);
  }

  /** The program's start: each step, for nothing else shows them. */
  private start(trace: Trace): void {
    const { style, phrases } = this.printer;
    const time = padStart(seconds(trace.time), NUMBER_WIDTH + TIME_WIDTH);
    const word = style.paint.dim(padEnd(phrases.start, this.verdictWidth));
    const gap = ' '.repeat(columns(style.glyphs.inbound));
    this.sentence(`${time} ${gap} ${word} ${padEnd('server', LAYER_WIDTH)} `, sentenceAt(trace, 0, style.lang));
    for (let i = 1; i < trace.length; i++) {
      // `listen()` has said so
      if (trace.ids[i] === D.socket_listen) continue;
      this.sub(style.glyphs.event, sentenceAt(trace, i, style.lang), '', style.paint.dim);
    }
  }

  private main(number: string, time: number, arrow: string, decision: Decision, parts: readonly string[], name: string): void {
    const { printer } = this;
    const { style, phrases } = printer;
    const { effect } = decision;
    const left = `${padStart(number, NUMBER_WIDTH)} ${padStart(seconds(time), TIME_WIDTH - 1)} ${arrow} `;
    const verdict = padEnd(`${verdictGlyph(style, effect)} ${phrases.verdict[effect]}`, this.verdictWidth);
    const label = effect === 'observe' ? '' : (decision.reason ?? name);
    const kept = effect === 'drop' && style.width > 0 ? columns(label) + NAME_GAP : 0;
    const [body = '', ...rest] = this.broken(parts, this.room() - kept);
    const quiet = effect === 'observe' ? style.paint.dim : (t: string) => t;
    const tail = this.tail(body, label, effect === 'drop' ? style.paint.red : style.paint.dim);
    printer.line(
      `${quiet(left)}${paintVerdict(style, effect, verdict)} ${quiet(padEnd(decision.layer, LAYER_WIDTH))} ${quiet(body)}${tail}`,
    );
    for (const line of rest) printer.line(' '.repeat(this.below) + quiet(line));
  }

  /** The packet in one line, or its addresses in one and its contents in those below. */
  private broken(parts: readonly string[], room: number): string[] {
    const { style } = this.printer;
    const whole = parts.join('  ');
    if (style.width === 0 || columns(whole) <= room) return [whole];
    const [first = '', ...more] = parts;
    return [cutTo(style, first, room), ...more.flatMap((part) => wrap(part, style.width - this.below))];
  }

  /** A sentence behind what stands left of it. */
  private sentence(left: string, text: string): void {
    const [first = '', ...rest] = wrap(text, this.room());
    this.printer.line(left + first);
    for (const line of wrap(rest.join(' '), this.printer.style.width - this.below))
      if (line !== '') this.printer.line(' '.repeat(this.below) + line);
  }

  /** A decision's name at the right edge, where there is room for it behind a line that begins at `indent`. */
  private tail(body: string, label: string, paint: (text: string) => string, indent = this.indent): string {
    const { width } = this.printer.style;
    if (label === '') return '';
    if (width === 0) return `  ${paint(label)}`;
    const free = width - indent - columns(body) - columns(label);
    return free >= NAME_GAP ? ' '.repeat(free) + paint(label) : '';
  }

  /** The reason of a drop or a hold in words. */
  private because(decision: Decision, sentence: string): void {
    const { style } = this.printer;
    const lines = wrap(sentence, style.width === 0 ? 0 : style.width - this.below - 2);
    lines.forEach((line, i) => {
      const glyph = i === 0 ? paintVerdict(style, decision.effect, verdictGlyph(style, decision.effect)) : ' ';
      this.printer.line(`${' '.repeat(this.below)}${glyph} ${line}`);
    });
  }

  private consequences(trace: Trace, withAddresses: boolean): void {
    const { printer } = this;
    const { style, phrases } = printer;
    this.tell(trace, D.tcp_replay_ack);
    for (let i = 0; i < trace.transmissionCount; i++) {
      const sent = trace.transmissions[i]!;
      this.sub(style.glyphs.reply, sentText(sent, withAddresses, printer.ourMac), nameOf(sent.why), (t) => t);
    }
    // of a timer's work it is the cause that is told
    if (!withAddresses) for (const id of UNSENT) this.tell(trace, id);
    for (const event of trace.events ?? []) {
      const differs = event.type === 'divergence';
      this.sub(
        differs ? style.glyphs.differs : style.glyphs.event,
        eventText(event, phrases),
        '',
        differs ? style.paint.yellow : style.paint.dim,
      );
    }
  }

  /** An event without which the lines around it would mislead. */
  private tell(trace: Trace, id: number): void {
    const { style } = this.printer;
    for (let i = 0; i < trace.length; i++) {
      if (trace.ids[i] === id) this.sub(style.glyphs.event, sentenceAt(trace, i, style.lang), '', style.paint.dim);
    }
  }

  private sub(glyph: string, text: string, label: string, paint: (text: string) => string): void {
    const { printer } = this;
    const hang = ' '.repeat(columns(glyph) + 1);
    const { width } = printer.style;
    const lines = wrap(text, width === 0 ? 0 : width - this.below - hang.length);
    lines.forEach((line, i) => {
      const body = (i === 0 ? `${glyph} ` : hang) + line;
      const tail = i === lines.length - 1 ? this.tail(body, label, printer.style.paint.dim, this.below) : '';
      printer.line(`${' '.repeat(this.below)}${paint(body)}${tail}`);
    });
  }

  /** Columns for the packet; 0: as many as it takes. */
  private room(): number {
    const { width } = this.printer.style;
    return width === 0 ? 0 : Math.max(20, width - this.indent);
  }
}

/** A mounted program's answer, which no timer brought. */
function isProgram(decision: number): boolean {
  return nameOf(decision).startsWith('server_handler_');
}
