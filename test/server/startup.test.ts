import assert from 'node:assert/strict';
import type { ListenerConfig } from '../../src/host/config.ts';
import { Programs } from '../../src/server/programs.ts';
import { Trace } from '../../src/trace/trace.ts';
import { ip } from '../host/machine.ts';
import { MS, Simulation } from './simulation.ts';

const tcp = (port: number, more: Partial<ListenerConfig> = {}): ListenerConfig => ({
  protocol: 'tcp',
  port,
  backlog: 128,
  program: 'http',
  ...more,
});
const udp = (port: number, program: string, more: Partial<ListenerConfig> = {}): ListenerConfig => ({
  protocol: 'udp',
  port,
  backlog: 0,
  program,
  ...more,
});

/** Decisions of the start-up. */
function start(...listeners: ListenerConfig[]): string[] {
  return new Simulation(listeners).activities[0]!;
}

describe('start of the server program on a live host', () => {
  it('is an activity of its own at time 0, before the first frame', () => {
    const { trace, activities, host } = new Simulation([tcp(80)]);
    assert.deepEqual([activities.length, trace.time, trace.frame, trace.final], [1, 0, 0, -1]);
    assert.deepEqual(host.refused, []);
  });

  it('asks for each socket, TCP and UDP, with the next descriptor', () => {
    const listeners = [
      tcp(80, { workers: 2, max: 8 }),
      tcp(8080, { program: 'echo', address: ip('10.0.0.1') }),
      tcp(8081, { program: 'idle', address: ip('fd00:10::1'), backlog: 9999 }),
      udp(7, 'echo'),
      udp(9, 'discard', { address: ip('fd00:10::1') }),
    ];
    assert.deepEqual(start(...listeners), [
      'server_starts 5',
      'server_socket_stream 3',
      'server_bind_any 3 80',
      'server_listen 3 128 128',
      'socket_listen 80 128',
      'server_modules_prestarted 3 2 8',
      'server_waits 3',
      'server_socket_stream 4',
      `server_bind_ipv4 4 8080 ${0x0a000001}`,
      'server_listen 4 128 128',
      'socket_listen 8080 128',
      'server_waits 4',
      'server_socket_stream 5',
      'server_bind_ipv6 5 8081 2',
      'server_listen 5 9999 4096',
      'socket_listen 8081 4096',
      'server_never_accepts 5',
      'server_socket_datagram 6',
      'server_bind_any 6 7',
      'server_waits_datagram 6',
      'server_socket_datagram 7',
      'server_bind_ipv6 7 9 2',
      'server_waits_datagram 7',
    ]);
  });

  it('tells of the sockets', () => {
    const { events } = new Simulation([tcp(80), udp(7, 'echo')]);
    assert.deepEqual(events, [
      { type: 'socket', time: 0, event: 'listen', fd: 3, proto: 'tcp', local: '*', lport: 80, state: 'LISTEN' },
      { type: 'socket', time: 0, event: 'bind', fd: 4, proto: 'udp', local: '*', lport: 7, state: 'UNCONN' },
    ]);
  });

  const taken: [string, ListenerConfig[], string[]][] = [
    ['the same port twice', [tcp(80), tcp(80)], ['server_bind_in_use 4 80 3']],
    ['an address beside any address', [tcp(80), tcp(80, { address: ip('10.0.0.1') })], ['server_bind_in_use 4 80 3']],
    ['any address beside an address', [tcp(80, { address: ip('10.0.0.1') }), tcp(80)], ['server_bind_in_use 4 80 3']],
    ['the same for UDP', [udp(7, 'echo'), udp(7, 'echo')], ['server_bind_in_use 4 7 3']],
    ['an address that is not ours', [tcp(80, { address: ip('10.0.0.9') })], ['server_bind_not_ours 3 80']],
    ['IPv6, not ours', [tcp(80, { address: ip('fd00:10::9') })], ['server_bind_not_ours 3 80']],
    ['a group is no address of TCP', [tcp(80, { address: ip('224.0.0.1') })], ['server_bind_not_ours 3 80']],
    ['a group is one of UDP', [udp(7, 'echo', { address: ip('224.0.0.1') })], []],
    ['TCP beside UDP', [tcp(7), udp(7, 'echo')], []],
    ['two addresses', [tcp(80, { address: ip('10.0.0.1') }), tcp(80, { address: ip('fd00:10::1') })], []],
  ];
  for (const [name, listeners, expected] of taken) {
    it(`bind(): ${name}`, () => {
      const { activities, host } = new Simulation(listeners);
      assert.deepEqual(
        activities[0]!.filter((decision) => /^server_bind_(in_use|not_ours)/.test(decision)),
        expected,
      );
      assert.equal(host.refused.length, expected.length);
      assert.equal([...host.sockets()].length, listeners.length - expected.length);
    });
  }

  it('gives the descriptor of a socket that could not be bound to the next one', () => {
    const { activities, host } = new Simulation([tcp(80), tcp(80), tcp(81)]);
    assert.deepEqual(
      activities[0]!.filter((decision) => /^server_(socket|bind)/.test(decision)),
      [
        'server_socket_stream 3',
        'server_bind_any 3 80',
        'server_socket_stream 4',
        'server_bind_in_use 4 80 3',
        'server_socket_stream 4',
        'server_bind_any 4 81',
      ],
    );
    assert.deepEqual(host.refused, [{ listener: tcp(80), error: 'EADDRINUSE', holder: 3 }]);
  });

  it('serves what could be bound', async () => {
    const simulation = new Simulation([tcp(80), tcp(80), tcp(8080, { program: 'echo' })]);
    const client = simulation.client(5000);
    client.connect('GET / HTTP/1.0\r\n\r\n');
    await simulation.run(10 * MS);
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(client.state, 'done');
  });

  it('has no web server behind UDP', () => {
    assert.throws(
      () => new Programs(new Trace()).programFor({ protocol: 'udp', program: 'http' }),
      /a UDP socket cannot have http behind it: there are echo, discard, silent, idle/,
    );
  });
});
