import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcess } from './in-process.ts';
import { rxpath } from './run.ts';

const UGLY = 'wait   1000ms   # a second\nhex 020000000001 02000000000b 88b5\n';
const NEAT = 'wait 1s  # a second\nhex 020000000001 02000000000b 88b5\n';

describe('fmt', () => {
  let folder: string;
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fmt-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('changes files in their place and names them', async () => {
    const ugly = file('a.scn', UGLY);
    const neat = file('b.scn', NEAT);
    assert.deepEqual(await inProcess(['fmt', ugly, neat]), { code: 0, out: `${ugly}\n`, err: '' });
    assert.equal(readFileSync(ugly, 'utf8'), NEAT);
    assert.deepEqual(await inProcess(['fmt', '--check', ugly, neat]), { code: 0, out: '', err: '' });
  });

  it('only looks, with --check', async () => {
    const ugly = file('c.scn', UGLY);
    assert.deepEqual(await inProcess(['fmt', '--check', ugly]), { code: 1, out: `${ugly}\n`, err: '' });
    assert.equal(readFileSync(ugly, 'utf8'), UGLY);
  });

  it('prints, with --stdout and from standard input', async () => {
    const ugly = file('d.scn', UGLY);
    assert.deepEqual(await inProcess(['fmt', '--stdout', ugly]), { code: 0, out: NEAT, err: '' });
    assert.deepEqual(rxpath(['fmt', '-'], { input: UGLY }), { code: 0, out: NEAT, err: '' });
    assert.equal(readFileSync(ugly, 'utf8'), UGLY);
  });

  it('gives JSON, and takes it back', async () => {
    const json = await inProcess(['fmt', '--json', file('e.scn', UGLY)]);
    assert.deepEqual(JSON.parse(json.out), {
      format: 'rxpath-scenario-1.0',
      statements: [
        { type: 'wait', comments: { after: 'a second' }, duration: '1s' },
        { type: 'hex', bytes: '020000000001 02000000000b 88b5' },
      ],
    });
    const path = file('e.json', json.out);
    assert.deepEqual(await inProcess(['fmt', '--stdout', path]), { code: 0, out: NEAT, err: '' });
    assert.deepEqual(await inProcess(['fmt', '--check', path]), { code: 0, out: '', err: '' });
  });

  it('says all that is wrong with a script, and leaves it as it is', async () => {
    const path = file('f.scn', 'wiat 1s\nlisten tcp http\n');
    const { code, out, err } = await inProcess(['fmt', path]);
    assert.deepEqual([code, out], [2, '']);
    assert.equal(
      err.replaceAll(path, 'f.scn'),
      'rxpath: the script is not understood\n' +
        'f.scn:1:1: `wiat` is neither a statement nor a name\n  wiat 1s\n  ^^^^\n  did you mean `wait`?\n' +
        'f.scn:2:12: `http` is not a port (1 to 65535)\n  listen tcp http\n             ^^^^\n',
    );
  });

  const unread: readonly [string, string[], number, RegExp][] = [
    ['no file', [], 2, /^rxpath: no script is named/],
    ['a file that is not there', ['nowhere.scn'], 3, /^rxpath: nowhere\.scn: there is no such file\n$/],
    ['a directory', ['src'], 3, /^rxpath: src: this is a directory\n$/],
    ['a capture', ['fixtures/captures/client-abort.pcap'], 2, /this is a capture and no script: rxpath analyze /],
    ['--check and --stdout together', ['--check', '--stdout', 'x'], 2, /--check/],
  ];
  for (const [what, args, exit, message] of unread) {
    it(`refuses ${what}`, async () => {
      const { code, out, err } = await inProcess(['fmt', ...args]);
      assert.deepEqual([code, out], [exit, '']);
      assert.match(err, message);
    });
  }
});
