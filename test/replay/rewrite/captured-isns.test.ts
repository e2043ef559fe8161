import assert from 'node:assert/strict';
import { CapturedIsns } from '../../../src/replay/rewrite/captured-isns.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';
import { Frame } from '../../../src/wire/frame.ts';
import type { TcpOptionFields } from '../../../src/wire/tcp-options.ts';
import { buildFrame } from '../../wire/frame-builder.ts';

const FLAGS = { S: 2, SA: 18, A: 16, R: 4 } as const;

/** `c`: the client's segment, `s`: the server's. */
type Step = readonly [
  who: 'c' | 's',
  flags: keyof typeof FLAGS,
  seq: number,
  ack: number,
  ts?: readonly [val: number, ecr: number],
];

function frameOf([who, flags, seq, ack, ts]: Step): Frame {
  const client = { source: '10.0.0.2', destination: '10.0.0.1' };
  const ports = who === 'c' ? { sourcePort: 4000, destinationPort: 80 } : { sourcePort: 80, destinationPort: 4000 };
  const options: TcpOptionFields | undefined = ts === undefined ? undefined : { hasTimestamps: true, tsVal: ts[0], tsEcr: ts[1] };
  const bytes = buildFrame({
    ipv4: who === 'c' ? client : { source: client.destination, destination: client.source },
    tcp: { ...ports, seq, ack, flags: FLAGS[flags], ...(options === undefined ? {} : { options }) },
  });
  return Object.assign(new Frame(), { bytes, end: bytes.length, wireLength: bytes.length });
}

/** What is known of the SYN with number `synSeq`: the server's number and its TSval. */
function learn(steps: readonly Step[], synSeq = 100): { isn: number; tsVal: number } | undefined {
  const isns = new CapturedIsns();
  for (const step of steps) isns.look(frameOf(step));
  const peek = new Peek();
  peek.look(frameOf(['c', 'S', synSeq, 0]));
  const found = isns.find(peek, synSeq);
  return found === undefined ? undefined : { isn: found.isn, tsVal: found.tsVal };
}

describe('numbers that captured servers chose', () => {
  const cases: [name: string, steps: readonly Step[], expected: ReturnType<typeof learn>][] = [
    [
      'are in the SYN-ACK',
      [
        ['c', 'S', 100, 0],
        ['s', 'SA', 7000, 101],
        ['c', 'A', 101, 7001],
      ],
      { isn: 7000, tsVal: -1 },
    ],
    [
      'with its timestamp',
      [
        ['c', 'S', 100, 0, [5, 0]],
        ['s', 'SA', 7000, 101, [900, 5]],
      ],
      { isn: 7000, tsVal: 900 },
    ],
    [
      'or in the client’s first ACK',
      [
        ['c', 'S', 100, 0, [5, 0]],
        ['c', 'A', 101, 7001, [6, 900]],
      ],
      { isn: 7000, tsVal: 900 },
    ],
    [
      'around zero',
      [
        ['c', 'S', 0xffff_ffff, 0],
        ['s', 'SA', 0, 0],
      ],
      undefined,
    ],
    [
      'not in an ACK that comes from elsewhere in the stream',
      [
        ['c', 'S', 100, 0],
        ['c', 'A', 500, 7001],
      ],
      { isn: -1, tsVal: -1 },
    ],
    [
      'not in the SYN-ACK to another SYN',
      [
        ['c', 'S', 100, 0],
        ['s', 'SA', 7000, 999],
      ],
      { isn: -1, tsVal: -1 },
    ],
    [
      'the first SYN-ACK counts',
      [
        ['c', 'S', 100, 0],
        ['s', 'SA', 7000, 101],
        ['s', 'SA', 8000, 101],
      ],
      { isn: 7000, tsVal: -1 },
    ],
    [
      'are unknown where nobody answers',
      [
        ['c', 'S', 100, 0],
        ['s', 'R', 0, 0],
      ],
      { isn: -1, tsVal: -1 },
    ],
    [
      'are unknown for a SYN that is not there',
      [
        ['c', 'S', 90, 0],
        ['s', 'SA', 7000, 91],
      ],
      undefined,
    ],
    [
      'each SYN of the same ports has its own',
      [
        ['c', 'S', 90, 0],
        ['s', 'SA', 6000, 91],
        ['c', 'S', 100, 0],
        ['s', 'SA', 7000, 101],
      ],
      { isn: 7000, tsVal: -1 },
    ],
  ];
  for (const [name, steps, expected] of cases) it(name, () => assert.deepEqual(learn(steps), expected));

  it('of a SYN with the greatest number', () => {
    assert.deepEqual(
      learn(
        [
          ['c', 'S', 0xffff_ffff, 0],
          ['s', 'SA', 0, 0],
        ],
        0xffff_ffff,
      ),
      { isn: 0, tsVal: -1 },
    );
  });
});
