import assert from 'node:assert/strict';
import { settle } from '../../src/wire/shape.ts';

describe('settle', () => {
  it('gives the object back as it was', () => {
    class Sample {
      small = 0;
      minus = -1;
      large = 0;
      flag = true;
      text = 'a';
      nothing: object | null = null;
      readonly own = [1, 2];
    }
    const before = new Sample();
    const sample = new Sample();
    const { own } = sample;
    assert.equal(settle(sample, ['large', 'minus']), sample);
    assert.deepEqual(sample, before);
    assert.equal(sample.own, own);
  });
});
