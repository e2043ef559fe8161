import { Blocks, join, payload } from './build.ts';
import type { ComplianceCase } from './compliance.ts';
import { pcapngDamageCases } from './compliance-pcapng-damage.ts';
import { pcapngTimeCases } from './compliance-pcapng-times.ts';

/** 2023-11-14 22:13:20 UTC in microseconds. */
const T = 1_700_000_000_000_000n;
const ORIGIN = 1_700_000_000_000_000_000n;
const NO_BYTES: Uint8Array = new Uint8Array(0);

function plain(little: boolean): ComplianceCase {
  const b = new Blocks(little);
  const capture = join(
    b.section(),
    b.interface(),
    b.packet(0, T, payload(60)),
    b.packet(0, T + 1n, payload(61, 2)),
    b.packet(0, T + 2n, payload(62, 3)),
    b.packet(0, T + 3n, payload(63, 4), { wire: 1514 }),
    b.packet(0, T + 4n, NO_BYTES),
  );
  const frames = [
    { time: 0, bytes: payload(60) },
    { time: 1000, bytes: payload(61, 2) },
    { time: 2000, bytes: payload(62, 3) },
    { time: 3000, bytes: payload(63, 4), wireLength: 1514 },
    { time: 4000, bytes: NO_BYTES },
  ];
  return { name: `enhanced packets, ${little ? 'little' : 'big'}-endian`, capture, origin: ORIGIN, frames };
}

function packetOptions(little: boolean): ComplianceCase {
  const b = new Blocks(little);
  const flags = (value: number) => b.u32Option(2, value);
  const capture = join(
    b.section({ options: b.text(1, 'about the section') }),
    b.interface(1, 0, b.text(1, 'about the interface'), b.option(13, Uint8Array.of(32)), b.end()),
    b.packet(0, T, payload(60), { options: join(b.text(1, 'one'), flags(1), b.text(1, 'größer'), b.end()) }),
    b.packet(0, T, payload(61), { options: join(flags(2), b.text(1, 'without an end mark')) }),
    b.packet(0, T, payload(62), { options: join(flags((2 << 5) | (0x0100 << 16)), b.end()) }),
    b.packet(0, T, payload(63), { options: join(flags(0x8000_0003), b.u64Option(4, 9n), b.end()) }),
    b.packet(0, T, payload(64), { options: b.end() }),
    b.packet(0, T, payload(66), { options: join(flags((12 << 5) | 4), b.end()) }),
    b.packet(0, T, payload(65), { options: join(b.text(1, 'zero\0\0\0'), b.end()) }),
  );
  const frames = [
    { time: 0, bytes: payload(60), fcsLength: 4, direction: 1, comments: ['one', 'größer'] },
    { time: 0, bytes: payload(61), fcsLength: 4, direction: 2, comments: ['without an end mark'] },
    { time: 0, bytes: payload(62), fcsLength: 2, linkErrors: 0x0100 },
    { time: 0, bytes: payload(63), fcsLength: 4, linkErrors: 0x8000 },
    { time: 0, bytes: payload(64), fcsLength: 4 },
    { time: 0, bytes: payload(66), fcsLength: 12 },
    { time: 0, bytes: payload(65), fcsLength: 4, comments: ['zero'] },
  ];
  return { name: `packet options, ${little ? 'little' : 'big'}-endian`, capture, origin: ORIGIN, frames, commentCount: 6 };
}

function simplePackets(little: boolean): ComplianceCase {
  const b = new Blocks(little);
  const capture = join(
    b.section(),
    b.interface(1, 50),
    b.interface(101, 0),
    b.simple(payload(40, 1)),
    b.packet(1, T, payload(20, 2)),
    b.packet(1, T + 7n, payload(20, 3)),
    b.simple(payload(50, 4), 999),
    b.simple(NO_BYTES),
    b.section(),
    b.interface(),
    b.simple(payload(61, 5)),
  );
  const frames = [
    { time: 0, bytes: payload(40, 1) },
    { time: 0, bytes: payload(20, 2), linkType: 101, interfaceId: 1 },
    { time: 7000, bytes: payload(20, 3), linkType: 101, interfaceId: 1 },
    { time: 7000, bytes: payload(50, 4), wireLength: 999 },
    { time: 7000, bytes: NO_BYTES },
    { time: 7000, bytes: payload(61, 5) },
  ];
  return { name: `simple packets, ${little ? 'little' : 'big'}-endian`, capture, origin: ORIGIN, frames };
}

