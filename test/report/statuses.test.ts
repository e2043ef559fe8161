import assert from 'node:assert/strict';
import { printStatuses, statusesOf, unlistedText, writeStatusJson } from '../../src/report/explain/explain-status.ts';
import { Printer } from '../../src/report/terminal/printer.ts';
import { plainStyle } from '../../src/report/terminal/style.ts';
import { D } from '../../src/trace/catalogue.ts';
import { STATUSES, type StatusEntry, statusClass } from '../../src/trace/statuses.ts';
import { memoryOutput } from './memory-output.ts';

const HAN = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;

function printed(entries: readonly StatusEntry[], lang: 'en' | 'zh' = 'en'): string {
  const { output, text } = memoryOutput();
  printStatuses(new Printer(output, { ...plainStyle(), lang }), entries);
  return text();
}

describe('statuses', () => {
  it('are in order, each once, and those that captures show', () => {
    const numbers = STATUSES.map(({ status }) => status);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    assert.deepEqual(
      numbers,
      [
        [100, 101, 103],
        [200, 201, 202, 203, 204, 205, 206],
        [300, 301, 302, 303, 304, 307, 308],
        [400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418],
        [421, 422, 425, 426, 428, 429, 431, 451],
        [500, 501, 502, 503, 504, 505, 507, 511],
      ].flat(),
    );
  });

  it('have their words in both languages, and decisions that exist where the server gives them', () => {
    for (const entry of STATUSES) {
      const { status, en, zh, advice, adviceZh, when, whenZh, decisions, clause } = entry;
      assert.match(clause, /^RFC \d+ §[\d.]+$/, String(status));
      assert.ok(!HAN.test(en + advice + (when ?? '')) && HAN.test(zh) && HAN.test(adviceZh), String(status));
      assert.equal(when === undefined, whenZh === undefined, String(status));
      assert.equal(when !== undefined, decisions.length > 0, String(status));
      for (const name of decisions) assert.ok(name in D, name);
      assert.equal(new Set(decisions).size, decisions.length, String(status));
    }
  });

  it('have a class by their first digit', () => {
    assert.deepEqual(
      [100, 204, 304, 404, 599, 600, 99].map((status) => statusClass(status, 'en')),
      ['informational', 'successful', 'redirection', 'client error', 'server error', '', ''],
    );
  });

  it('are explained: what it is, when the server gives it, the rule, what to do, and the decisions', () => {
    assert.equal(
      printed(statusesOf('429') as StatusEntry[]),
      [
        '429 Too Many Requests  client error',
        '  The client sends more requests than it may in that time.',
        '  here        A `respond … limit N/second` rule has answered as many as it may, in virtual time, and no other rule is there for the same path.',
        '  rule        RFC 6585 §4',
        '  advice      Wait as long as Retry-After says, and space the requests.',
        '  decisions   http_limited: Rule N answers so many requests a second and no more: the one at descriptor N may come again after TIME.',
        '',
      ].join('\n'),
    );
    assert.match(
      printed(statusesOf('502') as StatusEntry[], 'zh'),
      /^502 Bad Gateway {2}服务器错误\n[\s\S]*\n {2}规则 {8}RFC 9110 §15\.6\.3\n/,
    );
  });

  it('are listed in a line each by `http`', () => {
    const lines = printed(statusesOf('HTTP') as StatusEntry[]).split('\n');
    assert.equal(lines.filter((line) => /^ {2}. \d{3} /.test(line)).length, STATUSES.length);
    assert.ok(lines.some((line) => /✓ 429 Too Many Requests/.test(line)));
    assert.ok(lines.some((line) => / {2} {2}502 Bad Gateway/.test(line)));
  });

  it('that nobody names are explained by their class', () => {
    assert.equal(statusesOf('299'), 299);
    assert.equal(
      unlistedText(299, 'en'),
      'No rule that rxpath knows names this status. Its class says: 299 successful (RFC 9110 §15).',
    );
    assert.equal(unlistedText(777, 'en'), null);
    assert.equal(statusesOf('no_socket'), null);
  });

  it('are JSON Lines with both languages', () => {
    const { output, text } = memoryOutput();
    writeStatusJson(output, STATUSES);
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(lines.length, STATUSES.length);
    const found = lines.find(({ status }) => status === 404)!;
    assert.deepEqual(Object.keys(found), [
      'type',
      'status',
      'name',
      'class',
      'clause',
      'en',
      'zh',
      'when',
      'when_zh',
      'advice',
      'advice_zh',
      'decisions',
    ]);
    assert.deepEqual([found.type, found.name, found.decisions], ['status', 'Not Found', ['http_not_found']]);
  });
});
