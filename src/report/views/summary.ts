import type { EndInfo, ExpectOutcome, FrameRecord, HostInfo, Note, Reporter, StartInfo } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import { isoTime } from '../json/reporter.ts';
import { Tally } from '../tally.ts';
import type { Printer } from '../terminal/printer.ts';
import { describe } from '../words/describe.ts';
import { hostLine } from '../words/host-line.ts';
import { byteSize, columns, duration, grouped, listed, ofFile, tame, wrap } from '../words/layout.ts';
import type { Phrases } from '../words/phrases.ts';
import { Climb } from './climb.ts';
import { Divergences } from './divergences.ts';
import { droppedDecisions, printDrops } from './drops.ts';
import { Expectations } from './expectations.ts';
import { printHttp } from './http.ts';
import { Ladder } from './ladder.ts';
import { FrameLines } from './lines.ts';
import { noteText } from './notes.ts';
import { printPaths } from './path-view.ts';
import { PathTable } from './paths.ts';
import { printSockets } from './sockets.ts';

/** What can be asked for by name; the order is that of printing. */
export const VIEWS = ['frames', 'ladder', 'climb', 'paths', 'drops', 'sockets', 'http'] as const;
export type View = (typeof VIEWS)[number];

/** Up to so many frames a line each says more than a summary. */
const FEW_FRAMES = 40;
/** Rows of a table in a summary that nobody asked for in particular. */
const SUMMARY_ROWS = { paths: 8, sockets: 12, http: 12, divergences: 12 } as const;
const ALL_ROWS = 1_000_000;
/** The one status below 200 behind which no other follows (RFC 9110 §15.2.2). */
const SWITCHING = 101;
/** Files that the headline names. */
const MOST_SOURCES = 4;
/** Reasons that the last line names. */
const MOST_REASONS = 8;

export interface TextOptions {
  /** Chosen views; empty: what fits the capture. */
  readonly views: readonly View[];
  /** Most rows of a table; 0: as fits. */
  readonly limit: number;
  /** Remarks beside those of the run. */
  readonly notes?: readonly Note[];
}

/** The report for people: a headline, what was chosen or what fits, and one line that says how it ended. */
export class TextReporter implements Reporter {
  readonly wantsEvents = true;
  private readonly printer: Printer;
  private readonly options: TextOptions;
  private readonly tally: Tally;
  private readonly paths = new PathTable();
  private readonly climb: Climb;
  private readonly ladder = new Ladder();
  private readonly divergences = new Divergences();
  private readonly expectations = new Expectations();
  private readonly lines: FrameLines;
  private views: ReadonlySet<View> = new Set();
  private started: StartInfo | null = null;
  private showsFrames = false;
  private hasRemarks = false;
  private showsClimb = false;
  private showsLadder = false;
  private countsPaths = false;

  constructor(printer: Printer, options: TextOptions) {
    this.printer = printer;
    this.options = options;
    this.tally = new Tally(printer.style.lang);
    this.climb = new Climb(this.tally);
    this.lines = new FrameLines(printer);
  }

  get wantsDivergencesOnly(): boolean {
    return !this.showsFrames;
  }

  get done(): boolean {
    return this.printer.closed;
  }

  start(info: StartInfo): void {
    this.started = info;
    this.printer.about(info.host);
    this.views = new Set(this.options.views.length > 0 ? this.options.views : fitting(info));
    this.showsFrames = this.views.has('frames');
    this.showsClimb = this.views.has('climb');
    this.showsLadder = this.views.has('ladder');
    this.countsPaths = this.views.has('paths');
    if (!this.showsFrames) return;
    this.headline(info, info.packets, -1, info.host, [...info.notes, ...(this.options.notes ?? [])]);
    this.printer.line();
  }

  frame(frame: FrameRecord, trace: Trace): void {
    this.tally.frame(frame, trace);
    if (this.countsPaths) this.paths.count(trace, frame.number);
    if (this.showsFrames || this.showsLadder || (this.showsClimb && this.climb.isKeeping)) this.show(frame, trace);
    if (trace.events !== null && trace.events.length > 0) this.divergences.take(trace.events);
  }

  activity(trace: Trace): void {
    this.tally.activity(trace);
    if (this.showsFrames) this.lines.activity(trace);
    if (this.showsLadder && this.isLive) this.ladder.activity(trace);
    if (trace.events !== null && trace.events.length > 0) this.divergences.take(trace.events);
  }

