import type { Report } from '../text/lexer.ts';
import type { Span } from '../tree/values.ts';

/** A JSON value and where it stands. */
export interface JsonNode {
  readonly value: string | number | boolean | null | readonly JsonNode[] | readonly JsonMember[];
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';
  readonly at: Span;
}

/** A member of an object: its name, where the name stands, and its value. */
export interface JsonMember {
  readonly name: string;
  readonly at: Span;
  readonly node: JsonNode;
}

/** Values in values in values. */
const DEEPEST = 100;

class BadJson extends Error {}

/** Reads JSON text (RFC 8259), keeping where everything stands. Null: it is none, and `report` was told why. */
export function readJson(text: string, file: string, report: Report): JsonNode | null {
  const reader = new JsonReader(text, file, report);
  try {
    return reader.read();
  } catch (error) {
    if (error instanceof BadJson) return null;
    throw error;
  }
}

class JsonReader {
  private readonly text: string;
  private readonly file: string;
  private readonly report: Report;
  private at = 0;
  private line = 1;
  /** Offset of the line's first character. */
  private lineStart = 0;
  private depth = 0;

  constructor(text: string, file: string, report: Report) {
    this.text = text;
    this.file = file;
    this.report = report;
  }

  read(): JsonNode {
    const node = this.value();
    this.blanks();
    if (this.at < this.text.length) this.fail('nothing is expected after the end of the JSON text');
    return node;
  }

  private value(): JsonNode {
    this.blanks();
    const from = this.mark();
    const char = this.text[this.at];
    if (char === '{') return { type: 'object', value: this.object(), at: from(1) };
    if (char === '[') return { type: 'array', value: this.array(), at: from(1) };
    if (char === '"') {
      const value = this.string();
      return { type: 'string', value, at: from() };
    }
    const word = /^-?[\w.+-]+/.exec(this.text.slice(this.at, this.at + 64))?.[0] ?? '';
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)) {
      this.at += word.length;
      return { type: 'number', value: Number(word), at: from() };
    }
    if (word !== 'true' && word !== 'false' && word !== 'null') {
      return this.fail(
        char === undefined ? 'the JSON text ends too early' : 'a JSON value is expected here',
        Math.max(1, word.length),
      );
    }
    this.at += word.length;
    return { type: word === 'null' ? 'null' : 'boolean', value: word === 'null' ? null : word === 'true', at: from() };
  }

  private object(): JsonMember[] {
    const members: JsonMember[] = [];
    this.each('}', () => {
      if (this.text[this.at] !== '"') this.fail('the name of a member is expected here, in quotes');
      const from = this.mark();
      const name = this.string();
      const at = from();
      this.blanks();
      if (this.text[this.at] !== ':') this.fail('a colon is expected here');
      this.at++;
      members.push({ name, at, node: this.value() });
    });
    return members;
  }

  private array(): JsonNode[] {
    const nodes: JsonNode[] = [];
    this.each(']', () => nodes.push(this.value()));
    return nodes;
  }

  /** The members between brackets, at commas. */
  private each(end: string, member: () => void): void {
    if (++this.depth > DEEPEST) this.fail('the JSON text is nested too deeply');
    this.at++;
    this.blanks();
    while (this.text[this.at] !== end) {
      member();
      this.blanks();
      if (this.text[this.at] === end) break;
      if (this.text[this.at] !== ',')
        this.fail(this.at < this.text.length ? `a comma or \`${end}\` is expected here` : 'the JSON text ends too early');
      this.at++;
      this.blanks();
      if (this.text[this.at] === end) this.fail('a comma before the end is not JSON');
    }
    this.at++;
    this.depth--;
  }

  private string(): string {
    const match = /"(?:[^"\\\r\n]|\\.)*"/y;
    match.lastIndex = this.at;
    const raw = match.exec(this.text)?.[0];
    if (raw === undefined) return this.fail('the string is not closed');
    try {
      const value = JSON.parse(raw) as string;
      this.at += raw.length;
      return value;
    } catch {
      return this.fail('this is no JSON string', raw.length);
    }
  }

  private blanks(): void {
    for (; ; this.at++) {
      const char = this.text[this.at];
      if (char === '\n') {
        this.line++;
        this.lineStart = this.at + 1;
      } else if (char !== ' ' && char !== '\t' && char !== '\r') return;
    }
  }

  /** Gives the span from here to where reading then is, or of so many characters. */
  private mark(): (length?: number) => Span {
    const { at, line } = this;
    const column = [...this.text.slice(this.lineStart, at)].length + 1;
    return (length) => ({ file: this.file, line, column, length: length ?? [...this.text.slice(at, this.at)].length });
  }

  private fail(message: string, length = 1): never {
    this.report(this.mark()(length), message);
    throw new BadJson(message);
  }
}
