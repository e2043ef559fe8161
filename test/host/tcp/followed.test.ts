import assert from 'node:assert/strict';
import { STATE_NAMES } from '../../../src/trace/state.ts';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench, CAPTURE } from './harness.ts';

const { syn, ack, psh, fin, rst } = TcpFlag;

function followed(): Bench {
  const bench = new Bench({ capture: CAPTURE });
  bench.connect();
  return bench;
}

describe('a followed connection', () => {
  it('takes the ISN, the options and the window of the captured server', () => {
    const bench = new Bench({ capture: CAPTURE });
    bench.say(0, { flags: syn, seq: 1000, options: { mss: 1460, windowScale: 7, sackPermitted: true } });
    assert.deepEqual(bench.sent, ['SA seq 0 ack 1']);
    bench.show(1, { flags: syn | ack, seq: 777000, ack: 1001, window: 3000, options: { mss: 1400 } });
    bench.say(2, { flags: ack, seq: 1001, ack: 777001 });
    const c = bench.program.sockets[0]!;
    assert.deepEqual([c.iss, c.sackOk, c.sndWscale, c.rcvWscale, c.state], [777000, false, 0, 0, 3]);
    bench.say(3, { flags: ack | psh, seq: 1001, ack: 777001, data: 'GET / HTTP/1.0\r\n\r\n' });
    assert.equal(bench.verdict, 'deliver');
    assert.equal(bench.text, 'GET / HTTP/1.0\r\n\r\n');
  });

  it('is in SYN_SENT while the captured host opens it itself', () => {
    const bench = new Bench({ capture: CAPTURE });
    const states = () => [...bench.tcp.connections()].map(({ state }) => STATE_NAMES[state]);
    bench.show(0, { flags: syn, seq: 5000, options: { mss: 1460 } });
    bench.show(1000, { flags: syn, seq: 5000, options: { mss: 1460 } });
    assert.deepEqual(states(), ['SYN_SENT']);
    bench.say(1020, { flags: syn | ack, seq: 1000, ack: 5001 });
    assert.deepEqual([states(), bench.verdict], [['ESTABLISHED'], 'consume']);
  });

  it('is forgotten where nobody answers the captured host', () => {
    const bench = new Bench({ capture: CAPTURE });
    bench.show(0, { flags: syn, seq: 5000 });
    bench.advance(3_600_000);
    assert.deepEqual(bench.program.ends, ['timeout']);
    assert.deepEqual([...bench.tcp.connections()], []);
  });

  it('is over when the peer refuses the captured host', () => {
    const bench = new Bench({ capture: CAPTURE });
    bench.show(0, { flags: syn, seq: 5000 });
    bench.say(20, { flags: rst | ack, seq: 0, ack: 5001 });
    assert.ok(bench.decisions.includes('tcp_reset_by_peer'));
    assert.deepEqual([...bench.tcp.connections()], []);
  });

  it('tells the bytes of the captured server once and in order', () => {
    const bench = followed();
    const data = (at: number, text: string) => bench.show(40 + at, { flags: ack | psh, seq: 5001 + at, ack: 1001, data: text });
    data(0, 'abc');
    data(6, 'ghi');
    data(0, 'abc');
    data(3, 'defg');
    data(9, 'j');
    assert.equal(String.fromCharCode(...bench.program.observedBytes), 'abcdefghij');
    assert.equal(bench.program.observedMissing, 0);
  });

  it('tells a hole in the captured stream as missing when the client has acknowledged it', () => {
    const bench = followed();
    bench.show(40, { flags: ack, seq: 5001, ack: 1001, data: 'abc' });
    bench.show(41, { flags: ack, seq: 5014, ack: 1001, data: 'xyz' });
    assert.equal(String.fromCharCode(...bench.program.observedBytes), 'abc');
    bench.say(42, { flags: ack, seq: 1001, ack: 5017 });
    assert.equal(bench.verdict, 'consume');
    assert.equal(String.fromCharCode(...bench.program.observedBytes), 'abcxyz');
    assert.equal(bench.program.observedMissing, 10);
  });

  it('accepts an ACK of what the capture shows only later', () => {
    const bench = followed();
    bench.say(40, { flags: ack, seq: 1001, ack: 5101 });
    assert.ok(bench.decisions.includes('tcp_ack_ahead_of_capture'));
    assert.equal(bench.verdict, 'consume');
    bench.show(41, { flags: ack, seq: 5001, ack: 1001, data: 'x'.repeat(100) });
    assert.equal(bench.program.observedBytes.length, 100);
  });

  it('jumps over client bytes that the server acknowledged and the capture does not have', () => {
    const bench = followed();
    bench.say(40, { flags: ack, seq: 1001, ack: 5001, data: 'one' });
    bench.say(41, { flags: ack, seq: 1014, ack: 5001, data: 'two' });
    assert.equal(bench.verdict, 'hold');
    bench.show(42, { flags: ack, seq: 5001, ack: 1017 });
    assert.equal(bench.text, 'one');
    bench.show(60, { flags: ack, seq: 5001, ack: 1017 });
    assert.ok(bench.decisions.includes('tcp_capture_gap'));
    assert.equal(bench.text, 'one?two');
    assert.equal(bench.program.missing, 10);
  });

  it('does not believe in a gap when the data is captured a little later than its ACK', () => {
    const bench = followed();
    bench.show(40, { flags: ack, seq: 5001, ack: 1004 });
    bench.say(40.1, { flags: ack, seq: 1001, ack: 5001, data: 'one' });
    assert.equal(bench.verdict, 'deliver');
    bench.show(60, { flags: ack, seq: 5001, ack: 1004 });
    assert.equal(bench.program.missing, 0);
  });

  it('counts bytes cut by the snaplen as missing', () => {
    const bench = followed();
    bench.say(40, { flags: ack, seq: 1001, ack: 5001, data: 'abcdefgh', cut: 3 });
    assert.ok(bench.decisions.includes('tcp_checksum_not_captured'));
    assert.equal(bench.text, 'abcde?');
    assert.equal(bench.program.missing, 3);
  });

  for (const [name, steps, how, closedBy] of [
    ['the client closes first', ['c:F', 's:F', 'c:A'], 'closed', 'client'],
    ['the server closes first', ['s:F', 'c:A', 'c:F'], '', 'server'],
    ['the client resets', ['c:R'], 'peer_reset', 'client'],
    ['the server resets', ['s:R'], 'aborted', 'server'],
  ] as const) {
    it(`ends as captured: ${name}`, () => {
      const bench = followed();
      const c = bench.program.sockets[0]!;
      let seq = 1001;
      let serverSeq = 5001;
      let ms = 40;
      for (const step of steps) {
        const flags = step[2] === 'F' ? fin | ack : step[2] === 'R' ? rst : ack;
        if (step[0] === 'c') bench.say(ms++, { flags, seq, ack: serverSeq });
        else bench.show(ms++, { flags, seq: serverSeq, ack: seq });
        if (step === 'c:F') seq++;
        if (step === 's:F') serverSeq++;
      }
      assert.deepEqual(bench.program.ends, how === '' ? [] : [how]);
      assert.equal(c.closedBy, closedBy);
      if (how === '') assert.equal(c.state, 7);
      assert.equal(bench.program.observedEnds, steps.includes('s:F' as never) ? 1 : 0);
    });
  }

  it('is adopted in its middle, from either side', () => {
    for (const side of ['client', 'server'] as const) {
      const bench = new Bench({ capture: CAPTURE });
      if (side === 'server') bench.show(0, { flags: ack, seq: 900000, ack: 70001, data: 'x' });
      bench.say(1, { flags: ack | psh, seq: 70001, ack: 900001, data: 'GET ' });
      assert.equal(bench.verdict, 'deliver', side);
      const c = bench.program.sockets[0]!;
      assert.deepEqual([c.adopted, c.irs, c.iss], [true, -1, -1]);
      assert.equal(bench.text, 'GET ');
    }
  });

  it('ends when its ports are used again, and the new SYN begins a new one', () => {
    const bench = followed();
    bench.say(60_000, { flags: syn, seq: 9_000_000, options: { mss: 1460 } });
    assert.ok(bench.decisions.includes('tcp_port_reused'));
    assert.deepEqual(bench.sent, ['SA seq 0 ack 1']);
    assert.deepEqual(bench.program.ends, ['replaced']);
  });

  it('lets the captured SYN-ACK be repeated or late', () => {
    const bench = new Bench({ capture: CAPTURE });
    bench.say(0, { flags: syn, seq: 1000, options: { mss: 1460 } });
    bench.say(1, { flags: ack, seq: 1001, ack: 8001 });
    bench.show(2, { flags: syn | ack, seq: 8000, ack: 1001, options: { mss: 1460 } });
    bench.show(3, { flags: syn | ack, seq: 8000, ack: 1001, options: { mss: 1460 } });
    bench.say(4, { flags: ack, seq: 1001, ack: 8001, data: 'hi' });
    assert.equal(bench.verdict, 'deliver');
    assert.equal(bench.text, 'hi');
  });
});
