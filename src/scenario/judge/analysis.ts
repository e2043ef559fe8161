import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import { type Expectation, isOfAnalysis, type OfAnalysis, type Script, type Statement } from '../tree/script.ts';
import { isWithin, type Judgement } from './judge.ts';

/** What the analysis of a run's capture came to: how often each decision was taken, and how often it ended a frame's climb. */
export interface Analysed {
  readonly taken: Float64Array;
  readonly finals: Float64Array;
}

/** Is anything expected of the analysis of the run's capture? */
export function asksAnalysis({ statements }: Script): boolean {
  return statements.some(asks);
}

function asks(statement: Statement): boolean {
  if (statement.type === 'include') return statement.script !== null && asksAnalysis(statement.script);
  if (statement.type === 'repeat' || statement.type === 'for') return statement.body.some(asks);
  const step = statement.type === 'pattern' ? statement.step : statement;
  const { expects = [] } = step as { readonly expects?: readonly Expectation[] };
  return expects.some(isOfAnalysis);
}

/** Judges what is expected of the analysis. */
export function judgeAnalysis(e: OfAnalysis, { taken, finals }: Analysed): Judgement {
  if (e.type === 'analysis_decision') {
    const times = taken[NAMES.indexOf(e.name as never)] ?? 0;
    return { ok: e.no ? times === 0 : times > 0, actual: `taken ${times} times`, shown: null };
  }
  let count = 0;
  for (let id = 0; id < finals.length; id++) if ((CATALOGUE[id] as Decision).effect === e.verdict) count += finals[id]!;
  return { ok: isWithin(count, e.count), actual: String(count), shown: null };
}
