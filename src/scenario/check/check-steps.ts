import { nearest } from '../../trace/nearest.ts';
import { isIcmpError } from '../../wire/icmp.ts';
import { isIcmpv6Error } from '../../wire/icmpv6.ts';
import { writeTarget } from '../kinds/addresses.ts';
import { REASONS_OF } from '../kinds/expected.ts';
import { didYouMean, listed, type Problems } from '../text/problems.ts';
import {
  type Address,
  type Expectation,
  type PatternStep,
  type Span,
  type Step,
  spanOf,
  type WirePacket,
  type WireStep,
} from '../tree/script.ts';
import { Template } from '../tree/steps.ts';
import type { HostChecker } from './check-host.ts';

/** Names in use: as they stand, and as patterns where they have variables. */
class Names {
  private readonly whole = new Map<string, Span>();
  private readonly patterns: RegExp[] = [];

  has(name: string): boolean {
    return this.whole.has(name) || this.patterns.some((pattern) => pattern.test(name));
  }

  lineOf(name: string): number | undefined {
    return this.whole.get(name)?.line;
  }

  add(name: string, at: Span): void {
    this.whole.set(name, at);
  }

  addPattern(text: string): void {
    const parts = text.split(/\$\{[^}]*\}|\$\w+/).map((part) => part.replace(/[.-]/g, '\\$&'));
    this.patterns.push(new RegExp(`^${parts.join('[\\w.-]*')}$`));
  }

  get all(): readonly string[] {
    return [...this.whole.keys()];
  }
}

/** What cannot be meant in a step. */
export class StepChecker {
  private readonly problems: Problems;
  private readonly complete: boolean;
  private readonly host: HostChecker;
  private readonly clients = new Names();
  private readonly families = new Map<string, 4 | 6>();
  private readonly connections = new Names();
  /** Clients of which there were frames by hand. */
  private readonly writers = new Set<string>();
  /** The latest time that a step has for certain. */
  private now = 0;

  constructor(problems: Problems, complete: boolean, host: HostChecker) {
    this.problems = problems;
    this.complete = complete;
    this.host = host;
  }

  /** A step of a loop declares as many names as the loop has rounds. */
  declarePattern({ step }: PatternStep): void {
    const { type, name, as, client } = step as { type: string; name?: unknown; as?: unknown; client?: unknown };
    if (type === 'client' && name instanceof Template) this.clients.addPattern(name.text);
    const connection = as ?? client;
    if (type === 'connect' && connection instanceof Template) this.connections.addPattern(connection.text);
  }

  /** `looped`: the step is done again and again, and may give the same name again. */
  check(step: Step, looped: boolean): void {
    if (step.time !== undefined && !looped) this.time(step);
    switch (step.type) {
      case 'client':
        this.client(step, looped);
        break;
      case 'connect':
        this.known(step.client, 'client', this.clients, spanOf(step, 'client'));
        this.connect(step, looped);
        this.family(step.client, step.to.address, spanOf(step, 'to'));
        break;
      case 'send':
      case 'request':
      case 'close':
      case 'reset':
      case 'shutdown':
      case 'read':
        this.connection(step.connection, spanOf(step, 'connection'));
        break;
      case 'udp':
        this.known(step.client, 'client', this.clients, spanOf(step, 'client'));
        this.family(step.client, step.to.address, spanOf(step, 'to'));
        break;
      case 'ping':
      case 'arp':
        this.known(step.client, 'client', this.clients, spanOf(step, 'client'));
        this.family(step.client, step.address, spanOf(step, 'address'));
        break;
      case 'impair':
      case 'signal':
        if (step.client !== 'all') this.known(step.client, 'client', this.clients, spanOf(step, 'client'));
        if (step.type === 'signal') this.signal(step);
        else if (Object.keys(step.where).every((field) => field === 'client' || field === 'seed' || field === 'time')) {
          this.problems.add(
            step.at,
            '`impair` says nothing of what happens on the link',
            'add `loss 5%`, `delay 20ms` …; `loss 0%`: nothing any more',
          );
        }
        break;
      case 'capture':
        if (step.off === true && Object.keys(step.where).some((field) => field !== 'time' && field !== 'off'))
          this.problems.add(step.at, '`capture off` keeps nothing: there is nothing more to say of it');
        break;
      case 'wire':
        this.wire(step);
        break;
    }
    for (const expectation of step.expects) this.expectation(expectation);
  }

