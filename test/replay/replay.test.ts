import assert from 'node:assert/strict';
import { u32 } from '../../src/wire/bytes.ts';
import { LinkType } from '../../src/wire/link.ts';
import { play, type ReplayTeller, type ServerSketch } from './replaying.ts';
import { GET, host, MS, OK, SECOND, type Shot, shot, Talk, together } from './story.ts';

const LONG = 'x'.repeat(5000);
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const hi: ServerSketch = { site: { '/index.html': 'hi' } };
const answering = (body: string, status = 200): ServerSketch => ({ rules: [{ method: 'GET', path: '/', status, body }] });

/** A request, an answer, and the client closes. */
function exchange(answer: string, talk = new Talk()): Talk {
  return talk.open().c('PA', GET).s('PA', answer).c('A').c('FA').s('FA').c('A');
}

describe('replay', () => {
  it('gives our connection the number of the captured server, so that the client’s numbers fit', async () => {
    const told = await play(exchange(OK).shots, hi);
    assert.deepEqual(told.sent.slice(0, 2), ['SA 0/1', 'A 1/28']);
    const synAck = told.recorded.find(({ direction }) => direction === 2)!;
    assert.equal(u32(synAck.bytes, 14 + 20 + 4), 5000);
    assert.ok(told.verdicts.every((verdict) => !verdict.includes('unacceptable')));
  });

  it('sends in the client’s frames only, and ours out', async () => {
    const told = await play(exchange(OK).shots, hi);
    assert.deepEqual(
      told.recorded.map(({ direction }) => direction),
      [1, 2, 1, 1, 2, 2, 1, 1, 2, 1],
    );
    assert.equal(told.verdicts.length, 6);
  });

  it('shows each frame when a slow CPU has taken it, or when the ring was full', async () => {
    const shots = exchange(OK).shots;
    const fast = await play(shots, answering('hello'));
    const slow = await play(shots, { ...answering('hello'), host: { cpuPerFrame: 100_000 } });
    assert.deepEqual([...slow.verdicts].sort(), [...fast.verdicts].sort());
    assert.deepEqual(slow.mapped, fast.mapped);
    const synAck = slow.recorded.find(({ direction }) => direction === 2)!;
    assert.equal(u32(synAck.bytes, 14 + 20 + 4), 5000);
    const full = await play(shots, { ...hi, host: { cpuPerFrame: 10 * SECOND, ring: 1 } });
    assert.equal(full.verdicts.length, fast.verdicts.length);
    assert.deepEqual(new Set(full.verdicts), new Set(['nic_ring_full', 'tcp_syn_received']));
  });

  describe('compares the answers', () => {
    const cases: [name: string, shots: readonly Shot[], server: ServerSketch, expected: string[]][] = [
      ['the same', exchange(OK).shots, hi, ['200 2 / 200 2: same']],
      ['another status', exchange(OK).shots, answering('no', 404), ['200 2 / 404 2: status, body']],
      ['another length', exchange(OK).shots, answering('hello'), ['200 2 / 200 5: length']],
      ['another body', exchange(OK).shots, answering('ho'), ['200 2 / 200 2: body']],
      [
        'another who closes first',
        new Talk().open().c('PA', GET).s('PA', OK).s('FA').c('A').c('FA').s('A').shots,
        hi,
        ['200 2 / 200 2: closed'],
      ],
      ['not answered by ours', exchange(OK).shots, { listeners: [{ port: 80, program: 'silent' }] }, ['200 2 / -: not_answered']],
      ['nobody listens', exchange(OK).shots, { listeners: [] }, ['200 2 / -: not_answered']],
      ['not answered in the capture', new Talk().open().c('PA', GET).s('A').c('FA').shots, hi, ['- / 200 2: not_captured']],
      [
        'requests of one connection in their order',
        new Talk().open().c('PA', GET).s('PA', OK).c('PA', GET.replace('/', '/no')).s('PA', OK).c('FA').s('FA').c('A').shots,
        hi,
        ['200 2 / 200 2: same', '200 2 / 404 14: status, length'],
      ],
      [
        'not the length of what the capture does not hold to its end',
        new Talk().open().c('PA', GET).s('PA', ok(LONG).slice(0, 500)).c('RA').shots,
        hi,
        ['200 400 / 200 2: same'],
      ],
    ];
    for (const [name, shots, server, expected] of cases)
      it(name, async () => {
        const told = await play(shots, server);
        assert.deepEqual(
          told.answers.map((answer) => answer.replace(/200 4\d\d /, '200 400 ')),
          expected,
        );
      });

    it('tells of both responses as they come', async () => {
      const told = await play(exchange(OK).shots, answering('hello'));
      const responses = told.events.flatMap((e) =>
        e.type === 'response' ? [`${e.source} ${e.status} ${e.bodyBytes} #${e.endN}`] : [],
      );
      assert.deepEqual(responses, ['server 200 5 #4', 'captured 200 2 #5']);
      assert.deepEqual([...told.info.comparison!], [['length', 1]]);
      assert.deepEqual(
        told.info.exchanges.map(({ status, bodyBytes, other, differs }) => ({ status, bodyBytes, other, differs })),
        [{ status: 200, bodyBytes: 5, other: { status: 200, bodyBytes: 2, closedBy: 'client' }, differs: ['length'] }],
      );
    });
  });

  describe('maps the client’s ACK numbers', () => {
    it('all of a longer captured answer is all of ours', async () => {
      const talk = new Talk().open().c('PA', GET);
      for (let at = 0; at < 3; at++) talk.s('A', 'x'.repeat(1000)).c('A');
      const told = await play(talk.c('FA').s('FA').c('A').shots, hi);
      // ours: SYN 1, 103 bytes; then the FIN
      const sent = 1 + told.info.exchanges.length * 0 + lengthSent(told);
      assert.deepEqual(told.mapped.slice(0, 3), [`1001 → ${sent}`, `2001 → ${sent}`, `3001 → ${sent}`]);
      assert.deepEqual(told.mapped.at(-1), `3002 → ${sent + 1}`);
      assert.deepEqual(retransmitted(told), []);
      assert.deepEqual(notesOf(told, 'replay_acks'), ['replay_acks 5']);
    });

    it('all of a shorter captured answer is all that ours has sent', async () => {
      const told = await play(exchange(OK).shots, answering(LONG));
      const sent = 1 + lengthSent(told);
      assert.deepEqual(
        told.mapped,
        [`41 → ${sent}`, `41 → ${sent}`, `42 → ${sent + 1}`].map((line) =>
          line.replace('41', String(1 + OK.length)).replace('42', String(2 + OK.length)),
        ),
      );
      assert.deepEqual(retransmitted(told), []);
      assert.deepEqual(states(told), ['CLOSED']);
    });

    it('in between it is a position', async () => {
      const talk = new Talk().open().c('PA', GET).s('PA', 'y'.repeat(1000)).s('PA', 'y'.repeat(1000));
      const told = await play(
        talk.c('A', '', { ack: 101 }).c('A', '', { ack: 1001 }).c('A', '', { ack: 2001 }).shots,
        answering(LONG),
      );
      assert.deepEqual(told.mapped, [`2001 → ${1 + lengthSent(told)}`]);
      assert.deepEqual(told.verdicts.filter((verdict) => verdict === 'tcp_ack_accepted').length, 3);
    });

    it('SACK blocks are mapped too', async () => {
      const sack = (left: number, right: number): Shot =>
        shot(
          {
            ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
            tcp: {
              sourcePort: 40_000,
              destinationPort: 80,
              seq: 1000 + 28,
              ack: 5001,
              flags: 16,
              window: 60_000,
              options: { sackCount: 1, sack: Float64Array.of(5000 + left, 5000 + right) },
            },
          },
          100 * MS,
        );
      const talk = new Talk()
        .c('S', '', { mss: 1000, sack: true })
        .s('SA')
        .c('A')
        .c('PA', GET)
        .s('PA', 'y'.repeat(900))
        .s('PA', 'y'.repeat(900));
      const told = await play([...talk.shots, sack(901, 1801)], answering(LONG));
      const last = told.recorded.filter(({ direction }) => direction === 1).at(-1)!.bytes;
      assert.equal(u32(last, 14 + 20 + 20 + 4), 5000 + 901);
      assert.equal(u32(last, 14 + 20 + 20 + 8), 5000 + highest(told));
      assert.equal(told.verdicts.at(-1), 'tcp_ack_accepted');
    });

    it('numbers that no server caused stay as they are', async () => {
      const told = await play(new Talk().open().c('PA', GET).s('PA', OK).c('A', '', { ack: 100_000_000 }).shots, answering(LONG));
      assert.deepEqual(told.mapped, []);
      assert.equal(told.verdicts.at(-1), 'tcp_ack_unsent_data');
    });

    it('without a frame of the server, the client’s first ACK tells its number', async () => {
      const oneSided = exchange(OK).shots.filter((_, i) => ![1, 4, 7].includes(i));
      const told = await play(oneSided, hi, { hosts: [host('10.0.0.1')] });
      assert.deepEqual(told.answers, ['- / 200 2: not_captured']);
      assert.deepEqual(states(told), ['CLOSED']);
      assert.deepEqual(notesOf(told, 'no_server_frames'), ['no_server_frames']);
    });
  });

  describe('sends frames to our addresses', () => {
    const elsewhere: ServerSketch = { ...hi, addresses: ['192.168.7.7'], mac: 0x77 };
    it('says so, and its answers are the same', async () => {
      const told = await play(exchange(OK).shots, elsewhere);
      assert.deepEqual(told.answers, ['200 2 / 200 2: same']);
      assert.deepEqual(told.notes.slice(0, 1), ['replay_host 10.0.0.1 → 192.168.7.7, 02:00:00:00:00:01 → 02:00:00:00:00:77']);
      assert.equal(told.hosts, 'config: 192.168.7.7');
      assert.deepEqual(told.divergences, []);
    });

    it('a bad checksum stays bad', async () => {
      const told = await play(new Talk().open().c('PA', GET, { checksum: 0x1234 }).s('A', '', { ack: 1 }).shots, elsewhere);
      assert.deepEqual(told.verdicts, ['tcp_syn_received', 'tcp_handshake_complete', 'tcp_checksum_bad']);
    });

    it('ARP, echo requests and quoted packets too', async () => {
      const quoted = shot({
        ipv4: { source: '10.0.0.1', destination: '10.0.0.2' },
        tcp: { sourcePort: 80, destinationPort: 40_000, seq: 5001, flags: 16 },
      }).bytes.slice(14);
      const shots = [
        shot(
          { ethernet: { destination: 'ff:ff:ff:ff:ff:ff' }, arp: { operation: 1, senderIp: '10.0.0.2', targetIp: '10.0.0.1' } },
          0,
        ),
        shot({ ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, icmp: { type: 8 } }, MS),
        shot({ ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, icmp: { type: 3, code: 3 }, payload: quoted }, 2 * MS),
      ];
      const told = await play(shots, elsewhere, { hosts: [host('10.0.0.1')] });
      assert.deepEqual(told.verdicts, ['arp_request', 'icmp_echo_request', 'icmp_error_done']);
    });

    it('a client that has our address gets another', async () => {
      const arp = shot({
        ethernet: { destination: 'ff:ff:ff:ff:ff:ff' },
        arp: { operation: 1, senderIp: '10.0.0.2', targetIp: '10.0.0.1' },
      });
      const told = await play([arp, ...exchange(OK).shots], { ...hi, addresses: ['10.0.0.2'] });
      assert.deepEqual(told.answers, ['200 2 / 200 2: same']);
      assert.deepEqual(notesOf(told, 'replay_host'), ['replay_host 10.0.0.1 → 10.0.0.2, 10.0.0.2 (a client) → 10.0.0.101']);
      assert.deepEqual(told.divergences, []);
    });

    it('our own address, where the capture has it, is taken for the captured server', async () => {
      const told = await play(together(exchange(OK), exchange(OK, new Talk('10.0.0.2', '10.0.0.9', [40_001, 80]))), {
        ...hi,
        addresses: ['10.0.0.9'],
      });
      assert.equal(told.hosts, 'config: 10.0.0.9');
      assert.equal(told.answers.length, 1);
    });
  });

  describe('makes Ethernet frames of whatever was captured', () => {
    for (const [name, link, client, server] of [
      ['raw IP', LinkType.raw, '10.0.0.2', '10.0.0.1'],
      ['loopback', LinkType.raw, '127.0.0.1', '127.0.0.1'],
      ['loopback, IPv6', LinkType.raw, '::1', '::1'],
      ['a server that talks to itself', LinkType.raw, '10.0.0.1', '10.0.0.1'],
    ] as const)
      it(name, async () => {
        const told = await play(exchange(OK, new Talk(client, server, [40_000, 80], link)).shots, hi);
        assert.deepEqual(told.answers, ['200 2 / 200 2: same']);
        assert.deepEqual(notesOf(told, 'replay_relinked'), ['replay_relinked 6']);
        assert.deepEqual(told.divergences, []);
      });

    it('fills in checksums that were left to a card', async () => {
      // the folded pseudo-header of a 20-byte segment from 10.0.0.2 to 10.0.0.1
      const partial = 0x0a00 + 0x0002 + 0x0a00 + 0x0001 + 6 + 20;
      const told = await play(new Talk().c('S', '', { checksum: partial }).s('SA').shots, hi);
      assert.deepEqual(told.verdicts, ['tcp_syn_received']);
      assert.deepEqual(notesOf(told, 'replay_completed'), ['replay_completed 1']);
    });

    it('puts zeros where the snaplen has cut', async () => {
      const shots = new Talk()
        .open()
        .c('PA', GET)
        .s('A')
        .shots.map((one, i) => (i === 3 ? { ...one, bytes: one.bytes.slice(0, 70), wireLength: one.bytes.length } : one));
      const told = await play(shots, hi);
      assert.deepEqual(notesOf(told, 'replay_padded'), ['replay_padded 1']);
      assert.equal(told.verdicts[2], 'server_read');
    });
  });

  describe('says what our host would not have done, or would have', () => {
    it('a port that nobody of ours listens on', async () => {
      const told = await play(exchange(OK).shots, { ...hi, listeners: [{ port: 8080 }] });
      assert.deepEqual(notesOf(told, 'replay_ports'), ['replay_ports tcp/80']);
      assert.deepEqual(told.divergences, ['unexpected_reply #2: RA 0/1, captured SA 0/1']);
    });

    it('a firewall rule that drops', async () => {
      const told = await play(exchange(OK).shots, {
        ...hi,
        host: { firewall: [{ action: 'drop', ports: [[80, 80]], text: 'drop port 80' }] },
      });
      assert.deepEqual(told.divergences, ['unexpected_reply #2: nothing, captured SA 0/1']);
    });

    it('a server that resets where ours goes on', async () => {
      const told = await play(new Talk().open().c('PA', GET).s('RA').shots, hi);
      assert.deepEqual(told.divergences, ['unexpected_reply #5: nothing, captured RA 1/28']);
    });

    it('a server that stays silent', async () => {
      const other = new Talk('10.0.0.2', '10.0.0.1', [41_000, 80]);
      other.time = 3 * SECOND;
      const told = await play(together(new Talk().c('S'), exchange(OK, other)), hi);
      assert.deepEqual(told.divergences, ['missing_reply #1: SA 0/1, captured nothing']);
    });

    it('segments that the capture has twice', async () => {
      const routed = exchange(OK).shots.flatMap((one) => {
        const bytes = one.bytes.slice();
        bytes[22]! -= 1;
        return [one, { ...one, bytes, time: one.time + 1000 }];
      });
      assert.deepEqual(notesOf(await play(routed, hi), 'copies_routed'), ['copies_routed 9']);
    });

    it('a connection that began before the capture', async () => {
      const told = await play(new Talk().open().c('PA', GET).s('PA', OK).c('FA').s('FA').c('A').shots.slice(3), hi);
      assert.deepEqual(notesOf(told, 'replay_midstream'), ['replay_midstream 1']);
      assert.deepEqual(told.verdicts, ['tcp_listen_ack', 'tcp_listen_ack', 'tcp_listen_ack']);
    });
  });

  describe('time', () => {
    it('goes on after the last frame until the timers are done', async () => {
      const told = await play(new Talk().open().c('PA', GET.replace('1.1', '1.0')).s('PA', OK).s('FA').c('FA').s('A').shots, hi);
      assert.deepEqual(states(told), ['CLOSED']);
      assert.deepEqual(notesOf(told, 'replay_after'), ['replay_after 61.4 s']);
    });

    it('an answer that is to come later comes then', async () => {
      const talk = new Talk().open().c('PA', GET).wait(300).s('PA', OK).c('FA').s('FA').c('A');
      const told = await play(talk.shots, { rules: [{ method: 'GET', path: '/', status: 200, body: 'hi', after: 250 * MS }] });
      const [row] = told.info.exchanges;
      assert.deepEqual([row!.firstByteAt - row!.requestAt, row!.closedBy], [250 * MS, 'client']);
      assert.deepEqual(told.answers, ['200 2 / 200 2: same']);
    });

    it('a program that answers asynchronously is waited for', async () => {
      const mounted = {
        name: './slow.js',
        kind: 'handler',
        answer: () =>
          new Promise((resolve) => setTimeout(() => resolve({ status: 200, fields: [], body: Buffer.from('hi') }), 20)),
      } as const;
      const told = await play(exchange(OK).shots, {
        listeners: [{ port: 80, program: './slow.js' }],
        mounted: [mounted as never],
      });
      const [row] = told.info.exchanges;
      assert.deepEqual([row!.status, row!.firstByteAt - row!.requestAt], [200, 0]);
      assert.deepEqual(told.answers, ['200 2 / 200 2: same']);
    });

    it('what our host had to say and the client did not wait for is said', async () => {
      const told = await play(new Talk().open().c('PA', GET).shots, answering('z'.repeat(300_000)));
      assert.deepEqual(notesOf(told, 'replay_unsent'), ['replay_unsent 1']);
    });
  });

  it('does the same again', async () => {
    const shots = together(exchange(OK), exchange(ok(LONG), new Talk('10.0.0.3', '10.0.0.1', [50_000, 80])));
    const [one, other] = [await play(shots, answering('hello')), await play(shots, answering('hello'))];
    assert.deepEqual(one.recorded, other.recorded);
    assert.deepEqual(one.events, other.events);
    assert.deepEqual(one.info, other.info);
  });

  it('answers datagrams, and holds the answers against the captured ones', async () => {
    const ask = {
      ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
      udp: { sourcePort: 5000, destinationPort: 7 },
      payload: 'x',
    };
    const answer = {
      ethernet: { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' },
      ipv4: { source: '10.0.0.1', destination: '10.0.0.2' },
      udp: { sourcePort: 7, destinationPort: 5000 },
      payload: 'x',
    };
    const shots = [shot(ask), shot(answer, MS)];
    const echo = await play(shots, { listeners: [{ protocol: 'udp', port: 7, program: 'echo' }] });
    assert.deepEqual([echo.sent, echo.divergences], [['17'], []]);
    const nobody = await play(shots, { listeners: [] });
    assert.deepEqual(nobody.divergences, ['unexpected_reply #2: nothing, captured udp']);
  });
});

/** Bytes that our server wrote. */
function lengthSent(told: ReplayTeller): number {
  let length = 0;
  for (const line of told.sent) length += Number(/\((\d+)\)/.exec(line)?.[1] ?? 0);
  return length;
}

/** The number behind the last byte that our server sent. */
function highest(told: ReplayTeller): number {
  return Math.max(
    ...told.sent.map((line) => {
      const [, seq, length] = /(\d+)\((\d+)\)/.exec(line) ?? ['', '0', '0'];
      return Number(seq) + Number(length);
    }),
  );
}

function notesOf(told: ReplayTeller, code: string): string[] {
  return told.notes.filter((note) => note.split(' ')[0] === code);
}

function retransmitted(told: ReplayTeller): string[] {
  return told.sent.filter((line) => line.includes('+') && /[SF(]/.test(line));
}

function states(told: ReplayTeller): string[] {
  return told.info.sockets.filter(({ peer }) => peer !== '').map(({ state, ending }) => (ending === '' ? state : 'CLOSED'));
}
