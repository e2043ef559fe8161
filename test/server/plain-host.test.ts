import assert from 'node:assert/strict';
import type { ListenerConfig } from '../../src/host/config.ts';
import { UdpView } from '../../src/wire/udp.ts';
import { buildFrame } from '../wire/frame-builder.ts';
import { MS, Simulation } from './simulation.ts';

const UDP_START = 34;

function tcp(program: string, backlog = 4): Simulation {
  return new Simulation([{ protocol: 'tcp', port: 80, backlog, program }]);
}

/** A host with one UDP socket, and what it sends. */
function udp(program: string, options: ListenerConfig['options'] = {}): { simulation: Simulation; sent: string[] } {
  const simulation = new Simulation([{ protocol: 'udp', port: 7, backlog: 0, program, options }]);
  const sent: string[] = [];
  simulation.host.send = (bytes, start, end) => {
    const view = new UdpView().at(bytes, start + UDP_START, end);
    const data = Buffer.from(bytes.subarray(start + UDP_START + 8, start + UDP_START + view.length)).toString('latin1');
    sent.push(`${view.destinationPort} ${data}`);
  };
  return { simulation, sent };
}

function datagram(data: string, sourcePort = 5000): Uint8Array {
  const ipv4 = { source: '10.0.0.2', destination: '10.0.0.1' };
  return buildFrame({ ipv4, udp: { sourcePort, destinationPort: 7 }, payload: data, pad: true });
}

const server = (simulation: Simulation): string[] => simulation.decisions(/^server_/, 1);

describe('built-in programs behind a real host, TCP', () => {
  it('echo gives back what it gets, in order, and closes after the client', async () => {
    const simulation = tcp('echo');
    const client = simulation.client(5000, 10 * MS);
    client.connect('one ');
    simulation.at(50 * MS, () => client.send('two'));
    simulation.at(100 * MS, () => client.close());
    await simulation.run(200 * MS);
    assert.deepEqual([client.text, client.state], ['one two', 'done']);
    assert.deepEqual(server(simulation), [
      'server_accept 4 5000',
      'server_read 4 4',
      'server_write 4 4',
      'server_read 4 3',
      'server_write 4 3',
      'server_end_of_stream 4',
      'server_closes_second 4',
    ]);
    assert.equal([...simulation.host.tcp.connections()].length, 0);
  });

  it('discard takes everything and says nothing', async () => {
    const simulation = tcp('discard');
    const client = simulation.client(5000);
    client.connect('x'.repeat(1000));
    for (let i = 1; i <= 200; i++) simulation.at(i * MS, () => client.send('x'.repeat(1000)));
    simulation.at(300 * MS, () => client.close());
    await simulation.run(1000 * MS);
    assert.deepEqual([client.text, client.state], ['', 'done']);
    const read = simulation.decisions(/^server_read /).map((decision) => Number(decision.split(' ')[2]));
    assert.equal(
      read.reduce((a, b) => a + b),
      201_000,
    );
    assert.ok(client.window > 60_000);
  });

  it('silent accepts and never reads: its receive window closes', async () => {
    const simulation = tcp('silent');
    const client = simulation.client(5000);
    client.connect('x'.repeat(1000));
    for (let i = 1; i <= 100; i++) simulation.at(i * MS, () => client.send('x'.repeat(1000)));
    await simulation.run(1000 * MS);
    const waiting = server(simulation).at(-1)!;
    assert.match(waiting, /^server_not_reading 4 \d{5}$/);
    assert.equal(client.window, 0);
    const dropped = client.verdicts.filter((verdict) => !/^(socket_data|tcp_(syn|handshake))/.test(verdict));
    assert.deepEqual([...new Set(dropped)], ['tcp_invalid_end_sequence', 'tcp_invalid_sequence']);
    const [connection] = simulation.host.tcp.connections();
    assert.equal(connection!.recvQ, Number(waiting.split(' ')[2]));
  });

  it('idle never accepts: the accept queue fills, then connections are dropped', async () => {
    const simulation = tcp('idle', 1);
    const clients = [0, 1, 2, 3].map((i) => simulation.client(5000 + i));
    clients.forEach((client, i) => {
      simulation.at(i * MS, () => client.connect('hello'));
    });
    await simulation.run(100 * MS);
    assert.deepEqual(server(simulation), ['server_not_accepting 1', 'server_not_accepting 2']);
    assert.deepEqual(
      clients.map((client) => client.verdicts.at(-1)),
      ['socket_not_accepted', 'socket_not_accepted', 'tcp_listen_overflow', 'tcp_listen_overflow'],
    );
  });
});

describe('built-in programs behind a real host, UDP', () => {
  it('echo answers each datagram to its sender', () => {
    const { simulation, sent } = udp('echo');
    assert.equal(simulation.receive(datagram('one')), 'server_read');
    simulation.receive(datagram('two', 5001));
    simulation.receive(datagram(''));
    assert.deepEqual(sent, ['5000 one', '5001 two', '5000 ']);
  });

  it('discard reads and says nothing', () => {
    const { simulation, sent } = udp('discard');
    simulation.receive(datagram('one'));
    assert.deepEqual([sent, server(simulation)], [[], ['server_read 3 3']]);
    assert.equal([...simulation.host.udp.sockets()][0]!.recvQ, 0);
  });

  for (const program of ['silent', 'idle']) {
    it(`${program} reads nothing: datagrams wait until the buffer is full, then are dropped`, () => {
      const { simulation, sent } = udp(program, { rcvbuf: 1500 });
      assert.deepEqual(simulation.activities[0]!.at(-1), 'server_never_reads 3');
      const verdicts = Array.from({ length: 6 }, () => simulation.receive(datagram('x'.repeat(100))));
      const [socket] = simulation.host.udp.sockets();
      const kept = verdicts.filter((verdict) => verdict !== 'socket_datagram_no_room').length;
      assert.ok(kept > 1 && kept < 6, verdicts.join());
      assert.equal(socket!.recvQ, kept * 100);
      assert.deepEqual(
        server(simulation),
        Array.from({ length: kept }, (_, i) => `server_not_reading 3 ${(i + 1) * 100}`),
      );
      assert.deepEqual(sent, []);
    });
  }
});
