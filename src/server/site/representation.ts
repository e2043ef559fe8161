import { D } from '../../trace/catalogue.ts';
import { type Answer, emptyAnswer, fieldOf, type Question, type Tell, textAnswer } from '../http/answer.ts';
import { rangeMayApply, type Validators, weigh } from './conditions.ts';
import { multipart, rangesOf } from './ranges.ts';

/**
 * What becomes of a 200 to GET or HEAD when the request has conditions or asks for parts: 304, 412, 206, 416, or the answer as it is
 * (RFC 9110 §13.2, §14.2).
 */
export function select(question: Question, whole: Answer, validators: Validators, tell: Tell): Answer {
  switch (weigh(question, validators)) {
    case 'failed':
      tell(D.http_precondition_failed);
      return textAnswer(412);
    case 'not modified by tag':
      tell(D.http_not_modified_tag);
      return emptyAnswer(304, fieldsOfNotModified(whole.fields));
    case 'not modified since':
      tell(D.http_not_modified_since);
      return emptyAnswer(304, fieldsOfNotModified(whole.fields));
    default:
      return part(question, whole, validators, tell);
  }
}

/** Of the fields of the 200 those that 304 must repeat (RFC 9110 §15.4.5). */
function fieldsOfNotModified(fields: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (/^(?:cache-control|content-location|date|etag|expires|vary|last-modified)$/i.test(fields[i]!)) {
      kept.push(fields[i]!, fields[i + 1]!);
    }
  }
  return kept;
}

function part(question: Question, whole: Answer, validators: Validators, tell: Tell): Answer {
  const field = question.method === 'GET' ? fieldOf(question.fields, 'range') : undefined;
  if (field === undefined) return whole;
  const { body, fields } = whole;
  const ranges = rangeMayApply(question.fields, validators) ? rangesOf(field, body.length) : 'ignore';
  if (ranges === 'ignore') {
    tell(D.http_range_ignored);
    return whole;
  }
  if (ranges === 'none') {
    tell(D.http_range_refused, body.length);
    return textAnswer(416, undefined, ['Content-Range', `bytes */${body.length}`]);
  }
  const rest = whole.delay === undefined ? null : { delay: whole.delay };
  if (ranges.length === 1) {
    const { start, end } = ranges[0]!;
    tell(D.http_range, start, end - start + 1);
    const placed = [...fields, 'Content-Range', `bytes ${start}-${end}/${body.length}`];
    return { status: 206, fields: placed, body: body.subarray(start, end + 1), ...rest };
  }
  tell(D.http_ranges, ranges.length);
  const made = multipart(body, ranges, fieldOf(fields, 'content-type') ?? 'application/octet-stream');
  const others = fields.filter((_, i) => fields[i - (i % 2)]!.toLowerCase() !== 'content-type');
  const type = `multipart/byteranges; boundary=${made.boundary}`;
  return { status: 206, fields: ['Content-Type', type, ...others], body: made.body, ...rest };
}
