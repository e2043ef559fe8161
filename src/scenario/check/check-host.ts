import { nearest } from '../../trace/nearest.ts';
import { isLinkLocal6 } from '../../wire/address.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { isWithin, networkOf, writeAddress, writeNetwork } from '../kinds/addresses.ts';
import { didYouMean, listed, type Problems } from '../text/problems.ts';
import {
  type FirewallStatement,
  type HostStatement,
  type ListenStatement,
  type RouteStatement,
  type ServerStatement,
  spanOf,
} from '../tree/script.ts';
import { resolveSysctl } from './sysctl-names.ts';

/** Programs that need no module, by protocol. */
export const PROGRAMS = {
  tcp: ['http', 'echo', 'discard', 'silent', 'idle'],
  udp: ['echo', 'discard', 'silent', 'idle'],
} as const;

/** The program is a module of the user's, and not a word of ours. */
export function isModule(program: string): boolean {
  return /^\.{0,2}\//.test(program) || /\.(js|mjs|cjs|ts|mts)$/.test(program);
}

/** What cannot be meant in the host part. */
export class HostChecker {
  server: ServerStatement | null = null;
  private readonly problems: Problems;
  /** Lines on which something is that there may be only once. */
  private readonly lines = new Map<string, string>();
  private readonly later: (() => void)[] = [];

  constructor(problems: Problems) {
    this.problems = problems;
  }

  check(statement: HostStatement): void {
    if (statement.type === 'server') this.ofServer(statement);
    else if (statement.type === 'sysctl') this.later.push(() => this.sysctl(statement));
    else if (statement.type === 'route') this.later.push(() => this.route(statement));
    else if (statement.type === 'firewall') this.firewall(statement);
    else if (statement.type === 'listen') this.listen(statement);
    else if (statement.type === 'profile') this.once('profile', statement, 'there is a `profile` already');
    else if (statement.type === 'site') this.once('site', statement, 'there is a `site` already');
    else if (statement.type === 'respond') this.respond(statement);
  }

  /** Of two rules for the same, the second answers only what the first one's limit leaves. */
  private respond(statement: Extract<HostStatement, { type: 'respond' }>): void {
    const what = `${statement.method} ${statement.path}`;
    const line = this.lines.get(what);
    if (line !== undefined)
      this.problems.add(
        statement.at,
        `${what} is answered already, ${line}: this rule never is`,
        'a `limit` on the first one would leave some to this one',
      );
    else if (statement.limit === undefined) this.lines.set(what, `on line ${statement.at.line}`);
  }

  /** What could only be checked when all of the host part was read. */
  finish(): void {
    for (const each of this.later) each();
  }

  private ofServer(statement: ServerStatement): void {
    if (this.server !== null) {
      this.problems.add(
        statement.at,
        `there is a \`server\` already, ${this.lines.get('server')}`,
        'more addresses go on its line: `ip 10.0.0.1/24 ip 2001:db8::1/64`',
      );
      return;
    }
    this.once('server', statement, '');
    this.server = statement;
    if ((statement.mac.high & 0x0100) !== 0)
      this.problems.add(spanOf(statement, 'mac'), 'a card cannot have the MAC address of a group: its first byte is odd');
  }

  private once(key: string, statement: HostStatement, message: string): void {
    const line = this.lines.get(key);
    if (line === undefined) this.lines.set(key, `on line ${statement.at.line}`);
    else this.problems.add(statement.at, `${message}, ${line}`);
  }

  private sysctl(statement: Extract<HostStatement, { type: 'sysctl' }>): void {
    const found = resolveSysctl(statement, this.server?.name);
    if (!('message' in found)) return;
    const { field, message, hint } = found as Exclude<ReturnType<typeof resolveSysctl>, Record<string, number>> & {
      field: string;
      message: string;
      hint?: string;
    };
    this.problems.add(spanOf(statement, field === 'values' ? 'values.0' : field), message, hint);
  }

  private route(statement: RouteStatement): void {
    const { to, via, kind } = statement;
    if (via === undefined) {
      if (to === 'default' && kind === undefined)
        this.problems.add(statement.at, 'a default route needs a router', 'add `via 10.0.0.254`');
      return;
    }
    if (kind !== undefined) this.problems.add(spanOf(statement, 'via'), `a route that is ${kind} leads to no router`);
    if (to !== 'default' && to.family !== via.family) {
      this.problems.add(
        spanOf(statement, 'via'),
        `an IPv${to.family} network cannot be reached through an IPv${via.family} router`,
      );
    } else if (this.server !== null && !this.server.ip.some((ip) => isWithin(via, networkOf(ip))) && !isLinkLocal(via)) {
      const links = this.server.ip.map((ip) => writeNetwork(networkOf(ip)));
      this.problems.add(
        spanOf(statement, 'via'),
        `the router ${writeAddress(via)} is not on the link: that is ${listed(links, 'and')}`,
      );
    }
  }

