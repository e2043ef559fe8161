import assert from 'node:assert/strict';
import { encodeFragment, Ipv6Extensions, Ipv6ExtensionProblem as P } from '../../src/wire/ipv6-extensions.ts';
import { hex } from './hex.ts';

const NONE = {
  problem: 0,
  pointer: 0,
  nextHeader: 58,
  offset: 40,
  nextHeaderPointer: 6,
  count: 0,
  isFragment: false,
  fragmentAt: -1,
  fragmentNamedAt: -1,
  fragmentOffset: 0,
  moreFragments: false,
  fragmentId: 0,
  routingType: -1,
  segmentsLeft: -1,
  hasHopByHop: false,
  hasDestinationOptions: false,
  routerAlert: -1,
  jumboLength: 0,
};

const SHIFT = 9;
const walker = new Ipv6Extensions();

function packet(first: number, rest: Uint8Array, payloadLength = rest.length): Uint8Array {
  const bytes = new Uint8Array(SHIFT + 40 + rest.length + 16).fill(0x3c);
  bytes.fill(0, SHIFT, SHIFT + 40);
  bytes[SHIFT] = 0x60;
  bytes[SHIFT + 4] = payloadLength >> 8;
  bytes[SHIFT + 5] = payloadLength;
  bytes[SHIFT + 6] = first;
  bytes.set(rest, SHIFT + 40);
  return bytes;
}

/** What the walker found, with offsets counted from the IPv6 header. */
function found(): typeof NONE {
  const { offset, fragmentAt, fragmentNamedAt } = walker;
  const shifted = { offset, fragmentAt, fragmentNamedAt };
  const back = Object.fromEntries(Object.entries(shifted).map(([name, at]) => [name, at < 0 ? at : at - SHIFT]));
  return { ...(walker as unknown as typeof NONE), isFragment: walker.isFragment, ...back };
}

function walk(first: number, rest: string, payloadLength?: number): typeof NONE {
  const bytes = hex(rest);
  walker.walk(packet(first, bytes, payloadLength), SHIFT, SHIFT + 40 + bytes.length);
  return found();
}

const ECHO = '8000f3f2 00070001 6162636465666768';

