import type { EndInfo, FrameRecord, Reporter, StartInfo } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { describe } from './describe.ts';
import { printFrameDetail } from './frame-detail.ts';
import { isoTime } from './json.ts';
import type { Printer } from './printer.ts';

/** Waits for one frame, explains it, and is done. */
export class DetailReporter implements Reporter {
  readonly wantsEvents = true;
  /** The frame was there. */
  found = false;
  private readonly printer: Printer;
  private readonly number: number;
  private t0: bigint | null = null;

  constructor(printer: Printer, number: number) {
    this.printer = printer;
    this.number = number;
  }

  get done(): boolean {
    return this.found || this.printer.closed;
  }

  start(info: StartInfo): void {
    this.t0 = info.t0;
  }

  frame(frame: FrameRecord, trace: Trace): void {
    if (frame.number !== this.number) return;
    this.found = true;
    const when = this.t0 === null ? '' : isoTime(this.t0 + BigInt(frame.time));
    printFrameDetail(this.printer, frame, trace, describe(frame, trace.facts), when);
  }

  activity(): void {}

  idle(): void {
    this.printer.flush();
  }

  end(_info: EndInfo): void {
    this.printer.flush();
  }
}
