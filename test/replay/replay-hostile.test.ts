import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LinkType } from '../../src/wire/link.ts';
import { play } from './replaying.ts';
import { GET, MS, OK, type Shot, Talk, together } from './story.ts';

const TALK = together(
  new Talk().open().c('PA', GET).s('PA', OK).c('FA').s('FA').c('A'),
  new Talk('fd00::2', 'fd00::1', [40_001, 80])
    .open()
    .c('PA', GET + GET)
    .s('PA', OK)
    .c('R'),
);
const LINKS = Object.values(LinkType) as number[];
const server = { site: { '/index.html': 'x'.repeat(4000) } };

/** Flips bytes, cuts, leaves out, repeats and moves frames. */
const mutated = fc.array(
  fc.record({
    frame: fc.nat(TALK.length - 1),
    flips: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 }),
    cut: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(80) }),
    late: fc.integer({ min: -50, max: 5000 }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('a replay of anything', () => {
  it('ends, and gives each frame of a client one verdict', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async (changes) => {
        const shots = changes.map(({ frame, flips, cut, late }): Shot => {
          const { bytes, time } = TALK[frame]!;
          const copy = bytes.slice(0, Math.max(0, bytes.length - cut));
          for (const [at, value] of flips) if (at < copy.length) copy[at] = value;
          return { bytes: copy, time: time + late * MS, wireLength: bytes.length };
        });
        const told = await play(shots, server);
        assert.ok(
          told.verdicts.every((verdict) => verdict !== 'none'),
          told.verdicts.join(),
        );
        assert.ok(told.verdicts.length <= shots.length);
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it('whatever the link', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(...LINKS)), { minLength: 1, maxLength: 20 }),
        async (frames) => {
          const told = await play(
            frames.map(([bytes, linkType], i) => ({ bytes, linkType, time: i * MS })),
            server,
          );
          assert.ok(
            told.verdicts.every((verdict) => verdict !== 'none'),
            told.verdicts.join(),
          );
        },
      ),
      { seed: 22, numRuns: 300 },
    );
  });
});
