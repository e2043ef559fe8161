import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Programs } from '../../src/server/programs.ts';
import { Trace } from '../../src/trace/trace.ts';
import { recorded } from './decisions.ts';
import { FakeListener, type FakeSocket } from './fake-socket.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

interface Setup {
  readonly trace: Trace;
  readonly listener: FakeListener;
  readonly programs: Programs;
}

function setup(workers: number, max: number): Setup {
  const trace = new Trace();
  const programs = new Programs(trace);
  const listener = new FakeListener(programs.programFor({ program: 'http', workers, max }));
  return { trace, listener, programs };
}

describe('waiting module', () => {
  it('takes pre-started modules, then starts one, then lets connections wait; a free module takes the next', () => {
    const { trace, listener } = setup(1, 2);
    const first = listener.connect();
    const second = listener.connect();
    const third = listener.connect();
    third.put(GET);
    assert.deepEqual(recorded(trace), [
      'server_accept 4 50004',
      'server_module_prestarted 4 1',
      'server_accept 5 50005',
      'server_module_started 5 2',
      'server_modules_busy 2 1',
    ]);
    trace.begin(5, 9);
    second.arriveEnd();
    assert.deepEqual(recorded(trace), [
      'server_end_of_stream 5',
      'server_closes_second 5',
      'server_module_free 5 2',
      'server_accept 6 50006',
      'server_module_reused 6 2',
      'server_read_waiting 6 27',
      'http_request_head_waiting 6 27',
      'http_request_complete_waiting 6',
      'http_response 6 200 7',
      'http_keep_alive 6',
      'server_write 6 102',
    ]);
    assert.equal(trace.final, -1);
    assert.deepEqual([first.closed, second.closed, third.closed], [false, true, false]);
  });

  it('frees the module of a connection that is reset', () => {
    const { trace, listener, programs } = setup(1, 1);
    const first = listener.connect();
    listener.connect();
    trace.begin(1, 2);
    first.end('peer_reset');
    assert.deepEqual(recorded(trace), ['server_module_free 4 1', 'server_accept 5 50005', 'server_module_prestarted 5 1']);
    const server = programs.servers[0]!;
    assert.deepEqual([server.accepted, server.finished, server.pool.busy], [2, 1, 1]);
  });

  it('does not count a module twice when close() ends the socket at once', () => {
    const { listener, programs } = setup(1, 1);
    const socket = listener.connect();
    socket.close = () => socket.end('aborted');
    socket.arriveEnd();
    const { pool, accepted, finished } = programs.servers[0]!;
    assert.deepEqual([accepted, finished, pool.busy], [1, 1, 0]);
  });

  it('gives a module back that accept() has nobody for', () => {
    const { listener, programs } = setup(1, 1);
    listener.accept = () => null;
    listener.connect();
    const { pool, accepted } = programs.servers[0]!;
    assert.deepEqual([accepted, pool.busy, pool.prestartedTaken], [0, 0, 0]);
  });

  it('accounts for every connection, whatever the order of things', () => {
    const step = fc.tuple(fc.constantFrom('connect', 'request', 'close', 'reset', 'http10'), fc.nat());
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 5 }),
        (steps, workers, max) => {
          const { listener, programs, trace } = setup(workers, max);
          const { pool } = programs.servers[0]!;
          const most = Math.max(workers, max);
          const open: FakeSocket[] = [];
          let connected = 0;
          for (const [what, pick] of steps) {
            trace.begin(0, 1);
            if (what === 'connect') {
              connected++;
              open.push(listener.connect());
            } else {
              const accepted = open.filter((socket) => socket.fd >= 0 && !socket.closed);
              const socket = accepted[pick % Math.max(1, accepted.length)];
              if (socket === undefined) continue;
              if (what === 'request') socket.arrive(GET);
              else if (what === 'http10') socket.arrive('GET / HTTP/1.0\r\n\r\n');
              else if (what === 'close') socket.arriveEnd();
              else socket.end('peer_reset');
              if (what === 'reset') socket.closed = true;
            }
            const server = programs.servers[0]!;
            assert.equal(connected, server.accepted + listener.waiting);
            assert.equal(server.accepted, server.finished + pool.busy);
            assert.equal(server.accepted, pool.prestartedTaken + pool.started + pool.reused);
            assert.ok(pool.busy <= most && pool.modules.length <= most);
            assert.ok(listener.waiting === 0 || pool.busy === most);
            assert.equal(
              pool.modules.reduce((sum, module) => sum + module.connections, 0),
              server.accepted,
            );
            assert.equal(pool.modules.filter((module) => module.conversation !== null).length, pool.busy);
          }
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
