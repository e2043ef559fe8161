import assert from 'node:assert/strict';
import type { FirewallRule } from '../../../src/host/config.ts';
import { sentenceAt } from '../../../src/report/words/words.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';
import { CAPTURE, ip, Machine } from '../machine.ts';

const V4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;
const UDP = (port: number): FrameFields => ({ ipv4: V4, udp: { sourcePort: 5000, destinationPort: port }, payload: 'x' });
const SYN: FrameFields = { ipv4: V4, tcp: { sourcePort: 5000, destinationPort: 80, flags: 2, seq: 100 } };

const DROP_DNS: FirewallRule = { action: 'drop', protocol: 17, ports: [[53, 53]], text: 'drop udp port 53' };
const REJECT_WEB: FirewallRule = {
  action: 'reject',
  rejectWith: 'tcp_reset',
  protocol: 6,
  ports: [[80, 80]],
  text: 'reject tcp port 80 with tcp_reset',
};

/** The filter's decisions among those of a frame. */
function filtered(machine: Machine, fields: FrameFields, time = 0): string[] {
  return machine.send(fields, { time }).filter((name) => /firewall|conntrack/.test(name));
}

describe('firewall', () => {
  it('tells the rule that drops, by number and text', () => {
    const machine = new Machine({ firewall: [REJECT_WEB, DROP_DNS] });
    assert.deepEqual(filtered(machine, UDP(53)), ['ip_firewall_dropped']);
    assert.equal(machine.verdict, 'ip_firewall_dropped');
    assert.equal(sentenceAt(machine.trace, machine.trace.length - 1), 'Firewall rule 2 drops the packet: drop udp port 53.');
    assert.deepEqual(machine.sent, []);
  });

  it('lets pass what no rule matches, and says so', () => {
    const machine = new Machine({ firewall: [REJECT_WEB, DROP_DNS] });
    assert.deepEqual(filtered(machine, UDP(7)), ['ip_firewall_default']);
    assert.deepEqual(machine.values('ip_firewall_default'), [2, 0, 0]);
    assert.deepEqual(machine.read, ['x']);
  });

  it('takes the first rule that matches', () => {
    const accept: FirewallRule = { action: 'accept', from: ip('10.0.0.2', 32), text: 'accept from 10.0.0.2' };
    const machine = new Machine({ firewall: [accept, { action: 'drop', text: 'drop' }] });
    assert.deepEqual(filtered(machine, UDP(7)), ['ip_firewall_accepted']);
    assert.deepEqual(filtered(machine, { ...UDP(7), ipv4: { ...V4, source: '10.0.0.3' } }), ['ip_firewall_dropped']);
  });

  it('rejects with a reset as a closed port would', () => {
    const machine = new Machine({ firewall: [REJECT_WEB] });
    assert.deepEqual(filtered(machine, SYN), ['ip_firewall_reset', 'ip_firewall_rejected']);
    const { bytes } = machine.sent[0]!;
    assert.deepEqual([bytes[47], bytes.subarray(38, 46).join()], [0x14, '0,0,0,0,0,0,0,101']);
  });

  const codes = [
    [undefined, 3, 4],
    ['host-unreachable', 1, 3],
    ['net-unreachable', 0, 0],
    ['admin-prohibited', 13, 1],
    ['policy-fail', 13, 5],
  ] as const;
  for (const [rejectWith, code4, code6] of codes) {
    it(`rejects with ${rejectWith ?? 'port unreachable, where nothing is said'}`, () => {
      const rule: FirewallRule = { action: 'reject', ...(rejectWith ? { rejectWith } : {}), text: 'reject' };
      const machine = new Machine({ firewall: [rule] });
      machine.send(UDP(53));
      const { udp, payload } = UDP(53);
      machine.send({ ipv6: { source: 'fd00:10::2', destination: 'fd00:10::1' }, udp: udp!, payload: payload! });
      const [four, six] = [machine.sent[0]!, machine.sent[1]!];
      assert.deepEqual([four.bytes[34], four.bytes[35]], [3, code4]);
      assert.deepEqual([six.bytes[54], six.bytes[55]], [1, code6]);
    });
  }

  const unanswered: readonly (readonly [string, FrameFields])[] = [
    ['a reset', { ...SYN, tcp: { sourcePort: 5000, destinationPort: 80, flags: 4 } }],
    ['a wrong checksum', { ...SYN, tcp: { sourcePort: 5000, destinationPort: 80, flags: 2, checksum: 1 } }],
    ['a cut header', { ipv4: { ...V4, protocol: 6 }, payload: Uint8Array.of(0x13, 0x88, 0, 80) }],
  ];
  for (const [what, fields] of unanswered) {
    it(`answers nothing to ${what}`, () => {
      const machine = new Machine({ firewall: [REJECT_WEB] });
      assert.deepEqual(filtered(machine, fields), ['ip_firewall_unanswered', 'ip_firewall_rejected']);
      assert.deepEqual(machine.sent, []);
    });
  }

  it('sees whole datagrams at the input, and fragments at the raw hook', () => {
    const whole = buildFrame({ ...UDP(53), payload: 'x'.repeat(64) });
    const pieces = [0, 40].map((at) =>
      buildFrame({
        ipv4: { ...V4, id: 7, protocol: 17, fragmentOffset: at, moreFragments: at === 0 },
        payload: whole.slice(34 + at, at === 0 ? 74 : whole.length),
        pad: true,
      }),
    );
    const input = new Machine({ firewall: [DROP_DNS] });
    assert.deepEqual(
      pieces.map((piece) => input.receive(piece).at(-1)),
      ['frag_waiting', 'ip_firewall_dropped'],
    );
    const raw = new Machine({ firewall: [{ action: 'drop', hook: 'raw', fragment: 'later', text: 'drop' }] });
    assert.deepEqual(
      pieces.map((piece) => raw.receive(piece).at(-1)),
      ['frag_waiting', 'ip_firewall_dropped'],
    );
  });

  it('keeps packets of the host from leaving', () => {
    const rule: FirewallRule = { action: 'drop', hook: 'output', protocol: 1, text: 'drop icmp' };
    const machine = new Machine({ firewall: [rule] });
    const decisions = machine.send(UDP(9));
    assert.deepEqual(decisions.slice(-2), ['icmp_port_unreachable', 'ip_firewall_output_dropped']);
    assert.equal(machine.verdict, 'udp_no_socket');
    assert.deepEqual(machine.sent, []);
  });

  it('fills in what reports show of a packet that it stops', () => {
    const machine = new Machine({ firewall: [{ action: 'drop', text: 'drop' }] });
    machine.send(SYN);
    const { packet } = machine.host;
    assert.deepEqual([packet.hasTransport, packet.sourcePort, packet.destinationPort, packet.tcpFlags], [true, 5000, 80, 2]);
    machine.send(UDP(53));
    assert.deepEqual([packet.hasTransport, packet.destinationPort, packet.dataLength], [true, 53, 1]);
  });

  describe('with connection tracking', () => {
    const rules: readonly FirewallRule[] = [
      { action: 'drop', states: ['invalid'], text: 'drop state invalid' },
      { action: 'accept', states: ['established', 'related'], text: 'accept state established,related' },
      { action: 'accept', protocol: 17, ports: [[7, 7]], states: ['new'], text: 'accept udp port 7 state new' },
      { action: 'drop', text: 'drop' },
    ];

    it('knows the first packet of a conversation from the next', () => {
      const machine = new Machine({ firewall: rules });
      assert.deepEqual(filtered(machine, UDP(7)), ['ip_conntrack_new', 'ip_firewall_accepted']);
      assert.deepEqual(filtered(machine, UDP(7)), ['ip_conntrack_established', 'ip_firewall_accepted']);
      assert.deepEqual(machine.values('ip_firewall_accepted').slice(0, 1), [2]);
    });

    it('forgets a conversation after its time', () => {
      const machine = new Machine({ firewall: rules });
      filtered(machine, UDP(7));
      assert.equal(filtered(machine, UDP(7), 29e9)[0], 'ip_conntrack_established');
      assert.equal(filtered(machine, UDP(7), 60e9)[0], 'ip_conntrack_established');
      assert.equal(filtered(machine, UDP(7), 240e9)[0], 'ip_conntrack_new');
    });

    it('does not remember what it dropped', () => {
      const machine = new Machine({ firewall: rules });
      assert.deepEqual(filtered(machine, UDP(9)), ['ip_conntrack_new', 'ip_firewall_dropped']);
      assert.deepEqual(filtered(machine, UDP(9)), ['ip_conntrack_new', 'ip_firewall_dropped']);
    });

    it('has a table of a size', () => {
      const machine = new Machine({ firewall: rules, sysctl: { 'netfilter.nf_conntrack_max': 2 } });
      const from = (port: number) => ({ ...UDP(7), udp: { sourcePort: port, destinationPort: 7 } });
      const verdicts = [1, 2, 3].map((port) => machine.send(from(port)) && machine.verdict);
      assert.deepEqual(verdicts, ['socket_datagram', 'socket_datagram', 'socket_datagram']);
      const full = new Machine({ firewall: rules, sysctl: { 'netfilter.nf_conntrack_max': 0 } });
      full.send(from(1));
      assert.equal(full.verdict, 'ip_conntrack_full');
    });

    it('follows both directions of a capture', () => {
      const machine = new Machine({ firewall: rules, capture: CAPTURE });
      assert.equal(filtered(machine, UDP(7))[0], 'ip_conntrack_new');
      const back = { ipv4: { source: '10.0.0.1', destination: '10.0.0.2' }, udp: { sourcePort: 7, destinationPort: 5000 } };
      machine.observe(buildFrame({ ...back, payload: 'x' }));
      assert.equal(filtered(machine, UDP(7))[0], 'ip_conntrack_established');
    });
  });
});
