import assert from 'node:assert/strict';
import { Peers } from '../../../src/host/icmp/peers.ts';

describe('what is kept of peers', () => {
  const kinds: readonly (readonly [string, number, (nth: number) => readonly [number, number, number, number]])[] = [
    ['65536', 65_536, (nth) => [0, 0, 0, nth]],
    ['16 whose addresses have the same exclusive or', 16, (nth) => [0, 0, nth, nth]],
  ];
  for (const [what, most, address] of kinds) {
    it(`is of ${what}, and no more`, () => {
      const peers = new Peers();
      const find = (nth: number) => peers.find(...address(nth));
      const first = find(0);
      for (let nth = 1; nth < most; nth++) find(nth);
      assert.equal(find(0), first);
      const last = find(most);
      assert.equal(find(most), last);
      assert.notEqual(find(0), first);
    });
  }
});
