import assert from 'node:assert/strict';
import { SAMPLES_PER_BIT } from '../../../src/host/phy/line.ts';
import { type LineConditions, transmitSignal } from '../../../src/host/phy/transmitter.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { buildFrame } from '../../wire/frame-builder.ts';
import { Machine } from '../machine.ts';

const ECHO = buildFrame({
  ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
  icmp: { type: 8, identifier: 1, sequence: 1 },
  payload: 'a'.repeat(40),
  fcs: true,
});

/** Names of the decisions about a frame that comes as a signal. */
function hear(conditions: LineConditions, bytes = ECHO): { machine: Machine; path: string[] } {
  const machine = new Machine({ phy: '10base-t' });
  const isDone = machine.host.receiveSignal(transmitSignal(bytes, 0, bytes.length, conditions), new Frame());
  assert.ok(isDone);
  return { machine, path: machine.decisions() };
}

describe('phy', () => {
  it('hands the octets of a signal to the card', () => {
    const { machine, path } = hear({});
    assert.deepEqual(path.slice(0, 6), [
      'phy_signal_found',
      'phy_preamble_locked',
      'phy_sfd_found',
      'phy_frame_received',
      'nic_fcs_good',
      'nic_mac_ours',
    ]);
    assert.equal(machine.verdict, 'icmp_echo_request');
    assert.deepEqual(machine.values('phy_sfd_found'), [64, 0, 0]);
    assert.equal(machine.values('phy_frame_received')[0], ECHO.length);
  });

  it('corrects nothing: wrong bits are the FCS’s to find', () => {
    const paths = Array.from({ length: 30 }, (_, seed) => hear({ noise: 0.7, seed }));
    const verdicts = new Set(paths.map(({ machine }) => machine.verdict));
    assert.ok(verdicts.has('nic_fcs_error') && verdicts.has('icmp_echo_request'), [...verdicts].join());
    assert.ok(paths.some(({ path }) => path.includes('phy_code_violation')));
  });

  it('loses frames in strong noise in every way there is', () => {
    const verdicts = new Set(Array.from({ length: 150 }, (_, seed) => hear({ noise: 3, seed }).machine.verdict));
    for (const verdict of ['phy_carrier_short', 'phy_sfd_lost', 'nic_runt', 'nic_fcs_error', 'nic_alignment_error'])
      assert.ok(verdicts.has(verdict), [...verdicts].join());
  });

  it('cuts bits behind the last octet off; with a wrong FCS they are an alignment error', () => {
    assert.ok(hear({ dribble: 3 }).path.includes('phy_dribble'));
    assert.equal(hear({ dribble: 3 }).machine.verdict, 'icmp_echo_request');
    const damaged = ECHO.slice();
    damaged[50]! ^= 1;
    assert.equal(hear({ dribble: 3 }, damaged).machine.verdict, 'nic_alignment_error');
    assert.equal(hear({}, damaged).machine.verdict, 'nic_fcs_error');
  });

  it('says that too little of a signal is left', () => {
    assert.equal(hear({ amplitude: 0.5 }).machine.verdict, 'phy_no_lock');
    assert.equal(hear({ amplitude: 0.2 }).machine.verdict, 'phy_no_signal');
  });

  it('says that there is no signal', () => {
    const machine = new Machine({ phy: '10base-t' });
    machine.host.receiveSignal({ samples: new Float32Array(800), samplesPerBit: SAMPLES_PER_BIT }, new Frame());
    assert.deepEqual(machine.decisions(), ['phy_no_signal']);
    assert.deepEqual(machine.values('phy_no_signal'), [10_000, 0, 0]);
  });

  it('stands before the ring of a loaded host, too', () => {
    const machine = new Machine({ phy: '10base-t', cpuPerFrame: 1000 });
    const frame = new Frame();
    frame.number = 1;
    assert.equal(machine.host.receiveSignal(transmitSignal(ECHO, 0, ECHO.length), frame), false);
    const activities = machine.advance(1e6);
    assert.deepEqual(activities[1]?.slice(0, 1), ['phy_signal_found']);
    assert.equal(machine.verdict, 'icmp_echo_request');
  });
});
