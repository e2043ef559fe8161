import type { ConnectionRecord } from './exchange.ts';
import { reasonPhrase } from './status.ts';

/** A request as whoever answers it sees it. */
export interface Question {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Names and values by turns. */
  readonly fields: readonly string[];
  readonly bodyBytes: number;
  /** The content, `bodyBytes` of it, transfer coding removed. */
  readonly body: Uint8Array;
  readonly connection: ConnectionRecord;
  /** Nanoseconds of virtual time: when the request was complete. */
  readonly time: number;
}

/** What is answered. What HTTP asks for beside it (length, connection) is added when it is written. */
export interface Answer {
  readonly status: number;
  /** Names and values by turns. */
  readonly fields: readonly string[];
  readonly body: Uint8Array;
  /** In place of `body`: content whose length was not known before its end; goes out in chunks (RFC 9112 §7.1). */
  readonly pieces?: readonly Uint8Array[];
  /** Nanoseconds of virtual time that pass before it is written. Absent: none. */
  readonly delay?: number;
  /** Number of the decision that it comes from. Absent: the last one that was told. */
  readonly why?: number;
  /** The connection is not kept open after it. */
  readonly close?: boolean;
  /** An answer to HEAD without content: how long that would be was not said, so that no Content-Length can be. */
  readonly lengthUnknown?: boolean;
  /** What went wrong where the answer should have come from. */
  readonly error?: string;
}

/** An answer that is not there yet. */
export class Pending {
  /** Call it with the answer, while a frame or timer is worked on; null: nobody wants it any more. */
  told: ((answer: Answer) => void) | null = null;
}

/** Records a decision about a request; the first number, the descriptor, is filled in. */
export type Tell = (decision: number, b?: number, c?: number) => void;

/** Finds the answer to a request. Whoever throws is answered for with 500. */
export interface Responder {
  respond(question: Question, tell: Tell): Answer | Pending;
}

const NOTHING = new Uint8Array(0);

/** An answer without content. `fields`: names and values in turn. */
export function emptyAnswer(status: number, fields: readonly string[] = []): Answer {
  return { status, fields, body: NOTHING };
}

/** An answer whose body is a line of text. */
export function textAnswer(status: number, text = `${status} ${reasonPhrase(status)}\n`, fields: readonly string[] = []): Answer {
  return { status, fields: ['Content-Type', 'text/plain; charset=utf-8', ...fields], body: Buffer.from(text) };
}

/** 503 with Retry-After in seconds (RFC 9110 §10.2.3): overloaded, starting, under maintenance. */
export function unavailable(seconds: number): Answer {
  return textAnswer(503, undefined, ['Retry-After', String(seconds)]);
}

/** The value of the first field of that name (lower case), or undefined. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i]!.toLowerCase() === name) return fields[i + 1];
  return undefined;
}