  remark(lines: readonly string[]): void {
    const { printer } = this;
    if (!this.showsFrames) return;
    if (this.tally.inbound > 0 || this.hasRemarks) printer.line();
    this.hasRemarks = true;
    for (const text of lines) printer.hanging('# ', tame(text), { line: printer.style.paint.bold });
  }

  expect(outcome: ExpectOutcome): void {
    this.expectations.take(outcome);
  }

  idle(): void {
    this.printer.flush();
  }

  end(info: EndInfo): void {
    const { printer, views, tally } = this;
    const { limit } = this.options;
    const asked = this.options.views.length > 0;
    const rows = (kind: keyof typeof SUMMARY_ROWS) => limit || (asked ? ALL_ROWS : SUMMARY_ROWS[kind]);
    const flag = limit > 0 ? '--limit' : undefined;
    const started = this.started;
    if (started !== null && !this.showsFrames)
      this.headline(started, info.packets, info.lastTime, info.host, [
        ...started.notes,
        ...info.notes,
        ...(this.options.notes ?? []),
      ]);
    if (info.packets > 0) {
      if (views.has('ladder')) this.ladder.print(printer);
      if (views.has('climb') && tally.inbound > 0) {
        printer.title(printer.phrases.climb, tally.observed > 0 ? printer.phrases.framesObserved(grouped(tally.observed)) : '');
        this.climb.print(printer, !this.showsFrames);
      }
      if (views.has('paths')) printPaths(printer, this.paths, rows('paths'), flag);
      if (views.has('drops') && (asked || tally.dropped() > 0)) printDrops(printer, tally);
      if (views.has('sockets') && (asked || info.socketCount > 0)) printSockets(printer, info, rows('sockets'), flag);
      if (views.has('http') && (asked || info.requestCount > 0)) printHttp(printer, info, rows('http'), flag);
      if (!asked || views.has('drops')) this.divergences.print(printer, info, rows('divergences'));
    }
    this.expectations.print(printer);
    this.conclusion(info);
    printer.flush();
  }

  /** Our host sends, where `analyze` only says what it would send. */
  private get isLive(): boolean {
    return this.started?.command !== 'analyze';
  }

  private show(frame: FrameRecord, trace: Trace): void {
    const facts = describe(frame, trace.facts);
    if (this.showsFrames) this.lines.frame(frame, trace, facts);
    if (this.showsClimb) this.climb.frame(frame, trace, facts, this.printer);
    if (this.showsLadder) this.ladder.frame(frame, trace, facts, this.isLive);
  }

  /** What it is, how much, over which time; which host, and how to choose another; remarks. */
  private headline(info: StartInfo, packets: number, lastTime: number, host: HostInfo, notes: readonly Note[]): void {
    const { printer } = this;
    const { phrases, style } = printer;
    const { paint, glyphs } = style;
    const parts = [[info.format, info.linkTypes.join(' + ')].filter((part) => part !== '').join(', ')];
    if (packets >= 0)
      parts.push(phrases.frames(grouped(packets), packets === 1) + (lastTime >= 0 ? phrases.over(duration(lastTime)) : ''));
    if (this.tally.bytes > 0) parts.push(byteSize(this.tally.bytes));
    const t0 = isoTime(info.t0);
    if (t0 !== '') parts.push(`${t0.slice(0, 19).replace('T', ' ')} UTC`);
    const names = info.sources.map((source) => (source === '-' ? 'stdin' : tame(source)));
    const sources = listed(names, MOST_SOURCES, ' ', phrases.andMore);
    this.pair(sources, paint.bold, parts.filter((part) => part !== '').join(` ${glyphs.dot} `), (text) => text);
    if (packets > 0 || host.addresses.length > 0) this.host(host);
    for (const note of notes) this.note(noteText(note, style.lang));
  }

  private host(host: HostInfo): void {
    const { style } = this.printer;
    const { who, how } = hostLine(host, style);
    this.pair(who, (text) => text, this.printer.phrases.inBrackets(how), style.paint.dim);
  }

  /** Two parts of a line, or of two lines where the terminal is narrow. */
  private pair(left: string, paintLeft: (text: string) => string, right: string, paintRight: (text: string) => string): void {
    const { printer } = this;
    const { width } = printer.style;
    if (width === 0 || columns(left) + 2 + columns(right) <= width) {
      printer.line(`${paintLeft(left)}  ${paintRight(right)}`);
      return;
    }
    for (const line of wrap(left, width)) printer.line(paintLeft(line));
    for (const line of wrap(right, width - 2)) printer.line(`  ${paintRight(line)}`);
  }

