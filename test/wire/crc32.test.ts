import assert from 'node:assert/strict';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32, encodeFcs, fcsAt } from '../../src/wire/crc32.ts';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('crc32', () => {
  const VECTORS: [data: Uint8Array, crc: number][] = [
    [ascii(''), 0x0000_0000],
    [ascii('a'), 0xe8b7_be43],
    [ascii('abc'), 0x3524_41c2],
    [ascii('123456789'), 0xcbf4_3926],
    [ascii('The quick brown fox jumps over the lazy dog'), 0x414f_a339],
    [new Uint8Array(32), 0x190a_55ad],
    [new Uint8Array(32).fill(0xff), 0xff6c_ab0b],
  ];
  for (const [data, crc] of VECTORS) {
    it(`of ${data.length} bytes is ${crc.toString(16)}`, () => assert.equal(crc32(data, 0, data.length), crc));
  }

  it('is the same at every length and offset, whichever way it is computed', () => {
    const bytes = new Uint8Array(400);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 89) ^ (i >> 2);
    for (let length = 0; length <= 330; length++) {
      const start = length % 13;
      assert.equal(crc32(bytes, start, start + length), zlibCrc32(bytes.subarray(start, start + length)), `${length} bytes`);
    }
  });
});

describe('FCS', () => {
  it('of a frame goes out lowest byte first and is read back', () => {
    const out = new Uint8Array(6).fill(0xa5);
    assert.equal(encodeFcs(0xcbf4_3926, out, 1), 4);
    assert.deepEqual([...out], [0xa5, 0x26, 0x39, 0xf4, 0xcb, 0xa5]);
    assert.equal(fcsAt(out, 1), 0xcbf4_3926);
  });

  it('makes the CRC over frame and FCS the constant residue of IEEE 802.3', () => {
    for (const length of [60, 1514]) {
      const frame = new Uint8Array(length + 4).fill(0x5c, 0, length);
      encodeFcs(crc32(frame, 0, length), frame, length);
      assert.equal(crc32(frame, 0, length + 4), 0x2144_df1c);
    }
  });
});
