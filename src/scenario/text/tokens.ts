import type { Span } from '../tree/values.ts';

/** A word, or a string in quotes. */
export interface Token {
  readonly type: 'word' | 'string';
  /** As written. */
  readonly raw: string;
  /**
   * What it means: without quotes, escapes resolved, variables replaced by their values (of the loop's first round, while it is parsed).
   * A byte above 127 that was written as `\xNN` is a lone surrogate from U+DC80 on.
   */
  readonly text: string;
  /** There is a variable in it. */
  readonly open: boolean;
  readonly at: Span;
}

/** One line of a script. */
export interface Line {
  readonly number: number;
  readonly source: string;
  /** Columns before the first token. */
  readonly indent: number;
  readonly tokens: readonly Token[];
  /** What follows `#`, without the blank after it. */
  readonly comment?: string;
}

/** Thrown while a statement is read, caught where reading goes on: at the next field, or the next line. */
export class Wrong extends Error {
  readonly at: Span;
  readonly hint: string | undefined;

  constructor(at: Span, message: string, hint?: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}

/** The tokens of a line, one after the other. */
export class Cursor {
  readonly tokens: readonly Token[];
  /** Just behind the last token. */
  readonly end: Span;
  index = 0;

  constructor(tokens: readonly Token[], end: Span) {
    this.tokens = tokens;
    this.end = end;
  }

  get done(): boolean {
    return this.index >= this.tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.index + ahead];
  }

  /** The next token, if it is a word, in lower case; else empty. */
  word(ahead = 0): string {
    const token = this.peek(ahead);
    return token?.type === 'word' ? token.text.toLowerCase() : '';
  }

  /** Takes the next token; `expected` says what it was to be. */
  next(expected: string): Token {
    const token = this.tokens[this.index];
    if (token === undefined) throw new Wrong(this.end, this.endsBefore(expected));
    this.index++;
    return token;
  }

  /** What to say where the line ends too early. */
  endsBefore(expected: string): string {
    const last = this.tokens.at(-1);
    return `${last === undefined ? 'this is empty' : `the line ends after \`${last.raw}\``}: expected ${expected}`;
  }

  /** The next words are these (`to mac`); then they are taken. */
  take(words: readonly string[]): boolean {
    for (let i = 0; i < words.length; i++) if (this.word(i) !== words[i]) return false;
    this.index += words.length;
    return true;
  }
}

/** Bytes that a token's text, or any text of a script, stands for: UTF-8, and the bytes that `\xNN` gave. */
export function bytesOf(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return new Uint8Array(Buffer.from(text, 'utf8'));
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...Buffer.from(char, 'utf8'));
  }
  return Uint8Array.from(bytes);
}

/** The text that stands for bytes; those that are no UTF-8 become lone surrogates. */
export function textOf(bytes: Uint8Array): string {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = whole.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(whole, i);
    out += length === 0 ? String.fromCharCode(0xdc00 + bytes[i]!) : whole.toString('utf8', i, i + length);
    i += Math.max(length, 1);
  }
  return out;
}

/** Length of the well-formed UTF-8 sequence at `at`; 0: none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const text = bytes.toString('utf8', at, at + length);
  return Buffer.from(text, 'utf8').equals(bytes.subarray(at, at + length)) ? length : 0;
}
