import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fragment, JsonBytes } from '../../../src/report/json/bytes.ts';
import { memoryOutput } from '../memory-output.ts';

function written(write: (json: JsonBytes) => void): string {
  const { output, text } = memoryOutput();
  write(new JsonBytes(output));
  return text();
}

describe('JSON bytes', () => {
  it('writes integers', () => {
    const edges = [
      0,
      9,
      10,
      99,
      100,
      101,
      9999,
      10_000,
      999_999_999,
      1_000_000_000,
      1_000_000_001,
      2 ** 53 - 1,
      -1,
      -(2 ** 53) + 1,
    ];
    const random = fc.sample(fc.maxSafeInteger(), { numRuns: 2000, seed: 1 });
    for (const n of [...edges, ...random])
      assert.equal(
        written((json) => json.integer(n)),
        String(n),
      );
  });

  it('writes addresses', () => {
    assert.equal(
      written((json) => json.ip(4, 0, 0, 0, 0xc0a8640a)),
      '192.168.100.10',
    );
    assert.equal(
      written((json) => json.ip(4, 0, 0, 0, 0)),
      '0.0.0.0',
    );
    assert.equal(
      written((json) => json.ip(6, 0x20010db8, 0, 0, 1)),
      '2001:db8::1',
    );
  });

  it('escapes what a terminal might obey', () => {
    for (const text of ['\x7f', 'a\x85\x9b31mb', '\u202eevil', `${'long '.repeat(20)}\x9d`]) {
      const json = written((bytes) => bytes.string(text));
      assert.doesNotMatch(json, /[\x7f-\x9f\u202e]/);
      assert.equal(JSON.parse(json), text);
    }
    assert.equal(
      written((bytes) => bytes.string('\x9b')),
      '"\\u009b"',
    );
  });

  it('writes any string so that it reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        assert.equal(JSON.parse(written((json) => json.string(text))), JSON.parse(JSON.stringify(text)));
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('writes short and long pieces', () => {
    for (const length of [0, 1, 24, 25, 60_000, 400_000]) {
      const text = 'x'.repeat(length);
      const write = (json: JsonBytes): void => {
        json.number(fragment(','), 7);
        json.long(fragment(text));
        json.number(fragment(','), 8);
      };
      assert.equal(written(write), `,7${text},8`);
    }
  });

  it('makes room as it goes', () => {
    const text = written((json) => {
      for (let i = 0; i < 50_000; i++) {
        json.reserve(32);
        json.integer(i);
        json.byte(0x0a);
      }
    });
    assert.equal(text, `${Array.from({ length: 50_000 }, (_, i) => i).join('\n')}\n`);
  });
});