  private time(step: Step): void {
    const { relative, ns } = step.time!;
    if (relative) this.now += ns;
    else if (ns < this.now)
      this.problems.add(
        spanOf(step, 'time'),
        'time does not go back: a step above is later than this',
        'a time that counts from the step before has a plus: +1ms',
      );
    else this.now = ns;
  }

  private client(step: Extract<Step, { type: 'client' }>, looped: boolean): void {
    const line = this.clients.lineOf(step.name);
    if (line !== undefined && !looped)
      this.problems.add(spanOf(step, 'name'), `there is a client \`${step.name}\` already, on line ${line}`);
    this.clients.add(step.name, step.at);
    this.families.set(step.name, step.ip.family);
    const isServers = this.host.server?.ip.some(
      ({ family, words }) => family === step.ip.family && words.every((word, i) => word === step.ip.words[i]),
    );
    if (isServers === true)
      this.problems.add(
        spanOf(step, 'ip'),
        "this is the server's own address",
        'a packet with a forged source: `> … from ip ADDRESS`',
      );
    if (step.mac !== undefined && (step.mac.high & 0x0100) !== 0) {
      this.problems.add(
        spanOf(step, 'mac'),
        'a station cannot have the MAC address of a group: its first byte is odd',
        'a frame from one: `> … from mac MAC`',
      );
    }
  }

  private connect(step: Extract<Step, { type: 'connect' }>, looped: boolean): void {
    const name = step.as ?? step.client;
    const at = spanOf(step, step.as === undefined ? 'client' : 'as');
    if (name !== step.client && this.clients.has(name)) {
      this.problems.add(at, `\`${name}\` is the name of a client`, 'give the connection another name');
    }
    const line = this.connections.lineOf(name);
    if (line !== undefined && !looped) {
      const hint = step.as === undefined ? 'name the second one: `as b`' : undefined;
      this.problems.add(at, `there is a connection \`${name}\` already, on line ${line}`, hint);
    }
    this.connections.add(name, step.at);
  }

  private family(client: string, address: Address | undefined, at: Span): void {
    const family = this.families.get(client);
    if (family === undefined || address === undefined || family === address.family) return;
    this.problems.add(at, `\`${client}\` has an IPv${family} address and cannot reach an IPv${address.family} one`);
  }

  private known(name: string, what: string, names: Names, at: Span): void {
    if (!this.complete || names.has(name) || this.problems.doubtful.has(name)) return;
    const hint =
      didYouMean(nearest(name, [...names.all, ...this.problems.doubtful], 2)) ??
      (names.all.length > 0 ? `there is ${listed(names.all.slice(0, 8), 'and')}` : `declare it: \`client ${name} ip 10.0.0.10\``);
    this.problems.add(at, `there is no ${what} \`${name}\``, hint);
  }

  private connection(name: string, at: Span): void {
    if (!this.complete || this.connections.has(name) || this.problems.doubtful.has(name)) return;
    if (this.clients.has(name)) {
      this.problems.add(at, `\`${name}\` has no connection yet`, `open one: \`${name} connect tcp 80\``);
      return;
    }
    const near = didYouMean(nearest(name, this.connections.all, 2));
    this.problems.add(at, `there is no connection \`${name}\``, near ?? `open one: \`CLIENT connect tcp 80 as ${name}\``);
  }

  private signal(step: Extract<Step, { type: 'signal' }>): void {
    if (step.noise === undefined && step.level === undefined) {
      this.problems.add(
        step.at,
        '`signal` says nothing of the line',
        'add `noise 0.2`, or `level 0.5`; `noise 0`: none any more',
      );
    }
    if (!this.complete || this.host.server === null || this.host.server.phy !== undefined) return;
    this.problems.add(
      step.at,
      '`signal` needs a line signal, and the server has no phy',
      'add `phy 10base-t` to the `server` line',
    );
  }

  private wire(step: WireStep): void {
    const { from, to } = step;
    if (this.problems.doubtful.has(from.name) || !this.hasSender(step)) return;
    this.ports(step);
    this.numbers(step);
    if (to?.name !== undefined) this.known(to.name, 'client', this.clients, spanOf(step, 'to'));
    this.writers.add(from.name);
    this.addressed(step);
    this.checksums(step);
  }

