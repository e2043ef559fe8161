import assert from 'node:assert/strict';
import type { FragPolicy } from '../../../src/host/config.ts';
import { buildFrame } from '../../wire/frame-builder.ts';
import { Dice, Machine } from '../machine.ts';

const SECOND = 1_000_000_000;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly more: boolean;
}

/** A UDP datagram to the echo port as IP carries it, checksum left out. */
function datagram(data: Uint8Array): Uint8Array {
  const header = Uint8Array.of(0x13, 0x88, 0, 7, (data.length + 8) >> 8, (data.length + 8) & 0xff, 0, 0);
  const whole = new Uint8Array(8 + data.length);
  whole.set(header);
  whole.set(data, 8);
  return whole;
}

function fragment4(whole: Uint8Array, { start, end, more }: Piece, id: number): Uint8Array {
  return buildFrame({
    ipv4: {
      source: '10.0.0.2',
      destination: '10.0.0.1',
      protocol: 17,
      id,
      fragmentOffset: start,
      moreFragments: more,
      payloadLength: end - start,
    },
    payload: whole.slice(start, end),
    pad: true,
  });
}

/** Cuts at multiples of eight, in a random order, some pieces twice. */
function cut(length: number, dice: Dice): Piece[] {
  const edges = new Set([0, length]);
  for (let cuts = 1 + dice.next(6); cuts > 0; cuts--) edges.add(8 * (1 + dice.next(Math.max(1, Math.ceil(length / 8) - 1))));
  const sorted = [...edges].filter((edge) => edge <= length).sort((a, b) => a - b);
  const pieces = sorted.slice(0, -1).map((start, i) => ({ start, end: sorted[i + 1]!, more: sorted[i + 1]! < length }));
  const twice = pieces.filter(() => dice.next(4) === 0);
  return dice.shuffle([...pieces, ...twice]);
}

