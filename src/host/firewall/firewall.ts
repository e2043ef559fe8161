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
import { type BaseChain, Chains, decide } from './firewall-chains.ts';
import { FirewallReject } from './firewall-reject.ts';
import { Action, type CompiledRule, StateBit } from './firewall-rule.ts';
import { FirewallView } from './firewall-view.ts';

/** netfilter's connection tracking stands at this priority of prerouting and output: chains before it may keep packets from it. */
const TRACK_PRIORITY = -200;
const isBeforeTracking = ({ priority }: BaseChain): boolean => priority < TRACK_PRIORITY;
const isBehindTracking = ({ priority }: BaseChain): boolean => priority >= TRACK_PRIORITY;

/**
 * The packet filter at Linux's netfilter hooks: raw and prerouting before the way is chosen, input for packets to this host (whole
 * datagrams, of IPv6 only with connection tracking), forward for those that pass through, output for its own, postrouting for both. At
 * each hook every chain is asked: in each the first rule that matches decides; where none does the packet passes.
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
  private readonly rawChains: readonly BaseChain[];
  private readonly earlyPreroutingChains: readonly BaseChain[];
  private readonly preroutingChains: readonly BaseChain[];
  private readonly inputChains: readonly BaseChain[];
  private readonly forwardChains: readonly BaseChain[];
  private readonly earlyOutputChains: readonly BaseChain[];
  private readonly outputChains: readonly BaseChain[];
  private readonly postroutingChains: readonly BaseChain[];

  constructor(context: HostContext, rules: readonly FirewallRule[], errors4: IcmpErrors, errors6: Icmpv6Errors) {
    this.context = context;
    this.trace = context.trace;
    const chains = new Chains(rules);
    const prerouting = chains.at('prerouting');
    const output = chains.at('output');
    this.rawChains = chains.at('raw');
    this.earlyPreroutingChains = prerouting.filter(isBeforeTracking);
    this.preroutingChains = prerouting.filter(isBehindTracking);
    this.inputChains = chains.at('input');
    this.forwardChains = chains.at('forward');
    this.earlyOutputChains = output.filter(isBeforeTracking);
    this.outputChains = output.filter(isBehindTracking);
    this.postroutingChains = chains.at('postrouting');
    this.tracks = chains.all.some((rule) => rule.wantsState);
    this.conntrack = this.tracks ? new Conntrack(context) : null;
    this.hasPrerouting = this.tracks || this.rawChains.length > 0 || prerouting.length > 0;
    this.hasOutput = this.tracks || output.length > 0 || this.postroutingChains.length > 0;
    this.reject = new FirewallReject(context, errors4, errors6, this.tracks);
  }

  /** Before fragments are put together; false: dropped, and recorded. */
  raw(packet: Packet): boolean {
    const { view } = this;
    view.mark = 0;
    view.state = StateBit.invalid!;
    view.direction = -1;
    return this.judge(packet, this.rawChains, false);
  }

  /** Before the way is chosen; with connection tracking `packet` is a whole datagram here. */
  prerouting(packet: Packet): boolean {
    const { conntrack, view } = this;
    if (!this.judge(packet, this.earlyPreroutingChains, false)) return false;
    if (conntrack !== null) {
      view.ofPacket(packet);
      if (view.state === StateBit.untracked) conntrack.pass();
      else view.state = conntrack.track(view);
      view.direction = conntrack.direction;
      this.recordState(conntrack.problem);
    }
    return this.judge(packet, this.preroutingChains, false);
  }

  /** To this host. */
  input(packet: Packet): boolean {
    if (!this.hasPrerouting) this.view.mark = 0;
    return this.judge(packet, this.inputChains, true) && this.keep();
  }

  /** Through this host. */
  forward(packet: Packet): boolean {
    if (!this.hasPrerouting) this.view.mark = 0;
    return this.judge(packet, this.forwardChains, true) && this.judge(packet, this.postroutingChains, false) && this.keep();
  }

  /** From this host; false: it does not go out. */
  output(out: Transmission): boolean {
    if (out.protocol === Sent.arp || out.protocol === Sent.forwarded) return true;
    const { conntrack, view } = this;
    view.ofTransmission(out);
    // The answer to a rejected packet is related to its connection, and none of it.
    const isReset = out.why === D.ip_firewall_reset;
    view.state = (isReset ? StateBit.related : StateBit.invalid)!;
    view.direction = -1;
    if (!this.leaves(this.earlyOutputChains)) return false;
    if (conntrack !== null) {
      if (view.state === StateBit.invalid) view.state = conntrack.trackSent(view, out);
      else conntrack.pass();
      view.direction = conntrack.direction;
    }
    if (!this.leaves(this.outputChains) || !this.leaves(this.postroutingChains)) return false;
    conntrack?.confirm();
    return true;
  }

  /** A packet that the captured host has sent: only taken notice of. */
  observe(packet: Packet): void {
    if (this.conntrack === null) return;
    this.conntrack.track(this.view.ofPacket(packet));
    this.conntrack.confirm();
  }

  private leaves(chains: readonly BaseChain[]): boolean {
    for (let i = 0; i < chains.length; i++) {
      const rule = this.decision(chains[i]!);
      if (rule === null || rule.action === Action.accept) continue;
      this.trace.record(D.ip_firewall_output_dropped, rule.number, this.trace.keep(rule.rule.text));
      return false;
    }
    return true;
  }

  private keep(): boolean {
    if (this.conntrack === null || this.conntrack.confirm()) return true;
    this.trace.record(D.ip_conntrack_full, this.context.config.sysctl['netfilter.nf_conntrack_max']);
    return false;
  }

  private judge(packet: Packet, chains: readonly BaseChain[], tellsDefault: boolean): boolean {
    if (chains.length === 0) return true;
    const { trace } = this;
    this.view.ofPacket(packet);
    let asked = 0;
    for (let i = 0; i < chains.length; i++) {
      const rule = this.decision(chains[i]!);
      if (rule === null) asked += chains[i]!.rules.length;
      else if (rule.action === Action.accept) trace.record(D.ip_firewall_accepted, rule.number, trace.keep(rule.rule.text));
      else if (this.isDisproved()) trace.record(D.ip_firewall_disproved, rule.number, trace.keep(rule.rule.text));
      else {
        this.refuse(packet, rule);
        return false;
      }
    }
    if (tellsDefault && asked > 0) trace.record(D.ip_firewall_default, asked);
    return true;
  }

  /** The captured host has taken part in the flow of the packet under way. */
  private isDisproved(): boolean {
    const { capture } = this.context.config;
    return capture !== null && this.view.sourcePort >= 0 && capture.disproves(this.view);
  }

  private refuse(packet: Packet, rule: CompiledRule): void {
    const { trace } = this;
    this.stop(packet);
    const isRejected = rule.action === Action.reject;
    if (isRejected) this.reject.answer(packet, this.view, rule.rule.rejectWith ?? 'port-unreachable');
    trace.record(isRejected ? D.ip_firewall_rejected : D.ip_firewall_dropped, rule.number, trace.keep(rule.rule.text));
  }

  private stop(packet: Packet): void {
    packet.passedBy = true;
    this.view.tell(packet);
  }

  private decision(chain: BaseChain): CompiledRule | null {
    return decide(chain, this.view, this.context.now);
  }

  private recordState(problem: number): void {
    const { trace } = this;
    const { state } = this.view;
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
