import assert from 'node:assert/strict';
import { Programs } from '../../src/server/programs.ts';
import { Site, type SiteFile } from '../../src/server/site.ts';
import { Trace } from '../../src/trace/trace.ts';
import { recorded } from './decisions.ts';
import { FakeListener, type FakeSocket } from './fake-socket.ts';
import { summary } from './run.ts';

const file = (text: string, etag?: string): SiteFile => ({
  bytes: Buffer.from(text),
  contentType: 'text/html',
  ...(etag === undefined ? null : { etag }),
});

const SITE = new Site(
  new Map([
    ['/index.html', file('<p>hello', '"v1"')],
    ['/docs/index.html', file('<p>docs')],
    ['/a b.html', file('<p>space')],
    ['/big.bin', { bytes: Buffer.alloc(100_000, 'z'), contentType: 'application/octet-stream' }],
  ]),
  [
    { method: 'GET', path: '/hello', status: 200, body: 'hi there', fields: ['X-Rule', '1'] },
    { method: 'POST', path: '/form', status: 201 },
    { method: 'GET', path: '/old', status: 301, location: '/hello' },
    { method: 'DELETE', path: '/hello', status: 204 },
  ],
);

function connect(): { trace: Trace; socket: FakeSocket; programs: Programs } {
  const trace = new Trace();
  const programs = new Programs(trace, SITE);
  const listener = new FakeListener(programs.programFor({ program: 'http', workers: 1, max: 1 }));
  const socket = listener.connect();
  trace.begin(1000, 7);
  return { trace, socket, programs };
}

