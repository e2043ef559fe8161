import assert from 'node:assert/strict';
import { Frame } from '../../../src/wire/frame.ts';
import { LinkType } from '../../../src/wire/link.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';
import { CAPTURE, Machine } from '../machine.ts';

const IPV4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;
const TCP = { sourcePort: 5000, destinationPort: 80, seq: 7, flags: 2 } as const;
const SEGMENT: FrameFields = { ipv4: IPV4, tcp: TCP, payload: 'x'.repeat(30) };

function frameOf(fields: FrameFields, changes: Partial<Frame> = {}): Frame {
  const bytes = buildFrame(fields);
  return Object.assign(new Frame(), { bytes, start: 0, end: bytes.length, wireLength: bytes.length }, changes);
}

/** A host that has received `fields` and knows the way it went. */
function taught(fields: FrameFields, inbound = true): Machine {
  const machine = new Machine({ capture: CAPTURE });
  const frame = frameOf(fields);
  if (inbound) machine.host.receive(frame);
  else machine.host.observe(frame);
  // what comes once is not worth a lane
  for (let times = 0; times < 2; times++) machine.host.lanes!.learn(machine.host.packet, machine.trace, inbound);
  return machine;
}

describe('a lane', () => {
  const fits: readonly (readonly [string, FrameFields])[] = [
    ['the same frame', SEGMENT],
    ['another segment', { ...SEGMENT, tcp: { ...TCP, sourcePort: 1, seq: 99, flags: 16 }, payload: 'y'.repeat(500) }],
    ['another identification, TTL, TOS, and DF', { ...SEGMENT, ipv4: { ...IPV4, id: 9, ttl: 3, tos: 2, dontFragment: true } }],
    ['a trailer shorter than an FCS', { ...SEGMENT, trailer: new Uint8Array(3) }],
  ];
  for (const [what, fields] of fits) {
    it(`is found for ${what}, and records what the layers would`, () => {
      const machine = taught(SEGMENT);
      const lane = machine.host.lanes!.find(frameOf(fields));
      assert.ok(lane?.inbound);
      machine.host.follow(lane, frameOf(fields));
      const told = [machine.decisions(), [...machine.trace.values.subarray(0, machine.trace.length * 3)]];
      const plain = taught(SEGMENT);
      plain.host.receive(frameOf(fields));
      assert.deepEqual(told, [plain.decisions(), [...plain.trace.values.subarray(0, plain.trace.length * 3)]]);
    });
  }

  const others: readonly (readonly [string, FrameFields, Partial<Frame>?])[] = [
    ['another source MAC', { ...SEGMENT, ethernet: { source: '02:00:00:00:00:03' } }],
    ['another destination MAC', { ...SEGMENT, ethernet: { destination: '02:00:00:00:00:04' } }],
    ['another source', { ...SEGMENT, ipv4: { ...IPV4, source: '10.0.0.3' } }],
    ['another destination', { ...SEGMENT, ipv4: { ...IPV4, destination: '10.0.0.9' } }],
    ['a VLAN tag', { ...SEGMENT, vlan: [{ id: 5 }] }],
    ['IP options', { ...SEGMENT, ipv4: { ...IPV4, options: Uint8Array.of(1, 1, 1, 0) } }],
    ['a fragment', { ...SEGMENT, ipv4: { ...IPV4, moreFragments: true } }],
    ['another protocol', { ipv4: IPV4, udp: { sourcePort: 1, destinationPort: 7 }, payload: 'x'.repeat(30) }],
    ['a wrong IP checksum', { ...SEGMENT, ipv4: { ...IPV4, headerChecksum: 1 } }],
    ['a length beyond the frame', { ...SEGMENT, ipv4: { ...IPV4, totalLength: 900 } }],
    ['what may be an FCS', { ...SEGMENT, trailer: new Uint8Array(4) }],
    ['a frame that the card calls short', { ...SEGMENT, payload: '' }],
    ['merged segments', { ...SEGMENT, payload: 'x'.repeat(3000) }],
    ['a frame that the snaplen cut', SEGMENT, { wireLength: 2000 }],
    ['an FCS that the file tells of', SEGMENT, { fcsLength: 4 }],
    ['an error that the card saw', SEGMENT, { linkErrors: 1 }],
    ['another link type', SEGMENT, { linkType: LinkType.raw }],
  ];
  for (const [what, fields, changes] of others) {
    it(`is not found for ${what}`, () => assert.equal(taught(SEGMENT).host.lanes!.find(frameOf(fields, changes)), null));
  }

  it('is not made of a way that was gone once', () => {
    const machine = new Machine({ capture: CAPTURE });
    machine.host.receive(frameOf(SEGMENT));
    machine.host.lanes!.learn(machine.host.packet, machine.trace, true);
    assert.equal(machine.host.lanes!.find(frameOf(SEGMENT)), null);
  });

  it('leads past TCP what the captured server sent', () => {
    const machine = taught(SEGMENT, false);
    const lane = machine.host.lanes!.find(frameOf(SEGMENT));
    assert.equal(lane?.inbound, false);
    machine.host.follow(lane, frameOf(SEGMENT));
    assert.deepEqual(machine.decisions(), ['tcp_observed']);
  });

  const special: readonly (readonly [string, FrameFields])[] = [
    ['a broadcast frame', { ...SEGMENT, ethernet: { destination: 'ff:ff:ff:ff:ff:ff' } }],
    ['a frame with an FCS', { ...SEGMENT, fcs: true }],
    ['a loopback frame', { ...SEGMENT, ethernet: { destination: 0, source: 0 } }],
    ['a frame for another host', { ...SEGMENT, ethernet: { destination: '02:00:00:00:00:04' } }],
  ];
  for (const [what, fields] of special) {
    it(`is not made of ${what}`, () => assert.equal(taught(fields).host.lanes!.find(frameOf(fields)), null));
  }
});
