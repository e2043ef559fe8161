import { type Answer, fieldOf } from './http/answer.ts';

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

/** An answer made of what a mounted program gives. `fields`: names and values by turns, as it set them. */
export function programAnswer(method: string, status: number, fields: readonly string[], body: Uint8Array): Answer {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new InvalidAnswer(`its status is ${status}`);
  const close = /(^|,)\s*close\s*(,|$)/i.test(fieldOf(fields, 'connection') ?? '');
  const lengthUnknown = method === 'HEAD' && body.length === 0 && fieldOf(fields, 'content-length') === undefined;
  return { status, fields, body, ...(close ? { close } : null), ...(lengthUnknown ? { lengthUnknown } : null) };
}
