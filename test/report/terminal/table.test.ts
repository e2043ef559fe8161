import assert from 'node:assert/strict';
import { plainStyle } from '../../../src/report/terminal/style.ts';
import { table } from '../../../src/report/terminal/table.ts';

const HEADS = [{ head: 'n', right: true }, { head: 'name' }, { head: 'unused', optional: true }];

describe('a table', () => {
  it('is aligned from its first row to its last, however many there are', () => {
    for (const count of [0, 1, 15, 16, 17, 33, 100]) {
      const rows = Array.from({ length: count }, (_, i) => [String(i), 'x'.repeat(i % 5), '-']);
      const width = String(Math.max(0, count - 1)).length;
      const name = Math.max(4, ...rows.map((row) => row[1]!.length));
      assert.deepEqual(table(plainStyle(), HEADS, rows), [
        `  ${'n'.padStart(width)}  name`,
        ...rows.map(([n, text]) => `  ${n!.padStart(width)}  ${text!.padEnd(name)}`.trimEnd()),
      ]);
    }
  });

  it('takes time in proportion to its rows', () => {
    // of the processor: what else the machine does is not counted
    const once = (rows: readonly string[][]): number => {
      const before = process.cpuUsage();
      table(plainStyle(), HEADS, rows);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const time = (count: number): number => {
      const rows = Array.from({ length: count }, (_, i) => [String(i), 'name', '-']);
      return Math.min(once(rows), once(rows), once(rows));
    };
    time(200);
    const few = Math.max(1, time(250));
    const many = time(2500);
    assert.ok(many < few * 60, `250 rows: ${few.toFixed(1)} ms, 2500 rows: ${many.toFixed(1)} ms`);
  });
});
