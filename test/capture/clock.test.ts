import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Clock } from '../../src/capture/clock.ts';
import { Stamper } from '../../src/capture/stamper.ts';
import { splitSeconds, Timeline } from '../../src/capture/timeline.ts';

const SECOND = 1_000_000_000n;

const resolution = fc.oneof(
  fc.record({ base: fc.constant(10 as const), exponent: fc.nat(20) }),
  fc.record({ base: fc.constant(2 as const), exponent: fc.nat(64) }),
  fc.record({ base: fc.constantFrom(2 as const, 10 as const), exponent: fc.nat(127) }),
);
const stamp = fc.oneof(
  fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
  fc.bigInt(0n, 1n << 40n),
  fc.bigInt(1n << 60n, (1n << 60n) + 5_000_000n),
);
const offset = fc.oneof(fc.constant(0n), fc.bigInt(-(1n << 40n), 1n << 40n));

/** Rounds down, also below zero. */
function floor(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}

describe('a clock', () => {
  it('gives what exact arithmetic gives, stamp after stamp', () => {
    fc.assert(
      fc.property(resolution, offset, fc.array(stamp, { minLength: 1, maxLength: 12 }), (about, seconds, stamps) => {
        const timeline = new Timeline();
        const clock = new Clock(timeline, about, seconds);
        const units = BigInt(about.base) ** BigInt(about.exponent);
        for (const value of stamps) {
          const time = clock.at(Number(value >> 32n), Number(value & 0xffff_ffffn));
          const absolute = floor(value * SECOND, units) + seconds * SECOND;
          if (value === stamps[0]) assert.equal(timeline.origin, absolute);
          const exact = absolute - timeline.origin;
          const spacing = Math.abs(time) <= Number.MAX_SAFE_INTEGER ? 0 : Math.abs(time) * 2 ** -51;
          assert.ok(
            Number.isInteger(time) && Math.abs(Number(exact - BigInt(time))) <= spacing,
            `${value} gave ${time}, not ${exact}`,
          );
        }
      }),
      { seed: 3, numRuns: 20_000 },
    );
  });

  it('goes on from a timeline that has begun', () => {
    const timeline = new Timeline();
    timeline.begin(5n * SECOND);
    assert.equal(new Clock(timeline, { base: 10, exponent: 3 }, 0n).at(0, 4_250), -750_000_000);
    assert.equal(timeline.origin, 5n * SECOND);
  });
});

describe('a stamper', () => {
  it('is the reverse of a clock, as finely as the resolution allows', () => {
    const exponents = fc.oneof(
      fc.record({ base: fc.constant(10 as const), exponent: fc.nat(9) }),
      fc.record({ base: fc.constant(10 as const), exponent: fc.integer({ min: 10, max: 18 }) }),
      fc.record({ base: fc.constant(2 as const), exponent: fc.nat(60) }),
    );
    const times = fc.array(fc.integer({ min: 0, max: 1_000_000_000 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(exponents, fc.bigInt(0n, 8n * SECOND), fc.bigInt(-5n, 0n), times, (about, origin, seconds, moments) => {
        const stamper = new Stamper(origin, about, seconds);
        const timeline = new Timeline();
        timeline.begin(origin);
        const clock = new Clock(timeline, about, seconds);
        const units = BigInt(about.base) ** BigInt(about.exponent);
        for (const time of moments) {
          stamper.stamp(time);
          const exact = origin + BigInt(time) - seconds * SECOND;
          const value = (BigInt(stamper.high) << 32n) | BigInt(stamper.low);
          assert.equal(value, (exact * units) / SECOND);
          assert.equal(BigInt(clock.at(stamper.high, stamper.low)), floor(value * SECOND, units) + seconds * SECOND - origin);
        }
      }),
      { seed: 5, numRuns: 5_000 },
    );
  });
});

describe('splitSeconds', () => {
  const cases: [nanoseconds: bigint, seconds: number, rest: number][] = [
    [0n, 0, 0],
    [1_999_999_999n, 1, 999_999_999],
    [-1n, -1, 999_999_999],
    [-1_000_000_000n, -1, 0],
    [1_700_000_000_123_456_789n, 1_700_000_000, 123_456_789],
  ];
  for (const [nanoseconds, seconds, rest] of cases) {
    it(`splits ${nanoseconds}`, () => assert.deepEqual(splitSeconds(nanoseconds), { seconds, nanoseconds: rest }));
  }
});
