import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TcpTracker, TcpVerdict } from '../../../src/host/firewall/conntrack-tcp.ts';
import { type TrackedSegment, TrackedState, TrackedTcp } from '../../../src/host/firewall/conntrack-tcp-entry.ts';
import { sysctls } from '../../../src/host/sysctl.ts';

const LETTERS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };

/** Client and server numbers begin at 1000 and 5000. */
interface Step {
  readonly from: 'client' | 'server';
  readonly flags: string;
  readonly seq: number;
  readonly ack?: number;
  readonly length?: number;
  readonly window?: number;
}

const STATE_NAMES = Object.keys(TrackedState);
const VERDICT_NAMES = Object.keys(TcpVerdict);

function segment(step: Step): TrackedSegment {
  const { from, seq, ack = 0, length = 0, window = 1000 } = step;
  const [own, other] = from === 'client' ? [1000, 5000] : [5000, 1000];
  const flags = [...step.flags].reduce((bits, letter) => bits | LETTERS[letter]!, 0);
  const hasAck = step.flags.includes('A');
  return {
    seq: (own + seq) >>> 0,
    ack: hasAck ? (other + ack) >>> 0 : 0,
    flags,
    window,
    length,
    windowScale: -1,
    sackPermitted: false,
    sackEdge: -1,
  };
}

/** Plays segments to one entry: state and verdict after each. */
function play(steps: readonly Step[], changes = {}): string[] {
  const tracker = new TcpTracker(sysctls(changes));
  const tcp = new TrackedTcp();
  let hasReply = false;
  return steps.map((step, index) => {
    const s = segment(step);
    if (index === 0 && !tracker.begin(tcp, s)) return 'not begun';
    const direction = step.from === steps[0]!.from ? 0 : 1;
    const verdict = tracker.follow(tcp, s, direction, hasReply, tcp.state === TrackedState.established && hasReply);
    if (direction === 1) hasReply = true;
    return verdict === TcpVerdict.valid ? STATE_NAMES[tcp.state]! : VERDICT_NAMES[verdict]!;
  });
}

const SYN: Step = { from: 'client', flags: 'S', seq: 0 };
const SYN_ACK: Step = { from: 'server', flags: 'SA', seq: 0, ack: 1 };
const ACK: Step = { from: 'client', flags: 'A', seq: 1, ack: 1 };
const OPEN = [SYN, SYN_ACK, ACK];

