import assert from 'node:assert/strict';
import { NAMES } from '../../../src/trace/catalogue.ts';
import { buildFrame } from '../../wire/frame-builder.ts';
import { Machine, type MachineOptions } from '../machine.ts';

const MICROSECOND = 1000;

function datagram(text: string): Uint8Array {
  return buildFrame({
    ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
    udp: { sourcePort: 5000, destinationPort: 7 },
    payload: text,
    pad: true,
  });
}

interface Told {
  /** Microseconds. */
  readonly at: number;
  readonly frame: number;
  readonly verdict: string;
  readonly events: readonly string[];
}

/** Sends frames at the given microseconds, and tells every activity in the order in which it came. */
function play(options: MachineOptions, arrivals: readonly number[]): { machine: Machine; told: Told[] } {
  const machine = new Machine(options);
  const { host, trace } = machine;
  const told: Told[] = [];
  const tell = () => {
    const events = machine.decisions().filter((name) => /^driver_(interrupt|poll_done|budget)/.test(name));
    told.push({ at: trace.time / MICROSECOND, frame: trace.frame, verdict: machine.verdict, events });
  };
  arrivals.forEach((at, index) => {
    host.advance(at * MICROSECOND, tell);
    machine.receive(datagram(`frame ${index + 1}`), { time: at * MICROSECOND });
    if (machine.verdict.startsWith('nic_ring_full')) tell();
  });
  host.advance(1e9, tell);
  return { machine, told };
}

describe('load', () => {
  it('is no matter where interrupts come at once and the CPU takes no time', () => {
    const machine = new Machine({ irqUsecs: 50, irqFrames: 1 });
    machine.receive(datagram('now'));
    assert.equal(machine.verdict, 'socket_datagram');
    assert.equal(machine.host.nextTimer, Number.POSITIVE_INFINITY);
  });

  it('says that a frame is not finished before it has climbed', () => {
    const machine = new Machine({ cpuPerFrame: 1000 });
    const { host } = machine;
    machine.receive(datagram('later'));
    assert.deepEqual(machine.decisions(), ['nic_fcs_not_captured', 'nic_mac_ours', 'nic_ring_slot', 'nic_interrupt']);
    const climbs: unknown[] = [];
    host.advance(1e6, () => climbs.push([machine.trace.frame, machine.decisions().slice(0, 5), machine.effect]));
    assert.deepEqual(climbs, [
      [0, ['driver_interrupt_idle'], 'none'],
      [1, ['nic_fcs_not_captured', 'nic_mac_ours', 'nic_ring_slot', 'nic_interrupt', 'driver_waited'], 'deliver'],
    ]);
    assert.deepEqual([host.packet.frame.number, host.packet.frame.end], [1, 60]);
  });

  it('waits for more frames, takes them within a budget, and drops what finds the ring full', () => {
    const options = { ring: 4, irqUsecs: 50, irqFrames: 3, cpuPerFrame: 20 * MICROSECOND, pollBudget: 2 };
    const { told, machine } = play(options, [5, 10, 15, 20, 25, 30, 35, 40]);
    assert.deepEqual(told, [
      { at: 15, frame: 0, verdict: 'none', events: ['driver_interrupt_idle'] },
      { at: 25, frame: 5, verdict: 'nic_ring_full', events: [] },
      { at: 30, frame: 6, verdict: 'nic_ring_full', events: [] },
      { at: 35, frame: 1, verdict: 'socket_datagram', events: [] },
      { at: 40, frame: 8, verdict: 'nic_ring_full', events: [] },
      { at: 55, frame: 2, verdict: 'socket_datagram', events: ['driver_poll_done'] },
      { at: 75, frame: 3, verdict: 'socket_datagram', events: ['driver_budget'] },
      { at: 95, frame: 4, verdict: 'socket_datagram', events: ['driver_poll_done'] },
      { at: 115, frame: 7, verdict: 'socket_datagram', events: ['driver_budget', 'driver_poll_done'] },
    ]);
    assert.deepEqual(machine.read, ['frame 1', 'frame 2', 'frame 3', 'frame 4', 'frame 7']);
  });

  it('interrupts after its time where too few frames come', () => {
    const { told } = play({ irqUsecs: 50, irqFrames: 8 }, [0, 10]);
    assert.deepEqual(
      told.map(({ at, frame }) => [at, frame]),
      [
        [50, 0],
        [50, 1],
        [50, 2],
      ],
    );
  });

  it('is shared by answers, timers and frames: each at its own time', () => {
    const { machine } = play({ irqUsecs: 100, irqFrames: 8, cpuPerFrame: 10 * MICROSECOND }, [0]);
    assert.deepEqual(
      machine.sent.map(({ time }) => time / MICROSECOND),
      [110],
    );
  });

  it('says what the CPU leaves for it', () => {
    const machine = new Machine({
      cpuPerFrame: 1000,
      listeners: [{ protocol: 'tcp', port: 80, backlog: 4, program: 'echo' }],
    });
    const segment = (seq: number, ack: number, flags: number) =>
      buildFrame({
        ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
        tcp: { sourcePort: 5000, destinationPort: 80, seq, ack, flags, window: 1000 },
        pad: true,
      });
    const interrupts: string[] = [];
    const look = () => interrupts.push(...machine.decisions().filter((name) => name.startsWith('driver_interrupt')));
    machine.receive(segment(100, 0, 2));
    machine.host.advance(1e6, look);
    const iss = machine.sent[0]!.bytes;
    const ack = (new DataView(iss.buffer, iss.byteOffset).getUint32(38) + 1) >>> 0;
    machine.receive(segment(101, ack, 16), { time: 2e6 });
    machine.host.advance(3e6, look);
    machine.receive(segment(101, ack, 16), { time: 4e6 });
    machine.host.advance(5e6, look);
    assert.deepEqual(interrupts.slice(0, 1), ['driver_interrupt_idle']);
    assert.equal(interrupts.at(-1), 'driver_interrupt_program');
  });

  it('counts each decision once', () => {
    const { machine } = play({ cpuPerFrame: 1000 }, [0, 100, 200]);
    const count = (name: string) => machine.trace.counts[NAMES.indexOf(name as (typeof NAMES)[number])];
    assert.deepEqual(
      [count('nic_mac_ours'), count('nic_interrupt'), count('driver_poll'), count('socket_datagram')],
      [3, 3, 3, 3],
    );
  });
});
