import assert from 'node:assert/strict';
import { ArpProblem, ArpView } from '../../src/wire/arp.ts';
import { EthernetProblem, EthernetView } from '../../src/wire/ethernet.ts';
import { IcmpProblem, IcmpView, isIcmpError } from '../../src/wire/icmp.ts';
import { Icmpv6Problem, Icmpv6View } from '../../src/wire/icmpv6.ts';
import { Ipv4Problem, Ipv4View, ipv4HeaderChecksum } from '../../src/wire/ipv4.ts';
import { Ipv6Problem, Ipv6View } from '../../src/wire/ipv6.ts';
import { encodeLoopback, loopbackEtherType, loopbackFamily } from '../../src/wire/loopback.ts';
import { encodeNdp, NdpProblem, NdpView } from '../../src/wire/ndp.ts';
import { SllProblem, SllView } from '../../src/wire/sll.ts';
import { Sll2Problem, Sll2View } from '../../src/wire/sll2.ts';
import { TcpProblem, TcpView } from '../../src/wire/tcp.ts';
import { UdpProblem, UdpView } from '../../src/wire/udp.ts';
import { isVlanType, VlanProblem, VlanView } from '../../src/wire/vlan.ts';
import { hex } from './hex.ts';
import { realFrame } from './real-frames.ts';

interface View {
  at(bytes: Uint8Array, start: number, end: number): View;
  check(): number;
}

const IPV4 = '4500 0014 0000 4000 40 06 0000 0a000002 0a000001';
const IPV6 = `6000 0000 0000 3a 40 ${'00'.repeat(32)}`;
const TCP = 'ca36 0050 00000001 00000000 50 02 ffff 0000 0000';
const ARP = `0001 0800 06 04 0001 ${'00'.repeat(20)}`;
const NS = `87 00 0000 00000000 ${'00'.repeat(16)}`;

