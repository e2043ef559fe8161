import { type HostConfig, type ListenerConfig, PLAIN_HOST } from '../../src/host/config.ts';
import { Host } from '../../src/host/host.ts';
import { type SysctlName, sysctls } from '../../src/host/sysctl.ts';
import type { ProgramConfiguration } from '../../src/server/configuration.ts';
import { Programs } from '../../src/server/programs.ts';
import { NAMES } from '../../src/trace/catalogue.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import { Trace } from '../../src/trace/trace.ts';
import { Frame } from '../../src/wire/frame.ts';
import { LinkType } from '../../src/wire/link.ts';
import { TcpFlag, TcpView } from '../../src/wire/tcp.ts';
import { ip } from '../host/machine.ts';
import { buildFrame } from '../wire/frame-builder.ts';
import { recorded } from './decisions.ts';

export const MS = 1_000_000;
const ETHERNET_AND_IPV4 = 34;
const CLIENT_MAC = { high: 0x0200, low: 2 };

export interface SimulationOptions {
  readonly sysctl?: Partial<Record<SysctlName, number>>;
  readonly configuration?: ProgramConfiguration;
  readonly host?: Partial<HostConfig>;
  /** Told of each activity; `frame` is null where a timer or the program caused it. */
  readonly told?: (trace: Trace, frame: Frame | null) => void;
}

/** A live host at 10.0.0.1 with the real server program, and clients at 10.0.0.2, all in one virtual time. */
export class Simulation {
  readonly trace = new Trace();
  readonly programs: Programs;
  readonly host: Host;
  /** Decisions of each activity, as `recorded` has them, when `keeps`. */
  readonly activities: string[][] = [];
  /** The same, one by one, with their times. */
  readonly timed: { readonly time: number; readonly line: string }[] = [];
  keeps = true;
  readonly events: TraceEvent[] = [];
  now = 0;
  private readonly told: SimulationOptions['told'];
  /** What is to happen, the next last; of equal times, in the order set: frames do not overtake each other. */
  private readonly coming: { readonly time: number; readonly work: () => void }[] = [];
  private readonly clients = new Map<number, Client>();
  private readonly frame = new Frame();
  private readonly view = new TcpView();

  constructor(listeners: readonly ListenerConfig[], options: SimulationOptions = {}) {
    this.told = options.told;
    this.trace.events = [];
    this.programs = new Programs(this.trace, options.configuration);
    const config: HostConfig = {
      ...PLAIN_HOST,
      macs: [{ high: 0x0200, low: 1 }],
      addresses: [ip('10.0.0.1', 24), ip('fd00:10::1', 64)],
      listeners,
      neighbours: [{ address: ip('10.0.0.2'), mac: CLIENT_MAC }],
      ...options.host,
      sysctl: sysctls(options.sysctl),
    };
    this.host = new Host(config, this.trace, this.programs.programFor);
    this.host.send = (bytes, start, end, time) => this.deliver(bytes.slice(start, end), time);
    this.look();
  }

  client(port: number, rtt = 0): Client {
    const client = new Client(this, port, rtt);
    this.clients.set(port, client);
    return client;
  }

  at(time: number, work: () => void): void {
    const { coming } = this;
    let first = 0;
    let end = coming.length;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (coming[middle]!.time > time) first = middle + 1;
      else end = middle;
    }
    coming.splice(first, 0, { time, work });
  }

  /** Lets a frame climb; gives the name of its verdict's decision. */
  receive(bytes: Uint8Array): string {
    const { frame } = this;
    Object.assign(frame, { bytes, start: 0, end: bytes.length, wireLength: bytes.length, time: this.now, fcsLength: -1 });
    frame.linkType = LinkType.ethernet;
    frame.number++;
    this.host.receive(frame);
    this.look(frame);
    return NAMES[this.trace.final] ?? 'none';
  }

  async run(until: number): Promise<void> {
    for (;;) {
      const next = Math.min(this.coming.at(-1)?.time ?? Number.POSITIVE_INFINITY, this.host.nextTimer);
      if (next > until) break;
      this.now = Math.max(this.now, next);
      if (this.host.nextTimer <= this.now) this.host.advance(this.now, () => this.look());
      else this.coming.pop()!.work();
      const settled = this.programs.settle();
      if (settled !== null) await settled;
    }
    this.now = until;
  }

  /** Decisions of all activities from `from` on, in a row. */
  decisions(pattern: RegExp, from = 0): string[] {
    return this.activities.slice(from).flatMap((activity) => activity.filter((decision) => pattern.test(decision)));
  }

  private look(frame: Frame | null = null): void {
    this.told?.(this.trace, frame);
    if (this.keeps) {
      const lines = recorded(this.trace);
      this.activities.push(lines);
      for (const line of lines) this.timed.push({ time: this.trace.time, line });
      this.events.push(...this.trace.events!);
    }
  }

  private deliver(bytes: Uint8Array, time: number): void {
    const view = this.view.at(bytes, ETHERNET_AND_IPV4, bytes.length);
    const client = this.clients.get(view.destinationPort);
    if (client !== undefined) this.at(time + client.rtt / 2, () => client.receive(bytes));
  }
}

