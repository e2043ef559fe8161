import { createRequire } from 'node:module';
import type * as HttpParser from 'http-parser-js';
import { FieldBlocks } from './field-blocks.ts';
import { Head } from './head.ts';
import { type KnownHead, KnownHeads } from './known-heads.ts';
import { PlainStart } from './plain-start.ts';
import { Problem } from './problems.ts';
import { isFieldLine, isFold, isToken } from './syntax.ts';

// an import of CommonJS would be read through for its names first, at each start
const { HTTPParser } = createRequire(import.meta.url)('http-parser-js') as typeof HttpParser;

/** What http-parser-js hands over when a head is complete; it skips what follows when told 2. */
interface ParsedHead {
  readonly versionMajor: number;
  readonly versionMinor: number;
  readonly headers: string[];
  readonly method: number;
  readonly url: string;
  readonly statusCode: number;
  readonly statusMessage: string;
}
const NOTHING_MORE = 2;
const ONE_BYTE = Buffer.alloc(1);
const STAND_IN = { REQUEST: 'GET / HTTP/1.1', RESPONSE: 'HTTP/1.1 200 OK' } as const;

/**
 * Parses whole heads with http-parser-js: one parser serves all connections, because a head is handed to it in one piece and bodies
 * are counted elsewhere. The head becomes one string, and the parser's lines are cut from it (its own way of making a string of each
 * line's bytes costs twice as much). Unless all fields are wanted, lines that say nothing about where a body ends are not shown to it.
 * Field lines that came before, byte for byte, behind a start line of the common kind are not parsed again.
 */
export class HeadParser {
  readonly head = new Head();
  private readonly parser;
  private readonly kind: 'REQUEST' | 'RESPONSE';
  private readonly strict: boolean;
  private readonly known = new KnownHeads();
  private readonly blocks = new FieldBlocks();
  private readonly plain = new PlainStart();
  private text = '';
  private at = 0;
  private startLine = '';
  /** The line before was shown: so is its continuation. */
  private shown = false;
  private buffer: Buffer = ONE_BYTE;
  private bufferOf: Uint8Array = ONE_BYTE;

  /** `strict`: all fields are kept, and lines that break RFC 9112 §5 are a problem; else such lines are passed over. */
  constructor(kind: 'REQUEST' | 'RESPONSE', strict: boolean) {
    this.kind = kind;
    this.strict = strict;
    this.parser = new HTTPParser(kind);
    this.parser[HTTPParser.kOnHeadersComplete] = (parsed: ParsedHead): number => this.take(parsed);
    Object.assign(this.parser, { consumeLine: (): string => this.nextLine() });
  }

  /** The whole head that `[start, end)` begins with, where it came before and all is well with it; null: `parse` it when its end is found. */
  recall(bytes: Uint8Array, start: number, end: number): KnownHead | null {
    return this.known.recall(bytes, start, end);
  }

  /** Reads the head in `[start, end)`: start line, fields and, unless it was cut, the empty line. Never throws; see `head.problem`. */
  parse(bytes: Uint8Array, start: number, end: number): Head {
    const head = this.head;
    head.clear();
    const buffer = this.bufferFor(bytes);
    const fields =
      this.kind === 'REQUEST' ? this.plain.request(head, buffer, start, end) : this.plain.response(head, buffer, start, end);
    if (fields >= 0) {
      if (this.blocks.recall(head, bytes, fields, end)) {
        this.known.remember(head, bytes, start, end);
        return head;
      }
      head.clear();
    }
    this.parseAnew(buffer.toString('latin1', start, end));
    if (fields >= 0 && head.problem === Problem.none) this.blocks.remember(head, bytes, fields, end);
    return head;
  }

  private parseAnew(text: string): void {
    this.text = text;
    this.at = 0;
    this.startLine = this.takeLine();
    const fieldsAt = this.at;
    const problem = this.startLine === '' ? Problem.startLine : this.run();
    if (problem !== Problem.none) this.parseRefused(problem, fieldsAt);
    this.text = '';
  }

  /** Reads what can be read of a head that the library refused; where it was the start line, the fields with another one in its place. */
  private parseRefused(problem: number, fieldsAt: number): void {
    const head = this.head;
    this.readStartLine();
    if (problem !== Problem.startLine) {
      head.problem = problem;
      return;
    }
    const { method, target, version, status } = head;
    const fine = this.startLineIsFine();
    this.startLine = STAND_IN[this.kind];
    this.at = fieldsAt;
    const second = this.run();
    head.method = method;
    head.target = target;
    head.version = version;
    head.status = status;
    head.reason = '';
    if (!fine) head.problem = Problem.startLine;
    else if (second !== Problem.none) head.problem = second;
  }

