import assert from 'node:assert/strict';
import { Files } from '../../../src/server/site/files.ts';
import { encodePath, resolvePath } from '../../../src/server/site/path.ts';
import { type RespondRule, Site, type SiteFile } from '../../../src/server/site.ts';
import { ask, told } from './ask.ts';

const SECOND = 1e9;
const file = (text: string): SiteFile => ({ bytes: Buffer.from(text) });

describe('paths', () => {
  const cases: [raw: string, path: string][] = [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/', '/a/'],
    ['/a//b', '/a/b'],
    ['//a', '/a'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/..', '/'],
    ['/a/.', '/a/'],
    ['/a/b/..', '/a/'],
    ['/%61', '/a'],
    ['/%e4%b8%ad', '/中'],
    ['/a%2Fb', '/a/b'],
    ['/a%252e', '/a%2e'],
    ['/a+b', '/a+b'],
    ['/..', 'traversal'],
    ['/a/../..', 'traversal'],
    ['/%2e%2e/x', 'traversal'],
    ['/.%2e/x', 'traversal'],
    ['/a/%2e%2e%2f%2e%2e/x', 'traversal'],
    ['/..\\x', 'traversal'],
    ['/..%5cx', 'traversal'],
    ['/a%5c..%5c..%5cx', 'traversal'],
    ['/%252e%252e/x', '/%2e%2e/x'],
    ['/%c0%ae%c0%ae/x', 'malformed'],
    ['/%', 'malformed'],
    ['/%zz', 'malformed'],
    ['/%00', 'malformed'],
    ['/a%0d%0aSet-Cookie:x', 'malformed'],
    ['/%ff', 'malformed'],
    ['/.git/config', 'hidden'],
    ['/a/%2ehidden', 'hidden'],
    ['/.well-known/security.txt', '/.well-known/security.txt'],
    ['/...', 'hidden'],
  ];
  for (const [raw, expected] of cases) {
    it(raw, () => {
      const resolved = resolvePath(raw);
      assert.equal(resolved.kind === 'path' ? (resolved.hidden ? 'hidden' : resolved.path) : resolved.kind, expected);
    });
  }

  it('are escaped again where they are sent', () => {
    assert.equal(encodePath("/a b/中/x@y:z+!$&'()*,;=?#%\r\n"), "/a%20b/%E4%B8%AD/x@y:z+!$&'()*,;=%3F%23%25%0D%0A");
  });
});

describe('files of a site', () => {
  const FILES = new Map<string, SiteFile>([
    ['/index.html', file('<p>root')],
    ['/docs/index.html', file('<p>docs')],
    ['/docs/a b.txt', file('space')],
    ['/pics/x.png', file('png')],
    ['/data', file('?')],
    ['/typed', { ...file('t'), contentType: 'text/x-own' }],
    ['/.env', file('secret')],
    ['/.well-known/x.json', file('{}')],
    ['/%zz', file('odd')],
  ]);
  const cases: [request: string, expected: string][] = [
    ['GET /', '200 | <p>root'],
    ['HEAD /', '200 | <p>root'],
    ['GET /index.html?x=1', '200 | <p>root'],
    ['GET http://x', '200 | <p>root'],
    ['GET http://x?q', '200 | <p>root'],
    ['GET http://x/docs/a%20b.txt', '200 | space'],
    ['GET /docs', '301 | Location: /docs/'],
    ['HEAD /docs?q=%20', '301 | Location: /docs/?q=%20'],
    ['GET //docs', '301 | Location: /docs/'],
    ['GET /docs/', '200 | <p>docs'],
    ['GET /docs/./../docs/', '200 | <p>docs'],
    ['GET /pics/', '403'],
    ['GET /pics', '301 | Location: /pics/'],
    ['GET /nosuch', '404'],
    ['GET /nosuch/', '404'],
    ['GET /data/', '404'],
    ['GET /.env', '403'],
    ['GET /.nosuch', '403'],
    ['GET /.well-known/x.json', '200 | {}'],
    ['GET /../index.html', '403'],
    ['GET /%25zz', '200 | odd'],
    ['PUT /.env', '403'],
    ['DELETE /..%2findex.html', '403'],
    ['TRACE /', '405 | Allow: GET, HEAD, POST, OPTIONS'],
    ['TRACE /nosuch', '404'],
    ['PATCH /data', '405 | Allow: GET, HEAD, PUT, DELETE, OPTIONS'],
    ['DELETE /docs/', '405 | Allow: GET, HEAD, POST, OPTIONS'],
    ['DELETE /docs', '405 | Allow: GET, HEAD, POST, OPTIONS'],
    ['DELETE /nosuch', '404'],
    ['POST /data', '405 | Allow: GET, HEAD, PUT, DELETE, OPTIONS'],
    ['POST /nosuch', '404'],
    ['POST /nosuch/', '404'],
    ['POST /docs', '411'],
    ['PUT /data', '411'],
    ['PUT /docs/', '405 | Allow: GET, HEAD, POST, OPTIONS'],
    ['OPTIONS *', '204 | Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS'],
    ['OPTIONS /data', '204 | Allow: GET, HEAD, PUT, DELETE, OPTIONS'],
    ['OPTIONS /pics/', '204 | Allow: POST, OPTIONS'],
    ['OPTIONS /nosuch', '204 | Allow: PUT, OPTIONS'],
    ['BREW /', '501'],
    ['get /', '501'],
  ];
  for (const [request, expected] of cases)
    it(`${expected.slice(0, 3)}: ${request}`, () => assert.equal(told(ask(new Site(FILES), request)), expected));

  it('have types by their names', () => {
    const types = ['/', '/docs/a%20b.txt', '/pics/x.png', '/data', '/typed'].map(
      (path) => ask(new Site(FILES), `GET ${path}`).answer.fields[1],
    );
    assert.deepEqual(types, [
      'text/html; charset=utf-8',
      'text/plain; charset=utf-8',
      'image/png',
      'application/octet-stream',
      'text/x-own',
    ]);
  });

  it('are changed in memory, and as they were for the next run', () => {
    const site = new Site(FILES);
    const steps: [string, string[], string, string][] = [
      ['PUT /new.txt', [], 'one', '201 | Location: /new.txt'],
      ['GET /new.txt', [], '', '200 | one'],
      ['PUT /new.txt', [], 'two', '204'],
      ['GET /new.txt', [], '', '200 | two'],
      ['DELETE /new.txt', [], '', '204'],
      ['GET /new.txt', [], '', '404'],
      ['DELETE /new.txt', [], '', '404'],
      ['PUT /up/a%20b/c.html', [], 'deep', '201 | Location: /up/a%20b/c.html'],
      ['GET /up', [], '', '301 | Location: /up/'],
      ['DELETE /up/a%20b/c.html', [], '', '204'],
      ['GET /up', [], '', '404'],
      ['POST /docs/', ['Content-Type: application/json'], '{"a":1}', '201 | Location: /docs/1.json'],
      ['POST /docs', [], 'raw', '201 | Location: /docs/2'],
      ['GET /docs/1.json', [], '', '200 | {"a":1}'],
      ['PUT /docs', [], 'x', '409'],
      ['PUT /data/below', [], 'x', '409'],
      ['PUT /data', ['Content-Range: bytes 0-0/1'], 'x', '400'],
      ['DELETE /index.html', [], '', '204'],
      ['GET /', [], '', '403'],
    ];
    for (const [request, fields, body, expected] of steps)
      assert.equal(told(ask(site, request, fields, body)), expected, request);
    assert.equal(told(ask(new Site(FILES), 'GET /')), '200 | <p>root');
  });

  it('grow to their bound and no further', () => {
    const files = new Files(FILES, 10);
    assert.equal(files.put('/a', file('123456')), true);
    assert.equal(files.put('/b', file('12345')), false);
    assert.equal(files.put('/a', file('12345')), true);
    assert.equal(files.put('/b', file('12345')), true);
    files.delete('/a');
    assert.equal(files.put('/c', file('12345')), true);
  });
});

describe('rules', () => {
  const RULES: RespondRule[] = [
    { method: 'GET', path: '/a', status: 200, body: 'a' },
    { method: 'POST', path: '/a', status: 201, body: 'made', location: '/a/1', fields: ['X-One', '1'] },
    { method: 'GET', path: '/old', status: 301, location: '/a' },
    { method: 'BREW', path: '/pot', status: 418, body: 'short and stout' },
    { method: 'GET', path: '/api/*', status: 200, body: 'api' },
    { method: 'GET', path: '/sp%20ace', status: 200, body: 'space' },
    { method: 'GET', path: '/secret', status: 200, body: 'in', auth: 'user:pass:word' },
    { method: 'GET', path: '/three', status: 200, body: 'ok', limit: 3 },
    { method: 'GET', path: '/spill', status: 200, body: 'first', limit: 1 },
    { method: 'GET', path: '/spill', status: 503, body: 'later' },
    { method: 'GET', path: '/index.html', status: 200, body: 'rule before file' },
  ];
  const FILES = new Map([
    ['/index.html', file('file')],
    ['/pot', file('of gold')],
  ]);
  const cases: [request: string, fields: string[], expected: string][] = [
    ['GET /a', [], '200 | a'],
    ['HEAD /a?x', [], '200 | a'],
    ['POST /a', [], '201 | X-One: 1 | Location: /a/1 | made'],
    ['PUT /a', [], '405 | Allow: GET, HEAD, POST, OPTIONS'],
    ['OPTIONS /a', [], '204 | Allow: GET, HEAD, POST, OPTIONS'],
    ['GET /old', [], '301 | Location: /a'],
    ['BREW /pot', [], '418 | short and stout'],
    ['GET /pot', [], '200 | of gold'],
    ['GET /api/', [], '200 | api'],
    ['GET /api/x/y', [], '200 | api'],
    ['GET /api', [], '404'],
    ['POST /api/x', [], '404'],
    ['GET /sp%20ace', [], '200 | space'],
    ['GET /index.html', [], '200 | rule before file'],
    ['GET /secret', [], '401 | WWW-Authenticate: Basic realm="rxpath", charset="UTF-8"'],
    ['GET /secret', [`Authorization: Basic ${btoa('user:pass:word')}`], '200 | in'],
    ['GET /secret', [`authorization: basic ${btoa('user:pass:word')}`], '200 | in'],
    [
      'GET /secret',
      [`Authorization: Basic ${btoa('user:pass')}`],
      '401 | WWW-Authenticate: Basic realm="rxpath", charset="UTF-8"',
    ],
    ['GET /secret', ['Authorization: Bearer x'], '401 | WWW-Authenticate: Basic realm="rxpath", charset="UTF-8"'],
    ['GET /secret', ['Authorization: Basic !!!'], '401 | WWW-Authenticate: Basic realm="rxpath", charset="UTF-8"'],
  ];
  for (const [request, fields, expected] of cases) {
    it(`${expected.slice(0, 3)}: ${request} ${fields.join()}`, () =>
      assert.equal(told(ask(new Site(FILES, RULES), request, fields)), expected));
  }

  it('for everything: a server under maintenance', () => {
    const site = new Site(FILES, [
      { method: '*', path: '*', status: 503, body: 'back at noon', fields: ['Retry-After', '3600'] },
    ]);
    for (const request of ['GET /', 'POST /x', 'BREW /', 'OPTIONS *']) {
      assert.equal(told(ask(site, request)), '503 | Retry-After: 3600 | back at noon');
    }
    assert.equal(told(ask(site, 'GET /../..')), '403');
  });

  it('limit: as many as there are tokens, then one as each comes', () => {
    const site = new Site(FILES, RULES);
    const at = (seconds: number): string => told(ask(site, 'GET /three', [], '', seconds * SECOND)).slice(0, 3);
    assert.deepEqual([0, 0.1, 0.2, 0.3, 0.34, 0.5, 0.7, 0.71].map(at), ['200', '200', '200', '429', '200', '429', '200', '429']);
    assert.deepEqual([60, 60, 60, 60].map(at), ['200', '200', '200', '429']);
  });

  it('limit: Retry-After is true to the second', () => {
    const site = new Site(FILES, [{ method: 'GET', path: '/', status: 200, limit: 0.2 }]);
    assert.equal(told(ask(site, 'GET /')), '200');
    const refused = ask(site, 'GET /', [], '', 1.5 * SECOND);
    assert.equal(told(refused), '429 | Retry-After: 4');
    assert.deepEqual(refused.decisions, ['http_limited 1 3500000000']);
    assert.equal(told(ask(site, 'GET /', [], '', 4.999 * SECOND)), '429 | Retry-After: 1');
    assert.equal(told(ask(site, 'GET /', [], '', 5 * SECOND)), '200');
  });

  it('limit: the next rule of the same path answers beyond it', () => {
    const site = new Site(FILES, RULES);
    assert.equal(told(ask(site, 'GET /spill')), '200 | first');
    const second = ask(site, 'GET /spill');
    assert.equal(told(second), '503 | later');
    assert.deepEqual(second.decisions, ['http_limit_passed_on 9', 'http_rule 10 503']);
  });
});
