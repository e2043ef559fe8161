import assert from 'node:assert/strict';
import { CapturedConnection } from '../../../src/server/captured/connection.ts';
import { CapturedServer } from '../../../src/server/captured/server.ts';
import { ExchangeLog } from '../../../src/server/http/exchange-log.ts';
import { HeadParser } from '../../../src/server/http/head-parser.ts';
import { HeadStore } from '../../../src/server/http/head-store.ts';
import { Trace } from '../../../src/trace/trace.ts';
import { FakeListener } from '../fake-socket.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const OK3 = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc';

/** Conversations that leave nothing under way, and much behind. */
const BEFORE: [string, (connection: CapturedConnection) => void][] = [
  [
    'one exchange',
    (connection) => {
      give(connection, 'c', GET);
      give(connection, 's', OK3);
    },
  ],
  ['a client that does not speak HTTP', (connection) => give(connection, 'c', 'hello, is this SMTP?\r\n')],
  [
    'a tunnel',
    (connection) => {
      give(connection, 'c', 'CONNECT x:1 HTTP/1.1\r\n\r\n');
      give(connection, 's', 'HTTP/1.1 200 OK\r\n\r\n');
      give(connection, 'c', 'anything');
    },
  ],
  [
    'bytes lost in both directions',
    (connection) => {
      give(connection, 'c', GET);
      give(connection, 's', OK3, 700);
      give(connection, 'c', '', 300);
    },
  ],
  [
    'a response in chunks, cut in its line',
    (connection) => {
      give(connection, 'c', GET);
      give(connection, 's', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab');
      give(connection, 's', 'c\r\n0\r\n\r\n');
      connection.readEnd();
      connection.observeEnd();
    },
  ],
];

function give(connection: CapturedConnection, from: 'c' | 's', text: string, missing = 0): void {
  const bytes = Buffer.from(text, 'latin1');
  if (from === 'c') connection.read(bytes, 0, bytes.length, missing);
  else connection.observe(bytes, 0, bytes.length, missing);
}

describe('a captured connection that serves another', () => {
  for (const [name, talk] of BEFORE) {
    for (const adopted of [false, true]) {
      it(`is as a new one after ${name}${adopted ? ', for one that is adopted' : ''}`, () => {
        const trace = new Trace();
        const context = {
          trace,
          log: new ExchangeLog(),
          store: new HeadStore(),
          requests: new HeadParser('REQUEST', false),
          responses: new HeadParser('RESPONSE', false),
        };
        const listener = new FakeListener(new CapturedServer(trace));
        trace.begin(5000, 5);
        const used = new CapturedConnection(listener.connect(), context);
        talk(used);
        assert.equal(used.retire(), true);
        const socket = listener.connect();
        socket.adopted = adopted;
        used.restart(socket);
        assert.deepEqual(stateOf(used), stateOf(new CapturedConnection(socket, context)));
      });
    }
  }
});

function stateOf(connection: CapturedConnection): object[] {
  return [connection, connection.exchanges, connection.requests, connection.responses].map(plain);
}

const SHARED = new Set(['socket', 'context', 'reader', 'parser', 'store', 'chunks', 'exchanges', 'requests', 'responses']);

/** What there is of an object, without what is shared and what a chunked body has left to be used again. */
function plain(object: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    if (SHARED.has(name)) continue;
    out[name] = value !== null && typeof value === 'object' ? plain(value) : value;
  }
  return out;
}
