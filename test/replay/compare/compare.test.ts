import assert from 'node:assert/strict';
import { GET, MS, OK, SECOND, type Shot, shot, Talk, tell, together } from '../story.ts';

const LATE = 2000;
const PING = { ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, icmp: { type: 8, identifier: 1, sequence: 1 } };
const back = { ethernet: { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' } };
const PONG = { ...back, ipv4: { source: '10.0.0.1', destination: '10.0.0.2' }, icmp: { type: 0, identifier: 1, sequence: 1 } };

/** The server speaks at the end, so that the capture shows that it can. */
function lives(talk: Talk, port = 41_000): Shot[] {
  const other = new Talk('10.0.0.2', '10.0.0.1', [port, 80]);
  other.time = talk.time + LATE * MS;
  return together(talk, other.open());
}

describe('comparison with the captured server', () => {
  const cases: [name: string, shots: () => readonly Shot[], expected: string[]][] = [
    [
      'a plain exchange shows none',
      () => new Talk().open().c('PA', GET).s('PA', OK).c('FA').s('FA').c('A').wait(LATE).c('R').shots,
      [],
    ],
    [
      'ACKs that are late and merged are none',
      () => new Talk().open().c('PA', 'a').c('PA', 'b').c('PA', 'c').wait(500).s('A').wait(LATE).c('A').shots,
      [],
    ],
    ['a SYN without an answer', () => lives(new Talk().c('S')), ['missing_reply #1: SA 0/1, captured nothing']],
    [
      'each of its repetitions',
      () => lives(new Talk().c('S').wait(LATE).c('S', '', { seq: 0 })),
      ['missing_reply #1: SA 0/1, captured nothing', 'missing_reply #2: SA 0/1, captured nothing'],
    ],
    [
      'not where the client goes on: the SYN-ACK was only not captured',
      () => lives(new Talk().c('S').wait(LATE).c('A', '', { ack: 1 })),
      [],
    ],
    [
      'not where the capture ends too early to tell',
      () => [...new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).open().shots, ...new Talk().c('S').shots],
      [],
    ],
    [
      'a reset instead of a SYN-ACK',
      () => lives(new Talk().c('S').s('RA')),
      ['reset_instead #2: SA 0/1, captured RA 5000/1001 absolute'],
    ],
    [
      'a refusal, which has no number of its own',
      () => lives(new Talk().c('S').s('RA', '', { seq: -5000 })),
      ['reset_instead #2: SA 0/1, captured RA 0/1'],
    ],
    [
      'a reset that nobody can believe is told too',
      () => lives(new Talk().c('S').s('RA', '', { ack: 77 })),
      ['reset_instead #2: SA 0/1, captured RA 5000/1077 absolute'],
    ],
    [
      'a SYN-ACK that acknowledges the data of the SYN is none: a Fast Open',
      () => lives(new Talk().c('S', 'hello').s('SA', '', { ack: 6 }).c('A', '', { seq: 6, ack: 1 })),
      [],
    ],
    [
      'data that is sent again and stays without an ACK',
      () => lives(new Talk().open().c('PA', 'x').wait(LATE).c('PA', 'x', { seq: 1 }).wait(LATE).c('PA', 'x', { seq: 1 })),
      ['missing_reply #4: A 1/2, captured nothing', 'missing_reply #5: A 1/2, captured nothing'],
    ],
    [
      'not data that is not sent again: the ACK was only not captured',
      () => lives(new Talk().open().c('PA', 'x').wait(LATE).c('PA', 'y').wait(LATE)),
      [],
    ],
    [
      'not data that a shut window refuses',
      () =>
        lives(
          new Talk()
            .open()
            .s('A', '', { window: 0 })
            .c('PA', 'x')
            .s('A', '', { ack: 1, window: 0 })
            .wait(LATE)
            .c('PA', 'x', { seq: 1 }),
        ),
      [],
    ],
    [
      'bytes that our host had dropped, and the captured one took',
      () => lives(new Talk().open().c('PA', GET, { damaged: true }).s('A').s('PA', OK)),
      [`accepted_more #5: nothing, captured A 1/${1 + GET.length}`],
    ],
    [
      'a segment for nobody that was not reset',
      () =>
        together(
          new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).open(),
          new Talk('10.0.0.2', '10.0.0.1', [42_000, 81]).c('S').wait(LATE),
          { shots: lives(new Talk()) },
        ),
      ['missing_reply #2: RA 0/1, captured nothing'],
    ],
    [
      'not one that was',
      () =>
        together(
          new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).open(),
          new Talk('10.0.0.2', '10.0.0.1', [42_000, 81]).c('S').s('RA', '', { seq: -5000 }),
          { shots: lives(new Talk()) },
        ),
      [],
    ],
    [
      'a ping without an answer',
      () => [shot(PING), shot(PONG, MS), shot(PING, SECOND), shot(PING, 4 * SECOND)],
      ['missing_reply #3: icmp, captured nothing'],
    ],
    [
      'an answer in fragments is one',
      () => [shot(PING), shot({ ...PONG, ipv4: { ...PONG.ipv4, moreFragments: true } }, MS), shot(PING, 4 * SECOND)],
      [],
    ],
    [
      'an answer with another code is one',
      () => [shot({ ...PING, icmp: { ...PING.icmp, code: 9 } }), shot(PONG, MS), shot(PING, 4 * SECOND)],
      [],
    ],
  ];
  for (const [name, shots, expected] of cases) {
    it(name, async () => {
      const told = await tell(shots());
      assert.deepEqual(told.divergences, expected);
      const counted = [...told.endInfo!.divergences].reduce((sum, [, n]) => sum + n, 0);
      assert.equal(counted, expected.length);
    });
  }
});

