import { closeSync, constants, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { grouped } from '../../report/words/layout.ts';
import type { Exchange } from '../../server/http/exchange.ts';
import type { ExchangeWatch } from '../../server/http/exchange-log.ts';
import { Exit, type Failure, unwritable } from '../failure.ts';

/** Files that are open at one time; the one opened first is closed for the next, and opened again when more comes. */
const MOST_OPEN = 32;
/** Longest part of a name that comes from a target. */
const TARGET_LENGTH = 80;
const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const INDEX = 'index.tsv';
const COLUMNS = ['file', 'frame', 'fd', 'method', 'target', 'status', 'of', 'from', 'bytes', 'whole'];

/** Of which server a response is. */
export type BodySource = 'server' | 'captured';

interface BodyFile {
  readonly name: string;
  readonly ofResponse: boolean;
  readonly source: BodySource;
  bytes: number;
  /** Descriptor; -1: closed for the moment. */
  fd: number;
}

/**
 * Saves the bodies of requests and responses as files of one directory, piece by piece as they pass: without chunks, with their
 * content-coding. A file of the same name is removed first and never written into, so that a link leads nowhere.
 */
export class BodyFiles {
  readonly directory: string;
  /** Files written, and bytes in them. */
  count = 0;
  bytes = 0;
  private readonly files = new Map<Exchange, BodyFile[]>();
  /** Answered before the whole request was read: the rest of it may still come. */
  private readonly answeredEarly = new Set<Exchange>();
  private readonly open: BodyFile[] = [];
  private index: number;
  private failure: Failure | null = null;

  /** Makes the directory where there is none. Throws Failure where it cannot be written to. */
  constructor(directory: string) {
    this.directory = directory;
    try {
      makeDirectory(directory);
      this.index = this.create(INDEX);
      writeSync(this.index, `${COLUMNS.join('\t')}\n`);
    } catch (error) {
      throw unwritable(`--bodies ${directory}`, error);
    }
  }

  /** Watches the exchanges of one server; `requestsToo`: the bodies of requests as well. */
  watch(source: BodySource, requestsToo = true): ExchangeWatch {
    return {
      content: (exchange, ofResponse, bytes, start, end) => {
        if (this.failure === null && end > start && (ofResponse || requestsToo))
          this.add(exchange, ofResponse, source, bytes, start, end);
      },
      ended: (exchange) => this.ended(exchange),
    };
  }

  /** Closes what is open; gives one line that says what there is. Throws Failure where something could not be written. */
  finish(): string {
    for (const exchange of [...this.files.keys()]) this.end(exchange);
    closeSync(this.index);
    if (this.failure !== null) throw this.failure;
    const many = `${this.count} ${this.count === 1 ? 'body' : 'bodies'} (${grouped(this.bytes)} bytes)`;
    return `${many} saved in ${this.directory}, listed in ${join(this.directory, INDEX)}`;
  }

  private add(exchange: Exchange, ofResponse: boolean, source: BodySource, bytes: Uint8Array, start: number, end: number): void {
    try {
      const file = this.file(exchange, ofResponse, source);
      for (let at = start; at < end; ) at += writeSync(file.fd, bytes, at, end - at);
      file.bytes += end - start;
      this.bytes += end - start;
    } catch (error) {
      this.failure = unwritable(`--bodies ${this.directory}`, error, Exit.input);
    }
  }

  private file(exchange: Exchange, ofResponse: boolean, source: BodySource): BodyFile {
    let there = this.files.get(exchange);
    if (there === undefined) {
      there = [];
      this.files.set(exchange, there);
    }
    let file = there.find((one) => one.ofResponse === ofResponse);
    if (file !== undefined && file.fd >= 0) return file;
    if (this.open.length >= MOST_OPEN) this.shut(this.open[0]!);
    if (file === undefined) {
      const name = bodyName(++this.count, exchange, ofResponse, source);
      file = { name, ofResponse, source, bytes: 0, fd: this.create(name) };
      there.push(file);
    } else file.fd = openSync(join(this.directory, file.name), O_WRONLY | O_APPEND | O_NOFOLLOW);
    this.open.push(file);
    return file;
  }

  private create(name: string): number {
    const path = join(this.directory, name);
    rmSync(path, { force: true });
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  }

  private shut(file: BodyFile): void {
    closeSync(file.fd);
    file.fd = -1;
    this.open.splice(this.open.indexOf(file), 1);
  }

  private ended(exchange: Exchange): void {
    const goesOn = !exchange.requestWhole && this.files.get(exchange)?.some((file) => !file.ofResponse) === true;
    if (goesOn && !this.answeredEarly.has(exchange)) this.answeredEarly.add(exchange);
    else this.end(exchange);
  }

  /** Nothing more comes of the exchange: its files are entered in the index. */
  private end(exchange: Exchange): void {
    const files = this.files.get(exchange);
    if (files === undefined) return;
    this.files.delete(exchange);
    this.answeredEarly.delete(exchange);
    for (const file of files) {
      if (file.fd >= 0) this.shut(file);
      this.enter(exchange, file);
    }
  }

  private enter(exchange: Exchange, { name, ofResponse, source, bytes }: BodyFile): void {
    const { requestFrame, connection, method, target, status } = exchange;
    const whole = ofResponse
      ? !exchange.responseIncomplete && exchange.responseBytes === bytes
      : exchange.requestWhole && exchange.requestBytes === bytes;
    const of = ofResponse ? 'response' : 'request';
    const cells = [name, requestFrame, connection.fd, method, target, status, of, source, bytes, whole ? 'yes' : 'no'];
    try {
      writeSync(this.index, `${cells.map(cell).join('\t')}\n`);
    } catch (error) {
      this.failure ??= unwritable(`--bodies ${this.directory}`, error, Exit.input);
    }
  }
}

/** `0003-frame12-fd4-GET-img_logo.png.response`: nothing of it leads out of a directory, begins with a dot or is longer than 160 characters. */
export function bodyName(number: number, exchange: Exchange, ofResponse: boolean, source: BodySource): string {
  const { requestFrame, connection, method, target } = exchange;
  const parts = [
    String(number).padStart(4, '0'),
    `frame${requestFrame}`,
    `fd${connection.fd}`,
    safe(method, 16),
    safe(target, TARGET_LENGTH),
  ];
  const kind = ofResponse ? (source === 'captured' ? 'captured' : 'response') : 'request';
  return `${parts.filter((part) => part !== '').join('-')}.${kind}`;
}

/** Letters, digits, dot, dash and underscore; whatever else there is becomes one underscore. */
function safe(text: string, most: number): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[._-]+/, '')
    .slice(0, most);
}

/** A cell of the index is one line without tabs. */
function cell(value: string | number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in it
  return String(value).replace(/[\x00-\x1f\x7f]/g, '?');
}

/** With the directories above it. Node's own `recursive` never ends where the system has no directory to give, as below /proc. */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  mkdirSync(path);
}
