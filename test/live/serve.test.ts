import assert from 'node:assert/strict';
import { RealTime } from '../../src/live/real-time.ts';
import { type ServeOptions, Serving } from '../../src/live/serve.ts';
import type { Wire } from '../../src/live/wire.ts';
import { hostPart } from '../../src/scenario/host-part.ts';
import { parseScript } from '../../src/scenario/parser.ts';
import { mount } from '../../src/server/mounted/mounted.ts';
import { NAMES } from '../../src/trace/catalogue.ts';
import type { EndInfo, FrameRecord, Reporter } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { ArpView } from '../../src/wire/arp.ts';
import { TcpFlag, TcpView } from '../../src/wire/tcp.ts';
import { buildFrame, type FrameFields } from '../wire/frame-builder.ts';

const SERVER = 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24\nlisten tcp 80\n';
const FROM = { source: '10.0.0.2', destination: '10.0.0.1' };
const PING: FrameFields = { ipv4: FROM, icmp: { type: 8, code: 0, rest: 7 }, payload: 'abcd' };
/** With it the host learns the client's MAC. */
const ARP_REQUEST: FrameFields = {
  ethernet: { destination: 'ff:ff:ff:ff:ff:ff' },
  arp: { operation: 1, senderMac: '02:00:00:00:00:02', senderIp: '10.0.0.2', targetIp: '10.0.0.1' },
};

/** A wire in memory: what the host sent, in order. */
class MemoryWire implements Wire {
  readonly sent: Uint8Array[] = [];
  isGone = false;
  isUnwatched = false;
  takesFrames = true;
  private readonly waiting: Uint8Array[] = [];
  private ready: () => void = () => {};

  put(...frames: readonly FrameFields[]): void {
    for (const fields of frames) this.waiting.push(buildFrame(fields));
    this.wake();
  }

  wake(): void {
    this.ready();
  }

  read(into: Uint8Array): number {
    const frame = this.waiting.shift();
    if (frame === undefined) return this.isGone ? -1 : 0;
    into.set(frame);
    return frame.length;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.takesFrames) this.sent.push(bytes.slice(start, end));
    return this.takesFrames;
  }

  watch(ready: () => void): void {
    this.ready = ready;
  }

  unwatch(): void {
    this.isUnwatched = true;
  }
}

/** Verdicts of the frames, by number, and how the run ended. */
class Watching implements Reporter {
  readonly wantsEvents = false;
  readonly done = false;
  readonly verdicts: string[] = [];
  info: EndInfo | null = null;
  trouble: Error | null = null;

  start(): void {}
  activity(): void {}
  idle(): void {}
  frame(frame: FrameRecord, trace: Trace): void {
    if (this.trouble !== null) throw this.trouble;
    this.verdicts[frame.number] = NAMES[trace.final]!;
  }
  end(info: EndInfo): void {
    this.info = info;
  }
}

function serve(
  script: string,
  app?: (request: Request) => Promise<Response>,
  options: Partial<ServeOptions> = {},
): { wire: MemoryWire; reporter: Watching; serving: Serving; over: Promise<void> } {
  const { host, rules } = hostPart(parseScript(script, 'x.scn', { load: () => ({ problem: 'none' }) }), true);
  const mounted = new Map(app === undefined ? [] : [['./app.js', mount('./app.js', { default: app })]]);
  const wire = new MemoryWire();
  const reporter = new Watching();
  const serving = new Serving(
    wire,
    new RealTime(),
    { host, site: null, rules, mounted },
    { name: 'tap0', quiet: false, ...options },
    reporter,
  );
  return { wire, reporter, serving, over: serving.run() };
}

/** A client by hand, as far as these tests need one. */
function segment(flags: number, seq: number, ack: number, payload = ''): FrameFields {
  return { ipv4: FROM, tcp: { sourcePort: 1234, destinationPort: 80, flags, seq, ack, window: 65535 }, payload };
}

const tcpOf = (frame: Uint8Array): TcpView => new TcpView().at(frame, 34, frame.length);
const textOf = (frame: Uint8Array): string => Buffer.from(frame.subarray(54)).toString();
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Real time passes until something is so; on a machine that is busy with other things that may take a while. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 1500 && !isSo(); i++) await wait(10);
}

