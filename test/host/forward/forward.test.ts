import assert from 'node:assert/strict';
import { checksum } from '../../../src/wire/checksum.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';
import { CAPTURE, ip, Machine, type MachineOptions } from '../machine.ts';

const SECOND = 1e9;

const ROUTER: MachineOptions = {
  sysctl: { 'ipv4.ip_forward': 1, 'ipv6.forwarding': 1, 'ipv4.send_redirects': 0 },
  routes: [
    { destination: ip('10.9.0.0', 16), via: ip('10.0.0.254') },
    { destination: ip('10.8.0.0', 16), via: ip('10.0.0.254'), mtu: 600 },
    { destination: ip('10.7.0.0', 16), type: 'blackhole' },
    { destination: ip('10.6.0.0', 16), type: 'unreachable' },
    { destination: ip('10.5.0.0', 16), type: 'prohibit' },
    { destination: ip('fd09::', 32), via: ip('fd00:10::2') },
    { destination: ip('fd07::', 32), type: 'blackhole' },
    { destination: ip('fd06::', 32), type: 'unreachable' },
    { destination: ip('fd05::', 32), type: 'prohibit' },
  ],
  gateways: [],
};

function to(destination: string, more: object = {}, payload = 'x'): FrameFields {
  return { ipv4: { source: '10.0.0.2', destination, ...more }, udp: { sourcePort: 5000, destinationPort: 53 }, payload };
}

function to6(destination: string, more: object = {}, payload = 'x'): FrameFields {
  return { ipv6: { source: 'fd00:10::2', destination, ...more }, udp: { sourcePort: 5000, destinationPort: 53 }, payload };
}

/** Type and code of the ICMP message in a frame. */
function icmp(bytes: Uint8Array): string {
  const at = bytes[12] === 8 ? 34 : 54;
  return `${bytes[at]}/${bytes[at + 1]}`;
}

