import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { BodyFiles, bodyName } from '../../../src/commands/output/bodies.ts';
import { ConnectionRecord, Exchange } from '../../../src/server/http/exchange.ts';

function exchange(fields: Partial<Exchange> = {}): Exchange {
  const connection = new ConnectionRecord();
  connection.fd = 4;
  return Object.assign(new Exchange(connection), {
    method: 'GET',
    target: '/a.html',
    requestFrame: 7,
    requestWhole: true,
    status: 200,
    ...fields,
  });
}

describe('bodies saved', () => {
  let room: string;
  beforeEach(() => {
    room = mkdtempSync(join(tmpdir(), 'rxpath-test-'));
  });
  afterEach(() => rmSync(room, { recursive: true }));

  const put = (bodies: BodyFiles, of: Exchange, text: string, ofResponse = true): void =>
    bodies.watch('server').content(of, ofResponse, Buffer.from(`<<${text}>>`), 2, 2 + Buffer.byteLength(text));
  const index = (directory: string): string[][] =>
    readFileSync(join(directory, 'index.tsv'), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));

  it('piece by piece, with an index', () => {
    const directory = join(room, 'new', 'bodies');
    const bodies = new BodyFiles(directory);
    const one = exchange({ responseBytes: 10, requestBytes: 3 });
    const other = exchange({ target: '/b', responseBytes: 9 });
    put(bodies, one, 'req', false);
    put(bodies, one, 'hello');
    put(bodies, other, 'short');
    put(bodies, one, 'again');
    bodies.watch('server').ended(one);
    assert.equal(bodies.finish(), `3 bodies (18 bytes) saved in ${directory}, listed in ${join(directory, 'index.tsv')}`);
    assert.deepEqual(index(directory), [
      ['0001-frame7-fd4-GET-a.html.request', '7', '4', 'GET', '/a.html', '200', 'request', 'server', '3', 'yes'],
      ['0002-frame7-fd4-GET-a.html.response', '7', '4', 'GET', '/a.html', '200', 'response', 'server', '10', 'yes'],
      ['0003-frame7-fd4-GET-b.response', '7', '4', 'GET', '/b', '200', 'response', 'server', '5', 'no'],
    ]);
    assert.equal(readFileSync(join(directory, '0002-frame7-fd4-GET-a.html.response'), 'utf8'), 'helloagain');
  });

  it('of more exchanges at one time than files may be open', () => {
    const bodies = new BodyFiles(room);
    const many = Array.from({ length: 100 }, (_, i) => exchange({ target: `/${i}`, responseBytes: 3 }));
    for (const letter of ['a', 'b', 'c']) for (const one of many) put(bodies, one, letter);
    bodies.finish();
    assert.deepEqual(
      index(room).map(([name]) => readFileSync(join(room, name!), 'utf8')),
      many.map(() => 'abc'),
    );
  });

  it('a link of the same name leads nowhere', () => {
    const victim = join(room, 'victim');
    const directory = join(room, 'bodies');
    mkdirSync(directory);
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, '0001-frame7-fd4-GET-a.html.response'));
    symlinkSync(victim, join(directory, 'index.tsv'));
    const bodies = new BodyFiles(directory);
    put(bodies, exchange(), 'body');
    bodies.finish();
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(readFileSync(join(directory, '0001-frame7-fd4-GET-a.html.response'), 'utf8'), 'body');
  });

  it('not where there can be no directory: one line says why', () => {
    writeFileSync(join(room, 'file'), '');
    assert.throws(() => new BodyFiles(join(room, 'file')), { code: 'E_USAGE', exit: 2, message: /^--bodies .*file/ });
    assert.throws(() => new BodyFiles(join(room, 'file', 'below')), { code: 'E_USAGE', exit: 2, message: /^--bodies .*below/ });
    if (process.platform === 'linux') assert.throws(() => new BodyFiles('/proc/bodies'), { code: 'E_USAGE', exit: 2 });
  });

  const names: [target: string, expected: string][] = [
    ['/', '0001-frame7-fd4-GET.response'],
    ['/../../etc/passwd', '0001-frame7-fd4-GET-etc_passwd.response'],
    ['/a/../../b', '0001-frame7-fd4-GET-a_._._b.response'],
    ['/%2e%2e/x', '0001-frame7-fd4-GET-2e_2e_x.response'],
    ['/.htaccess', '0001-frame7-fd4-GET-htaccess.response'],
    ['/a\0b\nc', '0001-frame7-fd4-GET-a_b_c.response'],
    ['http://h:8080/q?x=1&y', '0001-frame7-fd4-GET-http_h_8080_q_x_1_y.response'],
    [`/${'x'.repeat(5000)}`, `0001-frame7-fd4-GET-${'x'.repeat(80)}.response`],
  ];
  for (const [target, expected] of names)
    it(`a safe name for ${JSON.stringify(target.slice(0, 30))}`, () =>
      assert.equal(bodyName(1, exchange({ target }), true, 'server'), expected));

  it('safe names for whatever is asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.boolean(), (method, target, ofResponse) => {
        assert.match(bodyName(1, exchange({ method, target }), ofResponse, 'captured'), /^[0-9][A-Za-z0-9._-]{0,160}$/);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('what stays of a directory is what was saved', () => {
    const bodies = new BodyFiles(room);
    put(bodies, exchange(), 'x');
    bodies.finish();
    assert.deepEqual(readdirSync(room).sort(), ['0001-frame7-fd4-GET-a.html.response', 'index.tsv']);
  });
});
