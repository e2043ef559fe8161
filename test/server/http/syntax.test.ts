import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextLineFeed } from '../../../src/server/http/syntax.ts';

describe('the next line feed', () => {
  it('is where indexOf finds it', () => {
    const byte = fc.oneof(fc.constantFrom(9, 10, 11, 13, 0x8a, 0x0b0a), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.nat(40), fc.nat(40), (values, a, b) => {
        const bytes = Uint8Array.from(values);
        const start = Math.min(a, b, bytes.length);
        const end = Math.min(Math.max(a, b), bytes.length);
        const found = bytes.subarray(0, end).indexOf(10, start);
        assert.equal(nextLineFeed(bytes, start, end), found < 0 ? end : found);
      }),
      { seed: 6, numRuns: 5000 },
    );
  });
});
