import type { Facts } from '../../trace/facts.ts';
import type { Transmission } from '../../trace/transmission.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { IcmpType } from '../../wire/icmp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { keyOfSent } from './replies.ts';

const SYN_ACK = TcpFlag.syn | TcpFlag.ack;
const ANSWERS4: ReadonlySet<number> = new Set([
  IcmpType.echoReply,
  IcmpType.destinationUnreachable,
  IcmpType.timeExceeded,
  IcmpType.parameterProblem,
  IcmpType.timestampReply,
]);
const ANSWERS6: ReadonlySet<number> = new Set([
  Icmpv6Type.destinationUnreachable,
  Icmpv6Type.packetTooBig,
  Icmpv6Type.timeExceeded,
  Icmpv6Type.parameterProblem,
  Icmpv6Type.echoReply,
  Icmpv6Type.neighborAdvertisement,
]);
/** Conversations that are remembered. */
const MOST = 1 << 16;

/** In a replay: what our host has said without a connection, or to open one, and where the captured server has said something else. */
export class Unlike {
  private readonly isDatagramAnswer: (facts: Facts) => boolean;
  private readonly sent = new Set<string>();
  private readonly known = new Set<string>();

  constructor(isDatagramAnswer: (facts: Facts) => boolean) {
    this.isDatagramAnswer = isDatagramAnswer;
  }

  /** Our host sends this. */
  remember(sent: Transmission): void {
    if (this.sent.size < MOST) this.sent.add(keyOfSent(sent));
  }

  hasSent(key: string): boolean {
    return this.sent.has(key);
  }

  /** The captured server was unlike ours in this conversation: nothing more is expected of it there. */
  isKnown(key: string): boolean {
    return this.known.has(key);
  }

  note(key: string): void {
    if (this.known.size < MOST) this.known.add(key);
  }

  /** As `note`; true the first time. */
  isNews(key: string): boolean {
    if (this.known.has(key)) return false;
    this.note(key);
    return true;
  }

  /** Does the packet open a connection, or answer something outside of one? */
  isReply(facts: Facts): boolean {
    if (facts.protocol === IpProtocol.tcp && facts.hasTransport) return (facts.tcpFlags & SYN_ACK) === SYN_ACK;
    return isAnswer(facts, this.isDatagramAnswer);
  }
}

/** Would the captured host not have sent this of its own accord? */
function isAnswer(facts: Facts, isDatagramAnswer: (facts: Facts) => boolean): boolean {
  if (facts.arpOperation !== 0) return facts.arpOperation === ArpOperation.reply;
  if (!facts.hasTransport) return false;
  const { protocol, icmpType: type } = facts;
  if (protocol === IpProtocol.udp) return isDatagramAnswer(facts);
  if (protocol === IpProtocol.icmp) return ANSWERS4.has(type);
  return protocol === IpProtocol.icmpv6 && ANSWERS6.has(type);
}
