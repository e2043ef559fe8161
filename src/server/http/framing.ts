import type { Limits } from '../limits.ts';
import { fieldOf } from './answer.ts';
import type { Head } from './head.ts';
import { Problem } from './problems.ts';
import { type Refusal, Refused } from './refusal.ts';
import { isAuthority, isTarget } from './target.ts';

/**
 * Why a request is refused whose head is well-formed line by line: what says where its body ends, and which host it is for, must leave
 * no doubt (RFC 9112 §3.2, §6.1, §6.3). Null: it is read on.
 */
export function refusalOf(head: Head, limits: Limits): Refusal | null {
  // The library reads no fields where lengths differ.
  if (head.problem === Problem.length && head.fields.length === 0) return Refused.length;
  if (head.method === 'CONNECT') return Refused.connect;
  if (!isTarget(head.method, head.target)) return Refused.target;
  const old = head.version === '1.0';
  if (head.hosts > 1 || (head.hosts === 0 && !old)) return Refused.host;
  if (head.hosts === 1 && head.host !== '' && !isAuthority(head.host)) return Refused.hostValue;
  if (head.coded) return codingRefusal(head, old);
  if (head.lengths > 0) {
    const refusal = lengthRefusal(head, limits);
    if (refusal !== null) return refusal;
  }
  return head.expectsOther && !old ? Refused.expectation : null;
}

/** One value, of digits alone; larger ones than can be read are too large (RFC 9110 §8.6). */
function lengthRefusal(head: Head, limits: Limits): Refusal | null {
  const text = fieldOf(head.fields, 'content-length') ?? '';
  if (head.lengths > 1 || !/^\d+$/.test(text)) return Refused.length;
  return head.length < 0 || head.length > limits.body ? Refused.bodyTooLarge : null;
}

/** Only `chunked`, once, as the last coding, in HTTP/1.1, and no Content-Length beside it. */
function codingRefusal(head: Head, old: boolean): Refusal | null {
  if (head.lengths > 0) return Refused.bothLengths;
  if (old) return Refused.codingInOld;
  const codings = codingsOf(head.fields);
  if (codings.at(-1) !== 'chunked' || codings.indexOf('chunked') < codings.length - 1) return Refused.coding;
  if (codings.length > 1) return Refused.codingUnknown;
  return head.expectsOther ? Refused.expectation : null;
}

/** All transfer codings, in order, of all lines; empty list elements count for nothing (RFC 9110 §5.6.1.2). */
function codingsOf(fields: readonly string[]): string[] {
  const codings: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]!.toLowerCase() !== 'transfer-encoding') continue;
    for (const part of fields[i + 1]!.split(',')) {
      const coding = part.trim().toLowerCase();
      if (coding !== '') codings.push(coding);
    }
  }
  return codings;
}
