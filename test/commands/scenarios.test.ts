import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcess } from './in-process.ts';

const HOST = 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24\nclient bob ip 10.0.0.11\n';
const GOOD = `# a closed port\n${HOST}bob:5000 > 23 tcp SYN\n  expect drop tcp no_socket\n`;
const BAD = `# what is not so\n${HOST}bob:5000 > 23 tcp SYN\n  expect deliver\n`;
const WRONG = `${HOST}bob:5000 > 23 tpc SYN\n`;

describe('commands of scenarios', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rxpath-run-'));
  const at = (name: string) => join(directory, name);
  before(() => {
    mkdirSync(at('suite/inner'), { recursive: true });
    writeFileSync(at('good.scn'), GOOD);
    writeFileSync(at('bad.scn'), BAD);
    writeFileSync(at('wrong.scn'), WRONG);
    writeFileSync(at('suite/a.scn'), GOOD);
    writeFileSync(at('suite/inner/b.scn'), BAD);
    writeFileSync(at('suite/inner/c.scn'), WRONG);
  });
  after(() => rmSync(directory, { recursive: true }));

  it('run a script: frames, expectations, exit 0', async () => {
    const { code, out, err } = await inProcess(['run', at('good.scn')]);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /host 10\.0\.0\.1 {2}\(from the script\)/);
    assert.match(out, /1 of 2 frames dropped: 1 no_socket; no HTTP request; the expectation was met/);
  });

  it('show what failed with the decisions of its frame, and exit 1', async () => {
    const { code, out } = await inProcess(['run', at('bad.scn')]);
    assert.equal(code, 1);
    const shown = out.slice(out.indexOf('✗ /')).replaceAll(directory, '');
    assert.match(
      shown,
      /^✗ \/bad\.scn:5 {2}expect deliver\n {4}bob:5000 > 23 tcp SYN\n {4}expected {2}deliver\n {4}happened {2}drop tcp no_socket\n/,
    );
    assert.match(shown, / {6}tcp {5}✗ No connection has this 4-tuple and nothing listens on port 23\. {2}tcp_no_socket\n/);
    assert.match(shown, /1 of 1 expectations failed\n/);
  });

  it('say what is wrong with a script, and exit 2', async () => {
    const { code, out, err } = await inProcess(['run', at('wrong.scn')]);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /wrong\.scn:3:15: .*\n {2}bob:5000 > 23 tpc SYN\n {16}\^\^\^\n/);
  });

  it('give JSON Lines with `expect` lines', async () => {
    const { code, out } = await inProcess(['run', at('bad.scn'), '--json']);
    assert.equal(code, 1);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ type }) => type).filter((type) => type !== 'socket'),
      ['start', 'packet', 'packet', 'expect', 'end'],
    );
    assert.deepEqual(
      lines.find(({ type }) => type === 'expect'),
      {
        type: 'expect',
        file: at('bad.scn'),
        line: 5,
        ok: false,
        expected: 'deliver',
        actual: 'drop tcp no_socket',
        n: 1,
      },
    );
  });

  it('run a directory like tests: a line each, failures in full, a summary', async () => {
    const { code, out } = await inProcess(['run', at('suite')]);
    assert.equal(code, 1);
    const lines = out.replaceAll(directory, '').split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      '✓ /suite/a.scn        1 expected, 2 frames in 300 µs',
      '✗ /suite/inner/b.scn  1 expected, 2 frames in 300 µs  1 failed',
      '✗ /suite/inner/c.scn  not run',
    ]);
    assert.ok(lines.includes('2 of 3 scripts failed; 1 of 2 expectations'));
    assert.ok(lines.some((line) => line.startsWith('/suite/inner/c.scn:3:15:')));
    assert.ok(lines.includes('    happened  drop tcp no_socket'));
  });

  it('run a directory as JSON Lines: those that are not understood go to standard error', async () => {
    const { code, out, err } = await inProcess(['run', at('suite'), '--json']);
    const lines = out.trimEnd().split('\n');
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
    assert.equal(code, 1);
    assert.deepEqual(
      types.filter((type) => ['start', 'expect', 'end'].includes(type)),
      ['start', 'expect', 'end', 'start', 'expect', 'end'],
    );
    assert.match(err, /^\{"type":"error","code":"E_SCRIPT",.*c\.scn/);
    assert.equal(err.trimEnd().split('\n').length, 1);
  });

  it('report several scripts as TAP', async () => {
    const { code, out } = await inProcess(['run', at('suite'), '--reporter', 'tap']);
    assert.equal(code, 1);
    const lines = out.replaceAll(directory, '').split('\n');
    assert.deepEqual(lines.slice(0, 11), [
      'TAP version 14',
      '1..3',
      'ok 1 - /suite/a.scn',
      'not ok 2 - /suite/inner/b.scn',
      '  ---',
      '  message: "1 of 1 expectations failed"',
      '  failures:',
      '    - at: "/suite/inner/b.scn:5"',
      '      expected: "deliver"',
      '      actual: "drop tcp no_socket"',
      '  ...',
    ]);
    assert.equal(lines[11], 'not ok 3 - /suite/inner/c.scn');
  });

  it('report several scripts as JUnit XML', async () => {
    const { code, out } = await inProcess(['run', at('suite'), '--reporter', 'junit']);
    assert.equal(code, 1);
    const lines = out.replaceAll(directory, '').split('\n');
    assert.deepEqual(lines.slice(0, 7), [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites tests="3" failures="1" errors="1">',
      '  <testsuite name="rxpath" tests="3" failures="1" errors="1">',
      '    <testcase classname="rxpath" name="/suite/a.scn" time="0.000300"/>',
      '    <testcase classname="rxpath" name="/suite/inner/b.scn" time="0.000300">',
      '      <failure message="expected deliver, happened drop tcp no_socket">/suite/inner/b.scn:5: expect deliver',
      'expected deliver',
    ]);
    assert.match(out, /<error message="the script is not understood">/);
  });

  it('run shipped scenarios by name, and suggest one where the name is wrong', async () => {
    const named = await inProcess(['run', 'handshake', '--drops']);
    assert.equal(named.code, 0);
    assert.match(named.out, /^08-handshake {2}script, Ethernet/m);
    assert.match((await inProcess(['run', '08-handshake', '06-arp'])).out, /^✓ 08-handshake +\d+ expected/m);
    const { code, err } = await inProcess(['run', 'hanshake']);
    assert.equal(code, 2);
    assert.match(err, /there is no script hanshake, here or among the shipped scenarios: did you mean .*handshake/);
  });

  it('list and show the shipped scenarios', async () => {
    const lines = (await inProcess(['scenarios'])).out.split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      '',
      'The tour  from the line signal to the removal of the socket; rxpath run 01-line-signal begins it',
      '  01-line-signal                A frame begins as a voltage on a line: the phy finds it, keeps time with it, and reads its bits',
    ]);
    assert.ok(lines.includes('  first                         One HTTP request, then frames that never reach the program'));
    const first = readFileSync(new URL('../../fixtures/scenarios/first.scn', import.meta.url), 'utf8');
    for (const args of [['show', 'first'], ['first']]) assert.equal((await inProcess(['scenarios', ...args])).out, first);
    assert.deepEqual(JSON.parse((await inProcess(['scenarios', '--json'])).out.split('\n')[5]!), {
      type: 'scenario',
      name: '06-arp',
      about: 'Before the first packet somebody asks: who has this address? the answer is a MAC address',
    });
    assert.deepEqual(
      [(await inProcess(['scenarios', 'show', '08-handshak'])).err, (await inProcess(['scenarios', 'show'])).err],
      [
        'rxpath: there is no script 08-handshak, here or among the shipped scenarios: did you mean 08-handshake?\n',
        'rxpath: no scenario is named. Example: rxpath scenarios show 08-handshake; rxpath scenarios lists them\n',
      ],
    );
  });

  it('tell the comments of a script above the frames that they are about', async () => {
    writeFileSync(
      at('told.scn'),
      `# a closed port\n${HOST}\n# nobody\n# is there\nrepeat 2\n  bob:5000 > 23 tcp SYN # again\nend\n`,
    );
    const { out } = await inProcess(['run', at('told.scn'), '--frames']);
    const told = out.split('\n').filter((line) => /^(#| +\d+ )/.test(line));
    assert.deepEqual(
      told.map((line) => line.slice(0, 32)),
      [
        '# a closed port',
        '# nobody',
        '# is there',
        '# again',
        '    1   0.000000 → ✗ drop    tcp',
        '    2   0.000200 → ● consume arp',
        '    3   0.000300 → ✗ drop    tcp',
      ],
    );
  });

  it('show the views that were asked for of each of several scripts, and keep their bodies apart', async () => {
    const { code, out, err } = await inProcess(['run', 'first', 'http-unfinished', '--bodies', at('bodies'), '--http']);
    assert.deepEqual([code, out.match(/^HTTP {2}\d+$/gm)?.length], [0, 2]);
    assert.deepEqual(
      err
        .split('\n')
        .map((line) => line.replace(/^rxpath: \d+ bod(y|ies) \(\d+ bytes\) saved in /, '').replaceAll(at('bodies'), 'B')),
      ['B/first, listed in B/first/index.tsv', 'B/http-unfinished, listed in B/http-unfinished/index.tsv', ''],
    );
  });

  it('say which sockets the program could not open, and do not count them among those that it has', async () => {
    const { out } = await inProcess(['run', 'server-start-up-fails', '--drops']);
    assert.deepEqual(out.split('\n').slice(1, 4), [
      'host 10.0.0.1 · listens on tcp/80  (from the script)',
      'note: a socket of the program could not be opened: tcp/80, in use already (EADDRINUSE)',
      'note: a socket of the program could not be opened: tcp/81, not an address of this host (EADDRNOTAVAIL)',
    ]);
  });

  it('send and read UTF-8 in requests', async () => {
    writeFileSync(
      at('utf8.scn'),
      `${HOST}listen tcp 80\nrespond GET /a 200 "你好"\nbob connect tcp 80\nbob request GET /a header "X-Y: é"\n  expect http 200 "好"\nbob request GET "/é"\n  expect http 200 "é"\n`,
    );
    const told = (await inProcess(['run', at('utf8.scn'), '--json'])).out.split('\n');
    const expects = told.filter((line) => line.includes('"expect"')).map((line) => JSON.parse(line) as { actual: string });
    assert.deepEqual(
      expects.map(({ actual }) => actual),
      ['http 200 "你好"', 'http 400 "400 Bad Request\\n"'],
    );
    assert.match(told.join(), /"target":"\/Ã©"/);
  });

  it('generate a capture that analyze reads', async () => {
    const file = at('first.pcapng');
    const { code, err } = await inProcess(['generate', 'first', '-o', file, '--fcs', '--comments']);
    assert.deepEqual([code, err], [0, `rxpath: 21 frames written to ${file}\n`]);
    assert.match((await inProcess(['analyze', file])).out, /of 21 frames dropped/);
    const detail = (await inProcess(['analyze', file, '--frame', '3'])).out.split('\n');
    assert.equal(detail[3], 'Comment  #2 consume tcp tcp_syn_received');
    const [, line] = (await inProcess(['analyze', file, '--frame', '3', '--json'])).out.split('\n');
    assert.deepEqual(JSON.parse(line!).comments, ['#2 consume tcp tcp_syn_received']);
    mkdirSync(at('dir.pcap'));
    const refusals: readonly [string[], string][] = [
      [[], 'no script is named. Example: rxpath generate first.scn -o first.pcapng'],
      [['first'], 'no file is named to write to: -o FILE. Example: rxpath generate first.scn -o first.pcapng'],
      [['first', '-o', 'x.txt'], '-o x.txt: the name must end in .pcap or .pcapng'],
      [['first', '-o', at('none/x.pcap')], `${at('none/x.pcap')}: there is no such directory`],
      [['first', '-o', at('dir.pcap')], `${at('dir.pcap')}: this is a directory`],
    ];
    for (const [args, message] of refusals) {
      const refused = await inProcess(['generate', ...args]);
      assert.deepEqual([refused.code, refused.out, refused.err], [2, '', `rxpath: ${message}\n`]);
    }
    assert.equal((await inProcess(['generate', 'first', '-o', at('x.pcap'), '--comments'])).code, 2);
  });

  it('say where a capture that is replayed is damaged, having played the rest of it', async () => {
    mkdirSync(at('damaged'));
    await inProcess(['generate', 'first', '-o', at('whole.pcap')]);
    writeFileSync(at('damaged/cut.pcap'), readFileSync(at('whole.pcap')).subarray(0, -1));
    writeFileSync(at('damaged/a.scn'), `${HOST}replay cut.pcap\n`);
    const told = /cut\.pcap: The capture ends within the record at byte \d+/;
    const one = await inProcess(['run', at('damaged/a.scn')]);
    assert.equal(one.code, 3);
    assert.match(one.err, told);
    assert.match(one.out, /of 21 frames dropped/);
    const suite = await inProcess(['run', at('damaged')]);
    assert.equal(suite.code, 1);
    assert.match(suite.out, told);
    const { code, err } = await inProcess(['generate', at('damaged/a.scn'), '-o', at('again.pcap')]);
    assert.equal(code, 3);
    assert.match(err, told);
  });

  it('draw the line signal of a frame', async () => {
    const { code, out } = await inProcess(['run', '01-line-signal', '--signal', '1', '--ascii']);
    assert.equal(code, 0);
    assert.match(out, /preamble/);
    const { code: none, err } = await inProcess(['run', 'first', '--signal', '1']);
    assert.equal(none, 2);
    assert.match(err, /phy 10base-t/);
  });
});
