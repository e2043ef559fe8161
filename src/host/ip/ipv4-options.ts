import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { isLoopback4, isMulticast4 } from '../../wire/address.ts';
import { copyBytes, NO_BYTES, putU32, u32 } from '../../wire/bytes.ts';
import { IcmpType } from '../../wire/icmp.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { Ipv4Options, Ipv4OptionsProblem, TimestampFlag } from '../../wire/ipv4-options.ts';
import type { Addresses } from '../addresses.ts';
import type { HostContext } from '../context.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import { IpTarget, LinkTarget, type Packet } from '../packet.ts';
import { timeOfDay } from '../time/time-of-day.ts';
import type { Routes } from './routes.ts';

const OPTIONS_MAX = 40;
/** An answer's source route still holds its first hop. */
const REPLY_MAX = OPTIONS_MAX + 4;
const ADDRESS = 4;
/** Type, length and pointer of a source route. */
const ROUTE_HEAD = 3;

/**
 * The options of a received IPv4 header: checked, filled in as by a receiving host, and put back together for the answer, where the
 * sending host fills them in once more (Linux ip_options.c).
 */
export class Ipv4OptionRules {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly errors: IcmpErrors;
  /** After `receive`: a source route goes on to this address, which a router puts in the destination's place; 0: none. */
  nextHop = 0;
  /** Offsets from the header's first byte: of that address in the option, and of the option's pointer. */
  routeSlot = 0;
  routePointer = 0;
  private readonly routes: Routes;
  private readonly parsed = new Ipv4Options();
  private readonly changed = new Uint8Array(OPTIONS_MAX);
  private readonly reply = new Uint8Array(REPLY_MAX);
  /** Views on the two, one for each length that they may have. */
  private readonly changedViews = views(this.changed);
  private readonly replyViews = views(this.reply);

  constructor(context: HostContext, addresses: Addresses, routes: Routes, errors: IcmpErrors) {
    this.context = context;
    this.routes = routes;
    this.trace = context.trace;
    this.addresses = addresses;
    this.errors = errors;
  }

  get hasSourceRoute(): boolean {
    return this.parsed.sourceRoute !== 0;
  }
  get isStrict(): boolean {
    return this.parsed.isStrict;
  }

  /** A packet without options: nothing is left over from the one before. */
  skip(): void {
    this.nextHop = this.parsed.sourceRoute = 0;
  }

  /** False: dropped, and recorded. Else `packet.replyOptions` is what an answer carries. `isOurs`: it came to an address of this host. */
  receive(packet: Packet, isOurs: boolean): boolean {
    const { trace, parsed } = this;
    const pointer = this.fillIn(packet);
    if (pointer >= 0) {
      trace.record(D.ipv4_option_malformed, pointer);
      this.errors.send(packet, IcmpType.parameterProblem, 0, pointer * 0x100_0000, D.icmp_parameter_problem);
      return false;
    }
    if (parsed.sourceRoute !== 0 && !this.acceptsSourceRoute(packet, isOurs)) return false;
    if (parsed.unknown) trace.record(D.ipv4_option_unknown);
    trace.record(D.ipv4_options, packet.optionsEnd - packet.optionsStart);
    return true;
  }

  /** Sets what an answer carries and how the packet's own options have changed. The byte at fault, counted from the header's first; -1: none. */
  fillIn(packet: Packet): number {
    const { parsed } = this;
    this.nextHop = 0;
    const start = packet.networkStart;
    parsed.parse(packet.bytes, start, packet.optionsEnd - start);
    if (parsed.recordRoute !== 0 || parsed.timestamp !== 0 || parsed.cipso !== 0) this.compose(packet);
    else if (parsed.sourceRoute !== 0) this.finish(packet, this.routeBack(packet, 0));
    if (parsed.end !== 0) this.clearPadding(packet);
    return parsed.problem === Ipv4OptionsProblem.none ? -1 : parsed.pointer;
  }

