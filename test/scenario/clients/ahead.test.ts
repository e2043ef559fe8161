import assert from 'node:assert/strict';
import { Ahead } from '../../../src/scenario/clients/ahead.ts';

const EDGE = 0xffff_fffe;

describe('what was sent ahead of its turn', () => {
  const cases: readonly [what: string, from: number, sent: readonly (readonly [number, number])[], next: number][] = [
    ['waits for the gap before it', 10, [[20, 30]], 10],
    [
      'is next when the gap is filled',
      10,
      [
        [20, 30],
        [10, 20],
      ],
      30,
    ],
    [
      'is next where the gap is filled and more',
      10,
      [
        [20, 30],
        [5, 25],
      ],
      30,
    ],
    [
      'comes in any order',
      10,
      [
        [30, 40],
        [20, 30],
        [10, 20],
      ],
      40,
    ],
    [
      'may overlap',
      10,
      [
        [20, 30],
        [25, 60],
        [22, 24],
        [10, 21],
      ],
      60,
    ],
    [
      'leaves a second gap',
      10,
      [
        [40, 50],
        [20, 30],
        [10, 20],
      ],
      30,
    ],
    [
      'goes over the edge of all numbers',
      EDGE,
      [
        [4, 9],
        [EDGE, 4],
      ],
      9,
    ],
    [
      'is nothing new where it is old',
      10,
      [
        [5, 10],
        [3, 3],
        [20, 20],
      ],
      10,
    ],
  ];
  for (const [what, from, sent, next] of cases) {
    it(what, () => {
      const ahead = new Ahead();
      assert.equal(
        sent.reduce((at, [seq, end]) => ahead.reach(at, seq, end), from),
        next,
      );
    });
  }

  it('takes no time however often it is sent', () => {
    const ahead = new Ahead();
    const begun = performance.now();
    for (let i = 0; i < 200_000; i++) assert.equal(ahead.reach(0, 1000 + 2 * i, 1001 + 2 * i), 0);
    assert.ok(performance.now() - begun < 5000);
    assert.equal(ahead.reach(0, 0, 5000), 5000);
  });
});
