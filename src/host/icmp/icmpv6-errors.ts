import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { isMulticast6, isUnspecified6 } from '../../wire/address.ts';
import { ICMPV6_HEADER, isIcmpv6Error } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER, IPV6_MIN_MTU } from '../../wire/ipv6.ts';
import type { Addresses } from '../addresses.ts';
import type { HostContext } from '../context.ts';
import { Ipv6Chain } from '../ip/ipv6-chain.ts';
import { IpTarget, LinkTarget, type Packet } from '../packet.ts';
import { ErrorRate } from './error-rate.ts';
import { ErrorSilence } from './icmp-errors.ts';
import type { Peers } from './peers.ts';

const QUOTE_MAX = IPV6_MIN_MTU - IPV6_HEADER - ICMPV6_HEADER;

/** ICMPv6 errors about a received packet (RFC 4443 §2.4: about which packets none may be sent). */
export class Icmpv6Errors {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly peers: Peers;
  private readonly rate = new ErrorRate();
  private readonly chain = new Ipv6Chain();

  constructor(context: HostContext, addresses: Addresses, peers: Peers) {
    this.context = context;
    this.trace = context.trace;
    this.addresses = addresses;
    this.peers = peers;
  }

  /** `rest`: the four bytes after the checksum. `mayBeGroup`: also about a packet to a group (RFC 4443 §2.4 e.3). */
  send(packet: Packet, type: number, code: number, rest: number, why: number, mayBeGroup = false): void {
    const silence = this.silence(packet, mayBeGroup);
    if (silence !== 0) {
      this.trace.record(D.icmpv6_error_not_sent, silence, type, code);
      return;
    }
    const out = this.trace.transmit(why, type, code, rest);
    this.address(out, packet);
    if (packet.ipTarget === IpTarget.anycast)
      [out.src0, out.src1, out.src2, out.src3] = [packet.dst0, packet.dst1, packet.dst2, packet.dst3];
    out.protocol = Sent.icmpv6;
    out.icmpType = type;
    out.icmpCode = code;
    out.icmpRest = rest;
    out.payload = packet.bytes;
    out.payloadStart = packet.networkStart;
    out.payloadEnd = Math.min(packet.networkEnd, packet.networkStart + QUOTE_MAX);
  }

  /** Addresses and hop limit of every ICMPv6 answer to the packet; the traffic class is 0. */
  address(out: Transmission, packet: Packet): void {
    out.family = 6;
    out.src0 = packet.dst0;
    out.src1 = packet.dst1;
    out.src2 = packet.dst2;
    out.src3 = packet.dst3;
    out.dst0 = packet.src0;
    out.dst1 = packet.src1;
    out.dst2 = packet.src2;
    out.dst3 = packet.src3;
    if (!this.addresses.isOurs6(packet.dst0, packet.dst1, packet.dst2, packet.dst3)) {
      const ours = this.addresses.sourceFor6(packet.src0, packet.src1, packet.src2, packet.src3);
      if (ours !== undefined) [out.src0, out.src1, out.src2, out.src3] = ours.words;
    }
    out.ttl = this.context.hopLimit6;
    out.dontFragment = false;
  }

  /** An `ErrorSilence` number; 0: the error may be sent. */
  private silence(packet: Packet, mayBeGroup: boolean): number {
    if (!mayBeGroup && packet.ipTarget === IpTarget.multicast) return ErrorSilence.groupAddress;
    if (!mayBeGroup && packet.linkTarget !== LinkTarget.us) return ErrorSilence.groupFrame;
    const isNobody = isUnspecified6(packet.src0, packet.src1, packet.src2, packet.src3) || isMulticast6(packet.src0);
    if (isNobody) return ErrorSilence.source;
    if (this.isAboutError(packet)) return ErrorSilence.aboutError;
    const { sysctl } = this.context.config;
    const now = this.context.now;
    if (!this.rate.allowsMessage(now, sysctl['ipv4.icmp_msgs_per_sec'], sysctl['ipv4.icmp_msgs_burst']))
      return ErrorSilence.total;
    const peer = this.peers.find(packet.src0, packet.src1, packet.src2, packet.src3);
    if (!ErrorRate.allowsPeer(peer, now, sysctl['ipv6.icmp.ratelimit'] * 1_000_000)) return ErrorSilence.peer;
    this.rate.consume();
    return 0;
  }

  /** The packet is itself an ICMPv6 error, as far as its headers can be walked. */
  private isAboutError(packet: Packet): boolean {
    const { bytes, networkStart, networkEnd } = packet;
    const { protocol, offset, hasFragment, isLaterFragment } = this.chain.find(bytes, networkStart, networkEnd);
    if (protocol !== IpProtocol.icmpv6 || isLaterFragment) return false;
    if (offset >= networkEnd) return !hasFragment;
    return isIcmpv6Error(bytes[offset]!);
  }
}
