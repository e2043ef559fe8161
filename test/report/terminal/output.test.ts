import assert from 'node:assert/strict';
import { Output, OutputError } from '../../../src/report/terminal/output.ts';
import { memoryOutput } from '../memory-output.ts';

function failing(code: string, times: number): { output: Output; text: () => string; calls: () => number } {
  let calls = 0;
  let text = '';
  const output = new Output((bytes, start, length) => {
    if (calls++ < times) throw Object.assign(new Error(code), { code });
    text += Buffer.from(bytes.subarray(start, start + length)).toString();
    return length;
  });
  return { output, text: () => text, calls: () => calls };
}

describe('output', () => {
  it('gathers lines until it is flushed', () => {
    const writes: number[] = [];
    const output = new Output((_bytes, _start, length) => {
      writes.push(length);
      return length;
    });
    for (let i = 0; i < 100; i++) output.line('0123456789');
    assert.deepEqual(writes, []);
    output.flush();
    assert.deepEqual(writes, [1100]);
  });

  it('writes about 64 KiB at a time', () => {
    const writes: number[] = [];
    const output = new Output((_bytes, _start, length) => {
      writes.push(length);
      return length;
    });
    for (let i = 0; i < 30_000; i++) output.line('0123456789');
    output.flush();
    assert.equal(
      writes.reduce((sum, n) => sum + n, 0),
      330_000,
    );
    assert.deepEqual(
      writes.slice(0, -1).filter((n) => n < 65_536 || n > 131_072),
      [],
    );
  });

  it('writes a text longer than its buffer whole and in order', () => {
    const { output, text } = memoryOutput();
    const long = '丢弃'.repeat(50_000);
    output.line('before');
    output.line(long);
    output.line('after');
    assert.equal(text(), `before\n${long}\nafter\n`);
  });

  it('goes on where the reader takes a part', () => {
    let text = '';
    const output = new Output((bytes, start, length) => {
      const taken = Math.min(length, 7);
      text += Buffer.from(bytes.subarray(start, start + taken)).toString();
      return taken;
    });
    output.line('a line that takes several writes');
    output.flush();
    assert.equal(text, 'a line that takes several writes\n');
  });

  it('waits for a full pipe', () => {
    const { output, text, calls } = failing('EAGAIN', 30);
    output.line('at last');
    output.flush();
    assert.equal(text(), 'at last\n');
    assert.equal(calls(), 31);
  });

  it('throws away what comes after the reader has gone', () => {
    const { output, text, calls } = failing('EPIPE', 1);
    output.line('one');
    output.flush();
    assert.equal(output.closed, true);
    output.line('two');
    output.flush();
    assert.equal(text(), '');
    assert.equal(calls(), 1);
  });

  it('says so where the disk is full', () => {
    const { output } = failing('ENOSPC', 1);
    output.line('one');
    assert.throws(() => output.flush(), OutputError);
  });
});
