import assert from 'node:assert/strict';
import { CapturedServer } from '../../../src/server/captured/server.ts';
import { Trace } from '../../../src/trace/trace.ts';
import { recorded } from '../decisions.ts';
import { FakeListener, FakeSocket } from '../fake-socket.ts';
import { type Act, play } from '../run.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const OK3 = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc';

describe('captured server: exchanges', () => {
  const cases: [string, Act[], string[]][] = [
    ['one request, one response', [{ c: GET }, { s: OK3 }, 'both closed'], ['GET / 1.1 0 -> 200 3']],
    [
      'pipelined requests are answered in order',
      [{ c: GET + GET.replace('/ ', '/b ') }, { s: OK3 }, { s: 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' }],
      ['GET / 1.1 0 -> 200 3', 'GET /b 1.1 0 -> 404 0'],
    ],
    [
      'HEAD has no body, whatever its length says',
      [{ c: 'HEAD / HTTP/1.1\r\n\r\n' }, { s: 'HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n' }, { c: GET }, { s: OK3 }],
      ['HEAD / 1.1 0 -> 200 0', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      '204 and 304 have no body',
      [
        { c: GET + GET + GET },
        { s: `HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n${OK3}` },
      ],
      ['GET / 1.1 0 -> 204 0', 'GET / 1.1 0 -> 304 0', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'interim responses are no answer',
      [{ c: 'PUT /f HTTP/1.1\r\nContent-Length: 2\r\n\r\n' }, { s: 'HTTP/1.1 100 Continue\r\n\r\n' }, { c: 'hi' }, { s: OK3 }],
      ['PUT /f 1.1 2 -> 200 3 (interim 1)'],
    ],
    [
      'chunks with extensions and trailers',
      [
        { c: 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n' },
        { s: 'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n' },
        { c: GET },
        { s: OK3 },
      ],
      ['POST / 1.1 13 -> 200 1', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'a body without a length lasts until the server closes',
      [{ c: 'GET / HTTP/1.0\r\n\r\n' }, { s: 'HTTP/1.0 200 OK\r\n\r\nab' }, { s: 'cd' }, 'server closes', 'both closed'],
      ['GET / 1.0 0 -> 200 4'],
    ],
    [
      'such a body cut off by a reset is incomplete',
      [{ c: 'GET / HTTP/1.0\r\n\r\n' }, { s: 'HTTP/1.0 200 OK\r\n\r\nab' }, 'client resets'],
      ['GET / 1.0 0 -> 200 2 (incomplete)'],
    ],
    [
      'a counted body that ends early is incomplete',
      [{ c: GET }, { s: OK3.slice(0, -1) }, 'server closes'],
      ['GET / 1.1 0 -> 200 2 (incomplete)'],
    ],
    ['no response until the connection ends', [{ c: GET }, 'both closed'], ['GET / 1.1 0 -> 0 0 (no response)']],
    ['no response until the trace ends', [{ c: GET }, 'trace ends'], ['GET / 1.1 0 -> 0 0 (no response)']],
    [
      'a request head that is unfinished at the end',
      [{ c: 'GET /a HT' }, 'both closed'],
      ['GET /a  0 -> 0 0 (cut, no response)'],
    ],
    [
      'CONNECT makes a tunnel',
      [
        { c: 'CONNECT h:443 HTTP/1.1\r\n\r\n' },
        { s: 'HTTP/1.1 200 OK\r\n\r\n' },
        { c: '\x16\x03\x01' },
        { s: GET },
        'both closed',
      ],
      ['CONNECT h:443 1.1 0 -> 200 0 (tunnel)'],
    ],
    [
      'CONNECT refused makes none',
      [
        { c: 'CONNECT h:443 HTTP/1.1\r\n\r\n' },
        { s: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 1\r\n\r\nx' },
        { c: GET },
        { s: OK3 },
      ],
      ['CONNECT h:443 1.1 0 -> 403 1', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      '101 makes a tunnel',
      [
        { c: 'GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n' },
        { s: 'HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x01x' },
        { c: '\x81\x02GET ' },
      ],
      ['GET /ws 1.1 0 -> 101 0 (tunnel)'],
    ],
    [
      'an Upgrade that is not taken up',
      [{ c: 'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n' }, { s: OK3 }, { c: GET }, { s: OK3 }],
      ['GET / 1.1 0 -> 200 3', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'both lengths: the transfer coding counts',
      [
        {
          c: 'POST / HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
        },
        { s: OK3 + OK3 },
      ],
      ['POST / 1.1 0 -> 200 3', 'GET /smuggled 1.1 0 -> 200 3'],
    ],
    [
      'differing lengths: a bad request, and the next one is found again',
      [{ c: 'POST / HTTP/1.1\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nabcdef' }, { s: OK3 }, { c: GET }, { s: OK3 }],
      ['POST / 1.1 0 -> 200 3 (bad)', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'the same length twice, and in a list',
      [
        { c: 'POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab' },
        { c: 'POST / HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\nab' },
        { s: OK3 + OK3 },
      ],
      ['POST / 1.1 2 -> 200 3', 'POST / 1.1 2 -> 200 3'],
    ],
    [
      'a length that is no decimal number',
      [{ c: 'POST / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n' }, { s: OK3 }],
      ['POST / 1.1 0 -> 200 3 (bad)'],
    ],
    [
      'a bad chunk size',
      [{ c: 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' }, { s: OK3 }, { c: GET }, { s: OK3 }],
      ['POST / 1.1 0 -> 200 3 (bad)', 'GET / 1.1 0 -> 200 3'],
    ],
    ['a method of its own', [{ c: 'get_it /a HTTP/1.1\r\n\r\n' }, { s: OK3 }], ['get_it /a 1.1 0 -> 200 3']],
    [
      'a target with a space is bad and read all the same',
      [{ c: 'GET /a b HTTP/1.1\r\n\r\n' }, { s: OK3 }],
      ['GET /a b 1.1 0 -> 200 3 (bad)'],
    ],
    [
      'lines that end in LF alone',
      [{ c: 'GET / HTTP/1.0\nHost: x\n\n' }, { s: 'HTTP/1.0 200 OK\nContent-Length: 1\n\nx' }],
      ['GET / 1.0 0 -> 200 1'],
    ],
    [
      'empty lines before a request',
      [{ c: `\r\n\r\n${GET}\r\n${GET}` }, { s: OK3 + OK3 }],
      ['GET / 1.1 0 -> 200 3', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'answered before the head was whole (400)',
      [{ c: 'GET / / HTTP/x\\r\\n\\r\\n' }, { s: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx' }],
      ['GET /  0 -> 400 1 (bad)'],
    ],
    [
      'another protocol answered with HTTP',
      [{ c: '\x16\x03\x01\x02\x00\x01' }, { s: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx' }],
      ['   0 -> 400 1 (bad)'],
    ],
    [
      'a response without a request',
      [{ s: 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n' }],
      ['   0 -> 408 0 (unsolicited)'],
    ],
    [
      'bytes above 127 in pieces',
      [{ c: 'GET /\xe9' }, { c: '\xff HTTP/1.1\r\n\r\n' }, { s: OK3 }],
      ['GET /\xe9\xff 1.1 0 -> 200 3'],
    ],
    ['status 505', [{ c: 'GET / HTTP/3.0\r\nHost: s\r\n\r\n' }, { s: OK3 }], ['GET / 3.0 0 -> 200 3']],
    ['the preface of HTTP/2 is not HTTP/1', [{ c: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' }, { s: '\0\0\0\x04' }], []],
    ['a protocol of lines', [{ c: 'EHLO example.org\r\n' }, { s: '250 hello\r\n' }, { c: 'MAIL FROM:<a@b>\r\n' }], []],
    ['a stream that could still be HTTP', [{ c: 'GET' }, 'trace ends'], ['GET   0 -> 0 0 (cut, no response)']],
    [
      'early answer while the body is still coming',
      [
        { c: 'POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab' },
        { s: 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n' },
        { c: 'cd' },
        { c: GET },
        { s: OK3 },
      ],
      ['POST / 1.1 4 -> 413 0', 'GET / 1.1 0 -> 200 3'],
    ],
  ];
  for (const [name, acts, expected] of cases) it(name, () => assert.deepEqual(play(acts).exchanges, expected));
});

describe('captured server: bytes that were not captured', () => {
  const cases: [string, Act[], string[]][] = [
    [
      'inside a counted body',
      [{ c: GET }, { s: OK3.slice(0, -3), missing: 2 }, { s: 'c' }, { c: GET }, { s: OK3 }],
      ['GET / 1.1 0 -> 200 3', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'inside a chunk',
      [
        { c: GET },
        { s: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nab', missing: 98 },
        { s: '\r\n0\r\n\r\n' },
        { c: GET },
        { s: OK3 },
      ],
      ['GET / 1.1 0 -> 200 100', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'beyond a chunk: the response ends there, the next is found',
      [
        { c: GET },
        { s: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab', missing: 50 },
        { s: 'ffff\r\n' },
        { c: GET },
        { s: OK3 },
      ],
      ['GET / 1.1 0 -> 200 2 (incomplete)', 'GET / 1.1 0 -> 200 3'],
    ],
    [
      'heads cut by the snaplen',
      [
        { c: 'GET /index.html HTTP/1.1\r\nHo', missing: 100 },
        { s: 'HTTP/1.1 200 OK\r\nContent-Length: 2000\r\nX', missing: 900 },
        { s: 'xxxx', missing: 1200 },
        { c: 'GET /next', missing: 100 },
        { s: 'HTTP/1.1 404', missing: 200 },
        'server closes',
      ],
      ['GET /index.html 1.1 0 -> 200 2000 (cut)', 'GET /next  0 -> 404 200 (cut, incomplete)'],
    ],
    [
      'a hole that swallows responses: those before it have none',
      [
        { c: GET },
        { s: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', missing: 500 },
        { c: GET.replace('/ ', '/2 ') },
        { c: GET.replace('/ ', '/3 ') },
        { s: OK3 },
      ],
      ['GET / 1.1 0 -> 200 3', 'GET /2 1.1 0 -> 200 3', 'GET /3 1.1 0 -> 0 0'],
    ],
    [
      'a response lost whole',
      [{ c: GET }, { s: '', missing: 400 }, { c: GET.replace('/ ', '/2 ') }, { s: OK3 }],
      ['GET / 1.1 0 -> 0 0 (no response)', 'GET /2 1.1 0 -> 200 3'],
    ],
    [
      'a request lost whole',
      [{ c: GET }, { s: OK3 }, { c: '', missing: 60 }, { s: OK3 }, { c: GET.replace('/ ', '/3 ') }, { s: OK3 }],
      ['GET / 1.1 0 -> 200 3', '   0 -> 200 3 (unsolicited)', 'GET /3 1.1 0 -> 200 3'],
    ],
    ['before anything was said', [{ c: '', missing: 60 }, { c: 'xyz' }, { c: GET }, { s: OK3 }], ['GET / 1.1 0 -> 200 3']],
  ];
  for (const [name, acts, expected] of cases) it(name, () => assert.deepEqual(play(acts).exchanges, expected));

  it('finds the start lines of a connection whose beginning was not captured', () => {
    const acts: Act[] = [{ c: 'rest of a body' }, { s: 'rest of another' }, { c: GET }, { s: OK3 }, { c: GET }, { s: OK3 }];
    const { exchanges, decisions } = play(acts, true);
    assert.deepEqual(exchanges, ['GET / 1.1 0 -> 200 3', 'GET / 1.1 0 -> 200 3']);
    assert.deepEqual(decisions[2], ['server_read 4 27', 'http_resync 4 14', 'http_request_head 4 27', 'http_request_complete 4']);
    assert.deepEqual(decisions[3], ['http_resync 4 15', 'http_response_head 4 200', 'http_response_complete 4 200 3']);
  });
});

it('captured server: reads what waits before it takes the answer to it', () => {
  const acts: Act[] = [{ c: GET, waits: true }, { s: OK3 }];
  const { exchanges, decisions } = play(acts);
  assert.deepEqual(exchanges, ['GET / 1.1 0 -> 200 3']);
  assert.deepEqual(decisions[1]!.slice(0, 3), ['socket_data 27 4', 'server_read 4 27', 'http_request_head 4 27']);
});

describe('captured server: decisions', () => {
  const cases: [string, Act[], string[][]][] = [
    [
      'a request in pieces is complete with its last one',
      [{ c: 'GET / HT' }, { c: 'TP/1.1\r\n\r' }, { c: '\n' }],
      [['server_read 4 8'], ['server_read 4 9'], ['server_read 4 1', 'http_request_head 4 18', 'http_request_complete 4']],
    ],
    [
      'a stream that is not HTTP is said to be so once',
      [{ c: '\x16\x03' }, { c: 'more' }, { s: 'something' }, 'client closes'],
      [['server_read 4 2', 'server_stream_not_http 4 2'], ['server_read 4 4'], [], ['server_end_of_stream 4']],
    ],
    [
      'a refused length',
      [{ c: 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n' }],
      [['server_read 4 39', 'http_request_head 4 39', 'http_length_refused 4', 'http_bad_request 4']],
    ],
    [
      'what the server wrote is no response',
      [{ c: GET }, { s: 'garbage\r\n' }],
      [['server_read 4 27', 'http_request_head 4 27', 'http_request_complete 4'], ['http_bad_response 4']],
    ],
    [
      'garbage after a response',
      [{ c: GET }, { s: `${OK3}garbage` }],
      [
        ['server_read 4 27', 'http_request_head 4 27', 'http_request_complete 4'],
        ['http_response_head 4 200', 'http_response_complete 4 200 3', 'http_bad_response 4'],
      ],
    ],
    [
      'the end of the trace',
      [{ c: GET + GET }, { s: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' }, 'trace ends'],
      [
        [
          'server_read 4 54',
          'http_request_head 4 27',
          'http_request_complete 4',
          'http_request_head 4 27',
          'http_request_complete 4',
        ],
        ['http_response_head 4 200'],
        ['http_response_incomplete 4 200 3', 'http_no_response 4 1'],
      ],
    ],
  ];
  for (const [name, acts, expected] of cases) it(name, () => assert.deepEqual(play(acts).decisions, expected));
});

describe('captured server: events', () => {
  it('tells a request with its head and a response with its end', () => {
    const trace = new Trace();
    trace.events = [];
    const server = new CapturedServer(trace);
    const listener = new FakeListener(server);
    const socket = listener.connect();
    trace.begin(10, 1);
    socket.arrive(GET);
    assert.deepEqual(trace.events, [
      { type: 'request', time: 10, n: 1, fd: 4, method: 'GET', target: '/', version: '1.1', host: 'x' },
    ]);
    trace.begin(20, 2);
    socket.serverWrites('HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\na');
    assert.deepEqual(trace.events, []);
    trace.begin(30, 3);
    socket.serverWrites('bc');
    assert.deepEqual(trace.events, [
      {
        type: 'response',
        time: 20,
        n: 2,
        endTime: 30,
        endN: 3,
        requestN: 1,
        fd: 4,
        status: 200,
        bodyBytes: 3,
        source: 'captured',
        reason: 'Fine',
        version: '1.1',
        contentType: 'text/plain',
      },
    ]);
    assert.equal(socket.requests, 1);
  });
});

describe('captured server: the log', () => {
  it('counts everything and keeps the first ten thousand', () => {
    const trace = new Trace();
    const server = new CapturedServer(trace);
    const socket = new FakeListener(server).connect();
    for (let i = 0; i < 10_500; i++) {
      trace.begin(i, i + 1);
      socket.arrive(i % 3 === 0 ? GET : 'POST /p HTTP/1.1\r\nContent-Length: 1\r\n\r\nx');
      socket.serverWrites(i % 7 === 0 ? 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n' : OK3);
    }
    const { log } = server;
    assert.equal(log.kept.length, 10_000);
    assert.deepEqual([log.exchanges, log.requests, log.responses, log.unanswered], [10_500, 10_500, 10_500, 0]);
    assert.deepEqual(
      [...log.byMethod],
      [
        ['GET', 3500],
        ['POST', 7000],
      ],
    );
    assert.deepEqual([log.byStatus[200], log.byStatus[500]], [9000, 1500]);
  });

  it('gives up the oldest of more than a thousand unanswered requests', () => {
    const trace = new Trace();
    const server = new CapturedServer(trace);
    const socket = new FakeListener(server).connect();
    for (let i = 0; i < 1200; i++) socket.arrive(GET);
    assert.equal(server.log.unanswered, 200);
    socket.end('closed');
    assert.equal(server.log.unanswered, 1200);
  });

  it('knows who closed', () => {
    const { server } = play([{ c: GET }, { s: OK3 }, 'client closes', 'both closed']);
    const { closedBy, ending, clientPort, serverPort } = server.log.kept[0]!.connection;
    assert.deepEqual([closedBy, ending, clientPort, serverPort], ['client', 'closed', 50004, 80]);
  });
});

describe('captured server: limits', () => {
  it('gives up a head of more than 64 KiB, in pieces and in one', () => {
    const head = `GET / HTTP/1.1\r\n${`X: ${'y'.repeat(1000)}\r\n`.repeat(70)}\r\n`;
    const pieces = head.match(/[\s\S]{1,1000}/g)!.map((c) => ({ c }));
    const after: Act[] = [{ c: GET }, { s: OK3 }, { s: OK3 }, 'trace ends'];
    assert.deepEqual(play([{ c: head }, ...after]).exchanges, ['   0 -> 200 3 (bad)', 'GET / 1.1 0 -> 200 3']);
    assert.deepEqual(play([...pieces, ...after]).exchanges, ['   0 -> 200 3 (bad)', 'GET / 1.1 0 -> 200 3']);
  });

  it('counts datagrams', () => {
    const trace = new Trace();
    const socket = new FakeSocket(new CapturedServer(trace), 'udp');
    socket.fd = 5;
    socket.arrive('GET / HTTP/1.1\r\n\r\n');
    assert.deepEqual(recorded(trace), ['server_read 5 18']);
    assert.equal(socket.recvQ, 0);
  });
});
