/** Why a capture could not be opened, or where it stops making sense. Codes are stable; messages are for people. */
export type CaptureCode =
  | 'E_CAPTURE_NOT_FOUND'
  | 'E_CAPTURE_IS_DIRECTORY'
  | 'E_CAPTURE_UNREADABLE'
  | 'E_CAPTURE_STDIN_TWICE'
  | 'E_CAPTURE_EMPTY'
  | 'E_CAPTURE_UNKNOWN_FORMAT'
  | 'E_CAPTURE_UNSUPPORTED_VERSION'
  | 'E_CAPTURE_NOT_REWINDABLE'
  | 'E_CAPTURE_TRUNCATED'
  | 'E_CAPTURE_DAMAGED'
  | 'E_CAPTURE_GZIP_DAMAGED'
  | 'E_CAPTURE_READ_FAILED';

/** A capture that cannot be opened at all. Its message names the input, what is wrong and what to do next. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code: CaptureCode;
  /** The path as given; `-` is standard input. */
  readonly file: string;
  /** Byte of the (inflated) input at which the reader gave up. */
  readonly offset: number;

  constructor(code: CaptureCode, file: string, message: string, offset = 0, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.file = file;
    this.offset = offset;
  }
}

/** How a file name is shown: standard input has none of its own, and an empty one would not be seen. */
export function shownName(path: string): string {
  if (path === '-') return 'standard input';
  return path === '' ? "''" : path;
}

/** The system's reason in a word of its own (`ENOENT`), or the message where there is none. */
export function systemCode(error: unknown): string {
  if (error instanceof Error) return (error as NodeJS.ErrnoException).code ?? error.message;
  return String(error);
}
