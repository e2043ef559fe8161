import assert from 'node:assert/strict';
import { firstHop, lengthOnTheWire, onTheWire } from '../../../src/host/ip/source-route.ts';

const DESTINATION = 0x0a000002;
/** By 10.0.0.3 and 10.9.0.9 to 10.0.0.2. */
const ROUTE = Uint8Array.of(131, 15, 4, 10, 0, 0, 3, 10, 9, 0, 9, 10, 0, 0, 2, 0);
const RECORD = Uint8Array.of(7, 7, 8, 10, 0, 0, 1);

describe('source route of an answer', () => {
  const cases: readonly (readonly [string, Uint8Array, string, readonly number[]])[] = [
    ['none', new Uint8Array(0), '10.0.0.2', []],
    ['other options', Uint8Array.of(...RECORD, 0), '10.0.0.2', [...RECORD, 0]],
    ['its first hop', ROUTE, '10.0.0.3', [131, 11, 4, 10, 9, 0, 9, 10, 0, 0, 2, 0]],
    ['behind others', Uint8Array.of(...RECORD, 1, ...ROUTE), '10.0.0.3', [...RECORD, 1, 131, 11, 4, 10, 9, 0, 9, 10, 0, 0, 2, 0]],
    ['behind the end', Uint8Array.of(0, ...ROUTE.subarray(0, 15)), '10.0.0.2', [0, ...ROUTE.subarray(0, 15)]],
  ];
  for (const [what, options, hop, wire] of cases) {
    it(`goes by ${what}`, () => {
      const address = firstHop(options, DESTINATION);
      assert.equal([address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.'), hop);
      assert.deepEqual([...onTheWire(options)], wire);
      assert.equal(lengthOnTheWire(options), wire.length);
    });
  }
});
