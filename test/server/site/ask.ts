import type { Answer } from '../../../src/server/http/answer.ts';
import { ConnectionRecord } from '../../../src/server/http/exchange.ts';
import type { Site } from '../../../src/server/site.ts';
import { NAMES } from '../../../src/trace/catalogue.ts';

export interface Asked {
  readonly answer: Answer;
  /** `name b c` of each decision. */
  readonly decisions: string[];
}

/** Asks a site without a connection; `fields` as `Name: value` lines. */
export function ask(site: Site, line: string, fields: readonly string[] = [], body = '', time = 0): Asked {
  const [method, target] = line.split(' ') as [string, string];
  const bytes = Buffer.from(body);
  const pairs = fields.flatMap((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  if (body !== '') pairs.push('Content-Length', String(bytes.length));
  const decisions: string[] = [];
  const answer = site.respond(
    {
      method,
      target,
      version: '1.1',
      fields: pairs,
      bodyBytes: bytes.length,
      body: bytes,
      connection: new ConnectionRecord(),
      time,
    },
    (decision, b = 0, c = 0) => {
      decisions.push([NAMES[decision], b, c].join(' ').replace(/( 0)+$/, ''));
    },
  );
  return { answer, decisions };
}

/** `status | fields | content` of an answer, without what every answer of its kind has. */
export function told({ answer }: Asked): string {
  const fields: string[] = [];
  for (let i = 0; i + 1 < answer.fields.length; i += 2) {
    if (!/^(Content-Type|Accept-Ranges|ETag)$/.test(answer.fields[i]!))
      fields.push(`${answer.fields[i]}: ${answer.fields[i + 1]}`);
  }
  const text = Buffer.from(answer.body).toString();
  return [String(answer.status), ...fields, ...(/^\d{3} .*\n$/.test(text) || text === '' ? [] : [text])].join(' | ');
}
