import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Problem } from './problem.ts';

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
