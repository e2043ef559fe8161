import { type Answer, emptyAnswer, fieldOf, type Question, type Responder, textAnswer } from './http/answer.ts';

export interface SiteFile {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** With its quotes; absent: never 304. */
  readonly etag?: string;
}

/** A fixed answer to one method and path. */
export interface RespondRule {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body?: string;
  /** Names and values by turns. */
  readonly fields?: readonly string[];
  readonly location?: string;
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT']);
const FILE_METHODS = ['GET', 'HEAD'];

/** Answers from rules, then from files in memory (by absolute path; a directory's own file is `…/index.html`). */
export class Site implements Responder {
  private readonly files: ReadonlyMap<string, SiteFile>;
  private readonly rules: readonly RespondRule[];

  constructor(files: ReadonlyMap<string, SiteFile>, rules: readonly RespondRule[] = []) {
    this.files = files;
    this.rules = rules;
  }

  respond(question: Question): Answer {
    const { method, target } = question;
    if (!KNOWN_METHODS.has(method)) return textAnswer(501);
    const path = pathOf(target);
    if (path === null) return textAnswer(400);
    const rules = this.rules.filter((rule) => rule.path === path);
    const rule = rules.find((each) => each.method === method) ?? rules.find((each) => each.method === 'GET' && method === 'HEAD');
    if (rule !== undefined) return answerOf(rule);
    return this.respondFile(question, path, rules);
  }

  private respondFile(question: Question, path: string, rules: readonly RespondRule[]): Answer {
    const file = this.files.get(path.endsWith('/') ? `${path}index.html` : path);
    const allowed = rules.map((rule) => rule.method);
    if (file !== undefined) allowed.push(...FILE_METHODS);
    if (allowed.length > 0 && !allowed.includes(question.method)) {
      return textAnswer(405, undefined, ['Allow', [...new Set(allowed)].join(', ')]);
    }
    if (file === undefined) return this.files.has(`${path}/index.html`) ? movedTo(`${path}/`) : textAnswer(404);
    const about = ['Content-Type', file.contentType];
    if (file.etag !== undefined) {
      about.push('ETag', file.etag);
      if (isListed(fieldOf(question.fields, 'if-none-match'), file.etag)) return emptyAnswer(304, ['ETag', file.etag]);
    }
    return { status: 200, fields: about, body: file.bytes };
  }
}

/** What a server without a configuration serves. */
export function defaultSite(): Site {
  const bytes = Buffer.from('rxpath\n');
  return new Site(new Map([['/index.html', { bytes, contentType: 'text/plain; charset=utf-8' }]]));
}

function answerOf(rule: RespondRule): Answer {
  const fields = [...(rule.fields ?? [])];
  if (rule.location !== undefined) fields.push('Location', rule.location);
  if (rule.body === undefined) return emptyAnswer(rule.status, fields);
  if (fieldOf(fields, 'content-type') !== undefined) return { status: rule.status, fields, body: Buffer.from(rule.body) };
  return textAnswer(rule.status, rule.body, fields);
}

function movedTo(path: string): Answer {
  return textAnswer(301, undefined, ['Location', path]);
}

/** The path of a request target in origin or absolute form (RFC 9112 §3.2), percent-decoded; null where it is none. */
function pathOf(target: string): string | null {
  const match = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*|(?=[?#]|$))/i.exec(target);
  if (match === null) return target === '*' ? '*' : null;
  try {
    return decodeURIComponent(match[1] === '' ? '/' : match[1]!);
  } catch {
    return null;
  }
}

/** If-None-Match: `*`, or a list that has the tag; weak comparison (RFC 9110 §13.1.2). */
function isListed(list: string | undefined, etag: string): boolean {
  if (list === undefined) return false;
  return list.trim() === '*' || list.split(',').some((each) => each.trim().replace(/^W\//, '') === etag.replace(/^W\//, ''));
}
