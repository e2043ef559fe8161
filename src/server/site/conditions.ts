import fresh from 'fresh';
import { fieldOf, type Question } from '../http/answer.ts';
import { formatDate, parseDate } from './dates.ts';

/** What a selected representation can be compared by. */
export interface Validators {
  /** With its quotes; empty: none. */
  readonly etag: string;
  /** Seconds since 1970; NaN: not known. */
  readonly modified: number;
}

/** What the conditions of a request come to (RFC 9110 §13.2.2). */
export type Outcome = 'go on' | 'not modified by tag' | 'not modified since' | 'failed';

/**
 * Weighs If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC 9110 §13.2.2. `validators`: null where
 * nothing is there yet.
 */
export function weigh(question: Question, validators: Validators | null): Outcome {
  const { method, fields } = question;
  const match = listOf(fields, 'if-match');
  if (match !== null) {
    if (!matches(match, validators, strongly)) return 'failed';
  } else {
    const unmodified = parseDate(fieldOf(fields, 'if-unmodified-since') ?? '');
    if (validators !== null && validators.modified > unmodified) return 'failed';
  }
  const noneMatch = listOf(fields, 'if-none-match');
  const reads = method === 'GET' || method === 'HEAD';
  if (noneMatch !== null) {
    if (reads) return isFresh(fields, validators, noneMatch, '') ? 'not modified by tag' : 'go on';
    return matches(noneMatch, validators, weakly) ? 'failed' : 'go on';
  }
  const since = parseDate(fieldOf(fields, 'if-modified-since') ?? '');
  if (!reads || Number.isNaN(since)) return 'go on';
  return isFresh(fields, validators, null, formatDate(since)) ? 'not modified since' : 'go on';
}

/** Whether If-Range names the present content, so that a part of it may be sent (RFC 9110 §13.1.5). */
export function rangeMayApply(fields: readonly string[], validators: Validators): boolean {
  const value = fieldOf(fields, 'if-range');
  if (value === undefined) return true;
  if (value.endsWith('"')) return strongly(value.trim(), validators.etag);
  return parseDate(value) === validators.modified;
}

function isFresh(fields: readonly string[], validators: Validators | null, noneMatch: string | null, since: string): boolean {
  if (validators === null) return false;
  const { etag, modified } = validators;
  const asked: Record<string, string> = { 'cache-control': fieldOf(fields, 'cache-control') ?? '' };
  if (noneMatch !== null) asked['if-none-match'] = noneMatch;
  else asked['if-modified-since'] = since;
  const there: Record<string, string> = {};
  if (etag !== '') there.etag = etag;
  if (!Number.isNaN(modified)) there['last-modified'] = formatDate(modified);
  return fresh(asked, there);
}

/** All values of a list field in one; null where the field is not there. */
function listOf(fields: readonly string[], name: string): string | null {
  const values: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i]!.toLowerCase() === name) values.push(fields[i + 1]!);
  return values.length === 0 ? null : values.join(', ').trim();
}

function matches(list: string, validators: Validators | null, same: (a: string, b: string) => boolean): boolean {
  if (validators === null) return false;
  if (list === '*') return true;
  return (list.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => same(tag, validators.etag));
}

function strongly(a: string, b: string): boolean {
  return a === b && a !== '' && !a.startsWith('W/');
}

function weakly(a: string, b: string): boolean {
  return b !== '' && a.replace(/^W\//, '') === b.replace(/^W\//, '');
}