describe('forwarding', () => {
  it('is not done unless it is switched on', () => {
    const machine = new Machine({ ...ROUTER, sysctl: {} });
    machine.send(to('10.9.0.5'));
    assert.equal(machine.verdict, 'ipv4_not_ours');
    machine.send(to6('fd09::5'));
    assert.equal(machine.verdict, 'ipv6_not_ours');
  });

  it('is the captured host’s affair in a capture', () => {
    const machine = new Machine({ ...ROUTER, capture: CAPTURE });
    machine.send(to('10.9.0.5'));
    assert.equal(machine.verdict, 'ipv4_not_ours');
  });

  it('sends the packet on with one hop less, other MACs and a right checksum', () => {
    const machine = new Machine(ROUTER);
    const frame = buildFrame({ ...to('10.9.0.5', { ttl: 64, id: 0xffff }), pad: true });
    machine.receive(frame);
    assert.equal(machine.effect, 'forward');
    assert.deepEqual(machine.decisions().slice(-3), ['ipv4_route', 'ip_frame_forwarded', 'ipv4_forwarded']);
    const { bytes } = machine.sent[0]!;
    const expected = frame.slice(0, 14 + 20 + 9);
    expected.set([0x02, 0, 0, 0, 0, 0xfe, 0x02, 0, 0, 0, 0, 1], 0);
    expected[22] = 63;
    expected.set(bytes.subarray(24, 26), 24);
    assert.deepEqual(bytes, expected);
    assert.equal(checksum(bytes, 14, 34), 0);
  });

  it('sends IPv6 on with a lower hop limit', () => {
    const machine = new Machine(ROUTER);
    machine.send(to6('fd09::5', { hopLimit: 9 }));
    assert.equal(machine.verdict, 'ipv6_forwarded');
    assert.deepEqual([machine.sent.length, machine.sent[0]!.bytes[21]], [1, 8]);
  });

  it('takes every checksum for right, above IP', () => {
    const machine = new Machine(ROUTER);
    machine.send({ ...to('10.9.0.5'), udp: { sourcePort: 1, destinationPort: 2, checksum: 1 } });
    assert.equal(machine.verdict, 'ipv4_forwarded');
  });

  const big = 'x'.repeat(900);
  const large = 'x'.repeat(1600);
  const refused: readonly (readonly [string, FrameFields, string, string | null])[] = [
    ['with no hop left', to('10.9.0.5', { ttl: 1 }), 'ipv4_ttl_exceeded', '11/0'],
    ['with none at all', to('10.9.0.5', { ttl: 0 }), 'ipv4_ttl_exceeded', '11/0'],
    ['without a route', to('172.16.0.1'), 'ipv4_forward_no_route', '3/0'],
    ['into a black hole', to('10.7.0.1'), 'ip_route_blackhole', null],
    ['to what is unreachable', to('10.6.0.1'), 'ip_route_unreachable', '3/1'],
    ['to what is prohibited', to('10.5.0.1'), 'ip_route_prohibit', '3/13'],
    ['too big with DF', to('10.8.0.1', { dontFragment: true }, big), 'ipv4_too_big', '3/4'],
    ['in a frame for all', { ...to('10.9.0.5'), ethernet: { destination: 'ff:ff:ff:ff:ff:ff' } }, 'ip_forward_group_frame', null],
    ['from an address of ours', to('10.9.0.5', { source: '10.0.0.1' }), 'ipv4_source_ours', null],
    ['of IPv6 with no hop left', to6('fd09::5', { hopLimit: 1 }), 'ipv6_hop_limit_exceeded', '3/0'],
    ['of IPv6 without a route', to6('2001:db8::1'), 'ipv6_no_route', '1/0'],
    ['of IPv6 into a black hole', to6('fd07::1'), 'ipv6_route_blackhole', null],
    ['of IPv6 to what is unreachable', to6('fd06::1'), 'ipv6_route_unreachable', '1/0'],
    ['of IPv6 to what is prohibited', to6('fd05::1'), 'ipv6_route_prohibit', '1/1'],
    ['of IPv6 too big', to6('fd09::5', {}, large), 'ipv6_too_big', '2/0'],
  ];
  for (const [what, fields, verdict, answer] of refused) {
    it(`does not send on a packet ${what}`, () => {
      const machine = new Machine({ ...ROUTER, maxFrame: 2000 });
      machine.send(fields);
      assert.equal(machine.verdict, verdict);
      assert.deepEqual(
        machine.sent.map(({ bytes }) => icmp(bytes)),
        answer === null ? [] : [answer],
      );
    });
  }

  it('cuts what is too big and may be cut', () => {
    const machine = new Machine(ROUTER);
    machine.send(to('10.8.0.1', { dontFragment: false }, big));
    assert.deepEqual(machine.values('ipv4_forward_cut').slice(0, 2), [2, 600]);
    assert.deepEqual(
      machine.sent.map(({ bytes }) => bytes.length),
      [14 + 596, 14 + 20 + 332],
    );
  });

  it('does not tell more often of missing routes than Linux does', () => {
    const machine = new Machine({ ...ROUTER, sysctl: { ...ROUTER.sysctl, 'ipv4.icmp_ratemask': 0 } });
    const answers = Array.from({ length: 8 }, () => {
      machine.clear();
      machine.send(to('172.16.0.1'));
      return machine.sent.length;
    });
    assert.deepEqual(answers, [1, 1, 1, 1, 1, 0, 0, 0]);
    assert.ok(machine.decisions().includes('ip_route_error_held_back'));
  });

  describe('redirects', () => {
    const redirecting: MachineOptions = {
      ...ROUTER,
      sysctl: { 'ipv4.ip_forward': 1, 'ipv6.forwarding': 1 },
      addresses: [ip('10.0.0.1', 24), ip('fd00:10::1', 64), ip('fe80::1', 64)],
    };

    it('tell a sender on the link of the router that it could use', () => {
      const machine = new Machine(redirecting);
      machine.send(to('10.9.0.5'));
      assert.deepEqual([icmp(machine.sent[0]!.bytes), machine.sent.length], ['5/1', 2]);
      assert.equal(machine.sent[0]!.bytes.subarray(38, 42).join('.'), '10.0.0.254');
      assert.equal(machine.verdict, 'ipv4_forwarded');
    });

    it('come after ever longer times, and at last not at all', () => {
      const machine = new Machine({ ...redirecting, gateways: [] });
      const sent: number[] = [];
      for (let time = 0; time < 30_000; time += 10) {
        machine.send(to('10.9.0.5'), { time: time * 1e6 });
        if (machine.decisions().includes('icmp_redirect_sent')) sent.push(time);
      }
      assert.deepEqual(sent, [0, 50, 140, 310, 640, 1290, 2580, 5150, 10_280]);
    });

    it('are not for senders that are not on the link', () => {
      const machine = new Machine(redirecting);
      machine.send(to('10.9.0.5', { source: '172.16.0.1' }));
      assert.equal(machine.sent.length, 1);
    });

    it('of IPv6 come from a link-local address, with the neighbour’s MAC and the packet', () => {
      const machine = new Machine(redirecting);
      const fields = to6('fd00:10::2', { source: 'fd00:10::9' });
      machine.host.keepNeighbour(6, 0xfd000010, 0, 0, 9, 0x0200, 9);
      machine.send(fields);
      const { bytes } = machine.sent[0]!;
      assert.equal(icmp(bytes), '137/0');
      assert.equal(bytes[22], 0xfe);
      assert.deepEqual([...bytes.subarray(94, 102)], [2, 1, 0x02, 0, 0, 0, 0, 2]);
      assert.equal(bytes[102], 4);
    });
  });

  it('tells the sender when the next hop does not answer', () => {
    const machine = new Machine(ROUTER);
    machine.send(to('10.0.0.77'));
    machine.send(to6('fd00:10::77'));
    machine.clear();
    const told = machine.advance(5 * SECOND).flat();
    assert.ok(told.includes('icmp_host_unreachable') && told.includes('icmpv6_address_unreachable'), told.join());
    const errors = machine.sent.filter(({ bytes }) => bytes[23] === 1 || bytes[20] === 58).map(({ bytes }) => icmp(bytes));
    assert.deepEqual([errors.includes('3/1'), errors.includes('1/3')], [true, true]);
  });

  it('asks the firewall when all else is well', () => {
    const machine = new Machine({
      ...ROUTER,
      firewall: [
        { action: 'drop', hook: 'input', text: 'drop' },
        { action: 'reject', protocol: 17, ports: [[53, 53]], hook: 'forward', text: 'reject udp port 53' },
      ],
    });
    machine.send(to('10.9.0.5'));
    assert.deepEqual([machine.verdict, icmp(machine.sent[0]!.bytes)], ['ip_firewall_rejected', '3/3']);
    machine.send(to('10.9.0.5', { ttl: 1 }));
    assert.equal(machine.verdict, 'ipv4_ttl_exceeded');
    machine.send({ ...to('10.9.0.5'), udp: { sourcePort: 1, destinationPort: 54 } });
    assert.equal(machine.verdict, 'ipv4_forwarded');
  });

  it('puts fragments together for connection tracking, and cuts them again', () => {
    const rules = [{ action: 'drop' as const, states: ['invalid' as const], text: 'drop state invalid' }];
    const machine = new Machine({ ...ROUTER, firewall: rules });
    const whole = buildFrame(to('10.9.0.5', {}, 'y'.repeat(120)));
    for (const [from, end] of [
      [0, 64],
      [64, 128],
    ] as const) {
      const ipv4 = { source: '10.0.0.2', destination: '10.9.0.5', protocol: 17, id: 9, fragmentOffset: from };
      machine.send({ ipv4: { ...ipv4, moreFragments: end < 128 }, payload: whole.slice(34 + from, 34 + end) });
    }
    assert.equal(machine.verdict, 'ipv4_forwarded');
    assert.deepEqual(
      machine.sent.map(({ bytes }) => [bytes.length, bytes[20]! & 0x20, bytes[21]]),
      [
        [14 + 20 + 64, 0x20, 0],
        [14 + 20 + 64, 0, 8],
      ],
    );

    machine.clear();
    const whole6 = buildFrame(to6('fd09::5', {}, 'y'.repeat(120)));
    for (const [from, end] of [
      [0, 64],
      [64, 128],
    ] as const) {
      const header = Uint8Array.of(17, 0, from >> 8, from | (end < 128 ? 1 : 0), 0, 0, 0, 77);
      const ipv6 = { source: 'fd00:10::2', destination: 'fd09::5', nextHeader: 44, extensions: header };
      machine.send({ ipv6, payload: whole6.slice(54 + from, 54 + end) });
    }
    assert.equal(machine.verdict, 'ipv6_forwarded');
    assert.deepEqual(
      machine.sent.map(({ bytes }) => [bytes.length, bytes[20], bytes[54], bytes[57], bytes[21]]),
      [
        [14 + 40 + 8 + 64, 44, 17, 1, 63],
        [14 + 40 + 8 + 64, 44, 17, 64, 63],
      ],
    );
  });

  it('makes the host a router to its neighbours', () => {
    const machine = new Machine(ROUTER);
    machine.send({
      ipv6: { source: 'fd00:10::2', destination: 'ff02::2' },
      ethernet: { destination: '33:33:00:00:00:02' },
      icmpv6: { type: 128 },
    });
    assert.equal(machine.verdict, 'icmpv6_echo_request');
    machine.send({ ipv6: { source: 'fd00:10::2', destination: 'fd00:10::' }, icmpv6: { type: 128 } });
    assert.equal(machine.verdict, 'icmpv6_echo_request');
  });

  it('follows a loose source route where that is allowed', () => {
    const options = Uint8Array.of(131, 7, 4, 10, 9, 0, 5, 0);
    const fields = to('10.0.0.1', { options });
    const machine = new Machine(ROUTER);
    machine.send(fields);
    assert.equal(machine.verdict, 'ipv4_source_route');
    const router = new Machine({ ...ROUTER, sysctl: { ...ROUTER.sysctl, 'ipv4.accept_source_route': 1 } });
    router.send(fields);
    assert.equal(router.verdict, 'ipv4_forwarded');
    const { bytes } = router.sent[0]!;
    assert.equal(bytes.subarray(30, 34).join('.'), '10.9.0.5');
    assert.deepEqual([...bytes.subarray(34, 42)], [131, 7, 8, 10, 0, 0, 1, 0]);
    assert.equal(checksum(bytes, 14, 42), 0);
  });
});