  /** Linux ip_options_rcv_srr: whoever is the destination looks for the next address that is not its own. */
  private acceptsSourceRoute(packet: Packet, isOurs: boolean): boolean {
    const { parsed } = this;
    const { bytes } = packet;
    const at = packet.networkStart + parsed.sourceRoute;
    if (this.context.config.sysctl['ipv4.accept_source_route'] === 0 || packet.linkTarget !== LinkTarget.us) return this.refuse();
    if (!isOurs) {
      if (!this.leadsTo(packet.dst3)) return this.refuse();
      return !parsed.isStrict || this.complain(packet, IPV4_HEADER - 4);
    }
    if (packet.ipTarget !== IpTarget.unicast) return this.refuse();
    const length = bytes[at + 1]!;
    for (let pointer = bytes[at + 2]!; pointer <= length; pointer += 4) {
      if (pointer + 3 > length) return this.complain(packet, parsed.sourceRoute + 2);
      const next = u32(bytes, at + pointer - 1);
      if (this.addresses.isOurs4(next)) continue;
      if (!this.leadsTo(next)) return this.refuse();
      this.nextHop = next;
      this.routeSlot = parsed.sourceRoute + pointer - 1;
      this.routePointer = parsed.sourceRoute + 2;
      break;
    }
    return true;
  }

  private refuse(): boolean {
    this.trace.record(D.ipv4_source_route);
    return false;
  }

  private complain(packet: Packet, pointer: number): boolean {
    this.trace.record(D.ipv4_source_route);
    this.errors.send(packet, IcmpType.parameterProblem, 0, pointer * 0x100_0000, D.icmp_parameter_problem);
    return false;
  }

  /** A router would send it on to that address. */
  private leadsTo(address: number): boolean {
    const isHost = !isMulticast4(address) && !isLoopback4(address) && address !== 0 && !this.addresses.isBroadcast4(address);
    return isHost && this.context.config.sysctl['ipv4.ip_forward'] !== 0 && this.routes.find4(address)?.type === 'unicast';
  }

  /** Linux clears what comes behind the end of the list, so that a quote has it so too. */
  private clearPadding(packet: Packet): void {
    const from = this.parsed.end - IPV4_HEADER;
    const length = packet.optionsEnd - packet.optionsStart;
    if (packet.changedOptions.length === 0) {
      let at = from;
      while (at < length && packet.bytes[packet.optionsStart + at] === 0) at++;
      if (at === length) return;
      this.change(packet);
    }
    this.changed.fill(0, from, length);
  }

  private change(packet: Packet): void {
    copyBytes(packet.bytes, packet.optionsStart, packet.optionsEnd, this.changed, 0);
    packet.changedOptions = this.changedViews[(packet.optionsEnd - packet.optionsStart) >> 2]!;
  }

  private compose(packet: Packet): void {
    const { parsed } = this;
    this.change(packet);
    let length = 0;
    if (parsed.recordRoute !== 0) length = this.recordRoute(packet, length);
    if (parsed.timestamp !== 0) length = this.timestamp(packet, length);
    if (parsed.sourceRoute !== 0) length = this.routeBack(packet, length);
    if (parsed.cipso !== 0) length = this.copyToReply(parsed.cipso - IPV4_HEADER, length);
    this.finish(packet, length);
  }

  private finish(packet: Packet, length: number): void {
    const padded = (length + 3) & ~3;
    this.reply.fill(0, length, padded);
    packet.replyOptions = this.replyViews[padded >> 2]!;
  }

  /** The way that the packet has come so far, from its end, for the answer (RFC 1122 §3.2.1.8 e; Linux __ip_options_echo). */
  private routeBack(packet: Packet, at: number): number {
    const { reply } = this;
    const { bytes } = packet;
    const from = packet.networkStart + this.parsed.sourceRoute;
    let end = Math.min(bytes[from + 2]!, bytes[from + 1]! + 1) - ADDRESS;
    // A sender that has put itself at the beginning is not to be gone to twice.
    const first = u32(bytes, from + ROUTE_HEAD) === packet.src3 ? ROUTE_HEAD + 1 + ADDRESS : ROUTE_HEAD + 1;
    let length = ROUTE_HEAD;
    for (; end >= first; end -= ADDRESS, length += ADDRESS) copyBytes(bytes, from + end - 1, from + end + 3, reply, at + length);
    if (length === ROUTE_HEAD) return at;
    putU32(reply, at + length, packet.src3);
    reply[at] = bytes[from]!;
    reply[at + 1] = length + ADDRESS;
    reply[at + 2] = ROUTE_HEAD + 1;
    return at + length + ADDRESS;
  }

