import assert from 'node:assert/strict';
import { TokenBucket } from '../../../src/host/firewall/token-bucket.ts';

const MILLISECOND = 1_000_000;

describe('token bucket', () => {
  const cases: readonly (readonly [string, number, number, readonly number[], string])[] = [
    ['a burst, then one for each interval', 10, 3, [0, 0, 0, 0, 99, 100, 101, 200], 'yyynnyny'],
    ['saves up no more than the burst', 10, 2, [0, 0, 0, 5000, 5000, 5000], 'yynyyn'],
    ['begins full whenever the first comes', 1, 2, [100_000, 100_000, 100_000], 'yyn'],
    ['slower than one a second', 0.5, 1, [0, 1000, 1999, 2000, 3000], 'ynnyn'],
  ];
  for (const [what, perSecond, burst, times, taken] of cases) {
    it(what, () => {
      const bucket = new TokenBucket(perSecond, burst);
      assert.equal(times.map((time) => (bucket.take(time * MILLISECOND) ? 'y' : 'n')).join(''), taken);
    });
  }
});
