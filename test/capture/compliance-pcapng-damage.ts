import { Blocks, join, payload } from './build.ts';
import type { ComplianceCase } from './compliance.ts';

const T = 1_700_000_000_000_000n;
const ORIGIN = 1_700_000_000_000_000_000n;

/** A packet, damage, and a packet that must not be reached. */
function damaged(name: string, make: (b: Blocks) => Uint8Array, code = 'E_CAPTURE_DAMAGED'): ComplianceCase[] {
  return [true, false].map((little) => {
    const b = new Blocks(little);
    const before = join(b.section(), b.interface(1, 0), b.packet(0, T, payload(60)));
    const rest = join(make(b), code === 'E_CAPTURE_TRUNCATED' ? new Uint8Array(0) : b.packet(0, T, payload(61)));
    return {
      name: `${name}, ${little ? 'little' : 'big'}-endian`,
      capture: join(before, rest),
      origin: ORIGIN,
      frames: [{ time: 0, bytes: payload(60) }],
      damage: { code, offset: before.length, lostBytes: rest.length },
    };
  });
}

/** A damaged option: what it says is lost, its block is not. */
function tolerated(name: string, make: (b: Blocks) => Uint8Array, comments: readonly string[] = []): ComplianceCase[] {
  return [true, false].map((little) => {
    const b = new Blocks(little);
    const capture = join(b.section(), b.interface(1, 0), make(b), b.packet(0, T + 1n, payload(61)));
    const frames = [
      { time: 0, bytes: payload(60), comments },
      { time: 1000, bytes: payload(61) },
    ];
    return {
      name: `${name}, ${little ? 'little' : 'big'}-endian`,
      capture,
      origin: ORIGIN,
      frames,
      commentCount: comments.length,
    };
  });
}

export function pcapngDamageCases(): ComplianceCase[] {
  const packet = (b: Blocks, fields: Parameters<Blocks['packet']>[3] = {}) => b.packet(0, T, payload(60), fields);
  return [
    ...damaged('a block length that is two too long', (b) => b.block(6, payload(60), { total: 74 })),
    ...damaged('a block length of nothing', (b) => b.block(6, payload(60), { total: 8 })),
    ...damaged('a packet block of four gigabytes', (b) => b.block(6, payload(60), { total: 0xffff_fffc })),
    ...damaged('two lengths of a packet block', (b) => b.block(6, payload(60), { repeated: 76 })),
    ...damaged('two lengths of an unknown block', (b) => b.block(99, payload(60), { repeated: 76 })),
    ...damaged('two lengths of a section header', (b) => b.block(0x0a0d0d0a, b.section().subarray(8, 24), { repeated: 0 })),
    ...damaged('a section header without byte order', (b) => b.block(0x0a0d0d0a, payload(16))),
    ...damaged('a section header too short', (b) => b.block(0x0a0d0d0a, b.section().subarray(8, 16))),
    ...damaged('an interface too short', (b) => b.block(1, payload(4))),
    ...damaged('an enhanced packet too short', (b) => b.block(6, payload(16))),
    ...damaged('a simple packet too short', (b) => b.block(3, new Uint8Array(0))),
    ...damaged('an interface that is not there', (b) => b.packet(1, T, payload(60))),
    ...damaged('an interface that could never be', (b) => b.packet(0xffff_ffff, T, payload(60))),
    ...damaged('more captured than the block holds', (b) => packet(b, { captured: 61 })),
    ...damaged('more captured than any block holds', (b) => packet(b, { captured: 0xffff_ffff })),
    ...damaged('a frame longer than any frame', (b) => b.packet(0, T, payload(262_145))),
    ...damaged('a simple packet longer than any frame', (b) => b.simple(payload(262_145))),
    ...damaged('a section of a later version', (b) => b.section({ major: 2 }), 'E_CAPTURE_UNSUPPORTED_VERSION'),
    ...damaged('a section of a later minor version', (b) => b.section({ minor: 1 }), 'E_CAPTURE_UNSUPPORTED_VERSION'),
    ...damaged('cut within a block header', (b) => packet(b).subarray(0, 11), 'E_CAPTURE_TRUNCATED'),
    ...damaged('cut within a packet', (b) => packet(b).subarray(0, 60), 'E_CAPTURE_TRUNCATED'),
    ...damaged('cut before the last byte of a packet', (b) => packet(b).subarray(0, -1), 'E_CAPTURE_TRUNCATED'),
    ...damaged('cut within an unknown block', (b) => b.block(99, payload(60)).subarray(0, 30), 'E_CAPTURE_TRUNCATED'),
    ...damaged(
      'cut at the last length of an unknown block',
      (b) => b.block(99, payload(60)).subarray(0, -2),
      'E_CAPTURE_TRUNCATED',
    ),
    ...damaged(
      'an unknown block of four gigabytes',
      (b) => b.block(99, payload(60), { total: 0xffff_fffc }),
      'E_CAPTURE_TRUNCATED',
    ),
    ...damaged('a section header cut', (b) => b.section().subarray(0, 20), 'E_CAPTURE_TRUNCATED'),
    ...damaged('one byte after the last block', () => Uint8Array.of(0), 'E_CAPTURE_TRUNCATED'),
    ...tolerated(
      'an option longer than its block',
      (b) => packet(b, { options: join(b.text(1, 'kept'), b.option(1, payload(4), 999)) }),
      ['kept'],
    ),
    ...tolerated('a block length without its padding', (b) =>
      join(b.block(99, payload(3), { total: 15 }), b.block(6, packet(b).subarray(8, -4), { total: 89 })),
    ),
    ...tolerated('flags of a wrong length', (b) => packet(b, { options: join(b.option(2, Uint8Array.of(1, 1)), b.end()) })),
    ...tolerated('an interface with damaged options', (b) =>
      join(
        b.interface(1, 0, b.option(9, Uint8Array.of(9, 9)), b.option(14, payload(4)), b.option(2, payload(4), 500)),
        packet(b),
      ),
    ),
    ...tolerated('bytes after the end of the options', (b) => packet(b, { options: join(b.end(), b.text(1, 'not an option')) })),
    ...tolerated('comments that are not UTF-8', (b) => packet(b, { options: b.option(1, Uint8Array.of(0x61, 0xff)) }), [
      'a\ufffd',
    ]),
  ];
}
