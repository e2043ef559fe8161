import { type CaptureRules, type HostConfig, PLAIN_HOST } from '../../src/host/config.ts';
import { Host } from '../../src/host/host.ts';
import type { Program, Socket } from '../../src/host/sockets.ts';
import { type SysctlName, sysctls } from '../../src/host/sysctl.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import { Trace } from '../../src/trace/trace.ts';
import { parseIp } from '../../src/wire/address.ts';
import { Frame } from '../../src/wire/frame.ts';
import { LinkType } from '../../src/wire/link.ts';
import { buildFrame, type FrameFields } from '../wire/frame-builder.ts';

const MAC = { high: 0x0200, low: 1 };
const CLIENT = { high: 0x0200, low: 2 };

/** As a capture's driver sets them when it knows nothing. */
export const CAPTURE: CaptureRules = {
  fcs: 'auto',
  offload: true,
  disregardChecksum: () => false,
  answered: () => false,
  accepted: () => false,
  disproves: () => false,
  speaks: () => false,
  adopt: () => false,
  assumeListener: () => false,
  assumeUdp: () => false,
};

export function ip(text: string, prefix?: number): HostConfig['addresses'][number] {
  const { family, w0, w1, w2, w3 } = parseIp(text)!;
  return { family: family === 4 ? 4 : 6, words: [w0, w1, w2, w3], prefix: prefix ?? (family === 4 ? 32 : 128) };
}

export interface MachineOptions extends Partial<Omit<HostConfig, 'sysctl'>> {
  readonly sysctl?: Partial<Record<SysctlName, number>>;
}

/** 10.0.0.1 and fd00:10::1 with 10.0.0.2 and fd00:10::2 as known neighbours, UDP echo on port 7. Live unless `capture` is given. */
export class Machine {
  readonly trace = new Trace();
  readonly host: Host;
  /** What the host sent, in order, since the last `clear`. */
  readonly sent: { readonly time: number; readonly bytes: Uint8Array }[] = [];
  /** What the UDP echo program read. */
  readonly read: string[] = [];
  private readonly frame = new Frame();

  constructor(options: MachineOptions = {}) {
    const config: HostConfig = {
      ...PLAIN_HOST,
      macs: [MAC],
      addresses: [ip('10.0.0.1', 24), ip('fd00:10::1', 64)],
      listeners: [{ protocol: 'udp', port: 7, backlog: 0, program: 'echo' }],
      gateways: [ip('10.0.0.254')],
      neighbours: [
        { address: ip('10.0.0.2'), mac: CLIENT },
        { address: ip('10.0.0.254'), mac: { high: 0x0200, low: 0xfe } },
        { address: ip('fd00:10::2'), mac: CLIENT },
      ],
      ...options,
      sysctl: sysctls(options.sysctl),
    };
    this.host = new Host(config, this.trace, () => this.echo());
    if (config.capture === null) {
      this.host.send = (bytes, start, end, time) => this.sent.push({ time, bytes: bytes.slice(start, end) });
    }
  }

  /** Lets a frame climb; gives the names of its decisions. */
  receive(bytes: Uint8Array, fields: Partial<Frame> = {}): string[] {
    this.host.receive(this.fill(bytes, fields));
    return this.decisions();
  }

  /** A frame of the client at 02:00:00:00:00:02, padded as a card does; what is left out is right. */
  send(fields: FrameFields, frame: Partial<Frame> = {}): string[] {
    return this.receive(buildFrame({ pad: true, ...fields }), frame);
  }

  observe(bytes: Uint8Array, fields: Partial<Frame> = {}): string[] {
    this.host.observe(this.fill(bytes, fields));
    return this.decisions();
  }

  /** Decisions of each activity that time brings. */
  advance(until: number): string[][] {
    const activities: string[][] = [];
    this.host.advance(until, () => activities.push(this.decisions()));
    return activities;
  }

  decisions(): string[] {
    return Array.from(this.trace.ids.subarray(0, this.trace.length), (id) => NAMES[id]!);
  }

  /** Values a, b, c of the first decision of that name in the last activity. */
  values(name: string): number[] {
    const at = this.decisions().indexOf(name);
    return at < 0 ? [] : Array.from(this.trace.values.subarray(at * 3, at * 3 + 3));
  }

  /** The last decision of the path. */
  get verdict(): string {
    return this.trace.final < 0 ? 'none' : NAMES[this.trace.final]!;
  }
  get effect(): string {
    return this.trace.final < 0 ? 'none' : (CATALOGUE[this.trace.final] as Decision).effect;
  }

  clear(): void {
    this.sent.length = 0;
  }

  private fill(bytes: Uint8Array, fields: Partial<Frame>): Frame {
    const { frame } = this;
    frame.bytes = bytes;
    frame.start = 0;
    frame.end = bytes.length;
    frame.wireLength = bytes.length;
    frame.time = 0;
    frame.linkType = LinkType.ethernet;
    frame.fcsLength = -1;
    frame.linkErrors = 0;
    frame.number++;
    return Object.assign(frame, fields);
  }

  private echo(): Program {
    const readable = (socket: Socket): void => {
      socket.read((bytes, start, end) => {
        this.read.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
        socket.write(bytes, start, end);
      });
    };
    return { acceptable() {}, readable, writable() {}, ended() {} };
  }
}

/** Seeded bytes and numbers: the same on every run (mulberry32). */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** 0 to `below` - 1. */
  next(below: number): number {
    this.state = (this.state + 0x6d2b_79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % below;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next(256));
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.next(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}
