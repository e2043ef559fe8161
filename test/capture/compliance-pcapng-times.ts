import { Blocks, join, payload } from './build.ts';
import type { ComplianceCase } from './compliance.ts';

/** Stamps of one interface and what they must become, in nanoseconds since 1970. */
interface Stamps {
  readonly name: string;
  readonly resolution?: number;
  readonly offset?: bigint;
  readonly stamps: readonly (readonly [stamp: bigint, nanoseconds: bigint])[];
}

const SECOND = 1_000_000_000n;
const S = 1_700_000_000n;

const STAMPS: readonly Stamps[] = [
  {
    name: 'microseconds, unsaid',
    stamps: [
      [S * 1_000_000n + 1n, S * SECOND + 1000n],
      [S * 1_000_000n, S * SECOND],
    ],
  },
  {
    name: 'seconds',
    resolution: 0,
    stamps: [
      [S, S * SECOND],
      [S + 5n, (S + 5n) * SECOND],
    ],
  },
  {
    name: 'milliseconds',
    resolution: 3,
    stamps: [
      [S * 1000n + 999n, S * SECOND + 999_000_000n],
      [0n, 0n],
    ],
  },
  {
    name: 'nanoseconds',
    resolution: 9,
    stamps: [
      [S * SECOND + 123_456_789n, S * SECOND + 123_456_789n],
      [S * SECOND, S * SECOND],
    ],
  },
  {
    name: 'nanoseconds over a change of the upper word',
    resolution: 9,
    stamps: [
      [0x17ff_ffff_ffff_fffen, 0x17ff_ffff_ffff_fffen],
      [0x1800_0000_0000_0001n, 0x1800_0000_0000_0001n],
    ],
  },
  {
    name: 'picoseconds, rounded down, hours apart',
    resolution: 12,
    stamps: [
      [5n * 10n ** 12n + 1999n, 5n * SECOND + 1n],
      [5n * 10n ** 12n + 999n, 5n * SECOND],
      [9_006n * 10n ** 12n + 7_999n, 9_006n * SECOND + 7n],
      [9_013n * 10n ** 12n + 999_999n, 9_013n * SECOND + 999n],
      [30_000n * 10n ** 12n - 1n, 30_000n * SECOND - 1n],
      [0n, 0n],
    ],
  },
  {
    name: 'femtoseconds',
    resolution: 15,
    stamps: [
      [18_446n * 10n ** 15n + 1_234_567n, 18_446n * SECOND + 1n],
      [1_999_999n, 1n],
    ],
  },
  {
    name: '10^-16',
    resolution: 16,
    stamps: [
      [1844n * 10n ** 16n + 29_999_999n, 1844n * SECOND + 2n],
      [10_000_000n, 1n],
    ],
  },
  {
    name: '10^-19',
    resolution: 19,
    stamps: [
      [18_000_000_000_000_000_000n, 1_800_000_000n],
      [10_000_000_000n, 1n],
      [9_999_999_999n, 0n],
    ],
  },
  {
    name: '10^-25',
    resolution: 25,
    stamps: [
      [18_000_000_000_000_000_000n, 1800n],
      [0n, 0n],
    ],
  },
  {
    name: 'the greatest stamp',
    stamps: [
      [0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn * 1000n],
      [0xffff_ffff_ffff_fffen, 0xffff_ffff_ffff_fffen * 1000n],
    ],
  },
  {
    name: '2^-10',
    resolution: 0x8a,
    stamps: [
      [S * 1024n + 1n, S * SECOND + 976_562n],
      [S * 1024n + 1023n, S * SECOND + 999_023_437n],
    ],
  },
  {
    name: '2^0',
    resolution: 0x80,
    stamps: [
      [S, S * SECOND],
      [S + 2n, (S + 2n) * SECOND],
    ],
  },
  {
    name: '2^-22',
    resolution: 0x96,
    stamps: [
      [S << 22n, S * SECOND],
      [(S << 22n) + 0x3f_ffffn, S * SECOND + 999_999_761n],
    ],
  },
  {
    name: '2^-23',
    resolution: 0x97,
    stamps: [
      [S << 23n, S * SECOND],
      [(S << 23n) + 0x7f_ffffn, S * SECOND + 999_999_880n],
    ],
  },
  {
    name: '2^-32',
    resolution: 0xa0,
    stamps: [
      [(S << 32n) + 0xffff_ffffn, S * SECOND + 999_999_999n],
      [(S << 32n) + 0x8000_0000n, S * SECOND + 500_000_000n],
      [(S << 32n) + 5n, S * SECOND + 1n],
      [(S << 32n) + 4n, S * SECOND],
      [((S - 1n) << 32n) + 1_234_567_890n, (S - 1n) * SECOND + 287_445_236n],
      [(S + 3_000_000n) << 32n, (S + 3_000_000n) * SECOND],
    ],
  },
  {
    name: '2^-33',
    resolution: 0xa1,
    stamps: [
      [(S << 33n) + 0x1_ffff_ffffn, S * SECOND + 999_999_999n],
      [(S << 33n) + 9n, S * SECOND + 1n],
    ],
  },
  {
    name: '2^-63',
    resolution: 0xbf,
    stamps: [
      [0xffff_ffff_ffff_ffffn, 1_999_999_999n],
      [1n << 62n, 500_000_000n],
    ],
  },
  {
    name: 'an offset',
    resolution: 9,
    offset: S,
    stamps: [
      [17n, S * SECOND + 17n],
      [0n, S * SECOND],
    ],
  },
  {
    name: 'an offset into the past',
    resolution: 6,
    offset: -100n,
    stamps: [
      [99_999_999n, -1000n],
      [100_000_001n, 1000n],
    ],
  },
  {
    name: 'an offset with 2^-32',
    resolution: 0xa0,
    offset: -1n,
    stamps: [
      [1n << 31n, -500_000_000n],
      [3n << 31n, 500_000_000n],
    ],
  },
];

