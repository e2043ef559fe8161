import { Build, join, type PcapHeaderFields, payload, pcapHeader, pcapRecord } from './build.ts';
import type { ComplianceCase, ExpectedFrame } from './compliance.ts';

const T = 1_700_000_000;
const ORIGIN = 1_700_000_000_000_000_000n;

function threeFrames(header: PcapHeaderFields, unit: number): { capture: Uint8Array; frames: ExpectedFrame[] } {
  const little = header.little ?? true;
  const capture = join(
    pcapHeader(header),
    pcapRecord(T, 999_999, payload(60), { little }),
    pcapRecord(T + 1, 1, new Uint8Array(0), { little, wire: 0 }),
    pcapRecord(T + 3, 0, payload(54, 3), { little, wire: 1514 }),
  );
  const frames = [
    { time: 0, bytes: payload(60) },
    { time: 1e9 + (1 - 999_999) * unit, bytes: new Uint8Array(0) },
    { time: 3e9 - 999_999 * unit, bytes: payload(54, 3), wireLength: 1514 },
  ];
  return { capture, frames };
}

function oneFrame(
  header: PcapHeaderFields,
  expected: Partial<ExpectedFrame>,
): Pick<ComplianceCase, 'capture' | 'frames' | 'origin'> {
  const little = header.little ?? true;
  const frame = payload(64);
  const capture = join(pcapHeader(header), pcapRecord(T, 0, frame, { little }));
  return { capture, origin: ORIGIN, frames: [{ time: 0, bytes: frame, ...expected }] };
}

function modified(little: boolean): ComplianceCase {
  const header = (packetType: number) => new Build(little).u32(7).u16(0x0800).u8(packetType, 0).bytes();
  const capture = join(
    pcapHeader({ little, magic: 0xa1b2cd34 }),
    pcapRecord(T, 5, payload(60), { little, extra: header(0) }),
    pcapRecord(T, 6, payload(61, 2), { little, extra: header(4) }),
  );
  const frames = [
    { time: 0, bytes: payload(60), direction: 1 },
    { time: 1000, bytes: payload(61, 2), direction: 2 },
  ];
  return { name: `modified, ${little ? 'little' : 'big'}-endian`, capture, origin: ORIGIN + 5_000n, frames };
}

/** A whole record, and one that is damaged in some way. */
function damaged(name: string, second: Uint8Array, code: string, link = 1): ComplianceCase {
  const first = join(pcapHeader({ link }), pcapRecord(T, 0, payload(60)));
  return {
    name,
    capture: join(first, second),
    origin: ORIGIN,
    frames: [{ time: 0, bytes: payload(60), linkType: link }],
    damage: { code, offset: first.length, lostBytes: second.length },
  };
}

