import assert from 'node:assert/strict';
import { Tracked, TrackedTable } from '../../../src/host/firewall/conntrack-table.ts';

const SECOND = 1_000_000_000;
const MOST = 100;

let reads = 0;

/** Counts how often it is asked when it is forgotten. */
class Counted extends Tracked {
  constructor(key: number, due: number) {
    super(false);
    this.key = key;
    this.isAssured = true;
    Object.defineProperty(this, 'due', {
      get: () => {
        reads++;
        return due;
      },
    });
  }
}

function full(due: number): TrackedTable {
  const table = new TrackedTable(MOST);
  for (let key = 0; key < MOST; key++) table.add(new Counted(key, due));
  reads = 0;
  return table;
}

describe('a full table of conversations', () => {
  it('is not read from end to end for each packet that finds no room', () => {
    const table = full(60 * SECOND);
    for (let nth = 0; nth < 10; nth++) assert.equal(table.hasRoom(nth), false);
    assert.ok(reads <= MOST + 10 * 64, `${reads} reads`);
  });

  it('has room again when its conversations have come to their end', () => {
    const table = full(SECOND / 2);
    assert.deepEqual(
      [0, SECOND / 2 - 1, SECOND / 2].map((now) => table.hasRoom(now)),
      [false, false, true],
    );
  });
});
