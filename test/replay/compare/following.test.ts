import assert from 'node:assert/strict';
import { analyze } from '../../../src/replay/analyze.ts';
import { LinkType } from '../../../src/wire/link.ts';
import { captureOf, GET, MS, NO_PROGRESS, OK, OPTIONS, type Shot, shot, Talk, Teller, tell, together } from '../story.ts';

const POST = 'POST /up HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

/** The frames, those from `first` on cut to `length` bytes. */
function cut(shots: readonly Shot[], first: number, length: number): Shot[] {
  return shots.map((each, i) =>
    i < first || each.bytes.length <= length
      ? each
      : { ...each, bytes: each.bytes.subarray(0, length), wireLength: each.bytes.length },
  );
}

/** The TCP checksum field as a sender leaves it to its card: the pseudo-header's sum; and wrong beyond that. */
function withChecksum(shots: readonly Shot[], value: (bytes: Uint8Array) => number): Shot[] {
  return shots.map((each) => {
    const bytes = each.bytes.slice();
    const field = value(bytes);
    bytes[50] = field >> 8;
    bytes[51] = field & 0xff;
    return { ...each, bytes };
  });
}

function pseudoSum(bytes: Uint8Array): number {
  let sum = 6 + ((bytes[16]! << 8) | bytes[17]!) - 20;
  for (let at = 26; at < 34; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe('following a captured connection', () => {
  const whole = (): Talk => new Talk().open().c('PA', GET).s('PA', OK).c('FA').s('FA').c('A');

  const cases: [name: string, shots: () => readonly Shot[], requests: string[], statuses: number[]][] = [
    ['whole', () => whole().shots, ['GET / 1.1'], [200]],
    ['from its middle', () => whole().shots.slice(3), ['GET / 1.1'], [200]],
    [
      'from its middle, over IPv6',
      () => new Talk('fd00::2', 'fd00::1').open().c('PA', GET).s('PA', OK).shots.slice(3),
      ['GET / 1.1'],
      [200],
    ],
    [
      'without its SYN-ACK',
      () => new Talk().c('S').s('SA', '', { unseen: true }).c('A').c('PA', GET).s('PA', OK).shots,
      ['GET / 1.1'],
      [200],
    ],
    [
      'without its third segment',
      () => new Talk().c('S').s('SA').c('A', '', { unseen: true }).c('PA', GET).s('PA', OK).shots,
      ['GET / 1.1'],
      [200],
    ],
    [
      'with nothing but SYNs and FINs',
      () => new Talk().c('S').s('SA').c('PA', GET, { unseen: true }).s('PA', OK, { unseen: true }).s('FA').c('FA').shots,
      [],
      [],
    ],
    [
      'without the segments of the server',
      () => new Talk().c('S').s('SA', '', { unseen: true }).c('A').c('PA', GET).s('PA', OK, { unseen: true }).c('PA', GET).shots,
      ['GET / 1.1', 'GET / 1.1'],
      [],
    ],
    [
      'with a request in the SYN that the server takes',
      () =>
        new Talk()
          .c('S', GET)
          .s('SA', '', { ack: 1 + GET.length })
          .s('PA', OK)
          .c('A').shots,
      ['GET / 1.1'],
      [200],
    ],
    [
      'with a request in the SYN that it does not take',
      () => new Talk().c('S', GET).s('SA', '', { ack: 1 }).c('PA', GET, { seq: 1 }).s('PA', OK).shots,
      ['GET / 1.1'],
      [200],
    ],
    ['with a response in the SYN-ACK', () => new Talk().c('S', GET).s('SA', OK).c('A').s('A').shots, ['GET / 1.1'], [200]],
    [
      'with a damaged request that the server takes',
      () => new Talk().open().c('PA', GET, { checksum: 1 }).s('PA', OK).c('A').shots,
      ['GET / 1.1'],
      [200],
    ],
    [
      'with a damaged request that comes again',
      () => new Talk().open().c('PA', GET, { damaged: true }).wait(300).c('PA', GET, { seq: 1 }).s('PA', OK).shots,
      ['GET / 1.1'],
      [200],
    ],
    [
      'with a hole that the server acknowledges',
      () =>
        new Talk()
          .open()
          .c('A', 'GET /lost HTTP/1.1\r\n\r\n', { unseen: true })
          .c('PA', GET)
          .s('A')
          .wait(50)
          .s('PA', OK)
          .s('PA', OK)
          .c('A').shots,
      ['GET / 1.1'],
      [200, 200],
    ],
    [
      'with a hole that nobody fills, and no server to say so',
      () => new Talk().c('S').c('A', '', { ack: 1 }).c('A', 'GET /lost HTTP/1.1\r\n\r\n', { unseen: true }).c('PA', GET).shots,
      ['GET / 1.1'],
      [],
    ],
    [
      'with a response out of order',
      () => {
        const talk = new Talk().open().c('PA', GET).s('A', OK.slice(0, 20)).s('PA', OK.slice(20)).c('A');
        const [first, second] = talk.shots.splice(4, 2);
        talk.shots.splice(4, 0, second!, first!);
        return talk.shots;
      },
      ['GET / 1.1'],
      [200],
    ],
    [
      'with responses before the final one',
      () => new Talk().open().c('PA', POST).s('PA', 'HTTP/1.1 100 Continue\r\n\r\n').c('PA', 'data').s('PA', OK).shots,
      ['POST /up 1.1'],
      [100, 200],
    ],
    [
      'with another of the same ports after it',
      () => [
        ...whole().shots,
        ...new Talk()
          .open()
          .c('PA', GET)
          .s('PA', OK)
          .shots.map((each) => ({ ...each, time: each.time + 90_000 * MS })),
      ],
      ['GET / 1.1', 'GET / 1.1'],
      [200, 200],
    ],
    [
      'with a reset that nobody can believe',
      () => new Talk().c('S').s('RA', '', { seq: -77, ack: 0 }).s('SA').c('A').c('PA', GET).s('PA', OK).shots,
      ['GET / 1.1'],
      [200],
    ],
    [
      'on a loopback',
      () => new Talk('127.0.0.1', '127.0.0.1', [40_000, 80], LinkType.raw).open().c('PA', GET).s('PA', OK).shots,
      ['GET / 1.1'],
      [200],
    ],
  ];
  for (const [name, shots, requests, statuses] of cases) {
    it(name, async () => {
      const told = await tell(shots());
      assert.deepEqual([told.requests, told.statuses], [requests, statuses]);
    });
  }

  for (const [name, shots, requests, statuses] of cases.filter(
    ([each]) => !/reset|server to say|segments of the server/.test(each),
  )) {
    it(`${name}, from a pipe`, async () => {
      const told = await tell(shots(), {}, true);
      assert.deepEqual([told.requests, told.statuses], [requests, statuses]);
    });
  }

  it('says which connections began before the capture', async () => {
    const told = await tell(whole().shots.slice(3));
    assert.deepEqual(told.endInfo!.notes, [{ code: 'adopted', count: 1 }]);
    assert.equal(told.decisions[0]!.includes('tcp_adopted'), true);
    assert.deepEqual(
      told.endInfo!.sockets.filter(({ peer }) => peer !== '').map(({ adopted }) => adopted),
      [true],
    );
  });

  for (const piped of [false, true]) {
    it(`takes what was under way when a reset came for no new connection${piped ? ', from a pipe' : ''}`, async () => {
      const talk = new Talk().open().c('PA', GET).s('PA', OK.slice(0, 20)).c('RA').s('PA', OK.slice(20)).c('R');
      const told = await tell(talk.shots, {}, piped);
      assert.equal(told.endInfo!.socketCount, 2);
      assert.equal(told.verdicts.at(-1), 'tcp_listen_rst');
      assert.ok(told.endInfo!.notes.every(({ code }) => code !== 'adopted'));
    });
  }

  it('counts a handshake whose last segment only the server’s next one shows', async () => {
    const told = await tell(new Talk().c('S').s('SA').c('A', '', { unseen: true }).s('PA', 'hello').shots);
    assert.ok(told.decisions[2]!.includes('tcp_handshake_unseen'));
    assert.deepEqual(
      told.events.flatMap((e) => (e.type === 'socket' ? [e.event] : [])),
      ['syn_received', 'established', 'accept'],
    );
  });
});

describe('what a capture cannot show', () => {
  const talk = (): Talk => new Talk().open().c('PA', GET).s('PA', OK);

  it('cut by the snaplen: what needs the bytes is not checked, and said', async () => {
    const told = await tell(cut(talk().shots, 3, 54 + 18));
    assert.equal(told.verdicts[3], 'http_request_head');
    assert.ok(told.decisions[3]!.includes('http_request_cut'));
    assert.ok(told.decisions[3]!.includes('tcp_checksum_not_captured'));
    assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]]);
    assert.deepEqual(told.startInfo!.notes, [{ code: 'snaplen', count: 2 }]);
  });

  it('cut to headers: bytes are counted', async () => {
    const told = await tell(cut(talk().shots, 0, 54));
    assert.deepEqual(told.requests, []);
    assert.ok(told.decisions[3]!.includes('tcp_in_order'));
  });

  it('checksums left to the sender’s card', async () => {
    const shots = withChecksum(talk().shots, pseudoSum);
    const told = await tell(shots);
    assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]]);
    assert.ok(told.decisions.every((each) => each.includes('tcp_checksum_offloaded')));
    assert.deepEqual(told.endInfo!.notes, [{ code: 'offload', count: 5 }]);
    const strict = await tell(shots, { offload: false });
    assert.deepEqual(strict.verdicts.filter((verdict) => verdict === 'tcp_checksum_bad').length, 3);
  });

  it('checksums of a capture that was rewritten', async () => {
    const told = await tell(withChecksum(talk().s('FA').shots, (bytes) => ((bytes[50]! << 8) | bytes[51]!) ^ 0x1234));
    assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]]);
    assert.ok(told.decisions[0]!.includes('tcp_checksum_disregarded'));
  });

  it('but one that is wrong among right ones is wrong', async () => {
    const told = await tell(new Talk().open().c('PA', 'a').c('PA', GET, { damaged: true }).shots);
    assert.deepEqual(told.verdicts.at(-1), 'tcp_checksum_bad');
  });

  it('the checksum of segments that a card has merged', async () => {
    const body = 'x'.repeat(3000);
    const big = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const told = await tell(new Talk().open().c('PA', GET).s('PA', big, { checksum: 0x1234 }).c('A').shots);
    assert.deepEqual(told.statuses, [200]);
    assert.ok(told.decisions[4]!.includes('tcp_checksum_merged'));
  });

  it('accepts a connection of which the server speaks first before it tells what was said', async () => {
    const { events } = await tell(new Talk().open().c('PA', GET).s('PA', OK).shots.slice(4));
    assert.deepEqual(
      events.map((e) => (e.type === 'socket' ? `${e.event} ${e.fd}` : e.type === 'response' ? `${e.status} ${e.fd}` : e.type)),
      ['established -1', 'accept 4', '200 4'],
    );
  });

  it('counts from when a request came that only the server’s answer shows to be taken', async () => {
    const shots = new Talk()
      .c('S', GET)
      .s('SA', '', { ack: 1 + GET.length })
      .s('PA', OK)
      .c('A').shots;
    const told = await tell(shots);
    const [row] = told.endInfo!.exchanges;
    assert.deepEqual([row!.n, row!.requestAt, row!.firstByteAt], [1, 0, 20 * MS]);
  });

  it('whether requests and responses are whole', async () => {
    const whole = async (shots: readonly Shot[]) => {
      const [row] = (await tell(shots)).endInfo!.exchanges;
      return [row!.method, row!.requestIncomplete, row!.status, row!.responseIncomplete];
    };
    const cut = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi';
    const post = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhi';
    assert.deepEqual(await whole(talk().shots), ['GET', false, 200, false]);
    assert.deepEqual(await whole(new Talk().open().c('PA', GET).s('PA', cut).c('RA').shots), ['GET', false, 200, true]);
    assert.deepEqual(await whole(new Talk().open().c('PA', post).s('A').c('RA').shots), ['POST', true, 0, false]);
    assert.deepEqual(await whole(new Talk().open().c('PA', 'GET / HTTP/x\r\n\r\n').s('PA', OK).shots), [
      'GET',
      false,
      200,
      false,
    ]);
  });

  it('whether a signature is expected: it is where the captured server took part', async () => {
    const md5 = { rawOptions: Uint8Array.of(19, 18, ...new Uint8Array(16), 1, 1) };
    const others = new Talk('10.0.0.2', '10.0.0.1', [40_001, 80]).open();
    const signed = (talk: Talk) => together(others, talk);
    const refused = await tell(signed(new Talk().c('S', '', md5).c('S', '', { ...md5, seq: 0 })));
    assert.equal(refused.verdicts.filter((verdict) => verdict === 'tcp_md5_unexpected').length, 2);
    const taken = await tell(signed(new Talk().c('S', '', md5).s('SA', '', md5).c('A', '', md5).c('PA', GET, md5)));
    assert.deepEqual([taken.requests, taken.verdicts.includes('tcp_md5_unexpected')], [['GET / 1.1'], false]);
  });

  describe('a wrong checksum of a long segment', () => {
    const post = (length: number) => `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
    const upload = (mss: number, length: number) =>
      new Talk().c('S', '', { mss }).s('SA', '', { mss }).c('A').c('PA', post(length), { checksum: 0x1234 });
    const verdict = async (mss: number, length: number, options = {}) =>
      (await tell(upload(mss, length).shots, options)).decisions[3]!;

    it('is what merging leaves where no segment may be so long', async () => {
      assert.ok((await verdict(1460, 3000)).includes('tcp_checksum_merged'));
      assert.ok((await verdict(8960, 20_000)).includes('tcp_checksum_merged'));
    });

    it('is wrong where one segment may be so long', async () => {
      assert.equal((await verdict(8960, 3000)).at(-1), 'tcp_checksum_bad');
    });

    it('is wrong where no card may be blamed', async () => {
      assert.equal((await verdict(1460, 3000, { offload: false })).at(-1), 'tcp_checksum_bad');
    });

    it('of the captured server is judged by what the client takes', async () => {
      const body = `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(3000)}`;
      const talk = new Talk().c('S', '', { mss: 8960 }).s('SA', '', { mss: 1460 }).c('A').c('PA', GET);
      const told = await tell(talk.s('PA', body, { checksum: 0x1234 }).shots);
      assert.ok(told.decisions[4]!.includes('tcp_observed_checksum_bad'));
    });
  });

  it('the length of what a card was to cut into segments', async () => {
    const shots = talk().shots.map((each, i) => {
      if (i !== 3) return each;
      const bytes = each.bytes.slice();
      bytes.fill(0, 16, 18);
      bytes.fill(0, 24, 26);
      return { ...each, bytes };
    });
    const told = await tell(shots);
    assert.ok(told.decisions[3]!.includes('ipv4_length_offloaded'));
    assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]]);
  });

  it('a clock that was set back: what waits is not over at once', async () => {
    const shots = talk().shots.map((each, i) => ({ ...each, time: each.time - (i > 0 ? 3600 * 1000 * MS : 0) }));
    const told = await tell(shots);
    assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]]);
    assert.ok(told.endInfo!.notes.some(({ code, count }) => code === 'clock_backwards' && count === 1));
  });

  it('protocols that only the captured host speaks', async () => {
    const sctp = (source: string, destination: string): Shot =>
      shot({ ipv4: { source, destination, protocol: 132 }, payload: 'x' });
    const told = await tell([sctp('10.0.0.2', '10.0.0.1'), sctp('10.0.0.1', '10.0.0.2'), ...new Talk().open().shots]);
    assert.equal(told.verdicts[0], 'ip_protocol_captured');
    const unanswered = await tell([sctp('10.0.0.2', '10.0.0.1'), ...new Talk().open().shots]);
    assert.equal(unanswered.verdicts[0], 'ip_protocol_unknown');
  });

  it('fragments that the host sent: observed, said to be fragments', async () => {
    const told = await tell([
      ...new Talk().open().shots,
      shot({
        ethernet: { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' },
        ipv4: { source: '10.0.0.1', destination: '10.0.0.2', moreFragments: true },
        udp: { sourcePort: 1, destinationPort: 2 },
        payload: 'x',
      }),
    ]);
    assert.deepEqual(told.decisions.at(-1), ['nic_fcs_not_captured', 'frag_observed', 'ip_observed'].slice(1));
  });
});

describe('an analysis', () => {
  it('stops when its reporter has had enough', async () => {
    class Enough extends Teller {
      get over(): boolean {
        return this.verdicts.length >= 2;
      }
    }
    const teller = new Enough();
    Object.defineProperty(teller, 'done', { get: () => teller.over });
    await analyze(captureOf(new Talk().open().c('PA', GET).shots), OPTIONS, teller, NO_PROGRESS);
    assert.equal(teller.verdicts.length, 2);
  });

  it('of nothing says so', async () => {
    const told = await tell([]);
    assert.equal(told.endInfo!.packets, 0);
    assert.equal(told.startInfo!.t0, null);
    assert.equal(told.hosts, 'none: ');
  });

  it('listens where it is told to', async () => {
    const shots = new Talk('10.0.0.2', '10.0.0.1', [40_000, 81]).c('S').shots;
    assert.deepEqual((await tell(shots)).verdicts, ['tcp_no_socket']);
    assert.deepEqual((await tell(shots, { listen: [{ protocol: 'tcp', port: 81 }] })).verdicts, ['tcp_syn_received']);
  });

  it('keeps what has no bound of its own in bounds: half-open connections of a flood', async () => {
    const shots: Shot[] = [...new Talk().open().shots];
    for (let i = 0; i < 3000; i++)
      shots.push(
        ...new Talk(`10.1.${i >> 8}.${i & 255}`, '10.0.0.1', [1024 + i, 80])
          .c('S')
          .shots.map((each) => ({ ...each, time: i * 100 * MS })),
      );
    const told = await tell(shots);
    assert.ok(told.endInfo!.sockets.filter(({ state, ending }) => state === 'SYN_RECV' && ending === '').length < 1300);
    assert.equal(told.verdicts.filter((verdict) => verdict === 'tcp_syn_received').length, 3001);
  });
});