function oneInterface({ name, resolution, offset, stamps }: Stamps, little: boolean): ComplianceCase {
  const b = new Blocks(little);
  const options = join(
    resolution === undefined ? new Uint8Array(0) : b.option(9, Uint8Array.of(resolution)),
    offset === undefined ? new Uint8Array(0) : b.u64Option(14, offset),
    b.end(),
  );
  const packets = stamps.map(([stamp], index) => b.packet(0, stamp, payload(60, index)));
  const origin = stamps[0]![1];
  const frames = stamps.map(([, nanoseconds], index) => ({ time: Number(nanoseconds - origin), bytes: payload(60, index) }));
  const capture = join(b.section(), b.interface(1, 0, options), ...packets);
  return { name: `time stamps: ${name}, ${little ? 'little' : 'big'}-endian`, capture, origin, frames };
}

/** Interfaces that count differently, on one timeline. */
function manyInterfaces(): ComplianceCase {
  const b = new Blocks(true);
  const tsresol = (value: number) => b.interface(1, 0, b.option(9, Uint8Array.of(value)), b.end());
  const capture = join(
    b.section(),
    tsresol(12),
    tsresol(3),
    tsresol(0xa0),
    b.packet(1, 1_000_500n, payload(60)),
    b.packet(0, 1_000_000_000_001_999n, payload(61)),
    b.packet(2, (1001n << 32n) + (1n << 31n), payload(62)),
    b.packet(1, 1_000_501n, payload(63)),
  );
  const frames = [
    { time: 0, bytes: payload(60), interfaceId: 1 },
    { time: -499_999_999, bytes: payload(61) },
    { time: 1_000_000_000, bytes: payload(62), interfaceId: 2 },
    { time: 1_000_000, bytes: payload(63), interfaceId: 1 },
  ];
  return { name: 'time stamps: three resolutions on one timeline', capture, origin: 1_000_500_000_000n, frames };
}

export function pcapngTimeCases(): ComplianceCase[] {
  return [...STAMPS.flatMap((stamps) => [oneInterface(stamps, true), oneInterface(stamps, false)]), manyInterfaces()];
}
