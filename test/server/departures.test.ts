import assert from 'node:assert/strict';
import { ConnectionRecord, Exchange } from '../../src/server/http/exchange.ts';
import { Output } from '../../src/server/output.ts';
import { exchangeRow } from '../../src/server/rows.ts';
import type { RespondRule } from '../../src/server/site.ts';
import { FakeSocket } from './fake-socket.ts';
import { type Client, MS, Simulation } from './simulation.ts';

const SECOND = 1000 * MS;
const RTT = 20 * MS;
const LISTENER = { protocol: 'tcp', port: 80, backlog: 16, program: 'http', workers: 1, max: 1 } as const;
const RULES: RespondRule[] = [
  { method: 'GET', path: '/small', status: 200, body: 'small' },
  { method: 'GET', path: '/big', status: 200, body: 'z'.repeat(100_000) },
  { method: 'GET', path: '/late', status: 200, body: 'late', after: 50 * MS },
];

function get(path: string): string {
  return `GET /${path} HTTP/1.1\r\nHost: demo\r\n\r\n`;
}

/** What an exchange came to: bytes of content; when the first and the last byte of its response left, milliseconds after the request came. */
interface Told {
  readonly status: number;
  readonly bytes: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly incomplete?: true;
}

/** A response of its own. */
const small = { status: 200, bytes: 5, first: 0, last: 0 };

describe('when a response has left the host', () => {
  /** What a client says and does, and what is told of its requests. */
  const cases: [name: string, act: (client: Client, simulation: Simulation) => void, expected: Told[]][] = [
    ['at once, where windows let it go', (client) => client.connect(get('small')), [small]],
    [
      'round trips after it was written, where it is larger than the congestion window',
      (client) => client.connect(get('big')),
      [{ status: 200, bytes: 100_000, first: 0, last: 80 }],
    ],
    [
      'when the client has acknowledged the small one before it',
      (client, simulation) => {
        client.connect(get('small'));
        simulation.at(100 * MS, () => client.send(get('small')));
        simulation.at(101 * MS, () => client.send(get('small')));
      },
      [small, small, { ...small, first: 19, last: 19 }],
    ],
    [
      'counted from when the request came, also where it waits behind another',
      (client) => client.connect(get('late') + get('small')),
      [
        { status: 200, bytes: 4, first: 50, last: 50 },
        { ...small, first: 70, last: 70 },
      ],
    ],
    [
      'or before the one before it was answered, and was not read then',
      (client, simulation) => {
        client.connect(get('late'));
        simulation.at(40 * MS, () => client.send(get('small')));
      },
      [
        { status: 200, bytes: 4, first: 50, last: 50 },
        { ...small, first: 50, last: 50 },
      ],
    ],
    [
      'or before its connection was accepted',
      (client, simulation) => {
        const other = simulation.client(5001, RTT);
        other.connect(get('small'));
        simulation.at(1 * MS, () => client.connect(get('small')));
        simulation.at(200 * MS, () => other.close());
      },
      [small, { ...small, first: 179, last: 179 }],
    ],
    [
      'never, where the client goes before',
      (client, simulation) => {
        client.connect(get('small'));
        simulation.at(100 * MS, () => client.send(get('small')));
        simulation.at(101 * MS, () => client.send(get('small')));
        simulation.at(105 * MS, () => client.abort());
      },
      [small, small, { status: 0, bytes: -1, first: null, last: null }],
    ],
    [
      'up to where the client goes',
      (client, simulation) => {
        client.connect(get('big'));
        simulation.at(75 * MS, () => client.abort());
      },
      [{ status: 200, bytes: 69 * 536, first: 0, last: 40, incomplete: true }],
    ],
    [
      'up to where a client stops reading, whose connection is then given up',
      (client) => {
        client.takes = 30_000;
        client.connect(get('big'));
      },
      // what is left of the window takes no whole segment: that goes when the timer for shut windows runs out
      [{ status: 200, bytes: 29_900, first: 0, last: 282, incomplete: true }],
    ],
  ];
  for (const [name, act, expected] of cases) {
    it(name, async () => {
      const configuration = { site: null, rules: RULES, mounted: new Map() };
      const simulation = new Simulation([LISTENER], { configuration });
      act(simulation.client(5000, RTT), simulation);
      await simulation.run(200 * SECOND);
      const { log } = simulation.programs;
      const since = (from: number, at: number) => (at < 0 ? null : (at - from) / MS);
      const told = log.kept.map(exchangeRow).map((row): Told => {
        const first = since(row.requestAt, row.firstByteAt);
        const last = since(row.requestAt, row.lastByteAt);
        const times = { status: row.status, bytes: row.bodyBytes, first, last };
        return row.responseIncomplete ? { ...times, incomplete: true } : times;
      });
      assert.deepEqual(told, expected);
      const answered = expected.filter(({ status }) => status > 0);
      assert.deepEqual([log.responses, log.unanswered], [answered.length, expected.length - answered.length]);
      const events = simulation.events.flatMap((event) => (event.type === 'response' ? event : []));
      assert.deepEqual(
        events.map(({ time, endTime }) => [time, endTime]),
        log.kept.filter(({ status }) => status > 0).map(({ firstTime, lastTime }) => [firstTime, lastTime]),
      );
    });
  }

  it('is known of its content byte by byte', () => {
    const [head, chunked] = [Buffer.from('head'), Buffer.from('3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n')];
    for (const [body, isChunked] of [[Buffer.from('abcdefgh'), false] as const, [chunked, true] as const]) {
      for (let room = 1; room < head.length + body.length; room++) {
        const [socket, output, told] = [new FakeSocket(), new Output(), [] as number[]];
        const listener = { begun() {}, ended() {}, cutOff: (_exchange: Exchange, bytes: number) => void told.push(bytes) };
        socket.room = room;
        output.add(new Exchange(new ConnectionRecord()), head, body, isChunked);
        output.flush(socket);
        output.leave(listener);
        output.abandon(listener);
        assert.deepEqual(told, [socket.output.slice(head.length).match(/[a-h]/g)?.length ?? 0], socket.output);
      }
    }
  });
});
