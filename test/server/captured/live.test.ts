import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CapturedConnection } from '../../../src/server/captured/connection.ts';
import { LiveConnections } from '../../../src/server/captured/live.ts';

function link(): CapturedConnection {
  return { before: null, behind: null } as unknown as CapturedConnection;
}

describe('live connections', () => {
  it('are there as in a set, in the order in which they began', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 60 }), (steps) => {
        const live = new LiveConnections();
        const set = new Set<CapturedConnection>();
        const all = Array.from({ length: 10 }, link);
        for (const step of steps) {
          const one = all[step]!;
          if (set.delete(one)) live.remove(one);
          else {
            set.add(one);
            live.add(one);
          }
          assert.ok([...live].every((connection, i) => connection === [...set][i]));
          assert.equal([...live].length, set.size);
        }
        live.clear();
        assert.deepEqual([...live], []);
      }),
      { seed: 2, numRuns: 100 },
    );
  });
});
