import assert from 'node:assert/strict';
import { encodeTcpOptions, type TcpOptionFields, TcpOptions } from '../../src/wire/tcp-options.ts';
import { hex } from './hex.ts';
import { realFrame } from './real-frames.ts';

const NONE = {
  mss: -1,
  windowScale: -1,
  windowScaleClamped: false,
  sackPermitted: false,
  hasTimestamps: false,
  tsVal: 0,
  tsEcr: 0,
  sack: [] as number[],
  md5: false,
  authentication: false,
  signed: false,
  signatureBroken: false,
  mptcp: false,
  fastOpen: false,
  unknown: false,
  wrongLength: false,
  malformed: false,
};

const MD5 = `1312 ${'00'.repeat(16)}`;
const BROKEN = { signed: true, signatureBroken: true };
const WRONG_SIGNATURE = { ...BROKEN, wrongLength: true };

/** One parser for all cases, as on the path: what an earlier one found must not show in a later one. */
const options = new TcpOptions();

function parse(bytes: Uint8Array): typeof NONE {
  // The bytes around would be read as a good option, were they read.
  const around = new Uint8Array(bytes.length + 16).fill(0x04);
  around.set(bytes, 8);
  options.parse(around, 8, 8 + bytes.length);
  const { sack, sackCount, ...rest } = options;
  return { ...rest, sack: [...sack.subarray(0, 2 * sackCount)] };
}

describe('TcpOptions', () => {
  const CASES: [name: string, bytes: string, found: Partial<typeof NONE>][] = [
    ['nothing', '', {}],
    [
      'a SYN of Linux',
      '020405b4 0402 080a 7ab363b6 00000000 01 030307',
      {
        mss: 1460,
        sackPermitted: true,
        hasTimestamps: true,
        tsVal: 0x7ab3_63b6,
        windowScale: 7,
      },
    ],
    ['a SYN of Windows', '020405b4 01 030308 01 01 0402', { mss: 1460, windowScale: 8, sackPermitted: true }],
    ['NOP NOP timestamps', '0101 080a ffffffff 80000000', { hasTimestamps: true, tsVal: 0xffff_ffff, tsEcr: 0x8000_0000 }],
    ['timestamps in front of the NOPs', '080a 00000001 00000002 0101', { hasTimestamps: true, tsVal: 1, tsEcr: 2 }],
    ['twelve bytes that only begin like timestamps', '0101 0809 00000000 00000000', { wrongLength: true }],
    ['NOPs only', '01010101', {}],
    ['end of options, what follows is not read', '00 020405b4', {}],
    ['options that begin at odd places', '01 020405b4 01 0402', { mss: 1460, sackPermitted: true }],
    ['the later of two', '020405b4 02040218', { mss: 536 }],
    ['MSS 0 as sent', '02040000', { mss: 0 }],
    ['window scale 14', '03030e00', { windowScale: 14 }],
    ['window scale 15, taken as 14', '03030f00', { windowScale: 14, windowScaleClamped: true }],
    ['window scale 255, taken as 14', '0303ff00', { windowScale: 14, windowScaleClamped: true }],
    ['one SACK block', '0101 050a 00000001 00000002', { sack: [1, 2] }],
    [
      'four SACK blocks',
      '0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 fffffff0 ffffffff',
      {
        sack: [1, 2, 3, 4, 5, 6, 0xffff_fff0, 0xffff_ffff],
      },
    ],
    ['MD5', '0101 1312 00000000000000000000000000000000', { md5: true, signed: true }],
    ['MD5 twice', `${MD5} 0101 ${MD5}`, { md5: true, signed: true, signatureBroken: true }],
    ['MD5 of length 10 with 20 bytes left', `130a ${'00'.repeat(8)} ${'01'.repeat(10)}`, WRONG_SIGNATURE],
    ['MD5 of length 10 with 14 bytes left', `010101010101 130a ${'00'.repeat(8)} 01010101`, { wrongLength: true }],
    ['MD5 behind the end of options', `00 ${MD5} 01`, {}],
    ['authentication option', '1d10 0000 000000000000000000000000', { authentication: true, signed: true }],
    ['authentication option without a MAC, 20 bytes left', `1d04 0000 ${'01'.repeat(16)}`, { ...BROKEN, authentication: true }],
    ['authentication option of length 3, 20 bytes left', `1d03 00 ${'01'.repeat(17)}`, WRONG_SIGNATURE],
    ['authentication option, then MD5', `1d10 ${'00'.repeat(14)} 0101 ${MD5}`, { ...BROKEN, authentication: true, md5: true }],
    ['a length of 0 with 18 bytes left', `0101 c800 ${'01'.repeat(16)}`, { ...BROKEN, malformed: true }],
    ['a length of 0 with 17 bytes left', `010101 c800 ${'01'.repeat(15)}`, { malformed: true }],
    ['Multipath TCP', '1e0c 0081 0000000000000000', { mptcp: true }],
    ['Fast Open cookie request', '2202 0101', { fastOpen: true }],
    ['a kind not known, skipped by its length', 'fd04abcd 020405b4', { unknown: true, mss: 1460 }],
    ['MSS of length 3, skipped by it', '020305 0402', { wrongLength: true, sackPermitted: true }],
    ['window scale of length 4', '03040700', { wrongLength: true }],
    ['SACK permitted of length 3', '040300 01', { wrongLength: true }],
    ['SACK of length 2', '0502 0101', { wrongLength: true }],
    ['SACK of length 9', '0509 00000000000000 010101', { wrongLength: true }],
    ['MD5 of length 4', '1304 0000', { wrongLength: true }],
    ['authentication of length 3', '1d0300 01', { wrongLength: true }],
    ['Multipath TCP of length 2', '1e02 0101', { wrongLength: true }],
    ['length 0: what came before counts, what follows does not', '020405b4 fd00 0402', { mss: 1460, malformed: true }],
    ['length 1', 'fd01 0402', { malformed: true }],
    ['length beyond the end', '020405b4 080a 0000', { mss: 1460, malformed: true }],
    ['a kind without a length', '010101 02', { malformed: true }],
  ];
  for (const [name, bytes, found] of CASES) {
    it(`finds ${name}`, () => assert.deepEqual(parse(hex(bytes)), { ...NONE, ...found }));
  }

  it('finds the SACK blocks and timestamps of a captured segment', () => {
    assert.deepEqual(parse(realFrame('sackThreeBlocks').subarray(54)), {
      ...NONE,
      hasTimestamps: true,
      tsVal: 3802388438,
      tsEcr: 1771943831,
      sack: [0x09ef9c82, 0x09efa7d2, 0x09ef5e4a, 0x09ef96da, 0x09ee8d02, 0x09ef58a2],
    });
  });
});

