/** Exit codes: drops are results, not failures. */
export const Exit = { done: 0, expectation: 1, usage: 2, input: 3 } as const;

/** Something that the user can put right: one line with the next step, and the exit code. */
export class Failure extends Error {
  readonly code: string;
  readonly exit: number;
  readonly file: string | undefined;
  readonly offset: number | undefined;

  constructor(code: string, exit: number, message: string, where: { file?: string; offset?: number } = {}) {
    super(message);
    this.code = code;
    this.exit = exit;
    this.file = where.file;
    this.offset = where.offset;
  }
}
