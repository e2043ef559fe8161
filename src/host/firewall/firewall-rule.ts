import { IpProtocol } from '../../wire/ip-protocol.ts';
import type { ConnectionState, FirewallRule, HostAddress, PortRange } from '../config.ts';
import { isDestinationIn, isSourceIn } from './address-match.ts';
import type { Limit } from './firewall-limit.ts';
import { type CompiledTest, compileTest } from './firewall-test.ts';
import type { FirewallView } from './firewall-view.ts';

/** Bits of what connection tracking says of a packet. */
export const StateBit: Readonly<Record<ConnectionState, number>> = {
  new: 1,
  established: 2,
  related: 4,
  invalid: 8,
  untracked: 16,
};

export const Action = { accept: 0, drop: 1, reject: 2, jump: 3, goto: 4, return: 5, continue: 6 } as const;

/** A rule made ready to be asked often. */
export class CompiledRule {
  readonly rule: FirewallRule;
  /** Counted from 1, in the order in which they were written. */
  readonly number: number;
  /** An `Action` number. */
  readonly action: number;
  /** Of `jump` and `goto`: the rules to go on with. */
  target: readonly CompiledRule[] = [];
  private readonly family: number;
  private readonly protocol: number;
  private readonly from: HostAddress | undefined;
  private readonly to: HostAddress | undefined;
  private readonly ports: readonly PortRange[] | undefined;
  private readonly sourcePorts: readonly PortRange[] | undefined;
  private readonly flagMask: number;
  private readonly flagValue: number;
  private readonly icmpType: number;
  private readonly icmpCode: number;
  private readonly fragment: 'any' | 'later' | undefined;
  private readonly states: number;
  private readonly tests: readonly CompiledTest[];
  private readonly limit: Limit | null;
  private readonly notProtocol: boolean;
  private readonly notFrom: boolean;
  private readonly notTo: boolean;
  private readonly notPorts: boolean;
  private readonly notSourcePorts: boolean;
  private readonly notFlags: boolean;

  constructor(rule: FirewallRule, number: number, limit: Limit | null) {
    this.rule = rule;
    this.number = number;
    this.action = Action[rule.action];
    this.family = rule.family ?? rule.from?.family ?? rule.to?.family ?? 0;
    this.protocol = rule.protocol ?? (rule.flags === undefined ? -1 : IpProtocol.tcp);
    this.from = rule.from;
    this.to = rule.to;
    this.ports = rule.ports;
    this.sourcePorts = rule.sourcePorts;
    this.flagMask = rule.flags?.mask ?? -1;
    this.flagValue = rule.flags?.value ?? 0;
    this.icmpType = rule.icmpType ?? -1;
    this.icmpCode = rule.icmpCode ?? -1;
    this.fragment = rule.fragment;
    this.states = (rule.states ?? []).reduce((bits, state) => bits | StateBit[state], 0);
    this.tests = (rule.tests ?? []).map(compileTest);
    this.limit = limit;
    const not = new Set(rule.not);
    this.notProtocol = not.has('protocol');
    this.notFrom = not.has('from');
    this.notTo = not.has('to');
    this.notPorts = not.has('ports');
    this.notSourcePorts = not.has('sourcePorts');
    this.notFlags = not.has('flags');
  }

  /** Asks for what connection tracking says. */
  get wantsState(): boolean {
    return this.states !== 0 || this.rule.untracks === true || (this.rule.tests ?? []).some(({ of }) => of === 'direction');
  }

  /** The limit is asked last, so that only packets that match everything else count. */
  matches(view: FirewallView, now: number): boolean {
    if (this.family !== 0 && view.family !== this.family) return false;
    if (this.protocol >= 0 && (view.upper < 0 || (view.upper === this.protocol) === this.notProtocol)) return false;
    if (this.from !== undefined && isSourceIn(this.from, view) === this.notFrom) return false;
    if (this.to !== undefined && isDestinationIn(this.to, view) === this.notTo) return false;
    if (this.fragment !== undefined && !(this.fragment === 'later' ? view.isLater : view.isFragment)) return false;
    if (!this.matchesTransport(view)) return false;
    if (this.states !== 0 && (this.states & view.state) === 0) return false;
    for (let i = 0; i < this.tests.length; i++) if (!this.tests[i]!.matches(view)) return false;
    return this.limit === null || this.limit.matches(view, now);
  }

  private matchesTransport(view: FirewallView): boolean {
    if (!matchesPort(this.ports, view.destinationPort, this.notPorts)) return false;
    if (!matchesPort(this.sourcePorts, view.sourcePort, this.notSourcePorts)) return false;
    if (this.flagMask >= 0 && view.tcpFlags < 0) return false;
    if (this.flagMask >= 0 && ((view.tcpFlags & this.flagMask) === this.flagValue) === this.notFlags) return false;
    if (this.icmpType >= 0 && view.icmpType !== this.icmpType) return false;
    return this.icmpCode < 0 || view.icmpCode === this.icmpCode;
  }
}

/** A packet without the port matches neither what asks for one nor what asks for another. */
function matchesPort(ranges: readonly PortRange[] | undefined, port: number, isOther: boolean): boolean {
  if (ranges === undefined) return true;
  if (port < 0) return false;
  for (const [from, to] of ranges) if (port >= from && port <= to) return !isOther;
  return isOther;
}
