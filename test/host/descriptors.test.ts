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

  it('are so among very many', () => {
    const descriptors = new Descriptors();
    const sockets = Array.from({ length: 10_000 }, () => ({ fd: -1 }) as Socket);
    assert.deepEqual(
      sockets.map((socket) => descriptors.assign(socket)),
      sockets.map((_, i) => i + 3),
    );
    for (const i of [9_000, 64, 2_047, 2_048]) descriptors.release(sockets[i]!);
    assert.deepEqual(
      Array.from({ length: 5 }, () => descriptors.assign({ fd: -1 } as Socket)),
      [67, 2_050, 2_051, 9_003, 10_003],
    );
  });

  it('stay taken while nobody is told to have them', () => {
    const descriptors = new Descriptors();
    const [first, second] = [{ fd: -1 } as Socket, { fd: -1 } as Socket];
    descriptors.assign(first);
    descriptors.pass(first, null);
    assert.deepEqual([[...descriptors], descriptors.assign(second)], [[], 4]);
    descriptors.restore(first);
    descriptors.release(first);
    assert.equal(descriptors.assign(first), 3);
  });
});
