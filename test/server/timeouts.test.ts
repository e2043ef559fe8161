import assert from 'node:assert/strict';
import { LIMITS } from '../../src/server/limits.ts';
import type { RespondRule } from '../../src/server/site.ts';
import { type Client, MS, Simulation } from './simulation.ts';

const SECOND = 1000 * MS;
const GET = 'GET /hello HTTP/1.1\r\nHost: demo\r\n\r\n';
const RULES: RespondRule[] = [
  { method: 'GET', path: '/hello', status: 200, body: 'hi there' },
  { method: 'POST', path: '/form', status: 200, body: 'thanks' },
  { method: 'GET', path: '/big', status: 200, body: 'z'.repeat(900_000) },
  { method: 'GET', path: '/slow', status: 200, body: 'slow', after: 200 * SECOND },
];

function start(): { simulation: Simulation; client: Client } {
  const configuration = { site: null, rules: RULES, mounted: new Map() };
  const simulation = new Simulation([{ protocol: 'tcp', port: 80, backlog: 16, program: 'http' }], { configuration });
  return { simulation, client: simulation.client(5000, 2 * MS) };
}

/** When something was decided, in seconds of virtual time, and what, as `name a b c`. */
function times(simulation: Simulation, pattern: RegExp): string[] {
  return simulation.timed
    .filter(({ line }) => pattern.test(line))
    .map(({ time, line }) => `${(time / SECOND).toFixed(3)} ${line}`);
}

describe('time-outs of the web server, in virtual time', () => {
  const END = /^(http_(?!request|response|rule|keep)\w+|server_(closes|end_of)\w+)/;

  it('a connection on which nothing is asked is closed without a word', async () => {
    const { simulation, client } = start();
    client.connect();
    await simulation.run(200 * SECOND);
    assert.deepEqual(times(simulation, END), ['75.003 http_idle_timeout 4 75000000000', '75.003 server_closes_first 4']);
    assert.deepEqual([client.text, client.state], ['', 'done']);
  });

  it('so is one that was kept open, counted from its last response', async () => {
    const { simulation, client } = start();
    client.connect(GET);
    simulation.at(30 * SECOND, () => client.send(GET));
    await simulation.run(200 * SECOND);
    assert.deepEqual(times(simulation, END), ['105.001 http_idle_timeout 4 75000000000', '105.001 server_closes_first 4']);
    assert.deepEqual(client.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  it('408 for a head that comes too slowly, however busily', async () => {
    const { simulation, client } = start();
    client.connect();
    simulation.at(10 * SECOND, () => client.send('GET /hello HTTP/1.1\r\n'));
    for (let i = 1; i <= 9; i++) simulation.at((10 + i * 7) * SECOND, () => client.send('X: y\r\n'));
    await simulation.run(200 * SECOND);
    assert.deepEqual(times(simulation, END), [
      '70.001 http_head_timeout 4 60000000000',
      '70.001 http_linger 4 5000000000',
      '70.003 server_end_of_stream 4',
      '70.003 server_closes_second 4',
    ]);
    assert.match(client.text, /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*\r\nConnection: close\r\n/);
    assert.deepEqual(
      simulation.events.flatMap((event) => (event.type === 'request' ? [`${event.method} ${event.target}`] : [])),
      ['GET /hello'],
    );
  });

  it('408 for content that stops, counted from its last byte', async () => {
    const { simulation, client } = start();
    client.connect('POST /form HTTP/1.1\r\nHost: demo\r\nContent-Length: 10\r\n\r\nabc');
    simulation.at(40 * SECOND, () => client.send('def'));
    await simulation.run(200 * SECOND);
    assert.deepEqual(times(simulation, END).slice(0, 2), [
      '100.001 http_body_timeout 4 60000000000',
      '100.001 http_linger 4 5000000000',
    ]);
    assert.match(client.text, /^HTTP\/1\.1 408 /);
  });

  it('a client that does not read is given up, and what it has not taken is accounted for', async () => {
    const { simulation, client } = start();
    client.takes = 100_000;
    client.connect('GET /big HTTP/1.1\r\nHost: demo\r\n\r\n');
    await simulation.run(300 * SECOND);
    const [gaveUp, closed] = times(simulation, /^(http_write_timeout|server_closes)/);
    assert.match(gaveUp!, /^60\.\d+ http_write_timeout 4 60000000000 \d+$/);
    assert.match(closed!, /^60\.\d+ server_closes_first 4$/);
    const exchange = simulation.programs.log.kept[0]!;
    assert.deepEqual([exchange.status, exchange.responseIncomplete], [200, true]);
  });

  it('none runs while an answer is waited for', async () => {
    const { simulation, client } = start();
    client.connect('GET /slow HTTP/1.1\r\nHost: demo\r\n\r\n');
    await simulation.run(250 * SECOND);
    assert.deepEqual(times(simulation, END), ['0.003 http_answer_delayed 4 200000000000']);
    assert.match(client.text, /slow$/);
  });

  it('after a refusal the server reads on for a while, then closes for good', async () => {
    const { simulation, client } = start();
    client.closesSecond = false;
    client.connect('nonsense\r\n\r\n');
    simulation.at(2 * SECOND, () => client.send('more of it'));
    await simulation.run(60 * SECOND);
    assert.deepEqual(times(simulation, END), [
      '0.003 http_start_line_refused 4 13',
      '0.003 http_bad_request 4',
      '0.003 http_linger 4 5000000000',
      '2.001 http_linger_read 4 10',
      '5.003 server_closes_first 4',
    ]);
    assert.match(client.text, /^HTTP\/1\.1 400 /);
  });

  it('are what explain says of 408', () => {
    assert.deepEqual([LIMITS.headTime, LIMITS.bodyTime], [60 * SECOND, 60 * SECOND]);
  });
});
