import type { Span } from '../tree/values.ts';
import type { Line, Token } from './tokens.ts';
import { BadVariable, resolveVariable, type Scope, variableLength } from './variables.ts';

/** Told of what is wrong in a line. */
export type Report = (at: Span, message: string, hint?: string) => void;

const SIMPLE: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '"': '"', '\\': '\\', $: '$', '#': '#' };
/** Quotation marks of other languages, and what closes them. */
const WRONG_QUOTES: ReadonlyMap<string, string> = new Map([
  ["'", "'"],
  ['“', '”'],
  ['”', '”'],
  ['„', '“'],
  ['‘', '’'],
  ['’', '’'],
  ['«', '»'],
  ['「', '」'],
]);

/** Cuts a line into words, strings and a comment. Whatever is wrong is reported, and reading goes on. */
export function lexLine(source: string, file: string, number: number, scope: Scope, report: Report): Line {
  return new Lexer(source, file, number, scope, report).line();
}

class Lexer {
  private readonly source: string;
  private readonly file: string;
  private readonly number: number;
  private readonly scope: Scope;
  private readonly report: Report;
  /** All characters are one code unit, so that offsets are columns. */
  private readonly plain: boolean;
  private at = 0;
  /** Characters before an offset that was asked for: the next one is mostly further on. */
  private knownOffset = 0;
  private knownColumn = 0;

  constructor(source: string, file: string, number: number, scope: Scope, report: Report) {
    this.source = source;
    this.file = file;
    this.number = number;
    this.scope = scope;
    this.report = report;
    this.plain = !/[\ud800-\udbff]/.test(source);
  }

  line(): Line {
    const { source } = this;
    const tokens: Token[] = [];
    this.blanks();
    const indent = this.column(this.at) - 1;
    while (this.at < source.length && source[this.at] !== '#') {
      const char = source[this.at]!;
      tokens.push(char === '"' ? this.string() : WRONG_QUOTES.has(char) ? this.wronglyQuoted(char) : this.word());
      this.blanks();
    }
    const comment = this.at < source.length ? { comment: source.slice(this.at + 1).trim() } : {};
    return { number: this.number, source, indent, tokens, ...comment };
  }

  private blanks(): void {
    while (isBlank(this.source[this.at])) this.at++;
  }

  private word(): Token {
    const { source } = this;
    const start = this.at;
    let text = '';
    let open = false;
    while (this.at < source.length && !isBlank(source[this.at]) && source[this.at] !== '"') {
      const length = variableLength(source, this.at);
      if (length > 0) {
        const value = this.variable(length);
        text += value ?? '0';
        open ||= value !== undefined;
      } else text += source[this.at++];
    }
    return this.token('word', start, text, open);
  }

  private wronglyQuoted(mark: string): Token {
    const start = this.at;
    const end = this.source.indexOf(WRONG_QUOTES.get(mark)!, start + 1);
    this.report(this.span(start, start + 1), `strings do not stand in ${mark}…${WRONG_QUOTES.get(mark)}`, 'they stand in "…"');
    this.at = end < 0 ? this.source.length : end + 1;
    return this.token('string', start, this.source.slice(start + 1, end < 0 ? undefined : end), false);
  }

  private string(): Token {
    const { source } = this;
    const start = this.at++;
    let text = '';
    let open = false;
    while (this.at < source.length && source[this.at] !== '"') {
      const length = variableLength(source, this.at);
      if (source[this.at] === '\\') text += this.escape();
      else if (length > 0) {
        const value = this.variable(length);
        text += value ?? '0';
        open ||= value !== undefined;
      } else text += source[this.at++];
    }
    if (this.at < source.length) this.at++;
    else this.report(this.span(start, this.at), 'the string is not closed', 'its end is missing: "');
    return this.token('string', start, text, open);
  }

  private escape(): string {
    const { source } = this;
    const start = this.at;
    const char = source[start + 1] ?? '';
    const simple = SIMPLE[char];
    this.at = Math.min(start + 2, source.length);
    if (simple !== undefined) return simple;
    if (char === 'x') {
      const digits = /^[0-9a-f]{2}/i.exec(source.slice(this.at, this.at + 2))?.[0];
      if (digits !== undefined) {
        this.at += 2;
        const byte = Number.parseInt(digits, 16);
        return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
      }
      this.report(this.span(start, this.at), '`\\x` needs two hex digits', 'such as \\x0d');
      return '';
    }
    if (char === 'u') {
      const digits = /^\{([0-9a-f]{1,6})\}|^([0-9a-f]{4})/i.exec(source.slice(this.at, this.at + 8));
      const code = Number.parseInt(digits?.[1] ?? digits?.[2] ?? 'ffffffff', 16);
      this.at += digits?.[0].length ?? 0;
      if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) return String.fromCodePoint(code);
      this.report(this.span(start, this.at), '`\\u` needs the number of a character', 'such as \\u4f60 or \\u{1f600}');
      return '';
    }
    this.report(
      this.span(start, this.at),
      `\`\\${char}\` means nothing in a string`,
      'there are \\r \\n \\t \\0 \\xNN \\u{N} \\" \\\\ and \\$',
    );
    return '';
  }

  /** Undefined: it has no value, and that was reported. */
  private variable(length: number): string | undefined {
    const start = this.at;
    this.at += length;
    try {
      return resolveVariable(this.source.slice(start, this.at), this.scope);
    } catch (error) {
      if (!(error instanceof BadVariable)) throw error;
      const from = start + error.offset;
      this.report(this.span(from, from + error.length), error.message, error.hint);
      return undefined;
    }
  }

  private token(type: Token['type'], start: number, text: string, open: boolean): Token {
    return { type, raw: this.source.slice(start, this.at), text, open, at: this.span(start, this.at) };
  }

  private span(start: number, end: number): Span {
    const column = this.column(start);
    return {
      file: this.file,
      line: this.number,
      column,
      length: Math.max(1, this.column(Math.min(end, this.source.length)) - column),
    };
  }

  /** Of an offset in code units, from 1. */
  private column(offset: number): number {
    if (this.plain) return offset + 1;
    if (offset < this.knownOffset) this.knownOffset = this.knownColumn = 0;
    for (; this.knownOffset < offset; this.knownOffset++) {
      const code = this.source.charCodeAt(this.knownOffset);
      if (code < 0xdc00 || code > 0xdfff) this.knownColumn++;
    }
    return this.knownColumn + 1;
  }
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\u00a0' || char === '\u3000';
}
