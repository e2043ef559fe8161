import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import {
  directedBroadcast4,
  formatIp,
  formatIp4,
  formatIp6,
  formatMac,
  isBroadcastMac,
  isGroupMac,
  isInPrefix,
  isLimitedBroadcast4,
  isLinkLocal6,
  isLoopback4,
  isLoopback6,
  isMapped4,
  isMulticast4,
  isMulticast6,
  isSolicitedNode6,
  isUnspecified6,
  joinMac,
  MULTICAST_MAC4_HIGH,
  MULTICAST_MAC6_HIGH,
  macHigh,
  macLow,
  multicastMacLow4,
  multicastScope6,
  parseIp,
  parseMac,
  solicitedNodeWord,
} from '../../src/wire/address.ts';

const u32 = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x1_0000, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));

function words(text: string): [number, number, number, number] {
  const parsed = parseIp(text);
  assert.ok(parsed, text);
  return [parsed.w0, parsed.w1, parsed.w2, parsed.w3];
}

function word(text: string): number {
  return words(text)[3];
}

function classesOf(predicates: Record<string, (...words: never[]) => boolean>, ...given: number[]): string[] {
  return Object.keys(predicates).filter((name) => predicates[name]!(...(given as never[])));
}

describe('IPv4 text', () => {
  const CASES: [text: string, value: number][] = [
    ['0.0.0.0', 0],
    ['10.0.0.1', 0x0a00_0001],
    ['192.168.255.3', 0xc0a8_ff03],
    ['255.255.255.255', 0xffff_ffff],
  ];
  for (const [text, value] of CASES) {
    it(`${text} is ${value} both ways`, () => {
      assert.equal(formatIp4(value), text);
      assert.equal(formatIp(4, 0, 0, 0, value), text);
      assert.equal(formatIp4(value | 0), text);
      assert.deepEqual(parseIp(text), { family: 4, w0: 0, w1: 0, w2: 0, w3: value });
    });
  }

  for (const text of [
    '',
    '10',
    '10.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '0x10.0.0.1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.a',
    '012.1.1.1',
  ]) {
    it(`'${text}' is not taken`, () => assert.equal(parseIp(text), undefined));
  }
});

