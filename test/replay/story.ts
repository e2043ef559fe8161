import type { Capture } from '../../src/capture/capture.ts';
import { analyze } from '../../src/replay/analyze.ts';
import type { AnalyzeOptions } from '../../src/replay/options.ts';
import { NAMES } from '../../src/trace/catalogue.ts';
import type { TraceEvent } from '../../src/trace/events.ts';
import type { EndInfo, Progress, Reporter, StartInfo } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { parseIp } from '../../src/wire/address.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { LinkType } from '../../src/wire/link.ts';
import { buildFrame, type FrameFields } from '../wire/frame-builder.ts';

export const OPTIONS: AnalyzeOptions = { hosts: [], listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux' };
export const NO_PROGRESS: Progress = { stage() {}, at() {}, end() {} };
export const MS = 1_000_000;
export const SECOND = 1_000_000_000;

/** One frame of a capture that was never a file. */
export interface Shot {
  readonly bytes: Uint8Array;
  readonly time: number;
  readonly linkType?: number;
  readonly wireLength?: number;
}

/** A capture in memory; `live`: it can be read once, as a pipe. */
export function captureOf(shots: readonly Shot[], live = false): Capture {
  let at = 0;
  const capture = {
    paths: ['memory'],
    size: live ? null : shots.length,
    rewindable: !live,
    damages: [],
    consumed: 0,
    origin: 0n,
    format: { name: 'pcap', nanoseconds: false, modified: false, compression: null },
    get frameCount() {
      return at;
    },
    next(frame: Frame): boolean {
      const shot = shots[at];
      if (shot === undefined) return false;
      frame.bytes = shot.bytes;
      frame.start = 0;
      frame.end = shot.bytes.length;
      frame.time = shot.time;
      frame.wireLength = shot.wireLength ?? shot.bytes.length;
      frame.linkType = shot.linkType ?? LinkType.ethernet;
      frame.fcsLength = -1;
      frame.linkErrors = 0;
      frame.number = ++at;
      return true;
    },
    fill: async () => false,
    rewind: async () => {
      at = 0;
    },
    close: async () => {},
  };
  return capture as unknown as Capture;
}

/** What a run said, frame by frame. */
export class Teller implements Reporter {
  readonly wantsEvents = true;
  readonly done = false;
  /** The decision that is each frame's verdict, and all of them. */
  readonly verdicts: string[] = [];
  readonly decisions: string[][] = [];
  readonly events: TraceEvent[] = [];
  startInfo: StartInfo | null = null;
  endInfo: EndInfo | null = null;

  start(info: StartInfo): void {
    this.startInfo = info;
  }
  frame(_frame: Frame, trace: Trace): void {
    this.verdicts.push(trace.final < 0 ? 'none' : NAMES[trace.final]!);
    this.decisions.push(Array.from(trace.ids.subarray(0, trace.length), (id) => NAMES[id]!));
    this.events.push(...(trace.events ?? []));
  }
  activity(trace: Trace): void {
    this.events.push(...(trace.events ?? []));
  }
  idle(): void {}
  end(info: EndInfo): void {
    this.endInfo = info;
  }

  /** `GET / 1.1`, in order. */
  get requests(): string[] {
    return this.events.flatMap((e) => (e.type === 'request' ? [`${e.method} ${e.target} ${e.version}`] : []));
  }
  get statuses(): number[] {
    return this.events.flatMap((e) => (e.type === 'response' ? [e.status] : []));
  }
  /** `missing_reply #3 SA 0/1 tcp_syn_ack, captured …`. */
  get divergences(): string[] {
    const words = (s: { proto: string; flags?: string; seq?: number; ack?: number; abs?: true } | null): string =>
      s === null ? 'nothing' : s.proto === 'tcp' ? `${s.flags} ${s.seq}/${s.ack ?? '-'}${s.abs ? ' absolute' : ''}` : s.proto;
    return this.events.flatMap((e) =>
      e.type === 'divergence' ? [`${e.kind} #${e.n}: ${words(e.expected)}, captured ${words(e.captured)}`] : [],
    );
  }
  get hosts(): string {
    const { addresses, choice } = this.startInfo!.host;
    return `${choice}: ${addresses.join(' ')}`;
  }
}

export async function tell(shots: readonly Shot[], options: Partial<AnalyzeOptions> = {}, live = false): Promise<Teller> {
  const teller = new Teller();
  await analyze(captureOf(shots, live), { ...OPTIONS, ...options }, teller, NO_PROGRESS);
  return teller;
}

export function host(text: string): AnalyzeOptions['hosts'][number] {
  const { family, w0, w1, w2, w3 } = parseIp(text)!;
  return { family: family === 6 ? 6 : 4, words: [w0, w1, w2, w3], prefix: family === 6 ? 64 : 24 };
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };
const ISN = { client: 1000, server: 5000 };
const CLIENT_MAC = '02:00:00:00:00:02';
const SERVER_MAC = '02:00:00:00:00:01';

/** What differs from a plain segment. Numbers are relative to the ISNs. */
export interface Twist {
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly checksum?: number;
  readonly mss?: number;
  /** With `mss`: SACK is permitted. */
  readonly sack?: boolean;
  readonly rawOptions?: Uint8Array;
  /** Changed in the last byte of the frame, behind everybody's back. */
  readonly damaged?: boolean;
  /** Sent, but the capture does not have it. */
  readonly unseen?: boolean;
  readonly source?: string;
  readonly destination?: string;
  readonly macs?: { readonly source?: string; readonly destination?: string };
}

/** A TCP conversation as frames: `c` is what the client sends, `s` the server, 10 ms apart; numbers count themselves. */
export class Talk {
  readonly shots: Shot[] = [];
  time = 0;
  private readonly client: string;
  private readonly server: string;
  private readonly ports: readonly [client: number, server: number];
  private readonly link: number;
  private next = { client: 0, server: 0 };

  constructor(
    client = '10.0.0.2',
    server = '10.0.0.1',
    ports: readonly [number, number] = [40_000, 80],
    link = LinkType.ethernet as number,
  ) {
    this.client = client;
    this.server = server;
    this.ports = ports;
    this.link = link;
  }

  c(flags: string, data = '', twist: Twist = {}): this {
    return this.say('client', flags, data, twist);
  }
  s(flags: string, data = '', twist: Twist = {}): this {
    return this.say('server', flags, data, twist);
  }
  wait(milliseconds: number): this {
    this.time += milliseconds * MS;
    return this;
  }
  /** The three segments that open it. */
  open(): this {
    return this.c('S').s('SA').c('A');
  }

  private say(who: 'client' | 'server', flags: string, data: string, twist: Twist): this {
    const other = who === 'client' ? 'server' : 'client';
    const bits = [...flags].reduce((sum, letter) => sum | FLAGS[letter]!, 0);
    const seq = twist.seq ?? this.next[who];
    const ack = (bits & 16) === 0 ? 0 : ISN[other] + (twist.ack ?? this.next[other]);
    const [client, server] = this.ports;
    const ports =
      who === 'client' ? { sourcePort: client, destinationPort: server } : { sourcePort: server, destinationPort: client };
    const macs =
      who === 'client' ? { source: CLIENT_MAC, destination: SERVER_MAC } : { source: SERVER_MAC, destination: CLIENT_MAC };
    const source = twist.source ?? (who === 'client' ? this.client : this.server);
    const destination = twist.destination ?? (who === 'client' ? this.server : this.client);
    const options = {
      ...(twist.mss === undefined ? {} : { options: { mss: twist.mss, sackPermitted: twist.sack } }),
      ...(twist.rawOptions === undefined ? {} : { rawOptions: twist.rawOptions }),
    };
    const fields: FrameFields = {
      ethernet: this.link === LinkType.ethernet ? { ...macs, ...twist.macs } : null,
      ...(source.includes(':') ? { ipv6: { source, destination } } : { ipv4: { source, destination } }),
      tcp: {
        ...ports,
        seq: ISN[who] + seq,
        ack,
        flags: bits,
        window: twist.window ?? 60_000,
        checksum: twist.checksum,
        ...options,
      },
      payload: data,
    };
    const bytes = buildFrame(fields);
    if (twist.damaged === true) bytes[bytes.length - 1]! ^= 0x55;
    if (twist.unseen !== true) this.shots.push({ bytes, time: this.time, linkType: this.link });
    this.time += 10 * MS;
    if (twist.seq === undefined) this.next[who] = seq + data.length + (bits & 1) + ((bits >> 1) & 1);
    return this;
  }
}

export const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

/** Any frame at a time, as given. */
export function shot(fields: FrameFields, time = 0, linkType: number = LinkType.ethernet): Shot {
  return { bytes: buildFrame(fields), time, linkType };
}

/** Conversations at once, in the order of their times. */
export function together(...talks: readonly { readonly shots: readonly Shot[] }[]): Shot[] {
  return talks.flatMap(({ shots }) => shots).sort((a, b) => a.time - b.time);
}