describe('fragments', () => {
  it('leave their facts, also those of another host and the one that completes a datagram', () => {
    const machine = new Machine();
    const whole = datagram(new Uint8Array(32));
    const facts = (frame: Uint8Array) => {
      machine.receive(frame);
      const { fragId, fragOffset, fragLength, fragMore } = machine.host.packet;
      return [machine.verdict, fragId, fragOffset, fragLength, fragMore];
    };
    const ipv4 = { source: '10.0.0.2', destination: '10.0.0.9', protocol: 17, id: 8, moreFragments: true };
    assert.deepEqual(facts(fragment4(whole, { start: 0, end: 16, more: true }, 7)), ['frag_waiting', 7, 0, 16, true]);
    assert.deepEqual(facts(buildFrame({ ipv4, payload: 'x'.repeat(24), pad: true })), ['ipv4_not_ours', 8, 0, 24, true]);
    assert.deepEqual(facts(fragment4(whole, { start: 16, end: 40, more: false }, 7)), ['socket_datagram', 7, 16, 24, false]);
    const udp = { sourcePort: 5000, destinationPort: 7 };
    assert.equal(facts(buildFrame({ ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, udp, pad: true }))[1], -1);
    const extensions = Uint8Array.of(17, 0, 0x05, 0xc9, 0, 1, 0, 2);
    const ipv6 = { source: 'fd00:10::2', destination: 'fd00:10::1', nextHeader: 44, extensions };
    assert.deepEqual(facts(buildFrame({ ipv6, payload: 'x'.repeat(16), pad: true })), ['frag_waiting', 0x10002, 1480, 16, true]);
    assert.equal(machine.host.packet.protocol, 17);
  });

  for (const policy of ['linux', 'rfc815', 'first', 'last'] as const) {
    it(`are put together in any order and number (${policy})`, () => {
      const dice = new Dice(policy.length);
      const machine = new Machine({ fragPolicy: policy, mtu: 9000 });
      for (let id = 1; id <= 300; id++) {
        const data = dice.bytes(1 + dice.next(3000));
        const whole = datagram(data);
        machine.read.length = 0;
        const pieces = cut(whole.length, dice);
        const seen = new Set<number>();
        const total = new Set(pieces.map(({ start }) => start)).size;
        for (const piece of pieces) {
          const verdict = machine.receive(fragment4(whole, piece, id)) && machine.verdict;
          const isNew = !seen.has(piece.start);
          seen.add(piece.start);
          if (seen.size === total) assert.equal(verdict, 'socket_datagram');
          else if (isNew) assert.equal(verdict, 'frag_waiting');
          else assert.equal(verdict, policy === 'last' ? 'frag_waiting' : 'frag_duplicate');
          // What comes after the last missing piece begins a new datagram.
          if (seen.size === total) break;
        }
        assert.deepEqual(machine.read, [Buffer.from(data).toString('latin1')]);
        machine.advance(id * 40 * SECOND);
      }
    });
  }

  /** What the program reads where fragments overlap: data of `a` at 0-24, of `b` at 16-32, of `c` at 32-40 (bytes of the datagram). */
  const overlaps: readonly (readonly [FragPolicy, string, readonly string[]])[] = [
    ['linux', 'frag_overlap', []],
    ['first', 'socket_datagram', ['a'.repeat(16) + 'b'.repeat(8) + 'c'.repeat(8)]],
    ['last', 'socket_datagram', ['a'.repeat(8) + 'b'.repeat(16) + 'c'.repeat(8)]],
    ['rfc815', 'socket_datagram', ['a'.repeat(8) + 'b'.repeat(16) + 'c'.repeat(8)]],
  ];
  for (const [fragPolicy, verdict, read] of overlaps) {
    it(`that overlap end as ${verdict} by ${fragPolicy}`, () => {
      const machine = new Machine({ fragPolicy });
      const of = (letter: string) => datagram(Buffer.from(letter.repeat(32)));
      const verdicts = [
        machine.receive(fragment4(of('a'), { start: 0, end: 24, more: true }, 5)) && machine.verdict,
        machine.receive(fragment4(of('c'), { start: 32, end: 40, more: false }, 5)) && machine.verdict,
        machine.receive(fragment4(of('b'), { start: 16, end: 32, more: true }, 5)) && machine.verdict,
      ];
      assert.deepEqual(verdicts, ['frag_waiting', 'frag_waiting', verdict]);
      assert.deepEqual(machine.read, read);
    });
  }

  it('that wait too long are thrown away, and the sender of the first one is told', () => {
    const machine = new Machine({ sysctl: { 'ipv4.icmp_ratemask': 0 } });
    const whole = datagram(new Uint8Array(100));
    machine.receive(fragment4(whole, { start: 0, end: 48, more: true }, 1));
    machine.receive(fragment4(whole, { start: 48, end: 96, more: true }, 2));
    assert.deepEqual(machine.advance(29 * SECOND), []);
    assert.deepEqual(machine.advance(33 * SECOND), [['frag_timeout'], ['frag_timeout', 'icmp_reassembly_timeout']]);
    assert.equal(machine.sent.length, 1);
    const { bytes, time } = machine.sent[0]!;
    assert.ok(time >= 30 * SECOND && time <= 33 * SECOND, String(time));
    assert.deepEqual([bytes[23], bytes[34], bytes[35]], [1, 11, 1]);
    assert.equal(
      Buffer.from(bytes.subarray(42)).equals(fragment4(whole, { start: 0, end: 48, more: true }, 1).subarray(14)),
      true,
    );
  });

  it('are refused while those that wait take more memory than ipfrag_high_thresh', () => {
    const machine = new Machine({ sysctl: { 'ipv4.ipfrag_high_thresh': 3000, 'ipv4.ipfrag_max_dist': 0 } });
    const whole = datagram(new Uint8Array(100));
    const verdicts = [1, 2, 3, 4, 5].map((id) => {
      machine.receive(fragment4(whole, { start: 0, end: 48, more: true }, id));
      return machine.verdict;
    });
    assert.deepEqual(verdicts, ['frag_waiting', 'frag_waiting', 'frag_waiting', 'frag_waiting', 'frag_no_memory']);
    machine.advance(40 * SECOND);
    machine.receive(fragment4(whole, { start: 0, end: 48, more: true }, 6), { time: 40 * SECOND });
    assert.equal(machine.verdict, 'frag_waiting');
  });

  it('cut by the snaplen cannot be put together', () => {
    const machine = new Machine();
    const frame = fragment4(datagram(new Uint8Array(1000)), { start: 0, end: 800, more: true }, 1);
    machine.receive(frame.slice(0, 100), { wireLength: frame.length });
    assert.equal(machine.verdict, 'frag_not_captured');
  });
});
