import assert from 'node:assert/strict';
import { manchester } from '../../../src/host/phy/manchester.ts';

/** Half bits as text: `+` and `-`. */
function text(halves: Int8Array): string {
  return Array.from(halves, (half) => (half > 0 ? '+' : '-')).join('');
}

/** A zero falls in the middle of its bit time, a one rises (IEEE 802.3 figure 7-10). */
const ZERO = '+-';
const ONE = '-+';

describe('manchester', () => {
  it('begins with 62 alternating bits, a one first, and two ones', () => {
    assert.equal(text(manchester(new Uint8Array(0), 0, 0)), (ONE + ZERO).repeat(31) + ONE + ONE);
  });

  const octets: readonly (readonly [string, number, string])[] = [
    ['0x00', 0x00, ZERO.repeat(8)],
    ['0xff', 0xff, ONE.repeat(8)],
    ['0x01, lowest bit first', 0x01, ONE + ZERO.repeat(7)],
    ['0x80', 0x80, ZERO.repeat(7) + ONE],
    ['0x55', 0x55, (ONE + ZERO).repeat(4)],
    ['0x68', 0x68, ZERO.repeat(3) + ONE + ZERO + ONE + ONE + ZERO],
  ];
  for (const [what, octet, halves] of octets) {
    it(`codes ${what}`, () => assert.equal(text(manchester(Uint8Array.of(octet), 0, 1)).slice(128), halves));
  }

  it('takes a range of bytes, and bits behind it', () => {
    const halves = text(manchester(Uint8Array.of(9, 0xff, 0x00, 9), 1, 3, 3));
    assert.equal(halves.slice(128), ONE.repeat(8) + ZERO.repeat(8) + ONE.repeat(3));
  });

  it('has no direct current: as much high as low in every bit', () => {
    const halves = manchester(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      0,
      256,
    );
    for (let bit = 0; bit < halves.length; bit += 2) assert.equal(halves[bit]! + halves[bit + 1]!, 0);
  });
});
