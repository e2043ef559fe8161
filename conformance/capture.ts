import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  type HostAddress,
  type HostConfig,
  type ListenerConfig,
  type Mac,
  type NeighbourConfig,
  PLAIN_HOST,
  type RouteConfig,
  type TcpSocketOptions,
} from '../src/host/config.ts';
import { macHigh, macLow, parseIp, parseMac } from '../src/wire/address.ts';
import { copied } from '../src/wire/bytes.ts';
import { parseNft } from './nft/nft.ts';
import { sysctlsOf } from './settings.ts';

/** A recorded conversation with a Linux kernel: what it was asked, what it answered, and when. */
export interface LinuxScenario {
  readonly name: string;
  readonly category: string;
  readonly server: LinuxServer;
  readonly client: { readonly mac: string; readonly ip: string; readonly ip6?: string };
  readonly flows: readonly { readonly client: string; readonly server_port: number; readonly server_isn: number | null }[];
  readonly duration: number;
  readonly events: readonly LinuxEvent[];
  /** Frames of the capture, by the `pcap` index of events. */
  readonly frames: readonly LinuxFrame[];
}

export interface LinuxServer {
  readonly mac: string;
  readonly ip: string;
  readonly ip6?: string;
  readonly mtu: number;
  readonly gateway: string | null;
  readonly neighbours: Readonly<Record<string, string>>;
  readonly listeners: readonly LinuxListener[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly nft?: string;
  readonly setup?: readonly string[];
}

export interface LinuxListener {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly backlog?: number;
  readonly app: string;
  readonly rcvbuf?: number | null;
  readonly sndbuf?: number | null;
  readonly nodelay?: boolean | null;
  /** As setsockopt takes them: level, option, value. */
  readonly sockopts?: readonly (readonly [number, number, number])[];
}

export interface LinuxEvent {
  readonly t: number;
  readonly type: 'frame' | 'app' | 'kernel' | 'ss' | 'note';
  readonly dir?: 'in' | 'out';
  readonly pcap?: number;
  readonly note?: string;
  readonly replies?: readonly number[];
  readonly drop?: readonly { readonly reason: string; readonly in: string }[];
  readonly nic?: string;
  readonly counters?: Readonly<Record<string, number>>;
  readonly op?: string;
  readonly conn?: string;
  readonly n?: number;
  readonly text?: string;
  readonly left?: number;
}

export interface LinuxFrame {
  readonly time: number;
  readonly bytes: Uint8Array;
}

const PCAP = 0xa1b2c3d4;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;

/** Scenarios of a folder whose names begin with one of the prefixes. */
export function scenarioNames(folder: string, prefixes: readonly string[]): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && prefixes.some((prefix) => file.startsWith(prefix)))
    .map((file) => file.slice(0, -5))
    .filter((name) => existsSync(`${folder}/${name}.pcap`))
    .sort();
}

/** Of those, recordings of which one file is missing: which. */
export function halves(folder: string, prefixes: readonly string[]): string[] {
  const files = readdirSync(folder).filter((file) => prefixes.some((prefix) => file.startsWith(prefix)));
  const others = files.map((file) => /^(.+)\.(?:(json)|pcap)$/.exec(file)).filter((match) => match !== null);
  return others
    .map(([, name, json]) => `${name}.${json === undefined ? 'json' : 'pcap'}`)
    .filter((other) => !existsSync(`${folder}/${other}`))
    .sort();
}

/** Throws where a recording is not whole: which file, and what is wrong with it. */
export function loadScenario(folder: string, name: string): LinuxScenario {
  const told = readTold(`${folder}/${name}.json`, `${name}.json`);
  const frames = readFrames(readFileSync(`${folder}/${name}.pcap`), told.pcap_epoch, `${name}.pcap`);
  const isThere = ({ type, pcap }: LinuxEvent) => (type !== 'frame' && pcap === undefined) || frames[pcap!] !== undefined;
  const missing = told.events.find((event) => !isThere(event));
  if (missing !== undefined) throw new Error(`${name}.pcap has ${frames.length} frames, and no number ${missing.pcap}`);
  return { ...told, frames };
}

