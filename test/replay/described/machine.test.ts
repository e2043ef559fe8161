import assert from 'node:assert/strict';
import type { Mounted } from '../../../src/server/configuration.ts';
import { type ServerSketch, serverOf } from '../replaying.ts';
import { GET, OK, type Shot, Talk, type Teller, type Twist, tell } from '../story.ts';

/** The machine of the stories: its MAC and address. */
const HERE: ServerSketch = { mac: 1, addresses: ['10.0.0.1'] };
/** As wide as the machine's own. */
const WIDE: Twist = { window: 64_240 };

function analysed(shots: readonly Shot[], sketch: ServerSketch): Promise<Teller> {
  return tell(shots, { server: serverOf({ ...HERE, ...sketch }) });
}

/** What the server with program `silent` would do with two requests of the client. */
const unread = () =>
  new Talk()
    .open()
    .c('PA', GET)
    .s('A', '', { window: 64_240 - GET.length })
    .c('PA', GET);

describe('a described machine in the captured server’s place', () => {
  it('decides what a capture does not show', async () => {
    const silent = { listeners: [{ port: 80, program: 'silent' }] };
    assert.deepEqual((await analysed(unread().shots, silent)).verdicts, [
      'tcp_syn_received',
      'tcp_observed',
      'tcp_handshake_complete',
      'socket_data',
      'tcp_observed',
      'socket_data',
    ]);
    const elsewhere = { ...silent, mac: 9, addresses: ['10.0.0.9'] };
    assert.equal((await analysed(unread().shots, elsewhere)).verdicts[3], 'http_request_complete');
  });

  it('is believed until the captured server sends what it would not', async () => {
    const silent = { listeners: [{ port: 80, program: 'silent' }] };
    const answered = new Talk().open().c('PA', GET).s('PA', 'something', WIDE).c('A').c('PA', GET).s('A').c('FA');
    assert.deepEqual((await analysed(answered.shots, silent)).verdicts, [
      'tcp_syn_received',
      'tcp_observed',
      'tcp_handshake_complete',
      'socket_data',
      'tcp_observed',
      'tcp_ack_accepted',
      'http_request_complete',
      'tcp_observed',
      'tcp_fin',
    ]);
  });

  const unlike: [name: string, talk: Talk][] = [
    [
      'has other options',
      new Talk()
        .c('S')
        .s('SA', '', { ...WIDE, rawOptions: Uint8Array.of(3, 3, 7, 1) })
        .c('A')
        .c('PA', GET),
    ],
    ['opens its window wider', new Talk().open().s('A', '', { window: 65_535 }).c('PA', GET)],
    ['acknowledges more', new Talk().open().c('A', '123', { unseen: true }).s('A', '', { window: 60_000 }).c('PA', GET)],
    ['resets', new Talk().open().s('R').c('PA', GET)],
    ['closes', new Talk().open().s('FA', '', WIDE).c('PA', GET)],
  ];
  for (const [name, talk] of unlike) {
    it(`is not believed of a connection on which the captured server ${name}`, async () => {
      const { verdicts } = await analysed(talk.shots, { listeners: [{ port: 80, program: 'silent' }] });
      assert.notEqual(verdicts.at(-1), 'socket_data');
    });
  }

  it('is still believed of other connections', async () => {
    const other = new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]);
    other.time = 1;
    const answered = new Talk().open().c('PA', GET).s('PA', 'something', WIDE);
    const shots = [...answered.shots, ...other.open().c('PA', GET).shots].sort((a, b) => a.time - b.time);
    const { verdicts } = await analysed(shots, { listeners: [{ port: 80, program: 'silent' }] });
    assert.deepEqual(
      verdicts.filter((verdict) => verdict === 'socket_data'),
      ['socket_data', 'socket_data'],
    );
  });

  for (const [when, cpuPerFrame] of [
    ['', 0],
    [', and whose CPU is slow', 1_000_000],
  ] as const)
    it(`does not say that an answer is missing which it would not have given${when}`, async () => {
      const full = { listeners: [{ port: 80, backlog: 0, program: 'idle' }], host: { cpuPerFrame } };
      const first = new Talk().open();
      const later = new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).wait(100).c('S').wait(3000).c('S').wait(5000).c('S');
      const { verdicts, divergences } = await analysed([...first.shots, ...later.shots], full);
      assert.deepEqual(verdicts.slice(-3), ['tcp_listen_overflow', 'tcp_listen_overflow', 'tcp_listen_overflow']);
      assert.deepEqual(divergences, []);
    });

  const refusing: [what: string, sketch: ServerSketch, expected: string][] = [
    ['its packet filter drops the SYN', { host: { firewall: [{ action: 'drop', text: 'drop' }] } }, 'nothing'],
    ['nothing listens there', { listeners: [{ port: 81 }] }, 'RA 0/1'],
    ['its accept queue is full', { listeners: [{ port: 80, backlog: 0, program: 'idle' }] }, 'nothing'],
  ];
  for (const [what, sketch, expected] of refusing) {
    it(`says that the captured server accepts where ${what}`, async () => {
      const first = new Talk().open();
      const later = new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).wait(100).open();
      const { divergences } = await analysed([...first.shots, ...later.shots], sketch);
      assert.deepEqual(
        divergences.map((text) => text.replace(/^unexpected_reply #\d+: /, '')),
        Array(divergences.length).fill(`${expected}, captured SA 0/1`),
      );
      assert.equal(divergences.length, sketch.listeners?.[0]?.port === 80 ? 1 : 2);
    });
  }

  it('follows what its packet filter would drop, where the captured server took it', async () => {
    const filter = { host: { firewall: [{ action: 'drop', text: 'drop' } as const] } };
    const taken = new Talk().open().c('PA', GET).s('PA', OK);
    const refused = new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).wait(500).c('S').s('RA').c('S', '', { seq: 0 });
    const told = await analysed([...taken.shots, ...refused.shots], filter);
    assert.deepEqual(told.verdicts, [
      'ip_firewall_dropped',
      'tcp_observed',
      'tcp_handshake_complete',
      'http_request_complete',
      'tcp_observed',
      'ip_firewall_dropped',
      'tcp_observed',
      'ip_firewall_dropped',
    ]);
    assert.ok(told.decisions[3]!.includes('ip_firewall_disproved'));
    const [row] = told.endInfo!.exchanges;
    assert.deepEqual([row!.method, row!.target, row!.status], ['GET', '/', 200]);
  });

  it('says that the captured server accepts what it drops when its CPU comes to it', async () => {
    const busy = { host: { cpuPerFrame: 1_000_000, firewall: [{ action: 'drop', text: 'drop' } as const] } };
    const accepted = new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]).wait(5000).open();
    const told = await analysed([...new Talk().c('S').shots, ...accepted.shots], busy);
    assert.deepEqual(told.divergences, ['unexpected_reply #3: nothing, captured SA 0/1']);
  });

  it('has all frames of one moment on its card before its CPU looks', async () => {
    const slow = { host: { ring: 2, irqUsecs: 100_000, irqFrames: 2 } };
    const syns = [1, 2, 3, 4].flatMap((port) => new Talk('10.0.0.2', '10.0.0.1', [port, 80]).c('S').shots);
    const { verdicts } = await analysed(syns, slow);
    assert.deepEqual(verdicts, ['nic_ring_full', 'nic_ring_full', 'tcp_syn_received', 'tcp_syn_received']);
  });

  it('asks a user’s program once for what the server beside asks, too', async () => {
    let asked = 0;
    const answer = (): unknown => ({ status: 200, fields: [], body: Buffer.from(String(++asked)) });
    const mounted = { name: './a.js', kind: 'handler', answer } as unknown as Mounted;
    const shots = new Talk().open().c('PA', GET).wait(10).c('PA', GET).shots;
    await analysed(shots, { listeners: [{ port: 80, program: './a.js' }], mounted: [mounted] });
    assert.equal(asked, 2);
  });

  it('does not ask for the MAC of a client whom the capture shows nobody ask for', async () => {
    const told = await analysed(new Talk().open().c('PA', GET).shots, {});
    assert.deepEqual(
      told.decisions.flat().filter((name) => name.startsWith('arp_')),
      [],
    );
  });

  it('says what went wrong with a user’s program', async () => {
    const answer = (): never => {
      throw new Error('broken');
    };
    const mounted = { name: './a.js', kind: 'handler', answer } as unknown as Mounted;
    const sketch = { listeners: [{ port: 80, program: './a.js' }], mounted: [mounted] };
    const { endInfo } = await analysed(new Talk().open().c('PA', GET).wait(10).shots, sketch);
    assert.deepEqual(
      endInfo!.notes.map(({ text }) => text).filter((text) => text?.startsWith('./a.js')),
      ['./a.js: GET /: throws Error: broken'],
    );
  });

  it('drops a frame at the card only where the capture has its FCS', async () => {
    const { shots } = new Talk().c('S');
    assert.equal(shots[0]!.bytes.length, 54);
    assert.deepEqual((await analysed(shots, {})).verdicts, ['tcp_syn_received']);
    assert.deepEqual((await tell(shots, { fcs: 'present', server: serverOf(HERE) })).verdicts, ['nic_fcs_error']);
  });
});
