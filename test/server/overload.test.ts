import assert from 'node:assert/strict';
import type { ListenerConfig } from '../../src/host/config.ts';
import type { TcpListener } from '../../src/host/tcp/listener.ts';
import type { WaitingModule } from '../../src/server/waiting.ts';
import { CATALOGUE, D, type DecisionName } from '../../src/trace/catalogue.ts';
import { type Client, MS, Simulation, type SimulationOptions } from './simulation.ts';

const CLIENTS = 10_000;
const SECOND = 1000 * MS;
const LISTEN: ListenerConfig = { protocol: 'tcp', port: 80, backlog: 128, program: 'http', workers: 4, max: 16 };
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** 10,000 clients, 20 ms away, one each 0.1 ms: each asks once, does not try again, and closes when it has its answer. */
class Overload {
  readonly simulation: Simulation;
  readonly clients: Client[] = [];
  readonly server: WaitingModule;
  readonly listener: TcpListener;

  constructor(listen: Partial<ListenerConfig>, options: SimulationOptions = {}) {
    const simulation = new Simulation([{ ...LISTEN, ...listen }], options);
    simulation.keeps = false;
    simulation.trace.events = null;
    this.simulation = simulation;
    for (let i = 0; i < CLIENTS; i++) {
      const client = simulation.client(10_000 + i, 20 * MS);
      client.closesAfter = /\r\n\r\nrxpath\n$/;
      simulation.at(i * (SECOND / CLIENTS), () => client.connect(GET));
      this.clients.push(client);
    }
    this.server = simulation.programs.servers[0]!;
    this.listener = [...simulation.host.tcp.listeners][0]!;
  }

  count(decision: DecisionName): number {
    return this.simulation.trace.counts[D[decision]]!;
  }

  /** What became of the clients, as far as they can tell; of those who hear nothing what dropped their last frame. */
  fates(): Record<string, number> {
    const fates: Record<string, number> = {};
    for (const client of this.clients) {
      const fate = fateOf(client);
      fates[fate] = (fates[fate] ?? 0) + 1;
    }
    return fates;
  }

  /** What holds at any time. */
  checkServer(): void {
    const { server, listener } = this;
    const { pool } = server;
    assert.equal(server.accepted, server.finished + pool.busy);
    assert.equal(server.accepted, pool.prestartedTaken + pool.started + pool.reused);
    assert.equal(this.count('server_accept'), server.accepted + server.turnedAway);
    assert.equal(this.count('tcp_handshake_complete'), server.accepted + server.turnedAway + listener.waiting);
    assert.equal(this.count('server_module_prestarted'), pool.prestartedTaken);
    assert.equal(this.count('server_module_started'), pool.started);
    assert.equal(this.count('server_module_reused'), pool.reused);
    assert.equal(this.count('server_module_free'), server.finished);
    assert.deepEqual([pool.workers, pool.max, pool.modules.length, pool.mostBusy], [4, 16, 16, 16]);
  }

  /** Every SYN has a decision of its own. */
  syns(): number {
    const taken = this.count('tcp_syn_received') + this.count('tcp_syn_cookie');
    return taken + this.count('tcp_listen_overflow') + this.count('tcp_syn_queue_full');
  }
}

function fateOf({ text, state, verdicts }: Client): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(text);
  if (status !== null) return status[1]!;
  if (state === 'reset') return 'reset';
  const last = verdicts.at(-1)! as DecisionName;
  return CATALOGUE[D[last]]!.effect === 'drop' ? last : 'under way';
}

function sum(fates: Record<string, number>): number {
  return Object.values(fates).reduce((a, b) => a + b, 0);
}

describe('10,000 connections in a second against 4 to 16 modules and a backlog of 128', () => {
  it('are served, wait, or are dropped where the accept queue is full', async () => {
    const overload = new Overload({});
    const { simulation, server, listener } = overload;
    await simulation.run(SECOND);
    overload.checkServer();
    assert.deepEqual([server.pool.busy, listener.waiting, listener.synQueue], [16, 129, 128]);
    await simulation.run(200 * SECOND);
    overload.checkServer();
    assert.deepEqual([server.pool.busy, listener.waiting, listener.synQueue], [0, 0, 0]);
    const fates = overload.fates();
    assert.equal(sum(fates), CLIENTS);
    assert.equal(overload.syns(), CLIENTS);
    // A module has a connection for 20 ms: 16 of them serve 800 in a second, and then those who waited.
    assert.ok(server.finished > 900 && server.finished < 1200);
    assert.deepEqual(fates, {
      '200': server.finished,
      // A cookie whose ACK finds the accept queue full: the client believes that it is connected.
      tcp_cookie_overflow: overload.count('tcp_syn_cookie') - overload.count('tcp_cookie_valid'),
      tcp_listen_overflow: overload.count('tcp_listen_overflow'),
    });
  });

  it('fill the SYN queue without cookies', async () => {
    const overload = new Overload({}, { sysctl: { 'ipv4.tcp_syncookies': 0 } });
    await overload.simulation.run(200 * SECOND);
    overload.checkServer();
    const fates = overload.fates();
    assert.equal(sum(fates), CLIENTS);
    assert.equal(overload.syns(), CLIENTS);
    assert.equal(overload.count('tcp_syn_cookie'), 0);
    assert.deepEqual(fates, {
      '200': overload.server.finished,
      tcp_syn_queue_full: overload.count('tcp_syn_queue_full'),
      tcp_listen_overflow: overload.count('tcp_listen_overflow'),
    });
    assert.ok(fates.tcp_syn_queue_full! > 0);
  });

  it('are reset with tcp_abort_on_overflow', async () => {
    const overload = new Overload({}, { sysctl: { 'ipv4.tcp_abort_on_overflow': 1 } });
    await overload.simulation.run(200 * SECOND);
    overload.checkServer();
    const fates = overload.fates();
    assert.equal(sum(fates), CLIENTS);
    assert.deepEqual(fates, {
      '200': overload.server.finished,
      reset: overload.count('tcp_rst_overflow'),
      tcp_cookie_overflow: overload.count('tcp_syn_cookie') - overload.count('tcp_cookie_valid'),
      tcp_listen_overflow: overload.count('tcp_listen_overflow'),
    });
    assert.ok(fates.reset! > 0);
  });

  it('are all answered where the waiting module says 503 itself', async () => {
    const overload = new Overload({ busy: 503 });
    const { simulation, server } = overload;
    await simulation.run(200 * SECOND);
    overload.checkServer();
    assert.deepEqual(overload.fates(), { '200': server.finished, '503': server.turnedAway });
    assert.equal(server.finished + server.turnedAway, CLIENTS);
    assert.equal(server.turnedAwayDone, server.turnedAway);
    assert.equal(overload.count('server_turned_away'), server.turnedAway);
    assert.equal(overload.count('server_modules_busy'), 0);
    const { log } = simulation.programs;
    assert.deepEqual([log.byStatus[200], log.byStatus[503], log.unanswered], [server.finished, server.turnedAway, 0]);
  });
});
