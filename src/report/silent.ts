import type { ExpectOutcome, Reporter } from '../trace/run.ts';

/** Prints nothing and keeps the expectations that failed. */
export class SilentReporter implements Reporter {
  readonly wantsEvents = false;
  get done(): boolean {
    return false;
  }
  readonly failures: ExpectOutcome[] = [];

  start(): void {}
  frame(): void {}
  activity(): void {}
  expect(outcome: ExpectOutcome): void {
    if (!outcome.ok) this.failures.push(outcome);
  }
  idle(): void {}
  end(): void {}
}