  /** Our address twice: as the one that it came to, and as the one that the answer leaves from. */
  private recordRoute(packet: Packet, at: number): number {
    const { changed, reply } = this;
    const from = this.parsed.recordRoute - IPV4_HEADER;
    const address = this.ourAddress(packet);
    if (this.parsed.recordRouteSlot !== 0) putAddress(changed, from, address);
    const end = this.copyToReply(from, at);
    if (reply[at + 2]! > reply[at + 1]!) return end;
    if (reply[at + 2]! + 3 > reply[at + 1]!) packet.replyOptionsFail = true;
    else putAddress(reply, at, address);
    return end;
  }

  private timestamp(packet: Packet, at: number): number {
    const { changed, reply, parsed } = this;
    const from = parsed.timestamp - IPV4_HEADER;
    if (parsed.timestampSlot !== 0) this.stamp(packet, changed, from);
    else if (changed[from + 2]! > changed[from + 1]! && parsed.timestampFlag !== TimestampFlag.prespecified) {
      // Full: the overflow counter says how many could not write.
      changed[from + 3] = changed[from + 3]! + 0x10;
    }
    const end = this.copyToReply(from, at);
    const isFull = reply[at + 2]! > reply[at + 1]!;
    if (isFull || parsed.timestampSlot === 0) return end;
    const room = reply[at + 1]! - reply[at + 2]! + 1;
    const isPrespecified = parsed.timestampFlag === TimestampFlag.prespecified;
    if (isPrespecified && !this.isStampedAt(changed, parsed.timestampSlot - IPV4_HEADER)) return end;
    if (room < (parsed.timestampFlag === TimestampFlag.withAddresses ? 8 : 4)) packet.replyOptionsFail = true;
    else if (!isPrespecified || room >= 8) this.stamp(packet, reply, at);
    return end;
  }

  /** Writes the next entry of a timestamp option. */
  private stamp(packet: Packet, options: Uint8Array, at: number): void {
    const flag = this.parsed.timestampFlag;
    const slot = at + options[at + 2]! - 1;
    if (flag === TimestampFlag.prespecified && !this.isStampedAt(options, slot)) return;
    if (flag === TimestampFlag.withAddresses) putU32(options, slot, this.ourAddress(packet));
    const step = flag === TimestampFlag.timestampsOnly ? 4 : 8;
    putU32(options, slot + step - 4, timeOfDay(this.context));
    options[at + 2] = options[at + 2]! + step;
  }

  /** The sender has asked for a stamp of this address: ours, and, to Linux, any that is no single host's. */
  private isStampedAt(options: Uint8Array, slot: number): boolean {
    return !this.addresses.isElsewhere4(u32(options, slot));
  }

  private copyToReply(from: number, at: number): number {
    const length = this.changed[from + 1]!;
    copyBytes(this.changed, from, from + length, this.reply, at);
    return at + length;
  }

  private ourAddress(packet: Packet): number {
    return this.addresses.isOurs4(packet.dst3) ? packet.dst3 : this.addresses.sourceFor4(packet.src3);
  }
}

/** Writes the next address of a record route option. */
function putAddress(options: Uint8Array, at: number, address: number): void {
  putU32(options, at + options[at + 2]! - 1, address);
  options[at + 2] = options[at + 2]! + 4;
}

function views(buffer: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [NO_BYTES];
  for (let words = 1; words * 4 <= buffer.length; words++) found.push(buffer.subarray(0, words * 4));
  return found;
}
