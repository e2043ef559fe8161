import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SleepingSockets } from '../../../src/host/tcp/sleeping.ts';
import { SpareSockets } from '../../../src/host/tcp/spare.ts';
import { TimeWaitSocket } from '../../../src/host/tcp/time-wait-socket.ts';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench, CAPTURE } from './harness.ts';

const { ack, fin, rst, syn } = TcpFlag;
const NUMBERS = [
  'iss',
  'irs',
  'rcvNxt',
  'sndNxt',
  'local0',
  'local1',
  'local2',
  'local3',
  'peer0',
  'peer1',
  'peer2',
  'peer3',
  'localPort',
  'peerPort',
  'openedAt',
  'requests',
  'bucketWnd',
  'rcvWscale',
  'tsOffset',
  'tsRecent',
  'tsRecentAt',
  'lastLimitedAckAt',
] as const;

function bench(sleeps: boolean): Bench {
  const made = new Bench({ capture: CAPTURE });
  Object.assign(made.program, { retired: () => true });
  const { sleeping } = made.tcp.table as unknown as { sleeping: SleepingSockets };
  if (!sleeps) sleeping.used = () => null;
  return made;
}

/** A connection of the client's port `port`, from its SYN to TIME_WAIT, in the five milliseconds from `at` on. */
function whole(b: Bench, port: number, at: number): void {
  const seq = 1000 + port;
  b.port = port;
  b.say(at, { flags: syn, seq, options: { mss: 1460 } });
  b.show(at + 1, { flags: syn | ack, seq: 5000, ack: seq + 1 });
  b.say(at + 2, { flags: ack, seq: seq + 1, ack: 5001 });
  b.show(at + 3, { flags: fin | ack, seq: 5001, ack: seq + 1 });
  b.say(at + 4, { flags: fin | ack, seq: seq + 1, ack: 5002 });
}

function asleep(b: Bench): number {
  return b.tcp.table.size - [...b.tcp.table.awake()].length;
}

/** What the last activity was, and who ended so far. */
function seen(b: Bench): unknown {
  const { trace } = b;
  const values = [...trace.values.subarray(0, trace.length * 3)];
  return [b.decisions, values, b.sent, b.program.ends.length, b.tcp.current?.fd, b.timers.next];
}

describe('sockets in TIME_WAIT that nobody asks for', () => {
  it('sleep, all but the last ones', () => {
    const b = bench(true);
    for (let i = 0; i < 300; i++) whole(b, 10_000 + i, i * 5);
    assert.equal(asleep(b), 300 - 64);
  });

  it('stay awake while somebody has a record of them', () => {
    const b = bench(true);
    for (let i = 0; i < 300; i++) {
      whole(b, 10_000 + i, i * 5);
      b.tcp.current!.companion = {};
    }
    assert.equal(asleep(b), 0);
  });

  it('are as they were when they wake', () => {
    const { tcp } = new Bench({ capture: CAPTURE });
    const spare = new SpareSockets(tcp);
    const sleeping = new SleepingSockets(spare, tcp.descriptors);
    const c = spare.connection(null);
    c.family = 6;
    c.slot = 500;
    NUMBERS.forEach((name, i) => {
      c[name] = 4_000_000_000 + i;
    });
    c.followed = c.tsOk = c.adopted = true;
    c.closedBy = 'server';
    tcp.descriptors.assign(c);
    const left = spare.timeWaitSocket();
    left.become(c);
    left.lifeAlarm.connection = left;
    tcp.descriptors.pass(c, left);
    const alarm = left.lifeAlarm;
    const before = told(left);
    sleeping.put(left);
    assert.ok(sleeping.has(500) && !sleeping.has(499) && !sleeping.has(100_000));
    left.become(spare.connection(null));
    const woken = sleeping.wake(500);
    assert.deepEqual(told(woken), before);
    assert.deepEqual([alarm.connection, alarm.sleeper, woken.lifeAlarm], [woken, -1, alarm]);
    assert.ok([...tcp.descriptors].includes(woken));
    assert.ok(!sleeping.has(500));
  });

  it('decide and end as those do that never sleep', () => {
    const step = fc.record({
      act: fc.constantFrom('whole', 'whole', 'whole', 'whole', 'whole', 'whole', 'fin', 'syn', 'rst', 'wait'),
      port: fc.integer({ min: 10_000, max: 10_199 }),
      after: fc.nat(3),
    });
    let slept = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 400 }), (steps) => {
        const benches = [bench(true), bench(false)] as const;
        let now = 0;
        for (const { act, port, after } of steps) {
          now += act === 'wait' ? after * 2000 : after;
          for (const b of benches) {
            b.port = port;
            if (act === 'whole') whole(b, port, now);
            else if (act === 'fin') b.say(now, { flags: fin | ack, seq: 1001 + port, ack: 5002 });
            else if (act === 'syn') b.say(now, { flags: syn, seq: 900_000 + now });
            else if (act === 'rst') b.show(now, { flags: rst, seq: 5002, ack: 0 });
            else b.advance(now);
          }
          assert.deepEqual(seen(benches[0]), seen(benches[1]));
          slept += asleep(benches[0]);
          if (act === 'whole') now += 5;
        }
        assert.deepEqual(...(benches.map((b) => [...b.tcp.connections()].map(told)) as [unknown, unknown]));
        for (const b of benches) b.advance(now + 200_000);
        assert.deepEqual(benches[0].program.ends, benches[1].program.ends);
        assert.deepEqual([...benches[0].context.descriptors].length, [...benches[1].context.descriptors].length);
      }),
      { seed: 3, numRuns: 12 },
    );
    assert.ok(slept > 2000, `only ${slept}`);
  });
});

/** All that the table of sockets, or a late segment, could ask for. */
function told(c: object): unknown {
  const all = c as TimeWaitSocket;
  const { fd, family, state, lastState, closedBy, closedAt, adopted, followed, tsOk, slot, program, companion, session } = all;
  return [
    c instanceof TimeWaitSocket,
    NUMBERS.map((name) => all[name]),
    [fd, family, state, lastState, closedBy, closedAt, adopted, followed, tsOk, slot, program !== null, companion, session],
  ];
}