describe('TCP tracker', () => {
  const cases: readonly (readonly [string, readonly Step[], readonly string[]])[] = [
    ['a handshake', OPEN, ['synSent', 'synRecv', 'established']],
    [
      'a close by the client',
      [
        ...OPEN,
        { from: 'client', flags: 'FA', seq: 1, ack: 1 },
        { from: 'server', flags: 'A', seq: 1, ack: 2 },
        { from: 'server', flags: 'FA', seq: 1, ack: 2 },
        { from: 'client', flags: 'A', seq: 2, ack: 2 },
        { from: 'client', flags: 'S', seq: 9000 },
      ],
      ['synSent', 'synRecv', 'established', 'finWait', 'closeWait', 'lastAck', 'timeWait', 'again'],
    ],
    ['a refusal', [SYN, { from: 'server', flags: 'RA', seq: -5000, ack: 1 }], ['synSent', 'close']],
    ['a SYN again, let through unseen', [SYN, SYN_ACK, { ...SYN, seq: 500 }], ['synSent', 'synRecv', 'synRecv']],
    [
      'a SYN with another number, which the server takes',
      [SYN, SYN_ACK, { ...SYN, seq: 500 }, { ...SYN_ACK, ack: 501 }, { ...ACK, seq: 501 }],
      ['synSent', 'synRecv', 'synRecv', 'synRecv', 'established'],
    ],
    [
      'data beyond the window',
      [...OPEN, { ...ACK, seq: 90_000, length: 10 }],
      ['synSent', 'synRecv', 'established', 'outOfWindow'],
    ],
    ['an ACK of what was never sent', [...OPEN, { ...ACK, ack: 900 }], ['synSent', 'synRecv', 'established', 'outOfWindow']],
    ['old data again', [...OPEN, { ...ACK, seq: -100, length: 10 }], ['synSent', 'synRecv', 'established', 'established']],
    [
      'an old reset',
      [...OPEN, { from: 'server', flags: 'A', seq: 1, ack: 1 }, { from: 'client', flags: 'R', seq: -500 }],
      ['synSent', 'synRecv', 'established', 'established', 'badReset'],
    ],
    [
      'a reset in the window, which may be challenged',
      [...OPEN, { from: 'server', flags: 'A', seq: 1, ack: 1 }, { from: 'client', flags: 'R', seq: 100 }],
      ['synSent', 'synRecv', 'established', 'established', 'established'],
    ],
    [
      'an exact reset',
      [...OPEN, { from: 'server', flags: 'A', seq: 1, ack: 1 }, { from: 'client', flags: 'R', seq: 1 }],
      ['synSent', 'synRecv', 'established', 'established', 'close'],
    ],
    ['a SYN-ACK from nowhere', [SYN_ACK], ['not begun']],
    ['a FIN from nowhere', [{ from: 'client', flags: 'FA', seq: 1, ack: 1 }], ['not begun']],
    [
      'a pickup in the middle',
      [ACK, { from: 'server', flags: 'PA', seq: 1, ack: 1, length: 10 }],
      ['established', 'established'],
    ],
    [
      'both opening at once',
      [
        SYN,
        { from: 'server', flags: 'S', seq: 0 },
        { from: 'client', flags: 'SA', seq: 0, ack: 1 },
        { from: 'server', flags: 'A', seq: 1, ack: 1 },
      ],
      ['synSent', 'synSent2', 'synRecv', 'established'],
    ],
  ];
  for (const [what, steps, states] of cases) it(`follows ${what}`, () => assert.deepEqual(play(steps), states));

  it('does not pick up where it must see the beginning', () => {
    assert.deepEqual(play([ACK], { 'netfilter.nf_conntrack_tcp_loose': 0 }), ['not begun']);
  });

  it('can be told not to look at windows, or at resets', () => {
    const beyond = [...OPEN, { ...ACK, seq: 90_000, length: 10 }];
    assert.equal(play(beyond, { 'netfilter.nf_conntrack_tcp_be_liberal': 1 }).at(-1), 'established');
    const old: Step[] = [...OPEN, { from: 'server', flags: 'A', seq: 1, ack: 1 }, { from: 'client', flags: 'R', seq: -5 }];
    assert.notEqual(play(old, { 'netfilter.nf_conntrack_tcp_ignore_invalid_rst': 1 }).at(-1), 'badReset');
  });

  it('knows flags that no TCP sends together', () => {
    const sensible = (flags: string) => TcpTracker.hasSensibleFlags([...flags].reduce((bits, f) => bits | LETTERS[f]!, 0));
    assert.deepEqual(['S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', 'SU', 'FAU'].map(sensible), Array(9).fill(true));
    assert.deepEqual(['', 'F', 'SF', 'FPU', 'SR', 'P', 'U', 'SFRPAU'].map(sensible), Array(8).fill(false));
  });

  it('keeps each state for its own time', () => {
    const tracker = new TcpTracker(sysctls());
    const tcp = new TrackedTcp();
    const times = [TrackedState.synSent, TrackedState.established, TrackedState.timeWait].map((state) => {
      tcp.state = state;
      return tracker.timeout(tcp, 16) / 1e9;
    });
    assert.deepEqual(times, [120, 432_000, 120]);
    assert.equal(tracker.timeout(tcp, 4) / 1e9, 10);
  });

  it('stays in its states whatever comes', () => {
    const step = fc.record({
      from: fc.constantFrom('client' as const, 'server' as const),
      flags: fc.constantFrom('S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', ''),
      seq: fc.integer({ min: -70_000, max: 70_000 }),
      ack: fc.integer({ min: -70_000, max: 70_000 }),
      length: fc.nat(1460),
      window: fc.nat(65535),
    });
    const known = new Set([...STATE_NAMES, ...VERDICT_NAMES, 'not begun']);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const all: Step[] = [...OPEN, ...steps];
        for (const state of play(all)) assert.ok(known.has(state), state);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