describe('IPv6 text', () => {
  // The examples of RFC 5952 §1, §2 and §4, and what they must be written as.
  const CASES: [given: string, canonical: string][] = [
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AAAA:0:0:AaAa', '2001:db8::aaaa:0:0:aaaa'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:1:0:0:0:0:0:0', '0:1::'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['0:0:3:4:5:6:7:8', '::3:4:5:6:7:8'],
    ['fe80::1', 'fe80::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1'],
    ['::fffe:c000:201', '::fffe:c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ];
  for (const [given, canonical] of CASES) {
    it(`${given} is written ${canonical}`, () => assert.equal(formatIp6(...words(given)), canonical));
  }

  it('is read back to the same words, and is what Node takes for IPv6', () => {
    fc.assert(
      fc.property(u32, u32, u32, u32, (w0, w1, w2, w3) => {
        const text = formatIp(6, w0, w1, w2, w3);
        assert.ok(isIPv6(text) && !isIPv4(text), text);
        assert.deepEqual(parseIp(text), { family: 6, w0, w1, w2, w3 });
      }),
      { seed: 21, numRuns: 1000 },
    );
  });

  for (const text of ['::1%eth0', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'fe80::g', '12345::']) {
    it(`'${text}' is not taken`, () => assert.equal(parseIp(text), undefined));
  }
});

describe('MAC text', () => {
  const CASES: [text: string, high: number, low: number][] = [
    ['00:00:00:00:00:00', 0, 0],
    ['02:00:00:00:00:01', 0x0200, 1],
    ['ff:ff:ff:ff:ff:ff', 0xffff, 0xffff_ffff],
    ['33:33:ff:0a:0b:0c', 0x3333, 0xff0a_0b0c],
  ];
  for (const [text, high, low] of CASES) {
    it(`${text} is ${high.toString(16)} and ${low.toString(16)} both ways`, () => {
      assert.equal(formatMac(high, low), text);
      const mac = parseMac(text);
      assert.ok(mac !== undefined);
      assert.equal(macHigh(mac), high);
      assert.equal(macLow(mac), low);
      assert.equal(joinMac(high, low), mac);
    });
  }

  it('takes dashes and capitals', () => assert.equal(parseMac('0A-1B-2C-3D-4E-5F'), 0x0a1b_2c3d_4e5f));
  for (const text of [
    '',
    '02:00:00:00:00',
    '02:00:00:00:00:01:02',
    '2:0:0:0:0:1',
    '02:00-00:00:00:01',
    '02:00:00:00:00:0g',
    '020000000001',
  ]) {
    it(`'${text}' is not taken`, () => assert.equal(parseMac(text), undefined));
  }
});

describe('IPv4 classes', () => {
  const CASES: [text: string, classes: string[]][] = [
    ['0.0.0.0', []],
    ['0.1.2.3', []],
    ['10.0.0.1', []],
    ['126.255.255.255', []],
    ['127.0.0.1', ['isLoopback4']],
    ['127.255.255.255', ['isLoopback4']],
    ['128.0.0.0', []],
    ['169.253.255.255', []],
    ['169.254.0.1', []],
    ['223.255.255.255', []],
    ['224.0.0.1', ['isMulticast4']],
    ['239.255.255.255', ['isMulticast4']],
    ['240.0.0.1', []],
    ['255.255.255.254', []],
    ['255.255.255.255', ['isLimitedBroadcast4']],
  ];
  const ALL = { isLoopback4, isMulticast4, isLimitedBroadcast4 };
  for (const [text, classes] of CASES) {
    it(`${text}: ${classes.join(', ') || 'none'}`, () => {
      assert.deepEqual(classesOf(ALL, word(text)), classes);
    });
  }

  const BROADCASTS: [text: string, prefixLength: number, broadcast: string][] = [
    ['10.0.0.7', 24, '10.0.0.255'],
    ['10.1.2.3', 8, '10.255.255.255'],
    ['10.1.2.3', 0, '255.255.255.255'],
    ['192.168.1.9', 30, '192.168.1.11'],
    ['192.168.1.9', 31, '255.255.255.255'],
    ['192.168.1.9', 32, '255.255.255.255'],
  ];
  for (const [text, prefixLength, broadcast] of BROADCASTS) {
    it(`the broadcast of ${text}/${prefixLength} is ${broadcast}`, () =>
      assert.equal(formatIp4(directedBroadcast4(word(text), prefixLength)), broadcast));
  }
});

describe('IPv6 classes', () => {
  const CASES: [text: string, classes: string[]][] = [
    ['::', ['isUnspecified6']],
    ['::1', ['isLoopback6']],
    ['::2', []],
    ['::ffff:10.0.0.1', ['isMapped4']],
    ['2001:db8::1', []],
    ['fc00::1', []],
    ['fdff::1', []],
    ['fe80::1', ['isLinkLocal6']],
    ['febf::1', ['isLinkLocal6']],
    ['fec0::1', []],
    ['ff02::1', ['isMulticast6']],
    ['ff02::1:ff00:1', ['isMulticast6', 'isSolicitedNode6']],
    ['ff02::1:fe00:1', ['isMulticast6']],
    ['ff05::1:ff00:1', ['isMulticast6']],
  ];
  const ALL = { isUnspecified6, isLoopback6, isMulticast6, isLinkLocal6, isMapped4, isSolicitedNode6 };
  for (const [text, classes] of CASES) {
    it(`${text}: ${classes.join(', ') || 'none'}`, () => {
      assert.deepEqual(classesOf(ALL, ...words(text)), classes);
    });
  }

  it('know the scope of a group', () => {
    assert.deepEqual(
      ['ff01::1', 'ff02::1', 'ff05::2', 'ff0e::1'].map((text) => multicastScope6(words(text)[0])),
      [1, 2, 5, 14],
    );
  });

  it('give the solicited-node group of an address', () => {
    const w3 = words('2001:db8::aabb:ccdd')[3];
    assert.equal(formatIp6(0xff02_0000, 0, 1, solicitedNodeWord(w3)), 'ff02::1:ffbb:ccdd');
  });
});

describe('MAC addresses of groups', () => {
  it('of IPv4 keep 23 bits of the group (RFC 1112 §6.4)', () => {
    const macOf = (text: string) => formatMac(MULTICAST_MAC4_HIGH, multicastMacLow4(word(text)));
    assert.equal(macOf('224.0.0.1'), '01:00:5e:00:00:01');
    assert.equal(macOf('239.255.255.250'), '01:00:5e:7f:ff:fa');
    assert.equal(macOf('224.128.0.1'), '01:00:5e:00:00:01');
  });

  it('of IPv6 keep the last word (RFC 2464 §7)', () =>
    assert.equal(formatMac(MULTICAST_MAC6_HIGH, words('ff02::1:ff28:9c5a')[3]), '33:33:ff:28:9c:5a'));

  it('are groups; broadcast is one too', () => {
    assert.deepEqual(
      [0x0100, 0x3333, 0xffff, 0x0200, 0x0000].map((high) => isGroupMac(high)),
      [true, true, true, false, false],
    );
    assert.equal(isBroadcastMac(0xffff, 0xffff_ffff), true);
    assert.equal(isBroadcastMac(0xffff, 0xffff_fffe), false);
    assert.equal(isBroadcastMac(0x0100, 0xffff_ffff), false);
  });
});

describe('isInPrefix', () => {
  const CASES: [addressText: string, network: string, prefixLength: number, inside: boolean][] = [
    ['10.0.0.7', '10.0.0.0', 96 + 24, true],
    ['10.0.1.7', '10.0.0.0', 96 + 24, false],
    ['200.0.1.7', '10.0.0.0', 96, true],
    ['2001:db8:0:1::5', '2001:db8:0:1::', 64, true],
    ['2001:db8:0:2::5', '2001:db8:0:1::', 64, false],
    ['2001:db8:0:2::5', '2001:db8::', 62, true],
    ['2001:db8::5', '2001:db8::5', 128, true],
    ['2001:db8::4', '2001:db8::5', 128, false],
    ['2001:db8::4', '2001:db8::5', 127, true],
    ['ff02::1', '::', 0, true],
    ['ff02::1', '7f02::', 1, false],
  ];
  for (const [text, network, prefixLength, inside] of CASES) {
    it(`${text} is ${inside ? '' : 'not '}in ${network}/${prefixLength}`, () => {
      assert.equal(isInPrefix(...words(text), ...words(network), prefixLength), inside);
    });
  }
});
