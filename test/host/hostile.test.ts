import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { loadScenario, scenarioNames } from '../../conformance/capture.ts';
import { LinkType } from '../../src/wire/link.ts';
import { CAPTURE, Dice, Machine } from './machine.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));
const FRAMES = 20_000;
const LINK_TYPES = [...Object.values(LinkType), 147];
const LISTENERS = [
  { protocol: 'tcp', port: 80, backlog: 2, program: 'echo' },
  { protocol: 'udp', port: 7, backlog: 0, program: 'echo' },
] as const;

/** Frames that went to a real kernel: every kind of header that the host knows. */
const SEEDS = scenarioNames(FOLDER, ['l2_', 'ip_', 'frag_', 'icmp_', 'udp_', 'v6_']).flatMap((name) =>
  loadScenario(FOLDER, name).frames.map(({ bytes }) => bytes),
);

/** A seed with some bytes changed, cut or lengthened, or nothing but noise. */
function mutated(dice: Dice): Uint8Array {
  if (dice.next(10) === 0) return dice.bytes(dice.next(200));
  const seed = SEEDS[dice.next(SEEDS.length)]!;
  const bytes = seed.slice(0, dice.next(8) === 0 ? dice.next(seed.length + 1) : seed.length);
  for (let changes = dice.next(4); changes > 0 && bytes.length > 0; changes--) {
    const near = dice.next(3) === 0 ? bytes.length : Math.min(bytes.length, 80);
    bytes[dice.next(near)] = dice.next(256);
  }
  return bytes;
}

/** The frame as another link type carries it: without the Ethernet header, behind noise for the other's. */
function relinked(bytes: Uint8Array, linkType: number, dice: Dice): Uint8Array {
  const packet = bytes.subarray(Math.min(14, bytes.length));
  const headers: Record<number, Uint8Array> = {
    [LinkType.ethernet]: bytes.subarray(0, 14),
    [LinkType.null]: Uint8Array.of(dice.next(3) === 0 ? 30 : 2, 0, 0, 0),
    [LinkType.loop]: Uint8Array.of(0, 0, 0, dice.next(3) === 0 ? 24 : 2),
    [LinkType.sll]: Uint8Array.of(0, dice.next(6), 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, ...bytes.subarray(12, 14)),
    [LinkType.sll2]: Uint8Array.of(...bytes.subarray(12, 14), 0, 0, 0, 0, 0, 1, 0, 1, dice.next(6), 6, 0, 0, 0, 0, 0, 0, 0, 0),
  };
  const header = headers[linkType] ?? new Uint8Array(0);
  const frame = new Uint8Array(header.length + packet.length);
  frame.set(header);
  frame.set(packet, header.length);
  return frame;
}

function trial(machine: Machine, dice: Dice, n: number): void {
  const linkType = dice.next(2) === 0 ? LinkType.ethernet : LINK_TYPES[dice.next(LINK_TYPES.length)]!;
  const bytes = relinked(mutated(dice), linkType, dice);
  const wireLength = bytes.length + (dice.next(6) === 0 ? dice.next(1500) : 0);
  const fcsLength = [-1, -1, -1, 0, 4][dice.next(5)]!;
  const time = n * 1_000_000 - (dice.next(50) === 0 ? 5_000_000 : 0);
  const linkErrors = dice.next(40) === 0 ? dice.next(0x10000) : 0;
  const fields = { linkType, wireLength, fcsLength, time, linkErrors };
  machine.advance(time);
  const before = Buffer.from(bytes).toString('hex');
  if (dice.next(3) === 0) {
    machine.observe(bytes, fields);
    assert.equal(machine.effect, 'observe', `frame ${n} ended with ${machine.verdict}`);
  } else {
    machine.receive(bytes, fields);
    assert.ok(!['pass', 'none', 'observe'].includes(machine.effect), `frame ${n} ended with ${machine.verdict}`);
  }
  assert.equal(Buffer.from(bytes).toString('hex'), before, `frame ${n} was written to`);
}

describe('a host under random and mutated frames', () => {
  it('always comes to a verdict, live', () => {
    const dice = new Dice(1);
    const machine = new Machine({ listeners: LISTENERS, promiscuous: true, minFrame: 14 });
    for (let n = 0; n < FRAMES / 2; n++) trial(machine, dice, n);
  });

  for (const fcs of ['auto', 'present', 'none'] as const) {
    it(`always comes to a verdict in a capture, fcs ${fcs}`, () => {
      const dice = new Dice(2 + fcs.length);
      const adopt = () => dice.next(2) === 0;
      const capture = { ...CAPTURE, fcs, adopt, assumeListener: adopt, assumeUdp: adopt };
      const machine = new Machine({ listeners: LISTENERS, capture });
      for (let n = 0; n < FRAMES / 6; n++) trial(machine, dice, n);
    });
  }

  it('always comes to a verdict by RFC 9293', () => {
    const dice = new Dice(23);
    const machine = new Machine({ listeners: LISTENERS, promiscuous: true, minFrame: 14, profile: 'rfc9293' });
    for (let n = 0; n < FRAMES / 4; n++) trial(machine, dice, n);
  });

  for (const fragPolicy of ['rfc815', 'first', 'last'] as const) {
    it(`always comes to a verdict with fragments by ${fragPolicy}`, () => {
      const dice = new Dice(7 + fragPolicy.length);
      const machine = new Machine({ listeners: LISTENERS, promiscuous: true, minFrame: 14, fragPolicy });
      for (let n = 0; n < FRAMES / 10; n++) trial(machine, dice, n);
    });
  }
});
