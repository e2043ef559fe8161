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

function setup(workers: number, max: number, busy?: 503): Setup {
  const trace = new Trace();
  const programs = new Programs(trace);
  const listener = new FakeListener(
    programs.programFor({ program: 'http', workers, max, ...(busy === undefined ? null : { busy }) }),
  );
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
    assert.deepEqual(recorded(trace).slice(0, 6), [
      'server_end_of_stream 5',
      'server_closes_second 5',
      'server_module_free 5 2 5',
      'server_accept 6 50006',
      'server_module_reused 6 2',
      'server_read_waiting 6 27',
    ]);
    assert.match(third.output, /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(trace.final, -1);
    assert.deepEqual([first.closed, second.closed, third.closed], [false, true, false]);
  });

  it('frees the module of a connection that is reset', () => {
    const { trace, listener, programs } = setup(1, 1);
    const first = listener.connect();
    listener.connect();
    trace.begin(1, 2);
    first.end('peer_reset');
    assert.deepEqual(recorded(trace), ['server_module_free 4 1 1', 'server_accept 5 50005', 'server_module_prestarted 5 1']);
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

  it('answers 503 itself, where it is told to, and keeps its modules for those they serve', () => {
    const { trace, listener, programs } = setup(1, 1, 503);
    const first = listener.connect();
    trace.begin(10, 2);
    const second = listener.connect();
    assert.deepEqual(recorded(trace), ['server_accept 5 50005', 'server_turned_away 5 1']);
    trace.begin(30, 3);
    second.arrive(GET);
    assert.match(second.output, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    assert.match(second.output, /\r\nRetry-After: 1\r\n/);
    assert.match(second.output, /\r\nConnection: close\r\n/);
    assert.deepEqual(recorded(trace).slice(-2), ['server_closes_first 5', 'server_turned_away_done 5 20']);
    assert.deepEqual([first.closed, second.closed], [false, true]);
    const server = programs.servers[0]!;
    assert.deepEqual([server.accepted, server.finished, server.turnedAway, server.turnedAwayDone], [1, 0, 1, 1]);
    const { connection } = programs.log.kept[0]!;
    assert.deepEqual([connection.module, connection.handOver, connection.leftAt], [0, 'waiting', 30]);
    first.arriveEnd();
    listener.connect().arrive(GET);
    assert.deepEqual([server.accepted, server.turnedAway], [2, 1]);
  });

  it('says which module had which connection, and for how long', () => {
    const { trace, listener } = setup(1, 1);
    trace.events = [];
    trace.begin(100, 1);
    const socket = listener.connect();
    const about = { type: 'socket', fd: 4, proto: 'tcp', local: '10.0.0.1', lport: 80, peer: '10.0.0.2', pport: 50004 };
    const module = { module: 1, handOver: 'prestarted' };
    assert.deepEqual(trace.events, [{ ...about, ...module, time: 100, event: 'handed_over', state: 'ESTABLISHED' }]);
    trace.begin(350, 2);
    socket.end('peer_reset');
    assert.deepEqual(trace.events, [{ ...about, ...module, time: 350, event: 'released', state: 'CLOSED', served: 250 }]);
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
