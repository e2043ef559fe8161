import assert from 'node:assert/strict';
import { buildFrame } from '../../wire/frame-builder.ts';
import { Machine } from '../machine.ts';

const V4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;
/** Where the options of an IPv4 packet begin in its frame, and in one that quotes it. */
const OPTIONS = 34;
const QUOTED_OPTIONS = 62;

describe('ICMP errors', () => {
  it('quote options as the host has filled them in, and leave the frame as it came', () => {
    // A record route with room, then an option of length 0.
    const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0x9e, 0, 0, 0, 0);
    const frame = Buffer.from(buildFrame({ ipv4: { ...V4, options, protocol: 200 }, payload: 'x', pad: true }));
    const before = Buffer.from(frame).toString('hex');
    const machine = new Machine();
    machine.receive(frame);
    assert.equal(machine.verdict, 'ipv4_option_malformed');
    const { bytes } = machine.sent[0]!;
    const own = bytes.findIndex((_, at) => at >= OPTIONS && bytes[at] === 7 && bytes[at + 1] === 7 && bytes[at + 2] === 8);
    assert.ok(own >= OPTIONS && bytes.length > QUOTED_OPTIONS);
    assert.equal(frame.toString('hex'), before);
  });
});