describe('encodeTcpOptions', () => {
  const CASES: [name: string, fields: TcpOptionFields, bytes: string][] = [
    ['nothing', {}, ''],
    ['nothing where all is -1', { mss: -1, windowScale: -1, sackCount: 0 }, ''],
    ['MSS', { mss: 1460 }, '020405b4'],
    ['SACK permitted', { mss: 1460, sackPermitted: true }, '020405b4 01010402'],
    [
      'a SYN with all',
      { mss: 1460, sackPermitted: true, hasTimestamps: true, tsVal: 1, tsEcr: 2, windowScale: 7 },
      '020405b4 0402080a 00000001 00000002 01030307',
    ],
    ['timestamps', { hasTimestamps: true, tsVal: 0xffff_ffff, tsEcr: 0 }, '0101080a ffffffff 00000000'],
    ['window scale', { windowScale: 0 }, '01030300'],
    ['SACK blocks', { sackCount: 1, sack: [1, 0xffff_ffff] }, '0101050a 00000001 ffffffff'],
    ['four SACK blocks at most', { sackCount: 5, sack: new Array(10).fill(1) }, `01010522 ${'00000001'.repeat(8)}`],
    [
      'three of them beside timestamps',
      { hasTimestamps: true, sackCount: 4, sack: new Array(8).fill(1) },
      `0101080a 00000000 00000000 0101051a ${'00000001'.repeat(6)}`,
    ],
  ];
  for (const [name, fields, bytes] of CASES) {
    it(`writes ${name}`, () => {
      const out = new Uint8Array(60).fill(0xa5);
      const expected = hex(bytes);
      assert.equal(encodeTcpOptions(fields, out, 5), expected.length);
      assert.deepEqual(out.subarray(5, 5 + expected.length), expected);
      assert.ok(out.subarray(5 + expected.length).every((byte) => byte === 0xa5));
    });
  }
});