describe('a host in real time', () => {
  it('answers frames of the interface, however short, and tells of each', async () => {
    const { wire, reporter, serving, over } = serve(SERVER);
    wire.put(ARP_REQUEST, PING, { ethernet: { destination: '02:00:00:00:00:09' }, payload: 'x' });
    serving.stop();
    await over;
    serving.end();
    assert.deepEqual(reporter.verdicts.slice(1), ['arp_request', 'icmp_echo_request', 'nic_mac_other']);
    assert.equal(new ArpView().at(wire.sent[0]!, 14, 42).operation, 2);
    assert.equal(wire.sent[1]![34], 0);
    assert.equal(wire.sent.length, 2);
    assert.equal(reporter.info!.packets, 3);
    assert.equal(wire.isUnwatched, true);
  });

  it('lets its timers run: a SYN-ACK that nobody acknowledges is sent again after a second', async () => {
    const times: number[] = [];
    const record = (frame: FrameRecord) => frame.bytes[frame.start + 23] === 6 && times.push(frame.time);
    const { wire, serving, over } = serve(SERVER, undefined, { record });
    wire.put(ARP_REQUEST, segment(TcpFlag.syn, 100, 0));
    const began = performance.now();
    await until(() => wire.sent.filter((frame) => frame[23] === 6).length === 2);
    const took = performance.now() - began;
    serving.stop();
    await over;
    const synAcks = wire.sent.filter((frame) => frame[23] === 6).map(tcpOf);
    assert.equal(synAcks.length, 2);
    assert.equal(synAcks[0]!.seq, synAcks[1]!.seq);
    const [syn, , again] = times;
    assert.ok(again! - syn! >= 1e9 && again! - syn! < 1.1e9, `${again! - syn!} ns`);
    assert.ok(took > 950, `${took} ms`);
  });

  it('goes on while a program thinks, and sends its answer with the time that it took', async () => {
    const times: number[] = [];
    const { wire, reporter, serving, over } = serve(
      `${SERVER.replace('listen tcp 80', 'listen tcp 80 program ./app.js')}`,
      async () => {
        await wait(60);
        return new Response('thought');
      },
      { record: (frame) => frame.direction === 2 && times.push(frame.time) },
    );
    wire.put(ARP_REQUEST, segment(TcpFlag.syn, 100, 0));
    const synAck = wire.sent.findIndex((frame) => frame[23] === 6);
    const { seq } = tcpOf(wire.sent[synAck]!);
    wire.put(segment(TcpFlag.ack, 101, seq + 1));
    wire.put(segment(TcpFlag.ack | TcpFlag.psh, 101, seq + 1, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    wire.put(PING);
    const pong = wire.sent.length;
    assert.equal(wire.sent[pong - 1]![23], 1, 'the ping is answered at once');
    await until(() => wire.sent.some((frame) => frame[23] === 6 && textOf(frame).includes('thought')));
    serving.stop();
    await over;
    serving.end();
    const answer = wire.sent.findIndex((frame) => frame[23] === 6 && textOf(frame).includes('thought'));
    assert.ok(answer >= pong);
    const took = times[answer]! - times[synAck]!;
    assert.ok(took > 50_000_000, `${took} ns`);
    assert.deepEqual([...reporter.info!.responses], [[200, 1]]);
  });

  it('serves frames that wait in the ring of a slow CPU, when their time has come', async () => {
    const { wire, reporter, serving, over } = serve(SERVER.replace('/24', '/24 cpu_per_frame 5ms'));
    wire.put(ARP_REQUEST);
    assert.deepEqual(reporter.verdicts, []);
    wire.put(PING);
    await until(() => wire.sent.length === 2);
    serving.stop();
    await over;
    assert.deepEqual(reporter.verdicts.slice(1), ['arp_request', 'icmp_echo_request']);
  });

  it('counts what the interface does not take', async () => {
    const { wire, reporter, serving, over } = serve(SERVER);
    wire.takesFrames = false;
    wire.put(ARP_REQUEST, PING, PING);
    serving.stop();
    await over;
    serving.end();
    const [note] = reporter.info!.notes;
    assert.deepEqual([note!.code, note!.text], ['live_unsent', 'tap0']);
    assert.ok(note!.count! >= 1);
  });

  it('ends when the interface is gone', async () => {
    const { wire, serving, over } = serve(SERVER);
    wire.put(PING);
    wire.isGone = true;
    wire.wake();
    await over;
    assert.equal(serving.gone, true);
    assert.equal(wire.isUnwatched, true);
  });

  it('ends with what went wrong in telling', async () => {
    const { wire, reporter, over } = serve(SERVER);
    reporter.trouble = new Error('disk full');
    const rejected = assert.rejects(over, /disk full/);
    wire.put(PING);
    await rejected;
    assert.equal(wire.isUnwatched, true);
  });

  it('gives times that are integers and always later', () => {
    const time = new RealTime();
    let before = 0;
    for (let i = 0; i < 1000; i++) {
      const now = time.now();
      assert.ok(Number.isInteger(now) && now > before);
      before = now;
    }
  });
});