  /** Two listeners for one port, or for an address of others, are for `bind` to refuse. */
  private listen(statement: ListenStatement): void {
    const { protocol, program } = statement;
    if (program !== undefined && !isModule(program)) {
      const known: readonly string[] = PROGRAMS[protocol];
      if (!known.includes(program)) {
        const hint = didYouMean(nearest(program, known, 2)) ?? `there are ${listed(known)}, or a module: ./module.js`;
        this.problems.add(spanOf(statement, 'program'), `no ${protocol.toUpperCase()} program is called \`${program}\``, hint);
      }
    } else if (program !== undefined && protocol === 'udp') {
      this.problems.add(
        spanOf(statement, 'program'),
        'a module answers HTTP, over TCP only',
        `for UDP there are ${listed(PROGRAMS.udp)}`,
      );
    }
    if (protocol === 'udp') {
      for (const field of ['backlog', 'workers', 'max', 'busy', 'nodelay', 'keepalive', 'memory', 'timeout'] as const) {
        if (statement[field] !== undefined)
          this.problems.add(spanOf(statement, field), `a UDP socket has no \`${field}\`: it accepts no connections`);
      }
    }
    if (statement.workers !== undefined && statement.max !== undefined && statement.workers > statement.max) {
      this.problems.add(
        spanOf(statement, 'workers'),
        `${statement.workers} workers are more than the most there may be, ${statement.max}`,
      );
    }
  }

  private firewall(statement: FirewallStatement): void {
    const { action, protocol, notProtocol, icmp, icmpv6, limit } = statement;
    const from = statement.from ?? statement.notFrom;
    const to = statement.to ?? statement.notTo;
    const flags = statement.flags ?? statement.notFlags;
    const add = (field: string, message: string, hint?: string): void =>
      this.problems.add(spanOf(statement, field), message, hint);
    if (statement.with !== undefined && action !== 'reject')
      add('with', `\`${action}\` answers nothing`, 'did you mean `reject`?');
    if (statement.with === 'tcp_reset' && protocol !== undefined && protocol !== IpProtocol.tcp)
      add('with', 'only TCP is answered with a reset');
    if (notProtocol === IpProtocol.tcp && (flags !== undefined || statement.with === 'tcp_reset'))
      add('notProtocol', 'the rule is about TCP, which alone has flags and resets', 'leave out `not tcp`');
    if (notProtocol === IpProtocol.icmp && icmp !== undefined) add('notProtocol', 'the rule is about ICMP');
    if (notProtocol === IpProtocol.icmpv6 && icmpv6 !== undefined) add('notProtocol', 'the rule is about ICMPv6');
    if (flags !== undefined && protocol !== undefined && protocol !== IpProtocol.tcp)
      add(statement.flags === undefined ? 'notFlags' : 'flags', 'only TCP has flags');
    for (const [field, turned, word] of TURNED) {
      const here = statement[field];
      if (statement[turned] !== undefined && here !== undefined && !(Array.isArray(here) && here.length === 0))
        add(turned, `there is \`${word}\` already: a rule says of it what it is, or what it is not`, 'two rules say both');
    }
    if (icmp !== undefined && protocol !== undefined && protocol !== IpProtocol.icmp) add('icmp', 'only ICMP has types');
    if (icmpv6 !== undefined && (icmp !== undefined || (protocol !== undefined && protocol !== IpProtocol.icmpv6))) {
      add('icmpv6', 'only ICMPv6 has these types');
    }
    const hasPorts = protocol === undefined || PORTED.includes(protocol);
    for (const field of ['port', 'sourcePort', 'notPort', 'notSourcePort'] as const) {
      if ((statement[field]?.length ?? 0) > 0 && !hasPorts) add(field, 'this protocol has no ports', 'TCP and UDP have');
    }
    if (from !== undefined && to !== undefined && from.family !== to.family)
      add(statement.to === undefined ? 'notTo' : 'to', 'source and destination are of different IP versions');
    if (limit === undefined && statement.burst !== undefined)
      add('burst', '`burst` belongs to a `limit`', 'add `limit 10/second`');
    if (limit === undefined && statement.over !== undefined) add('over', '`over` belongs to a `limit`', 'add `limit 10/second`');
  }
}

/** What a firewall rule says, its contrary, and the word for both. */
const TURNED = [
  ['protocol', 'notProtocol', 'protocol'],
  ['from', 'notFrom', 'from'],
  ['to', 'notTo', 'to'],
  ['port', 'notPort', 'port'],
  ['sourcePort', 'notSourcePort', 'sport'],
  ['flags', 'notFlags', 'flags'],
] as const;
const PORTED: readonly number[] = [IpProtocol.tcp, IpProtocol.udp, IpProtocol.sctp, IpProtocol.udpLite];

function isLinkLocal(address: { family: number; words: readonly number[] }): boolean {
  return address.family === 6 && isLinkLocal6(address.words[0]!);
}
