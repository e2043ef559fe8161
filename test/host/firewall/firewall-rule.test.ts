import assert from 'node:assert/strict';
import type { FirewallRule, PacketField, PayloadField } from '../../../src/host/config.ts';
import { Limit } from '../../../src/host/firewall/firewall-limit.ts';
import { CompiledRule, StateBit } from '../../../src/host/firewall/firewall-rule.ts';
import { FirewallView } from '../../../src/host/firewall/firewall-view.ts';
import { Packet } from '../../../src/host/packet.ts';
import { parseIp } from '../../../src/wire/address.ts';
import { u16, u32 } from '../../../src/wire/bytes.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';
import { ip } from '../machine.ts';

/** A frame as the filter sees it. */
function viewOf(fields: FrameFields): FirewallView {
  const bytes = buildFrame(fields);
  const packet = new Packet();
  packet.bytes = bytes;
  packet.hasMacs = true;
  packet.sourceMacHigh = u16(bytes, 6);
  packet.sourceMacLow = u32(bytes, 8);
  packet.networkStart = 14;
  packet.networkEnd = packet.payloadEnd = bytes.length;
  if (fields.ipv4 !== undefined) {
    packet.family = 4;
    packet.src3 = parseIp(String(fields.ipv4.source))!.w3;
    packet.dst3 = parseIp(String(fields.ipv4.destination))!.w3;
    packet.protocol = bytes[23]!;
    packet.payloadStart = 14 + (bytes[14]! & 15) * 4;
    packet.payloadLength = bytes.length - packet.payloadStart;
  } else {
    packet.family = 6;
    const source = parseIp(fields.ipv6!.source)!;
    const destination = parseIp(fields.ipv6!.destination)!;
    Object.assign(packet, { src0: source.w0, src1: source.w1, src2: source.w2, src3: source.w3 });
    Object.assign(packet, { dst0: destination.w0, dst1: destination.w1, dst2: destination.w2, dst3: destination.w3 });
  }
  const view = new FirewallView().ofPacket(packet);
  view.state = StateBit.new!;
  return view;
}

const V4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;
const V6 = { source: 'fd00:10::2', destination: 'fd00:10::1' } as const;
const UDP: FrameFields = { ipv4: V4, udp: { sourcePort: 5000, destinationPort: 53 }, payload: 'x' };
const SYN: FrameFields = { ipv4: V4, tcp: { sourcePort: 5000, destinationPort: 80, flags: 2 } };
const ECHO: FrameFields = { ipv4: V4, icmp: { type: 8, code: 3 } };
const UDP6: FrameFields = { ipv6: V6, udp: { sourcePort: 5000, destinationPort: 53 }, payload: 'x' };
/** Destination options before UDP. */
const OPTIONS6: FrameFields = {
  ipv6: { ...V6, nextHeader: 60, extensions: Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0) },
  udp: { sourcePort: 5000, destinationPort: 53 },
  payload: 'x',
};
const LATER: FrameFields = { ipv4: { ...V4, fragmentOffset: 8, protocol: 17 }, payload: 'x'.repeat(16) };
const FIRST: FrameFields = { ...UDP, ipv4: { ...V4, moreFragments: true } };
const CUT: FrameFields = { ipv4: { ...V4, protocol: 6 }, payload: Uint8Array.of(0x13, 0x88, 0, 80, 0, 0, 0, 0) };

const EXPEDITED: FrameFields = { ...UDP, ipv4: { ...V4, tos: 0xb9 } };
const LABELLED: FrameFields = { ...UDP6, ipv6: { ...V6, flowLabel: 0x54321 } };

const network = (bit: number, length: number) => ({ header: 'network', bit, length }) as const;
const transport = (bit: number, length: number) => ({ header: 'transport', bit, length }) as const;
/** A rule with one test: any of the ranges. */
function asks(of: PayloadField | PacketField, ...ranges: (readonly [number, number])[]): Partial<FirewallRule> {
  return { tests: [{ of, ranges }] };
}

