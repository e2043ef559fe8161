import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checksum, fold, pseudoHeader4, pseudoHeader6, sumBytes, updateChecksum } from '../../src/wire/checksum.ts';

/** Word by word, as RFC 1071 says it. */
function naiveSum(bytes: ArrayLike<number>, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) {
    sum += (bytes[at]! << 8) + (at + 1 < end ? bytes[at + 1]! : 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

const data = fc.uint8Array({ minLength: 1, maxLength: 300 });
const range = fc
  .tuple(data, fc.nat(300), fc.nat(300))
  .map(([bytes, a, b]) => ({ bytes, start: Math.min(a, b, bytes.length), end: Math.min(Math.max(a, b), bytes.length) }));

describe('checksum', () => {
  it('gives what the example of RFC 1071 §3 gives', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    assert.equal(fold(sumBytes(bytes, 0, 8)), 0xddf2);
    assert.equal(checksum(bytes, 0, 8), 0x220d);
  });

  const CASES: [name: string, bytes: number[], expected: number][] = [
    ['nothing', [], 0xffff],
    ['one byte, padded with zero on the right', [0x12], 0xedff],
    ['zeros', [0, 0, 0, 0], 0xffff],
    ['ones, whose sum is the other zero', [0xff, 0xff], 0x0000],
    ['a carry that makes a carry', [0xff, 0xff, 0xff, 0xff, 0x00, 0x01], 0xfffe],
    ['three bytes', [0x01, 0x02, 0x03], 0xfbfd],
  ];
  for (const [name, bytes, expected] of CASES) {
    it(`of ${name}`, () => assert.equal(checksum(Uint8Array.from(bytes), 0, bytes.length), expected));
  }

  it('agrees with a word-by-word sum for any range, odd starts and odd lengths included', () => {
    fc.assert(
      fc.property(range, ({ bytes, start, end }) => {
        assert.equal(fold(sumBytes(bytes, start, end)), naiveSum(bytes, start, end));
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it('sees views of one buffer at different offsets as what they are', () => {
    const buffer = new Uint8Array(4096);
    for (let i = 0; i < buffer.length; i++) buffer[i] = (i * 167 + (i >> 3)) & 0xff;
    for (let offset = 0; offset < 40; offset++) {
      const view = buffer.subarray(offset, offset + 1500 + (offset % 5));
      assert.equal(fold(sumBytes(view, 0, view.length)), naiveSum(view, 0, view.length));
      assert.equal(fold(sumBytes(buffer, offset, offset + 64)), naiveSum(buffer, offset, offset + 64));
    }
  });

  it('is right for a buffer that has changed since it was summed', () => {
    const bytes = new Uint8Array(64).fill(1);
    assert.equal(fold(sumBytes(bytes, 0, 64)), 32 * 0x0101);
    bytes[0] = 2;
    assert.equal(fold(sumBytes(bytes, 0, 64)), 32 * 0x0101 + 0x0100);
  });

  it('does not lose carries in a range of many megabytes', () => {
    const bytes = new Uint8Array(9_000_001).fill(0xff);
    bytes[9_000_000] = 0x7e;
    assert.equal(fold(sumBytes(bytes, 0, bytes.length)), 0x7e00);
    assert.equal(checksum(bytes, 0, bytes.length), 0x81ff);
  });

  it('may be taken piece by piece where all pieces but the last have an even length', () => {
    fc.assert(
      fc.property(data, fc.nat(150), (bytes, half) => {
        const cut = Math.min(2 * half, bytes.length & ~1);
        const pieces = sumBytes(bytes, cut, bytes.length, sumBytes(bytes, 0, cut));
        assert.equal(fold(pieces), naiveSum(bytes, 0, bytes.length));
      }),
      { seed: 12 },
    );
  });

  it('takes an initial sum as if its words stood in front', () => {
    fc.assert(
      fc.property(data, fc.integer({ min: 0, max: 2 ** 40 }), (bytes, initial) => {
        const words = [initial / 2 ** 32, initial / 2 ** 16, initial].map((word) => Math.floor(word) % 0x10000);
        const front = words.flatMap((word) => [word >> 8, word & 0xff]);
        const expected = naiveSum([...front, ...bytes], 0, front.length + bytes.length);
        assert.equal(fold(sumBytes(bytes, 0, bytes.length, initial)), expected);
        assert.equal(checksum(bytes, 0, bytes.length, initial), 0xffff - expected);
      }),
      { seed: 13 },
    );
  });

  it('of data with its checksum in it is 0', () => {
    fc.assert(
      fc.property(data, (bytes) => {
        const whole = new Uint8Array(2 + bytes.length);
        whole.set(bytes, 2);
        const sum = checksum(whole, 0, whole.length);
        whole[0] = sum >> 8;
        whole[1] = sum & 0xff;
        assert.equal(checksum(whole, 0, whole.length), 0);
      }),
      { seed: 14 },
    );
  });
});

describe('fold', () => {
  const CASES: [sum: number, folded: number][] = [
    [0, 0],
    [0xffff, 0xffff],
    [0x1_0000, 1],
    [0xffff_ffff, 0xffff],
    [0x1_ffff_ffff, 1],
    [0xffff * 0x1_0000_0000, 0xffff],
    [2 ** 53 - 1, 31],
  ];
  for (const [sum, folded] of CASES) {
    it(`of ${sum.toString(16)} is ${folded.toString(16)}`, () => assert.equal(fold(sum), folded));
  }
});

describe('pseudo-header sums', () => {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const bytesOf = (...values: number[]) =>
    values.flatMap((value) => [value >>> 24, value >>> 16, value >>> 8, value].map((b) => b & 0xff));

  it('of IPv4: addresses, zero, protocol, length', () => {
    fc.assert(
      fc.property(u32, u32, fc.nat(255), fc.nat(0xffff), (source, destination, protocol, length) => {
        const header = [...bytesOf(source, destination), 0, protocol, length >> 8, length & 0xff];
        assert.equal(fold(pseudoHeader4(source, destination, protocol, length)), naiveSum(header, 0, header.length));
      }),
      { seed: 15 },
    );
  });

  it('of IPv6: addresses, 32-bit length, zeros, next header', () => {
    fc.assert(
      fc.property(fc.array(u32, { minLength: 8, maxLength: 8 }), fc.nat(255), fc.nat(0x1ffff), (w, next, length) => {
        const header = [...bytesOf(...w, length), 0, 0, 0, next];
        const sum = pseudoHeader6(w[0]!, w[1]!, w[2]!, w[3]!, w[4]!, w[5]!, w[6]!, w[7]!, next, length);
        assert.equal(fold(sum), naiveSum(header, 0, header.length));
      }),
      { seed: 16 },
    );
  });
});

describe('updateChecksum', () => {
  it('gives what summing all again gives, for any word changed (RFC 1624)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(9), fc.nat(0xffff), (bytes, index, word) => {
        // A header is never all zeros, for which alone the two representations of zero would differ.
        bytes[19] = 1;
        const at = 2 * Math.min(index, 8);
        const before = checksum(bytes, 0, 20);
        const old = (bytes[at]! << 8) | bytes[at + 1]!;
        bytes[at] = word >> 8;
        bytes[at + 1] = word & 0xff;
        assert.equal(updateChecksum(before, old, word), checksum(bytes, 0, 20));
      }),
      { seed: 17 },
    );
  });

  it('gives the example of RFC 1624 §4', () => assert.equal(updateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000));
});
