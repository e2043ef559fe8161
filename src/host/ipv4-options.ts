import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import { copyBytes, NO_BYTES, putU32, u32 } from '../wire/bytes.ts';
import { IcmpType } from '../wire/icmp.ts';
import { IPV4_HEADER } from '../wire/ipv4.ts';
import { Ipv4Options, Ipv4OptionsProblem, TimestampFlag } from '../wire/ipv4-options.ts';
import type { Addresses } from './addresses.ts';
import type { HostContext } from './context.ts';
import type { IcmpErrors } from './icmp-errors.ts';
import type { Packet } from './packet.ts';

const DAY = 86_400_000;

/** The options of a received IPv4 header: checked, filled in as by a receiving host, and put back together for the answer (Linux ip_options.c). */
export class Ipv4OptionRules {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly errors: IcmpErrors;
  private readonly parsed = new Ipv4Options();
  private readonly reply = new Uint8Array(40);
  /** Views on `reply`, one for each length that it may have. */
  private readonly replies = Array.from({ length: 11 }, (_, words) => this.reply.subarray(0, words * 4));

  constructor(context: HostContext, addresses: Addresses, errors: IcmpErrors) {
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    this.errors = errors;
  }

  /** False: dropped, and recorded. Else `packet.replyOptions` is what an answer carries. */
  receive(packet: Packet): boolean {
    const { trace, parsed } = this;
    const start = packet.networkStart;
    packet.replyOptions = NO_BYTES;
    if (parsed.parse(packet.bytes, start, packet.optionsEnd - start) !== Ipv4OptionsProblem.none) {
      trace.record(D.ipv4_option_malformed, parsed.pointer);
      this.errors.send(packet, IcmpType.parameterProblem, 0, parsed.pointer * 0x100_0000, D.icmp_parameter_problem);
      return false;
    }
    if (parsed.sourceRoute !== 0 && !this.acceptsSourceRoute(packet)) return false;
    if (parsed.recordRoute !== 0 || parsed.timestamp !== 0) this.compose(packet);
    if (parsed.unknown) trace.record(D.ipv4_option_unknown);
    trace.record(D.ipv4_options, packet.optionsEnd - packet.optionsStart);
    return true;
  }

  private acceptsSourceRoute(packet: Packet): boolean {
    const at = packet.networkStart + this.parsed.sourceRoute;
    const { bytes } = packet;
    const isExhausted = bytes[at + 2]! > bytes[at + 1]!;
    if (isExhausted && this.context.config.sysctl['ipv4.accept_source_route'] !== 0) return true;
    this.trace.record(D.ipv4_source_route);
    return false;
  }

  private compose(packet: Packet): void {
    const { parsed } = this;
    let length = 0;
    if (parsed.recordRoute !== 0) length = this.recordRoute(packet, length);
    if (parsed.timestamp !== 0) length = this.timestamp(packet, length);
    const padded = (length + 3) & ~3;
    this.reply.fill(0, length, padded);
    packet.replyOptions = this.replies[padded >> 2]!;
  }

  /** Our address twice: as the one that it came to, and as the one that the answer leaves from. */
  private recordRoute(packet: Packet, at: number): number {
    const { reply } = this;
    const from = packet.networkStart + this.parsed.recordRoute;
    const length = packet.bytes[from + 1]!;
    copyBytes(packet.bytes, from, from + length, reply, at);
    const address = this.ourAddress(packet);
    for (let i = 0; i < 2 && reply[at + 2]! + 3 <= length; i++) {
      putU32(reply, at + reply[at + 2]! - 1, address);
      reply[at + 2] = reply[at + 2]! + 4;
    }
    return at + length;
  }

  private timestamp(packet: Packet, at: number): number {
    const { reply, parsed } = this;
    const from = packet.networkStart + parsed.timestamp;
    const length = packet.bytes[from + 1]!;
    copyBytes(packet.bytes, from, from + length, reply, at);
    if (parsed.timestampSlot === 0) {
      // Full: the overflow counter says how many could not write.
      if (reply[at + 2]! > length && parsed.timestampFlag !== TimestampFlag.prespecified) reply[at + 3] = reply[at + 3]! + 0x10;
      return at + length;
    }
    const step = parsed.timestampFlag === TimestampFlag.timestampsOnly ? 4 : 8;
    for (let i = 0; i < 2 && reply[at + 2]! + step - 1 <= length; i++) {
      const slot = at + reply[at + 2]! - 1;
      if (parsed.timestampFlag === TimestampFlag.prespecified) {
        if (!this.addresses.isOurs4(u32(reply, slot))) break;
      } else if (step === 8) putU32(reply, slot, this.ourAddress(packet));
      putU32(reply, slot + step - 4, this.timeOfDay());
      reply[at + 2] = reply[at + 2]! + step;
    }
    return at + length;
  }

  private ourAddress(packet: Packet): number {
    return this.addresses.isOurs4(packet.dst3) ? packet.dst3 : this.addresses.sourceFor4(packet.src3);
  }

  private timeOfDay(): number {
    return timeOfDay(this.context);
  }
}

/** Milliseconds since midnight UT (RFC 792, RFC 791 §3.1). */
export function timeOfDay(context: HostContext): number {
  const time = (context.config.timeOfDay ?? 0) + Math.floor(context.now / 1_000_000);
  return ((time % DAY) + DAY) % DAY;
}

/** Bytes of options that the answer to the packet carries. */
export function replyOptionsLength(packet: Packet): number {
  return packet.replyOptions === NO_BYTES ? 0 : packet.replyOptions.length;
}

export const OPTIONS_AT = IPV4_HEADER;
