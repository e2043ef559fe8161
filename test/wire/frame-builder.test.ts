import assert from 'node:assert/strict';
import { crc32, fcsAt } from '../../src/wire/crc32.ts';
import { Ipv4View } from '../../src/wire/ipv4.ts';
import { TcpView } from '../../src/wire/tcp.ts';
import { UdpView } from '../../src/wire/udp.ts';
import { buildFrame, type FrameFields } from './frame-builder.ts';
import { hex } from './hex.ts';
import { realFrame } from './real-frames.ts';

const IPV4 = { source: '10.0.0.2', destination: '10.0.0.1' };
const IPV6 = { source: 'fd00:10::2', destination: 'fd00:10::1' };
const TCP = { sourcePort: 40000, destinationPort: 80 };

const LINK = '020000000001 020000000002';

describe('buildFrame', () => {
  const CASES: [name: string, fields: FrameFields, bytes: string][] = [
    ['a link header alone', { ethernet: { etherType: 0x88b5 } }, `${LINK} 88b5`],
    ['a payload of text behind it', { ethernet: { etherType: 0x88b5 }, payload: 'né' }, `${LINK} 88b5 6ec3a9`],
    [
      'MACs in text',
      { ethernet: { destination: 'ff:ff:ff:ff:ff:ff', source: '02-00-00-00-00-09', etherType: 0x88b5 } },
      'ffffffffffff 020000000009 88b5',
    ],
    ['an 802.3 length field', { ethernet: { etherType: 3 }, payload: hex('424203') }, `${LINK} 0003 424203`],
    [
      'ARP with its defaults',
      { arp: { senderIp: '10.0.0.2', targetIp: '10.0.0.1' } },
      `${LINK} 0806 0001 0800 06 04 0001 020000000002 0a000002 000000000000 0a000001`,
    ],
    [
      'ARP with wrong lengths',
      { arp: { senderIp: 0, targetIp: '10.0.0.1', hardwareLength: 8, operation: 9 } },
      `${LINK} 0806 0001 0800 08 04 0009 020000000002 00000000 000000000000 0a000001`,
    ],
    [
      'a VLAN tag',
      { vlan: [{ id: 100, priority: 5, dropEligible: true }], ipv4: { ...IPV4, protocol: 253, id: 1 } },
      `${LINK} 8100 b064 0800 4500 0014 0001 0000 40 fd 65ea 0a000002 0a000001`,
    ],
    [
      'two tags',
      { vlan: [{ id: 10, tpid: 0x88a8 }, { id: 20 }], ethernet: { etherType: 0x88b5 } },
      `${LINK} 88a8 000a 8100 0014 88b5`,
    ],
    [
      'a tag in front of a wrong type',
      { vlan: [{ id: 1, etherType: 0x1234 }], arp: { senderIp: 0, targetIp: 0 } },
      `${LINK} 8100 0001 1234 0001 0800 06 04 0001 020000000002 00000000 000000000000 00000000`,
    ],
    [
      'IPv4 without a link header',
      { ethernet: null, ipv4: { ...IPV4, protocol: 253 }, payload: hex('ab') },
      '4500 0015 0000 0000 40 fd 65ea 0a000002 0a000001 ab',
    ],
    [
      'IPv4 with each field given',
      {
        ethernet: null,
        ipv4: {
          ...IPV4,
          version: 5,
          ihl: 4,
          tos: 0xff,
          totalLength: 19,
          id: 0xffff,
          reservedFlag: true,
          dontFragment: true,
          moreFragments: true,
          fragmentOffset: 65528,
          ttl: 0,
          protocol: 6,
          headerChecksum: 0xdead,
        },
      },
      '54ff 0013 ffff ffff 00 06 dead 0a000002 0a000001',
    ],
    [
      'IPv4 options, padded',
      { ethernet: null, ipv4: { ...IPV4, protocol: 253, options: hex('94040000 01') } },
      '4700 001c 0000 0000 40 fd cede 0a000002 0a000001 94040000 01000000',
    ],
    [
      'UDP',
      { ethernet: null, ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 2 }, payload: hex('0102') },
      '4500 001e 0000 0000 40 11 66cd 0a000002 0a000001 0001 0002 000a ead2 0102',
    ],
    [
      'UDP whose checksum comes out as 0 and goes out as ffff',
      {
        ethernet: null,
        ipv4: IPV4,
        udp: { sourcePort: 1, destinationPort: 2 },
        payload: hex('ebd4'),
      },
      '4500 001e 0000 0000 40 11 66cd 0a000002 0a000001 0001 0002 000a ffff ebd4',
    ],
    [
      'UDP without a checksum',
      { ethernet: null, ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 2, checksum: 0 } },
      '4500 001c 0000 0000 40 11 66cf 0a000002 0a000001 0001 0002 0008 0000',
    ],
    [
      'UDP with a wrong length',
      { ethernet: null, ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 2, length: 7, checksum: 1 } },
      '4500 001c 0000 0000 40 11 66cf 0a000002 0a000001 0001 0002 0007 0001',
    ],
    [
      'ICMP',
      { ethernet: null, ipv4: IPV4, icmp: { type: 8, identifier: 7, sequence: 1 }, payload: 'abcdefgh' },
      '4500 0024 0000 0000 40 01 66d7 0a000002 0a000001 0800 6662 0007 0001 6162636465666768',
    ],
    [
      'ICMP with a wrong checksum',
      { ethernet: null, ipv4: IPV4, icmp: { type: 8, checksum: 0 } },
      '4500 001c 0000 0000 40 01 66df 0a000002 0a000001 0800 0000 00000000',
    ],
    [
      'ICMPv6',
      { ethernet: null, ipv6: IPV6, icmpv6: { type: 128, identifier: 7, sequence: 1 }, payload: 'abcdefgh' },
      '60000000 0010 3a 40 fd000010000000000000000000000002 fd000010000000000000000000000001 8000 f3f2 0007 0001 6162636465666768',
    ],
    [
      'ICMPv6 behind an extension header',
      {
        ethernet: null,
        ipv6: { ...IPV6, nextHeader: 60, extensions: hex('3a00010400000000') },
        icmpv6: { type: 128, identifier: 7, sequence: 1 },
        payload: 'abcdefgh',
      },
      `60000000 0018 3c 40 fd000010000000000000000000000002 fd000010000000000000000000000001 3a00010400000000
        8000 f3f2 0007 0001 6162636465666768`.replaceAll('\n', ''),
    ],
    [
      'IPv6 with each field given',
      {
        ethernet: null,
        ipv6: { ...IPV6, version: 7, trafficClass: 0xb8, flowLabel: 0xabcde, payloadLength: 9, nextHeader: 59, hopLimit: 255 },
      },
      '7b8abcde 0009 3b ff fd000010000000000000000000000002 fd000010000000000000000000000001',
    ],
    [
      'a trailer that no length counts',
      { ethernet: null, ipv4: { ...IPV4, protocol: 253 }, trailer: hex('ffff') },
      '4500 0014 0000 0000 40 fd 65eb 0a000002 0a000001 ffff',
    ],
  ];
  for (const [name, fields, bytes] of CASES) {
    it(`writes ${name}`, () => {
      assert.equal(Buffer.from(buildFrame(fields)).toString('hex'), bytes.replaceAll(' ', ''));
    });
  }

  it('pads to 60 bytes with zeros, whatever was built before', () => {
    buildFrame({ ipv4: IPV4, payload: new Uint8Array(200).fill(0xff) });
    const bytes = buildFrame({ ethernet: { etherType: 0x88b5 }, pad: true });
    assert.deepEqual(bytes, hex(`${LINK} 88b5 ${'00'.repeat(46)}`));
  });

  it('does not pad a frame of 60 bytes or more', () => {
    assert.equal(buildFrame({ ethernet: { etherType: 1 }, payload: new Uint8Array(46), pad: true }).length, 60);
    assert.equal(buildFrame({ ethernet: { etherType: 1 }, payload: new Uint8Array(47), pad: true }).length, 61);
  });

  it('ends with a right FCS over the padding, or with the one given', () => {
    const right = buildFrame({ ipv4: IPV4, tcp: TCP, pad: true, fcs: true });
    assert.equal(right.length, 64);
    assert.equal(fcsAt(right, 60), crc32(right, 0, 60));
    const given = buildFrame({ ipv4: IPV4, tcp: TCP, pad: true, fcs: 0x1234_5678 });
    assert.deepEqual(given.subarray(0, 60), right.subarray(0, 60));
    assert.equal(fcsAt(given, 60), 0x1234_5678);
    assert.equal(buildFrame({ ipv4: IPV4, tcp: TCP, pad: true, fcs: false }).length, 60);
  });

  it('writes exactly the wrong TCP values that it is given', () => {
    const tcp = {
      ...TCP,
      seq: -1,
      ack: 2 ** 32 - 2,
      flags: 0xff,
      dataOffset: 15,
      reserved: 0xf,
      checksum: 0xbeef,
      urgentPointer: 0xffff,
    };
    const bytes = buildFrame({ ipv4: IPV4, tcp, payload: 'x' });
    const view = new TcpView().at(bytes, 34, bytes.length);
    const { seq, ack, flags, dataOffset, reserved, checksum, urgentPointer } = view;
    assert.deepEqual(
      { seq, ack, flags, dataOffset, reserved, checksum, urgentPointer },
      { seq: 2 ** 32 - 1, ack: 2 ** 32 - 2, flags: 0xff, dataOffset: 15, reserved: 0xf, checksum: 0xbeef, urgentPointer: 0xffff },
    );
  });

  it('takes TCP options byte by byte, padded with end-of-options', () => {
    const bytes = buildFrame({ ipv4: IPV4, tcp: { ...TCP, rawOptions: hex('0204 05b4 02') }, payload: 'x' });
    const view = new TcpView().at(bytes, 34, bytes.length);
    assert.equal(view.headerLength, 28);
    assert.deepEqual(bytes.subarray(54), hex('020405b4 02000000 78'));
  });

  it('sends a part of a payload where a range is given', () => {
    const payload = hex('00112233445566');
    const bytes = buildFrame({ ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 2, payload, payloadStart: 2, payloadEnd: 5 } });
    assert.deepEqual(bytes.subarray(42), hex('223344'));
    assert.equal(new UdpView().at(bytes, 34, bytes.length).length, 11);
    assert.equal(new Ipv4View().at(bytes, 14, bytes.length).totalLength, 31);
  });

  it('builds datagrams of 65535 bytes', () => {
    const payload = new Uint8Array(65535 - 28).fill(0x5a);
    const bytes = buildFrame({ ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 2 }, payload });
    assert.equal(bytes.length, 14 + 65535);
    assert.equal(new Ipv4View().at(bytes, 14, bytes.length).totalLength, 65535);
  });

  it('builds frames longer than any datagram', () => {
    const bytes = buildFrame({ ethernet: { etherType: 0x88b5 }, payload: new Uint8Array(100_000).fill(1) });
    assert.equal(bytes.length, 100_014);
    assert.equal(bytes[100_013], 1);
  });

  it('gives a new array each time', () => {
    const first = buildFrame({ ipv4: IPV4, tcp: TCP });
    const copy = first.slice();
    buildFrame({ ethernet: { etherType: 0xffff }, payload: new Uint8Array(100).fill(0xff) });
    assert.deepEqual(first, copy);
  });

  it('builds the SYN of curl from a few words', () => {
    const bytes = buildFrame({
      ipv4: { ...IPV4, id: 16289, dontFragment: true },
      tcp: {
        sourcePort: 51766,
        destinationPort: 80,
        seq: 3132463389,
        flags: 2,
        window: 64240,
        options: { mss: 1460, sackPermitted: true, hasTimestamps: true, tsVal: 2058576822, windowScale: 7 },
      },
    });
    assert.deepEqual(bytes, realFrame('syn'));
  });

  const WRONG: [name: string, fields: FrameFields, message: RegExp][] = [
    ['a MAC', { ethernet: { source: '02:00' } }, /not a MAC address: 02:00/],
    ['an IPv4 address', { ipv4: { source: '10.0.0', destination: 0 } }, /not an IPv4 address: 10\.0\.0/],
    ['an IPv6 address for IPv4', { ipv4: { source: '::1', destination: 0 } }, /not an IPv4 address: ::1/],
    ['an IPv6 address', { ipv6: { source: '10.0.0.1', destination: '::' } }, /not an IPv6 address: 10\.0\.0\.1/],
  ];
  for (const [name, fields, message] of WRONG) {
    it(`says which text is not ${name}`, () => assert.throws(() => buildFrame(fields), { name: 'RangeError', message }));
  }
});
