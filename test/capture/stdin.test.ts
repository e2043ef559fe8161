import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Blocks, join, payload, pcapHeader, pcapRecord } from './build.ts';
import { directory, put } from './readers.ts';

const PROGRAM = fileURLToPath(new URL('./print-frames.ts', import.meta.url));
const T = 1_700_000_000;

function start(stdin: 'pipe' | 'ignore' | number, ...paths: string[]): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...paths], { stdio: [stdin, 'pipe', 'inherit'] });
  return { child, lines: createInterface(child.stdout!)[Symbol.asyncIterator]() };
}

async function rest(lines: AsyncIterator<string>): Promise<string[]> {
  const found: string[] = [];
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) found.push(line.value);
  return found;
}

describe('standard input', () => {
  it('gives each frame as it arrives, and ends within a record', async () => {
    const { child, lines } = start('pipe', '-');
    const stdin = child.stdin!;
    stdin.write(join(pcapHeader({}), pcapRecord(T, 0, payload(60))));
    assert.equal((await lines.next()).value, '1 0 60');
    const second = pcapRecord(T, 5, payload(61));
    stdin.write(second.subarray(0, 20));
    stdin.write(second.subarray(20));
    assert.equal((await lines.next()).value, '2 5000 61');
    stdin.write(join(pcapRecord(T, 6, payload(62)), pcapRecord(T, 7, payload(63)).subarray(0, 40)));
    assert.equal((await lines.next()).value, '3 6000 62');
    stdin.end();
    assert.deepEqual(await rest(lines), ['end size=null rewindable=false damage=E_CAPTURE_TRUNCATED']);
  });

  it('gives pcapng packets as they arrive', async () => {
    const b = new Blocks(true);
    const { child, lines } = start('pipe', '-');
    const stdin = child.stdin!;
    stdin.write(join(b.section(), b.interface(), b.packet(0, 1n, payload(60))));
    assert.equal((await lines.next()).value, '1 0 60');
    stdin.end(join(b.packet(0, 2n, payload(61)), b.statistics(0)));
    assert.deepEqual(await rest(lines), ['2 1000 61', 'end size=null rewindable=false damage=none']);
  });

  it('may be gzip', async () => {
    const { child, lines } = start('pipe', '-');
    child.stdin!.end(gzipSync(join(pcapHeader({}), pcapRecord(T, 0, payload(60)))));
    assert.deepEqual(await rest(lines), ['1 0 60', 'end size=null rewindable=false damage=none']);
  });

  it('is a file where it is redirected from one', async () => {
    const path = put('redirected.pcap', join(pcapHeader({}), pcapRecord(T, 0, payload(60))));
    const { lines } = start(openSync(path, 'r'), '-');
    assert.deepEqual(await rest(lines), ['1 0 60', 'end size=100 rewindable=true damage=none']);
  });

  it('is refused where it is empty or a directory', async () => {
    const empty = start('ignore', '-');
    assert.match((await rest(empty.lines))[0]!, /^refused E_CAPTURE_EMPTY standard input is empty/);
    const folder = start(openSync(directory, 'r'), '-');
    assert.match((await rest(folder.lines))[0]!, /^refused E_CAPTURE_IS_DIRECTORY standard input is a directory/);
  });
});
