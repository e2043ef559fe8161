import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Packet } from '../../../src/host/packet.ts';
import { LINUX, PROFILE_NAMES, type ProfileName, RFC9293, RULES } from '../../../src/host/tcp/profile.ts';
import { CATALOGUE, NAMES } from '../../../src/trace/catalogue.ts';
import type { Decision } from '../../../src/trace/decision.ts';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench, CLIENT, SERVER } from './harness.ts';

const { ack, fin, psh, rst, syn, urg } = TcpFlag;
const ISN = 1000;
const NEXT = ISN + 1;
const OURS = 5001;
const TIMESTAMPS = { mss: 1460, sackPermitted: true, hasTimestamps: true, tsVal: 100, tsEcr: 0 } as const;

/** One departure: what is done to a host, and what each profile answers. */
interface Departure {
  readonly what: string;
  readonly clause: RegExp;
  /** The decision by which the profile says so. */
  readonly says: string;
  readonly play: (bench: Bench) => string;
  readonly linux: string;
  readonly rfc9293: string;
  /** Seconds between two ACKs that answer what is wrong; 0: no limit, the bench's default. */
  readonly limited?: boolean;
}

/** The last segment's verdict and the answers to it. */
function answer(bench: Bench): string {
  const final = bench.trace.final < 0 ? '-' : (CATALOGUE[bench.trace.final] as Decision).effect;
  return [final, ...bench.sent].join(', ');
}

/** A server that has sent its answer of `length` bytes to a request of 10 bytes. */
function answered(bench: Bench, length: number, options: Parameters<Bench['connect']>[0] = { mss: 1460 }, window = 64240) {
  const c = bench.connect(options, window);
  bench.say(40, { flags: ack | psh, seq: NEXT, ack: OURS, data: 'x'.repeat(10), window });
  bench.advance(41);
  c.write(new Uint8Array(length).fill(0x61), 0, length);
  return c;
}

/** The server closes first, and the client acknowledges its FIN. */
function halfClosed(bench: Bench): void {
  const c = bench.connect();
  bench.advance(50);
  c.close();
  bench.say(60, { flags: ack, seq: NEXT, ack: OURS + 1 });
}

/** And closes too. */
function closed(bench: Bench): void {
  halfClosed(bench);
  bench.say(70, { flags: fin | ack, seq: NEXT, ack: OURS + 1 });
}

function later(by: number) {
  return { hasTimestamps: true, tsVal: 100 + by, tsEcr: 0 };
}

/** A connection on which both have agreed to timestamps. */
function connectStamped(bench: Bench): void {
  bench.say(0, { flags: syn, seq: ISN, options: TIMESTAMPS });
  bench.say(30, { flags: ack, seq: NEXT, ack: OURS, options: later(0) });
}

/** An ICMP error that quotes our segment at `seq`. */
function icmp(bench: Bench, ms: number, type: number, code: number, seq: number): void {
  bench.advance(ms);
  const { packet } = bench;
  const bytes = new Uint8Array(36);
  const view = new DataView(bytes.buffer);
  bytes[0] = type;
  bytes[1] = code;
  bytes[8] = 0x45;
  view.setUint32(8 + 12, SERVER);
  view.setUint32(8 + 16, CLIENT);
  view.setUint16(28, 80);
  view.setUint16(30, bench.port);
  view.setUint32(32, seq);
  packet.reset();
  packet.family = 4;
  packet.bytes = bytes;
  packet.payloadStart = 0;
  packet.payloadEnd = packet.payloadLength = 36;
  bench.tcp.icmpError(packet as Packet, type, code, 8, 36);
}

function alive(bench: Bench): string {
  return `${[...bench.tcp.connections()].length} left`;
}

function states(bench: Bench): string {
  return [...bench.tcp.connections()].map(({ state }) => String(state)).join();
}

