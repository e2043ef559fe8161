import type { HostAddress, Mac } from '../host/config.ts';
import { AddressSet } from './address-set.ts';
import { Flows, Seen } from './flows.ts';
import { MOST_HOST_ADDRESSES } from './hosts.ts';
import type { Peek } from './peek.ts';
import { serverPort } from './ports.ts';

const SYN = 0x02;
const ACK = 0x10;
const SYN_SEEN = Seen.synFromLow | Seen.synFromHigh | Seen.synAckFromLow | Seen.synAckFromHigh;

/** Tells frames that our host receives from frames that it sent. */
export interface Direction {
  isInbound(peek: Peek): boolean;
}

/**
 * By the host's addresses. Where both ends are the host (loopback, a server that is another's client) or neither is, by its MACs, and
 * last by who asked whom in the flow.
 */
export class DirectionByAddress implements Direction {
  private readonly hosts = new AddressSet(MOST_HOST_ADDRESSES);
  private readonly macs: readonly Mac[];
  private readonly flows: Flows | null;

  constructor(addresses: readonly HostAddress[], macs: readonly Mac[], flows: Flows | null) {
    for (const { words } of addresses) this.hosts.add(words[0], words[1], words[2], words[3]);
    this.macs = macs;
    this.flows = flows;
  }

  isInbound(peek: Peek): boolean {
    if (peek.family !== 0) {
      const fromHost = this.hosts.find(peek.src0, peek.src1, peek.src2, peek.src3) >= 0;
      const toHost = this.hosts.find(peek.dst0, peek.dst1, peek.dst2, peek.dst3) >= 0;
      if (fromHost !== toHost) return toHost;
      if (fromHost && toHost) return this.betweenHosts(peek);
    }
    if (!peek.hasMacs) return true;
    const toUs = this.isOurs(peek.destinationMacHigh, peek.destinationMacLow);
    return toUs || !this.isOurs(peek.sourceMacHigh, peek.sourceMacLow);
  }

  private betweenHosts(peek: Peek): boolean {
    if (peek.hasMacs) {
      const toUs = this.isOurs(peek.destinationMacHigh, peek.destinationMacLow);
      const fromUs = this.isOurs(peek.sourceMacHigh, peek.sourceMacLow);
      if (toUs !== fromUs) return toUs;
    }
    if (this.flows === null) return towardsServer(peek, 0, false);
    const seen = this.flows.find(peek);
    return towardsServer(peek, seen, this.flows.fromLow);
  }

  private isOurs(high: number, low: number): boolean {
    for (const mac of this.macs) if (mac.low === low && mac.high === high) return true;
    return false;
  }
}

/** Without a survey: every flow has its own server, learnt as frames come. */
export class DirectionByFlow implements Direction {
  private readonly flows = new Flows();

  isInbound(peek: Peek): boolean {
    if (peek.family === 0) return true;
    if (peek.etherType === 0x0806) return true;
    const flow = this.flows.touch(peek);
    const low = this.flows.fromLow;
    if (flow < 0) return towardsServer(peek, 0, low);
    let bits: number = low ? Seen.sentByLow : Seen.sentByHigh;
    if (this.flows.isNew && low) bits |= Seen.lowSpokeFirst;
    if (peek.protocol === 6 && (peek.tcpFlags & SYN) !== 0) {
      if ((peek.tcpFlags & ACK) !== 0) bits |= low ? Seen.synAckFromLow : Seen.synAckFromHigh;
      else bits |= low ? Seen.synFromLow : Seen.synFromHigh;
    }
    this.flows.mark(flow, bits);
    return towardsServer(peek, this.flows.seen(flow), low);
  }
}

/** Does the frame go to its flow's server? `seen` are the flow's bits, 0 when it is not known. */
function towardsServer(peek: Peek, seen: number, fromLow: boolean): boolean {
  if (peek.protocol === 6) {
    if ((peek.tcpFlags & SYN) !== 0) return (peek.tcpFlags & ACK) === 0;
    if ((seen & SYN_SEEN) !== 0) {
      const lowIsClient = (seen & (Seen.synFromLow | Seen.synAckFromHigh)) !== 0;
      return lowIsClient === fromLow;
    }
  }
  if (peek.protocol === 1) return peek.icmpType !== 0;
  if (peek.protocol === 58) return peek.icmpType !== 129;
  const told = serverPort(peek.sourcePort, peek.destinationPort);
  if (told !== 0) return told < 0;
  return seen === 0 || ((seen & Seen.lowSpokeFirst) !== 0) === fromLow;
}
