import type { HostAddress, Mac } from '../../host/config.ts';
import { EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { FrameDirection } from '../../wire/frame.ts';
import { IcmpType, isIcmpError } from '../../wire/icmp.ts';
import { Icmpv6Type, isIcmpv6Error } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { AddressSet } from './address-set.ts';
import { Flows, Seen } from './flows.ts';
import { MOST_HOST_ADDRESSES } from './hosts.ts';
import { isIntact } from './intact.ts';
import { Peek } from './peek.ts';
import { serverPort } from './ports.ts';

const SYN_SEEN = Seen.synFromLow | Seen.synFromHigh | Seen.synAckFromLow | Seen.synAckFromHigh;

/** Tells frames that our host receives from frames that it sent. */
export interface Direction {
  /** The last answer holds for every frame between the same two addresses. */
  readonly byAddress: boolean;
  isInbound(peek: Peek, frame: Frame): boolean;
}

/**
 * By the host's addresses. Where both ends are the host (loopback, a server that is another's client) or neither is, by its MACs, and
 * last by who asked whom in the flow.
 */
export class DirectionByAddress implements Direction {
  byAddress = false;
  private readonly hosts = new AddressSet(MOST_HOST_ADDRESSES);
  private readonly macs: readonly Mac[];
  private readonly flows: Flows | null;
  private readonly quoted = new Peek();

  constructor(addresses: readonly HostAddress[], macs: readonly Mac[], flows: Flows | null) {
    for (const { words } of addresses) this.hosts.add(words[0], words[1], words[2], words[3]);
    this.macs = macs;
    this.flows = flows;
  }

  isInbound(peek: Peek, frame: Frame): boolean {
    this.byAddress = false;
    if (peek.family !== 0) {
      const fromHost = this.hosts.find(peek.src0, peek.src1, peek.src2, peek.src3) >= 0;
      const toHost = this.hosts.find(peek.dst0, peek.dst1, peek.dst2, peek.dst3) >= 0;
      this.byAddress = fromHost !== toHost;
      if (fromHost !== toHost) return toHost;
      if (fromHost && toHost) return this.betweenHosts(peek, frame);
    }
    // nothing can be read of it: the file may say that it went out
    if (!peek.hasMacs) return peek.family !== 0 || frame.direction !== FrameDirection.outbound;
    const toUs = this.isOurs(peek.destinationMacHigh, peek.destinationMacLow);
    return toUs || !this.isOurs(peek.sourceMacHigh, peek.sourceMacLow);
  }

  private betweenHosts(peek: Peek, frame: Frame): boolean {
    if (peek.hasMacs) {
      const toUs = this.isOurs(peek.destinationMacHigh, peek.destinationMacLow);
      const fromUs = this.isOurs(peek.sourceMacHigh, peek.sourceMacLow);
      if (toUs !== fromUs) return toUs;
    }
    if (isComplaint(peek)) {
      // who complains of a packet has received it
      this.quoted.lookAtPacket(frame.bytes, peek.transport + 8, frame.end);
      if (this.quoted.family !== 0) return !this.byFlow(this.quoted);
    }
    return this.byFlow(peek);
  }

  private byFlow(peek: Peek): boolean {
    if (this.flows === null) return towardsServer(peek, 0, false);
    const seen = this.flows.find(peek);
    return towardsServer(peek, seen, this.flows.fromLow);
  }

  private isOurs(high: number, low: number): boolean {
    for (const mac of this.macs) if (mac.low === low && mac.high === high) return true;
    return false;
  }
}

/** A complaint of a packet by the host that it was sent to, or on its way there; a redirect comes before. */
function isComplaint({ protocol, hasTransport, icmpType }: Peek): boolean {
  if (!hasTransport) return false;
  if (protocol === IpProtocol.icmpv6) return isIcmpv6Error(icmpType);
  return protocol === IpProtocol.icmp && icmpType !== IcmpType.redirect && isIcmpError(icmpType);
}

/** Without a survey: servers are learnt as frames come, from those whose checksums are right; every flow has its own. */
export class DirectionByFlow implements Direction {
  readonly byAddress = false;
  private readonly flows = new Flows();
  /** Servers that accepted connections, in the order learnt. */
  readonly learnt: HostAddress[] = [];
  private readonly servers = new AddressSet(MOST_HOST_ADDRESSES);

  isInbound(peek: Peek, frame: Frame): boolean {
    if (peek.family === 0) return true;
    if (peek.etherType === EtherType.arp) return true;
    const fromServer = this.servers.find(peek.src0, peek.src1, peek.src2, peek.src3) >= 0;
    const toServer = this.servers.find(peek.dst0, peek.dst1, peek.dst2, peek.dst3) >= 0;
    if (fromServer !== toServer) return toServer;
    return this.byFlow(peek, frame);
  }

  private byFlow(peek: Peek, frame: Frame): boolean {
    const known = this.flows.find(peek);
    const low = this.flows.fromLow;
    let bits: number = low ? Seen.sentByLow : Seen.sentByHigh;
    const isTcp = peek.protocol === IpProtocol.tcp;
    const isSyn = isTcp && (peek.tcpFlags & TcpFlag.syn) !== 0;
    const isSynAck = isSyn && (peek.tcpFlags & TcpFlag.ack) !== 0;
    if (isSynAck) bits |= low ? Seen.synAckFromLow : Seen.synAckFromHigh;
    else if (isSyn) bits |= low ? Seen.synFromLow : Seen.synFromHigh;
    if (known === 0 && low) bits |= Seen.lowSpokeFirst;
    const isNews =
      (known & bits) !== bits && peek.hasTransport && (!(isTcp || peek.protocol === IpProtocol.udp) || isIntact(peek, frame));
    if (isNews) {
      const flow = this.flows.touch(peek);
      if (flow >= 0) this.flows.mark(flow, bits);
      if (isSynAck) this.learn(peek);
    }
    return towardsServer(peek, isNews ? known | bits : known, low);
  }

  private learn({ family, src0, src1, src2, src3 }: Peek): void {
    if (this.servers.add(src0, src1, src2, src3) !== this.learnt.length) return;
    this.learnt.push({ family: family === 6 ? 6 : 4, words: [src0, src1, src2, src3], prefix: family === 6 ? 64 : 24 });
  }
}

/** Does the frame go to its flow's server? `seen` are the flow's bits, 0 when it is not known. */
function towardsServer(peek: Peek, seen: number, fromLow: boolean): boolean {
  if (peek.protocol === IpProtocol.tcp) {
    if ((peek.tcpFlags & TcpFlag.syn) !== 0) return (peek.tcpFlags & TcpFlag.ack) === 0;
    if ((seen & SYN_SEEN) !== 0) {
      const lowIsClient = (seen & (Seen.synFromLow | Seen.synAckFromHigh)) !== 0;
      return lowIsClient === fromLow;
    }
  }
  if (peek.protocol === IpProtocol.icmp) return peek.icmpType !== IcmpType.echoReply;
  if (peek.protocol === IpProtocol.icmpv6) return peek.icmpType !== Icmpv6Type.echoReply;
  const told = serverPort(peek.sourcePort, peek.destinationPort);
  if (told !== 0) return told < 0;
  return seen === 0 || ((seen & Seen.lowSpokeFirst) !== 0) === fromLow;
}