describe('check', () => {
  const CASES: [name: string, view: View, bytes: string, problem: number][] = [
    ['Ethernet of 14 bytes', new EthernetView(), '00'.repeat(14), EthernetProblem.none],
    ['Ethernet of 13 bytes', new EthernetView(), '00'.repeat(13), EthernetProblem.truncated],
    ['a VLAN tag of 4 bytes', new VlanView(), '00000800', VlanProblem.none],
    ['a VLAN tag of 3 bytes', new VlanView(), '000008', VlanProblem.truncated],
    ['SLL of 16 bytes', new SllView(), '00'.repeat(16), SllProblem.none],
    ['SLL of 15 bytes', new SllView(), '00'.repeat(15), SllProblem.truncated],
    ['SLL2 of 20 bytes', new Sll2View(), '00'.repeat(20), Sll2Problem.none],
    ['SLL2 of 19 bytes', new Sll2View(), '00'.repeat(19), Sll2Problem.truncated],
    ['ARP', new ArpView(), ARP, ArpProblem.none],
    ['ARP of another hardware type', new ArpView(), ARP.replace('0001', '0006'), ArpProblem.none],
    ['ARP of 27 bytes', new ArpView(), ARP.slice(0, -2), ArpProblem.truncated],
    ['ARP of 7 bytes', new ArpView(), '0001 0800 06 04 00', ArpProblem.truncated],
    ['ARP with 8-byte hardware addresses', new ArpView(), ARP.replace('06 04', '08 04'), ArpProblem.badLengths],
    ['ARP of 8 bytes that announces other lengths', new ArpView(), '0001 0800 08 04 0001', ArpProblem.badLengths],
    ['ARP with 16-byte protocol addresses', new ArpView(), ARP.replace('06 04', '06 10'), ArpProblem.badLengths],
    ['IPv4', new Ipv4View(), IPV4, Ipv4Problem.none],
    ['IPv4 whose data the snaplen has cut', new Ipv4View(), IPV4.replace('0014', 'ffff'), Ipv4Problem.none],
    ['IPv4 of 19 bytes', new Ipv4View(), IPV4.slice(0, -2), Ipv4Problem.truncated],
    ['nothing as IPv4', new Ipv4View(), '', Ipv4Problem.truncated],
    ['version 5', new Ipv4View(), IPV4.replace('45', '55'), Ipv4Problem.badVersion],
    ['version 6 as IPv4', new Ipv4View(), IPV6, Ipv4Problem.badVersion],
    ['IHL 4', new Ipv4View(), IPV4.replace('45', '44'), Ipv4Problem.badIhl],
    ['IHL 0', new Ipv4View(), IPV4.replace('45', '40'), Ipv4Problem.badIhl],
    ['IHL 6 in 20 bytes', new Ipv4View(), IPV4.replace('45', '46'), Ipv4Problem.headerBeyondEnd],
    ['IHL 6 in 24 bytes', new Ipv4View(), `${IPV4.replace('4500 0014', '4600 0018')} 01010101`, Ipv4Problem.none],
    ['total length 19', new Ipv4View(), IPV4.replace('0014', '0013'), Ipv4Problem.totalLengthBelowHeader],
    ['total length 20 under IHL 6', new Ipv4View(), `${IPV4.replace('45', '46')} 01010101`, Ipv4Problem.totalLengthBelowHeader],
    ['IPv6', new Ipv6View(), IPV6, Ipv6Problem.none],
    ['IPv6 of 39 bytes', new Ipv6View(), IPV6.slice(0, -2), Ipv6Problem.truncated],
    ['version 4 as IPv6', new Ipv6View(), IPV6.replace('60', '40'), Ipv6Problem.badVersion],
    ['ICMP', new IcmpView(), '0800 0000 00000000', IcmpProblem.none],
    ['ICMP of 7 bytes', new IcmpView(), '0800 0000 000000', IcmpProblem.truncated],
    ['ICMPv6', new Icmpv6View(), '8000 0000 00000000', Icmpv6Problem.none],
    ['ICMPv6 of 7 bytes', new Icmpv6View(), '8000 0000 000000', Icmpv6Problem.truncated],
    ['neighbour solicitation', new NdpView(), NS, NdpProblem.none],
    ['neighbour solicitation of 23 bytes', new NdpView(), NS.slice(0, -2), NdpProblem.truncated],
    ['neighbour solicitation of 7 bytes', new NdpView(), '8700 0000 000000', NdpProblem.truncated],
    ['echo request as neighbour discovery', new NdpView(), '8000 0000 00000000', NdpProblem.notNdp],
    ['option of length 0', new NdpView(), `${NS} 0100 020000000002`, NdpProblem.badOptions],
    ['option beyond the end', new NdpView(), `${NS} 0102 020000000002`, NdpProblem.badOptions],
    ['half an option', new NdpView(), `${NS} 0101 0200`, NdpProblem.badOptions],
    ['UDP', new UdpView(), '0035 0035 0008 0000', UdpProblem.none],
    ['UDP of 7 bytes', new UdpView(), '0035 0035 0008 00', UdpProblem.truncated],
    ['UDP length 7', new UdpView(), '0035 0035 0007 0000', UdpProblem.lengthBelowHeader],
    ['UDP length beyond the end', new UdpView(), '0035 0035 ffff 0000', UdpProblem.none],
    ['TCP', new TcpView(), TCP, TcpProblem.none],
    ['TCP of 19 bytes', new TcpView(), TCP.slice(0, -2), TcpProblem.truncated],
    ['TCP data offset 4', new TcpView(), TCP.replace(' 50 ', ' 40 '), TcpProblem.badDataOffset],
    ['TCP data offset 0', new TcpView(), TCP.replace(' 50 ', ' 00 '), TcpProblem.badDataOffset],
    ['TCP data offset 6 in 20 bytes', new TcpView(), TCP.replace(' 50 ', ' 60 '), TcpProblem.headerBeyondEnd],
    ['TCP data offset 6 in 24 bytes', new TcpView(), `${TCP.replace(' 50 ', ' 60 ')} 01010101`, TcpProblem.none],
  ];
  for (const [name, view, bytes, problem] of CASES) {
    it(`of ${name} is ${problem}`, () => {
      const header = hex(bytes);
      // More bytes follow: they belong to somebody else.
      const buffer = new Uint8Array(header.length + 70).fill(0x45);
      buffer.set(header, 3);
      assert.equal(view.at(buffer, 3, 3 + header.length).check(), problem);
    });
  }
});

