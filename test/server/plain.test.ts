import assert from 'node:assert/strict';
import { Programs } from '../../src/server/programs.ts';
import { Trace } from '../../src/trace/trace.ts';
import { recorded } from './decisions.ts';
import { FakeListener, FakeSocket } from './fake-socket.ts';

function start(program: string): { trace: Trace; listener: FakeListener } {
  const trace = new Trace();
  return { trace, listener: new FakeListener(new Programs(trace).programFor({ program })) };
}

describe('plain programs', () => {
  it('echo writes back what it reads, and closes after the client', () => {
    const { trace, listener } = start('echo');
    const socket = listener.connect();
    trace.begin(1, 1);
    socket.arrive('hello');
    socket.arriveEnd();
    assert.equal(socket.output, 'hello');
    assert.deepEqual(recorded(trace), [
      'server_read 4 5',
      'server_write 4 5',
      'server_end_of_stream 4',
      'server_closes_second 4',
    ]);
    assert.equal(socket.closed, true);
  });

  it('echo holds what the send buffer does not take and reads no further', () => {
    const { trace, listener } = start('echo');
    const socket = listener.connect();
    socket.room = 3;
    socket.put('ab');
    trace.begin(1, 1);
    socket.arrive('cdef');
    assert.deepEqual(recorded(trace), ['server_read 4 6', 'server_write 4 3', 'server_write_blocked 4 3']);
    socket.arrive('gh');
    assert.equal(socket.recvQ, 2);
    socket.arriveEnd();
    assert.equal(socket.closed, false);
    socket.room = 100;
    socket.program!.writable(socket);
    assert.equal(socket.output, 'abcdefgh');
    assert.equal(socket.closed, true);
  });

  it('echo answers datagrams one by one', () => {
    const { trace, listener } = start('echo');
    const socket = new FakeSocket(listener.program, 'udp');
    socket.fd = 3;
    trace.begin(1, 1);
    socket.arrive('one');
    socket.arrive('two');
    assert.deepEqual(recorded(trace), ['server_read 3 3', 'server_write 3 3', 'server_read 3 3', 'server_write 3 3']);
    assert.deepEqual(
      socket.written.map((datagram) => datagram.toString()),
      ['one', 'two'],
    );
  });

  it('discard reads and says nothing', () => {
    const { trace, listener } = start('discard');
    const socket = listener.connect();
    trace.begin(1, 1);
    socket.arrive('hello');
    assert.deepEqual(recorded(trace), ['server_read 4 5']);
    assert.equal(socket.recvQ, 0);
    socket.arriveEnd();
    assert.equal(socket.closed, true);
  });

  it('silent accepts and leaves everything in the receive buffer', () => {
    const { trace, listener } = start('silent');
    const socket = listener.connect();
    trace.begin(1, 1);
    socket.arrive('hello');
    assert.deepEqual(recorded(trace), ['server_not_reading 4 5']);
    assert.equal(socket.recvQ, 5);
  });

  it('idle never accepts', () => {
    const { trace, listener } = start('idle');
    listener.connect();
    listener.connect();
    assert.deepEqual(recorded(trace), ['server_not_accepting 1', 'server_not_accepting 2']);
    assert.equal(listener.waiting, 2);
  });

  it('no other names', () => {
    assert.throws(() => start('htpp'), /no program is called htpp: there are http, echo, discard, silent, idle, captured/);
  });

  it('one captured server stands behind all listeners', () => {
    const programs = new Programs(new Trace());
    assert.equal(programs.programFor({ program: 'captured' }), programs.programFor({ program: 'captured' }));
    assert.notEqual(programs.programFor({ program: 'http' }), programs.programFor({ program: 'http' }));
  });
});
