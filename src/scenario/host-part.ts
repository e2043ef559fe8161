import {
  type FirewallRule,
  type HostAddress,
  type HostConfig,
  type ListenerConfig,
  PLAIN_HOST,
  type RouteConfig,
} from '../host/config.ts';
import { type SysctlName, sysctls } from '../host/sysctl.ts';
import type { RespondRule } from '../server/site.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { isModule } from './check/check-host.ts';
import { resolveSysctl } from './check/sysctl-names.ts';
import { given } from './given.ts';
import { hostStatements } from './script/unroll.ts';
import { writeStatement } from './statements/write-statement.ts';
import { problemAt, ScriptError } from './text/problems.ts';
import {
  type Address,
  type FirewallStatement,
  type HostStatement,
  type ListenStatement,
  type PortRange,
  type Rate,
  type RespondStatement,
  type RouteStatement,
  type Script,
  type Span,
  spanOf,
} from './tree/script.ts';

/** A path as it is written in a script, relative to the directory of that script (`at.file`). */
export interface WrittenPath {
  readonly path: string;
  readonly at: Span;
}

/** What the host part of a script says. */
export interface HostPart {
  /** Without a `server` line: no MACs and no addresses, which then come from elsewhere. */
  readonly host: HostConfig;
  readonly site: WrittenPath | null;
  /** Of the site's files, in seconds since 1970; undefined: nothing is said of it. */
  readonly modified: number | undefined;
  /** Bytes that requests may add to it; undefined: nothing is said of it. */
  readonly room: number | undefined;
  readonly rules: readonly RespondRule[];
  /** Modules that are programs, each once; `path` is the program's name in `host.listeners`. */
  readonly modules: readonly WrittenPath[];
}

/** Nanoseconds. */
const MILLISECOND = 1_000_000;
const SECOND = 1e9;
/** Microseconds that an interrupt waits for more frames at most, where a script says for how many and not how long. */
const IRQ_USECS = 50;

/** `needsServer`: throws ScriptError where there is no `server` line (nobody else knows the host's addresses). */
export function hostPart(script: Script, needsServer = true): HostPart {
  const statements = hostStatements(script);
  const server = of(statements, 'server')[0];
  if (server === undefined && needsServer) {
    const at: Span = { file: script.file, line: 1, column: 1, length: 1 };
    throw new ScriptError([
      problemAt(script.sources, at, 'there is no `server` line', 'add `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24`'),
    ]);
  }
  const profile = of(statements, 'profile')[0]?.name;
  const settings: Partial<Record<SysctlName, number>> = {};
  for (const each of of(statements, 'sysctl')) Object.assign(settings, resolveSysctl(each, server?.name));
  const sysctl = sysctls(settings);
  const listens = of(statements, 'listen');
  const irqUsecs = server?.irqUsecs ?? ((server?.irqFrames ?? 1) > 1 ? IRQ_USECS : PLAIN_HOST.irqUsecs);
  const ring = server?.ring ?? PLAIN_HOST.ring;
  const host: HostConfig = {
    ...PLAIN_HOST,
    macs: server === undefined ? [] : [server.mac],
    addresses: server?.ip ?? [],
    promiscuous: server?.promiscuous ?? PLAIN_HOST.promiscuous,
    mtu: server?.mtu ?? PLAIN_HOST.mtu,
    ring,
    irqUsecs,
    // with only a time given, frames do not shorten it
    irqFrames: server?.irqFrames ?? (irqUsecs > 0 ? ring : PLAIN_HOST.irqFrames),
    pollBudget: server?.pollBudget ?? PLAIN_HOST.pollBudget,
    cpuPerFrame: server?.cpuPerFrame ?? PLAIN_HOST.cpuPerFrame,
    listeners: listens.map((each) => listener(each, sysctl['core.somaxconn'])),
    sysctl,
    seed: server?.seed ?? PLAIN_HOST.seed,
    neighbours: of(statements, 'neighbour').map(({ address, mac }) => ({ address: single(address), mac })),
    firewall: of(statements, 'firewall').map(firewallRule),
    routes: of(statements, 'route').map(route),
    ...given({ connections: server?.connections, profile, phy: server?.phy }),
  };
  const site = of(statements, 'site')[0];
  return {
    host,
    site: site === undefined ? null : { path: site.directory, at: spanOf(site, 'directory') },
    modified: site?.modified,
    room: site?.room,
    rules: of(statements, 'respond').map(respondRule),
    modules: modules(listens),
  };
}

