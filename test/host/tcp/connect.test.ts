import assert from 'node:assert/strict';
import { State } from '../../../src/host/sockets.ts';
import type { SysctlName } from '../../../src/host/sysctl.ts';
import { connect } from '../../../src/host/tcp/connect.ts';
import type { TcpConnection } from '../../../src/host/tcp/connection.ts';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench, CLIENT, MS, SERVER } from './harness.ts';

const { syn, ack, rst, fin } = TcpFlag;

/** The bench's host opens a connection from its port 80 to port 40000 of the other. */
function open(
  sysctl: Partial<Record<SysctlName, number>> = {},
  options: Parameters<typeof connect>[3] = {},
): { bench: Bench; c: TcpConnection } {
  const bench = new Bench({ sysctl });
  const words = { src0: 0, src1: 0, src2: 0, src3: CLIENT, dst0: 0, dst1: 0, dst2: 0, dst3: SERVER };
  bench.trace.begin(0);
  const c = connect(bench.tcp, { family: 4, sourcePort: 40000, destinationPort: 80, ...words }, bench.program, options)!;
  return { bench, c };
}

describe('connections that this host opens', () => {
  it('begin with a SYN that offers what the host has', () => {
    const { bench, c } = open();
    assert.deepEqual(bench.sent, ['S seq 0']);
    const [t] = bench.trace.transmissions;
    assert.deepEqual([t!.mss, t!.windowScale, t!.sackPermitted, t!.hasTimestamps, t!.window], [1460, 7, true, true, 64240]);
    assert.equal(c.state, State.synSent);
    assert.equal(c.fd, 4);
  });

  it('offer what their program has set', () => {
    const { bench } = open({ 'ipv4.tcp_timestamps': 0, 'ipv4.tcp_sack': 0 }, { mss: 500, windowScale: 3, rcvbuf: 4000 });
    const [t] = bench.trace.transmissions;
    assert.deepEqual([t!.mss, t!.windowScale, t!.sackPermitted, t!.hasTimestamps, t!.window], [500, 3, false, false, 4000]);
  });

  it('are there with the SYN-ACK, which is acknowledged at once', () => {
    const { bench, c } = open({ 'ipv4.tcp_timestamps': 0 });
    bench.say(30, { flags: syn | ack, seq: 7000, ack: c.iss + 1, window: 6000, options: { mss: 1000, windowScale: 2 } });
    assert.deepEqual(
      bench.decisions.filter((name) => name.startsWith('tcp_c') || name.startsWith('tcp_ack')),
      ['tcp_checksum_good', 'tcp_connection_found', 'tcp_connected', 'tcp_ack_syn_ack'],
    );
    assert.deepEqual(bench.sent, ['A seq 1 ack 1']);
    assert.equal(bench.verdict, 'consume');
    assert.deepEqual(
      [c.state, c.mss, c.sndWscale, c.rcvWscale, c.sndWnd, c.srtt],
      [State.established, 1000, 2, 7, 6000, 30 * MS],
    );
    const bytes = new TextEncoder().encode('hello');
    c.write(bytes, 0, 5);
    assert.deepEqual(bench.sent.at(-1), 'PA seq 1 ack 1 len 5');
  });

  it('use only what the peer offers too', () => {
    const { bench, c } = open();
    bench.say(10, { flags: syn | ack, seq: 7000, ack: c.iss + 1, options: {} });
    assert.deepEqual([c.tsOk, c.sackOk, c.wscaleOk, c.rcvWscale, c.mss], [false, false, false, 0, 536]);
  });

  const REPEATED: readonly [retries: number, at: readonly number[], end: number][] = [
    [1, [1, 2], 3],
    [2, [1, 2, 3, 4, 5], 7],
    [3, [1, 2, 3, 4, 5, 7, 11], 19],
    [6, [1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131],
  ];
  for (const [retries, at, end] of REPEATED) {
    it(`send the SYN again each second, then after twice the time, and give up after ${end} s where tcp_syn_retries is ${retries}`, () => {
      const { bench, c } = open({ 'ipv4.tcp_syn_retries': retries });
      const times: number[] = [];
      let ended = 0;
      for (let ms = 4; ended === 0 && ms <= 150_000; ms += 4) {
        for (const _ of bench.advance(ms)) times.push(ms / 1000);
        if (c.slot < 0) ended = ms / 1000;
      }
      // the timer wheel is up to an eighth late
      const isAt = (time: number, wanted: number) => time >= wanted && time < wanted * 1.125 + 0.01;
      assert.ok(times.length === at.length && times.every((time, i) => isAt(time, at[i]!)), times.join());
      assert.ok(isAt(ended, end), String(ended));
      assert.deepEqual(bench.program.ends, ['timeout']);
    });
  }

  it('are refused by a reset that acknowledges the SYN', () => {
    const { bench, c } = open();
    bench.say(10, { flags: rst | ack, seq: 0, ack: c.iss + 1 });
    assert.ok(bench.decisions.includes('tcp_connection_refused'));
    assert.deepEqual(bench.program.ends, ['peer_reset']);
    assert.deepEqual(bench.sent, []);
  });

  it('are not ended by other resets', () => {
    const { bench, c } = open();
    bench.say(10, { flags: rst, seq: 0 });
    assert.equal(bench.decisions.at(-1), 'tcp_syn_sent_reset_ignored');
    bench.say(20, { flags: rst | ack, seq: 0, ack: c.iss + 2 });
    assert.equal(bench.decisions.at(-1), 'tcp_syn_sent_wrong_ack');
    assert.equal(c.state, State.synSent);
  });

  it('reset an answer to something else', () => {
    const { bench, c } = open();
    bench.say(10, { flags: syn | ack, seq: 7000, ack: c.iss + 9 });
    assert.deepEqual(bench.sent, ['R seq 9']);
    assert.equal(c.state, State.synSent);
  });

  it('let pass what comes before the SYN-ACK', () => {
    const { bench, c } = open();
    bench.say(10, { flags: ack, seq: 7001, ack: c.iss + 1 });
    assert.equal(bench.decisions.at(-1), 'tcp_syn_sent_no_syn');
    assert.equal(c.state, State.synSent);
  });

  it('may be opened by both hosts at once', () => {
    const { bench, c } = open({ 'ipv4.tcp_timestamps': 0 });
    bench.say(10, { flags: syn, seq: 7000, options: { mss: 1460 } });
    assert.equal(c.state, State.synReceived);
    assert.deepEqual(bench.sent, ['SA seq 0 ack 1']);
    bench.say(20, { flags: syn | ack, seq: 7000, ack: c.iss + 1, options: { mss: 1460 } });
    assert.equal(c.state, State.established);
    assert.deepEqual(bench.sent, ['A seq 1 ack 1']);
  });

  it('are forgotten without a word when the program closes before the answer', () => {
    const { bench, c } = open();
    bench.trace.begin(1);
    c.close();
    assert.deepEqual(bench.sent, []);
    assert.equal(c.slot, -1);
  });

  it('close in order', () => {
    const { bench, c } = open({ 'ipv4.tcp_timestamps': 0 });
    bench.say(10, { flags: syn | ack, seq: 7000, ack: c.iss + 1, options: { mss: 1460 } });
    bench.trace.begin(20 * MS);
    c.close();
    assert.deepEqual(bench.sent, ['FA seq 1 ack 1']);
    bench.say(30, { flags: fin | ack, seq: 7001, ack: c.iss + 2 });
    assert.deepEqual(bench.sent, ['A seq 2 ack 2']);
    assert.equal(c.state, State.timeWait);
  });

  it('take no tuple that is in use', () => {
    const { bench } = open();
    const words = { src0: 0, src1: 0, src2: 0, src3: CLIENT, dst0: 0, dst1: 0, dst2: 0, dst3: SERVER };
    assert.equal(connect(bench.tcp, { family: 4, sourcePort: 40000, destinationPort: 80, ...words }, bench.program), null);
  });
});
