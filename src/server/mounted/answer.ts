import { type Answer, fieldOf } from '../http/answer.ts';

/** What a mounted program gave back is no response. */
export class InvalidAnswer extends Error {}

/** A request that cannot be put into the form that the mounted program takes; `status` answers it. */
export class UnaskableQuestion extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * An answer made of what a mounted program gives. `fields`: names and values by turns, as it set them. Content that came in several pieces
 * without a length beforehand goes out as it came, in chunks.
 */
export function programAnswer(method: string, status: number, fields: readonly string[], pieces: readonly Uint8Array[]): Answer {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new InvalidAnswer(`its status is ${status}`);
  const close = /(^|,)\s*close\s*(,|$)/i.test(fieldOf(fields, 'connection') ?? '');
  const hasLength = fieldOf(fields, 'content-length') !== undefined;
  const isStreamed = !hasLength && (pieces.length > 1 || /chunked/i.test(fieldOf(fields, 'transfer-encoding') ?? ''));
  const body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces as Uint8Array[]);
  const lengthUnknown = method === 'HEAD' && body.length === 0 && !hasLength && !isStreamed;
  return {
    status,
    fields,
    body,
    ...(isStreamed ? { pieces } : null),
    ...(close ? { close } : null),
    ...(lengthUnknown ? { lengthUnknown } : null),
  };
}

/** `a number`, `an object without fetch`, `nothing`. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object without fetch';
  return `a ${typeof value}`;
}
