import assert from 'node:assert/strict';
import { drawSignal, type SignalView } from '../../../src/report/views/signal.ts';

/** Eight samples a bit of a clean Manchester signal, with eight bits of preamble, a delimiter and two octets. */
function view(): SignalView {
  const bits = [...'1010101010101011'].map(Number);
  for (const octet of [0x02, 0x80]) for (let i = 0; i < 8; i++) bits.push((octet >> i) & 1);
  const samples = bits.flatMap((bit) => [...Array(4).fill(bit ? -1 : 1), ...Array(4).fill(bit ? 1 : -1)]) as number[];
  const violations = bits.map((_, i) => (i === 17 ? 1 : 0));
  const centers = bits.map((_, i) => i * 8 + 3.5);
  return { samples, samplesPerBit: 8, centers, bits, violations, count: bits.length, lockedAt: 4, dataAt: 16 };
}

describe('signal', () => {
  it('is drawn in ASCII: levels, sampling points, bits, and what they are', () => {
    assert.deepEqual(drawSignal(view(), { bits: 24, width: 72, ascii: true }), [
      '  +1   ****    ****    ****    ****    ****    ****    ****    **  **',
      '       |   |   |   |   |   |   |   |   |   |   |   |   |   |   | | |',
      '   0 --|---|---|---|---|---|---|---|---|---|---|---|---|---|---|-|-|-',
      '       |   |   |   |   |   |   |   |   |   |   |   |   |   |   | | |',
      '  -1 **    ****    ****    ****    ****    ****    ****    ****  **',
      '      ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^',
      ' bit  1   0   1   0   1   0   1   0   1   0   1   0   1   0   1   1',
      '     preamble        < locked        :SFD',
      '',
      '  +1 **    ****  **  **  **  **  **',
      '       |   |   | | | | | | | | | | |',
      '   0 --|---|---|-|-|-|-|-|-|-|-|-|-|-',
      '       |   |   | | | | | | | | | | |',
      '  -1   ****    **  **  **  **  **  **',
      '      ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^',
      ' bit  0   1!  0   0   0   0   0   0',
      '     :02',
    ]);
  });

  it('is drawn with the signs of Unicode', () => {
    const lines = drawSignal(view(), { bits: 8, width: 40, ascii: false });
    assert.equal(lines[0], '  +1   ••••    ••••    ••••    ••••');
  });

  it('draws no more bits than there are', () => {
    assert.ok(drawSignal(view(), { bits: 1000, width: 72, ascii: true }).join('\n').includes(':80'));
    assert.deepEqual(drawSignal({ ...view(), count: 0 }, { bits: 8, width: 72, ascii: true }), []);
  });
});
