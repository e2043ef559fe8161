import assert from 'node:assert/strict';
import { buildFrame, type FrameFields } from '../wire/frame-builder.ts';
import { CAPTURE, Machine } from './machine.ts';

const IPV4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;
const IPV6 = { source: 'fd00:10::2', destination: 'fd00:10::1' } as const;
const UDP = { sourcePort: 5000, destinationPort: 7 } as const;

/** Sums of the pseudo-headers, not complemented: what a sender leaves for its card. */
const PARTIAL4 = 0x1410 + 8 + 4 + 4;

describe('frames from a capture', () => {
  const passes: readonly (readonly [string, FrameFields, string, string, string])[] = [
    [
      'IPv4 header checksum 0',
      { ipv4: { ...IPV4, headerChecksum: 0 }, udp: UDP },
      'ipv4_checksum_offloaded',
      'socket_datagram',
      'ipv4_checksum_bad',
    ],
    [
      'IPv4 total length 0',
      { ipv4: { ...IPV4, totalLength: 0 }, icmp: { type: 8 }, payload: 'x'.repeat(40) },
      'ipv4_length_offloaded',
      'icmp_echo_request',
      'ipv4_length_below_header',
    ],
    [
      'IPv6 payload length 0',
      { ipv6: { ...IPV6, payloadLength: 0 }, udp: UDP, payload: 'x'.repeat(40) },
      'ipv6_length_offloaded',
      'socket_datagram',
      'udp_header_cut',
    ],
    [
      'UDP checksum left to the card',
      { ipv4: IPV4, udp: { ...UDP, checksum: PARTIAL4 }, payload: 'abcd' },
      'udp_checksum_offloaded',
      'socket_datagram',
      'udp_checksum_bad',
    ],
  ];
  for (const [what, fields, decision, verdict, live] of passes) {
    it(`${what}: ${decision}; live ${live}`, () => {
      const captured = new Machine({ capture: CAPTURE });
      assert.ok(captured.send(fields).includes(decision), captured.decisions().join());
      assert.equal(captured.verdict, verdict);
      const machine = new Machine();
      machine.send(fields);
      assert.equal(machine.verdict, live);
    });
  }

  it('are not excused where offload is switched off', () => {
    const machine = new Machine({ capture: { ...CAPTURE, offload: false } });
    machine.send({ ipv4: IPV4, udp: { ...UDP, checksum: PARTIAL4 }, payload: 'abcd' });
    assert.equal(machine.verdict, 'udp_checksum_bad');
  });

  describe('cut by the snaplen', () => {
    const udp = buildFrame({ ipv4: IPV4, udp: UDP, payload: 'x'.repeat(200) });
    const ping = buildFrame({ ipv4: IPV4, icmp: { type: 8 }, payload: 'x'.repeat(200) });
    const ping6 = buildFrame({ ipv6: IPV6, icmpv6: { type: 128 }, payload: 'x'.repeat(200) });
    const arp = buildFrame({ arp: { senderIp: '10.0.0.2', targetIp: '10.0.0.1' } });
    const cases: readonly (readonly [string, Uint8Array, number, string, string])[] = [
      ['IPv4 header', udp, 30, 'ip_not_captured', 'ip_not_captured'],
      ['UDP header', udp, 40, 'ipv4_cut_by_snaplen', 'udp_not_captured'],
      ['UDP data', udp, 100, 'udp_checksum_not_captured', 'socket_datagram'],
      ['ICMP header', ping, 40, 'icmp_checksum_not_captured', 'icmp_not_captured'],
      ['ICMP data', ping, 100, 'icmp_checksum_not_captured', 'icmp_echo_request'],
      ['IPv6 header', ping6, 50, 'ip_not_captured', 'ip_not_captured'],
      ['ICMPv6 data', ping6, 100, 'icmpv6_checksum_not_captured', 'icmpv6_echo_request'],
      ['ARP', arp, 30, 'arp_not_captured', 'arp_not_captured'],
    ];
    for (const [what, frame, length, decision, verdict] of cases) {
      it(`in the ${what}: ${decision}, ${verdict}`, () => {
        const machine = new Machine({ capture: CAPTURE });
        const path = machine.receive(frame.slice(0, length), { wireLength: frame.length });
        assert.ok(path.includes(decision), path.join());
        assert.equal(machine.verdict, verdict);
      });
    }
    for (const [family, frame] of [
      ['IPv4', ping],
      ['IPv6', ping6],
    ] as const) {
      it(`are echoed in their whole length, ${family}`, () => {
        const machine = new Machine({ capture: CAPTURE });
        machine.receive(frame.slice(0, 100), { wireLength: frame.length });
        const { payloadStart, payloadEnd, payloadLength } = machine.trace.transmissions[0]!;
        assert.deepEqual([payloadEnd - payloadStart < 100, payloadLength], [true, 200]);
      });
    }
    it('hand the program what there is', () => {
      const machine = new Machine({ capture: CAPTURE });
      machine.receive(udp.slice(0, 52), { wireLength: udp.length });
      assert.deepEqual(machine.read, ['x'.repeat(10)]);
    });
  });

  it('may go to a UDP port that nobody refused', () => {
    const machine = new Machine({ capture: { ...CAPTURE, assumeUdp: (packet) => packet.destinationPort === 53 } });
    machine.send({ ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 53 } });
    assert.equal(machine.verdict, 'socket_datagram_assumed');
    machine.send({ ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 54 } });
    assert.equal(machine.verdict, 'udp_no_socket');
  });

  describe('that the host sent', () => {
    const from4 = { source: '10.0.0.1', destination: '10.0.0.2' } as const;
    const from6 = { source: 'fd00:10::1', destination: 'fd00:10::2' } as const;
    const cases: readonly (readonly [string, FrameFields, string])[] = [
      ['UDP', { ipv4: from4, udp: UDP }, 'udp_observed'],
      ['UDP with a wrong checksum', { ipv4: from4, udp: { ...UDP, checksum: 1 } }, 'udp_observed'],
      ['ICMP', { ipv4: from4, icmp: { type: 3, code: 3 } }, 'icmp_observed'],
      ['ICMPv6', { ipv6: from6, icmpv6: { type: 136 } }, 'icmpv6_observed'],
      ['ARP', { arp: { operation: 2, senderIp: '10.0.0.1', targetIp: '10.0.0.2' } }, 'arp_observed'],
      ['a fragment', { ipv4: { ...from4, protocol: 17, moreFragments: true }, payload: 'x'.repeat(16) }, 'ip_observed'],
      ['an unknown EtherType', { ethernet: { etherType: 0x88cc }, payload: 'x' }, 'driver_observed'],
      ['a VLAN tag', { ipv4: from4, vlan: [{ id: 5 }], udp: UDP }, 'udp_observed'],
    ];
    for (const [what, fields, decision] of cases) {
      it(`are only watched: ${what}`, () => {
        const machine = new Machine({ capture: CAPTURE });
        assert.equal(machine.observe(buildFrame(fields)).at(-1), decision);
        assert.equal(machine.effect, 'observe');
      });
    }
    describe('or a router on the way', () => {
      const ROUTER = '192.168.9.1';
      const quote = (protocol: number) => {
        const fields = { ipv4: { ...IPV4, protocol }, payload: 'x'.repeat(8) };
        return buildFrame(fields).subarray(14);
      };
      const quote6 = buildFrame({ ipv6: { ...IPV6, nextHeader: 17 }, payload: 'x'.repeat(8) }).subarray(14);
      const errors: readonly (readonly [string, FrameFields, string])[] = [
        ['time exceeded', { ipv4: { ...from4, source: ROUTER }, icmp: { type: 11 } }, 'icmp_observed_turned_back'],
        ['fragmentation needed', { ipv4: { ...from4, source: ROUTER }, icmp: { type: 3, code: 4 } }, 'icmp_observed_turned_back'],
        ['port unreachable', { ipv4: { ...from4, source: ROUTER }, icmp: { type: 3, code: 3 } }, 'icmp_observed'],
        ['the host’s own firewall', { ipv4: from4, icmp: { type: 3, code: 13 } }, 'icmp_observed'],
        ['reassembly time', { ipv4: { ...from4, source: ROUTER }, icmp: { type: 11, code: 1 } }, 'icmp_observed'],
        [
          'too big',
          { ipv6: { ...from6, source: 'fd00:9::9' }, icmpv6: { type: 2 }, payload: quote6 },
          'icmpv6_observed_turned_back',
        ],
        [
          'hop limit',
          { ipv6: { ...from6, source: 'fd00:9::9' }, icmpv6: { type: 3 }, payload: quote6 },
          'icmpv6_observed_turned_back',
        ],
        ['port', { ipv6: { ...from6, source: 'fd00:9::9' }, icmpv6: { type: 1, code: 4 }, payload: quote6 }, 'icmpv6_observed'],
        ['prohibited by the host', { ipv6: from6, icmpv6: { type: 1, code: 1 }, payload: quote6 }, 'icmpv6_observed'],
        ['no quote', { ipv6: { ...from6, source: 'fd00:9::9' }, icmpv6: { type: 3 } }, 'icmpv6_observed'],
      ];
      for (const [what, fields, decision] of errors) {
        it(`is told apart: ${what}`, () => {
          const machine = new Machine({ capture: CAPTURE });
          assert.equal(machine.observe(buildFrame({ payload: quote(17), ...fields })).at(-1), decision);
          if (decision === 'icmp_observed_turned_back') assert.equal(machine.values(decision)[2], 0x0a00_0001);
        });
      }
    });
    it('leave their facts', () => {
      const machine = new Machine({ capture: CAPTURE });
      machine.observe(buildFrame({ ipv4: from4, icmp: { type: 3, code: 3 }, payload: 'x'.repeat(28) }));
      const { family, src3, dst3, protocol, icmpType, icmpCode, dataLength } = machine.host.packet;
      assert.deepEqual(
        [family, src3, dst3, protocol, icmpType, icmpCode, dataLength],
        [4, 0x0a00_0001, 0x0a00_0002, 1, 3, 3, 28],
      );
    });
    it('that cannot be read are watched at the nic', () => {
      const machine = new Machine({ capture: CAPTURE });
      assert.deepEqual(machine.observe(new Uint8Array(4)), ['nic_observed']);
    });
  });
});
