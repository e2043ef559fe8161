import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { isLimitedBroadcast4, isLoopback4, isMulticast4 } from '../../wire/address.ts';
import { ArpOperation, ArpProblem, ArpView } from '../../wire/arp.ts';
import { EtherType } from '../../wire/ethernet.ts';
import type { Addresses } from '../addresses.ts';
import type { HostContext } from '../context.ts';
import type { Routes } from '../ip/routes.ts';
import { LinkTarget, type Packet } from '../packet.ts';
import type { Neighbours } from './neighbours.ts';

const ETHERNET = 1;
const IEEE802 = 6;
/** A MAC heard in this time is not replaced by another one's claim (locktime). */
const LOCK_TIME = 1_000_000_000;

/** ARP for IPv4 over Ethernet (RFC 826, RFC 5227; Linux arp_rcv and arp_process). */
export class Arp {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly routes: Routes;
  private readonly neighbours: Neighbours;
  private readonly view = new ArpView();

  constructor(context: HostContext, addresses: Addresses, routes: Routes, neighbours: Neighbours) {
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    this.routes = routes;
    this.neighbours = neighbours;
  }

  receive(packet: Packet): void {
    const { trace } = this;
    if (packet.linkTarget === LinkTarget.other) {
      trace.record(D.arp_otherhost);
      return;
    }
    const view = this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    const problem = view.check();
    if (problem !== ArpProblem.none) {
      const isCut = packet.frame.wireLength > packet.frame.end - packet.frame.start;
      const there = view.end - view.start;
      if (problem === ArpProblem.badLengths && there >= 28)
        trace.record(D.arp_bad_lengths, view.hardwareLength, view.protocolLength);
      else trace.record(isCut ? D.arp_not_captured : D.arp_truncated, there);
      return;
    }
    this.fill(packet, view);
    if ((view.hardwareType !== ETHERNET && view.hardwareType !== IEEE802) || view.protocolType !== EtherType.ipv4) {
      trace.record(D.arp_bad_type, view.hardwareType, view.protocolType);
      return;
    }
    if (view.operation !== ArpOperation.request && view.operation !== ArpOperation.reply) {
      trace.record(D.arp_bad_operation, view.operation);
      return;
    }
    const target = view.targetIp;
    const { sysctl } = this.context.config;
    if ((isLoopback4(target) && sysctl['ipv4.route_localnet'] === 0) || isMulticast4(target)) {
      trace.record(D.arp_bad_target, target);
      return;
    }
    if (target === view.senderIp && sysctl['ipv4.drop_gratuitous_arp'] !== 0) trace.record(D.arp_gratuitous, target);
    else this.process(view, packet.linkTarget === LinkTarget.us);
  }

  observe(packet: Packet): void {
    const view = this.view.at(packet.bytes, packet.networkStart, packet.networkEnd);
    if (view.check() === ArpProblem.none) this.fill(packet, view);
    this.trace.record(D.arp_observed, packet.arpOperation);
  }

  private fill(packet: Packet, view: ArpView): void {
    packet.arpOperation = view.operation;
    packet.family = 4;
    packet.src0 = packet.src1 = packet.src2 = packet.dst0 = packet.dst1 = packet.dst2 = 0;
    packet.src3 = view.senderIp;
    packet.dst3 = view.targetIp;
  }

  private process(view: ArpView, toUs: boolean): void {
    const { trace } = this;
    const sender = view.senderIp;
    const isRequest = view.operation === ArpOperation.request;
    const isOurs = this.addresses.isOurs4(view.targetIp) || isLoopback4(view.targetIp);
    if (isRequest && isOurs && this.isPossibleSender(sender)) {
      if (!this.tells(view.targetIp, sender)) {
        trace.record(D.arp_not_ours, view.targetIp);
        return;
      }
      trace.record(sender === 0 ? D.arp_probe : D.arp_request, view.targetIp, sender);
      if (sender !== 0) this.neighbours.learn(4, 0, 0, 0, sender, view.senderMacHigh, view.senderMacLow, true);
      this.reply(view);
      return;
    }
    if (sender === view.targetIp)
      trace.record(this.addresses.isOurs4(sender) ? D.arp_our_address_claimed : D.arp_gratuitous, sender);
    else if (isRequest) trace.record(D.arp_not_ours, view.targetIp);
    else trace.record(D.arp_reply_received, sender);
    const isNew = this.neighbours.find(4, 0, 0, 0, sender) === null;
    if (isNew && !((isGratuitous(view) || !isRequest) && this.acceptsStranger(sender))) return;
    const known = this.neighbours.entry(4, 0, 0, 0, sender);
    if (known === null) return;
    const mayReplace = this.context.now > known.updatedAt + LOCK_TIME || isGratuitous(view);
    this.neighbours.confirm(4, 0, 0, 0, sender, view.senderMacHigh, view.senderMacLow, !isRequest && toUs, mayReplace);
  }

  /** Whether whoever asks for this address of ours is told (arp_ignore): all, those of its network, nobody. */
  private tells(target: number, sender: number): boolean {
    const level = this.context.config.sysctl['ipv4.arp_ignore'];
    if (level === 2 && sender !== 0) return this.addresses.sharesNetwork4(target, sender);
    return level !== 8;
  }

  /** Whether somebody unknown who speaks unasked gets an entry (arp_accept). */
  private acceptsStranger(sender: number): boolean {
    const level = this.context.config.sysctl['ipv4.arp_accept'];
    if (this.context.config.capture !== null || !this.addresses.isElsewhere4(sender)) return false;
    return level === 1 || (level === 2 && this.addresses.isOnLink4(sender));
  }

  /** What the route lookup of the request lets through: a source that a packet could have. 0 is a probe (RFC 5227 §2.1.1). */
  private isPossibleSender(sender: number): boolean {
    if (sender === 0) return true;
    if (isMulticast4(sender) || isLimitedBroadcast4(sender) || isLoopback4(sender)) return false;
    if (this.addresses.isOurs4(sender)) return false;
    return this.context.config.sysctl['ipv4.rp_filter'] === 0 || this.routes.reaches4(sender);
  }

  private reply(view: ArpView): void {
    const out = this.trace.transmit(D.arp_reply, view.targetIp, view.senderIp);
    out.protocol = Sent.arp;
    out.arpOperation = ArpOperation.reply;
    out.src3 = view.targetIp;
    out.dst3 = view.senderIp;
    out.macHigh = view.senderMacHigh;
    out.macLow = view.senderMacLow;
  }
}

/** The sender speaks of itself; in a reply it must also name itself as the target (Linux arp_is_garp). */
function isGratuitous(view: ArpView): boolean {
  if (view.senderIp !== view.targetIp) return false;
  if (view.operation === ArpOperation.request) return true;
  return view.senderMacHigh === view.targetMacHigh && view.senderMacLow === view.targetMacLow;
}
