import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Transmission } from '../../trace/transmission.ts';
import { Sent } from '../../trace/transmission.ts';
import type { FirewallRule } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import type { Packet } from '../packet.ts';
import { Conntrack, Invalid } from './conntrack.ts';
import { FirewallReject } from './firewall-reject.ts';
import { Action, CompiledRule, StateBit } from './firewall-rule.ts';
import { FirewallView } from './firewall-view.ts';

/**
 * The packet filter at Linux's netfilter hooks: raw and prerouting before the way is chosen, input for packets to this host (whole
 * datagrams, of IPv6 only with connection tracking), forward for those that pass through, output for its own. At each hook the first
 * rule that matches decides; where none does the packet passes.
 */
export class Firewall {
  /** Connection tracking is on: some rule asks for a state. */
  readonly tracks: boolean;
  /** There is something to do before the way is chosen. */
  readonly hasPrerouting: boolean;
  readonly hasOutput: boolean;
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly view = new FirewallView();
  private readonly conntrack: Conntrack | null;
  private readonly reject: FirewallReject;
  private readonly rawRules: readonly CompiledRule[];
  private readonly preroutingRules: readonly CompiledRule[];
  private readonly inputRules: readonly CompiledRule[];
  private readonly forwardRules: readonly CompiledRule[];
  private readonly outputRules: readonly CompiledRule[];
  /** What connection tracking says of the packet under way: a `StateBit`. */
  private state = StateBit.untracked!;

  constructor(context: HostContext, rules: readonly FirewallRule[], errors4: IcmpErrors, errors6: Icmpv6Errors) {
    this.context = context;
    this.trace = context.trace;
    const all = rules.map((rule, index) => new CompiledRule(rule, index + 1));
    const at = (hook: FirewallRule['hook']) => all.filter(({ rule }) => rule.hook === hook);
    const passing = (hook: FirewallRule['hook']) => all.filter(({ rule }) => rule.hook === undefined || rule.hook === hook);
    this.rawRules = at('raw');
    this.preroutingRules = at('prerouting');
    this.inputRules = passing('input');
    this.forwardRules = passing('forward');
    this.outputRules = at('output');
    this.tracks = all.some((rule) => rule.wantsState);
    this.conntrack = this.tracks ? new Conntrack(context) : null;
    this.hasPrerouting = this.tracks || this.rawRules.length > 0 || this.preroutingRules.length > 0;
    this.hasOutput = this.tracks || this.outputRules.length > 0;
    this.reject = new FirewallReject(context, errors4, errors6, this.tracks);
  }

  /** Before fragments are put together; false: dropped, and recorded. */
  raw(packet: Packet): boolean {
    return this.rawRules.length === 0 || this.judge(packet, this.rawRules, false);
  }

  /** Before the way is chosen; with connection tracking `packet` is a whole datagram here. */
  prerouting(packet: Packet): boolean {
    if (this.conntrack !== null) {
      this.state = this.conntrack.track(this.view.ofPacket(packet));
      this.recordState(this.conntrack.problem);
    }
    return this.preroutingRules.length === 0 || this.judge(packet, this.preroutingRules, false);
  }

  /** To this host. */
  input(packet: Packet): boolean {
    return this.judge(packet, this.inputRules, true) && this.keep();
  }

  /** Through this host. */
  forward(packet: Packet): boolean {
    return this.judge(packet, this.forwardRules, true) && this.keep();
  }

  /** From this host; false: it does not go out. */
  output(out: Transmission): boolean {
    if (out.protocol === Sent.arp || out.protocol === Sent.forwarded) return true;
    this.view.ofTransmission(out);
    // The answer to a rejected packet is related to its connection, and none of it.
    const isReset = out.why === D.ip_firewall_reset;
    if (this.conntrack !== null) this.state = isReset ? StateBit.related! : this.conntrack.trackSent(this.view, out);
    const rule = this.firstMatch(this.outputRules);
    if (rule !== null && rule.action !== Action.accept) {
      this.trace.record(D.ip_firewall_output_dropped, rule.number, this.trace.keep(rule.rule.text));
      return false;
    }
    if (!isReset) this.conntrack?.confirm();
    return true;
  }

  /** A packet that the captured host has sent: only taken notice of. */
  observe(packet: Packet): void {
    if (this.conntrack === null) return;
    this.conntrack.track(this.view.ofPacket(packet));
    this.conntrack.confirm();
  }

  private keep(): boolean {
    if (this.conntrack === null || this.conntrack.confirm()) return true;
    this.trace.record(D.ip_conntrack_full, this.context.config.sysctl['netfilter.nf_conntrack_max']);
    return false;
  }

  private judge(packet: Packet, rules: readonly CompiledRule[], tellsDefault: boolean): boolean {
    const { trace } = this;
    this.view.ofPacket(packet);
    const rule = this.firstMatch(rules);
    if (rule === null) {
      if (tellsDefault && rules.length > 0) trace.record(D.ip_firewall_default, rules.length);
      return true;
    }
    switch (rule.action) {
      case Action.accept:
        trace.record(D.ip_firewall_accepted, rule.number, trace.keep(rule.rule.text));
        return true;
      case Action.drop:
        this.stop(packet);
        trace.record(D.ip_firewall_dropped, rule.number, trace.keep(rule.rule.text));
        return false;
      default:
        this.stop(packet);
        this.reject.answer(packet, this.view, rule.rule.rejectWith ?? 'port-unreachable');
        trace.record(D.ip_firewall_rejected, rule.number, trace.keep(rule.rule.text));
        return false;
    }
  }

  private stop(packet: Packet): void {
    packet.passedBy = true;
    this.view.tell(packet);
  }

  private firstMatch(rules: readonly CompiledRule[]): CompiledRule | null {
    const { view, state } = this;
    const { now } = this.context;
    for (let i = 0; i < rules.length; i++) if (rules[i]!.matches(view, state, now)) return rules[i]!;
    return null;
  }

  private recordState(problem: number): void {
    const { trace, state } = this;
    if (state === StateBit.invalid) trace.record(INVALID_DECISION[problem]!, Math.max(this.view.tcpFlags, 0));
    else if (state === StateBit.new) trace.record(D.ip_conntrack_new);
    else if (state === StateBit.established) trace.record(D.ip_conntrack_established);
    else if (state === StateBit.related) trace.record(D.ip_conntrack_related);
    else trace.record(D.ip_conntrack_untracked);
  }
}

/** By `Invalid` number. */
const INVALID_DECISION: Readonly<Record<number, number>> = {
  [Invalid.header]: D.ip_conntrack_bad_header,
  [Invalid.checksum]: D.ip_conntrack_bad_checksum,
  [Invalid.flags]: D.ip_conntrack_bad_flags,
  [Invalid.state]: D.ip_conntrack_bad_state,
  [Invalid.window]: D.ip_conntrack_out_of_window,
  [Invalid.reset]: D.ip_conntrack_bad_reset,
  [Invalid.quote]: D.ip_conntrack_unknown_quote,
  [Invalid.kind]: D.ip_conntrack_bad_kind,
  [Invalid.fragment]: D.ip_conntrack_fragment,
};
