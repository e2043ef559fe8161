import type { Head } from './head.ts';
import { CR, LF } from './syntax.ts';

const SP = 32;
/** `HTTP/1.` */
const HTTP_1 = [72, 84, 84, 80, 47, 49, 46];
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((name) => ({
  name,
  bytes: Uint8Array.from(`${name} `, (letter) => letter.charCodeAt(0)),
}));
const VERSIONS = ['1.0', '1.1'] as const;
/** Reason phrases as they came last with each status, so that the same one is not made again. */
const REASONS = 1000;

/**
 * Reads the start lines that nearly all messages have: a common method, a target of visible ASCII, HTTP/1.0 or 1.1, one space between
 * them, CRLF. Anything else is left to the parser of all others.
 */
export class PlainStart {
  private readonly reasons: (string | undefined)[] = new Array<string | undefined>(REASONS).fill(undefined);

  /** Fills in method, target and version; gives the offset behind the line, or -1. */
  request(head: Head, bytes: Buffer, start: number, end: number): number {
    for (const method of METHODS) {
      const at = start + method.bytes.length;
      if (at < end && beginsWith(bytes, start, method.bytes)) return this.target(head, method.name, bytes, at, end);
    }
    return -1;
  }

  /** Fills in version, status and reason; gives the offset behind the line, or -1. */
  response(head: Head, bytes: Buffer, start: number, end: number): number {
    const minor = start + 15 > end ? -1 : minorVersion(bytes, start);
    if (minor < 0 || bytes[start + 8] !== SP || bytes[start + 12] !== SP) return -1;
    let status = 0;
    for (let i = start + 9; i < start + 12; i++) {
      const digit = bytes[i]! - 48;
      if (digit < 0 || digit > 9) return -1;
      status = status * 10 + digit;
    }
    const line = lineEnd(bytes, start + 13, end, SP);
    if (line < 0) return -1;
    head.version = VERSIONS[minor]!;
    head.status = status;
    head.reason = this.reason(status, bytes, start + 13, line);
    return line + 2;
  }

  private target(head: Head, method: string, bytes: Buffer, start: number, end: number): number {
    const line = lineEnd(bytes, start, end, SP);
    const space = line - 9;
    if (space <= start || bytes[space] !== SP) return -1;
    const minor = minorVersion(bytes, space + 1);
    if (minor < 0) return -1;
    for (let i = start; i < space; i++) if (bytes[i] === SP) return -1;
    head.method = method;
    head.target = bytes.toString('latin1', start, space);
    head.version = VERSIONS[minor]!;
    return line + 2;
  }

  private reason(status: number, bytes: Buffer, start: number, end: number): string {
    const last = this.reasons[status];
    if (last !== undefined && last.length === end - start) {
      let i = start;
      while (i < end && last.charCodeAt(i - start) === bytes[i]) i++;
      if (i === end) return last;
    }
    const reason = bytes.toString('latin1', start, end);
    if (reason.length <= 64) this.reasons[status] = reason;
    return reason;
  }
}

/** Where the CRLF begins that ends a line of bytes from `least` up to `~`; -1: there is another byte, or no end. */
function lineEnd(bytes: Uint8Array, start: number, end: number, least: number): number {
  for (let i = start; i + 1 < end; i++) {
    const c = bytes[i]!;
    if (c >= least && c < 127) continue;
    return c === CR && bytes[i + 1] === LF ? i : -1;
  }
  return -1;
}

/** 0 or 1 where `HTTP/1.0` or `HTTP/1.1` stands at the offset, else -1. */
function minorVersion(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < HTTP_1.length; i++) if (bytes[at + i] !== HTTP_1[i]) return -1;
  const minor = bytes[at + 7]! - 48;
  return minor === 0 || minor === 1 ? minor : -1;
}

function beginsWith(bytes: Uint8Array, start: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}