describe('firewall rule', () => {
  const cases: readonly (readonly [string, Partial<FirewallRule>, FrameFields, boolean])[] = [
    ['anything', {}, UDP, true],
    ['udp, udp', { protocol: 17 }, UDP, true],
    ['udp, tcp', { protocol: 17 }, SYN, false],
    ['udp, udp behind options', { protocol: 17, ports: [[53, 53]] }, OPTIONS6, true],
    ['port 53, udp 53', { ports: [[53, 53]] }, UDP, true],
    ['port 50-60', { ports: [[50, 60]] }, UDP, true],
    ['port 54-60', { ports: [[54, 60]] }, UDP, false],
    [
      'port 80 or 53',
      {
        ports: [
          [80, 80],
          [53, 53],
        ],
      },
      UDP,
      true,
    ],
    ['port 53, icmp', { ports: [[0, 65535]] }, ECHO, false],
    ['any port, later fragment: its data are read as one', { ports: [[0, 65535]] }, LATER, true],
    ['udp, later fragment', { protocol: 17 }, LATER, true],
    ['port 53, first fragment', { ports: [[53, 53]] }, FIRST, true],
    ['source port', { sourcePorts: [[5000, 5000]] }, UDP, true],
    ['source port, other', { sourcePorts: [[53, 53]] }, UDP, false],
    ['from a network', { from: ip('10.0.0.0', 24) }, UDP, true],
    ['from another network', { from: ip('10.1.0.0', 16) }, UDP, false],
    ['from a host', { from: ip('10.0.0.2', 32) }, UDP, true],
    ['from anywhere', { from: ip('0.0.0.0', 0) }, UDP, true],
    ['from an IPv4 network, IPv6', { from: ip('0.0.0.0', 0) }, UDP6, false],
    ['from an IPv6 network', { from: ip('fd00:10::', 64) }, UDP6, true],
    ['to an IPv6 host', { to: ip('fd00:10::1', 128) }, UDP6, true],
    ['to another IPv6 host', { to: ip('fd00:10::3', 128) }, UDP6, false],
    ['to a network', { to: ip('10.0.0.0', 31) }, UDP, true],
    ['family 6, IPv4', { family: 6 }, UDP, false],
    ['SYN of all flags', { flags: { mask: 0xff, value: 2 } }, SYN, true],
    ['SYN and ACK', { flags: { mask: 0x12, value: 0x12 } }, SYN, false],
    ['no flags', { flags: { mask: 0xff, value: 0 } }, SYN, false],
    ['flags, udp', { flags: { mask: 0, value: 0 } }, UDP, false],
    ['flags, cut before them', { flags: { mask: 0, value: 0 } }, CUT, false],
    ['port, cut behind them', { ports: [[80, 80]] }, CUT, true],
    ['echo request', { icmpType: 8 }, ECHO, true],
    ['echo request with code', { icmpType: 8, icmpCode: 3 }, ECHO, true],
    ['echo request with another code', { icmpType: 8, icmpCode: 0 }, ECHO, false],
    ['icmp type, udp', { icmpType: 8 }, UDP, false],
    ['fragments, first', { fragment: 'any' }, FIRST, true],
    ['later fragments, first', { fragment: 'later' }, FIRST, false],
    ['later fragments, later', { fragment: 'later' }, LATER, true],
    ['fragments, whole', { fragment: 'any' }, UDP, false],
    ['not udp, udp', { protocol: 17, not: ['protocol'] }, UDP, false],
    ['not udp, tcp', { protocol: 17, not: ['protocol'] }, SYN, true],
    ['not from its host', { from: ip('10.0.0.2', 32), not: ['from'] }, UDP, false],
    ['not to another host', { to: ip('10.0.0.9', 32), not: ['to'] }, UDP, true],
    ['not port 53', { ports: [[53, 53]], not: ['ports'] }, UDP, false],
    ['not port 80', { ports: [[80, 80]], not: ['ports'] }, UDP, true],
    ['not port 80, later fragment', { ports: [[80, 80]], not: ['ports'] }, LATER, true],
    ['port of any transport, icmp: its checksum', asks(transport(16, 16), [0, 65535]), ECHO, true],
    ['port of any transport, cut', asks(transport(48, 32), [0, 2 ** 32 - 1]), CUT, false],
    ['first IPv6 header udp', asks('nextHeader', [17, 17]), UDP6, true],
    ['first IPv6 header tcp', asks('nextHeader', [6, 6]), UDP6, false],
    ['first IPv6 header udp, IPv4', asks('nextHeader', [17, 17]), UDP, false],
    ['IPv4 TTL', asks(network(64, 8), [64, 64]), UDP, true],
    ['IPv4 DSCP: bits within a byte', asks(network(8, 6), [46, 46]), EXPEDITED, true],
    ['IPv4 ECN: the last bits of a byte', asks(network(14, 2), [1, 1]), EXPEDITED, true],
    ['IPv6 flow label: bits over three bytes', asks(network(12, 20), [0x54321, 0x54321]), LABELLED, true],
    ['TCP flags under a mask', { tests: [{ of: transport(104, 8), mask: 0x12, ranges: [[2, 2]] }] }, SYN, true],
    ['TCP flags under a mask, not', { tests: [{ of: transport(104, 8), mask: 0x12, ranges: [[2, 2]], not: true }] }, SYN, false],
    ['bytes that are not there, not', { tests: [{ of: transport(112, 16), ranges: [[1, 1]], not: true }] }, CUT, false],
    ['length of the packet', asks('length', [29, 29]), UDP, true],
    ['one of several sources', asks('source4', [0x0a00_0003, 0x0a00_0009], [0x0a00_0002, 0x0a00_0002]), UDP, true],
    ['an IPv4 source, IPv6', asks('source4', [0, 2 ** 32 - 1]), UDP6, false],
    ['one of several networks', { tests: [{ of: 'source6', networks: [ip('fd01::', 16), ip('fd00:10::', 64)] }] }, UDP6, true],
    ['none of several networks', { tests: [{ of: 'source6', networks: [ip('fd01::', 16)], not: true }] }, UDP6, true],
    ['none of several networks, IPv4', { tests: [{ of: 'source6', networks: [ip('fd01::', 16)], not: true }] }, UDP, false],
    ['every test', asks('family', [4, 4]), UDP6, false],
    ['not source port 53', { sourcePorts: [[53, 53]], not: ['sourcePorts'] }, UDP, true],
    ['SYN not alone, SYN alone', { flags: { mask: 0x17, value: 2 }, not: ['flags'] }, SYN, false],
    ['flags not there, udp', { flags: { mask: 0x17, value: 2 }, not: ['flags'] }, UDP, false],
    [
      'part of a MAC',
      { tests: [{ of: 'sourceMac', mask: 0xffff_ff00_0000, ranges: [[0x0200_0000_0000, 0x0200_0000_0000]] }] },
      UDP,
      true,
    ],
    [
      'part of another MAC',
      { tests: [{ of: 'sourceMac', mask: 0xffff_ff00_00ff, ranges: [[0x0200_0000_0003, 0x0200_0000_0003]] }] },
      UDP,
      false,
    ],
    ['new', { states: ['new'] }, UDP, true],
    ['established or related', { states: ['established', 'related'] }, UDP, false],
  ];
  for (const [what, rule, frame, matches] of cases) {
    it(`${matches ? 'matches' : 'does not match'}: ${what}`, () => {
      const compiled = new CompiledRule({ action: 'drop', text: what, ...rule }, 1, null);
      assert.equal(compiled.matches(viewOf(frame), 0), matches);
    });
  }

  it('counts for its limit only what matches everything else', () => {
    const rule = new CompiledRule({ action: 'accept', text: '', protocol: 17 }, 1, new Limit({ perSecond: 1, burst: 2 }));
    const asked = [SYN, UDP, SYN, UDP, UDP].map((frame) => rule.matches(viewOf(frame), 0));
    assert.deepEqual(asked, [false, true, false, true, false]);
  });

  it('turns round with a limit that must be exceeded', () => {
    const rule = new CompiledRule({ action: 'drop', text: '' }, 1, new Limit({ perSecond: 1, burst: 2, over: true }));
    assert.deepEqual(
      [0, 0, 0, 2e9].map((now) => rule.matches(viewOf(UDP), now)),
      [false, false, true, false],
    );
  });
});
