import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AckMap } from '../../../src/replay/rewrite/ack-map.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';

const THEIRS = 0xffff_ff00;
const OURS = 0x10;

/** ACKs of one client: how far the captured server and ours have sent (SYN counts), what it acknowledges, and what that stands for. */
type Step = readonly [captured: number, ours: number, ack: number, expected: number];

function run(steps: readonly Step[]): number[] {
  const map = new AckMap();
  const peek = new Peek();
  map.open(peek, 1, THEIRS);
  return steps.map(([captured, ours, ack]) => {
    assert.ok(map.choose(peek, { iss: THEIRS, next: (THEIRS + captured) >>> 0 }, { iss: OURS, next: OURS + ours }));
    return (map.mapAck((THEIRS + ack) >>> 0) - OURS) >>> 0;
  });
}

describe('what an ACK stands for when another server answers', () => {
  const cases: [name: string, steps: readonly Step[]][] = [
    ['the handshake', [[1, 1, 1, 1]]],
    ['all is all', [[101, 301, 101, 301]]],
    ['all is all, where ours is shorter', [[301, 101, 301, 101]]],
    [
      'in between: a position',
      [
        [301, 301, 101, 101],
        [301, 501, 201, 201],
        [301, 501, 301, 501],
      ],
    ],
    [
      'in between, never beyond what ours has sent',
      [
        [301, 51, 101, 51],
        [301, 51, 201, 51],
      ],
    ],
    [
      'later ones never stand for less',
      [
        [101, 301, 101, 301],
        [501, 301, 201, 301],
        [501, 301, 501, 301],
      ],
    ],
    [
      'the same again is the same again',
      [
        [501, 501, 101, 101],
        [501, 501, 101, 101],
      ],
    ],
    [
      'all again is all, though ours has sent more since',
      [
        [101, 101, 101, 101],
        [101, 401, 101, 401],
      ],
    ],
    [
      'an old one is an old one',
      [
        [501, 501, 301, 301],
        [501, 501, 101, 101],
        [501, 501, 301, 301],
      ],
    ],
    [
      'a FIN counts as a byte',
      [
        [102, 302, 102, 302],
        [102, 302, 101, 101],
      ],
    ],
    ['more than the capture shows is all', [[1, 301, 101, 301]]],
    [
      'what no server can have caused stays',
      [
        [101, 301, 100_000_101, 100_000_101],
        [101, 301, 0xffff_fff0, 0xffff_fff0],
      ],
    ],
  ];
  for (const [name, steps] of cases)
    it(name, () =>
      assert.deepEqual(
        run(steps),
        steps.map(([, , , expected]) => expected),
      ),
    );

  it('is not known without a SYN, or while ours has not answered', () => {
    const map = new AckMap();
    const peek = new Peek();
    assert.equal(map.choose(peek, { iss: 1, next: 2 }, { iss: 1, next: 2 }), false);
    map.open(peek, 1, -1);
    assert.equal(map.choose(peek, { iss: 1, next: 2 }, null), false);
    assert.equal(map.choose(peek, null, { iss: 1, next: 2 }), false);
    assert.equal(map.choose(peek, { iss: 1, next: 2 }, { iss: 1, next: 2 }), true);
  });

  it('grows with the client’s ACKs, and never beyond what ours has sent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3000), fc.nat(3000), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 30 }),
        (rounds) => {
          let [captured, ours, acked, given] = [1, 1, 1, 1];
          const map = new AckMap();
          const peek = new Peek();
          map.open(peek, 1, THEIRS);
          for (const [theirs, own, part] of rounds) {
            captured += theirs;
            ours += own;
            acked += Math.floor((captured - acked) * part);
            map.choose(peek, { iss: THEIRS, next: (THEIRS + captured) >>> 0 }, { iss: OURS, next: OURS + ours });
            const now = map.mapAck((THEIRS + acked) >>> 0) - OURS;
            assert.ok(now >= given && now <= ours, `${now} after ${given} of ${ours}`);
            if (acked === captured) assert.equal(now, ours);
            given = now;
          }
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
