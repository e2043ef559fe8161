import assert from 'node:assert/strict';
import type { Direction } from '../../../src/replay/survey/direction.ts';
import { DirectionByFile, FileDirections } from '../../../src/replay/survey/file-directions.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';
import { Frame, FrameDirection } from '../../../src/wire/frame.ts';

const { inbound, outbound, unsaid } = FrameDirection;
const HOST = 1;
const CLIENT = 2;
const OTHER = 3;

function between(from: number, to: number): Peek {
  return Object.assign(new Peek(), { family: 4, src3: from, dst3: to });
}

function words(last: number): readonly [number, number, number, number] {
  return [0, 0, 0, last];
}

describe('what a file says of where its frames went', () => {
  it('tells whose frames go out', () => {
    const directions = new FileDirections();
    for (let i = 0; i < 20; i++) {
      directions.look(between(CLIENT, HOST), inbound);
      directions.look(between(HOST, CLIENT), outbound);
    }
    // forged, and passed on for somebody
    directions.look(between(HOST, HOST), inbound);
    directions.look(between(OTHER, CLIENT), inbound);
    directions.look(between(OTHER, CLIENT), outbound);
    assert.deepEqual(
      [HOST, CLIENT, OTHER, 9].map((last) => directions.isOwn(words(last))),
      [true, false, false, false],
    );
    assert.equal(directions.hasOut, true);
  });

  it('tells for whom frames come in, where none goes out', () => {
    const directions = new FileDirections();
    for (let address = 10; address < 100; address++) directions.look(between(address, HOST), inbound);
    assert.equal(directions.hasOut, false);
    assert.deepEqual(
      [HOST, 10, 99].map((last) => [directions.isOnlyAddressed(words(last)), directions.isForeign(words(last))]),
      [
        [true, false],
        [false, true],
        [false, true],
      ],
    );
  });

  it('goes before what addresses tell, and learns of them that they agree', () => {
    const byAddress: Direction = { byAddress: true, isInbound: ({ dst3 }) => dst3 === HOST };
    const direction = new DirectionByFile(byAddress);
    const cases: [from: number, to: number, said: number, isInbound: boolean, byAddress: boolean][] = [
      [CLIENT, HOST, inbound, true, true],
      [CLIENT, HOST, unsaid, true, true],
      [CLIENT, HOST, outbound, false, false],
      [HOST, CLIENT, outbound, false, true],
      [HOST, CLIENT, inbound, true, false],
    ];
    for (const [from, to, said, ...expected] of cases) {
      const frame = Object.assign(new Frame(), { direction: said });
      assert.deepEqual([direction.isInbound(between(from, to), frame), direction.byAddress], expected);
    }
  });
});
