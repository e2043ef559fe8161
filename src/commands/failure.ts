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

/** A file or directory that was named for output and cannot be written: why, in words. `where`: the flag and the name, as they were given. */
export function unwritable(where: string, error: unknown, exit: number = Exit.usage): Failure {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new Failure(exit === Exit.usage ? 'E_USAGE' : 'E_OUTPUT', exit, `${where}: ${UNWRITABLE[code] ?? message}`);
}

const UNWRITABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  EISDIR: 'this is a directory',
  ENOTDIR: 'this is no directory',
  EEXIST: 'this is no directory',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EROFS: 'it may not be written',
  ENOSPC: 'no space is left there',
};
