import assert from 'node:assert/strict';
import { Site } from '../../../src/server/site.ts';
import { ask, told } from './ask.ts';

const TEN = '0123456789';
const FILES = new Map([
  ['/ten', { bytes: Buffer.from(TEN), etag: '"t"', modified: 1_700_000_000 }],
  ['/empty', { bytes: Buffer.alloc(0) }],
  ['/weak', { bytes: Buffer.from(TEN), etag: 'W/"t"' }],
]);
const AT = 'Tue, 14 Nov 2023 22:13:20 GMT';
const WHOLE = `200 | Last-Modified: ${AT} | ${TEN}`;
const part = (range: string, text: string): string => `206 | Last-Modified: ${AT} | Content-Range: bytes ${range}/10 | ${text}`;

/** RFC 9110 §14.1.2, §14.2, §13.1.5. */
const CASES: [request: string, fields: string[], expected: string][] = [
  ['GET /ten', ['Range: bytes=0-3'], part('0-3', '0123')],
  ['GET /ten', ['Range: bytes=4-'], part('4-9', '456789')],
  ['GET /ten', ['Range: bytes=-3'], part('7-9', '789')],
  ['GET /ten', ['Range: bytes=9-9'], part('9-9', '9')],
  ['GET /ten', ['Range: bytes=5-500'], part('5-9', '56789')],
  ['GET /ten', ['Range: bytes=-500'], part('0-9', TEN)],
  ['GET /ten', ['Range: bytes=0-3, -500'], part('0-9', TEN)],
  ['GET /ten', ['Range: bytes=0-3,2-5'], part('0-5', '012345')],
  ['GET /ten', ['Range: bytes=0-0,50-60'], part('0-0', '0')],
  ['GET /ten', ['Range: BYTES=1-2'], part('1-2', '12')],
  ['GET /ten', ['Range: bytes=10-'], '416 | Content-Range: bytes */10'],
  ['GET /ten', ['Range: bytes=-0'], '416 | Content-Range: bytes */10'],
  ['GET /ten', ['Range: bytes=5-4'], '416 | Content-Range: bytes */10'],
  ['GET /ten', ['Range: bytes=99999999999999999999-'], '416 | Content-Range: bytes */10'],
  ['GET /ten', ['Range: items=0-3'], WHOLE],
  ['GET /ten', ['Range: bytes=a-b'], WHOLE],
  ['GET /ten', ['Range: bytes='], WHOLE],
  ['GET /ten', ['Range: bytes 0-3'], WHOLE],
  ['GET /ten', [`Range: bytes=${Array.from({ length: 17 }, () => '0-0').join(',')}`], WHOLE],
  ['HEAD /ten', ['Range: bytes=0-3'], WHOLE],
  ['GET /empty', ['Range: bytes=0-'], '200'],
  ['GET /ten', ['Range: bytes=0-3', 'If-Range: "t"'], part('0-3', '0123')],
  ['GET /ten', ['Range: bytes=0-3', 'If-Range: "u"'], WHOLE],
  ['GET /ten', ['Range: bytes=0-3', 'If-Range: W/"t"'], WHOLE],
  ['GET /weak', ['Range: bytes=0-3', 'If-Range: W/"t"'], `200 | ${TEN}`],
  ['GET /ten', ['Range: bytes=0-3', `If-Range: ${AT}`], part('0-3', '0123')],
  ['GET /ten', ['Range: bytes=0-3', 'If-Range: Fri, 01 Dec 2023 00:00:00 GMT'], WHOLE],
  ['GET /ten', ['Range: bytes=50-', 'If-Range: "u"'], WHOLE],
  ['GET /ten', ['Range: bytes=0-3', 'If-Match: "u"'], '412'],
  ['GET /nosuch', ['Range: bytes=0-3'], '404'],
];

describe('ranges', () => {
  for (const [request, fields, expected] of CASES) {
    it(`${expected.slice(0, 3)}: ${request} ${fields.join(', ').slice(0, 60)}`, () => {
      assert.equal(told(ask(new Site(FILES), request, fields)), expected);
    });
  }

  it('several are a body of several parts', () => {
    const { answer, decisions } = ask(new Site(FILES), 'GET /ten', ['Range: bytes=0-1, 4-5, -1']);
    assert.equal(answer.status, 206);
    assert.deepEqual(answer.fields.slice(0, 2), ['Content-Type', 'multipart/byteranges; boundary=rxpath-part-0']);
    assert.ok(!answer.fields.includes('Content-Range'));
    const part = (range: string, text: string): string =>
      `\r\n--rxpath-part-0\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${range}/10\r\n\r\n${text}`;
    assert.equal(
      Buffer.from(answer.body).toString(),
      `${part('0-1', '01')}${part('4-5', '45')}${part('9-9', '9')}\r\n--rxpath-part-0--\r\n`,
    );
    assert.deepEqual(decisions, ['http_file 10', 'http_ranges 3']);
  });

  it('the boundary is in no part', () => {
    const files = new Map([['/b', { bytes: Buffer.from('--rxpath-part-0 --rxpath-part-1') }]]);
    const { answer } = ask(new Site(files), 'GET /b', ['Range: bytes=0-1,5-6']);
    assert.equal(answer.fields[1], 'multipart/byteranges; boundary=rxpath-part-2');
  });

  it('apply to what a rule says', () => {
    const site = new Site(new Map(), [{ method: 'GET', path: '/r', status: 200, body: TEN, after: 5 }]);
    const { answer } = ask(site, 'GET /r', ['Range: bytes=2-3']);
    assert.deepEqual([answer.status, Buffer.from(answer.body).toString(), answer.delay], [206, '23', 5]);
  });
});
