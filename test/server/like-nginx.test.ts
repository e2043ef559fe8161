import assert from 'node:assert/strict';
import { Programs } from '../../src/server/programs.ts';
import { type RespondRule, Site, type SiteFile } from '../../src/server/site.ts';
import { Trace } from '../../src/trace/trace.ts';
import { FakeListener } from './fake-socket.ts';

const CURL = 'Host: 10.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n';
const MODIFIED = 1_700_000_000;
const FILES = new Map<string, SiteFile>([
  ['/hello.txt', { bytes: Buffer.from('hello\n') }],
  ['/page.html', { bytes: Buffer.alloc(5000, 'x') }],
]);
const DATED = new Map<string, SiteFile>([['/page.html', { bytes: Buffer.alloc(5000, 'x'), modified: MODIFIED }]]);
const RULES: RespondRule[] = [
  { method: 'GET', path: '/nocontent', status: 204 },
  { method: 'GET', path: '/found', status: 302, location: 'http://10.0.0.1/hello.txt' },
  { method: 'GET', path: '/secret/', status: 200, body: 'secret\n', auth: 'user:pass' },
  { method: '*', path: '/forbidden/*', status: 403 },
  { method: 'GET', path: '/limited', status: 200, body: 'hello\n', limit: 1 },
  { method: 'GET', path: '/unavailable', status: 503 },
  { method: 'GET', path: '/limited503', status: 200, body: 'hello\n', limit: 1 },
  { method: 'GET', path: '/limited503', status: 503 },
  { method: 'GET', path: '/badgateway', status: 502 },
  { method: 'GET', path: '/slowgateway', status: 504, after: 500_000_000 },
];

/** What clients sent to nginx, piece by piece, and the statuses that it answered with (interim ones too). */
const CASES: [name: string, pieces: string[], statuses: number[]][] = [
  [
    'PUT of a new file',
    [`PUT /dav/new.txt HTTP/1.1\r\n${CURL}Content-Length: 6\r\nExpect: 100-continue\r\n\r\n`, 'hello\n'],
    [100, 201],
  ],
  ['return 204', [`GET /nocontent HTTP/1.1\r\n${CURL}\r\n`], [204]],
  ['return 302', [`GET /found HTTP/1.1\r\n${CURL}\r\n`], [302]],
  [
    'If-Modified-Since, compared for equality by nginx: our file without a date gives the same',
    [`GET /page.html HTTP/1.1\r\n${CURL}If-Modified-Since: Fri, 01 Dec 2023 00:00:00 GMT\r\n\r\n`],
    [200],
  ],
  ['a request line with two targets, without an end', ['GET / / HTTP/x\\r\\n\\r\\n'], [400]],
  ['a version with something behind it', ['GET / HTTP/1.1\\r\\n\\r\\n'], [400]],
  ['auth_basic without credentials', [`GET /secret/ HTTP/1.1\r\n${CURL}\r\n`], [401]],
  ['auth_basic with them', [`GET /secret/ HTTP/1.1\r\n${CURL}Authorization: Basic dXNlcjpwYXNz\r\n\r\n`], [200]],
  ['deny all', [`GET /forbidden/ HTTP/1.1\r\n${CURL}\r\n`], [403]],
  ['no such file', [`GET /nosuch HTTP/1.1\r\n${CURL}\r\n`], [404]],
  [
    'POST to a static file',
    [`POST /hello.txt HTTP/1.1\r\n${CURL}Content-Length: 3\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nx=1`],
    [405],
  ],
  ['a range outside the file', [`GET /page.html HTTP/1.1\r\n${CURL}Range: bytes=900000-900001\r\n\r\n`], [416]],
  ['limit_req 1 r/s', ['1', '2', '3'].map(() => `GET /limited HTTP/1.1\r\n${CURL}\r\n`), [200, 429, 429]],
  ['a coding in a line that does not end', ['POST /post HTTP/1.1\\r\\nHost: s\\r\\nTransfer-Encoding: foo\\r\\n\\r\\n'], [400]],
  [
    "return 503, then limit_req's default 503",
    ['/unavailable', '/limited503', '/limited503'].map((path) => `GET ${path} HTTP/1.1\r\n${CURL}\r\n`),
    [503, 200, 503],
  ],
  ['an upstream that refuses', [`GET /badgateway HTTP/1.1\r\n${CURL}\r\n`], [502]],
  ['GET / HTTP/3.0 without an end', ['GET / HTTP/3.0\\r\\nHost: s\\r\\n\\r\\n'], [505]],
];

function statuses(files: ReadonlyMap<string, SiteFile>, pieces: readonly string[]): number[] {
  const trace = new Trace();
  const programs = new Programs(trace, new Site(files, RULES));
  const socket = new FakeListener(programs.programFor({ program: 'http', workers: 1, max: 1 })).connect();
  for (const piece of pieces) {
    trace.begin(trace.time + 1000, trace.frame + 1);
    socket.arrive(piece);
  }
  return (socket.output.match(/(?<=HTTP\/1\.1 )\d{3}(?= )/g) ?? []).map(Number);
}

describe('a server that is configured as nginx was answers the same requests with the same statuses', () => {
  for (const [name, pieces, expected] of CASES) {
    it(`${expected.join(', ')}: ${name}`, () => assert.deepEqual(statuses(FILES, pieces), expected));
  }

  it('412: If-Unmodified-Since older than a file with a date', () => {
    const request = `GET /page.html HTTP/1.1\r\n${CURL}If-Unmodified-Since: Fri, 01 Jan 2021 00:00:00 GMT\r\n\r\n`;
    assert.deepEqual(statuses(DATED, [request]), [412]);
    assert.deepEqual(statuses(FILES, [request]), [200]);
  });

  it('304 where nginx, which compares dates for equality, says 200: If-Modified-Since newer than a file with a date', () => {
    const request = `GET /page.html HTTP/1.1\r\n${CURL}If-Modified-Since: Fri, 01 Dec 2023 00:00:00 GMT\r\n\r\n`;
    assert.deepEqual(statuses(DATED, [request]), [304]);
  });
});
