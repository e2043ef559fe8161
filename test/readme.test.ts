import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, ENV, ROOT as root } from './commands/run.ts';

/** Every `$ rxpath …` of the README's console blocks, and what is said to follow it. */
function examples(): { command: string; shown: string }[] {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const found: { command: string; shown: string }[] = [];
  for (const [, block] of readme.matchAll(/```console\n([\s\S]*?)```/g)) {
    for (const part of block!.split(/^\$ rxpath /m).slice(1)) {
      const end = part.indexOf('\n');
      found.push({ command: part.slice(0, end), shown: part.slice(end + 1) });
    }
  }
  return found;
}

describe('README', () => {
  const all = examples();

  it('has examples', () => assert.ok(all.length >= 2));

  it('has a script, which plays as it stands', () => {
    const script = /```\n(server [\s\S]*?)```/.exec(readFileSync(`${root}README.md`, 'utf8'))![1]!;
    const folder = mkdtempSync(join(tmpdir(), 'rxpath-readme-'));
    writeFileSync(join(folder, 'hello.scn'), script);
    const { stdout, status } = spawnSync(process.execPath, ['bin/dev.js', 'run', join(folder, 'hello.scn')], {
      cwd: root,
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    assert.match(stdout, /all 3 expectations were met/);
    assert.equal(status, 0);
  });

  for (const { command, shown } of all) {
    it(`shows what \`rxpath ${command}\` prints`, () => {
      const { stdout } = spawnSync(process.execPath, [BIN, ...command.split(' ')], { cwd: root, encoding: 'utf8', env: ENV });
      assert.equal(stdout, shown);
    });
  }
});
