import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { COMMANDS } from '../../src/commands/index.ts';
import { inProcess } from './in-process.ts';
import { rxpath } from './run.ts';

describe('rxpath', () => {
  it('says what it is and what to try, in a few lines', () => {
    const { code, out, err } = rxpath([]);
    assert.deepEqual([code, err], [0, '']);
    assert.ok(out.split('\n').length < 16);
    for (const word of ['rxpath analyze capture.pcap', '--frame 7', 'rxpath explain no_socket', 'rxpath analyze --help'])
      assert.ok(out.includes(word), word);
  });

  it('tells its version', () => {
    for (const flag of ['--version', '-v']) assert.match(rxpath([flag]).out, /^rxpath\/\d+\.\d+\.\d+ /);
  });

  it('has its help behind -h, too', () => {
    assert.equal(rxpath(['-h']).out, rxpath(['--help']).out);
    assert.equal(rxpath(['fmt', '-h']).out, rxpath(['fmt', '--help']).out);
  });

  it('has help with examples for each command', () => {
    for (const command of Object.keys(COMMANDS).filter((id) => !id.includes(':'))) {
      const { code, out } = rxpath([command, '--help']);
      assert.equal(code, 0);
      assert.match(out, /EXAMPLES\n/);
    }
  });

  it('has help that fits a terminal of 80 columns', () => {
    for (const args of [[], ...Object.keys(COMMANDS).map((id) => id.split(':'))])
      for (const line of rxpath([...args, '--help']).out.split('\n')) assert.ok(line.length <= 80, line);
  });

  for (const args of [['scenarios'], ['explain', '429'], ['run', 'first']]) {
    it(`does as a build what its source does: ${args.join(' ')}`, async () =>
      assert.deepEqual(rxpath(args), await inProcess(args)));
  }

  it('generates as a build what its source does', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rxpath-built-')), 'first.pcap');
    const args = ['generate', 'first', '-o', file];
    const source = [await inProcess(args), readFileSync(file)];
    assert.deepEqual([rxpath(args), readFileSync(file)], source);
    rmSync(dirname(file), { recursive: true });
  });

  const unknown: readonly [string, string][] = [
    ['anlyze', 'rxpath: anlyze is not a command. Did you mean rxpath analyze?\n'],
    ['my.scn', 'rxpath: my.scn is not a command. To play that script: rxpath run my.scn\n'],
    ['08-handshake', 'rxpath: 08-handshake is not a command. To play that scenario: rxpath run 08-handshake\n'],
    ['no_socket', 'rxpath: no_socket is not a command. What it means: rxpath explain no_socket\n'],
    ['package.json', 'rxpath: package.json is not a command. To look into that file: rxpath analyze package.json\n'],
    [
      'xyzzy',
      `rxpath: xyzzy is not a command. Commands: ${[...Object.keys(COMMANDS), 'help'].join(', ')}. Help: rxpath --help\n`,
    ],
  ];
  for (const [word, message] of unknown) {
    it(`answers the unknown command ${word}`, async () => {
      const { code, out, err } = await inProcess([word]);
      assert.deepEqual([code, out, err], [2, '', message]);
    });
  }
});
