import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { analyze } from '../../src/replay/analyze.ts';
import { CATALOGUE, D, type DecisionName } from '../../src/trace/catalogue.ts';
import { NO_PROGRESS, OPTIONS, Teller } from './story.ts';

const captures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));

/**
 * What others say of each capture: frames by direction as tcpdump counts them, requests as nginx logged them (with status and bytes of
 * body), and how often the server's kernel counted: segments that reached TCP (Tcp InSegs), their wrong checksums (Tcp InCsumErrors), those
 * of IPv4 headers (IpExt InCsumErrors), datagrams put together (Ip ReasmOKs), segments held out of order (TcpExt TCPOFOQueue), datagrams
 * without a socket (Udp NoPorts), connections accepted (Tcp PassiveOpens).
 */
interface Known {
  readonly received: number;
  readonly sent: number;
  readonly log: readonly string[];
  readonly inSegs?: number;
  readonly tcpCsum?: number;
  readonly ipCsum?: number;
  readonly reasmOks?: number;
  readonly outOfOrder?: number;
  readonly noPorts?: number;
  readonly opens?: number;
  /** Divergences: kind, and the reply of ours that it is about; each is explained in docs/divergences.md. */
  readonly differs?: readonly string[];
  /** Frames by what became of them; none: not told. */
  readonly drops?: Readonly<Record<string, number>>;
}

const HELLO = 'GET /hello.txt 200 6';
const LOOP = ['GET /mid.bin 200 20480', HELLO, 'GET /page.html 200 5000'];
const POST = 'POST /post 200 7';

/** The client has reset the connection before the whole body had come. */
const ABORTED: ReadonlySet<string> = new Set(['client-abort', 'reset-while-sending']);

const KNOWN: Readonly<Record<string, Known>> = {
  'accept-queue-full': {
    received: 24,
    sent: 7,
    log: [],
    inSegs: 23,
    opens: 3,
    // 14 SYNs found the accept queue full (TcpExt ListenOverflows); three of them lie too near the end to be missed
    differs: [...Array(3).fill('missing_reply tcp_syn_ack'), ...Array(8).fill('missing_reply tcp_syn_ack_again')],
  },
  'client-abort': { received: 9, sent: 16, log: ['GET /big.bin 200 -'], inSegs: 8, opens: 1 },
  'corrupted-upload': {
    // one of them with a damaged source MAC
    received: 146,
    sent: 107,
    log: [...LOOP, ...LOOP, POST, POST, ...LOOP, POST],
    inSegs: 135,
    tcpCsum: 18,
    ipCsum: 7,
    outOfOrder: 29,
    opens: 6,
  },
  'curl-get': { received: 7, sent: 5, log: [HELLO], inSegs: 6, opens: 1 },
  // each request came with its SYN
  'fast-open': { received: 16, sent: 16, log: [HELLO, HELLO, HELLO], inSegs: 12, opens: 3, drops: { otherhost: 3 } },
  // two segments for it found a firewall before TCP, which answered them by ICMP errors
  'firewall-reject': {
    received: 18,
    sent: 13,
    log: [HELLO, HELLO],
    inSegs: 14,
    opens: 2,
    differs: ['unexpected_reply tcp_rst_no_socket', 'unexpected_reply tcp_rst_no_socket'],
    drops: { no_socket: 2, otherhost: 3 },
  },
  // five datagrams, of which the server echoed each: they are not put together from parts of their fragments
  'fragments-cut': { received: 19, sent: 17, log: [], drops: { otherhost: 3 } },
  'fragments-under-loss': { received: 43, sent: 25, log: [], reasmOks: 8 },
  'keepalive-probes': {
    received: 19,
    sent: 15,
    log: [HELLO, HELLO],
    inSegs: 12,
    opens: 1,
    drops: { tcp_old_sequence: 4, otherhost: 6 },
  },
  // the kernel's numbers are the server's, which the lost frames never reached: 42 segments
  'lost-before-server': {
    received: 50,
    sent: 44,
    log: Array(8).fill(HELLO),
    inSegs: 45,
    opens: 8,
    differs: ['missing_reply tcp_syn_ack'],
    drops: { tcp_dup_syn: 1, tcp_tw_fin: 2, otherhost: 4 },
  },
  'ping-fragments': { received: 10, sent: 10, log: [], reasmOks: 2 },
  'pipelined-requests': { received: 9, sent: 9, log: [HELLO, HELLO, HELLO, 'GET /nosuch 404 146'], inSegs: 8, opens: 1 },
  redirects: {
    received: 22,
    sent: 16,
    log: ['GET /moved 301 162', HELLO, 'GET /found 302 138', HELLO, 'GET /temporary 307 164', HELLO],
    inSegs: 21,
    opens: 3,
  },
  'reset-while-sending': { received: 9, sent: 6, log: ['GET /big.bin 200 -'], inSegs: 8, opens: 1, drops: { tcp_reset: 1 } },
  'status-404': { received: 7, sent: 5, log: ['GET /nosuch 404 146'], inSegs: 6, opens: 1 },
  'udp-closed-port': { received: 2, sent: 2, log: [], noPorts: 1 },
  'vlan-with-fcs': {
    received: 39,
    sent: 35,
    log: [HELLO, 'GET /mid.bin 200 20480'],
    inSegs: 29,
    reasmOks: 1,
    opens: 2,
    drops: { no_socket: 3, otherhost: 6 },
  },
  'websocket-and-trailers': {
    received: 37,
    sent: 28,
    log: ['GET /chat 101 0', 'GET /stream 200 40', 'GET /hints 200 7', 'POST /up 200 7'],
    inSegs: 33,
    opens: 3,
    drops: { tcp_old_data: 1, otherhost: 3 },
  },
};

