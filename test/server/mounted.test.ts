import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import express from 'express';
import fc from 'fast-check';
import { Hono } from 'hono';
import { sentenceAt } from '../../src/report/words/words.ts';
import { MountError, mount } from '../../src/server/mounted/mounted.ts';
import type { ResponseEvent } from '../../src/trace/events.ts';
import { type Client, MS, Simulation } from './simulation.ts';

const NAME = './app.js';

/** Milliseconds of real time that a handler has: more than any machine needs that is busy with other things. */
const PATIENCE = 10_000;
/** And one of which no answer is awaited. */
const NO_PATIENCE = 100;

/** A host with `exported` mounted behind port 80. */
function serve(exported: unknown, workers = 4, handlerTimeout = PATIENCE): Simulation {
  const mounted = new Map([[NAME, mount(NAME, { default: exported })]]);
  const listen = { protocol: 'tcp', port: 80, backlog: 128, program: NAME, workers, max: workers } as const;
  return new Simulation([listen], { configuration: { site: null, rules: [], mounted, handlerTimeout } });
}

const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: demo\r\n${more}\r\n`;
const post = (target: string, type: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: demo\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** What a program answers to a request that comes as frames: status, fields that it set, content. */
async function ask(exported: unknown, request: string): Promise<string> {
  const simulation = serve(exported);
  const client = simulation.client(5000, 2 * MS);
  client.connect(request);
  await simulation.run(100 * MS);
  return plain(client);
}

function plain(client: Client): string {
  const [head, ...body] = client.text.split('\r\n\r\n');
  const lines = head!.split('\r\n').filter((line) => !/^(Server|content-type|content-length|etag|x-powered-by):/i.test(line));
  return `${lines.join(' | ').replace('HTTP/1.1 ', '')} || ${body.join('\r\n\r\n')}`;
}

const statuses = (client: Client): string[] => client.text.match(/(?<=HTTP\/1\.1 )\d{3}/g) ?? [];

function hono(): Hono {
  const app = new Hono();
  app.get('/users/:id', (c) => c.json({ id: c.req.param('id'), page: c.req.query('page') ?? '' }));
  app.post('/upper', async (c) => c.text((await c.req.text()).toUpperCase(), 201));
  app.get('/old', (c) => c.redirect('/users/1'));
  app.get('/host', (c) => c.text(c.req.url));
  app.get('/cookies', (c) => {
    c.header('Set-Cookie', 'a=1', { append: true });
    c.header('Set-Cookie', 'b=2', { append: true });
    return c.body(null, 204);
  });
  app.get('/stream', () => {
    const pieces = ['one ', 'two ', 'three'];
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(Buffer.from(piece));
    };
    return new Response(new ReadableStream({ pull }));
  });
  app.onError((error, c) => c.text(`caught ${error.message}`, 500));
  app.get('/throws', () => {
    throw new Error('boom');
  });
  return app;
}

function expressApp(): express.Express {
  const app = express();
  app.use(express.json());
  app.get('/users/:id', (request, response) => {
    response.json({ id: request.params.id, page: request.query.page ?? '' });
  });
  app.post('/sum', (request, response) => {
    response.status(201).send(`${request.body.a + request.body.b}`);
  });
  app.get('/old', (_request, response) => response.redirect('/users/1'));
  app.get('/who', (request, response) => {
    response.send(`${request.ip} ${request.socket.remotePort} ${request.hostname} ${request.originalUrl}`);
  });
  app.get('/later', async (_request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    response.cookie('a', '1').cookie('b', '2').sendStatus(204);
  });
  app.get('/throws', () => {
    throw new Error('boom');
  });
  app.use((error: Error, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).send(`caught ${error.message}`);
  });
  return app;
}

describe('mounted programs: frameworks as they are', () => {
  const cases: [string, () => unknown, string, string][] = [
    ['Hono: parameters and query', hono, get('/users/7?page=2'), '200 OK || {"id":"7","page":"2"}'],
    ['Hono: content', hono, post('/upper', 'text/plain', 'hello'), '201 Created || HELLO'],
    ['Hono: redirect', hono, get('/old'), '302 Found | location: /users/1 || '],
    ['Hono: the URL has the host', hono, get('/host?q'), '200 OK || http://demo/host?q'],
    ['Hono: fields that come twice', hono, get('/cookies'), '204 No Content | set-cookie: a=1 | set-cookie: b=2 || '],
    [
      'Hono: a body that comes in pieces goes out in chunks',
      hono,
      get('/stream'),
      '200 OK | Transfer-Encoding: chunked || 4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n',
    ],
    [
      'and to HTTP/1.0 as it is, until the end',
      hono,
      'GET /stream HTTP/1.0\r\nHost: demo\r\nConnection: keep-alive\r\n\r\n',
      '200 OK | Connection: close || one two three',
    ],
    ['Hono: not found', hono, get('/nosuch'), '404 Not Found || 404 Not Found'],
    ['Hono: its own error page', hono, get('/throws'), '500 Internal Server Error || caught boom'],
    ['Hono: HEAD', hono, 'HEAD /users/7 HTTP/1.1\r\nHost: demo\r\n\r\n', '200 OK || '],
    ['Express: parameters and query', expressApp, get('/users/7?page=2'), '200 OK || {"id":"7","page":"2"}'],
    ['Express: content', expressApp, post('/sum', 'application/json', '{"a":1,"b":2}'), '201 Created || 3'],
    [
      'Express: redirect',
      expressApp,
      get('/old'),
      '302 Found | location: /users/1 | vary: Accept || Found. Redirecting to /users/1',
    ],
    ['Express: who asks', expressApp, get('/who?a=//b'), '200 OK || 10.0.0.2 5000 demo /who?a=//b'],
    [
      'Express: later, and fields that come twice',
      expressApp,
      get('/later'),
      '204 No Content | set-cookie: a=1; Path=/ | set-cookie: b=2; Path=/ || ',
    ],
    ['Express: its own error page', expressApp, get('/throws'), '500 Internal Server Error || caught boom'],
    [
      'Express: fields with names that objects have',
      expressApp,
      get('/users/7', 'constructor: a\r\n__proto__: b\r\ntoString: c\r\n'),
      '200 OK || {"id":"7","page":""}',
    ],
    ['Hono: the same', hono, get('/users/7', 'constructor: a\r\n__proto__: b\r\n'), '200 OK || {"id":"7","page":""}'],
    ['Express: HEAD', expressApp, 'HEAD /users/7 HTTP/1.1\r\nHost: demo\r\n\r\n', '200 OK || '],
  ];
  for (const [name, app, request, expected] of cases) {
    it(name, async () => assert.equal(await ask(app(), request), expected));
  }

  it('say how long the content would be that HEAD leaves out, where they know', async () => {
    const simulation = serve(expressApp());
    const client = simulation.client(5000);
    client.connect('HEAD /users/7 HTTP/1.1\r\nHost: demo\r\n\r\n');
    await simulation.run(10 * MS);
    assert.match(client.text, /\r\nContent-Length: 20\r\n/);
    const other = serve(hono());
    const asker = other.client(5000);
    asker.connect('HEAD /users/7 HTTP/1.1\r\nHost: demo\r\n\r\n');
    await other.run(10 * MS);
    assert.match(asker.text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.doesNotMatch(asker.text, /Content-Length/i);
  });
});

describe('mounted programs: what a module may export', () => {
  const answer = () => new Response('hi');
  const node = (_request: IncomingMessage, response: ServerResponse) => response.end('hi');
  const asMethod = { text: 'hi', fetch: () => new Response('hi') };
  const usesThis = {
    text: 'hi',
    fetch() {
      return new Response(this.text);
    },
  };
  const forms: [string, unknown, string][] = [
    ['a function of a request', { default: answer }, 'handler'],
    ['an async one', { default: async () => new Response('hi') }, 'handler'],
    ['an object with fetch', { default: asMethod }, 'fetch'],
    ['one whose fetch needs its object', { default: usesThis }, 'fetch'],
    ['fetch, by its name', { fetch: answer }, 'fetch'],
    ['a default export of CommonJS', { default: { default: answer } }, 'handler'],
    ['a Node listener', { default: node }, 'listener'],
    ['a Node server', { default: createServer(node) }, 'listener'],
    ['an Express app', { default: express().use((_request, response) => void response.end('hi')) }, 'listener'],
    [
      'a Response of another library',
      { default: () => ({ status: 200, headers: new Map(), arrayBuffer() {}, body: null }) },
      'handler',
    ],
  ];
  for (const [name, module, kind] of forms) {
    it(`${name}: ${kind}`, async () => {
      const mounted = mount(NAME, module);
      assert.deepEqual([mounted.name, mounted.kind], [NAME, kind]);
      const simulation = new Simulation([{ protocol: 'tcp', port: 80, backlog: 1, program: NAME }], {
        configuration: { site: null, rules: [], mounted: new Map([[NAME, mounted]]) },
      });
      const client = simulation.client(5000);
      client.connect(get('/'));
      await simulation.run(MS);
      assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n(hi|)$/);
    });
  }

  const wrong: [unknown, RegExp][] = [
    [{ default: 5 }, /^\.\/app\.js exports a number: it needs a default export that is a function/],
    [{ default: null }, /exports null:/],
    [{ default: {} }, /exports an object without fetch:/],
    [{ default: [] }, /exports an array:/],
    [{ handler: () => 1 }, /exports neither a default nor fetch:/],
    [undefined, /exports neither a default nor fetch:/],
  ];
  for (const [module, message] of wrong) {
    it(`refused: ${message.source}`, () => {
      assert.throws(
        () => mount(NAME, module),
        (error) => error instanceof MountError && message.test(error.message),
      );
    });
  }
});

/** How a program can fail: status, decision and its sentence, and what the user is told. */
describe('mounted programs that fail', () => {
  const never = (): Promise<Response> => new Promise(() => {});
  const cases: [string, unknown, string, string, string][] = [
    [
      'throws',
      () => {
        throw new TypeError('no such\nthing');
      },
      '500',
      'The mounted program throws while it works on the request at descriptor 4: TypeError: no such thing. The server answers 500.',
      'throws TypeError: no such thing',
    ],
    [
      'rejects, with no Error',
      () => Promise.reject('why not'),
      '500',
      'The mounted program throws while it works on the request at descriptor 4: why not. The server answers 500.',
      'throws why not',
    ],
    [
      'throws what cannot be shown',
      () => Promise.reject(Object.create(null)),
      '500',
      'The mounted program throws while it works on the request at descriptor 4: something that cannot be shown. The server answers 500.',
      'throws something that cannot be shown',
    ],
    [
      'returns no Response',
      () => 'hello',
      '500',
      'What the mounted program returns for the request at descriptor 4 is no response: it is a string, not a Response. The server answers 500.',
      'returns no response: it is a string, not a Response',
    ],
    [
      'returns an error of the network',
      () => Response.error(),
      '500',
      'What the mounted program returns for the request at descriptor 4 is no response: its status is 0. The server answers 500.',
      'returns no response: its status is 0',
    ],
    [
      'returns a Response twice',
      (
        (once) => () =>
          once
      )(usedUp()),
      '500',
      'What the mounted program returns for the request at descriptor 4 is no response: its body was read already. The server answers 500.',
      'returns no response: its body was read already',
    ],
    [
      'fails within its body',
      () => new Response(new ReadableStream({ pull: (controller) => controller.error(new RangeError('cut')) })),
      '500',
      'The mounted program throws while it works on the request at descriptor 4: RangeError: cut. The server answers 500.',
      'throws RangeError: cut',
    ],
    [
      'never answers',
      never,
      '504',
      'The mounted program has not answered the request at descriptor 4 within 100 ms of real time: it is waited for no longer. The server answers 504.',
      'has not answered within 100 ms of real time',
    ],
    [
      'never ends its body',
      () => new Response(new ReadableStream({ pull: never as never })),
      '504',
      'The mounted program has not answered the request at descriptor 4 within 100 ms of real time: it is waited for no longer. The server answers 504.',
      'has not answered within 100 ms of real time',
    ],
    [
      'is a listener that throws',
      (_request: unknown, _response: unknown) => {
        throw new Error('boom');
      },
      '500',
      'The mounted program throws while it works on the request at descriptor 4: Error: boom. The server answers 500.',
      'throws Error: boom',
    ],
    [
      'is an async listener that rejects',
      async (_request: unknown, _response: unknown) => {
        await null;
        throw new Error('boom');
      },
      '500',
      'The mounted program throws while it works on the request at descriptor 4: Error: boom. The server answers 500.',
      'throws Error: boom',
    ],
    [
      'is a listener that never answers',
      (_request: unknown, _response: unknown) => {},
      '504',
      'The mounted program has not answered the request at descriptor 4 within 100 ms of real time: it is waited for no longer. The server answers 504.',
      'has not answered within 100 ms of real time',
    ],
    [
      'is a listener that destroys its response',
      (_request: unknown, response: ServerResponse) => void response.destroy(),
      '500',
      'The mounted program throws while it works on the request at descriptor 4: Error: response destroyed before completion. The server answers 500.',
      'throws Error: response destroyed before completion',
    ],
  ];
  for (const [name, exported, status, sentence, failure] of cases) {
    it(`one that ${name}`, async () => {
      const simulation = serve(exported, 4, status === '504' ? NO_PATIENCE : PATIENCE);
      const client = simulation.client(5000);
      const sentences: string[] = [];
      const { host, trace } = simulation;
      const advance = host.advance.bind(host);
      host.advance = (until, after) =>
        advance(until, () => {
          for (let i = 0; i < trace.length; i++) sentences.push(sentenceAt(trace, i));
          after();
        });
      client.connect(get('/x'));
      await simulation.run(10 * MS);
      assert.deepEqual(statuses(client), [status]);
      assert.ok(sentences.includes(sentence), sentences.join('\n'));
      assert.deepEqual(simulation.programs.failures, [`${NAME}: GET /x: ${failure}`]);
      const response = simulation.events.find((event) => event.type === 'response') as ResponseEvent;
      assert.deepEqual([response.status, response.error], [Number(status), `${NAME}: GET /x: ${failure}`]);
      // The connection, and the module that serves it, go on.
      client.send(get('/y'));
      await simulation.run(20 * MS);
      assert.deepEqual(statuses(client), [status, status]);
    });
  }

  it('one that throws in a callback, where nobody catches it', async () => {
    const kinds = ['uncaughtException', 'unhandledRejection'] as const;
    const others = kinds.map((kind) => process.rawListeners(kind));
    for (const kind of kinds) process.removeAllListeners(kind);
    try {
      const simulation = serve((request: IncomingMessage, _response: unknown) => {
        if (request.url === '/throws') setTimeout(() => throws(new Error('late')), 1);
        else void Promise.reject(new Error('loose'));
      });
      const client = simulation.client(5000);
      client.connect(get('/throws'));
      await simulation.run(10 * MS);
      client.send(get('/rejects'));
      await simulation.run(20 * MS);
      assert.deepEqual(statuses(client), ['500', '500']);
      assert.deepEqual(simulation.programs.failures, [
        `${NAME}: GET /throws: throws Error: late`,
        `${NAME}: GET /rejects: throws Error: loose`,
      ]);
      for (const kind of kinds) assert.equal(process.listenerCount(kind), 0);
    } finally {
      kinds.forEach((kind, i) => {
        for (const other of others[i]!) process.on(kind, other as () => void);
      });
    }
  });

  it('what cannot be asked is answered for it', async () => {
    const app = () => new Response('hi');
    assert.equal(await ask(app, 'TRACE / HTTP/1.1\r\nHost: demo\r\n\r\n'), '501 Not Implemented || 501 Not Implemented\n');
    const bad = serve(app);
    const client = bad.client(5000);
    client.connect('GET http://[/ HTTP/1.1\r\nHost: demo\r\n\r\n');
    await bad.run(10 * MS);
    assert.deepEqual(statuses(client), ['400']);
    assert.deepEqual(bad.programs.failures, []);
  });
});

describe('mounted programs, whatever is asked', () => {
  const piece = fc.constantFrom(
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET //x/../%zz?a#b HTTP/1.1\r\nHost: \r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nX: \xff\xfe\t\r\nCookie: a\r\nCookie: b\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc',
    'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
    'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n',
    'HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'nonsense\r\n\r\n',
  );
  const echo = async (request: Request): Promise<Response> =>
    new Response(await request.arrayBuffer(), { headers: { 'X-Method': request.method } });
  const node = (request: IncomingMessage, response: ServerResponse): void => {
    request.pipe(response);
  };
  const programs: [string, unknown][] = [
    ['a handler', echo],
    ['a listener', node],
    ['Hono', hono()],
    ['Express', expressApp()],
  ];
  for (const [name, program] of programs) {
    it(`${name} answers, or is answered for, and never fails`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
          const simulation = serve(program, 1);
          const client = simulation.client(5000);
          client.connect(pieces.join(''));
          simulation.at(50 * MS, () => client.close());
          await simulation.run(100_000 * MS);
          assert.deepEqual(simulation.programs.failures, []);
          const { log, servers } = simulation.programs;
          assert.equal(log.requests, log.responses + log.unanswered);
          assert.equal(log.unanswered, 0);
          assert.ok(log.requests > 0);
          assert.deepEqual([servers[0]!.finished, servers[0]!.pool.busy], [1, 0]);
        }),
        { seed: 7, numRuns: 60 },
      );
    });
  }
});

function usedUp(): Response {
  const response = new Response('once');
  void response.text();
  return response;
}

function throws(error: Error): void {
  throw error;
}

describe('mounted programs in virtual time', () => {
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('take none of it, however long they work', async () => {
    const simulation = serve(async () => {
      await wait(20);
      return new Response('hi');
    });
    const client = simulation.client(5000);
    client.connect(get('/'));
    await simulation.run(10 * MS);
    const [request, response] = simulation.events.filter((event) => event.type === 'request' || event.type === 'response');
    assert.equal(request!.time, 0);
    assert.equal(response!.time, 0);
    assert.equal((response as ResponseEvent).endTime, 0);
  });

  it('are asked one after the other, in the order of the requests', async () => {
    const order: string[] = [];
    const simulation = serve(async (request: Request) => {
      const { pathname } = new URL(request.url);
      order.push(`begins ${pathname}`);
      await wait(pathname === '/slow' ? 15 : 1);
      order.push(`ends ${pathname}`);
      return new Response(pathname);
    });
    const clients = ['/slow', '/quick', '/last'].map((path, i) => {
      const client = simulation.client(5000 + i, 10 * MS);
      client.connect(get(path));
      return client;
    });
    await simulation.run(100 * MS);
    assert.deepEqual(order, ['begins /slow', 'ends /slow', 'begins /quick', 'ends /quick', 'begins /last', 'ends /last']);
    assert.deepEqual(clients.map(statuses), [['200'], ['200'], ['200']]);
    const answered = simulation.decisions(/^http_response /).map((decision) => decision.split(' ')[1]);
    assert.deepEqual(answered, ['4', '5', '6']);
  });

  it('answer a pipeline in its order, and hold the requests behind', async () => {
    let served = 0;
    const simulation = serve(async (request: Request) => {
      await wait(request.url.endsWith('/1') ? 10 : 0);
      return new Response(`${++served}`);
    });
    const client = simulation.client(5000);
    client.connect(get('/1') + get('/2') + get('/3', 'Connection: close\r\n') + get('/4'));
    await simulation.run(10 * MS);
    assert.equal(client.text.replace(/HTTP[\s\S]*?\r\n\r\n/g, ''), '123');
    assert.equal(client.state, 'done');
  });

  it('may close the connection after an answer', async () => {
    const simulation = serve(() => new Response('bye', { headers: { Connection: 'close' } }));
    const client = simulation.client(5000);
    client.connect(get('/'));
    await simulation.run(10 * MS);
    assert.deepEqual([client.state, client.text.match(/Connection: close/gi)?.length], ['done', 1]);
  });

  it('are not missed by a client that has gone before anybody let them answer', async () => {
    const simulation = serve(() => new Response('hi'), 1);
    const { programs } = simulation;
    const settle = programs.settle.bind(programs);
    programs.settle = () => null;
    const gone = simulation.client(5000);
    gone.connect(get('/'));
    simulation.at(MS, () => gone.abort());
    await simulation.run(2 * MS);
    programs.settle = settle;
    const next = simulation.client(5001);
    simulation.at(3 * MS, () => next.connect(get('/')));
    await simulation.run(10 * MS);
    assert.equal(programs.log.unanswered, 1);
    assert.deepEqual([statuses(gone), statuses(next)], [[], ['200']]);
    assert.equal(simulation.programs.servers[0]!.finished, 1);
  });

  it('do the same in every run', async () => {
    const once = async (): Promise<string[][]> => {
      let count = 0;
      const simulation = serve(async () => {
        await wait(count % 3);
        return Response.json({ count: ++count });
      }, 2);
      for (let i = 0; i < 20; i++) {
        const client = simulation.client(5000 + i, (i % 4) * MS);
        client.closesAfter = /\}$/;
        simulation.at((i % 5) * MS, () => client.connect(get('/')));
      }
      await simulation.run(1000 * MS);
      return simulation.activities;
    };
    assert.deepEqual(await once(), await once());
  });
});