const DEPARTURES: readonly Departure[] = [
  {
    what: 'data on a SYN',
    clause: /3\.10\.7\.2/,
    says: 'tcp_rfc_syn_text',
    play(bench) {
      bench.say(0, { flags: syn, seq: ISN, data: 'hello' });
      bench.say(30, { flags: ack, seq: NEXT, ack: OURS });
      return `${bench.text}|${bench.program.sockets[0]!.rcvNxt - NEXT}`;
    },
    linux: '|0',
    rfc9293: 'hello|5',
  },
  {
    what: 'a FIN on a SYN',
    clause: /3\.10\.7\.2/,
    says: 'tcp_rfc_syn_fin',
    play(bench) {
      bench.say(0, { flags: syn | fin, seq: ISN });
      const first = answer(bench);
      bench.say(30, { flags: ack, seq: NEXT, ack: OURS });
      return `${first} / ${answer(bench)} / ${states(bench)}`;
    },
    linux: 'drop / drop, R seq 5001 / ',
    rfc9293: 'consume, SA seq 0 ack 1 / consume / 8',
  },
  {
    what: 'the same SYN again',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_dup_syn',
    play(bench) {
      bench.say(0, { flags: syn, seq: ISN });
      bench.say(500, { flags: syn, seq: ISN });
      return answer(bench);
    },
    linux: 'drop, SA seq 0 ack 1',
    rfc9293: 'drop, A seq 1 ack 1',
  },
  {
    what: 'another SYN in the window of a half-open connection',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_new_syn',
    play(bench) {
      bench.say(0, { flags: syn, seq: ISN });
      bench.say(500, { flags: syn, seq: ISN + 100 });
      return `${bench.sent.length} sent, ${alive(bench)}`;
    },
    linux: '1 sent, 0 left',
    rfc9293: '0 sent, 0 left',
  },
  {
    what: 'a SYN-ACK that nobody answers',
    clause: /MUST-23/,
    says: 'tcp_rfc_syn_ack_timeout',
    play(bench) {
      bench.say(0, { flags: syn, seq: ISN });
      return `${bench.advance(600_000).length} times more`;
    },
    linux: '5 times more',
    rfc9293: '7 times more',
  },
  {
    what: 'an old segment without ACK flag',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_number_first',
    play(bench) {
      bench.connect();
      bench.say(50, { flags: 0, seq: ISN - 100, data: 'x' });
      return answer(bench);
    },
    linux: 'drop',
    rfc9293: 'drop, A seq 1 ack 1',
  },
  {
    what: 'old data with a new ACK number',
    clause: /table 6/,
    says: 'tcp_rfc_old_segment',
    play(bench) {
      const c = answered(bench, 10);
      bench.say(50, { flags: ack, seq: NEXT, ack: OURS + 10, data: 'x'.repeat(10) });
      return `${answer(bench)} / ${c.sndUna - OURS} acknowledged`;
    },
    linux: 'drop, A seq 11 ack 11 / 10 acknowledged',
    rfc9293: 'drop, A seq 11 ack 11 / 0 acknowledged',
  },
  {
    what: "an empty segment at the window's right edge",
    clause: /table 6/,
    says: 'tcp_rfc_beyond_window',
    play(bench) {
      const c = bench.connect();
      bench.say(50, { flags: ack, seq: NEXT + c.rcvWnd, ack: OURS });
      return answer(bench);
    },
    linux: 'consume',
    rfc9293: 'drop, A seq 1 ack 1',
  },
  {
    what: "a reset at the window's right edge",
    clause: /RFC 5961/,
    says: 'tcp_rfc_rst_outside',
    play(bench) {
      const c = bench.connect();
      bench.say(50, { flags: rst, seq: NEXT + c.rcvWnd });
      return answer(bench);
    },
    linux: 'drop, A seq 1 ack 1',
    rfc9293: 'drop',
  },
  {
    what: 'a reset at the number before the FIN',
    clause: /RFC 5961/,
    says: 'tcp_rfc_rst_outside',
    play(bench) {
      bench.connect();
      bench.say(50, { flags: fin | ack, seq: NEXT, ack: OURS });
      bench.advance(300);
      bench.say(400, { flags: rst, seq: NEXT });
      return `${answer(bench)} / ${alive(bench)}`;
    },
    linux: 'consume / 0 left',
    rfc9293: 'drop / 1 left',
  },
  {
    what: 'a reset at the end of a SACKed block',
    clause: /RFC 5961/,
    says: 'tcp_rfc_rst_not_exact',
    play(bench) {
      bench.connect({ mss: 1460, sackPermitted: true });
      bench.say(50, { flags: ack, seq: NEXT + 100, ack: OURS, data: 'x'.repeat(50) });
      bench.say(60, { flags: rst, seq: NEXT + 150 });
      return `${answer(bench)} / ${alive(bench)}`;
    },
    linux: 'consume / 0 left',
    rfc9293: 'drop, A seq 1 ack 1 / 1 left',
  },
  {
    what: 'data across the right edge, nothing unread',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_trimmed',
    play(bench) {
      const c = bench.connect();
      const size = c.rcvWnd + 100;
      bench.say(50, { flags: ack, seq: NEXT, ack: OURS, data: 'x'.repeat(1400) });
      bench.program.reads = false;
      const { rcvNxt, rcvWnd, rcvWup } = c;
      const left = rcvWup + rcvWnd - rcvNxt;
      bench.say(60, { flags: ack | fin, seq: rcvNxt + left - 10, ack: OURS, data: 'x'.repeat(30) });
      return `${bench.verdict} ${c.reassembly?.bytes ?? 0} of ${size > 0 ? 31 : 0}`;
    },
    linux: 'hold 31 of 31',
    rfc9293: 'hold 10 of 31',
  },
  {
    what: 'data with a new ACK number into a closed window',
    clause: /MUST-66/,
    says: 'tcp_rfc_zero_window',
    play(bench) {
      const c = answered(bench, 10);
      bench.program.reads = false;
      let seq = NEXT + 10;
      for (let i = 0; i < 400 && c.rcvWup + c.rcvWnd > seq; i++) {
        const length = Math.min(1400, c.rcvWup + c.rcvWnd - seq);
        bench.say(50 + i, { flags: ack, seq, ack: OURS, data: 'x'.repeat(length) });
        seq = c.rcvNxt;
      }
      bench.advance(1000);
      bench.say(1001, { flags: ack, seq, ack: OURS + 10, data: 'more' });
      return `${bench.verdict} / ${c.sndUna - OURS} acknowledged`;
    },
    linux: 'drop / 0 acknowledged',
    rfc9293: 'drop / 10 acknowledged',
  },
  {
    what: 'many empty segments that are not acceptable',
    clause: /3\.5\.2/,
    says: 'tcp_rfc_ack_unlimited',
    limited: true,
    play(bench) {
      bench.connect();
      let answers = 0;
      for (let i = 0; i < 5; i++) {
        bench.say(50 + i, { flags: ack, seq: NEXT - 500, ack: OURS });
        answers += bench.sent.length;
      }
      return `${answers} of 5`;
    },
    linux: '1 of 5',
    rfc9293: '5 of 5',
  },
  {
    what: 'many ACKs of what was not sent',
    clause: /3\.5\.2/,
    says: 'tcp_rfc_ack_unlimited',
    limited: true,
    play(bench) {
      bench.connect();
      let answers = 0;
      for (let i = 0; i < 5; i++) {
        bench.say(50 + i, { flags: ack, seq: NEXT, ack: OURS + 500 });
        answers += bench.sent.length;
      }
      return `${answers} of 5`;
    },
    linux: '1 of 5',
    rfc9293: '5 of 5',
  },
  {
    what: 'an ACK number from before the connection',
    clause: /RFC 5961/,
    says: 'tcp_rfc_old_ack_taken',
    play(bench) {
      bench.connect();
      bench.say(50, { flags: ack | psh, seq: NEXT, ack: OURS - 2000, data: 'forged', window: 1000 });
      return `${bench.verdict} ${bench.text}`;
    },
    linux: 'drop ',
    rfc9293: 'deliver forged',
  },
  {
    what: 'expected data with an ACK number that is much too old',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_ack_first',
    play(bench) {
      const c = bench.connect();
      bench.program.reads = false;
      bench.say(50, { flags: ack | psh, seq: NEXT, ack: OURS, data: 'true' });
      bench.say(60, { flags: ack | psh, seq: NEXT + 4, ack: OURS - 90_000, data: 'forged' });
      return `${c.recvQ} bytes`;
    },
    linux: '10 bytes',
    rfc9293: '4 bytes',
  },
  {
    what: 'a timestamp that is one tick older',
    clause: /RFC 7323/,
    says: 'tcp_rfc_paws',
    play(bench) {
      connectStamped(bench);
      bench.say(50, { flags: ack | psh, seq: NEXT, ack: OURS, data: 'late', options: later(-1) });
      return `${bench.verdict} ${bench.text}`;
    },
    linux: 'deliver late',
    rfc9293: 'drop ',
  },
  {
    what: 'a segment without the agreed timestamps',
    clause: /RFC 7323/,
    says: 'tcp_rfc_no_timestamp',
    play(bench) {
      connectStamped(bench);
      bench.say(50, { flags: ack | psh, seq: NEXT, ack: OURS, data: 'plain' });
      return `${answer(bench)} / ${bench.text}`;
    },
    linux: 'deliver, A seq 1 ack 6 / plain',
    rfc9293: 'drop / ',
  },
  {
    what: 'data that reaches over the FIN',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_text_over_fin',
    play(bench) {
      bench.connect();
      bench.say(50, { flags: fin | ack, seq: NEXT, ack: OURS, data: 'end' });
      bench.say(300, { flags: ack, seq: NEXT, ack: OURS, data: 'end, and more' });
      return `${bench.verdict} / ${alive(bench)}`;
    },
    linux: 'drop / 0 left',
    rfc9293: 'drop / 1 left',
  },
  {
    what: 'urgent data',
    clause: /MUST-31/,
    says: 'tcp_rfc_urgent',
    play(bench) {
      bench.connect();
      bench.say(50, { flags: ack | urg, seq: NEXT, ack: OURS, data: 'abc', urgentPointer: 3 });
      return bench.text;
    },
    linux: 'ab',
    rfc9293: 'abc',
  },
  {
    what: 'port unreachable about data that we sent',
    clause: /SHLD-26/,
    says: 'tcp_rfc_icmp_hard',
    play(bench) {
      answered(bench, 10);
      icmp(bench, 50, 3, 3, OURS);
      return alive(bench);
    },
    linux: '1 left',
    rfc9293: '0 left',
  },
  {
    what: 'host unreachable about a SYN-ACK',
    clause: /MUST-56/,
    says: 'tcp_rfc_icmp_soft',
    play(bench) {
      bench.say(0, { flags: syn, seq: ISN });
      icmp(bench, 10, 3, 1, OURS - 1);
      return alive(bench);
    },
    linux: '0 left',
    rfc9293: '1 left',
  },
  {
    what: 'the first data segment of a connection',
    clause: /SHLD-18/,
    says: 'tcp_rfc_ack_waits',
    play(bench) {
      bench.connect();
      bench.say(50, { flags: ack, seq: NEXT, ack: OURS, data: 'x'.repeat(1000) });
      return bench.sent.join();
    },
    linux: 'A seq 1 ack 1001',
    rfc9293: '',
  },
  {
    what: 'a program that does not read, and two segments',
    clause: /SHLD-19/,
    says: 'tcp_rfc_ack_second',
    play(bench) {
      bench.connect();
      bench.program.reads = false;
      let acks = 0;
      for (let i = 0; i < 60; i++) {
        bench.say(50 + i / 10, { flags: ack, seq: NEXT + i * 536, ack: OURS, data: 'x'.repeat(536) });
        if (i >= 40) acks += bench.sent.length;
      }
      return `${acks} ACKs of the last 20`;
    },
    linux: '0 ACKs of the last 20',
    rfc9293: '10 ACKs of the last 20',
  },
  {
    what: 'many segments behind a hole',
    clause: /RFC 5681/,
    says: 'tcp_rfc_ack_at_once',
    play(bench) {
      bench.connect({ mss: 1460, sackPermitted: true });
      let acks = 0;
      for (let i = 1; i <= 8; i++) {
        bench.say(50 + i / 100, { flags: ack, seq: NEXT + i * 1000, ack: OURS, data: 'x'.repeat(1000) });
        acks += bench.sent.length;
      }
      return `${acks} of 8`;
    },
    linux: '6 of 8',
    rfc9293: '8 of 8',
  },
  {
    what: 'a smaller window with the same numbers',
    clause: /MUST-34/,
    says: 'tcp_rfc_smaller_window',
    play(bench) {
      const c = answered(bench, 10, { mss: 1460 }, 64240);
      bench.say(50, { flags: ack, seq: NEXT + 10, ack: OURS + 10, window: 5000 });
      bench.say(60, { flags: ack, seq: NEXT + 10, ack: OURS + 10, window: 1000 });
      return String(c.sndWnd);
    },
    linux: '5000',
    rfc9293: '1000',
  },
  {
    what: 'the third duplicate ACK after a request, without SACK',
    clause: /MUST-34/,
    says: 'tcp_rfc_smaller_window',
    play(bench) {
      answered(bench, 14600, { mss: 1460 });
      let again = 0;
      for (let i = 0; i < 3; i++) {
        bench.say(60 + i, { flags: ack, seq: NEXT + 10, ack: OURS });
        again += bench.sent.filter((segment) => segment.includes(' seq 1 ') && segment.includes('len')).length;
      }
      return `${again} sent again`;
    },
    linux: '0 sent again',
    rfc9293: '1 sent again',
  },
  {
    what: 'the first flight of a long answer',
    clause: /RFC 5681/,
    says: 'tcp_rfc_initial_window',
    play(bench) {
      answered(bench, 40_000);
      return `${bench.sent.length} segments`;
    },
    linux: '10 segments',
    rfc9293: '3 segments',
  },
  {
    what: 'an answer that is a little longer than a segment',
    clause: /3\.7\.4/,
    says: 'tcp_rfc_nagle',
    play(bench) {
      answered(bench, 1500);
      return bench.sent.join(', ');
    },
    linux: 'A seq 1 ack 11 len 1460, PA seq 1461 ack 11 len 40',
    rfc9293: 'A seq 1 ack 11 len 1460',
  },
  {
    what: 'a peer that takes 20 bytes in a segment',
    clause: /MUST-16/,
    says: 'tcp_rfc_small_mss',
    play(bench) {
      answered(bench, 40, { mss: 20 });
      return bench.sent.join(', ');
    },
    linux: 'PA seq 1 ack 11 len 40',
    rfc9293: 'A seq 1 ack 11 len 20, PA seq 21 ack 11 len 20',
  },
  {
    what: 'a closed window',
    clause: /3\.8\.6\.1/,
    says: 'tcp_rfc_window_probe',
    play(bench) {
      const c = answered(bench, 10);
      bench.say(50, { flags: ack, seq: NEXT + 10, ack: OURS + 10, window: 0 });
      bench.advance(51);
      c.write(new Uint8Array(10).fill(0x61), 0, 10);
      const probe = bench.advance(3000)[0]!;
      return `seq ${probe.seq - OURS} with ${probe.payloadEnd - probe.payloadStart}`;
    },
    linux: 'seq 9 with 0',
    rfc9293: 'seq 10 with 1',
  },
  {
    what: 'the first retransmission time-out on a path of 30 ms',
    clause: /RFC 6298/,
    says: 'tcp_rfc_rto',
    play(bench) {
      answered(bench, 10);
      const first = bench.advance(5000)[0]!;
      return first.time - 41e6 >= 1e9 ? 'after a second' : 'before a second';
    },
    linux: 'before a second',
    rfc9293: 'after a second',
  },
  {
    what: 'TIME_WAIT after 100 seconds',
    clause: /MUST-13/,
    says: 'tcp_rfc_time_wait',
    play(bench) {
      closed(bench);
      bench.advance(100_000);
      return alive(bench);
    },
    linux: '0 left',
    rfc9293: '1 left',
  },
  {
    what: 'a higher SYN without timestamps in TIME_WAIT',
    clause: /3\.10\.7\.4/,
    says: 'tcp_rfc_time_wait_syn',
    play(bench) {
      closed(bench);
      bench.say(1000, { flags: syn, seq: NEXT + 100_000 });
      return answer(bench);
    },
    linux: 'consume, SA seq 0 ack 1',
    rfc9293: 'drop, A seq 2 ack 2',
  },
  {
    what: 'a reset near the number of a connection in TIME_WAIT',
    clause: /RFC 5961/,
    says: 'tcp_rfc_time_wait_rst',
    play(bench) {
      closed(bench);
      bench.say(1000, { flags: rst, seq: NEXT + 10 });
      return answer(bench);
    },
    linux: 'drop',
    rfc9293: 'drop, A seq 2 ack 2',
  },
  {
    what: 'a closed socket whose peer sends no FIN for an hour',
    clause: /3\.10\.8/,
    says: 'tcp_rfc_fin_wait2',
    play(bench) {
      halfClosed(bench);
      bench.advance(3_600_000);
      return alive(bench);
    },
    linux: '0 left',
    rfc9293: '1 left',
  },
];