describe('comparison with a server that the capture does not show', () => {
  it('says nothing of what may only not have been captured', async () => {
    const told = await tell(new Talk().c('S').c('A', '', { ack: 1 }).c('PA', GET).wait(LATE).c('PA', GET).wait(LATE).shots);
    assert.deepEqual(told.divergences, []);
    assert.deepEqual(told.requests, ['GET / 1.1', 'GET / 1.1']);
    assert.ok(told.endInfo!.notes.some(({ code }) => code === 'no_server_frames'));
  });

  it('says so of a SYN that is repeated: nothing came back', async () => {
    const told = await tell(new Talk().c('S').wait(LATE).c('S', '', { seq: 0 }).wait(LATE).c('S', '', { seq: 0 }).shots);
    assert.deepEqual(told.divergences, ['missing_reply #1: RA 0/1, captured nothing']);
    assert.deepEqual(told.hosts, 'syn: 10.0.0.1');
  });

  it('says so of data that is repeated again and again', async () => {
    const talk = new Talk().c('S').c('A', '', { ack: 1 }).c('PA', 'x');
    for (let i = 0; i < 4; i++) talk.wait(300).c('PA', 'x', { seq: 1 });
    const told = await tell(talk.wait(LATE).c('PA', 'x', { seq: 1 }).shots);
    assert.deepEqual(told.divergences, ['missing_reply #3: A 1/2, captured nothing']);
  });
});

describe('comparison of ARP replies', () => {
  const ask = (who: string, time: number): Shot =>
    shot({ ethernet: { destination: 'ff:ff:ff:ff:ff:ff' }, arp: { senderIp: who, targetIp: '10.0.0.1' } }, time);
  const answer = (who: string, time: number): Shot =>
    shot(
      {
        ...back,
        arp: {
          operation: 2,
          senderMac: '02:00:00:00:00:01',
          senderIp: '10.0.0.1',
          targetMac: '02:00:00:00:00:02',
          targetIp: who,
        },
      },
      time,
    );

  it('misses one only where the capture has shown them to that asker', async () => {
    const shots = [
      ask('10.0.0.2', 0),
      answer('10.0.0.2', MS),
      ask('10.0.0.3', SECOND),
      ask('10.0.0.2', 2 * SECOND),
      ask('10.0.0.9', 9 * SECOND),
    ];
    assert.deepEqual((await tell(shots)).divergences, ['missing_reply #4: arp, captured nothing']);
  });
});
