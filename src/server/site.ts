import { D } from '../trace/catalogue.ts';
import { type Answer, emptyAnswer, type Question, type Responder, type Tell, textAnswer } from './http/answer.ts';
import { queryOf, rawPathOf } from './http/target.ts';
import { Files, type SiteFiles } from './site/files.ts';
import { SiteMethods } from './site/methods.ts';
import { resolvePath } from './site/path.ts';
import { type RespondRule, Rules } from './site/rules.ts';

export type { SiteFile, SiteFiles } from './site/files.ts';
export type { RespondRule } from './site/rules.ts';

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT']);

/** Answers from rules, then from files in memory; methods that change files change the copy in memory. */
export class Site implements Responder {
  private readonly files: Files;
  private readonly rules: Rules;
  private readonly methods: SiteMethods;

  /** `room`: bytes that requests may add. */
  constructor(files: SiteFiles, rules: readonly RespondRule[] = [], room?: number) {
    this.files = new Files(files, room);
    this.rules = new Rules(rules);
    this.methods = new SiteMethods(this.files);
  }

  respond(question: Question, tell: Tell): Answer {
    const { method, target } = question;
    const raw = rawPathOf(target);
    const resolved = raw === '*' ? { kind: 'path' as const, path: '*', hidden: false } : resolvePath(raw);
    if (resolved.kind === 'malformed') {
      tell(D.http_path_refused);
      return textAnswer(400);
    }
    if (resolved.kind === 'traversal') {
      tell(D.http_traversal);
      return textAnswer(403);
    }
    const { path, hidden } = resolved;
    const ruled = this.rules.answer(question, path, tell);
    if (ruled !== null) return ruled;
    if (!KNOWN_METHODS.has(method)) {
      tell(D.http_method_unknown);
      return textAnswer(501);
    }
    if (method === 'OPTIONS') return this.options(path, tell);
    if (this.rules.names(path) && this.files.get(path) === undefined) return this.notAllowed(this.rules.methodsFor(path), tell);
    if (hidden) {
      tell(D.http_hidden);
      return textAnswer(403);
    }
    const answer = this.methods.answer(question, path, queryOf(target), tell);
    if (answer.status !== 405) return answer;
    return this.notAllowed([...this.rules.methodsFor(path), ...this.methods.allowed(path)], tell);
  }

  private options(path: string, tell: Tell): Answer {
    tell(D.http_options);
    const methods = path === '*' ? ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] : this.rules.methodsFor(path);
    if (path !== '*' && !this.rules.names(path)) methods.push(...this.methods.allowed(path));
    return emptyAnswer(204, ['Allow', allow(methods)]);
  }

  private notAllowed(methods: readonly string[], tell: Tell): Answer {
    tell(D.http_method_not_allowed);
    return textAnswer(405, undefined, ['Allow', allow(methods)]);
  }
}

/** What a server without a configuration serves. */
export function defaultSite(): Site {
  const bytes = Buffer.from('rxpath\n');
  return new Site(new Map([['/index.html', { bytes, contentType: 'text/plain; charset=utf-8' }]]));
}

function allow(methods: readonly string[]): string {
  return [...new Set([...methods, 'OPTIONS'])].join(', ');
}
