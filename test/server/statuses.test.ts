import assert from 'node:assert/strict';
import type { ServerConfiguration } from '../../src/server/configuration.ts';
import { mount } from '../../src/server/mounted/mounted.ts';
import type { RespondRule, SiteFile } from '../../src/server/site.ts';
import { statusEntry } from '../../src/trace/statuses.ts';
import { MS, Simulation } from './simulation.ts';

const BROKEN = './broken.js';
const SECOND = 1000 * MS;
const TAG = '"v1"';

const FILES = new Map<string, SiteFile>([
  ['/index.html', { bytes: Buffer.from('<p>hello</p>\n'), etag: TAG }],
  ['/docs/index.html', { bytes: Buffer.from('<p>docs</p>\n') }],
  ['/page.html', { bytes: Buffer.alloc(5000, 'x'), modified: 1_700_000_000 }],
  ['/.secret', { bytes: Buffer.from('key') }],
]);
const RULES: RespondRule[] = [
  { method: 'GET', path: '/hello', status: 200, body: 'hi there' },
  { method: 'GET', path: '/old', status: 302, location: '/hello' },
  { method: 'GET', path: '/members', status: 200, body: 'welcome', auth: 'user:pass' },
  { method: 'GET', path: '/limited', status: 200, body: 'one', limit: 1 },
  { method: 'GET', path: '/later', status: 200, body: 'slow', after: 250 * MS },
  { method: '*', path: '/shop/*', status: 503, body: 'closed for repairs\n', fields: ['Retry-After', '120'] },
];

function request(line: string, fields = '', body = ''): string {
  return `${line} HTTP/1.1\r\nHost: demo\r\n${fields}\r\n${body}`;
}

/** What a client must send, on one connection, to earn a status: the last response has it. */
interface Earned {
  readonly status: number;
  readonly how: string;
  readonly requests: readonly string[];
  /** Decisions that lead to it. */
  readonly decisions: readonly string[];
  /** A field that goes with it. */
  readonly field?: RegExp;
  readonly program?: string;
}

