import type { EndInfo, FrameRecord, Reporter, StartInfo } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { isoTime } from './json/reporter.ts';
import type { Printer } from './terminal/printer.ts';
import { printDivergence } from './views/divergences.ts';
import { printFrameDetail } from './views/frame-detail.ts';
import { describe } from './words/describe.ts';

/** Nanoseconds of the trace in which it turns out whether a reply came: a little more than it is waited for. */
const PATIENCE = 2_000_000_000;

/** Waits for one frame, explains it, and is done when it is known how the captured server answered it. */
export class DetailReporter implements Reporter {
  readonly wantsEvents = true;
  /** The frame was there. */
  found = false;
  private readonly printer: Printer;
  private readonly number: number;
  private started: StartInfo | null = null;
  /** Time up to which a divergence of the frame may be told; -1: none is awaited. */
  private until = -1;

  constructor(printer: Printer, number: number) {
    this.printer = printer;
    this.number = number;
  }

  get done(): boolean {
    return this.printer.closed || (this.found && this.until < 0);
  }

  start(info: StartInfo): void {
    this.started = info;
    this.printer.about(info.host);
  }

  frame(frame: FrameRecord, trace: Trace): void {
    if (this.until >= 0) this.hear(trace);
    if (frame.time > this.until) this.until = -1;
    if (frame.number !== this.number) return;
    const { t0, host, packets } = this.started!;
    this.found = true;
    const when = isoTime(t0 === null ? null : t0 + BigInt(Math.round(frame.time)));
    printFrameDetail(this.printer, frame, trace, describe(frame, trace.facts), when, host);
    // in a pipe the next frame may never come
    if (packets > 0 && trace.transmissionCount > 0) this.until = Math.max(0, frame.time) + PATIENCE;
  }

  activity(trace: Trace): void {
    if (this.until >= 0) this.hear(trace);
  }

  idle(): void {
    this.printer.flush();
  }

  end(_info: EndInfo): void {
    this.printer.flush();
  }

  /** What is told later of the frame: how the captured server answered it otherwise than our host. */
  private hear(trace: Trace): void {
    const { printer } = this;
    for (const event of trace.events ?? []) {
      if (event.type !== 'divergence' || event.n !== this.number) continue;
      this.until = -1;
      printer.line();
      printer.line(`${printer.style.paint.yellow(printer.style.glyphs.differs)} ${printer.style.paint.bold(event.kind)}`);
      printDivergence(printer, event, '  ');
    }
  }
}
