import assert from 'node:assert/strict';
import { Icmpv6Type } from '../../../src/wire/icmpv6.ts';
import { encodeNdp, type NdpFields } from '../../../src/wire/ndp.ts';
import { Machine } from '../machine.ts';

const STRANGER = 'fd00:10::3';
const MAC = 0x0200_0000_0003;
const TARGET = { target0: 0xfd00_0010, target1: 0, target2: 0, target3: 3 };
const SECOND = 1e9;

function ask(machine: Machine, time: number): string[] {
  return machine.send(
    {
      ethernet: { source: MAC },
      ipv6: { source: STRANGER, destination: 'fd00:10::1' },
      udp: { sourcePort: 5000, destinationPort: 7 },
      payload: 'hello',
    },
    { time },
  );
}

function advertise(machine: Machine, time: number, solicited: boolean, fields: Partial<NdpFields>): string[] {
  const type = Icmpv6Type.neighborAdvertisement;
  const body = new Uint8Array(64);
  const length = encodeNdp({ type, ...TARGET, ...fields }, body, 0);
  return machine.send(
    {
      ethernet: { source: MAC },
      ipv6: { source: STRANGER, destination: 'fd00:10::1', hopLimit: 255 },
      icmpv6: { type, code: 0, rest: solicited ? 0x4000_0000 : 0 },
      payload: body.slice(0, length),
    },
    { time },
  );
}

/** A host whose neighbour has said its MAC, been sent to long after, and is asked whether it is still there. */
function probing(): Machine {
  const machine = new Machine();
  ask(machine, 0);
  advertise(machine, SECOND / 10, true, { targetLinkLayer: MAC });
  machine.advance(100 * SECOND);
  ask(machine, 100 * SECOND);
  assert.deepEqual(machine.advance(107 * SECOND)[0], ['nd_solicitation_sent']);
  return machine;
}

describe('neighbour discovery of a live host', () => {
  it('takes the answer of a neighbour that need not say its MAC again', () => {
    const machine = probing();
    const asked = machine.sent.length;
    assert.equal(advertise(machine, 107 * SECOND, true, {}).at(-1), 'nd_advertisement');
    assert.deepEqual(machine.advance(120 * SECOND), []);
    assert.equal(machine.sent.length, asked);
  });

  it('goes on asking where an advertisement answers no question', () => {
    const machine = probing();
    advertise(machine, 107 * SECOND, false, {});
    assert.equal(
      machine
        .advance(120 * SECOND)
        .at(-1)!
        .at(-1),
      'nd_unresolved',
    );
  });

  it('learns no MAC from an answer without one', () => {
    const machine = new Machine();
    ask(machine, 0);
    advertise(machine, SECOND / 10, true, {});
    assert.equal(
      machine
        .advance(10 * SECOND)
        .at(-1)!
        .at(-1),
      'nd_unresolved',
    );
  });
});