describe('a view laid over nothing yet', () => {
  const VIEWS: View[] = [
    new EthernetView(),
    new VlanView(),
    new SllView(),
    new Sll2View(),
    new ArpView(),
    new Ipv4View(),
    new Ipv6View(),
    new IcmpView(),
    new Icmpv6View(),
    new NdpView(),
    new UdpView(),
    new TcpView(),
  ];
  for (const view of VIEWS) {
    it(`calls itself truncated: ${view.constructor.name}`, () => assert.equal(view.check(), 1));
  }
});

describe('Ipv4View', () => {
  const view = new Ipv4View();
  const flags = (word: string) => {
    const bytes = hex(IPV4.replace('4000', word));
    const { reservedFlag, dontFragment, moreFragments, fragmentOffset, isFragment } = view.at(bytes, 0, 20);
    return [reservedFlag, dontFragment, moreFragments, fragmentOffset, isFragment];
  };

  it('reads each fragmentation bit by itself', () => {
    assert.deepEqual(flags('8000'), [true, false, false, 0, false]);
    assert.deepEqual(flags('4000'), [false, true, false, 0, false]);
    assert.deepEqual(flags('2000'), [false, false, true, 0, true]);
    assert.deepEqual(flags('1fff'), [false, false, false, 65528, true]);
    assert.deepEqual(flags('0001'), [false, false, false, 8, true]);
  });

  it('tells a right header checksum from each wrong one', () => {
    const bytes = realFrame('syn');
    view.at(bytes, 14, bytes.length);
    assert.equal(view.checksumGood, true);
    assert.equal(view.computedChecksum, view.headerChecksum);
    for (let at = 14; at < 34; at++) {
      bytes[at]! ^= 0x10;
      assert.equal(ipv4HeaderChecksum(bytes, 14, 34) === view.headerChecksum, false, `byte ${at}`);
      if (at > 14) assert.equal(view.checksumGood, false, `byte ${at}`);
      bytes[at]! ^= 0x10;
    }
    assert.equal(view.checksumGood, true);
  });
});

describe('EthernetView', () => {
  it('knows a length from an EtherType', () => {
    const isLength = (type: string) => new EthernetView().at(hex('00'.repeat(12) + type), 0, 14).isLength;
    assert.deepEqual(['0000', '05dc', '05dd', '0600', '0800'].map(isLength), [true, true, false, false, false]);
  });

  it('knows the three TPIDs', () =>
    assert.deepEqual([0x8100, 0x88a8, 0x9100, 0x0800].map(isVlanType), [true, true, true, false]));
});

