import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { analyze } from '../../src/replay/analyze.ts';
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
}

const HELLO = 'GET /hello.txt 200 6';
const LOOP = ['GET /mid.bin 200 20480', HELLO, 'GET /page.html 200 5000'];
const POST = 'POST /post 200 7';

const KNOWN: Readonly<Record<string, Known>> = {
  'accept-queue-full': { received: 24, sent: 7, log: [], inSegs: 23, opens: 3 },
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
  'fragments-under-loss': { received: 43, sent: 25, log: [], reasmOks: 8 },
  'ping-fragments': { received: 10, sent: 10, log: [], reasmOks: 2 },
  'pipelined-requests': { received: 9, sent: 9, log: [HELLO, HELLO, HELLO, 'GET /nosuch 404 146'], inSegs: 8, opens: 1 },
  redirects: {
    received: 22,
    sent: 16,
    log: ['GET /moved 301 162', HELLO, 'GET /found 302 138', HELLO, 'GET /temporary 307 164', HELLO],
    inSegs: 21,
    opens: 3,
  },
  'status-404': { received: 7, sent: 5, log: ['GET /nosuch 404 146'], inSegs: 6, opens: 1 },
  'udp-closed-port': { received: 2, sent: 2, log: [], noPorts: 1 },
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
          ({ method, target, status, bodyBytes }) => `${method} ${target} ${status} ${name === 'client-abort' ? '-' : bodyBytes}`,
        );
        assert.deepEqual([...lines].sort(), [...known.log].sort());
        assert.deepEqual(told.statuses.length, known.log.length);
      });

      it('has what the server’s kernel counted', () => {
        const ours = {
          inSegs: count('ipv4_to_tcp'),
          tcpCsum: count('tcp_bad_checksum'),
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

      it('differs from its server only where that one was silent', () => {
        // 14 SYNs found the accept queue full (TcpExt ListenOverflows); three of them lie too near the end to be missed
        assert.equal(told.divergences.length, name === 'accept-queue-full' ? 11 : 0);
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
