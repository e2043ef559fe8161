const CHUNK = 64 * 1024;
/** Longest single piece that `reserve` grants at once beyond the chunk. */
export const SLACK = 64 * 1024;
/** UTF-16 units of lines that are gathered. */
const LINES = 8 * 1024;
/** Tries before sleeping when a non-blocking pipe is full. */
const SPINS = 20;
const NAP_MS = 0.2;

/** Where bytes go in the end: takes some of them, gives how many; throws as `fs.writeSync` does. */
export type Sink = (bytes: Uint8Array, start: number, length: number) => number;

/** Thrown for anything but a reader that has gone. */
export class OutputError extends Error {
  readonly code = 'E_OUTPUT';
}

/**
 * The one writer of the process: gathers about 64 KiB, then writes it synchronously, so that a slow reader slows us down and nothing
 * piles up. When the reader is gone (`| head`), `closed` becomes true and what follows is thrown away.
 */
export class Output {
  /** Where to write next: between `reserve` calls others may fill in bytes and move `at`. */
  readonly buffer = Buffer.allocUnsafe(CHUNK + SLACK);
  at = 0;
  /** The reader is gone. */
  closed = false;
  /** Lines that are not in the buffer yet: many are encoded at once. */
  private lines = '';
  private readonly sink: Sink;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));

  constructor(sink: Sink) {
    this.sink = sink;
  }

  /** Makes room for `length` bytes (at most 64 KiB) at `at`. */
  reserve(length: number): void {
    if (this.lines !== '') this.encode();
    if (this.at + length > this.buffer.length) this.flush();
  }

  /** Text of any length as UTF-8. */
  text(text: string): void {
    if (text.length * 3 <= SLACK) {
      this.reserve(text.length * 3);
      this.at += this.buffer.write(text, this.at);
      if (this.at >= CHUNK) this.flush();
      return;
    }
    this.bytes(Buffer.from(text));
  }

  /** Many bytes, as they are. */
  bytes(bytes: Uint8Array): void {
    this.flush();
    this.write(bytes, bytes.length);
  }

  line(text = ''): void {
    this.lines += `${text}\n`;
    if (this.lines.length >= LINES) this.encode();
  }

  flush(): void {
    if (this.lines !== '') this.encode();
    const length = this.at;
    this.at = 0;
    if (length > 0) this.write(this.buffer, length);
  }

  private encode(): void {
    const text = this.lines;
    this.lines = '';
    this.text(text);
  }

  private write(bytes: Uint8Array, length: number): void {
    let start = 0;
    let full = 0;
    while (start < length && !this.closed) {
      try {
        start += this.sink(bytes, start, length - start);
        full = 0;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'EAGAIN') {
          if (++full > SPINS) Atomics.wait(this.nap, 0, 0, NAP_MS);
        } else if (code === 'EPIPE' || code === 'ECONNRESET') {
          this.closed = true;
        } else {
          throw new OutputError(`cannot write the output: ${(error as Error).message}`);
        }
      }
    }
  }
}