/** A client as simple as can be: no options, every segment acknowledged, its request sent again with an ACK that the server asks for again. */
export class Client {
  readonly port: number;
  readonly rtt: number;
  state: 'closed' | 'connecting' | 'open' | 'closing' | 'done' | 'reset' = 'closed';
  text = '';
  /** That the server announced last. */
  window = -1;
  /** Verdicts of the frames it sent. */
  readonly verdicts: string[] = [];
  /** What it says once the connection is open; and closes when the answer is there, unless the server does. */
  request = '';
  closesAfter: RegExp | null = null;
  /** Bytes that it reads before its window closes, and whether it closes when the server does. */
  takes = Number.POSITIVE_INFINITY;
  closesSecond = true;
  private readonly simulation: Simulation;
  private sndNxt = 1000;
  private rcvNxt = 0;
  private finSent = false;

  constructor(simulation: Simulation, port: number, rtt: number) {
    this.simulation = simulation;
    this.port = port;
    this.rtt = rtt;
  }

  connect(request = ''): void {
    this.request = request;
    this.state = 'connecting';
    this.say(TcpFlag.syn, '');
    this.sndNxt++;
  }

  send(text: string): void {
    this.say(TcpFlag.ack | TcpFlag.psh, text);
    this.sndNxt += Buffer.byteLength(text, 'latin1');
  }

  close(): void {
    if (this.finSent) return;
    this.finSent = true;
    this.state = 'closing';
    this.say(TcpFlag.ack | TcpFlag.fin, '');
    this.sndNxt++;
  }

  abort(): void {
    this.state = 'reset';
    this.say(TcpFlag.rst, '');
  }

  receive(bytes: Uint8Array): void {
    const view = new TcpView().at(bytes, ETHERNET_AND_IPV4, bytes.length);
    const { flags, seq } = view;
    this.window = view.window;
    if ((flags & TcpFlag.rst) !== 0) {
      this.state = 'reset';
      return;
    }
    if ((flags & TcpFlag.syn) !== 0) {
      this.opened(seq);
      return;
    }
    const total = ((bytes[16]! << 8) | bytes[17]!) + 14;
    const data = bytes.subarray(ETHERNET_AND_IPV4 + view.headerLength, total);
    const fin = (flags & TcpFlag.fin) !== 0;
    if (seq !== this.rcvNxt || (data.length === 0 && !fin)) return;
    this.text += Buffer.from(data).toString('latin1');
    this.rcvNxt += data.length + (fin ? 1 : 0);
    if (fin && !this.finSent && this.closesSecond) this.close();
    else if (this.closesAfter?.test(this.text)) this.close();
    else this.say(TcpFlag.ack, '');
    if (fin) this.state = 'done';
  }

  private opened(seq: number): void {
    const again = this.state === 'open';
    if (!again && this.state !== 'connecting') return;
    this.rcvNxt = seq + 1;
    this.state = 'open';
    if (again) this.sndNxt -= this.request.length;
    this.say(TcpFlag.ack, '');
    if (this.request !== '') this.send(this.request);
  }

  private say(flags: number, payload: string): void {
    const { simulation, port } = this;
    const bytes = buildFrame({
      ipv4: { source: '10.0.0.2', destination: '10.0.0.1' },
      tcp: {
        sourcePort: port,
        destinationPort: 80,
        seq: this.sndNxt,
        ack: this.rcvNxt,
        flags,
        window: Math.max(0, Math.min(65535, this.takes - this.text.length)),
      },
      payload: Buffer.from(payload, 'latin1'),
      pad: true,
    });
    simulation.at(simulation.now + this.rtt / 2, () => this.verdicts.push(simulation.receive(bytes)));
  }
}
