import { SilentReporter } from '../../report/silent.ts';
import { drawSignal } from '../../report/views/signal.ts';
import type { OnSignal } from '../../scenario/play/server-wire.ts';

/** Preamble, delimiter, and the two addresses. */
const BITS = 64 + 96;
const WIDTH = 100;

/** Waits for one frame's signal and draws it. */
export class SignalSketch extends SilentReporter {
  lines: readonly string[] = [];
  private readonly number: number;
  private readonly ascii: boolean;
  private signals = 0;

  constructor(number: number, ascii: boolean) {
    super();
    this.number = number;
    this.ascii = ascii;
  }

  override get done(): boolean {
    return this.lines.length > 0;
  }

  readonly onSignal: OnSignal = (number, { samples, samplesPerBit }, reading) => {
    this.signals++;
    if (number !== this.number) return;
    const { centers, bits, violations, count, lockedAt, dataAt } = reading;
    const width = process.stdout.isTTY === true ? process.stdout.columns : WIDTH;
    const view = { samples, samplesPerBit, centers, bits, violations, count, lockedAt, dataAt };
    this.lines = drawSignal(view, { bits: BITS, width, ascii: this.ascii });
    if (this.lines.length === 0) this.lines = ['no bit was read: the signal has nothing to lock to'];
  };

  /** Why there is nothing to see. */
  get excuse(): string {
    if (this.signals === 0) return 'frames come to this server as bytes: its `server` line says nothing of `phy 10base-t`';
    return `there is no frame ${this.number}: the last one is ${this.signals}`;
  }
}