function benchOf(profile: ProfileName, limited: boolean): Bench {
  return new Bench({ profile, sysctl: limited ? { 'ipv4.tcp_invalid_ratelimit': 500 } : {} });
}

describe('the profiles', () => {
  for (const { what, says, clause, play, linux, rfc9293, limited = false } of DEPARTURES) {
    describe(what, () => {
      it(`linux: ${linux}`, () => {
        const bench = benchOf('linux', limited);
        assert.equal(play(bench), linux);
        const own = NAMES.filter((name, id) => name.startsWith('tcp_rfc_') && bench.trace.counts[id]! > 0);
        assert.deepEqual(own, []);
      });
      it(`rfc9293: ${rfc9293}`, () => {
        const bench = benchOf('rfc9293', limited);
        assert.equal(play(bench), rfc9293);
        const id = NAMES.indexOf(says as (typeof NAMES)[number]);
        assert.ok(what.startsWith('the third duplicate') || bench.trace.counts[id]! > 0, `${says} is not said`);
        assert.match(CATALOGUE[id]!.clause, clause);
      });
    });
  }

  it('are both complete, and differ in every choice', () => {
    assert.deepEqual(Object.keys(RFC9293), Object.keys(LINUX));
    assert.deepEqual(
      Object.keys(LINUX).filter((rule) => LINUX[rule as keyof typeof LINUX] === RFC9293[rule as keyof typeof LINUX]),
      [],
    );
    assert.deepEqual(Object.keys(RULES), [...PROFILE_NAMES]);
  });

  it('say in each decision of their own what Linux does, and stand in docs/profiles.md', () => {
    const text = readFileSync(new URL('../../../docs/profiles.md', import.meta.url), 'utf8');
    const own = NAMES.map((name, id) => ({ name, decision: CATALOGUE[id]! as Decision })).filter(({ name }) =>
      name.startsWith('tcp_rfc_'),
    );
    assert.ok(own.length > 30);
    assert.deepEqual(
      own.filter(({ decision }) => decision.profile !== 'rfc9293'),
      [],
    );
    assert.deepEqual(
      own.filter(({ decision }) => !/\(Linux/.test(decision.en) || !/Linux/.test(decision.zh)).map(({ name }) => name),
      [],
    );
    assert.deepEqual(
      own.filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name),
      [],
    );
    assert.deepEqual(
      own.filter(({ name }) => !DEPARTURES.some(({ says }) => says === name)).map(({ name }) => name),
      [],
    );
    assert.deepEqual(
      Object.keys(LINUX).filter((rule) => !text.includes(`\`${rule}\``)),
      [],
    );
  });
});