function of<T extends HostStatement['type']>(
  statements: readonly HostStatement[],
  type: T,
): Extract<HostStatement, { type: T }>[] {
  return statements.filter((statement): statement is Extract<HostStatement, { type: T }> => statement.type === type);
}

/** An address alone, with the prefix length of all its bits. */
function single(address: Address): HostAddress {
  return { ...address, prefix: address.family === 4 ? 32 : 128 };
}

function listener(statement: ListenStatement, somaxconn: number): ListenerConfig {
  const { protocol, port, address, workers, max, busy, rcvbuf, sndbuf, nodelay, keepalive, memory, timeout } = statement;
  const keepAlive = keepalive === undefined ? undefined : { idle: keepalive / SECOND };
  const options = given({ rcvbuf, sndbuf, noDelay: nodelay, keepAlive });
  const anywhere = address?.words.every((word) => word === 0) ?? true;
  return {
    protocol,
    port,
    ...(anywhere ? {} : { address: single(address!) }),
    backlog: statement.backlog ?? somaxconn,
    program: statement.program ?? (protocol === 'tcp' ? 'http' : 'echo'),
    ...given({
      workers,
      max,
      busy: busy && (503 as const),
      memory,
      timeout: timeout && timeout / MILLISECOND,
      options: Object.keys(options).length === 0 ? undefined : options,
    }),
  };
}

function modules(listens: readonly ListenStatement[]): WrittenPath[] {
  const found = new Map<string, WrittenPath>();
  for (const listen of listens) {
    const { program } = listen;
    if (program !== undefined && isModule(program) && !found.has(program))
      found.set(program, { path: program, at: spanOf(listen, 'program') });
  }
  return [...found.values()];
}

function route({ kind, to, via, mtu }: RouteStatement): RouteConfig {
  const family = via?.family ?? 4;
  return {
    destination: to === 'default' ? { family, words: [0, 0, 0, 0], prefix: 0 } : to,
    ...given({ via: via && single(via), type: kind, mtu }),
  };
}

function firewallRule(statement: FirewallStatement): FirewallRule {
  const { action, hook, family, icmp, icmpv6, fragment, state, limit, burst, over } = statement;
  const { notProtocol, notFrom, notTo, notPort, notSourcePort, notFlags } = statement;
  const from = statement.from ?? notFrom;
  const to = statement.to ?? notTo;
  const flags = statement.flags ?? notFlags;
  const protocol =
    statement.protocol ??
    notProtocol ??
    (icmp !== undefined ? IpProtocol.icmp : icmpv6 !== undefined ? IpProtocol.icmpv6 : undefined);
  const message = icmp ?? icmpv6;
  const ports = (notPort ?? statement.port).map(pair);
  const sourcePorts = (notSourcePort ?? statement.sourcePort).map(pair);
  const turned = { protocol: notProtocol, from: notFrom, to: notTo, ports: notPort, sourcePorts: notSourcePort, flags: notFlags };
  const not = (Object.keys(turned) as (keyof typeof turned)[]).filter((part) => turned[part] !== undefined);
  return {
    action,
    ...given({
      rejectWith: statement.with,
      hook,
      family,
      protocol,
      from,
      to,
      ports: some(ports),
      sourcePorts: some(sourcePorts),
      flags,
      icmpType: message?.type,
      icmpCode: message?.code,
      fragment,
      states: some(state),
      limit: limit && { perSecond: perSecond(limit), ...given({ burst, over }) },
      not: some(not),
    }),
    text: writeStatement(statement),
  };
}

/** A list of nothing is not given. */
function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function pair({ first, last }: PortRange): [from: number, to: number] {
  return [first, last];
}

function perSecond({ count, per }: Rate): number {
  return (count * SECOND) / per;
}

function respondRule(statement: RespondStatement): RespondRule {
  const { method, path, status, body, header, after, location, auth, limit } = statement;
  return {
    method,
    path,
    status,
    ...given({
      body,
      fields: some(header.flatMap(({ name, value }) => [name, value])),
      after,
      location,
      auth,
      limit: limit && perSecond(limit),
    }),
  };
}
