import assert from 'node:assert/strict';
import type { ListenerConfig } from '../../src/host/config.ts';
import { JsonReporter } from '../../src/report/json/reporter.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { mount } from '../../src/server/mounted/mounted.ts';
import { SocketRows } from '../../src/server/rows.ts';
import type { Reporter, SocketRow } from '../../src/trace/run.ts';
import { endInfo, startInfo, validateClosed } from '../report/lines-of.ts';
import { memoryOutput } from '../report/memory-output.ts';
import { MS, Simulation, type SimulationOptions } from './simulation.ts';

/** A reporter is told of a simulation as it goes; gives the socket rows of the end. */
async function tell(
  reporter: Reporter,
  listeners: readonly ListenerConfig[],
  options: SimulationOptions,
  work: (simulation: Simulation) => void,
): Promise<readonly SocketRow[]> {
  reporter.start(startInfo({ command: 'run', host: { addresses: ['10.0.0.1'], macs: [], listen: [], choice: 'config' } }));
  const simulation = new Simulation(listeners, {
    ...options,
    told(trace, frame) {
      if (frame === null) reporter.activity(trace);
      else reporter.frame(frame, trace);
    },
  });
  const rows = new SocketRows();
  simulation.host.onEnded = (socket, how) => rows.add(socket, how);
  work(simulation);
  await simulation.run(1000 * MS);
  for (const socket of simulation.host.sockets()) rows.add(socket, '');
  reporter.end(endInfo({ sockets: rows.rows, socketCount: rows.count }));
  return rows.rows;
}

function textReporter(): { reporter: Reporter; text: () => string } {
  const { output, text } = memoryOutput();
  const request = { json: false, frame: 0, views: ['frames', 'sockets'] as never, limit: 100, notes: [], version: '0.1.0' };
  const reporter = createReporter(output, { ...request, ascii: false, lang: 'en', env: {}, stream: {} });
  return { reporter, text };
}

const HTTP: ListenerConfig = { protocol: 'tcp', port: 80, backlog: 4, program: 'http', workers: 1, max: 2, busy: 503 };
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Three clients at once for two modules, and one afterwards. */
function crowd(simulation: Simulation): void {
  for (let i = 0; i < 4; i++) {
    const client = simulation.client(5000 + i, 10 * MS);
    client.closesAfter = /rxpath\n$/;
    simulation.at((i < 3 ? i : 200) * MS, () => client.connect(GET));
  }
}

describe('what is told of the server program', () => {
  it('text: its start, step by step, before the first frame', async () => {
    const { reporter, text } = textReporter();
    await tell(reporter, [HTTP, { ...HTTP, program: 'echo' }], {}, crowd);
    const lines = text().split('\n');
    const from = lines.findIndex((line) => / start +server /.test(line));
    const steps = lines.slice(from, from + 8).map((line) => line.replace(/^.*?(server |• )/, ''));
    assert.deepEqual(steps, [
      'The server program starts and reads its configuration: 2 sockets to open.',
      'socket(SOCK_STREAM) gives descriptor 3: a TCP socket that knows neither its own half of the 4-tuple (*:*) nor the peer’s (*:*).',
      'bind() gives descriptor 3 its own half: port 80 of every address (*:80). The peer’s half stays empty (*:*).',
      'listen() on descriptor 3 with a backlog of 4, of which somaxconn leaves 4: its state is LISTEN, its accept queue is empty.',
      'Started beforehand for descriptor 3: 1 communication module, of up to 2.',
      'accept() on descriptor 3 finds nobody: the waiting module sleeps until a connection is complete.',
      'socket(SOCK_STREAM) gives descriptor 4: a TCP socket that knows neither its own half of the 4-tuple (*:*) nor the peer’s (*:*).',
      'bind() of descriptor 4 fails, EADDRINUSE: port 80 belongs to descriptor 3. The program closes the socket and goes on without it.',
    ]);
    assert.match(lines[from + 8]!, /^ +1 +0\.005000/);
  });

  it('text: which module had which connection, in events and in the socket table', async () => {
    const { reporter, text } = textReporter();
    const rows = await tell(reporter, [HTTP], {}, crowd);
    const served = rows
      .filter((row) => row.pport > 0)
      .map(({ pport, module, handOver, served: ns }) => [pport, module, handOver, ns]);
    assert.deepEqual(served.sort(), [
      [5000, '#1', 'prestarted', 10 * MS],
      [5001, '#2', 'started', 10 * MS],
      [5002, '#0', 'waiting', 0],
      [5003, '#1', 'prestarted', 10 * MS],
    ]);
    assert.match(text(), /socket handed_over fd 4 10\.0\.0\.2:5000 ESTABLISHED #1 pre-started\n/);
    assert.match(text(), /socket released fd 5 10\.0\.0\.2:5001 [A-Z_]+ #2 started, busy for 10 ms\n/);
    assert.match(text(), /\*:80 .* 1 pre-started \+ 1 started, 2 busy at most, 1 turned away *\n/);
    assert.match(text(), /:5002 .* #0 waiting module, busy for 0 ns *\n/);
    assert.match(text(), /:5001 .* #2 started, busy for 10 ms *\n/);
  });

  it('JSON: as the schema says', async () => {
    const { output, text } = memoryOutput();
    const mounted = new Map([['./app.js', mount('./app.js', { default: () => Promise.reject(new Error('boom')) })]]);
    const listen: ListenerConfig = { ...HTTP, program: './app.js' };
    const configuration = { site: null, rules: [], mounted };
    await tell(new JsonReporter(output, '0.1.0'), [listen], { configuration }, (simulation) => {
      const client = simulation.client(5000, 10 * MS);
      client.connect('GET / HTTP/1.0\r\n\r\n');
    });
    const lines = text().trimEnd().split('\n');
    for (const line of lines) assert.ok(validateClosed(JSON.parse(line)), `${line}\n${JSON.stringify(validateClosed.errors)}`);
    const { pools } = JSON.parse(lines.at(-1)!);
    const pool = { local: '*', lport: 80, workers: 1, max: 2, started: 0, most_busy: 1, served: 1, turned_away: 0 };
    assert.deepEqual(pools, [pool]);
    const told = lines.filter((line) => /"type":"(request|response)"|"event":"(listen|handed_over|released)"/.test(line));
    assert.deepEqual(told, [
      '{"type":"socket","t_ns":0,"event":"listen","fd":3,"proto":"tcp","local":"*","lport":80,"state":"LISTEN"}',
      '{"type":"socket","t_ns":15000000,"event":"handed_over","fd":4,"proto":"tcp","local":"10.0.0.1","lport":80,"peer":"10.0.0.2","pport":5000,"state":"ESTABLISHED","module":1,"hand_over":"prestarted"}',
      '{"type":"request","n":3,"t_ns":15000000,"fd":4,"method":"GET","target":"/","version":"1.0","module":1}',
      '{"type":"response","t_ns":15000000,"fd":4,"status":500,"body_bytes":26,"source":"server","first_t_ns":15000000,"module":1,"error":"./app.js: GET /: throws Error: boom","why":"server_handler_threw"}',
      '{"type":"socket","t_ns":15000000,"event":"released","fd":4,"proto":"tcp","local":"10.0.0.1","lport":80,"peer":"10.0.0.2","pport":5000,"state":"FIN_WAIT1","module":1,"hand_over":"prestarted","served_ns":0}',
    ]);
  });
});
