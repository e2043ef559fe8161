import assert from 'node:assert/strict';
import { formatDate, parseDate } from '../../../src/server/site/dates.ts';
import { Site } from '../../../src/server/site.ts';
import { ask, told } from './ask.ts';

const FILES = new Map([
  ['/f', { bytes: Buffer.from('content'), etag: '"v2"', modified: 1_700_000_000 }],
  ['/weak', { bytes: Buffer.from('content'), etag: 'W/"v2"', modified: 1_700_000_000 }],
  ['/undated', { bytes: Buffer.from('content'), etag: '"v2"' }],
]);
const AT = 'Tue, 14 Nov 2023 22:13:20 GMT';
const BEFORE = 'Tue, 14 Nov 2023 22:13:19 GMT';
const AFTER = 'Fri, 01 Dec 2023 00:00:00 GMT';

/** Conditions on GET, HEAD, PUT and DELETE: RFC 9110 §13.1 and the order of §13.2.2. */
const CASES: [request: string, fields: string[], status: number][] = [
  ['GET /f', ['If-None-Match: "v2"'], 304],
  ['HEAD /f', ['If-None-Match: "v2"'], 304],
  ['GET /f', ['If-None-Match: W/"v2"'], 304],
  ['GET /f', ['If-None-Match: "v1", "v2"'], 304],
  ['GET /f', ['If-None-Match: "v1"', 'If-None-Match: "v2"'], 304],
  ['GET /f', ['If-None-Match: *'], 304],
  ['GET /f', ['If-None-Match: "v1"'], 200],
  ['GET /f', ['If-None-Match: v2'], 200],
  ['GET /weak', ['If-None-Match: "v2"'], 304],
  ['GET /f', [`If-Modified-Since: ${AT}`], 304],
  ['GET /f', [`If-Modified-Since: ${AFTER}`], 304],
  ['GET /f', [`If-Modified-Since: ${BEFORE}`], 200],
  ['GET /f', ['If-Modified-Since: Tuesday, 14-Nov-23 22:13:20 GMT'], 304],
  ['GET /f', ['If-Modified-Since: Tue Nov 14 22:13:20 2023'], 304],
  ['GET /f', ['If-Modified-Since: 2023-11-14T22:13:20Z'], 200],
  ['GET /f', ['If-Modified-Since: 1800000000'], 200],
  ['GET /undated', [`If-Modified-Since: ${AFTER}`], 200],
  // The tag counts where both are there.
  ['GET /f', ['If-None-Match: "v1"', `If-Modified-Since: ${AFTER}`], 200],
  ['GET /f', ['If-None-Match: "v2"', `If-Modified-Since: ${BEFORE}`], 304],
  ['GET /f', ['If-None-Match: "v2"', 'Cache-Control: no-cache'], 200],
  ['GET /f', ['If-Match: "v2"'], 200],
  ['GET /f', ['If-Match: "v1", "v2"'], 200],
  ['GET /f', ['If-Match: *'], 200],
  ['GET /f', ['If-Match: "v1"'], 412],
  ['GET /f', ['If-Match: W/"v2"'], 412],
  ['GET /weak', ['If-Match: W/"v2"'], 412],
  ['GET /f', [`If-Unmodified-Since: ${AT}`], 200],
  ['GET /f', [`If-Unmodified-Since: ${BEFORE}`], 412],
  ['GET /f', ['If-Unmodified-Since: yesterday'], 200],
  ['GET /undated', [`If-Unmodified-Since: ${BEFORE}`], 200],
  ['GET /f', ['If-Match: "v2"', `If-Unmodified-Since: ${BEFORE}`], 200],
  ['GET /f', ['If-Match: "v1"', 'If-None-Match: "v2"'], 412],
  ['GET /f', ['If-Match: "v2"', 'If-None-Match: "v2"'], 304],
  ['GET /nosuch', ['If-None-Match: *'], 404],
  ['GET /nosuch', ['If-Match: *'], 404],
  ['PUT /f', ['If-Match: "v2"'], 204],
  ['PUT /f', ['If-Match: "v1"'], 412],
  ['PUT /f', ['If-None-Match: *'], 412],
  ['PUT /f', [`If-Unmodified-Since: ${BEFORE}`], 412],
  ['PUT /f', [`If-Modified-Since: ${AFTER}`], 204],
  ['PUT /new', ['If-None-Match: *'], 201],
  ['PUT /new', ['If-Match: *'], 412],
  ['DELETE /f', ['If-Match: "v1"'], 412],
  ['DELETE /f', ['If-Match: "v2"'], 204],
];

describe('conditional requests', () => {
  for (const [request, fields, status] of CASES) {
    it(`${status}: ${request} ${fields.join(', ')}`, () => {
      const body = request.startsWith('PUT') ? 'x' : '';
      assert.equal(ask(new Site(FILES), request, fields, body).answer.status, status);
    });
  }

  it('304 has the fields of the 200 that a cache needs, and no others', () => {
    const { answer, decisions } = ask(new Site(FILES), 'GET /f', ['If-None-Match: "v2"']);
    assert.deepEqual(answer.fields, ['ETag', '"v2"', 'Last-Modified', AT]);
    assert.equal(answer.body.length, 0);
    assert.deepEqual(decisions, ['http_file 7', 'http_not_modified_tag']);
  });

  it('apply to a rule that has validators among its fields', () => {
    const site = new Site(new Map(), [
      { method: 'GET', path: '/r', status: 200, body: 'x', fields: ['ETag', '"r"', 'Last-Modified', AT] },
      { method: 'GET', path: '/plain', status: 200, body: 'x' },
      { method: 'GET', path: '/gone', status: 410, fields: ['ETag', '"r"'] },
    ]);
    assert.equal(ask(site, 'GET /r', ['If-None-Match: "r"']).answer.status, 304);
    assert.equal(ask(site, 'GET /r', [`If-Unmodified-Since: ${BEFORE}`]).answer.status, 412);
    assert.equal(ask(site, 'GET /plain', ['If-None-Match: "r"']).answer.status, 200);
    assert.equal(ask(site, 'GET /gone', ['If-None-Match: "r"']).answer.status, 410);
  });

  it('a file without a tag of its own has one that is made of its content', () => {
    const site = new Site(new Map([['/f', { bytes: Buffer.from('content') }]]));
    const tag = ask(site, 'GET /f').answer.fields[3]!;
    assert.match(tag, /^"7-[\w+/]{27}"$/);
    assert.equal(ask(site, 'GET /f', [`If-None-Match: ${tag}`]).answer.status, 304);
    ask(site, 'PUT /f', [], 'changed');
    assert.equal(told(ask(site, 'GET /f', [`If-None-Match: ${tag}`])), '200 | changed');
  });
});

describe('HTTP dates', () => {
  const cases: [string, number][] = [
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784_111_777],
    ['Sun Nov  6 08:49:37 1994', 784_111_777],
    ['Sunday, 06-Nov-69 00:00:00 GMT', 3_150_921_600],
    ['Sun, 06 Nov 1994 08:49:37 CET', Number.NaN],
    ['Sun, 6 Nov 1994 08:49:37 GMT', Number.NaN],
    ['Sun, 06 Nev 1994 08:49:37 GMT', Number.NaN],
    ['', Number.NaN],
  ];
  for (const [text, expected] of cases) it(text || '(nothing)', () => assert.equal(parseDate(text), expected));
  it('are written in the preferred form', () => assert.equal(formatDate(784_111_777), 'Sun, 06 Nov 1994 08:49:37 GMT'));
});
