import assert from 'node:assert/strict';
import { TimeWaitSocket } from '../../../src/host/tcp/time-wait-socket.ts';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench, CAPTURE } from './harness.ts';

describe('a followed connection in TIME_WAIT', () => {
  const { ack, fin, rst, syn } = TcpFlag;

  function closed(retired: boolean): Bench {
    const bench = new Bench({ capture: CAPTURE });
    Object.assign(bench.program, { retired: () => retired });
    bench.connect();
    bench.show(40, { flags: fin | ack, seq: 5001, ack: 1001 });
    bench.say(41, { flags: fin | ack, seq: 1001, ack: 5002 });
    return bench;
  }

  for (const retired of [true, false]) {
    describe(retired ? 'keeps only numbers when its program has done with it' : 'stays whole until then', () => {
      it('is in its place, and is told of once', () => {
        const bench = closed(retired);
        const [left] = [...bench.tcp.connections()];
        assert.equal(left instanceof TimeWaitSocket, retired);
        assert.deepEqual([left!.state, left!.fd, left!.closedBy, left!.rcvNxt, left!.sndNxt], [7, 4, 'server', 1002, 5002]);
        assert.equal([...bench.context.descriptors][1], left);
        bench.advance(70_000);
        assert.deepEqual([[...bench.tcp.connections()].length, bench.program.ends], [0, ['closed']]);
      });

      it('answers an old segment, and ends with a reset of the server', () => {
        const bench = closed(retired);
        bench.say(50, { flags: fin | ack, seq: 1001, ack: 5002 });
        assert.deepEqual([bench.verdict, bench.sent], ['drop', ['A seq 2 ack 2']]);
        bench.show(51, { flags: rst, seq: 5002, ack: 0 });
        assert.deepEqual([[...bench.tcp.connections()].length, bench.program.ends], [0, ['aborted']]);
      });

      it('gives way to a new connection', () => {
        const bench = closed(retired);
        bench.say(60, { flags: syn, seq: 900_000 });
        assert.equal(bench.verdict, 'consume');
        assert.deepEqual(bench.program.ends, ['replaced']);
        assert.deepEqual(
          [...bench.tcp.connections()].map((c) => c.state),
          [2],
        );
      });
    });
  }
});
