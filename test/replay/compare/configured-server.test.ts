import assert from 'node:assert/strict';
import { analyze } from '../../../src/replay/analyze.ts';
import type { Mounted } from '../../../src/server/configuration.ts';
import { ReplayTeller, type ServerSketch, serverOf } from '../replaying.ts';
import { captureOf, GET, host, MS, NO_PROGRESS, OK, OPTIONS, type Shot, Talk } from '../story.ts';

async function beside(shots: readonly Shot[], sketch: ServerSketch, live = false): Promise<ReplayTeller> {
  const teller = new ReplayTeller();
  await analyze(captureOf(shots, live), { ...OPTIONS, server: serverOf(sketch) }, teller, NO_PROGRESS);
  return teller;
}

const hi: ServerSketch = { site: { '/index.html': 'hi' } };
const exchange = (answer = OK): Talk => new Talk().open().c('PA', GET).s('PA', answer).c('FA').s('FA').c('A');

describe('a configured server beside the captured one', () => {
  const cases: [name: string, shots: readonly Shot[], sketch: ServerSketch, expected: string[]][] = [
    ['answers the same request', exchange().shots, hi, ['200 2 / 200 2: same']],
    [
      'answers otherwise',
      exchange().shots,
      { rules: [{ method: 'GET', path: '/', status: 403 }] },
      ['200 2 / 403 0: status, length'],
    ],
    ['does not listen there', exchange().shots, { listeners: [{ port: 8080 }] }, ['200 2 / -: not_answered']],
    [
      'answers later than the captured one',
      exchange().wait(400).c('R').shots,
      { rules: [{ method: 'GET', path: '/', status: 200, body: 'hi', after: 100 * MS }] },
      ['200 2 / 200 2: same'],
    ],
    [
      'answers every request of a connection',
      new Talk()
        .open()
        .c('PA', GET + GET)
        .s('PA', OK + OK)
        .c('FA')
        .s('FA')
        .c('A').shots,
      hi,
      ['200 2 / 200 2: same', '200 2 / 200 2: same'],
    ],
    [
      'answers where the captured one did not',
      new Talk().open().c('PA', GET).s('A').c('FA').s('A').shots,
      hi,
      ['- / 200 2: not_captured'],
    ],
    [
      'closes first as HTTP/1.0 has it',
      new Talk().open().c('PA', GET.replace('1.1', '1.0')).s('PA', OK).c('FA').s('FA').c('A').shots,
      hi,
      ['200 2 / 200 2: closed'],
    ],
    ['says nothing of a connection whose beginning it has not seen', exchange().shots.slice(3), hi, ['200 2 / -: not_answered']],
  ];
  for (const [name, shots, sketch, expected] of cases)
    it(name, async () => assert.deepEqual((await beside(shots, sketch)).answers, expected));

  it('changes nothing of what is said of the frames', async () => {
    const alone = new ReplayTeller();
    await analyze(captureOf(exchange().shots), OPTIONS, alone, NO_PROGRESS);
    const told = await beside(exchange().shots, hi);
    assert.deepEqual(told.verdicts, alone.verdicts);
    assert.deepEqual(told.decisions, alone.decisions);
    assert.deepEqual(told.divergences, []);
    const without = told.events.filter(
      (e) => e.type !== 'comparison' && !(e.type === 'response' && e.source === 'server') && e.type !== 'socket',
    );
    assert.deepEqual(
      without,
      alone.events.filter((e) => e.type !== 'socket'),
    );
  });

  it('tells of its responses where they come', async () => {
    const told = await beside(exchange().shots, hi);
    assert.deepEqual(
      told.events.flatMap((e) => (e.type === 'response' ? [`${e.source} ${e.status} #${e.endN} fd ${e.fd}`] : [])),
      ['server 200 #4 fd 4', 'captured 200 #5 fd 4'],
    );
    assert.deepEqual([...told.info.comparison!], [['same', 1]]);
    assert.deepEqual(told.info.exchanges[0]!.other, { status: 200, bodyBytes: 2, closedBy: 'client' });
    assert.equal(told.info.exchanges[0]!.source, 'captured');
  });

  it('may be a program that answers asynchronously', async () => {
    const answer = { status: 200, fields: [], body: Buffer.from('hi') };
    const mounted = {
      name: './a.js',
      kind: 'handler',
      answer: () => new Promise((resolve) => setTimeout(() => resolve(answer), 10)),
    } as unknown as Mounted;
    const told = await beside(exchange().shots, { listeners: [{ port: 80, program: './a.js' }], mounted: [mounted] });
    assert.deepEqual(told.answers, ['200 2 / 200 2: same']);
  });

  it('reads a pipe too', async () => {
    assert.deepEqual((await beside(exchange().shots, hi, true)).answers, ['200 2 / 200 2: same']);
  });

  it('says which host it is, and where that listens', async () => {
    const other = new Talk('10.0.0.2', '10.0.0.9', [41_000, 80]).open();
    const told = await beside([...exchange().shots, ...other.shots], {
      ...hi,
      addresses: ['10.0.0.9'],
      listeners: [{ port: 8080 }],
    });
    assert.equal(told.hosts, 'config: 10.0.0.9');
    assert.deepEqual(told.startInfo!.host.listen, ['tcp/8080']);
    const given = new ReplayTeller();
    await analyze(
      captureOf(exchange().shots),
      { ...OPTIONS, hosts: [host('10.0.0.1')], server: serverOf({ addresses: ['10.0.0.9'] }) },
      given,
      NO_PROGRESS,
    );
    assert.equal(given.hosts, 'given: 10.0.0.1');
  });

  it('has its packet filter, and its listeners where they are', async () => {
    const { shots } = new Talk().open();
    const last = async (server: ServerSketch): Promise<string> =>
      (await beside(shots.slice(0, 1), { addresses: ['10.0.0.1', '10.0.0.3'], ...server })).verdicts.at(-1)!;
    const drop = { action: 'drop', protocol: 6, ports: [[80, 80]], text: 'firewall drop tcp port 80' } as const;
    const at = (address: string): ServerSketch => ({ listeners: [{ port: 80, address: host(address) }] });
    assert.equal(await last({}), 'tcp_syn_received');
    assert.equal(await last({ host: { firewall: [drop] } }), 'ip_firewall_dropped');
    assert.equal(await last(at('10.0.0.1')), 'tcp_syn_received');
    assert.equal(await last(at('10.0.0.3')), 'tcp_no_socket');
    const elsewhere = { addresses: ['10.0.0.9'], ...at('10.0.0.9') };
    const teller = new ReplayTeller();
    const options = { ...OPTIONS, hosts: [host('10.0.0.1')], server: serverOf(elsewhere) };
    await analyze(captureOf(shots.slice(0, 1)), options, teller, NO_PROGRESS);
    assert.equal(teller.verdicts.at(-1), 'tcp_syn_received');
  });
});
