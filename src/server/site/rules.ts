import basicAuth from 'basic-auth';
import { D } from '../../trace/catalogue.ts';
import { type Answer, emptyAnswer, fieldOf, type Question, type Tell, textAnswer } from '../http/answer.ts';
import { Bucket } from './bucket.ts';
import { parseDate } from './dates.ts';
import { rulePath } from './path.ts';
import { select } from './representation.ts';

const SECOND = 1e9;
const CHALLENGE = 'Basic realm="rxpath", charset="UTF-8"';

/** A fixed answer to a method and a path. */
export interface RespondRule {
  /** `*`: any. */
  readonly method: string;
  /** Percent-encoded or not. `*`: any; `/api/*`: any that begins so. */
  readonly path: string;
  readonly status: number;
  readonly body?: string;
  /** Names and values by turns. */
  readonly fields?: readonly string[];
  /** Nanoseconds of virtual time until it is written. */
  readonly after?: number;
  readonly location?: string;
  /** `user:password` that Basic authentication must give. */
  readonly auth?: string;
  /** Requests a second that it answers; beyond it the next rule for the same path does, else 429. */
  readonly limit?: number;
}

/** A rule as it stands in its list. */
interface Placed {
  readonly rule: RespondRule;
  /** From 1 on. */
  readonly number: number;
  readonly path: string;
  readonly bucket: Bucket | null;
}

/** The `respond` lines, in their order: the first that fits answers. */
export class Rules {
  private readonly placed: readonly Placed[];

  constructor(rules: readonly RespondRule[]) {
    this.placed = rules.map((rule, i) => ({
      rule,
      number: i + 1,
      path: rulePath(rule.path),
      bucket: rule.limit === undefined ? null : new Bucket(rule.limit),
    }));
  }

  /** What the rule that fits answers, or what is answered in its place; null: no rule fits. */
  answer(question: Question, path: string, tell: Tell): Answer | null {
    const { method } = question;
    const here = this.placed.filter((placed) => covers(placed.path, path));
    let fitting = here.filter(({ rule }) => rule.method === method || rule.method === '*');
    if (fitting.length === 0 && method === 'HEAD') fitting = here.filter(({ rule }) => rule.method === 'GET');
    const first = fitting[0];
    if (first === undefined) return null;
    let wait = Number.POSITIVE_INFINITY;
    for (const placed of fitting) {
      if (placed.path !== first.path) break;
      const longer = placed.bucket === null ? 0 : placed.bucket.take(question.time);
      if (longer === 0) return this.admit(placed, question, tell);
      wait = Math.min(wait, longer);
      const next = fitting[fitting.indexOf(placed) + 1];
      if (next?.path === first.path) tell(D.http_limit_passed_on, placed.number);
    }
    tell(D.http_limited, first.number, wait);
    return textAnswer(429, undefined, ['Retry-After', String(Math.max(1, Math.ceil(wait / SECOND)))]);
  }

  /** Methods of the rules that cover a path. */
  methodsFor(path: string): string[] {
    return this.placed
      .filter((placed) => covers(placed.path, path))
      .flatMap(({ rule }) => (rule.method === 'GET' ? ['GET', 'HEAD'] : rule.method === '*' ? [] : [rule.method]));
  }

  /** Whether a rule, not a pattern, is there for that very path. */
  names(path: string): boolean {
    return this.placed.some((placed) => placed.path === path);
  }

  private admit({ rule, number }: Placed, question: Question, tell: Tell): Answer {
    if (rule.auth !== undefined) {
      const refused = authorize(rule.auth, question, number, tell);
      if (refused !== null) return refused;
    }
    tell(D.http_rule, number, rule.status);
    return conditional(question, answerOf(rule), tell);
  }
}

/** A 200 is subject to conditions and ranges as a file's is, as far as it has validators of its own. */
function conditional(question: Question, answer: Answer, tell: Tell): Answer {
  if (answer.status !== 200 || (question.method !== 'GET' && question.method !== 'HEAD')) return answer;
  const etag = fieldOf(answer.fields, 'etag') ?? '';
  const modified = parseDate(fieldOf(answer.fields, 'last-modified') ?? '');
  return select(question, answer, { etag, modified }, tell);
}

function answerOf(rule: RespondRule): Answer {
  const fields = [...(rule.fields ?? [])];
  if (rule.location !== undefined) fields.push('Location', rule.location);
  const delay = rule.after === undefined ? null : { delay: rule.after };
  if (rule.body === undefined) return { ...emptyAnswer(rule.status, fields), ...delay };
  if (fieldOf(fields, 'content-type') !== undefined) {
    return { status: rule.status, fields, body: Buffer.from(rule.body), ...delay };
  }
  return { ...textAnswer(rule.status, rule.body, fields), ...delay };
}

/** RFC 7617: null where the request may pass. */
function authorize(auth: string, question: Question, number: number, tell: Tell): Answer | null {
  const field = fieldOf(question.fields, 'authorization');
  const given = field === undefined ? undefined : basicAuth.parse(field);
  if (given !== undefined && `${given.name}:${given.pass}` === auth) {
    tell(D.http_authorized, number);
    return null;
  }
  tell(given === undefined ? D.http_authorization_missing : D.http_authorization_wrong, number);
  return textAnswer(401, undefined, ['WWW-Authenticate', CHALLENGE]);
}

function covers(pattern: string, path: string): boolean {
  if (pattern === path || pattern === '*') return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}
