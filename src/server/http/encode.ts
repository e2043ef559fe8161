import type { Answer } from './answer.ts';
import { mayHaveContent, reasonPhrase } from './status.ts';

/** Fields that say how a message is framed or a connection kept: the server's own business. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'trailer']);
const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** How a response's end is known (RFC 9112 §6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** For whom a response is written. */
export interface Asker {
  readonly method: string;
  readonly version: string;
}

/** A client of HTTP/1.0 does not know chunks: what has no length lasts until the connection closes. */
export function framingOf(answer: Answer, asker: Asker): Framing {
  if (!mayHaveContent(answer.status)) return 'none';
  if (answer.pieces === undefined) return 'length';
  return asker.version === '1.0' || asker.version === '' ? 'close' : 'chunked';
}

/**
 * The bytes of a response's head (RFC 9112 §4): always HTTP/1.1 (RFC 9110 §6.2), no Date, for the server has no clock (§6.6.1).
 * `connection` is the Connection field's value, empty for none.
 */
export function encodeHead(answer: Answer, framing: Framing, connection: string, method: string): Uint8Array {
  const { status, fields, body } = answer;
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  let declared = '';
  let named = false;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase();
    if (name === 'server') named = true;
    if (name === 'content-length') declared = fields[i + 1]!;
  }
  if (!named) text += 'Server: rxpath\r\n';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (!OWN.has(fields[i]!.toLowerCase())) text += `${oneLine(fields[i]!)}: ${oneLine(fields[i + 1]!)}\r\n`;
  }
  const isHead = method === 'HEAD' && body.length === 0 && /^\d+$/.test(declared);
  if (framing === 'length' && answer.lengthUnknown !== true) text += `Content-Length: ${isHead ? declared : body.length}\r\n`;
  if (framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  if (connection !== '') text += `Connection: ${connection}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** What follows the head. */
export function encodeBody(answer: Answer, framing: Framing): Uint8Array {
  const { body, pieces } = answer;
  if (pieces === undefined) return body;
  if (framing === 'close') return Buffer.concat(pieces as Uint8Array[]);
  const parts: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.length > 0) parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, CRLF);
  }
  parts.push(LAST_CHUNK);
  return Buffer.concat(parts);
}

/** Bytes of content, framing not counted. */
export function contentLength(answer: Answer): number {
  if (answer.pieces === undefined) return answer.body.length;
  let length = 0;
  for (const piece of answer.pieces) length += piece.length;
  return length;
}

/** A field is one line, whatever was put into it (RFC 9110 §5.5). */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not go out
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f]+/g, ' ');
}
