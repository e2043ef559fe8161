import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AgingMap } from '../../src/replay/aging-map.ts';

describe('an aging map', () => {
  it('does as a Map does, whose first key is the oldest', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 30 }).map(String),
      what: fc.constantFrom('add', 'add', 'delete', 'oldest'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const map = new AgingMap<number>();
        const model = new Map<string, number>();
        steps.forEach(({ key, what }, n) => {
          if (what === 'delete') {
            map.delete(key);
            model.delete(key);
          } else if (what === 'oldest') {
            map.deleteOldest();
            for (const first of [...model.keys()].slice(0, 1)) model.delete(first);
          } else if (!model.has(key)) {
            map.add(key, n);
            model.set(key, n);
          }
          assert.equal(map.size, model.size);
          assert.equal(map.oldest(), [...model.values()][0]);
          assert.equal(map.get(key), model.get(key));
          assert.deepEqual([...map.keys()], [...model.keys()]);
        });
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
