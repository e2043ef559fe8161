import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../../src/commands/failure.ts';
import { readServerFile } from '../../../src/commands/input/server-file.ts';

const SERVER = 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24\n';

describe('a server configuration file', () => {
  let folder: string;
  const put = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const refused = async (path: string): Promise<[exit: number, message: string]> => {
    try {
      await readServerFile(path);
    } catch (error) {
      if (error instanceof Failure) return [error.exit, error.message.replaceAll(`${folder}/`, '')];
      throw error;
    }
    return assert.fail('it was read');
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'server-'));
    put('www/index.html', '<p>');
    put('www/sub/a b.txt', 'text');
    put('www/.hidden', 'x');
    symlinkSync('/nowhere', join(folder, 'www', 'broken'));
    put('app.mjs', 'export default () => new Response("hi");\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read with its site and its modules, from where it stands', async () => {
    const path = put('conf/a.scn', `${SERVER}include ../more.scn\nlisten tcp 80 program ../app.mjs\n`);
    put('more.scn', 'site www\nrespond GET /x 204\n');
    const { configuration, hasServer } = await readServerFile(path);
    assert.equal(hasServer, true);
    assert.deepEqual([...configuration.site!.keys()].sort(), ['/.hidden', '/index.html', '/sub/a b.txt']);
    assert.equal(Buffer.from(configuration.site!.get('/index.html')!.bytes).toString(), '<p>');
    assert.deepEqual(configuration.rules, [{ method: 'GET', path: '/x', status: 204 }]);
    assert.deepEqual([...configuration.mounted.keys()], ['../app.mjs']);
    assert.equal(configuration.host.listeners[0]!.program, '../app.mjs');
  });

  it('needs no server line', async () => {
    const { configuration, hasServer } = await readServerFile(put('b.scn', 'listen tcp 80\n'));
    assert.deepEqual(
      [hasServer, configuration.host.listeners.length, configuration.site, configuration.mounted.size],
      [false, 1, null, 0],
    );
  });

  it('is refused with every place that is wrong', async () => {
    put('throws.mjs', 'throw new RangeError("too much");\n');
    put('nothing.mjs', 'export const x = 1;\n');
    const path = put(
      'c.scn',
      `${SERVER}site nowhere\nlisten tcp 80 program ./throws.mjs\nlisten tcp 81 program ./nothing.mjs\nlisten tcp 82 program ./absent.mjs\n`,
    );
    const [exit, message] = await refused(path);
    assert.equal(exit, 2);
    assert.deepEqual(
      message.split('\n').filter((line) => /^(the|c\.scn)/.test(line)),
      [
        'the script cannot be run',
        'c.scn:2:6: there is no directory nowhere',
        'c.scn:3:23: ./throws.mjs cannot be loaded: RangeError: too much',
        'c.scn:4:23: ./nothing.mjs exports neither a default nor fetch: it needs a default export that is a function (request) => Response, an object with fetch(request), or a Node request listener (request, response)',
        'c.scn:5:23: there is no file ./absent.mjs',
      ],
    );
  });

  it('is refused where the script is wrong, or cannot be read', async () => {
    const [exit, message] = await refused(put('d.scn', 'lisen tcp 80\n'));
    assert.deepEqual(
      [exit, message],
      [
        2,
        'the script is not understood\nd.scn:1:1: `lisen` is neither a statement nor a name\n  lisen tcp 80\n  ^^^^^\n  did you mean `listen`?',
      ],
    );
    assert.deepEqual(await refused(join(folder, 'absent.scn')), [3, 'absent.scn: there is no such file']);
    writeFileSync(join(folder, 'latin1.scn'), Buffer.from([0x23, 0xe9, 0x0a]));
    assert.deepEqual(await refused(join(folder, 'latin1.scn')), [2, 'latin1.scn: a script is UTF-8 text, and this is not']);
  });
});