/** The 14 statuses, in several ways where there are several. */
const EARNED: Earned[] = [
  { status: 200, how: 'a rule', requests: [request('GET /hello')], decisions: ['http_rule'] },
  { status: 200, how: 'a file', requests: [request('GET /')], decisions: ['http_file'], field: /\r\nETag: "/ },
  {
    status: 201,
    how: 'PUT of a new file',
    requests: [request('PUT /dav/new.txt', 'Content-Length: 6\r\n', 'hello\n')],
    decisions: ['http_created'],
    field: /\r\nLocation: \/dav\/new\.txt\r\n/,
  },
  {
    status: 201,
    how: 'POST to a directory',
    requests: [request('POST /docs/', 'Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n')],
    decisions: ['http_added'],
    field: /\r\nLocation: \/docs\/1\.txt\r\n/,
  },
  {
    status: 204,
    how: 'PUT of a file that is there',
    requests: [request('PUT /page.html', 'Content-Length: 1\r\n', 'x')],
    decisions: ['http_replaced'],
  },
  { status: 204, how: 'DELETE', requests: [request('DELETE /page.html')], decisions: ['http_deleted'] },
  {
    status: 301,
    how: 'a directory without its slash',
    requests: [request('GET /docs?a=b')],
    decisions: ['http_directory_moved'],
    field: /\r\nLocation: \/docs\/\?a=b\r\n/,
  },
  {
    status: 302,
    how: 'a rule with location',
    requests: [request('GET /old')],
    decisions: ['http_rule'],
    field: /\r\nLocation: \/hello\r\n/,
  },
  {
    status: 304,
    how: 'the entity tag is known',
    requests: [request('GET /', `If-None-Match: "v0", W/${TAG}\r\n`)],
    decisions: ['http_not_modified_tag'],
  },
  {
    status: 304,
    how: 'not changed since',
    requests: [request('GET /page.html', 'If-Modified-Since: Fri, 01 Dec 2023 00:00:00 GMT\r\n')],
    decisions: ['http_not_modified_since'],
  },
  { status: 400, how: 'no Host', requests: ['GET / HTTP/1.1\r\n\r\n'], decisions: ['http_host_refused', 'http_bad_request'] },
  {
    status: 400,
    how: 'two lengths',
    requests: [request('POST /', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    decisions: ['http_both_lengths_refused', 'http_linger'],
  },
  {
    status: 401,
    how: 'no credentials',
    requests: [request('GET /members')],
    decisions: ['http_authorization_missing'],
    field: /\r\nWWW-Authenticate: Basic realm="rxpath", charset="UTF-8"\r\n/,
  },
  {
    status: 401,
    how: 'wrong ones',
    requests: [request('GET /members', 'Authorization: Basic dXNlcjp3cm9uZw==\r\n')],
    decisions: ['http_authorization_wrong'],
  },
  {
    status: 200,
    how: 'right ones',
    requests: [request('GET /members', 'Authorization: Basic dXNlcjpwYXNz\r\n')],
    decisions: ['http_authorized', 'http_rule'],
  },
  { status: 403, how: 'a way out of the site', requests: [request('GET /%2e%2e/etc/passwd')], decisions: ['http_traversal'] },
  { status: 403, how: 'a name that begins with a dot', requests: [request('GET /.secret')], decisions: ['http_hidden'] },
  { status: 404, how: 'nothing of that name', requests: [request('GET /nosuch')], decisions: ['http_not_found'] },
  {
    status: 405,
    how: 'POST to a file',
    requests: [request('POST /page.html', 'Content-Length: 3\r\n', 'x=1')],
    decisions: ['http_method_not_allowed'],
    field: /\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n/,
  },
  {
    status: 429,
    how: 'a second request within the second',
    requests: [request('GET /limited'), request('GET /limited')],
    decisions: ['http_limited'],
    field: /\r\nRetry-After: 1\r\n/,
  },
  {
    status: 500,
    how: 'a program that throws',
    requests: [request('GET /')],
    decisions: ['server_handler_threw'],
    program: BROKEN,
  },
  {
    status: 503,
    how: 'a rule for all that lies below a path',
    requests: [request('DELETE /shop/cart')],
    decisions: ['http_rule'],
    field: /\r\nRetry-After: 120\r\n/,
  },
  {
    status: 100,
    how: 'Expect',
    requests: [request('PUT /f', 'Expect: 100-continue\r\nContent-Length: 6\r\n')],
    decisions: ['http_continue'],
  },
  {
    status: 206,
    how: 'Range',
    requests: [request('GET /page.html', 'Range: bytes=0-9\r\n')],
    decisions: ['http_range'],
    field: /\r\nContent-Range: bytes 0-9\/5000\r\n/,
  },
  { status: 411, how: 'PUT without a length', requests: [request('PUT /f')], decisions: ['http_length_required'] },
  {
    status: 412,
    how: 'changed since',
    requests: [request('GET /page.html', 'If-Unmodified-Since: Fri, 01 Jan 2021 00:00:00 GMT\r\n')],
    decisions: ['http_precondition_failed'],
  },
  {
    status: 413,
    how: 'a length over the limit, before the content is there',
    requests: [request('PUT /f', 'Expect: 100-continue\r\nContent-Length: 1048577\r\n')],
    decisions: ['http_body_too_large'],
  },
  { status: 414, how: 'a long target', requests: [`GET /${'a'.repeat(8192)}`], decisions: ['http_target_too_long'] },
  {
    status: 416,
    how: 'Range behind the end',
    requests: [request('GET /page.html', 'Range: bytes=900000-900001\r\n')],
    decisions: ['http_range_refused'],
    field: /\r\nContent-Range: bytes \*\/5000\r\n/,
  },
  {
    status: 417,
    how: 'another expectation',
    requests: [request('PUT /f', 'Expect: the unexpected\r\nContent-Length: 1\r\n')],
    decisions: ['http_expectation_refused'],
  },
  {
    status: 431,
    how: 'a hundred cookies',
    requests: [request('GET /', 'Cookie: a=b\r\n'.repeat(100))],
    decisions: ['http_too_many_fields'],
  },
  { status: 501, how: 'an unknown method', requests: [request('BREW /pot')], decisions: ['http_method_unknown'] },
  { status: 505, how: 'HTTP/3.0', requests: ['GET / HTTP/3.0\\r\\nHost: s\\r\\n\\r\\n'], decisions: ['http_version_refused'] },
];

const MISSION = [200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 405, 429, 500, 503];

async function earn({
  requests,
  program = 'http',
}: Earned): Promise<{ text: string; simulation: Simulation; verdicts: string[] }> {
  const mounted = new Map([
    [
      BROKEN,
      mount(BROKEN, {
        default: () => {
          throw new Error('broken on purpose');
        },
      }),
    ],
  ]);
  const configuration = { site: FILES, rules: RULES, mounted } as Omit<ServerConfiguration, 'host'>;
  const simulation = new Simulation([{ protocol: 'tcp', port: 80, backlog: 16, program }], { configuration });
  const client = simulation.client(5000, 2 * MS);
  client.connect(requests[0]!.slice(0, 1400));
  for (const [i, each] of requests.entries()) {
    const pieces = each.match(/[\s\S]{1,1400}/g)!;
    for (const piece of i === 0 ? pieces.slice(1) : pieces) simulation.at(i * 20 * MS + 5 * MS, () => client.send(piece));
  }
  await simulation.run(requests.length * 20 * MS);
  return { text: client.text, simulation, verdicts: client.verdicts };
}

describe('every status is earned by frames that climb from the nic', () => {
  it('is complete', () => {
    const found = new Set(EARNED.map(({ status }) => status));
    assert.deepEqual(
      MISSION.filter((status) => !found.has(status)),
      [],
    );
  });

  for (const earned of EARNED) {
    const { status, how, decisions, field } = earned;
    it(`${status}: ${how}`, async () => {
      const { text, simulation } = await earn(earned);
      const heads = text.match(/HTTP\/1\.1 \d{3} .*\r\n(?:.+\r\n)*\r\n/g) ?? [];
      assert.equal(heads.length, earned.requests.length, text);
      const last = heads.at(-1)!;
      assert.match(last, new RegExp(`^HTTP/1\\.1 ${status} ${statusEntry(status)!.name}\r\n`));
      if (field !== undefined) assert.match(last, field);
      const taken = simulation.activities.flat().map((line) => line.split(' ')[0]!);
      for (const decision of decisions) assert.ok(taken.includes(decision), `${decision} in ${taken.join()}`);
      const carrier = simulation.activities.find((activity) =>
        activity.some((line) => line.startsWith('http_request') || line.startsWith(decisions[0]!)),
      );
      assert.match(carrier![0]!, /^nic_/);
      const told = simulation.events.filter((event) => event.type === 'response').map((event) => event.status);
      assert.equal(told.at(-1), status);
      assert.ok(statusEntry(status)!.decisions.some((name) => taken.includes(name)));
    });
  }

  it('429 is over when the second is', async () => {
    const simulation = new Simulation([{ protocol: 'tcp', port: 80, backlog: 16, program: 'http' }], {
      configuration: { site: null, rules: RULES, mounted: new Map() },
    });
    const client = simulation.client(5000);
    client.connect(request('GET /limited'));
    for (const time of [1, 500, 999, 1001, 1002]) simulation.at(time * MS, () => client.send(request('GET /limited')));
    await simulation.run(2 * SECOND);
    assert.deepEqual(
      client.text.match(/HTTP\/1\.1 \d{3}/g)!.map((line) => line.slice(9)),
      ['200', '429', '429', '429', '200', '429'],
    );
  });

  it('a delayed answer comes when its time has come, to the nanosecond', async () => {
    const simulation = new Simulation([{ protocol: 'tcp', port: 80, backlog: 16, program: 'http' }], {
      configuration: { site: null, rules: RULES, mounted: new Map() },
    });
    const client = simulation.client(5000);
    simulation.at(1000, () => client.connect(request('GET /later') + request('GET /hello')));
    await simulation.run(2 * SECOND);
    const responses = simulation.events.filter((event) => event.type === 'response');
    assert.deepEqual(
      responses.map(({ status, time, bodyBytes }) => [status, time, bodyBytes]),
      [
        [200, 250 * MS + 1000, 4],
        [200, 250 * MS + 1000, 8],
      ],
    );
    assert.match(client.text, /slow[\s\S]*hi there$/);
  });
});
