import { type CaptureRules, type HostConfig, type ListenerConfig, PLAIN_HOST } from '../../../src/host/config.ts';
import type { HostContext } from '../../../src/host/context.ts';
import { Packet } from '../../../src/host/packet.ts';
import { Random } from '../../../src/host/random.ts';
import { Descriptors, type Ending, type Listener, type Program, type Socket } from '../../../src/host/sockets.ts';
import { type SysctlName, sysctls } from '../../../src/host/sysctl.ts';
import type { TcpConnection } from '../../../src/host/tcp/connection.ts';
import type { ProfileName } from '../../../src/host/tcp/profile.ts';
import { Tcp } from '../../../src/host/tcp/tcp.ts';
import { Timers } from '../../../src/host/time/timers.ts';
import { CATALOGUE, NAMES } from '../../../src/trace/catalogue.ts';
import { Trace } from '../../../src/trace/trace.ts';
import type { Transmission } from '../../../src/trace/transmission.ts';
import { pseudoHeader4 } from '../../../src/wire/checksum.ts';
import { encodeTcp, type TcpFields, TcpFlag } from '../../../src/wire/tcp.ts';

export const SERVER = 0x0a000001;
export const CLIENT = 0x0a000002;
export const MS = 1e6;

/** Rules of a capture in which everything is taken as it comes. */
export const CAPTURE: CaptureRules = {
  fcs: 'none',
  offload: true,
  adopt: () => true,
  assumeListener: () => true,
  assumeUdp: () => true,
  disregardChecksum: () => false,
  answered: () => false,
  accepted: () => false,
  disproves: () => false,
  speaks: () => false,
};

/** A program that accepts all, keeps what it reads and what it was shown, and writes nothing of its own accord. */
export class Recorder implements Program {
  /** Bytes read; -1 stands for a run of missing ones. */
  received: number[] = [];
  missing = 0;
  observedBytes: number[] = [];
  observedMissing = 0;
  observedEnds = 0;
  ends: Ending[] = [];
  sockets: TcpConnection[] = [];
  reads = true;

  acceptable(listener: Listener): void {
    for (let socket = listener.accept(); socket !== null; socket = listener.accept()) {
      this.sockets.push(socket as TcpConnection);
      if (socket.recvQ > 0) this.readable(socket);
    }
  }
  readable(socket: Socket): void {
    if (!this.reads) return;
    socket.read((bytes, start, end, missing) => {
      for (let i = start; i < end; i++) this.received.push(bytes[i]!);
      if (missing > 0) this.received.push(-1);
      this.missing += missing;
    });
  }
  writable(): void {}
  ended(_socket: Socket, how: Ending): void {
    this.ends.push(how);
  }
  observed(_socket: Socket, bytes: Uint8Array, start: number, end: number, missing: number): void {
    for (let i = start; i < end; i++) this.observedBytes.push(bytes[i]!);
    this.observedMissing += missing;
  }
  observedEnd(): void {
    this.observedEnds++;
  }
}

export interface Say extends Partial<TcpFields> {
  flags: number;
  data?: string | Uint8Array;
  /** Bytes of the segment that were not captured. */
  cut?: number;
}

/** TCP alone, fed with segments as IP would: a server on port 80 of 10.0.0.1 and a client at 10.0.0.2. */
export class Bench {
  readonly trace = new Trace();
  readonly timers = new Timers();
  readonly program = new Recorder();
  readonly tcp: Tcp;
  readonly context: HostContext;
  readonly packet = new Packet();
  port = 40000;
  private readonly buffer = new Uint8Array(70000);

  constructor(
    options: {
      capture?: CaptureRules;
      sysctl?: Partial<Record<SysctlName, number>>;
      listener?: Partial<ListenerConfig>;
      profile?: ProfileName;
    } = {},
  ) {
    const listener: ListenerConfig = { protocol: 'tcp', port: 80, backlog: 8, program: 'test', ...options.listener };
    const config: HostConfig = {
      ...PLAIN_HOST,
      listeners: [listener],
      sysctl: sysctls({ 'ipv4.tcp_invalid_ratelimit': 0, ...options.sysctl }),
      capture: options.capture ?? null,
      profile: options.profile ?? 'linux',
      seed: 7,
    };
    this.trace.events = [];
    this.trace.facts = this.packet;
    this.context = {
      config,
      trace: this.trace,
      timers: this.timers,
      random: new Random(7),
      descriptors: new Descriptors(),
      now: 0,
      clock: { now: 0, arm() {}, cancel() {} },
      programFor: () => this.program,
      hopLimit6: 64,
      onEnded: null,
    };
    this.tcp = new Tcp(this.context);
    this.tcp.listen(listener);
    this.tcp.initial.issFor = () => 5000;
  }

