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
import { SYSCTL_DEFAULTS, type SysctlName, sysctls } from '../src/host/sysctl.ts';
import { macHigh, macLow, parseIp, parseMac } from '../src/wire/address.ts';
import { parseNft } from './nft.ts';

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

/** What every scenario starts from; a scenario's own settings come on top. */
const BASE: Readonly<Record<string, string>> = {
  'ipv4/tcp_timestamps': '0',
  'ipv4/tcp_sack': '1',
  'ipv4/tcp_window_scaling': '1',
  'ipv4/tcp_ecn': '0',
  'ipv4/tcp_syncookies': '1',
  'ipv4/tcp_invalid_ratelimit': '0',
  'ipv4/tcp_rmem': '4096 131072 6291456',
  'ipv4/tcp_wmem': '4096 16384 4194304',
  'ipv4/icmp_ratelimit': '0',
  'ipv4/icmp_ratemask': '0',
  'ipv4/icmp_msgs_per_sec': '100000',
  'ipv4/icmp_msgs_burst': '100000',
  'ipv4/ip_forward': '0',
  'ipv4/conf/all/rp_filter': '0',
  'ipv6/icmp/ratelimit': '0',
  // Not the scenarios' doing: these belong to the recording machine.
  'core/rmem_max': '4194304',
  'core/wmem_max': '4194304',
};

/** Scenarios of a folder whose names begin with one of the prefixes. */
export function scenarioNames(folder: string, prefixes: readonly string[]): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && prefixes.some((prefix) => file.startsWith(prefix)))
    .map((file) => file.slice(0, -5))
    .filter((name) => existsSync(`${folder}/${name}.pcap`))
    .sort();
}

export function loadScenario(folder: string, name: string): LinuxScenario {
  const scenario = JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')) as LinuxScenario & { pcap_epoch: number };
  return { ...scenario, frames: readFrames(readFileSync(`${folder}/${name}.pcap`), scenario.pcap_epoch) };
}

/** Classic pcap, microseconds, either byte order; times in nanoseconds since `epoch` (seconds). */
function readFrames(file: Uint8Array, epoch: number): LinuxFrame[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = view.getUint32(0, true) === 0xa1b2c3d4;
  const frames: LinuxFrame[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const length = view.getUint32(at + 8, little);
    const time = ((view.getUint32(at, little) - epoch) * 1_000_000 + view.getUint32(at + 4, little)) * 1000;
    frames.push({ time: Math.round(time), bytes: file.slice(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return frames;
}

/** The host that the kernel was: a TAP device as its card, so that every frame comes up to the kernel's own checks. */
export function hostConfig(scenario: LinuxScenario): HostConfig {
  const { server, client } = scenario;
  const configured = commands(server.setup ?? []);
  const neighbours = Object.entries(server.neighbours).map(([ip, mac]) => ({ address: address(ip), mac: macOf(mac) }));
  if (client.ip6 !== undefined && neighbours.length > 0)
    neighbours.push({ address: address(client.ip6), mac: macOf(client.mac) });
  return {
    ...PLAIN_HOST,
    macs: [macOf(server.mac)],
    addresses: [
      ...[server.ip, server.ip6].filter((text) => text !== undefined).map((text) => address(text)),
      ...configured.addresses,
    ],
    promiscuous: true,
    minFrame: 14,
    maxFrame: 0x1ffff,
    mtu: server.mtu,
    listeners: server.listeners.map(listener),
    sysctl: sysctls(settings(server.sysctl)),
    gateways: server.gateway === null ? [] : [address(server.gateway)],
    neighbours: [...neighbours, ...configured.neighbours],
    firewall: server.nft === undefined ? [] : parseNft(server.nft),
    routes: configured.routes,
  };
}

/** Addresses, routes and neighbours that were set by `ip` commands. */
function commands(lines: readonly string[]) {
  const found = { addresses: [] as HostAddress[], routes: [] as RouteConfig[], neighbours: [] as NeighbourConfig[] };
  for (const line of lines) {
    const words = line.split(/\s+/).filter((word) => word !== '-6' && word !== 'nodad');
    const value = (name: string) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
    if (words[0] !== 'ip' || words[2] === 'set' || words[2] === 'flush') continue;
    if (words[1] === 'addr') found.addresses.push(address(words[3]!));
    else if (words[1] === 'neigh') found.neighbours.push({ address: address(words[3]!), mac: macOf(value('lladdr')!) });
    else if (words[1] === 'route') {
      const type = ROUTE_TYPES.find((name) => name === words[3]);
      const via = value('via');
      const mtu = value('mtu');
      found.routes.push({
        destination: address(type === undefined ? words[3]! : words[4]!, via),
        ...(via === undefined ? {} : { via: address(via) }),
        ...(type === undefined ? {} : { type }),
        ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
      });
    }
  }
  return found;
}

const ROUTE_TYPES = ['blackhole', 'unreachable', 'prohibit', 'throw'] as const;

function listener(from: LinuxListener): ListenerConfig {
  const options = {
    ...(from.rcvbuf == null ? {} : { rcvbuf: from.rcvbuf }),
    ...(from.sndbuf == null ? {} : { sndbuf: from.sndbuf }),
    ...(from.nodelay == null ? {} : { noDelay: from.nodelay }),
    ...keepAlive(from.sockopts ?? []),
  };
  return { protocol: from.proto, port: from.port, backlog: from.backlog ?? 0, program: from.app, options };
}

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;

function keepAlive(options: readonly (readonly [number, number, number])[]): Partial<TcpSocketOptions> {
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

function settings(own: Readonly<Record<string, string>>): Partial<Record<SysctlName, number>> {
  const found: Partial<Record<SysctlName, number>> = {};
  for (const [path, value] of [...Object.entries(BASE), ...Object.entries(own)]) {
    const name = path
      .replace(/^net\//, '')
      .replace(/\/conf\/(all|default|tap0)\//, '/')
      .replace(/\/neigh\/(default|tap0)\//, '/neigh/');
    const key = name.replaceAll('/', '.');
    const numbers = value.trim().split(/\s+/).map(Number);
    if (numbers.length === 3) {
      for (const [i, part] of ['min', 'default', 'max'].entries()) set(found, `${key}_${part}`, numbers[i]!);
    } else set(found, key, numbers[0]!);
  }
  return found;
}

function set(found: Partial<Record<SysctlName, number>>, key: string, value: number): void {
  if (key in SYSCTL_DEFAULTS) found[key as SysctlName] = value;
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