  /** Lets the library parse the lines from `startLine` on; gives what it refuses. */
  private run(): number {
    const result = this.parser.execute(ONE_BYTE, 0, 1);
    if (typeof result === 'number') return Problem.none;
    this.parser.initialize(this.kind);
    switch ((result as { code?: string }).code) {
      case 'HPE_UNEXPECTED_CONTENT_LENGTH':
        return Problem.length;
      case 'HPE_LF_EXPECTED':
        return Problem.fieldLine;
      default:
        return Problem.startLine;
    }
  }

  private take(parsed: ParsedHead): number {
    const head = this.head;
    if (this.kind === 'REQUEST') {
      head.method = HTTPParser.methods[parsed.method]!;
      head.target = parsed.url;
    } else {
      head.status = parsed.statusCode;
      head.reason = parsed.statusMessage;
    }
    head.version = version(parsed.versionMajor, parsed.versionMinor);
    head.readFields(parsed.headers);
    return NOTHING_MORE;
  }

  /** What the library's parser reads from. Gives '' where the head ends. */
  private nextLine(): string {
    if (this.startLine !== '') {
      const line = this.startLine;
      this.startLine = '';
      this.shown = false;
      return line;
    }
    while (this.at < this.text.length) {
      const at = this.at;
      if (this.strict) {
        const line = this.takeLine();
        if (line !== '' && !isFieldLine(line)) this.head.problem = Problem.fieldLine;
        return line;
      }
      const c = this.text.charCodeAt(at);
      if (!isFold(c)) this.shown = decides(this.text, at);
      if (this.shown || c === 10 || c === 13) return this.takeLine();
      const lf = this.text.indexOf('\n', at);
      this.at = lf < 0 ? this.text.length : lf + 1;
    }
    return '';
  }

  private takeLine(): string {
    const lf = this.text.indexOf('\n', this.at);
    let end = lf < 0 ? this.text.length : lf;
    if (end > this.at && this.text.charCodeAt(end - 1) === 13) end--;
    const line = this.text.substring(this.at, end);
    this.at = lf < 0 ? this.text.length : lf + 1;
    return line;
  }

  /** Reads of a start line that the library refuses what can be read. */
  private readStartLine(): void {
    const head = this.head;
    const line = this.refusedLine();
    if (this.kind === 'RESPONSE') {
      const match = /^HTTP\/(\d\.\d) +(\d{3})/.exec(line);
      head.version = match?.[1] ?? '';
      head.status = match === null ? 0 : Number(match[2]);
      return;
    }
    const space = line.indexOf(' ');
    head.method = space < 0 ? line : line.slice(0, space);
    const rest = space < 0 ? '' : line.slice(space + 1);
    const match = /^(.*?) +HTTP\/(\d\.\d)\s*$/.exec(rest);
    head.target = match?.[1] ?? firstWord(rest);
    head.version = match?.[2] ?? '';
  }

  /** The library knows 34 methods; any token is one (RFC 9110 §9.1). */
  private startLineIsFine(): boolean {
    const head = this.head;
    if (this.kind === 'RESPONSE') return false;
    return (
      isToken(head.method) &&
      this.refusedLine() === `${head.method} ${head.target} HTTP/${head.version}` &&
      /^\S+$/.test(head.target)
    );
  }

  private refusedLine(): string {
    const lf = this.text.indexOf('\n');
    return (lf < 0 ? this.text : this.text.slice(0, lf)).replace(/\r$/, '');
  }

  private bufferFor(bytes: Uint8Array): Buffer {
    if (bytes !== this.bufferOf) {
      this.bufferOf = bytes;
      this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.buffer;
  }
}

function version(major: number, minor: number): string {
  if (major === 1) {
    if (minor === 1) return '1.1';
    if (minor === 0) return '1.0';
  }
  return `${major}.${minor}`;
}

/** Whether the line at `at` may be a field that decides where the body ends, or that is reported: Host and Content-Type. */
function decides(text: string, at: number): boolean {
  switch (text.charCodeAt(at) | 0x20) {
    case 99: // c
      return isColon(text, at + 14) || isColon(text, at + 12);
    case 104: // h
      return isColon(text, at + 4);
    case 116: // t
      return isColon(text, at + 17);
    default:
      return false;
  }
}

function isColon(text: string, at: number): boolean {
  return text.charCodeAt(at) === 58;
}

function firstWord(text: string): string {
  const space = text.indexOf(' ');
  return space < 0 ? text : text.slice(0, space);
}
