import assert from 'node:assert/strict';
import { crc32c } from '../../src/wire/crc32c.ts';

describe('CRC-32C', () => {
  const cases: readonly (readonly [string, Uint8Array, number])[] = [
    ['nine digits', Buffer.from('123456789'), 0xe306_9283],
    ['32 bytes of zero (RFC 3720 B.4)', new Uint8Array(32), 0x8a91_36aa],
    ['32 bytes of ones (RFC 3720 B.4)', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['nothing', new Uint8Array(0), 0],
  ];
  for (const [what, bytes, crc] of cases) it(what, () => assert.equal(crc32c(bytes, 0, bytes.length), crc));

  it('leaves out its own field', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const zeroed = Uint8Array.of(1, 2, 0, 0, 5, 6, 7, 8);
    assert.equal(crc32c(bytes, 0, 8, 2, 4), crc32c(zeroed, 0, 8));
  });
});
