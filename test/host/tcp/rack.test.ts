import assert from 'node:assert/strict';
import { noteDelivered, updateReorderingWindow } from '../../../src/host/tcp/rack.ts';
import { AckState } from '../../../src/host/tcp/scoreboard.ts';
import { burst } from '../../../src/host/tcp/send.ts';
import { SendRecord } from '../../../src/host/tcp/send-queue.ts';
import { Bench, MS } from './harness.ts';

/** A segment that left at `sentAt`, when the peer was known to have `delivered` segments. */
function sent(sentAt: number, delivered: number): SendRecord {
  const record = new SendRecord();
  record.sentAt = sentAt;
  record.delivered = delivered;
  record.endSeq = sentAt;
  return record;
}

describe('the reordering window', () => {
  const ACKS: readonly [why: string, delivered: readonly number[], steps: number][] = [
    ['grows with a reported duplicate', [5], 2],
    ['stays for what left before it grew', [5, 9], 2],
    ['grows again for what left after', [5, 10], 3],
    ['grows once in each round trip', [5, 9, 10, 14, 15], 4],
  ];
  for (const [why, delivered, steps] of ACKS) {
    it(why, () => {
      const c = new Bench().connect();
      const state = new AckState();
      for (const [i, at] of delivered.entries()) {
        c.delivered = i < 2 ? 10 : 15;
        state.begin();
        noteDelivered(c, sent((2 * i + 2) * MS, at), state);
        // one that left earlier tells nothing more
        noteDelivered(c, sent((2 * i + 1) * MS, 99), state);
        c.rackDsackSeen = true;
        updateReorderingWindow(c, state.priorDelivered);
      }
      assert.equal(c.rackReoSteps, steps);
    });
  }

  it('stays as it is where tcp_recovery says so', () => {
    const c = new Bench({ sysctl: { 'ipv4.tcp_recovery': 3 } }).connect();
    c.rackDsackSeen = true;
    updateReorderingWindow(c, 5);
    assert.equal(c.rackReoSteps, 1);
  });
});

describe('a run of segments', () => {
  it('is as long as pace and round trip allow, and leaves room for the headers', () => {
    const c = new Bench().connect();
    c.minRtt = 2.417 * MS;
    c.pacingRate = 1_843_000;
    // 1,799 bytes for the pace, 65,215 / 16 for the round trip
    assert.equal(burst(c, 536), 10);
    assert.equal(burst(c, 534), 11);
  });
});