async function analyzed(name: string): Promise<Teller> {
  const capture = await openCapture([join(captures, `${name}.pcap`)]);
  const teller = new Teller();
  await analyze(capture, OPTIONS, teller, NO_PROGRESS);
  await capture.close();
  return teller;
}

describe('captures that ship', () => {
  it('are all in the table', () => {
    const files = readdirSync(captures).filter((each) => each.endsWith('.pcap'));
    assert.deepEqual(files.map((each) => each.slice(0, -5)).sort(), Object.keys(KNOWN).sort());
  });

  for (const [name, known] of Object.entries(KNOWN)) {
    describe(name, () => {
      let told = new Teller();
      const count = (...decisions: string[]): number =>
        told.decisions.reduce((sum, each) => sum + each.filter((decision) => decisions.includes(decision)).length, 0);
      before(async () => {
        told = await analyzed(name);
      });

      it('is about 10.0.0.1, with as many frames of each direction', () => {
        assert.deepEqual(told.startInfo!.host.addresses, ['10.0.0.1']);
        const sent = told.verdicts.filter((verdict) => verdict.endsWith('_observed') || verdict === 'tcp_observed_rst').length;
        assert.deepEqual([told.verdicts.length - sent, sent], [known.received, known.sent]);
      });

      it('has the requests and responses of the server’s log', () => {
        const lines = told.endInfo!.exchanges.map(
          ({ method, target, status, bodyBytes }) => `${method} ${target} ${status} ${ABORTED.has(name) ? '-' : bodyBytes}`,
        );
        assert.deepEqual([...lines].sort(), [...known.log].sort());
        assert.deepEqual(told.statuses.filter((status) => status >= 200 || status === 101).length, known.log.length);
      });

      it('has what the server’s kernel counted', () => {
        const ours = {
          inSegs: count('ipv4_to_tcp'),
          tcpCsum: count('tcp_checksum_bad'),
          ipCsum: count('ipv4_checksum_bad'),
          reasmOks: count('frag_complete'),
          outOfOrder: count('tcp_out_of_order'),
          noPorts: count('udp_no_socket'),
          opens: told.events.filter((e) => e.type === 'socket' && e.event === 'established' && e.adopted !== true).length,
        };
        const expected: Record<string, number> = {};
        for (const key of Object.keys(ours)) expected[key] = known[key as keyof typeof ours] ?? 0;
        assert.deepEqual(ours, expected);
      });

      it('differs from its server only where that is explained', () => {
        const differs = told.events.flatMap((e) => (e.type === 'divergence' ? [`${e.kind} ${e.expected?.why}`] : []));
        assert.deepEqual(differs.sort(), known.differs ?? []);
      });

      it('begins before its connections, and lacks nothing', () => {
        assert.deepEqual(
          told.endInfo!.notes.filter(({ code }) => code === 'adopted' || code === 'gaps'),
          [],
        );
      });

      if (known.drops !== undefined)
        it('drops what is to be dropped, and nothing else', () => {
          const drops: Record<string, number> = {};
          for (const verdict of told.verdicts) {
            const { effect, reason = '' } = CATALOGUE[D[verdict as DecisionName]]!;
            if (effect === 'drop') drops[reason] = (drops[reason] ?? 0) + 1;
          }
          assert.deepEqual(drops, known.drops);
        });
    });
  }

  it('give the same requests and statuses through a pipe', async () => {
    for (const name of Object.keys(KNOWN)) {
      const whole = await analyzed(name);
      const capture = await openCapture([join(captures, `${name}.pcap`)]);
      Object.defineProperty(capture, 'rewindable', { value: false });
      const live = new Teller();
      await analyze(capture, OPTIONS, live, NO_PROGRESS);
      await capture.close();
      assert.deepEqual([live.requests, live.statuses], [whole.requests, whole.statuses], name);
    }
  });
});
