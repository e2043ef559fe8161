import type { Frame } from '../../wire/frame.ts';
import type { Peek } from './peek.ts';

/** What a segment's first bytes tell: 1 it is an HTTP server's, -1 an HTTP client's, 0 nothing. */
export function speaker(peek: Peek, frame: Frame): number {
  const { bytes } = frame;
  const at = peek.transport + (bytes[peek.transport + 12]! >> 4) * 4;
  if (frame.end - at < 12) return 0;
  if (startsWith(bytes, at, 'HTTP/1.')) return 1;
  return METHODS.some((method) => startsWith(bytes, at, method)) ? -1 : 0;
}

const METHODS = ['GET /', 'POST /', 'HEAD /', 'PUT /', 'DELETE /', 'OPTIONS ', 'GET http', 'POST http', 'CONNECT '];

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