export function classicCases(): ComplianceCase[] {
  const micro = ORIGIN + 999_999_000n;
  const nano = ORIGIN + 999_999n;
  const long = payload(262_144, 9);
  const usb = payload(300_000, 5);
  return [
    { name: 'microseconds, little-endian', ...threeFrames({}, 1000), origin: micro, second: true },
    { name: 'microseconds, big-endian', ...threeFrames({ little: false }, 1000), origin: micro, second: true },
    { name: 'nanoseconds, little-endian', ...threeFrames({ magic: 0xa1b23c4d }, 1), origin: nano },
    { name: 'nanoseconds, big-endian', ...threeFrames({ magic: 0xa1b23c4d, little: false }, 1), origin: nano },
    modified(true),
    modified(false),
    { name: 'no frames', capture: pcapHeader({}), origin: 0n, frames: [], second: true },
    { name: 'FCS of four bytes by the link-type word', ...oneFrame({ link: 0x2400_0001 }, { fcsLength: 4 }), second: true },
    {
      name: 'FCS length 0 by the link-type word',
      ...oneFrame({ link: 0x0400_0001, little: false }, { fcsLength: 0 }),
      second: true,
    },
    { name: 'an FCS length without its bit', ...oneFrame({ link: 0x2000_0001 }, {}), second: true },
    { name: 'reserved bits in the link-type word', ...oneFrame({ link: 0x0bff_0071 }, { linkType: 113 }), second: true },
    { name: 'a link type beyond eight bits', ...oneFrame({ link: 276 }, { linkType: 276 }), second: true },
    { name: 'a link type that is not known', ...oneFrame({ link: 65_535 }, { linkType: 65_535 }), second: true },
    { name: 'the lengths swapped before version 2.3', ...swapped(2), origin: ORIGIN },
    { name: 'the lengths in either order in version 2.3', ...swapped(3), origin: ORIGIN },
    {
      name: 'more captured than was on the wire',
      capture: join(pcapHeader({}), pcapRecord(T, 0, payload(60), { wire: 42 })),
      origin: ORIGIN,
      frames: [{ time: 0, bytes: payload(60), wireLength: 42 }],
      second: true,
    },
    {
      name: 'more captured than the snaplen',
      capture: join(pcapHeader({ snaplen: 40 }), pcapRecord(T, 0, payload(60)), pcapRecord(T, 1, payload(20))),
      origin: ORIGIN,
      frames: [
        { time: 0, bytes: payload(60) },
        { time: 1000, bytes: payload(20) },
      ],
      second: true,
    },
    {
      name: 'a clock that goes backwards',
      capture: join(pcapHeader({}), pcapRecord(T, 500_000, payload(60)), pcapRecord(T - 2, 400_000, payload(60, 2))),
      origin: ORIGIN + 500_000_000n,
      frames: [
        { time: 0, bytes: payload(60) },
        { time: -2_100_000_000, bytes: payload(60, 2) },
      ],
      second: true,
    },
    {
      name: 'a fraction of more than a second',
      capture: join(pcapHeader({}), pcapRecord(T, 0, payload(60)), pcapRecord(T, 4_294_967_295, payload(60, 2))),
      origin: ORIGIN,
      frames: [
        { time: 0, bytes: payload(60) },
        { time: 4_294_967_295_000, bytes: payload(60, 2) },
      ],
      second: true,
    },
    {
      name: 'all of a century',
      capture: join(pcapHeader({}), pcapRecord(0, 0, payload(60)), pcapRecord(4_294_967_295, 999_999, payload(60, 2))),
      origin: 0n,
      frames: [
        { time: 0, bytes: payload(60) },
        { time: 4_294_967_295 * 1e9 + 999_999_000, bytes: payload(60, 2) },
      ],
      second: true,
    },
    {
      name: 'the longest frame of a climbed link type, twice',
      capture: join(pcapHeader({ snaplen: 262_144 }), pcapRecord(T, 0, long), pcapRecord(T, 1, long)),
      origin: ORIGIN,
      frames: [
        { time: 0, bytes: long },
        { time: 1000, bytes: long },
      ],
      second: true,
    },
    {
      name: 'a longer frame of another link type',
      capture: join(pcapHeader({ link: 189 }), pcapRecord(T, 0, usb)),
      origin: ORIGIN,
      frames: [{ time: 0, bytes: usb, linkType: 189 }],
      second: true,
    },
    damaged('cut within a record header', pcapRecord(T, 1, payload(60)).subarray(0, 15), 'E_CAPTURE_TRUNCATED'),
    damaged('cut after a record header', pcapRecord(T, 1, payload(60)).subarray(0, 16), 'E_CAPTURE_TRUNCATED'),
    damaged('cut within a frame', pcapRecord(T, 1, payload(60)).subarray(0, 75), 'E_CAPTURE_TRUNCATED'),
    damaged('one byte after the last frame', Uint8Array.of(0), 'E_CAPTURE_TRUNCATED'),
    damaged('a length of four gigabytes', pcapRecord(T, 1, payload(60), { captured: 0xffff_ffff }), 'E_CAPTURE_DAMAGED'),
    damaged('a length one too long', pcapRecord(T, 1, payload(60), { captured: 262_145 }), 'E_CAPTURE_DAMAGED'),
    damaged(
      'a length too long for any link type',
      pcapRecord(T, 1, payload(60), { captured: 1_048_577 }),
      'E_CAPTURE_DAMAGED',
      189,
    ),
    damaged('a cut frame of the greatest length', pcapRecord(T, 1, payload(9), { captured: 262_144 }), 'E_CAPTURE_TRUNCATED'),
  ];
}

/** Two records whose header holds the wire length first; version 2.3 can only be told where the frame was cut. */
function swapped(minor: number): Pick<ComplianceCase, 'capture' | 'frames'> {
  const capture = join(
    pcapHeader({ minor }),
    new Build(true).u32(T, 0, 1514, 60).raw(payload(60)).bytes(),
    new Build(true).u32(T, 1, 42, 42).raw(payload(42, 2)).bytes(),
    minor === 3 ? pcapRecord(T, 2, payload(50, 3), { wire: 1000 }) : new Uint8Array(0),
  );
  const frames: ExpectedFrame[] = [
    { time: 0, bytes: payload(60), wireLength: 1514 },
    { time: 1000, bytes: payload(42, 2) },
  ];
  if (minor === 3) frames.push({ time: 2000, bytes: payload(50, 3), wireLength: 1000 });
  return { capture, frames };
}
