import assert from 'node:assert/strict';
import { AwaitedReplies } from '../../../src/replay/compare/awaited.ts';
import { keyOfSent } from '../../../src/replay/compare/replies.ts';
import { Sent, Transmission } from '../../../src/trace/transmission.ts';

const MOST = 4096;
const SECOND = 1_000_000_000;

/** An echo reply to one of many, or a reset of one of their segments. */
function reply(number: number, time: number, protocol: number = Sent.icmp): Transmission {
  return Object.assign(new Transmission(), { protocol, time, dst3: number, sourcePort: 80, destinationPort: 5000 });
}

describe('replies that are waited for', () => {
  function waitFor(awaited: AwaitedReplies, sent: Transmission, frame: number): string {
    const key = keyOfSent(sent);
    awaited.add(key, sent, frame);
    return key;
  }

  it('are so many at the most: the oldest is given up, but only for another one', () => {
    const awaited = new AwaitedReplies();
    const keys = Array.from({ length: MOST }, (_, i) => waitFor(awaited, reply(i, 0), i));
    waitFor(awaited, reply(MOST - 1, 1), MOST);
    assert.equal(awaited.size, MOST);
    waitFor(awaited, reply(MOST, 1), MOST);
    assert.equal(awaited.size, MOST);
    assert.deepEqual([awaited.take(keys[0]!)?.frame, awaited.take(keys[1]!)?.frame], [undefined, 1]);
    assert.equal(awaited.take(keys[1]!), undefined, 'it is not waited for any more');
  });

  it('are overdue after a second, the oldest first', () => {
    const awaited = new AwaitedReplies();
    waitFor(awaited, reply(1, 0), 1);
    waitFor(awaited, reply(2, 10), 2);
    assert.equal(awaited.takeOverdue(SECOND), undefined);
    assert.equal(awaited.takeOverdue(SECOND + 1)?.frame, 1);
    assert.equal(awaited.takeOverdue(SECOND + 1), undefined);
    assert.equal(awaited.size, 1);
  });

  it('are missed where a segment comes again later, and not where it was captured twice', () => {
    const awaited = new AwaitedReplies();
    const key = waitFor(awaited, reply(1, 0, Sent.tcp), 1);
    waitFor(awaited, reply(1, SECOND / 20, Sent.tcp), 2);
    assert.equal(awaited.take(key)?.repeated, false);
    waitFor(awaited, reply(1, 0, Sent.tcp), 3);
    waitFor(awaited, reply(1, SECOND / 2, Sent.tcp), 4);
    assert.deepEqual(awaited.take(key)?.repeated, true);
  });

  it('are none where their frame was dropped after all', () => {
    const awaited = new AwaitedReplies();
    const [first, second] = [waitFor(awaited, reply(1, 0), 1), waitFor(awaited, reply(2, 0), 2)];
    awaited.release(1);
    assert.deepEqual([awaited.take(first), awaited.take(second)?.frame], [undefined, 2]);
  });
});