describe('NdpView', () => {
  it('reads each flag of an advertisement by itself', () => {
    const flags = (first: string) => {
      const view = new NdpView().at(hex(NS.replace('87', '88').replace('00000000', `${first}000000`)), 0, 24);
      return [view.isRouter, view.isSolicited, view.isOverride];
    };
    assert.deepEqual(flags('80'), [true, false, false]);
    assert.deepEqual(flags('40'), [false, true, false]);
    assert.deepEqual(flags('20'), [false, false, true]);
    assert.deepEqual(flags('1f'), [false, false, false]);
  });

  it('takes the first of several link-layer addresses and skips what it does not know', () => {
    const message = hex(`${NS} 0e01 010203040506 0101 020000000002 0101 020000000003 0302 ${'00'.repeat(14)} 0201 020000000004`);
    const view = new NdpView().at(message, 0, message.length);
    assert.equal(view.check(), NdpProblem.none);
    assert.deepEqual([view.sourceLinkLayer, view.targetLinkLayer], [0x0200_0000_0002, 0x0200_0000_0004]);
  });

  it('finds the options of a router advertisement', () => {
    const prefix = `0304 40 c0 00015180 00003840 00000000 20010db8${'00'.repeat(12)}`;
    const others = `0404${'00'.repeat(30)} 0302${'00'.repeat(14)}`;
    const message = hex(
      `8600 0000 40 c0 0708 0000ea60 000003e8 0101 020000000009 0501 0000 000005dc ${others} ${prefix} ${prefix}`,
    );
    const view = new NdpView().at(message, 0, message.length);
    assert.equal(view.check(), NdpProblem.none);
    const { currentHopLimit, routerLifetime, reachableTime, retransTimer, sourceLinkLayer, mtuOption, prefixAt, target0 } = view;
    assert.deepEqual(
      { currentHopLimit, routerLifetime, reachableTime, retransTimer, sourceLinkLayer, mtuOption, prefixAt, target0 },
      {
        currentHopLimit: 64,
        routerLifetime: 1800,
        reachableTime: 60000,
        retransTimer: 1000,
        sourceLinkLayer: 0x0200_0000_0009,
        mtuOption: 1500,
        prefixAt: 32 + 32 + 16,
        target0: 0,
      },
    );
  });

  it('reads type and code', () => {
    const { type, code } = new NdpView().at(hex('8509 0000 00000000'), 0, 8);
    assert.deepEqual([type, code], [133, 9]);
  });

  it('forgets what an earlier message said', () => {
    const view = new NdpView();
    const out = new Uint8Array(40);
    out[0] = 135;
    const length = 8 + encodeNdp({ type: 135, sourceLinkLayer: 5 }, out, 8);
    view.at(out, 0, length).check();
    assert.equal(view.sourceLinkLayer, 5);
    view.at(out, 0, 24).check();
    assert.equal(view.sourceLinkLayer, -1);
  });
});

describe('ICMP types', () => {
  it('that report errors', () => {
    const errors = Array.from({ length: 256 }, (_, type) => type).filter(isIcmpError);
    assert.deepEqual(errors, [3, 4, 5, 11, 12]);
  });

  it('that report errors in IPv6 are below 128', () => {
    const isError = (type: number) => new Icmpv6View().at(Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0), 0, 8).isError;
    assert.deepEqual([1, 4, 127, 128, 255].map(isError), [true, true, true, false, false]);
  });
});

describe('loopback headers', () => {
  const CASES: [bytes: string, bigEndianFirst: boolean, family: number, etherType: number][] = [
    ['02000000', false, 2, 0x0800],
    ['00000002', false, 2, 0x0800],
    ['00000002', true, 2, 0x0800],
    ['02000000', true, 2, 0x0800],
    ['1e000000', false, 30, 0x86dd],
    ['0000001c', true, 28, 0x86dd],
    ['18000000', true, 24, 0x86dd],
    ['0a000000', false, 10, 0x86dd],
    ['07000000', false, 7, 0],
  ];
  for (const [bytes, bigEndianFirst, family, etherType] of CASES) {
    it(`${bytes}, ${bigEndianFirst ? 'big' : 'little'}-endian first, is family ${family}`, () => {
      assert.equal(loopbackFamily(hex(`ff${bytes}ff`), 1, bigEndianFirst), family);
      assert.equal(loopbackEtherType(family), etherType);
    });
  }

  it('are written in either byte order', () => {
    const out = new Uint8Array(8).fill(0xa5);
    assert.equal(encodeLoopback(30, true, out, 0), 4);
    assert.equal(encodeLoopback(30, false, out, 4), 4);
    assert.deepEqual(out, hex('0000001e 1e000000'));
    encodeLoopback(0x0102_0304, false, out, 4);
    assert.deepEqual(out, hex('0000001e 04030201'));
  });
});
