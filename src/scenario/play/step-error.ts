import type { Span } from '../tree/script.ts';

/** A statement cannot be done: found while the script runs, shown as an error of the script. */
export class StepError extends Error {
  readonly at: Span;

  constructor(message: string, at: Span) {
    super(message);
    this.at = at;
  }
}
