import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate, validateClosed } from '../report/lines-of.ts';
import { inProcess } from './in-process.ts';
import { BIN, bash, ENV, ROOT, rxpath } from './run.ts';

const GET = 'fixtures/captures/curl-get.pcap';
const UPLOAD = 'fixtures/captures/corrupted-upload.pcap';
/** Bytes of the capture that hold its first three frames and a part of the fourth. */
const FIRST_FRAMES = 260;
const FIXTURES = [
  'accept-queue-full',
  'client-abort',
  'corrupted-upload',
  'fragments-under-loss',
  'pipelined-requests',
  'udp-closed-port',
];

function parsed(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('rxpath analyze', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxpath-'));
  const cut = join(folder, 'cut.pcap');

  before(() => writeFileSync(cut, readFileSync(join(ROOT, GET)).subarray(0, 700)));
  after(() => rmSync(folder, { recursive: true }));

  it('prints a line per frame of a small capture, and how it ended', async () => {
    const { code, out, err } = await inProcess(['analyze', GET]);
    assert.deepEqual([code, err], [0, '']);
    const rows = out.split('\n');
    assert.deepEqual(rows.slice(0, 2), [
      'fixtures/captures/curl-get.pcap  pcap, Ethernet · 12 frames · 2026-11-23 03:17:11 UTC',
      'host 10.0.0.1 · listens on tcp/80  (it accepts connections; another: --host ADDRESS)',
    ]);
    assert.deepEqual(
      rows.filter((row) => /^ +\d+ +\d+\.\d{6} /.test(row)).map((row) => row.slice(5, 36).trim()),
      [
        '0.000000 → ● consume arp',
        '0.000011 ← · observe arp',
        '0.000016 → ● consume tcp',
        '0.000031 ← · observe tcp',
        '0.000042 → ● consume tcp',
        '0.000112 → ● deliver server',
        '0.000116 ← · observe tcp',
        '0.000331 ← · observe tcp',
        '0.000388 → ● consume tcp',
        '0.000475 → ● consume tcp',
        '0.000513 ← · observe tcp',
        '0.000522 → ● consume tcp',
      ],
    );
    assert.equal(rows.at(-2), 'none of 12 frames dropped; 1 request, 1 answered; no divergence');
  });

  it('writes valid lines and nothing else with --json', async () => {
    for (const name of FIXTURES) {
      const { code, out, err } = await inProcess(['analyze', `fixtures/captures/${name}.pcap`, '--json']);
      assert.deepEqual([code, err], [0, ''], name);
      const lines = parsed(out);
      for (const line of lines) {
        assert.ok(validate(line), `${name} ${JSON.stringify([line, validate.errors])}`);
        assert.ok(validateClosed(line), `${name} ${JSON.stringify([line, validateClosed.errors])}`);
      }
      const packets = lines.filter((line) => line.type === 'packet');
      const end = lines.at(-1)!;
      assert.deepEqual([lines[0]!.type, end.type, end.packets], ['start', 'end', packets.length]);
      assert.deepEqual(
        packets.map((line) => line.n),
        packets.map((_, i) => i + 1),
      );
      for (const verdict of new Set(packets.map((line) => line.verdict as string))) {
        assert.equal(
          (end.verdicts as Record<string, number>)[verdict],
          packets.filter((line) => line.verdict === verdict).length,
          `${name} ${verdict}`,
        );
      }
    }
  });

  it('tells the request and its response', async () => {
    const lines = parsed((await inProcess(['analyze', GET, '--json'])).out);
    const request = lines.find((line) => line.type === 'request')!;
    const response = lines.find((line) => line.type === 'response')!;
    assert.deepEqual([request.n, request.method, request.target, request.version], [6, 'GET', '/hello.txt', '1.1']);
    assert.deepEqual([response.n, response.status, response.body_bytes, response.source], [8, 200, 6, 'captured']);
  });

  it('ends quietly when the reader has had enough', () => {
    const { out, err } = bash(`rxpath analyze ${UPLOAD} --json | head -1; echo "\${PIPESTATUS[0]}"`);
    assert.match(out, /^\{"type":"start".*\}\n0\n$/);
    assert.equal(err, '');
  });

  it('reads standard input', () => {
    const { code, out } = rxpath(['analyze', '-'], { input: readFileSync(join(ROOT, GET)) });
    assert.equal(code, 0);
    assert.match(out, /^stdin {2}pcap, Ethernet/);
    assert.match(out, /GET \/hello\.txt HTTP\/1\.1/);
  });

  it('prints while frames arrive', async () => {
    const child = spawn(process.execPath, [BIN, 'analyze', '-'], { cwd: ROOT, env: ENV });
    try {
      const capture = readFileSync(join(ROOT, GET));
      let out = '';
      const ended = new Promise((resolve) => child.on('close', resolve));
      const early = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          out += chunk;
          if (out.includes('0.000016 →')) resolve();
        });
      });
      child.stdin.write(capture.subarray(0, FIRST_FRAMES));
      await Promise.race([early, ended]);
      assert.match(out, /0\.000016 → ● consume tcp/);
      assert.doesNotMatch(out, /GET \/hello/);
      child.stdin.end(capture.subarray(FIRST_FRAMES));
      assert.equal(await ended, 0);
      assert.match(out, /GET \/hello/);
    } finally {
      child.kill();
    }
  });

  it('reports what it has when it is interrupted with the writer of its pipe', async () => {
    const child = spawn(process.execPath, [BIN, 'analyze', '-'], { cwd: ROOT, env: ENV });
    try {
      let out = '';
      const ended = new Promise((resolve) => child.on('close', resolve));
      const early = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          out += chunk;
          if (out.includes('0.000522 →')) resolve();
        });
      });
      child.stdin.write(readFileSync(join(ROOT, GET)));
      await Promise.race([early, ended]);
      child.kill('SIGINT');
      setTimeout(() => child.stdin.end(), 200);
      assert.equal(await ended, 0);
      assert.match(out, /^none of 12 frames dropped; 1 request, 1 answered; no divergence$/m);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('names each file of several once where one cannot be read', async () => {
    const { code, out, err } = await inProcess(['analyze', GET, 'package.json', '--cross-check', '--drops']);
    assert.equal(code, 3);
    assert.match(err, /^rxpath: package\.json seems to be text\.[^\n]*\n$/);
    assert.match(out, /^package\.json seems to be text\./m);
    assert.match(out, /^note: pcap-parser read the same 12 records of fixtures\/captures\/curl-get\.pcap$/m);
  });

  it('says that a capture was named twice, under whatever names', async () => {
    const { out } = await inProcess(['analyze', GET, 'package.json', `./${GET}`, '--drops']);
    assert.match(out, /^note: fixtures\/captures\/curl-get\.pcap was named more than once/m);
    assert.doesNotMatch((await inProcess(['analyze', GET, '--drops'])).out, /more than once/);
  });

  it('explains a SYN that the captured server left unanswered', async () => {
    const { out } = await inProcess(['analyze', 'fixtures/captures/accept-queue-full.pcap', '--frame', '12']);
    assert.match(out, /^≠ missing_reply\n {2}our host: TCP SA seq 0 ack 1 \(tcp_syn_ack\); captured: nothing\n/m);
  });

  it('reports what could be read of a cut capture, what was lost, and leaves with 3', async () => {
    const { code, out, err } = await inProcess(['analyze', cut]);
    assert.equal(code, 3);
    assert.match(out, /^ +3 +0\.000016 → ● consume tcp/m);
    assert.match(out, /^\S+cut\.pcap: .* \d+ bytes lost\.$/m);
    assert.match(err, /^rxpath: \S+cut\.pcap: [^\n]*\n$/);
    const json = await inProcess(['analyze', cut, '--json']);
    assert.equal(json.code, 3);
    const end = parsed(json.out).at(-1)!;
    assert.equal((end.damaged as { code: string }[])[0]!.code, 'E_CAPTURE_TRUNCATED');
    const error = JSON.parse(json.err);
    assert.deepEqual([error.type, error.code, error.file], ['error', 'E_CAPTURE_TRUNCATED', cut]);
  });

  it('explains one frame, and says so where there is none with the number', async () => {
    const detail = await inProcess(['analyze', 'fixtures/captures/udp-closed-port.pcap', '--frame', '3', '--lang', 'zh']);
    assert.equal(detail.code, 0);
    assert.match(detail.out, /^结果 {2}✗ 丢弃 {2}udp {2}udp_no_socket$/m);
    const missing = await inProcess(['analyze', GET, '--frame', '99']);
    assert.deepEqual([missing.code, missing.out, missing.err], [2, '', 'rxpath: there is no frame 99: the last one is 12.\n']);
  });

  it('reads a capture again with pcap-parser', async () => {
    assert.match((await inProcess(['analyze', GET, '--cross-check'])).out, /pcap-parser read the same 12 records/);
    const fifo = bash(`mkfifo ${folder}/pipe; cat ${GET} > ${folder}/pipe & rxpath analyze ${folder}/pipe --cross-check`);
    assert.equal(fifo.code, 0);
    assert.match(fifo.out, /^note: pcap-parser cannot read this capture: a pipe can be read only once$/m);
    assert.match(fifo.out, /^none of 12 frames dropped/m);
  });

  const refusals: readonly [string, string[], number, RegExp][] = [
    ['no capture', [], 2, /^rxpath: no capture is named.*Example: rxpath analyze capture\.pcap\n$/],
    ['a capture that is not there', ['nowhere.pcap'], 3, /^rxpath: nowhere\.pcap does not exist\..*\n$/],
    ['a name that could steer the terminal', ['no\x1b[31mwhere'], 3, /^rxpath: no\\x1b\[31mwhere does not exist\..*\n$/],
    ['a file that is no capture', ['package.json'], 3, /^rxpath: package\.json .*\n$/],
    ['a script', ['my.scn'], 2, /^rxpath: my\.scn is a script, not a capture\. To play it: rxpath run my\.scn\n$/],
    ['a number', [GET, '--frames', '7'], 2, /^rxpath: there is no capture 7\. One frame in detail: --frame 7\n$/],
    [
      'an unknown flag',
      [GET, '--jsn'],
      2,
      /^rxpath: there is no flag --jsn\. Did you mean --json\? Help: rxpath analyze --help\n$/,
    ],
    [
      'a host that is no address',
      [GET, '--host', 'example'],
      2,
      /^rxpath: --host example is not an IP address\..*--host 10\.0\.0\.1\n$/,
    ],
    ['a port that is none', [GET, '--listen', 'tcp/99999'], 2, /^rxpath: --listen tcp\/99999 is not a port\..*\n$/],
    ['an unknown policy', [GET, '--frag-policy', 'solaris'], 2, /^rxpath: .*frag-policy.*\n$/],
  ];
  for (const [name, args, exit, message] of refusals) {
    it(`refuses ${name} in one line`, async () => {
      const { code, out, err } = await inProcess(['analyze', ...args]);
      assert.deepEqual([code, out], [exit, '']);
      assert.match(err, message);
    });
  }

  it('shows the lines of a script as they are set, and nothing in them that could steer the terminal', async () => {
    const path = join(folder, 'tab.scn');
    writeFileSync(path, '\tlisen\ttcp \x1b[31m80\n');
    const { err } = await inProcess(['analyze', GET, '--server', path]);
    assert.deepEqual(err.split('\n').slice(2, 4), ['  \tlisen\ttcp \\x1b[31m80', '  \t^^^^^']);
  });

  it('says of a host that is not in the capture which ones are', async () => {
    const { out } = await inProcess(['analyze', GET, '--host', '9.9.9.9', '--drops']);
    assert.deepEqual(out.split('\n').slice(1, 4), [
      'host 9.9.9.9  (given with --host)',
      'note: no frame comes from 9.9.9.9 or goes there; the capture is about 10.0.0.1, 10.0.0.2',
      '',
    ]);
  });

  it('reports what can be read beside what cannot, and says what that was', async () => {
    const alone = await inProcess(['analyze', GET, '--frames']);
    const { code, out, err } = await inProcess(['analyze', 'nowhere.pcap', GET, folder, '--frames']);
    const lines = (text: string) => text.split('\n').filter((line) => /^ +\d+ |^none of/.test(line));
    assert.equal(code, 3);
    assert.deepEqual(lines(out), lines(alone.out));
    assert.match(err, /^rxpath: nowhere\.pcap does not exist\..*\nrxpath: .* is a directory\..*\n$/);
  });

  it('refuses in JSON with --json', async () => {
    const { code, out, err } = await inProcess(['analyze', 'nowhere.pcap', '--json']);
    assert.deepEqual([code, out], [3, '']);
    const { type, code: name, file } = JSON.parse(err);
    assert.deepEqual([type, name, file], ['error', 'E_CAPTURE_NOT_FOUND', 'nowhere.pcap']);
  });
});
