import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcess } from './in-process.ts';
import { ROOT, rxpath } from './run.ts';

const SERVER = 'fixtures/servers/nginx-alike.scn';
const CAPTURE = 'fixtures/captures/redirects.pcap';

describe('replay', () => {
  let room: string;
  beforeEach(() => {
    room = mkdtempSync(join(tmpdir(), 'rxpath-test-'));
  });
  afterEach(() => rmSync(room, { recursive: true }));

  it('shows our answers beside the captured ones', async () => {
    const { code, out, err } = await inProcess(['replay', CAPTURE, '--server', SERVER, '--http']);
    assert.deepEqual([code, err], [0, '']);
    const rows = out.split('\n').filter((line) => / GET /.test(line));
    assert.deepEqual(
      rows.map((row) => row.trim().split(/ {2,}/).slice(-2)),
      [
        ['301 162 client', '≠ length'],
        ['200 6 client', '='],
        ['302 138 client', '≠ length'],
        ['200 6 client', '='],
        ['307 164 client', '≠ length'],
        ['200 6 client', '='],
      ],
    );
    assert.match(
      out,
      /\nnone of 38 frames dropped; 6 requests, 6 answered; 3 of 6 answers as captured, different: 3 length; no divergence\n$/,
    );
  });

  it('reads a pipe as it reads a file, and keeps nothing of it', async () => {
    const file = await inProcess(['replay', CAPTURE, '--server', SERVER, '--json']);
    const pipe = rxpath(['replay', '-', '--server', SERVER, '--json'], {
      input: readFileSync(join(ROOT, CAPTURE)),
      env: { TMPDIR: room },
    });
    assert.deepEqual([pipe.code, pipe.err], [0, '']);
    assert.equal(pipe.out.replace('"source":"-"', `"source":"${CAPTURE}"`), file.out);
    assert.deepEqual(
      readdirSync(room).filter((name) => name.startsWith('rxpath')),
      [],
    );
  });

  it('writes the conversation as a capture that reads like one, and the bodies', async () => {
    const written = join(room, 'out.pcapng');
    const { code, err } = await inProcess([
      'replay',
      CAPTURE,
      '--server',
      SERVER,
      '--write',
      written,
      '--bodies',
      join(room, 'bodies'),
    ]);
    assert.equal(code, 0);
    assert.equal(
      err,
      `rxpath: 9 bodies (500 bytes) saved in ${join(room, 'bodies')}, listed in ${join(room, 'bodies', 'index.tsv')}\n`,
    );
    const again = await inProcess(['analyze', written, '--server', SERVER, '--json']);
    const end = JSON.parse(again.out.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
    assert.deepEqual([end.comparison, end.divergences, end.reasons], [{ same: 6 }, undefined, {}]);
  });

  const refused: [name: string, args: () => string[], code: number, expected: RegExp][] = [
    ['no capture', () => ['replay', '--server', SERVER], 2, /^rxpath: no capture is named/],
    ['no server file', () => ['replay', CAPTURE], 2, /^rxpath: no server file is named: --server FILE\.scn/],
    ['a server file that is not there', () => ['replay', CAPTURE, '--server', join(room, 'no.scn')], 3, /no\.scn/],
    [
      'a frame of the captured server',
      () => ['replay', CAPTURE, '--server', SERVER, '--frame', '4'],
      2,
      /^rxpath: frame 4 was not replayed: the captured server sent it\.\n$/,
    ],
    [
      'to write over the capture',
      () => {
        copyFileSync(join(ROOT, CAPTURE), join(room, 'a.pcap'));
        return ['replay', join(room, 'a.pcap'), '--server', SERVER, '--write', join(room, 'a.pcap')];
      },
      2,
      /is the capture that is read\.\n$/,
    ],
    [
      'a server file that is not understood, with the place',
      () => {
        writeFileSync(join(room, 'bad.scn'), 'listen tcp 80\nrespnod GET / 200\n');
        return ['replay', CAPTURE, '--server', join(room, 'bad.scn')];
      },
      2,
      /bad\.scn:2:1[\s\S]*respond/,
    ],
  ];
  for (const [name, args, code, expected] of refused)
    it(`refuses ${name}`, async () => {
      const ran = await inProcess(args());
      assert.match(ran.err, expected);
      assert.deepEqual([ran.code, existsSync(join(room, 'out.pcapng'))], [code, false]);
    });
});
