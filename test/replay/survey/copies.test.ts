import assert from 'node:assert/strict';
import { GET, OK, type Shot, shot, Talk, tell } from '../story.ts';

/** Each frame again after so many nanoseconds, as `change` makes it. */
function twice(shots: readonly Shot[], after: number, change: (bytes: Uint8Array) => void = () => {}): Shot[] {
  return shots.flatMap((each, i) => {
    const bytes = each.bytes.slice();
    bytes[19] = i + 1;
    const copy = bytes.slice();
    change(copy);
    return [
      { ...each, bytes },
      { ...each, bytes: copy, time: each.time + after },
    ];
  });
}

const whole = (): readonly Shot[] => new Talk().open().c('PA', GET).s('PA', OK).c('FA').s('FA').c('A').shots;
const beyondRouter = (bytes: Uint8Array): void => {
  bytes[22]! -= 1;
};
const otherMacs = (bytes: Uint8Array): void => {
  bytes[11]! ^= 0x55;
};
const translated = (bytes: Uint8Array): void => {
  bytes[22]! -= 1;
  bytes[29]! ^= 0x11;
};

describe('segments that a capture has twice', () => {
  const cases: [name: string, shots: () => readonly Shot[], note: string][] = [
    ['none', whole, ''],
    ['with another TTL', () => twice(whole(), 3000, beyondRouter), 'copies_routed 8'],
    ['with other MACs', () => twice(whole(), 3000, otherMacs), 'copies_routed 8'],
    ['with another address too', () => twice(whole(), 3000, translated), 'copies_routed 8'],
    ['byte for byte', () => twice(whole(), 3000), 'copies_same 8'],
    ['the same record: the file is there twice', () => twice(whole(), 0), ''],
    ['too late: it was sent again', () => twice(whole(), 300_000_000), ''],
    ['some, among many', () => [...many(60), ...twice(whole(), 3000, beyondRouter)], ''],
    ['scanned ports differ', () => many(60), ''],
  ];
  for (const [name, shots, note] of cases)
    it(name, async () => {
      const { startInfo } = await tell(shots());
      const told = startInfo!.notes.filter(({ code }) => code.startsWith('copies'));
      assert.equal(told.map(({ code, count }) => `${code} ${count}`).join(), note);
    });
});

/** SYNs to one port after the other. */
function many(count: number): Shot[] {
  return Array.from({ length: count }, (_, i) =>
    shot(
      {
        ethernet: {},
        ipv4: { source: '10.0.0.2', destination: '10.0.0.1', id: 7 },
        tcp: { sourcePort: 40_000, destinationPort: i, seq: 1, flags: 2, window: 1024 },
      },
      i * 1000,
    ),
  );
}
