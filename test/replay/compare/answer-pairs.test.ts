import assert from 'node:assert/strict';
import { AnswerPairs } from '../../../src/replay/compare/answer-pairs.ts';
import { BodySums } from '../../../src/replay/compare/answers.ts';
import { answerRow } from '../../../src/replay/compare/replay-rows.ts';
import { ConnectionRecord, Exchange } from '../../../src/server/http/exchange.ts';
import { ExchangeLog } from '../../../src/server/http/exchange-log.ts';

/** One of two servers: `ask` has it answer the next request of a client. */
class Side {
  readonly log = new ExchangeLog();
  readonly sums = new BodySums();

  connect(client: number): ConnectionRecord {
    return Object.assign(new ConnectionRecord(), { client3: client, clientPort: 1 + (client % 60_000), serverPort: 80 });
  }

  ask(connection: ConnectionRecord, frame: number, status: number): void {
    const exchange = new Exchange(connection);
    exchange.requestFrame = frame;
    exchange.method = 'GET';
    exchange.target = `/${frame}`;
    exchange.status = status;
    exchange.responseBytes = 1;
    this.log.began(exchange, 0);
    this.sums.content(exchange, true, Uint8Array.of(7), 0, 1);
  }

  close(connection: ConnectionRecord): void {
    connection.closedBy = 'client';
    connection.ending = 'closed';
  }
}

describe('answers of many requests', () => {
  it('are all compared, each as soon as its connection is over on both sides', () => {
    const captured = new Side();
    const server = new Side();
    const answers = new AnswerPairs(captured, server, { row: answerRow, onlyCaptured: false });
    const told: string[] = [];
    const say = (event: { n: number; differs: readonly string[] }) => told.push(`${event.n} ${event.differs}`);
    let most = 0;
    // one that lasts, whose requests are answered elsewhere from its second on
    const lasting = [captured.connect(1_000_000), server.connect(1_000_000)] as const;
    captured.ask(lasting[0], 0, 200);
    server.ask(lasting[1], 0, 200);
    for (let frame = 1; frame <= 35_000; frame++) {
      const before = captured.connect(frame);
      captured.ask(before, frame, 200);
      captured.close(before);
      // ours never sees every tenth, and answers every seventh otherwise
      if (frame % 10 !== 0) {
        const now = server.connect(frame);
        server.ask(now, frame, frame % 7 === 0 ? 404 : 200);
        server.close(now);
      }
      if (answers.isDue) for (const event of answers.compare(frame)) say(event);
      most = Math.max(most, captured.log.kept.length, server.log.kept.length);
    }
    captured.ask(lasting[0], 40_000, 200);
    server.ask(lasting[1], 40_000, 500);
    for (const event of answers.finish(40_000)) say(event);
    assert.equal(told.length, 35_002);
    assert.deepEqual(Object.fromEntries(answers.counts), { same: 27_001, status: 4501, not_answered: 3500 });
    assert.equal(told.filter((text) => text === '7 status' || text === '10 not_answered' || text === '40000 status').length, 3);
    assert.ok(most <= 12_000, String(most));
    assert.deepEqual([answers.rows.length, answers.notes], [10_000, [{ code: 'exchanges_limited', count: 10_000 }]]);
  });

  it('are compared where a connection has taken most of the room until it was over', () => {
    const captured = new Side();
    const server = new Side();
    const answers = new AnswerPairs(captured, server, { row: answerRow, onlyCaptured: false });
    const sides = [captured, server];
    let told = 0;
    const lasting = sides.map((side) => side.connect(1_000_000));
    for (let frame = 1; frame <= 230_000; frame++) {
      sides.forEach((side, i) => {
        const connection = frame <= 170_000 ? lasting[i]! : side.connect(frame);
        side.ask(connection, frame, 200);
        if (frame >= 170_000) side.close(connection);
      });
      if (answers.isDue) told += answers.compare(frame).length;
    }
    told += answers.finish(230_000).length;
    assert.equal(told, 230_000);
    assert.deepEqual(answers.notes, [{ code: 'exchanges_limited', count: 10_000 }]);
  });

  it('are put beside each other in the order of connections where ports are used again', () => {
    const captured = new Side();
    const server = new Side();
    const answers = new AnswerPairs(captured, server, { row: answerRow, onlyCaptured: false });
    for (let round = 0; round < 3; round++) {
      const status = 200 + round;
      for (const side of [captured, server]) {
        const connection = side.connect(5);
        side.ask(connection, round, status);
        if (round < 2) side.close(connection);
      }
      assert.deepEqual(
        answers.compare(0).map(({ n, differs }) => [n, differs]),
        round < 2 ? [[round, []]] : [],
      );
    }
    assert.equal(answers.finish(0).length, 1);
    assert.deepEqual(Object.fromEntries(answers.counts), { same: 3 });
  });
});
