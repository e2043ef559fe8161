import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AddressSet } from '../../../src/replay/survey/address-set.ts';

describe('address set', () => {
  const word = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(0x8000_0000, 0xffff_ffff));
  const address = fc.tuple(word, word, word, word);

  it('numbers addresses as a Map does, and finds them again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), address), { maxLength: 300 }),
        fc.integer({ min: 1, max: 200 }),
        (steps, most) => {
          const set = new AddressSet(most);
          const model = new Map<string, number>();
          for (const [adds, words] of steps) {
            const key = words.join();
            if (adds && !model.has(key) && model.size < most) model.set(key, model.size);
            const expected = model.get(key) ?? -1;
            assert.equal(adds ? set.add(...words) : set.find(...words), expected);
            assert.equal(set.size, model.size);
          }
          for (const [key, number] of model) {
            const [w0, w1, w2, w3] = key.split(',').map(Number) as [number, number, number, number];
            assert.equal(set.find(w0, w1, w2, w3), number);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('holds thousands whose words differ in few bits', () => {
    const set = new AddressSet(1 << 16);
    for (let i = 0; i < 40_000; i++) assert.equal(set.add(0, 0, 0, 0x0a00_0000 + i * 256), i);
    for (let i = 0; i < 40_000; i++) assert.equal(set.find(0, 0, 0, 0x0a00_0000 + i * 256), i);
    assert.equal(set.find(0, 0, 0, 0x0b00_0000), -1);
  });
});