describe('Ipv6Extensions', () => {
  const CASES: [name: string, first: number, rest: string, found: Partial<typeof NONE>][] = [
    ['no extension header', 58, ECHO, {}],
    ['an upper-layer protocol of any number', 253, '7878', { nextHeader: 253 }],
    ['no next header', 59, '', { nextHeader: 59 }],
    ['ESP, which is not stepped over', 50, '00000001 00000001', { nextHeader: 50 }],
    [
      'hop-by-hop with padding',
      0,
      `3a00 0104 00000000 ${ECHO}`,
      { count: 1, offset: 48, nextHeaderPointer: 40, hasHopByHop: true },
    ],
    [
      'destination options with padding',
      60,
      `3a00 0104 00000000 ${ECHO}`,
      {
        count: 1,
        offset: 48,
        nextHeaderPointer: 40,
        hasDestinationOptions: true,
      },
    ],
    [
      'an unknown option that may be skipped',
      60,
      `3a00 1e04 00000000 ${ECHO}`,
      {
        count: 1,
        offset: 48,
        nextHeaderPointer: 40,
        hasDestinationOptions: true,
      },
    ],
    [
      'an MLD report with its router alert',
      0,
      `3a00 0502 0000 0100 ${ECHO}`,
      {
        count: 1,
        offset: 48,
        nextHeaderPointer: 40,
        hasHopByHop: true,
        routerAlert: 0,
      },
    ],
    [
      'Pad1 seven times between options',
      60,
      `3a01 1e00 00000000000000 1e00 0100 00 ${ECHO}`,
      {
        count: 1,
        offset: 56,
        nextHeaderPointer: 40,
        hasDestinationOptions: true,
      },
    ],
    [
      'an exhausted routing header',
      43,
      `3a02 0000 00000000 ${'00'.repeat(16)} ${ECHO}`,
      {
        count: 1,
        offset: 64,
        nextHeaderPointer: 40,
        routingType: 0,
        segmentsLeft: 0,
      },
    ],
    [
      'a first fragment, behind which the walk stops',
      44,
      `1100 0001 00000157 52072007 0040173e`,
      {
        count: 1,
        nextHeader: 17,
        offset: 48,
        nextHeaderPointer: 40,
        isFragment: true,
        fragmentAt: 40,
        fragmentNamedAt: 6,
        moreFragments: true,
        fragmentId: 0x157,
      },
    ],
    [
      'a last fragment behind destination options',
      60,
      `2c00 0104 00000000 3c00 05a8 ffffffff 00000000`,
      {
        count: 2,
        nextHeader: 60,
        offset: 56,
        nextHeaderPointer: 48,
        hasDestinationOptions: true,
        isFragment: true,
        fragmentAt: 48,
        fragmentNamedAt: 40,
        fragmentOffset: 0x5a8,
        fragmentId: 0xffff_ffff,
      },
    ],
    [
      'an atomic fragment, stepped over',
      44,
      `3c00 0000 00000001 3a00 0104 00000000 ${ECHO}`,
      {
        count: 2,
        offset: 56,
        nextHeaderPointer: 48,
        hasDestinationOptions: true,
        fragmentAt: 40,
        fragmentNamedAt: 6,
        fragmentId: 1,
      },
    ],
    [
      'an authentication header, which is no extension',
      51,
      `3a04 0000 00000001 00000001 ${'00'.repeat(12)} ${ECHO}`,
      {
        nextHeader: 51,
        offset: 40,
        nextHeaderPointer: 6,
      },
    ],
    [
      'a mobility header, which is none',
      135,
      '3b00 0000 00000000',
      {
        nextHeader: 135,
        offset: 40,
        nextHeaderPointer: 6,
      },
    ],
    [
      'all of them in the order of RFC 8200 §4.1',
      0,
      `3c00 01040000 0000 2b00 01040000 0000 2c00 0000 00000000 3c00 0000 00000001 0600 01040000 0000`,
      {
        count: 5,
        nextHeader: 6,
        offset: 80,
        nextHeaderPointer: 72,
        hasHopByHop: true,
        hasDestinationOptions: true,
        routingType: 0,
        segmentsLeft: 0,
        fragmentAt: 64,
        fragmentNamedAt: 56,
        fragmentId: 1,
      },
    ],
  ];
  for (const [name, first, rest, expected] of CASES) {
    it(`steps over ${name}`, () => assert.deepEqual(walk(first, rest), { ...NONE, ...expected }));
  }

  it('takes a jumbo payload option whose packet says payload length 0', () => {
    assert.equal(walk(0, '3a00 c204 00010000', 0).jumboLength, 0x1_0000);
  });

  // Pointers as Linux 6.18 sends them in parameter problems, where a capture of it has the case.
  const BAD: [name: string, first: number, rest: string, problem: number, pointer: number][] = [
    ['a header of less than eight bytes', 60, '3a00 0104 0000', P.truncated, 40],
    ['no bytes where a header is named', 60, '', P.truncated, 40],
    ['a header length beyond the packet', 0, `3a05 0104 00000000`, P.truncated, 41],
    ['a second header length beyond the packet', 60, `2b00 0104 00000000 3a01 0000 00000000`, P.truncated, 49],
    ['hop-by-hop behind destination options', 60, `0000 0104 00000000 3a00 0104 00000000`, P.hopByHopNotFirst, 40],
    ['hop-by-hop twice', 0, `0000 0104 00000000 3a00 0104 00000000`, P.hopByHopNotFirst, 40],
    ['an unknown option, action 01', 60, `3a00 5e04 00000000 ${ECHO}`, P.optionDiscard, 42],
    ['an unknown option, action 10', 60, `3a00 9e04 00000000 ${ECHO}`, P.optionReport, 42],
    ['an unknown option, action 11', 60, `3a00 de04 00000000 ${ECHO}`, P.optionReportUnicast, 42],
    ['an unknown hop-by-hop option behind padding', 0, `3a00 0100 9e02 0000 ${ECHO}`, P.optionReport, 44],
    ['an option beyond its header', 60, `3a00 1e05 00000000 ${ECHO}`, P.badOptions, 42],
    ['an option type without a length', 60, `3a00 1e03 000000 1e ${ECHO}`, P.badOptions, 47],
    ['padding with something in it', 60, `3a00 0104 00000001 ${ECHO}`, P.badOptions, 42],
    ['eight bytes of PadN', 60, `3a01 0106 000000000000 1e04 00000000 ${ECHO}`, P.badOptions, 42],
    ['eight times Pad1', 60, `3a01 0000000000000000 1e04 00000000`, P.badOptions, 49],
    ['nine options', 60, `3a02 ${'1e00'.repeat(9)} 0102 0000`, P.badOptions, 58],
    ['a router alert of length 3', 0, `3a00 0503 000000 00`, P.badOptions, 42],
    ['routing type 0 with segments left', 43, `3a02 0001 00000000 ${'00'.repeat(16)} ${ECHO}`, P.routing, 42],
    ['routing type 4 with segments left', 43, `3a02 0401 00000000 ${'00'.repeat(16)} ${ECHO}`, P.unusedRouting, 42],
    ['routing type 3 without any', 43, `3a00 0300 00000000 ${ECHO}`, P.unusedRouting, 42],
    ['a label', 0, '3a00 0704 00000000', P.badOptions, 42],
    ['a measurement at 42', 0, '3a00 3104 00000000', P.badOptions, 42],
    ['a jumbo payload of length 3', 0, '3a00 c203 000000 00', P.badOptions, 42],
    ['a jumbo payload that is not aligned', 0, '3a01 1e00 c204 00010000 0102 00000000', P.badOptions, 44],
    ['a jumbo payload that a length field could say', 0, '3a00 c204 0000ffff', P.jumbo, 44],
    ['a jumbo payload beside a payload length', 0, '3a00 c204 00010000', P.jumbo, 42],
  ];
  for (const [name, first, rest, problem, pointer] of BAD) {
    it(`stops at ${name}, pointing at byte ${pointer}`, () => {
      const { problem: p, pointer: at } = walk(first, rest);
      assert.deepEqual([p, at], [problem, pointer]);
    });
  }

  it('goes on behind a fragment header in the datagram made whole', () => {
    const whole = hex(`3a00 0104 00000000 ${ECHO}`);
    const bytes = packet(60, whole);
    assert.equal(walker.resume(bytes, SHIFT, SHIFT + 40, SHIFT + 40 + whole.length, 60, 6), P.none);
    assert.deepEqual(found(), { ...NONE, count: 1, offset: 48, nextHeaderPointer: 40, hasDestinationOptions: true });
  });

  it('walks a packet of nothing but headers to its end', () => {
    const bytes = new Uint8Array(40 + 8 * 8000);
    for (let at = 40; at < bytes.length; at += 8) bytes.set([60, 0, 1, 4, 0, 0, 0, 0], at);
    bytes[6] = 60;
    assert.equal(walker.walk(bytes, 0, bytes.length), P.truncated);
    assert.equal(walker.count, 8000);
  });
});

describe('encodeFragment', () => {
  it('writes what the walker reads', () => {
    const out = new Uint8Array(10).fill(0xa5);
    const fields = { nextHeader: 17, fragmentOffset: 1448, moreFragments: true, fragmentId: 0xdead_beef };
    assert.equal(encodeFragment(fields, out, 1), 8);
    assert.deepEqual(out, hex('a5 1100 05a9 deadbeef a5'));
  });
});
