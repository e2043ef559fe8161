import assert from 'node:assert/strict';
import { EarlyArrivals } from '../../src/server/arrivals.ts';
import { ProgramClock } from '../../src/server/clock.ts';
import { Conversation, type ServerContext } from '../../src/server/conversation.ts';
import { Departures } from '../../src/server/departures.ts';
import type { Responder } from '../../src/server/http/answer.ts';
import { ExchangeLog } from '../../src/server/http/exchange-log.ts';
import { HeadParser } from '../../src/server/http/head-parser.ts';
import { HeadStore } from '../../src/server/http/head-store.ts';
import { LIMITS, type Limits } from '../../src/server/limits.ts';
import { Trace } from '../../src/trace/trace.ts';
import { recorded } from './decisions.ts';
import { FakeSocket } from './fake-socket.ts';
import { summary } from './run.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const post = (length: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
const OK: Responder = { respond: ({ body }) => ({ status: 200, fields: [], body: Buffer.from(String(body.length)) }) };

interface Talk {
  readonly conversation: Conversation;
  readonly socket: FakeSocket;
  readonly context: ServerContext;
  /** Bytes arrive and are read. */
  say(text: string | Uint8Array): void;
}

function context(responder: Responder = OK, limits: Partial<Limits> = {}): ServerContext {
  const all = { ...LIMITS, ...limits };
  const trace = new Trace();
  return {
    trace,
    clock: new ProgramClock(),
    log: new ExchangeLog(),
    early: new EarlyArrivals(trace),
    departures: new Departures(trace),
    store: new HeadStore(),
    bodies: new HeadStore(all.body, all.bodies),
    parser: new HeadParser('REQUEST', true),
    responder,
    limits: all,
  };
}

function talk(shared: ServerContext): Talk {
  const socket = new FakeSocket();
  const conversation = new Conversation(shared, socket, 1, true);
  const say = (text: string | Uint8Array): void => {
    shared.trace.begin(1000, 1);
    socket.put(text);
    conversation.read(false);
  };
  return { conversation, socket, context: shared, say };
}

const statuses = (socket: FakeSocket): string[] => socket.output.match(/(?<=HTTP\/1\.1 )\d{3}/g) ?? [];

describe('the requests of a connection', () => {
  it('share one room for content: who finds it full is told 503, and the room is given back', () => {
    const shared = context(OK, { body: 4096, bodies: 5000 });
    const first = talk(shared);
    const second = talk(shared);
    first.say(post(3000));
    first.say('a'.repeat(2000));
    second.say(post(3000));
    second.say('b'.repeat(2999));
    assert.ok(recorded(shared.trace).includes('http_no_room -1'), recorded(shared.trace).join());
    assert.deepEqual([statuses(first.socket), statuses(second.socket)], [[], ['503']]);
    first.say('a'.repeat(1000));
    assert.deepEqual(statuses(first.socket), ['200']);
    const third = talk(shared);
    third.say(`${post(3000)}${'c'.repeat(3000)}`);
    assert.match(third.socket.output, /\r\n\r\n3000$/);
    assert.deepEqual(shared.log.kept.map(summary), [
      'POST / 1.1 3000 -> 200 4',
      'POST / 1.1 2999 -> 503 24',
      'POST / 1.1 3000 -> 200 4',
    ]);
  });

  it('give their room back when the client goes in the middle', () => {
    const shared = context(OK, { body: 4096, bodies: 5000 });
    for (let i = 0; i < 10; i++) {
      const { say, conversation } = talk(shared);
      say(`${post(4000)}${'a'.repeat(3999)}`);
      conversation.end('peer_reset');
    }
    const last = talk(shared);
    last.say(`${post(4000)}${'a'.repeat(4000)}`);
    assert.deepEqual([statuses(last.socket), shared.log.unanswered], [['200'], 10]);
  });

  it('that are pipelined wait while much is still to be written', () => {
    const asked: number[] = [];
    const big: Responder = {
      respond: () => {
        asked.push(asked.length);
        return { status: 200, fields: [], body: Buffer.alloc(200_000) };
      },
    };
    const { socket, say, conversation } = talk(context(big));
    socket.room = 0;
    say(GET.repeat(10));
    assert.equal(asked.length, 2);
    socket.room = 500_000;
    conversation.resume();
    assert.equal(asked.length, 4);
    socket.room = Number.POSITIVE_INFINITY;
    conversation.resume();
    assert.deepEqual([asked.length, statuses(socket).length, conversation.done], [10, 10, false]);
  });

  it('before bytes that were not captured are answered, and the rest is refused', () => {
    const { socket, say, context: shared, conversation } = talk(context());
    say(GET);
    socket.put('GET /cut HT', 400);
    conversation.read(false);
    assert.deepEqual(statuses(socket), ['200', '400']);
    assert.ok(recorded(shared.trace).includes('http_hole -1 400'));
  });

  it('have content that was not captured counted where it can be nothing else', () => {
    const { socket, say, context: shared, conversation } = talk(context());
    say(post(1000));
    socket.put('abc', 997);
    conversation.read(false);
    assert.deepEqual([statuses(socket), shared.log.kept[0]!.requestBytes], [['200'], 1000]);
    assert.match(socket.output, /\r\n\r\n3$/);
  });

  it('are told 100 once, and not when the answer comes first', () => {
    const { socket, say } = talk(context(OK, { body: 10 }));
    const expecting = (length: number): string => post(length).replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n');
    say(GET + expecting(3));
    say('a');
    say('bc');
    assert.deepEqual(statuses(socket), ['200', '100', '200']);
    say(expecting(11));
    assert.deepEqual(statuses(socket), ['200', '100', '200', '413']);
  });

  it('end where the client asks for it, and what it sends behind that is read and thrown away', () => {
    const { socket, say, conversation } = talk(context());
    say(GET.replace('Host', 'Connection: foo, Close\r\nHost') + GET);
    assert.deepEqual([statuses(socket), socket.closed, conversation.done], [['200'], true, true]);
  });
});