function readTold(path: string, name: string): LinuxScenario & { readonly pcap_epoch: number } {
  let told: Partial<LinuxScenario & { pcap_epoch: number }> | null;
  try {
    told = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
  if (typeof told?.server !== 'object' || !Array.isArray(told.events) || typeof told.pcap_epoch !== 'number')
    throw new Error(`${name} has no server, no list of events or no pcap_epoch`);
  return told as LinuxScenario & { readonly pcap_epoch: number };
}

/** Classic pcap, microseconds, either byte order; times in nanoseconds since `epoch` (seconds). */
function readFrames(file: Uint8Array, epoch: number, name: string): LinuxFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = file.length >= PCAP_HEADER && view.getUint32(0, true) === PCAP;
  if (!little && (file.length < PCAP_HEADER || view.getUint32(0) !== PCAP))
    throw new Error(`${name} is no classic pcap with microseconds`);
  const frames: LinuxFrame[] = [];
  for (let at = PCAP_HEADER; at < file.length; ) {
    const start = at + RECORD_HEADER;
    const length = start <= file.length ? view.getUint32(at + 8, little) : Number.POSITIVE_INFINITY;
    if (start + length > file.length) throw new Error(`${name} is cut in frame ${frames.length}`);
    const time = ((view.getUint32(at, little) - epoch) * 1_000_000 + view.getUint32(at + 4, little)) * 1000;
    frames.push({ time: Math.round(time), bytes: copied(file, start, start + length) });
    at = start + length;
  }
  return frames;
}

/** The host that the kernel was: a TAP device as its card, so that every frame comes up to the kernel's own checks. */
export function hostConfig(scenario: LinuxScenario): HostConfig {
  const { server, client } = scenario;
  const sysctl = sysctlsOf(server.sysctl);
  const configured = commands(server.setup ?? []);
  const neighbours = Object.entries(server.neighbours).map(([ip, mac]) => ({ address: address(ip), mac: macOf(mac) }));
  if (client.ip6 !== undefined && neighbours.length > 0)
    neighbours.push({ address: address(client.ip6), mac: macOf(client.mac) });
  return {
    ...PLAIN_HOST,
    macs: [macOf(server.mac)],
    addresses: [
      ...[server.ip, isWithout6(server) ? undefined : server.ip6]
        .filter((text) => text !== undefined)
        .map((text) => address(text)),
      ...configured.addresses,
    ],
    promiscuous: true,
    minFrame: 14,
    maxFrame: 0x1ffff,
    mtu: server.mtu,
    listeners: server.listeners.map((from) => listener(from, server.ip6 !== undefined)),
    sysctl,
    gateways: server.gateway === null ? [] : [address(server.gateway)],
    neighbours: [...neighbours, ...configured.neighbours],
    firewall: server.nft === undefined ? [] : parseNft(server.nft),
    routes: configured.routes,
  };
}

function isWithout6({ sysctl }: LinuxServer): boolean {
  return sysctl['net/ipv6/conf/tap0/disable_ipv6'] === '1' || sysctl['net/ipv6/conf/all/disable_ipv6'] === '1';
}

