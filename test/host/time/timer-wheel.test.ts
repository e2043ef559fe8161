import assert from 'node:assert/strict';
import fc from 'fast-check';
import { wheelTime } from '../../../src/host/time/timer-wheel.ts';

const MS = 1_000_000;

describe('timer wheel', () => {
  const cases: readonly (readonly [string, number, number, number])[] = [
    ['40 ms', 0, 40 * MS, 44 * MS],
    ['1 s', 0, 1000 * MS, 1024 * MS],
    ['2 s', 1 * MS, 2000 * MS, 2016 * MS],
    ['30 s', 0, 30_000 * MS, 30_720 * MS],
    ['60 s', 5000 * MS, 60_000 * MS, 65_536 * MS],
  ];
  for (const [what, now, delay, due] of cases)
    it(`fires ${what} at ${due / MS} ms`, () => assert.equal(wheelTime(now, delay), due));

  it('never fires early, nor more than an eighth and two jiffies late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 0, max: 600_000 }), (now, ms) => {
        const delay = ms * MS;
        const late = wheelTime(now, delay) - now - delay;
        return late >= 0 && late <= delay / 7.5 + 8 * MS;
      }),
      { seed: 1 },
    );
  });
});
