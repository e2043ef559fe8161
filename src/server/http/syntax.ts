import { viewOf } from '../../wire/data-view.ts';

export const LF = 10;
export const CR = 13;
const SP = 32;
const TAB = 9;
const SLASH = 47;
const COLON = 58;

/** A longer method is none (RFC 9110 names none beyond 17 letters). */
const LONGEST_METHOD = 32;

/** 1 for each byte that a token may hold (RFC 9110 §5.6.2). */
const TOKEN = tokenBytes();

function tokenBytes(): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of "!#$%&'*+-.^_`|~") table[c.charCodeAt(0)] = 1;
  for (let c = 48; c <= 57; c++) table[c] = 1;
  for (let c = 65; c <= 90; c++) table[c] = table[c + 32] = 1;
  return table;
}

/** Offset of the next LF in `[start, end)`, or `end`. Looks at four bytes at a time (a zero byte is found as Mycroft does). */
export function nextLineFeed(bytes: Uint8Array, start: number, end: number): number {
  const view = viewOf(bytes);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true) ^ 0x0a0a0a0a;
    if (((word - 0x01010101) & ~word & 0x80808080) !== 0) break;
  }
  while (at < end && bytes[at] !== LF) at++;
  return at;
}

/** How far a beginning of bytes is like a start line. */
export const Likeness = { no: 0, maybe: 1, yes: 2 } as const;

/** A byte of a token (`tchar`, RFC 9110 §5.6.2). */
export function isTokenByte(c: number): boolean {
  return TOKEN[c] === 1;
}

/** Whether text is a token: a method, a field name. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 255 || TOKEN[c] === 0) return false;
  }
  return text.length > 0;
}

/**
 * Whether the bytes, from a message's first on, can be a request line (RFC 9112 §3): a method, a space, something, and at the line's end
 * `HTTP/` and a digit. `maybe` while the end of the line is not there.
 */
export function requestLikeness(bytes: Uint8Array, start: number, end: number): number {
  const longest = start + LONGEST_METHOD < end ? start + LONGEST_METHOD : end;
  let at = start;
  while (at < longest && TOKEN[bytes[at]!] === 1) at++;
  if (at === end) return at - start < LONGEST_METHOD ? Likeness.maybe : Likeness.no;
  if (at === start || bytes[at] !== SP) return Likeness.no;
  let lineEnd = at;
  while (lineEnd < end && bytes[lineEnd] !== LF) lineEnd++;
  if (lineEnd === end) return Likeness.maybe;
  return endsInVersion(bytes, at, lineEnd) && !isHttp2(bytes, start, end) ? Likeness.yes : Likeness.no;
}

/** HTTP/2's preface is made to look like a request (RFC 9113 §3.4). */
function isHttp2(bytes: Uint8Array, start: number, end: number): boolean {
  return beginsWith(bytes, start, end, 'PRI * HTTP/2.0');
}

/** Whether a line `[start, end)`, its LF not included, ends in ` HTTP/d…`. */
function endsInVersion(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end;
  while (at > start && (bytes[at - 1] === CR || bytes[at - 1] === SP)) at--;
  while (at > start && bytes[at - 1] !== SP) at--;
  return at > start && isHttpSlash(bytes, at, end) && isDigit(bytes[at + 5]!);
}

/** Whether the bytes can be a status line (RFC 9112 §4): `HTTP/d.d ddd`. `maybe` while they are fewer than that. */
export function responseLikeness(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  for (let i = 0; i < 12; i++) {
    if (i >= length) return Likeness.maybe;
    const c = bytes[start + i]!;
    if (i < 5 ? c !== HTTP_SLASH[i] : i === 6 ? c !== 46 : i === 8 ? c !== SP : !isDigit(c)) return Likeness.no;
  }
  return Likeness.yes;
}

const HTTP_SLASH = [72, 84, 84, 80, SLASH];

function isHttpSlash(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 6 > end) return false;
  for (let i = 0; i < 5; i++) if (bytes[at + i] !== HTTP_SLASH[i]) return false;
  return true;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

const COMMON_METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'PROPFIND', 'TRACE'];

/**
 * Whether bytes that were cut before the line's end are a request line all the same: a common method, a space, and a path, a URL or
 * (CONNECT) a name.
 */
export function isCutRequestLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (const method of COMMON_METHODS) {
    if (!beginsWith(bytes, start, end, method) || bytes[start + method.length] !== SP) continue;
    const at = start + method.length + 1;
    if (at >= end) return false;
    return bytes[at] === SLASH || method === 'CONNECT' || beginsWith(bytes, at, end, 'http://');
  }
  return false;
}

/** Whether bytes begin with a common method, and a space behind it if there is anything. */
export function hasCommonMethod(bytes: Uint8Array, start: number, end: number): boolean {
  return COMMON_METHODS.some((method) => {
    const at = start + method.length;
    return at === end ? isWord(bytes, start, method) : beginsWith(bytes, start, end, method) && bytes[at] === SP;
  });
}

function isWord(bytes: Uint8Array, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

function beginsWith(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  return end - start > word.length && isWord(bytes, start, word);
}

/** Whether a line of a head is `token:` and something (RFC 9112 §5): no space before the colon, no folding. */
export function isFieldLine(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c === COLON) return i > 0;
    if (c > 255 || TOKEN[c] === 0) return false;
  }
  return false;
}

/** A line that begins so goes on with the field before it (`obs-fold`, RFC 9112 §5.2). */
export function isFold(c: number): boolean {
  return c === SP || c === TAB;
}
