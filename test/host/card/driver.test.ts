import assert from 'node:assert/strict';
import type { FrameFields } from '../../wire/frame-builder.ts';
import { CAPTURE, Machine } from '../machine.ts';

const ECHO: FrameFields = { ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, icmp: { type: 8 }, payload: 'x'.repeat(30) };

describe('driver', () => {
  const cases: readonly (readonly [string, FrameFields, string, string])[] = [
    ['IPv4', ECHO, 'icmp_echo_request', 'icmp_echo_request'],
    ['ARP', { arp: { senderIp: '10.0.0.2', targetIp: '10.0.0.1' } }, 'arp_request', 'arp_request'],
    ['LLDP', { ethernet: { etherType: 0x88cc }, payload: 'x' }, 'driver_unhandled', 'driver_unhandled'],
    ['PPPoE', { ethernet: { etherType: 0x8864 }, payload: 'x' }, 'driver_unhandled', 'driver_unhandled'],
    ['802.3 with LLC', { ethernet: { etherType: 46 }, payload: 'xxxx' }, 'driver_llc', 'driver_llc'],
    ['raw 802.3', { ethernet: { etherType: 46 }, payload: Uint8Array.of(0xff, 0xff) }, 'driver_unhandled', 'driver_unhandled'],
    ['priority tag', { ...ECHO, vlan: [{ id: 0, priority: 5 }] }, 'icmp_echo_request', 'icmp_echo_request'],
    ['VLAN 5', { ...ECHO, vlan: [{ id: 5 }] }, 'driver_vlan_unknown', 'icmp_echo_request'],
    ['VLAN 5 in 802.1ad 6', { ...ECHO, vlan: [{ id: 6, tpid: 0x88a8 }, { id: 5 }] }, 'driver_unhandled', 'icmp_echo_request'],
    ['old double tags', { ...ECHO, vlan: [{ id: 0, tpid: 0x9100 }] }, 'driver_unhandled', 'driver_unhandled'],
  ];
  for (const [what, fields, live, captured] of cases) {
    it(`${what}: ${live} live, ${captured} in a capture`, () => {
      const machines = [new Machine(), new Machine({ capture: CAPTURE })];
      assert.deepEqual(
        machines.map((machine) => machine.send(fields) && machine.verdict),
        [live, captured],
      );
    });
  }

  it('notes the outermost VLAN', () => {
    const machine = new Machine({ capture: CAPTURE });
    machine.send({ ...ECHO, vlan: [{ id: 6, tpid: 0x88a8 }, { id: 5 }] });
    assert.equal(machine.host.packet.vlan, 6);
    machine.send(ECHO);
    assert.equal(machine.host.packet.vlan, -1);
  });

  it('takes off every tag of a capture in a step of its own', () => {
    const machine = new Machine({ capture: CAPTURE });
    const path = machine.send({ ...ECHO, vlan: [{ id: 6, tpid: 0x88a8 }, { id: 0 }, { id: 5 }] });
    const at = path.indexOf('driver_poll');
    assert.deepEqual(path.slice(at + 1, at + 5), ['driver_vlan_tag', 'driver_priority_tag', 'driver_vlan_tag', 'driver_ipv4']);
    assert.deepEqual(machine.values('driver_vlan_tag'), [6, 0, 0]);
  });

  it('names the VLAN that it is not in, also behind a priority tag', () => {
    const machine = new Machine();
    machine.send({ ...ECHO, vlan: [{ id: 0 }, { id: 5 }] });
    assert.deepEqual([machine.verdict, ...machine.values('driver_vlan_unknown')], ['driver_vlan_unknown', 5, 0, 0]);
  });

  it('drops a frame that ends in its tag', () => {
    const machine = new Machine({ minFrame: 14 });
    const frame = Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0);
    machine.receive(frame);
    assert.equal(machine.verdict, 'driver_vlan_truncated');
    const cut = new Machine({ capture: CAPTURE });
    cut.receive(frame, { wireLength: 100 });
    assert.equal(cut.verdict, 'driver_not_captured');
  });
});
