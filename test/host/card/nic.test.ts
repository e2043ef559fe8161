import assert from 'node:assert/strict';
import { LinkType } from '../../../src/wire/link.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';
import { CAPTURE, Machine, type MachineOptions } from '../machine.ts';

const ECHO: FrameFields = {
  ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
  icmp: { type: 8, identifier: 1, sequence: 1 },
  payload: 'a'.repeat(40),
};
const IPV4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;

describe('nic', () => {
  it('takes a frame for us through all its checks', () => {
    const machine = new Machine();
    const path = machine.send(ECHO).filter((name) => name.startsWith('nic_'));
    assert.deepEqual(path, ['nic_fcs_not_captured', 'nic_mac_ours', 'nic_ring_slot', 'nic_interrupt']);
  });

  const destinations: readonly (readonly [string, string, string])[] = [
    ['ours', '02:00:00:00:00:01', 'nic_mac_ours'],
    ['another host', '02:00:00:00:00:99', 'nic_mac_other'],
    ['everybody', 'ff:ff:ff:ff:ff:ff', 'nic_mac_broadcast'],
    ['all hosts', '01:00:5e:00:00:01', 'nic_mac_multicast'],
    ['all IPv6 nodes', '33:33:00:00:00:01', 'nic_mac_multicast'],
    ['our solicited-node group', '33:33:ff:00:00:01', 'nic_mac_multicast'],
    ['mDNS', '01:00:5e:00:00:fb', 'nic_multicast_other'],
    ['spanning tree', '01:80:c2:00:00:00', 'nic_multicast_other'],
  ];
  for (const [what, destination, decision] of destinations) {
    it(`says ${decision} to a frame for ${what}`, () => {
      const path = new Machine().send({ ...ECHO, ethernet: { destination } });
      assert.ok(path.includes(decision), path.join());
    });
  }

  it('takes all in promiscuous mode, for the layers above to judge', () => {
    const machine = new Machine({ promiscuous: true });
    machine.send({ ...ECHO, ethernet: { destination: '02:00:00:00:00:99' } });
    assert.equal(machine.verdict, 'ip_otherhost');
  });

  it('takes every unicast frame where the host’s MAC is not known', () => {
    const path = new Machine({ macs: [], capture: CAPTURE }).send({ ...ECHO, ethernet: { destination: '02:00:00:00:00:99' } });
    assert.ok(path.includes('nic_mac_unknown'));
  });

  describe('length', () => {
    const bytes = (length: number) => buildFrame({ ...ECHO, payload: 'a'.repeat(length - 42) });
    const cases: readonly (readonly [string, number, MachineOptions, string])[] = [
      ['59 bytes, live', 59, {}, 'nic_runt'],
      ['60 bytes, live', 60, {}, 'icmp_echo_request'],
      ['50 bytes on a TAP device', 50, { minFrame: 14 }, 'icmp_echo_request'],
      ['50 bytes in a capture', 50, { capture: CAPTURE }, 'icmp_echo_request'],
      ['1522 bytes, live', 1522, {}, 'icmp_echo_request'],
      ['1523 bytes, live', 1523, {}, 'nic_giant'],
      ['4000 bytes in a capture', 4000, { capture: CAPTURE }, 'icmp_echo_request'],
    ];
    for (const [what, length, options, verdict] of cases) {
      it(`of ${what}: ${verdict}`, () => {
        const machine = new Machine(options);
        machine.receive(bytes(length));
        assert.equal(machine.verdict, verdict);
      });
    }
    it('is noted in a capture where it is short or merged', () => {
      const machine = new Machine({ capture: CAPTURE });
      assert.ok(machine.receive(bytes(50)).includes('nic_short_frame'));
      assert.ok(machine.receive(bytes(4000)).includes('nic_merged_segments'));
    });
    it('of 13 bytes is a runt everywhere, and not captured where the snaplen cut it', () => {
      const machine = new Machine({ capture: CAPTURE });
      assert.deepEqual(machine.receive(new Uint8Array(13)), ['nic_runt']);
      assert.deepEqual(machine.receive(new Uint8Array(13), { wireLength: 60 }), ['nic_not_captured']);
    });
  });

  describe('FCS', () => {
    const good = buildFrame({ ...ECHO, fcs: true });
    const bad = buildFrame({ ...ECHO, fcs: 0x1234_5678 });
    const bare = buildFrame({ ...ECHO, pad: true });
    const auto = { capture: CAPTURE };
    const present = { capture: { ...CAPTURE, fcs: 'present' as const } };
    const none = { capture: { ...CAPTURE, fcs: 'none' as const } };
    const cases: readonly (readonly [string, MachineOptions, Uint8Array, number, string, string])[] = [
      ['a right one that nobody announced', auto, good, -1, 'nic_fcs_good', 'icmp_echo_request'],
      ['a wrong one that nobody announced, which is a trailer', auto, bad, -1, 'nic_fcs_not_captured', 'icmp_echo_request'],
      ['a wrong one that the file announced', auto, bad, 4, 'nic_fcs_error', 'nic_fcs_error'],
      ['a wrong one that the user announced', present, bad, -1, 'nic_fcs_error', 'nic_fcs_error'],
      ['a right one that the user denies', none, good, 4, 'nic_fcs_not_captured', 'icmp_echo_request'],
      ['none', auto, bare, -1, 'nic_fcs_not_captured', 'icmp_echo_request'],
      ['a wrong one, live', {}, bad, 4, 'nic_fcs_error', 'nic_fcs_error'],
      ['four bytes of trailer, live', {}, bad, -1, 'nic_fcs_not_captured', 'icmp_echo_request'],
    ];
    for (const [what, options, frame, fcsLength, decision, verdict] of cases) {
      it(`${what}: ${decision}`, () => {
        const machine = new Machine(options);
        assert.ok(machine.receive(frame, { fcsLength }).includes(decision));
        assert.equal(machine.verdict, verdict);
      });
    }
    it('gives the field and the computed value', () => {
      const machine = new Machine();
      machine.receive(bad, { fcsLength: 4 });
      const right = new DataView(good.buffer).getUint32(good.length - 4, true);
      assert.deepEqual(machine.values('nic_fcs_error'), [0x1234_5678, right, 0]);
    });
    it('is found behind VLAN tags, ARP and IPv6 too', () => {
      const machine = new Machine({ capture: CAPTURE });
      const arp = { senderIp: '10.0.0.2', targetIp: '10.0.0.1' };
      const ipv6 = { source: 'fd00:10::2', destination: 'fd00:10::1' };
      const frames = [
        buildFrame({ ...ECHO, vlan: [{ id: 5 }], fcs: true }),
        buildFrame({ arp, pad: true, fcs: true }),
        buildFrame({ ipv6, icmpv6: { type: 128 }, payload: 'x'.repeat(20), fcs: true }),
      ];
      for (const frame of frames) assert.ok(machine.receive(frame).includes('nic_fcs_good'));
    });
    it('is believed wrong where the capture says so', () => {
      const machine = new Machine({ capture: CAPTURE });
      assert.deepEqual(machine.receive(bare, { linkErrors: 0x100 }), ['nic_fcs_reported']);
      assert.deepEqual(machine.receive(bare, { linkErrors: 0x8000 }), ['nic_link_error']);
    });
  });

  describe('other link types', () => {
    const packet = buildFrame({ ...ECHO, ethernet: null });
    const packet6 = buildFrame({
      ethernet: null,
      ipv6: { source: 'fd00:10::2', destination: 'fd00:10::1' },
      icmpv6: { type: 128 },
    });
    const behind = (header: readonly number[], from = packet) => Uint8Array.of(...header, ...from);
    const sll = (type: number) => [0, type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 8, 0];
    const cases: readonly (readonly [string, number, Uint8Array, string])[] = [
      ['NULL, little-endian', LinkType.null, behind([2, 0, 0, 0]), 'icmp_echo_request'],
      ['NULL, big-endian', LinkType.null, behind([0, 0, 0, 2]), 'icmp_echo_request'],
      ['NULL, IPv6 of macOS', LinkType.null, behind([30, 0, 0, 0], packet6), 'icmpv6_echo_request'],
      ['LOOP', LinkType.loop, behind([0, 0, 0, 2]), 'icmp_echo_request'],
      ['RAW', LinkType.raw, packet, 'icmp_echo_request'],
      ['RAW of BSD', LinkType.rawBsd, packet, 'icmp_echo_request'],
      ['RAW of OpenBSD', LinkType.rawOpenBsd, packet, 'icmp_echo_request'],
      ['RAW IPv4', LinkType.rawIpv4, packet, 'icmp_echo_request'],
      ['RAW IPv6', LinkType.rawIpv6, packet6, 'icmpv6_echo_request'],
      ['SLL', LinkType.sll, behind(sll(0)), 'icmp_echo_request'],
      ['SLL, for another host', LinkType.sll, behind(sll(3)), 'nic_mac_other'],
      ['SLL2', LinkType.sll2, behind([8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0]), 'icmp_echo_request'],
      ['802.11', 105, packet, 'nic_link_type_unsupported'],
      ['NULL, cut', LinkType.null, Uint8Array.of(2, 0), 'nic_runt'],
    ];
    for (const [what, linkType, bytes, verdict] of cases) {
      it(`${what}: ${verdict}`, () => {
        const machine = new Machine({ capture: CAPTURE });
        machine.receive(bytes, { linkType });
        assert.equal(machine.verdict, verdict);
      });
    }
    it('let loopback addresses pass', () => {
      const machine = new Machine({ capture: CAPTURE, addresses: [{ family: 4, words: [0, 0, 0, 0x7f00_0001], prefix: 8 }] });
      const local = { source: '127.0.0.1', destination: '127.0.0.1' };
      const zero = { destination: 0, source: 0 };
      machine.receive(buildFrame({ ...ECHO, ipv4: local, ethernet: zero, pad: true }));
      assert.equal(machine.verdict, 'icmp_echo_request');
      machine.receive(buildFrame({ ...ECHO, ipv4: local, pad: true }));
      assert.equal(machine.verdict, 'ipv4_loopback_on_wire');
    });
  });

  describe('ring of a captured host', () => {
    const frame = buildFrame({ ipv4: IPV4, icmp: { type: 8 }, pad: true });
    it('overflows when the CPU is behind, and has room again later', () => {
      const machine = new Machine({ ring: 4, cpuPerFrame: 1000, capture: CAPTURE });
      const verdicts = Array.from({ length: 6 }, (_, n) => machine.receive(frame, { time: n }) && machine.verdict);
      assert.deepEqual(verdicts, [...Array(4).fill('icmp_echo_request'), 'nic_ring_full', 'nic_ring_full']);
      machine.receive(frame, { time: 1000 });
      assert.deepEqual(machine.values('nic_ring_slot'), [4, 4, 0]);
    });
    it('tells by interrupt, or not: raised, pending, polling', () => {
      const machine = new Machine({ irqUsecs: 10, irqFrames: 3, cpuPerFrame: 5000, capture: CAPTURE });
      const told = [0, 1000, 2000, 3000, 90_000, 101_000].map(
        (time) => machine.receive(frame, { time }).find((name) => /interrupt|polling/.test(name))!,
      );
      assert.deepEqual(told, [
        'nic_interrupt',
        'nic_interrupt_pending',
        'nic_interrupt_pending',
        'nic_polling',
        'nic_interrupt',
        'nic_polling',
      ]);
    });
    it('is polled in turns of the budget', () => {
      const machine = new Machine({ pollBudget: 2, cpuPerFrame: 1_000_000, capture: CAPTURE });
      const polls = [0, 1, 2, 3].map((time) => machine.receive(frame, { time }) && machine.values('driver_poll').slice(0, 2));
      assert.deepEqual(polls, [
        [1, 2],
        [2, 2],
        [1, 2],
        [2, 2],
      ]);
      assert.ok(machine.receive(frame, { time: 4 }).includes('driver_budget'));
    });
  });
});
