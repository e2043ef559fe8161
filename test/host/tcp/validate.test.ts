import assert from 'node:assert/strict';
import { sentenceAt } from '../../../src/report/words/words.ts';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench } from './harness.ts';

const { ack, psh, rst, syn } = TcpFlag;

describe('numbers of a segment that is not taken', () => {
  function says(seq: number, flags: number, data = ''): string {
    const bench = new Bench();
    bench.connect();
    bench.say(50, { flags, seq, ack: 5001, data });
    return sentenceAt(bench.trace, bench.trace.ids.indexOf(bench.trace.final));
  }

  it('are negative before the ISN', () => {
    assert.match(says(900, ack | psh, 'x'), /^The segment at -100 ends before 1,/);
    assert.match(says(990, rst), /^The reset at -10 is before the window that begins at 1:/);
  });

  it('count from the ISN behind it', () => {
    assert.match(says(1000 + 0x4000_0000, ack | psh, 'x'), /^Sequence number 1073741824 is beyond the window's right edge/);
  });
});

describe('a segment with a wrong checksum', () => {
  it('is told with the numbers of the connection that it names', () => {
    for (const data of ['', 'x']) {
      const bench = new Bench();
      bench.connect();
      bench.say(50, { flags: ack, seq: 1001, ack: 5001, data, checksum: 1 });
      assert.deepEqual([bench.verdict, bench.packet.senderIsn, bench.packet.receiverIsn], ['drop', 1000, 5000]);
    }
  });
});

describe('a half-open connection', () => {
  it('has nothing in its queues, as ss shows it', () => {
    const bench = new Bench();
    bench.say(0, { flags: syn, seq: 1000 });
    const [c] = [...bench.tcp.connections()];
    assert.deepEqual([c!.recvQ, c!.sendQ], [0, 0]);
  });
});
