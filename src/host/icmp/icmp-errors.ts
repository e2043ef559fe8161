import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { isLoopback4, isMulticast4 } from '../../wire/address.ts';
import { copied, u16 } from '../../wire/bytes.ts';
import { ICMP_HEADER, IcmpType, isIcmpError, UnreachableCode } from '../../wire/icmp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import type { Addresses } from '../addresses.ts';
import type { HostContext } from '../context.ts';
import type { IpIds } from '../ip/ip-ids.ts';
import type { Paths } from '../ip/paths.ts';
import { firstHop, lengthOnTheWire } from '../ip/source-route.ts';
import { IpTarget, LinkTarget, type Packet } from '../packet.ts';
import { ErrorRate } from './error-rate.ts';
import type { Peers } from './peers.ts';

/** An error message is no longer than this with its IP header: every host can take it (RFC 1812 §4.3.2.3). */
const ERROR_MAX = 576;
/** Internetwork control, as RFC 1812 §4.3.2.5 asks for errors. */
const TOS_CONTROL = 0xc0;
const TOS_BITS = 0x1e;
/** Types from here on are unknown to Linux; about them no error is said either. */
const KNOWN_TYPES = 18;
/** To Linux errors as well: types that nobody uses, and router advertisement and solicitation. */
const UNUSED_TYPES: ReadonlySet<number> = new Set([1, 2, 6, 7, 9, 10]);

/** Why no error is sent: the values of `icmp_error_not_sent`. */
export const ErrorSilence = {
  groupFrame: 1,
  groupAddress: 2,
  laterFragment: 3,
  aboutError: 4,
  total: 5,
  peer: 6,
  source: 7,
} as const;

/** ICMP errors about a received packet (RFC 1122 §3.2.2: about which packets none may be sent). */
export class IcmpErrors {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly ids: IpIds;
  private readonly peers: Peers;
  private readonly paths: Paths;
  private readonly rate = new ErrorRate();

  constructor(context: HostContext, addresses: Addresses, ids: IpIds, peers: Peers, paths: Paths) {
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    this.ids = ids;
    this.peers = peers;
    this.paths = paths;
  }

  /** `rest`: the four bytes after the checksum; `why`: the reply decision. */
  send(packet: Packet, type: number, code: number, rest: number, why: number): void {
    const silence = this.silence(packet, type, code);
    if (silence !== 0) {
      this.trace.record(D.icmp_error_not_sent, silence, type, code);
      return;
    }
    if (packet.replyOptionsFail) {
      this.trace.record(D.icmp_options_fail);
      return;
    }
    const out = this.trace.transmit(why, type, code, rest);
    this.address(out, packet);
    out.protocol = Sent.icmp;
    out.icmpType = type;
    out.icmpCode = code;
    out.icmpRest = rest;
    out.tos = (packet.tos & TOS_BITS) | TOS_CONTROL;
    out.payload = packet.bytes;
    out.payloadStart = packet.networkStart;
    const room =
      Math.min(ERROR_MAX, this.paths.isPlain ? this.context.config.mtu : this.paths.mtu4(packet.src3)) -
      IPV4_HEADER -
      lengthOnTheWire(packet.replyOptions) -
      ICMP_HEADER;
    out.payloadEnd = Math.min(packet.networkEnd, packet.networkStart + room);
    if (packet.changedOptions.length > 0) this.quoteChanged(out, packet.changedOptions);
  }

  /** Linux has written into the packet's options before it quotes it. */
  private quoteChanged(out: Transmission, options: Uint8Array): void {
    const quote = copied(out.payload, out.payloadStart, out.payloadEnd);
    quote.set(options, IPV4_HEADER);
    out.payload = quote;
    out.payloadStart = 0;
    out.payloadEnd = quote.length;
  }

  /** Fills in what every ICMP answer to the packet has: addresses, options, id, TTL; TOS is the packet's. */
  address(out: Transmission, packet: Packet): void {
    out.family = 4;
    const isOurs = this.addresses.isOurs4(packet.dst3) || isLoopback4(packet.dst3);
    out.src3 = isOurs ? packet.dst3 : this.addresses.sourceFor4(packet.src3);
    out.dst3 = packet.src3;
    // A source route may lead to a group first.
    const isGroup = isMulticast4(firstHop(packet.replyOptions, packet.src3));
    out.ttl = isGroup ? 1 : this.context.config.sysctl['ipv4.ip_default_ttl'];
    out.tos = packet.tos;
    out.ipOptions = packet.replyOptions;
    out.dontFragment = false;
    out.ipId = this.ids.next(out.src3, out.dst3, IpProtocol.icmp);
  }

  /** An `ErrorSilence` number; 0: the error may be sent. */
  private silence(packet: Packet, type: number, code: number): number {
    if (packet.linkTarget !== LinkTarget.us) return ErrorSilence.groupFrame;
    if (packet.ipTarget !== IpTarget.unicast) return ErrorSilence.groupAddress;
    if (packet.src3 === 0) return ErrorSilence.source;
    const { bytes, networkStart } = packet;
    if ((u16(bytes, networkStart + 6) & 0x1fff) !== 0) return ErrorSilence.laterFragment;
    if (bytes[networkStart + 9] === IpProtocol.icmp) {
      const at = networkStart + ((bytes[networkStart]! & 0xf) << 2);
      const inner = at < packet.networkEnd ? bytes[at]! : -1;
      if (inner < 0 || inner > KNOWN_TYPES || isIcmpError(inner) || UNUSED_TYPES.has(inner)) return ErrorSilence.aboutError;
    }
    return this.isLimited(type, code) ? this.limit(packet) : 0;
  }

  /** icmp_ratemask; "fragmentation needed" is never held back. */
  private isLimited(type: number, code: number): boolean {
    if (type === IcmpType.destinationUnreachable && code === UnreachableCode.fragmentationNeeded) return false;
    return ((this.context.config.sysctl['ipv4.icmp_ratemask'] >>> type) & 1) !== 0;
  }

  /** An answer of the type may be sent: they count only where icmp_ratemask says so. */
  allowsAnswer(packet: Packet, type: number): boolean {
    const silence = this.isLimited(type, 0) ? this.limit(packet) : 0;
    if (silence !== 0) this.trace.record(D.icmp_error_not_sent, silence, type, 0);
    return silence === 0;
  }

  private limit(packet: Packet): number {
    const { sysctl } = this.context.config;
    const now = this.context.now;
    if (!this.rate.allowsMessage(now, sysctl['ipv4.icmp_msgs_per_sec'], sysctl['ipv4.icmp_msgs_burst']))
      return ErrorSilence.total;
    const peer = this.peers.find(0, 0, 0, packet.src3);
    if (!ErrorRate.allowsPeer(peer, now, sysctl['ipv4.icmp_ratelimit'] * 1_000_000)) return ErrorSilence.peer;
    this.rate.consume();
    return 0;
  }
}
