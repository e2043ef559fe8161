import assert from 'node:assert/strict';
import { Reliability } from '../../../src/replay/survey/reliability.ts';

describe('reliability of checksums', () => {
  /** Packets from 1 to 2: wrong ones, then right ones. Expected: unreliable, credible. */
  const cases: [wrong: number, right: number, unreliable: boolean, credible: boolean][] = [
    [0, 0, false, false],
    [1, 0, false, false],
    [2, 0, false, true],
    [3, 0, true, true],
    [3, 1, false, false],
    [8, 1, false, false],
    [9, 1, true, true],
    [8, 2, false, false],
    [90, 10, true, true],
    [89, 11, false, false],
  ];
  for (const [wrong, right, unreliable, credible] of cases) {
    it(`${wrong} wrong and ${right} right`, () => {
      const reliability = new Reliability();
      for (let i = 0; i < wrong; i++) reliability.note(1, 2, true);
      for (let i = 0; i < right; i++) reliability.note(1, 2, false);
      assert.deepEqual(
        [reliability.isUnreliable(1, 2), reliability.isCredible(1, 2), reliability.hasCredible],
        [unreliable, credible, credible],
      );
      assert.equal(reliability.isUnreliable(2, 1), false, 'the other direction is another sender');
    });
  }

  it('tells addresses that were rewritten from those that were not', () => {
    const reliability = new Reliability();
    for (let i = 0; i < 3; i++) reliability.note(1, 2, true);
    for (let i = 0; i < 20; i++) reliability.note(1, 3, false);
    assert.equal(reliability.isUnreliable(1, 2), true);
    assert.equal(reliability.isUnreliable(1, 3), false);
  });

  it('takes a sender’s packets together', () => {
    const reliability = new Reliability();
    for (let peer = 2; peer < 5; peer++) reliability.note(1, peer, true);
    assert.equal(reliability.isUnreliable(1, 9), true);
  });
});
