import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Descriptors, type Socket } from '../../src/host/sockets.ts';

describe('descriptors', () => {
  it('are always the lowest that is free, from 3 on', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 600 }), (releases) => {
        const descriptors = new Descriptors();
        const open = new Map<number, Socket>();
        for (const release of releases) {
          const socket = { fd: -1 } as Socket;
          let lowest = 3;
          while (open.has(lowest)) lowest++;
          assert.equal(descriptors.assign(socket), lowest);
          open.set(lowest, socket);
          const gone = open.get(release + 3);
          if (gone === undefined) continue;
          descriptors.release(gone);
          open.delete(release + 3);
        }
        assert.deepEqual(
          [...descriptors],
          [...open.entries()].sort(([a], [b]) => a - b).map(([, socket]) => socket),
        );
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});
