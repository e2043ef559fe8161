import assert from 'node:assert/strict';
import { relative } from '../../src/trace/relative.ts';

describe('relative numbers', () => {
  const cases: readonly [name: string, number: number, isn: number, expected: number][] = [
    ['behind the ISN', 1080, 1000, 80],
    ['over the wrap', 5, 0xffff_fff0, 21],
    ['shortly before the ISN', 999, 1000, -1],
    ['16 MiB before the ISN', 0, 0x100_0000, -0x100_0000],
    ['further before it: far behind it', 0, 0x100_0001, 0xfeff_ffff],
    ['without an ISN: the number itself', 0xdead_beef, -1, 0xdead_beef],
  ];
  for (const [name, number, isn, expected] of cases) it(name, () => assert.equal(relative(number, isn), expected));
});