/** Status line, fields that matter and body of the only response to a request. */
function ask(request: string): string {
  const { socket } = connect();
  socket.arrive(request);
  const [head, ...body] = socket.output.split('\r\n\r\n');
  const lines = head!.split('\r\n').filter((line) => !/^(Server|Content-Type|Accept-Ranges|ETag: "\d+-):?/.test(line));
  return `${lines.join(' | ').replace('HTTP/1.1 ', '')} || ${body.join('')}${socket.closed ? ' CLOSED' : socket.shutDown ? ' SHUT' : ''}`;
}

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

describe('web server: one request', () => {
  const cases: [string, string, string][] = [
    ['a rule', get('/hello'), '200 OK | X-Rule: 1 | Content-Length: 8 || hi there'],
    ['a query is no part of the path', get('/hello?a=/x'), '200 OK | X-Rule: 1 | Content-Length: 8 || hi there'],
    ['an absolute target', get('http://x/hello'), '200 OK | X-Rule: 1 | Content-Length: 8 || hi there'],
    ['HEAD of it', 'HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n', '200 OK | X-Rule: 1 | Content-Length: 8 || '],
    [
      'a rule without a body',
      'POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b',
      '201 Created | Content-Length: 0 || ',
    ],
    ['204', 'DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n', '204 No Content || '],
    ['301 of a rule', get('/old'), '301 Moved Permanently | Location: /hello | Content-Length: 0 || '],
    ['a file', get('/'), '200 OK | ETag: "v1" | Content-Length: 8 || <p>hello'],
    ['an absolute target without a path', get('http://x'), '200 OK | ETag: "v1" | Content-Length: 8 || <p>hello'],
    ['304', get('/', 'If-None-Match: "v0", W/"v1"\r\n'), '304 Not Modified | ETag: "v1" || '],
    ['another tag', get('/', 'If-None-Match: "v0"\r\n'), '200 OK | ETag: "v1" | Content-Length: 8 || <p>hello'],
    ['a name with an escape', get('/a%20b.html'), '200 OK | Content-Length: 8 || <p>space'],
    [
      '301 of a directory',
      get('/docs'),
      '301 Moved Permanently | Location: /docs/ | Content-Length: 22 || 301 Moved Permanently\n',
    ],
    ['its index', get('/docs/'), '200 OK | Content-Length: 7 || <p>docs'],
    ['404', get('/nosuch'), '404 Not Found | Content-Length: 14 || 404 Not Found\n'],
    ['403 for a way out of the site', get('/../etc/passwd'), '403 Forbidden | Content-Length: 14 || 403 Forbidden\n'],
    ['400 for a bad escape', get('/%zz'), '400 Bad Request | Content-Length: 16 || 400 Bad Request\n'],
    [
      '405 of a file',
      'PUT / HTTP/1.1\r\nHost: x\r\n\r\n',
      '405 Method Not Allowed | Allow: GET, HEAD, POST, OPTIONS | Content-Length: 23 || 405 Method Not Allowed\n',
    ],
    [
      '405 of a rule',
      'GET /form HTTP/1.1\r\nHost: x\r\n\r\n',
      '405 Method Not Allowed | Allow: POST, OPTIONS | Content-Length: 23 || 405 Method Not Allowed\n',
    ],
    ['501', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n', '501 Not Implemented | Content-Length: 20 || 501 Not Implemented\n'],
    [
      '501 of CONNECT',
      'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
      '501 Not Implemented | Content-Length: 20 | Connection: close || 501 Not Implemented\n SHUT',
    ],
    [
      '501 of a coding',
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      '501 Not Implemented | Content-Length: 20 | Connection: close || 501 Not Implemented\n SHUT',
    ],
    [
      '505',
      'GET / HTTP/2.0\r\nHost: x\r\n\r\n',
      '505 HTTP Version Not Supported | Content-Length: 31 | Connection: close || 505 HTTP Version Not Supported\n SHUT',
    ],
    [
      '431',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large | Content-Length: 36 | Connection: close || 431 Request Header Fields Too Large\n SHUT',
    ],
  ];
  for (const [name, request, expected] of cases) it(name, () => assert.equal(ask(request), expected));

  const refused: [string, string][] = [
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['garbage', 'garbage\r\n\r\n'],
    ['another protocol', '\x16\x03\x01\x00'],
    ['HTTP/0.9', 'GET /\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
    ['both lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a coding without an end', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['a bad chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nq\r\n'],
    ['three words that are no request', 'nonsense / here\r\n\r\n'],
  ];
  for (const [name, request] of refused) {
    it(`400 for ${name}`, () => {
      assert.equal(ask(request), '400 Bad Request | Content-Length: 16 | Connection: close || 400 Bad Request\n SHUT');
    });
  }
});

describe('web server: connections', () => {
  const statuses = (output: string): string[] => output.match(/HTTP\/1\.1 \d{3}/g) ?? [];

  it('closes first after HTTP/1.0', () => {
    const { socket, trace, programs } = connect();
    socket.arrive('GET /hello HTTP/1.0\r\n\r\n');
    assert.deepEqual(recorded(trace), [
      'server_read 4 23',
      'http_request_head 4 23',
      'http_request_complete 4',
      'http_rule 4 1 200',
      'http_response 4 200 8',
      'server_write 4 133',
      'server_closes_first 4',
      'server_module_free 4 1 1000',
    ]);
    assert.equal(socket.closed, true);
    const exchange = programs.log.kept[0]!;
    assert.deepEqual([summary(exchange), exchange.firstTime, exchange.lastFrame], ['GET /hello 1.0 0 -> 200 8', 1000, 7]);
    assert.deepEqual([exchange.connection.module, exchange.connection.closedBy], [1, 'server']);
  });

  it('lets the client close first after HTTP/1.1', () => {
    const { socket, trace } = connect();
    socket.arrive(get('/hello'));
    assert.equal(socket.closed, false);
    trace.begin(2000, 8);
    socket.arriveEnd();
    assert.deepEqual(recorded(trace), ['server_end_of_stream 4', 'server_closes_second 4', 'server_module_free 4 1 2000']);
    assert.equal(socket.closed, true);
  });

  it('keeps HTTP/1.0 open when asked to', () => {
    const { socket } = connect();
    socket.arrive('GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.match(socket.output, /\r\nConnection: keep-alive\r\n\r\nhi there$/);
    assert.equal(socket.closed, false);
  });

  it('answers a pipeline in order and stops at Connection: close', () => {
    const { socket } = connect();
    socket.arrive(get('/hello') + get('/nosuch') + get('/', 'Connection: close\r\n') + get('/hello'));
    assert.deepEqual(statuses(socket.output), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
    assert.equal(socket.closed, true);
  });

  it('stops at a request that it refuses', () => {
    const { socket, programs } = connect();
    socket.arrive(`${get('/hello')}nonsense\r\n${get('/hello')}`);
    assert.deepEqual(statuses(socket.output), ['HTTP/1.1 200', 'HTTP/1.1 400']);
    assert.deepEqual(programs.log.kept.map(summary), ['GET /hello 1.1 0 -> 200 8', 'nonsense   0 -> 400 16 (bad)']);
  });

  it('says 100 Continue to who waits for it, and not when the body is there', () => {
    const waiting = connect().socket;
    const head = 'POST /form HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';
    waiting.arrive(head);
    assert.equal(waiting.output, 'HTTP/1.1 100 Continue\r\n\r\n');
    waiting.arrive('abc');
    assert.deepEqual(statuses(waiting.output), ['HTTP/1.1 100', 'HTTP/1.1 201']);
    const eager = connect().socket;
    eager.arrive(`${head}abc`);
    assert.deepEqual(statuses(eager.output), ['HTTP/1.1 201']);
  });

  it('writes as far as there is room, reads no further, and goes on when there is room', () => {
    const { socket, trace, programs } = connect();
    socket.room = 50_000;
    socket.arrive(get('/big.bin'));
    assert.deepEqual(recorded(trace).slice(-2), ['server_write 4 50000', 'server_write_blocked 4 50164']);
    assert.equal(programs.log.responses, 0);
    trace.begin(2000, 8);
    socket.arrive(get('/hello'));
    assert.deepEqual(recorded(trace), []);
    assert.equal(socket.recvQ, get('/hello').length);
    trace.begin(3000, 9);
    socket.room = 60_000;
    socket.program!.writable(socket);
    assert.deepEqual(recorded(trace), [
      'server_write 4 50164',
      'server_read_waiting 4 32',
      'http_request_head_waiting 4 32',
      'http_request_complete_waiting 4',
      'http_rule 4 1 200',
      'http_response 4 200 8',
      'http_keep_alive 4',
      'server_write 4 114',
    ]);
    assert.deepEqual(
      programs.log.kept.map((exchange) => [summary(exchange), exchange.firstTime, exchange.lastTime]),
      [
        ['GET /big.bin 1.1 0 -> 200 100000', 1000, 3000],
        ['GET /hello 1.1 0 -> 200 8', 3000, 3000],
      ],
    );
  });

  it('closes after the rest was written when the client has closed meanwhile', () => {
    const { socket } = connect();
    socket.room = 10;
    socket.arrive(get('/hello'));
    socket.arriveEnd();
    assert.equal(socket.closed, false);
    socket.room = 1000;
    socket.program!.writable(socket);
    assert.equal(socket.closed, true);
    assert.match(socket.output, /hi there$/);
  });

  it('accounts for responses that a reset cuts off', () => {
    const { socket, programs } = connect();
    socket.room = 140;
    socket.arrive(get('/hello') + get('/') + get('/nosuch'));
    socket.end('peer_reset');
    assert.deepEqual(programs.log.kept.map(summary), [
      'GET /hello 1.1 0 -> 200 8',
      'GET / 1.1 0 -> 200 0 (incomplete)',
      'GET /nosuch 1.1 0 -> 0 0 (no response)',
    ]);
    assert.deepEqual([programs.log.responses, programs.log.unanswered], [2, 1]);
  });

  it('closes without an answer when the client closes within a request', () => {
    const inHead = connect();
    inHead.socket.arrive('GET / HT');
    inHead.socket.arriveEnd();
    assert.deepEqual([inHead.socket.output, inHead.socket.closed], ['', true]);
    assert.deepEqual(inHead.programs.log.kept.map(summary), ['GET /  0 -> 0 0 (bad, no response)']);
    const inBody = connect();
    inBody.socket.arrive('POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc');
    inBody.socket.arriveEnd();
    assert.deepEqual([inBody.socket.output, inBody.socket.closed], ['', true]);
    assert.deepEqual(inBody.programs.log.kept.map(summary), ['POST /form 1.1 3 -> 0 0 (no response)']);
  });

  it('tells of its requests and responses', () => {
    const { socket, trace } = connect();
    trace.events = [];
    socket.arrive(get('/hello'));
    assert.deepEqual(trace.events, [
      { type: 'request', time: 1000, n: 7, fd: 4, method: 'GET', target: '/hello', version: '1.1', host: 'x', module: 1 },
      {
        type: 'response',
        time: 1000,
        n: 7,
        endTime: 1000,
        endN: 7,
        requestN: 7,
        fd: 4,
        status: 200,
        bodyBytes: 8,
        source: 'server',
        version: '1.1',
        module: 1,
        why: 'http_rule',
      },
    ]);
  });
});