function obsoletePackets(little: boolean): ComplianceCase {
  const b = new Blocks(little);
  const capture = join(
    b.section(),
    b.interface(0),
    b.interface(1),
    b.obsolete(1, 65_535, T, payload(61)),
    b.obsolete(0, 3, T + 1n, payload(62), join(b.u32Option(2, 2), b.text(1, 'dropped before'), b.end())),
  );
  const frames = [
    { time: 0, bytes: payload(61), interfaceId: 1 },
    { time: 1000, bytes: payload(62), linkType: 0, direction: 2, comments: ['dropped before'] },
  ];
  return { name: `obsolete packets, ${little ? 'little' : 'big'}-endian`, capture, origin: ORIGIN, frames, commentCount: 1 };
}

function sections(): ComplianceCase {
  const little = new Blocks(true);
  const big = new Blocks(false);
  const capture = join(
    little.section(),
    little.interface(1),
    little.interface(113),
    little.packet(1, T, payload(60)),
    big.section({ minor: 2 }),
    big.interface(276, 0, big.option(9, Uint8Array.of(9)), big.end()),
    big.packet(0, (T + 1n) * 1000n, payload(61)),
    little.section(),
    little.interface(228),
    little.packet(0, T + 2n, payload(62)),
    little.interface(229),
    little.packet(1, T + 3n, payload(63)),
  );
  const frames = [
    { time: 0, bytes: payload(60), linkType: 113, interfaceId: 1 },
    { time: 1000, bytes: payload(61), linkType: 276 },
    { time: 2000, bytes: payload(62), linkType: 228 },
    { time: 3000, bytes: payload(63), linkType: 229, interfaceId: 1 },
  ];
  return { name: 'sections of both byte orders, interfaces renumbered', capture, origin: ORIGIN, frames };
}

function otherBlocks(little: boolean): ComplianceCase {
  const b = new Blocks(little);
  const statistics = join(b.u64Option(4, 1000n), b.u64Option(5, 3n), b.u64Option(7, 4n), b.text(1, 'counted'), b.end());
  const capture = join(
    b.section(),
    b.block(4, payload(33)),
    b.interface(),
    b.block(10, payload(100)),
    b.packet(0, T, payload(60)),
    b.block(0x0000_0bad, payload(7)),
    b.block(0x4000_0bad, payload(8)),
    b.block(0x8000_0001, NO_BYTES),
    b.block(0x7777_7777, payload(3_000_000)),
    b.statistics(0, statistics),
    b.statistics(9),
    b.block(5, payload(4)),
    b.packet(0, T + 1n, payload(61)),
    b.block(4, payload(5)),
  );
  const frames = [
    { time: 0, bytes: payload(60) },
    { time: 1000, bytes: payload(61) },
  ];
  const name = `blocks without a packet, one larger than the window, ${little ? 'little' : 'big'}-endian`;
  return { name, capture, origin: ORIGIN, frames, commentCount: 1 };
}

function fcsLengths(): ComplianceCase {
  const b = new Blocks(true);
  const fcs = (value: number) => b.interface(1, 0, b.option(13, Uint8Array.of(value)), b.end());
  const packet = (id: number) => b.packet(id, T, payload(60));
  const capture = join(
    b.section(),
    fcs(32),
    fcs(4),
    fcs(0),
    fcs(16),
    b.interface(),
    packet(0),
    packet(1),
    packet(2),
    packet(3),
    packet(4),
  );
  const frame = (interfaceId: number, fcsLength: number) => ({ time: 0, bytes: payload(60), interfaceId, fcsLength });
  const frames = [frame(0, 4), frame(1, 4), frame(2, 0), frame(3, 2), frame(4, -1)];
  return { name: 'FCS lengths of interfaces, in bits and as some writers have it in bytes', capture, origin: ORIGIN, frames };
}

function nothing(): ComplianceCase {
  const b = new Blocks(false);
  return { name: 'a section and no packets', capture: join(b.section(), b.interface()), origin: 0n, frames: [] };
}

export function pcapngCases(): ComplianceCase[] {
  const inBothOrders = [plain, packetOptions, simplePackets, obsoletePackets, otherBlocks];
  return [
    ...inBothOrders.flatMap((make) => [make(true), make(false)]),
    sections(),
    fcsLengths(),
    nothing(),
    ...pcapngTimeCases(),
    ...pcapngDamageCases(),
  ];
}