  private note(text: string): void {
    const { printer } = this;
    const { phrases, style } = printer;
    wrap(phrases.note + phrases.colon + text, style.width).forEach((line) => {
      printer.line(style.paint.dim(line));
    });
  }

  /** One honest line: what was dropped and why, what was asked and answered, where our host would have done otherwise. */
  private conclusion(info: EndInfo): void {
    const { printer, tally } = this;
    const { phrases, style } = printer;
    if (info.packets > 0 || !this.showsFrames) printer.line();
    if (this.showsFrames) {
      if (this.started !== null && this.started.host.addresses.join() !== info.host.addresses.join()) this.host(info.host);
      for (const note of info.notes) this.note(noteText(note, style.lang));
    }
    for (const damage of info.damage) {
      const told = damage.lost < 0 || damage.message.includes(`${damage.lost} bytes`);
      const lost = told ? '' : phrases.bytes(grouped(damage.lost));
      printer.line(style.paint.red(phrases.damaged(tame(ofFile(damage.file, damage.message)), lost)));
    }
    if (info.packets === 0) {
      const isCapture = this.started?.command === 'analyze' || this.started?.command === 'replay';
      const text = isCapture ? phrases.noFrames : [phrases.noFramesCame, ...this.outcome('')].join(phrases.semicolon);
      printer.line(style.paint.bold(text));
      return;
    }
    const dropped = tally.dropped();
    const total = grouped(info.packets);
    const reasons = [...tally.reasons()].map(([reason, n]) => `${grouped(n)} ${reason}`);
    const list = reasons.length > MOST_REASONS ? `${reasons.slice(0, MOST_REASONS).join(', ')} …` : reasons.join(', ');
    let final = 0;
    for (const [status, n] of info.responses) if (status >= 200 || status === SWITCHING) final += n;
    const answered = Math.max(0, Math.min(final - (info.unsolicited ?? 0), info.requestCount));
    const divergences = [...info.divergences].map(([kind, n]) => `${grouped(n)} ${kind}`).join(', ');
    const parts = [
      dropped === 0 ? phrases.nothingDropped(total, info.packets === 1) : phrases.dropped(grouped(dropped), total, list),
      info.requestCount === 0 ? phrases.noRequests : phrases.requestsAnswered(grouped(info.requestCount), grouped(answered)),
      ...comparedText(info, phrases),
      ...this.outcome(divergences),
    ];
    wrap(parts.join(phrases.semicolon), style.width).forEach((line) => {
      printer.line(style.paint.bold(line));
    });
    // frames that came from a network will not come again
    if (this.started?.command === 'serve') return;
    const example = droppedDecisions(tally).find(({ id }) => tally.first[id]! > 0);
    if (example !== undefined) printer.line(style.paint.dim(phrases.detailHint(String(tally.first[example.id]))));
  }

  /** What was expected and came, or did not. */
  private outcome(divergences: string): string[] {
    const { phrases } = this.printer;
    const command = this.started?.command;
    if (command === 'serve') return [];
    if (command === 'run') return [expectedText(this.expectations, phrases)];
    return [divergences === '' ? phrases.noDivergence : phrases.diverges(divergences)];
  }
}

/** How many of our answers are like the captured ones; nothing where there were none to compare with. */
function comparedText({ comparison, compared = 0 }: EndInfo, phrases: Phrases): string[] {
  if (comparison === undefined) return [];
  const { same = 0, neither = 0, ...differing } = Object.fromEntries(comparison);
  const answered = compared - neither;
  if (answered === 0) return [];
  const differences = Object.entries(differing).map(([name, n]) => `${grouped(n)} ${name}`);
  if (differences.length === 0) return [phrases.answersSame];
  return [phrases.answersDiffer(grouped(same), grouped(answered), differences.join(', '))];
}

function expectedText({ count, failed }: Expectations, phrases: Phrases): string {
  if (count === 0) return phrases.noExpectations;
  if (failed > 0) return phrases.expectationsFailed(grouped(failed), grouped(count));
  return phrases.expectationsMet(grouped(count), count === 1);
}

/** Few frames, or frames that come one by one: a line each. Many: the summary. */
function fitting(info: StartInfo): readonly View[] {
  const packets = info.guess ?? info.packets;
  if (packets < 0) return ['frames', 'drops', 'sockets', 'http'];
  return packets <= FEW_FRAMES ? ['frames', 'climb', 'http'] : ['climb', 'paths', 'drops', 'sockets', 'http'];
}