  /** A segment of the client at a time in milliseconds; the trace tells what came of it. */
  say(ms: number, say: Say): void {
    this.advance(ms);
    this.fill(say, CLIENT, SERVER, this.port, 80);
    this.tcp.receive(this.packet);
  }

  /** A segment that the captured server sent. */
  show(ms: number, say: Say): void {
    this.advance(ms);
    this.fill(say, SERVER, CLIENT, 80, this.port);
    this.tcp.observe(this.packet);
  }

  /** Lets time pass; gives what timers sent. */
  advance(ms: number): Transmission[] {
    const until = ms * MS;
    const sent: Transmission[] = [];
    for (let alarm = this.timers.take(until); alarm !== null; alarm = this.timers.take(until)) {
      this.trace.begin(alarm.due);
      alarm.expire(alarm.due);
      sent.push(...this.trace.transmissions.slice(0, this.trace.transmissionCount).map((t) => ({ ...t }) as Transmission));
    }
    this.context.now = until;
    this.trace.begin(until);
    return sent;
  }

  /** Completes a handshake with ISN 1000 of the client and 5000 of the server. */
  connect(options: TcpFields['options'] = { mss: 1460 }, window = 64240): TcpConnection {
    this.say(0, { flags: TcpFlag.syn, seq: 1000, window, options });
    if (this.tcp.followed) this.show(1, { flags: TcpFlag.syn | TcpFlag.ack, seq: 5000, ack: 1001, window: 65535, options });
    this.say(30, { flags: TcpFlag.ack, seq: 1001, ack: 5001, window });
    return this.program.sockets.at(-1)!;
  }

  private fill(say: Say, source: number, destination: number, sourcePort: number, destinationPort: number): void {
    const { packet, buffer } = this;
    const { data, cut = 0, ...fields } = say;
    const payload = typeof data === 'string' ? new TextEncoder().encode(data) : (data ?? new Uint8Array(0));
    const pseudoHeader = pseudoHeader4(source, destination, 6, 0);
    const length = encodeTcp({ seq: 0, window: 64240, ...fields, sourcePort, destinationPort, payload, pseudoHeader }, buffer, 0);
    packet.reset();
    packet.family = 4;
    packet.src0 = packet.src1 = packet.src2 = packet.dst0 = packet.dst1 = packet.dst2 = 0;
    packet.src3 = source;
    packet.dst3 = destination;
    packet.protocol = 6;
    packet.bytes = buffer;
    packet.payloadStart = 0;
    packet.payloadLength = length;
    packet.payloadEnd = length - cut;
    packet.linkTarget = packet.ipTarget = 0;
    packet.reassembled = false;
  }

  /** Decision names of the last activity. */
  get decisions(): string[] {
    return [...this.trace.ids.subarray(0, this.trace.length)].map((id) => NAMES[id]!);
  }

  /** Effect of the last step: the segment's verdict. */
  get verdict(): string {
    return this.trace.final < 0 ? 'none' : CATALOGUE[this.trace.final]!.effect;
  }

  /** What was sent in the last activity: flags, relative seq and ack, payload length. */
  get sent(): string[] {
    return this.trace.transmissions.slice(0, this.trace.transmissionCount).map(describe);
  }

  get text(): string {
    return String.fromCharCode(...this.program.received.map((byte) => (byte < 0 ? 0x3f : byte)));
  }
}

const LETTERS: readonly (readonly [number, string])[] = [
  [2, 'S'],
  [1, 'F'],
  [4, 'R'],
  [8, 'P'],
  [16, 'A'],
];

export function describe(t: Transmission): string {
  const flags = LETTERS.map(([bit, letter]) => ((t.flags & bit) !== 0 ? letter : '')).join('');
  const length = t.payloadEnd - t.payloadStart;
  const ack = (t.flags & 16) !== 0 ? ` ack ${t.irs < 0 ? t.ack : (t.ack - t.irs) >>> 0}` : '';
  return `${flags} seq ${t.iss < 0 ? t.seq : (t.seq - t.iss) >>> 0}${ack}${length > 0 ? ` len ${length}` : ''}`;
}