/** Addresses, routes and neighbours that were set by `ip` commands; another command, or word of one, is an error. */
function commands(lines: readonly string[]) {
  const found = { addresses: [] as HostAddress[], routes: [] as RouteConfig[], neighbours: [] as NeighbourConfig[] };
  for (const line of lines) {
    const words = line.split(/\s+/).filter((word) => word !== '-6' && word !== '-4');
    const [program, what, verb, ...rest] = words as [string, string, string, ...string[]];
    const isAdded = ['add', 'append', 'replace'].includes(verb);
    const refusal = new Error(`cannot play after: ${line}`);
    if (program !== 'ip') throw refusal;
    // Links go up, and what was there before a scenario goes.
    if (verb === 'flush' || (what === 'link' && rest.includes('up'))) continue;
    if (!isAdded) throw refusal;
    const known = KNOWN_WORDS[what];
    const { value, left } = options(rest, known ?? {});
    if (known === undefined || (value.dev !== undefined && value.dev !== 'tap0' && !(what === 'addr' && value.dev === 'lo')))
      throw refusal;
    const type = ROUTE_TYPES.find((name) => name === left[0]);
    if (left.length !== (type === undefined ? 1 : 2)) throw refusal;
    const target = left.at(-1)!;
    if (what === 'addr') found.addresses.push(address(target));
    else if (what === 'neigh') {
      if (value.nud !== undefined && value.nud !== 'permanent') throw refusal;
      found.neighbours.push({ address: address(target), mac: macOf(value.lladdr!) });
    } else {
      found.routes.push({
        destination: address(target, value.via),
        ...(value.via === undefined ? {} : { via: address(value.via) }),
        ...(type === undefined ? {} : { type }),
        ...(value.mtu === undefined ? {} : { mtu: Number(value.mtu) }),
      });
    }
  }
  return found;
}

/** Words that a command may have, and whether a value follows. */
const KNOWN_WORDS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  addr: { dev: true, nodad: false, broadcast: true, brd: true, scope: true },
  neigh: { dev: true, lladdr: true, nud: true },
  route: { dev: true, via: true, mtu: true, onlink: false, metric: true, proto: true },
};

function options(words: readonly string[], known: Readonly<Record<string, boolean>>) {
  const value: Record<string, string> = {};
  const left: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (known[word] === undefined) left.push(word);
    else if (known[word]) value[word] = words[++at]!;
  }
  return { value, left };
}

const ROUTE_TYPES = ['blackhole', 'unreachable', 'prohibit', 'throw'] as const;

function listener(from: LinuxListener, isDual: boolean): ListenerConfig {
  const options = {
    ...(from.rcvbuf == null ? {} : { rcvbuf: from.rcvbuf }),
    ...(from.sndbuf == null ? {} : { sndbuf: from.sndbuf }),
    ...(from.nodelay == null ? {} : { noDelay: from.nodelay }),
    ...keepAlive(from.sockopts ?? []),
  };
  return { protocol: from.proto, port: from.port, isDual, backlog: from.backlog ?? 0, program: from.app, options };
}

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;

const KNOWN_OPTIONS = [
  `${SOL_SOCKET} ${SO_KEEPALIVE}`,
  ...[TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT].map((option) => `${IPPROTO_TCP} ${option}`),
];

function keepAlive(options: readonly (readonly [number, number, number])[]): Partial<TcpSocketOptions> {
  const unknown = options.find(([level, option]) => !KNOWN_OPTIONS.includes(`${level} ${option}`));
  if (unknown !== undefined) throw new Error(`cannot play with the socket option ${unknown.join(' ')}`);
  if (!options.some(([level, option, value]) => level === SOL_SOCKET && option === SO_KEEPALIVE && value !== 0)) return {};
  const of = (wanted: number) => options.find(([level, option]) => level === IPPROTO_TCP && option === wanted)?.[2];
  const idle = of(TCP_KEEPIDLE);
  const interval = of(TCP_KEEPINTVL);
  const probes = of(TCP_KEEPCNT);
  return {
    keepAlive: {
      ...(idle === undefined ? {} : { idle }),
      ...(interval === undefined ? {} : { interval }),
      ...(probes === undefined ? {} : { probes }),
    },
  };
}

/** `10.0.0.1/24`, or without a prefix length; `default`: everything, of the family of `via`. */
function address(text: string, via = ''): HostAddress {
  if (text === 'default') return address(via.includes(':') ? '::/0' : '0.0.0.0/0');
  const [ip, prefix] = text.split('/') as [string, string | undefined];
  const { family, w0, w1, w2, w3 } = parseIp(ip)!;
  return { family: family === 4 ? 4 : 6, words: [w0, w1, w2, w3], prefix: Number(prefix ?? (family === 4 ? 32 : 128)) };
}

function macOf(text: string): Mac {
  const mac = parseMac(text)!;
  return { high: macHigh(mac), low: macLow(mac) };
}
