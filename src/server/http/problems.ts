import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';

/** What is wrong with a message; the worst thing found. */
export const Problem = {
  none: 0,
  /** The start line breaks RFC 9112 §3 or §4. */
  startLine: 1,
  /** A header line is not `name: value` (RFC 9112 §5). */
  fieldLine: 2,
  /** Content-Length is no number, or several differ (RFC 9112 §6.3). */
  length: 3,
  /** Transfer-Encoding does not end in chunked, or comes with a Content-Length (RFC 9112 §6.1). */
  coding: 4,
  /** The head does not end within its limit. */
  tooLarge: 5,
  /** A chunk's size is no hexadecimal number, or no line end follows its data (RFC 9112 §7.1). */
  chunk: 6,
  /** The head ended early: the peer closed, or the other side answered before it was whole. */
  unfinished: 7,
} as const;

/** Decision of each `Problem` number. */
const DECISION = decisionsOfProblems();

function decisionsOfProblems(): Uint16Array {
  const table = new Uint16Array(16);
  table[Problem.startLine] = D.http_start_line_refused;
  table[Problem.fieldLine] = D.http_field_refused;
  table[Problem.length] = D.http_length_refused;
  table[Problem.coding] = D.http_coding_refused;
  table[Problem.tooLarge] = D.http_head_too_large;
  table[Problem.chunk] = D.http_chunk_refused;
  table[Problem.unfinished] = D.http_request_unfinished;
  return table;
}

/** Records what is wrong with a message; `detail` is the decision's second number. */
export function recordProblem(trace: Trace, problem: number, fd: number, detail = 0): void {
  trace.record(DECISION[problem]!, fd, detail);
}
