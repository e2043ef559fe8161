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

  it('are so among many', () => {
    const descriptors = new Descriptors();
    const all = Array.from({ length: 140_000 }, () => ({ fd: -1 }) as Socket);
    for (const [i, socket] of all.entries())
      if (descriptors.assign(socket) !== i + 3) assert.fail(`${socket.fd} instead of ${i + 3}`);
    const released = [131_072, 65_535, 65_536, 2047, 2048, 31, 32, 0, 139_999];
    for (const at of released) descriptors.release(all[at]!);
    const again = released.map(() => descriptors.assign({ fd: -1 } as Socket) - 3);
    assert.deepEqual(
      again,
      [...released].sort((a, b) => a - b),
    );
    assert.equal(descriptors.assign({ fd: -1 } as Socket), 140_003);
  });
});
