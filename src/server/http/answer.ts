import { mayHaveContent, reasonPhrase } from './status.ts';

/** A request as whoever answers it sees it. */
export interface Question {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Names and values by turns. */
  readonly fields: readonly string[];
  readonly bodyBytes: number;
}

/** What is answered. `Content-Length` and `Connection` are added when it is written. */
export interface Answer {
  readonly status: number;
  /** Names and values by turns. */
  readonly fields: readonly string[];
  readonly body: Uint8Array;
}

/** Finds the answer to a request. */
export interface Responder {
  respond(question: Question): Answer;
}

const NOTHING = new Uint8Array(0);

export function emptyAnswer(status: number, fields: readonly string[] = []): Answer {
  return { status, fields, body: NOTHING };
}

/** An answer whose body is a line of text. */
export function textAnswer(status: number, text = `${status} ${reasonPhrase(status)}\n`, fields: readonly string[] = []): Answer {
  return { status, fields: ['Content-Type', 'text/plain; charset=utf-8', ...fields], body: Buffer.from(text) };
}

/** The value of the first field of that name (lower case), or undefined. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i]!.toLowerCase() === name) return fields[i + 1];
  return undefined;
}

/**
 * The bytes of a response's head (RFC 9112 §4): always HTTP/1.1 (RFC 9110 §6.2), no Date, for the server has no clock (§6.6.1).
 * `connection` is the Connection field's value, empty for none.
 */
export function encodeHead(answer: Answer, connection: string): Uint8Array {
  const { status, fields, body } = answer;
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\nServer: rxpath\r\n`;
  for (let i = 0; i + 1 < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  if (mayHaveContent(status)) text += `Content-Length: ${body.length}\r\n`;
  if (connection !== '') text += `Connection: ${connection}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
