import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TupleIndex } from '../../../src/host/tcp/tuple-index.ts';

/** Slots of a tuple, as they are found one behind the other. */
function slots(index: TupleIndex, hash: number, ports: number, peer: number): number[] {
  const found: number[] = [];
  for (let at = index.find(hash, ports, peer); at >= 0; at = index.find(hash, ports, peer, at)) found.push(index.slotAt(at));
  return found;
}

describe('an index of tuples', () => {
  it('finds what a map would, whatever is added and removed', () => {
    // few hashes, some at the end of the block, so that runs are long and go round
    const step = fc.record({
      hash: fc.constantFrom(0, 1, 2, 1021, 1022, 1023, -1, -2, 77),
      ports: fc.nat(40),
      isAdded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const index = new TupleIndex();
        const there = new Map<string, { slot: number; hash: number; ports: number }>();
        let slot = 0;
        for (const { hash, ports, isAdded } of steps) {
          const key = `${hash} ${ports}`;
          const known = there.get(key);
          if (isAdded && known === undefined) {
            index.add(slot, hash, ports, 9);
            there.set(key, { slot: slot++, hash, ports });
          } else if (!isAdded && known !== undefined) {
            index.remove(known.slot, hash);
            there.delete(key);
          }
        }
        assert.equal(index.size, there.size);
        for (const { slot, hash, ports } of there.values()) assert.deepEqual(slots(index, hash, ports, 9), [slot]);
        for (const { hash, ports } of steps)
          assert.equal(slots(index, hash, ports, 9).length, there.has(`${hash} ${ports}`) ? 1 : 0);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('finds all of those that an entry does not tell apart, and none of another peer', () => {
    const index = new TupleIndex();
    for (const slot of [4, 7, 9]) index.add(slot, 1023, 80, 1);
    index.remove(7, 1023);
    index.remove(8, 1023);
    assert.deepEqual(slots(index, 1023, 80, 1), [4, 9]);
    assert.deepEqual(slots(index, 1023, 80, 2), []);
  });

  it('grows', () => {
    const index = new TupleIndex();
    for (let slot = 0; slot < 5000; slot++) index.add(slot, Math.imul(slot, 0x9e3779b1), slot, slot);
    for (let slot = 0; slot < 5000; slot++) assert.deepEqual(slots(index, Math.imul(slot, 0x9e3779b1), slot, slot), [slot]);
  });
});
