import assert from 'node:assert/strict';
import { PathTable } from '../../../src/report/views/paths.ts';
import type { Trace } from '../../../src/trace/trace.ts';

function trace(...ids: number[]): Trace {
  return { ids: Uint16Array.from(ids), length: ids.length } as unknown as Trace;
}

describe('path table', () => {
  it('counts equal paths together and keeps the first frame', () => {
    const table = new PathTable();
    const indexes = [trace(1, 2, 3), trace(1, 2), trace(1, 2, 3), trace(3, 2, 1), trace()].map((t, i) => table.count(t, i + 1));
    assert.deepEqual(indexes, [0, 1, 0, 2, 3]);
    assert.deepEqual([...table.counts.subarray(0, 4)], [2, 1, 1, 1]);
    assert.deepEqual([...table.first.subarray(0, 4)], [1, 2, 4, 5]);
    assert.deepEqual([...table.path(0)], [1, 2, 3]);
    assert.deepEqual([...table.path(3)], []);
  });

  it('looks only at as many numbers as the trace holds', () => {
    const table = new PathTable();
    const longer = { ids: Uint16Array.of(1, 2, 99), length: 2 } as unknown as Trace;
    assert.equal(table.count(trace(1, 2), 1), 0);
    assert.equal(table.count(longer, 2), 0);
  });

  it('tells thousands of paths apart, and counts the rest together when it is full', () => {
    const table = new PathTable();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++) table.count(trace(i & 7, i >> 3, 7, i), round * 5000 + i + 1);
    }
    assert.equal(table.size, 4096);
    assert.equal(table.others, 2 * (5000 - 4096));
    assert.deepEqual(new Set(table.counts), new Set([2]));
    assert.deepEqual([...table.path(4095)], [4095 & 7, 4095 >> 3, 7, 4095]);
  });

  it('finds the same path whatever came before it with the same length and verdict', () => {
    const table = new PathTable();
    const known = new Map<string, number>();
    let state = 7;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let n = 1; n <= 5000; n++) {
      const ids = Array.from({ length: 1 + draw(4) }, () => draw(4));
      const index = table.count({ ...trace(...ids), final: draw(2) === 0 ? ids.at(-1)! : -1 } as unknown as Trace, n);
      const before = known.get(ids.join());
      if (before === undefined) known.set(ids.join(), index);
      else assert.equal(index, before);
    }
    assert.equal(table.size, known.size);
    assert.equal(new Set(known.values()).size, known.size);
  });
});