  private hasSender(step: WireStep): boolean {
    const { name } = step.from;
    if (!this.complete || this.connections.has(name) || this.clients.has(name)) return true;
    const near = didYouMean(nearest(name, [...this.clients.all, ...this.connections.all], 2));
    const hint = near ?? `declare it: \`client ${name} ip 10.0.0.10\``;
    this.problems.add(spanOf(step, 'from'), `there is no client or connection \`${name}\``, hint);
    return false;
  }

  /** Ports are there where they must be, and nowhere else. */
  private ports(step: WireStep): void {
    const { from, to, packet } = step;
    const add = (field: string, message: string, hint?: string): void => this.problems.add(spanOf(step, field), message, hint);
    const isConnection = this.connections.has(from.name);
    // a client's own name is also that of its unnamed connection; with a port it is the client
    const isClient = this.clients.has(from.name);
    if (isConnection && !isClient && from.port !== undefined) add('from', `the connection \`${from.name}\` has its own port`);
    const hasPorts = packet.protocol === 'tcp' || packet.protocol === 'udp';
    if (!hasPorts && !quotes(packet) && to?.port !== undefined)
      add('to', `${packet.protocol} has no ports`, to.address === undefined ? 'leave it away: it goes to the server' : undefined);
    if (!hasPorts && !quotes(packet) && from.port !== undefined) add('from', `${packet.protocol} has no ports`);
    if (hasPorts && !isConnection && this.complete && to?.port === undefined)
      add(
        'to' in step.where ? 'to' : 'from',
        'to which port? after `>` it is missing',
        `such as \`> ${writeTarget({ ...to, port: 80 })}\``,
      );
  }

  /** Numbers that count from what was sent before need something that was. */
  private numbers(step: WireStep): void {
    const { packet } = step;
    const { name } = step.from;
    if (!this.complete || packet.protocol !== 'tcp' || this.connections.has(name) || this.writers.has(name)) return;
    const field = (['seq', 'ack'] as const).find((each) => packet[each]?.relative === true);
    if (field === undefined) return;
    const problem = `\`${name}\` has sent nothing yet: there is nothing that its numbers could be relative to`;
    this.problems.add(spanOf(step, `packet.${field}`), problem);
  }

  /** Sender and receiver are of one family. */
  private addressed(step: WireStep): void {
    const { from, to, frame } = step;
    const family = this.families.get(from.name);
    const other = to?.address ?? frame.toIp;
    if (family === undefined || other === undefined || other.family === (frame.fromIp?.family ?? family)) return;
    const problem = `an IPv${family} client cannot send to an IPv${other.family} address`;
    this.problems.add(spanOf(step, to?.address === undefined ? 'frame.toIp' : 'to'), problem);
  }

  /** A checksum that is to be wrong is there at all. */
  private checksums(step: WireStep): void {
    const { protocol } = step.packet;
    for (const [i, { what }] of step.frame.corrupt.entries()) {
      const of = /^(tcp|udp|icmp)_checksum$/.exec(what)?.[1];
      if (of === undefined || of === protocol || (of === 'icmp' && protocol === 'icmpv6')) continue;
      const hint = protocol === 'tcp' || protocol === 'udp' ? `did you mean \`corrupt ${protocol}_checksum\`?` : undefined;
      this.problems.add(spanOf(step, `frame.corrupt.${i}`), `there is no ${of.toUpperCase()} checksum in this frame`, hint);
    }
  }

  private expectation(expectation: Expectation): void {
    if (expectation.type === 'drop') {
      const { layer, reason } = expectation;
      if (REASONS_OF.get(layer)!.has(reason)) return;
      const layers = [...REASONS_OF].filter(([, reasons]) => reasons.has(reason)).map(([each]) => each);
      this.problems.add(
        spanOf(expectation, 'reason'),
        `${layer} drops nothing for \`${reason}\``,
        didYouMean(
          [
            ...layers.map((each) => `drop ${each} ${reason}`),
            ...nearest(reason, REASONS_OF.get(layer)!, 1).map((each) => `drop ${layer} ${each}`),
          ].slice(0, 3),
        ),
      );
    } else if (expectation.type === 'socket' && expectation.connection !== undefined) {
      this.connection(expectation.connection, spanOf(expectation, 'connection'));
    }
  }
}

/** ICMP errors quote a packet: the ports say of which flow. */
function quotes(packet: WirePacket): boolean {
  if (packet.protocol === 'icmp') return isIcmpError(packet.icmp.type);
  return packet.protocol === 'icmpv6' && isIcmpv6Error(packet.icmp.type);
}
