import { NAMES } from '../../trace/catalogue.ts';
import type { SentSummary } from '../../trace/events.ts';
import type { Facts } from '../../trace/facts.ts';
import { relative } from '../../trace/relative.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';

/** ICMP and ICMPv6 echo replies: their code is the request's, or 0. */
const ECHO_REPLIES: ReadonlySet<string> = new Set(['1 0', '58 129']);

const FLAG_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [0x02, 'S'],
  [0x01, 'F'],
  [0x04, 'R'],
  [0x08, 'P'],
  [0x10, 'A'],
  [0x20, 'U'],
  [0x40, 'E'],
  [0x80, 'C'],
];

/** Flags as packetdrill writes them. */
function flagLetters(flags: number): string {
  let letters = '';
  for (const [bit, letter] of FLAG_LETTERS) if ((flags & bit) !== 0) letters += letter;
  return letters;
}

/** A segment as it is told: numbers count from the ISNs where those that are needed are known; without its flag there is no ACK number. */
export function summary(flags: number, seq: number, ack: number, isn: number, peerIsn: number): SentSummary {
  const acks = (flags & TcpFlag.ack) !== 0;
  // a refusal has no number of its own: it says 0
  const refuses = isn < 0 && seq === 0 && acks && (flags & TcpFlag.rst) !== 0;
  const known = (refuses || isn >= 0) && (!acks || peerIsn >= 0);
  return {
    proto: 'tcp',
    flags: flagLetters(flags),
    seq: known && !refuses ? relative(seq, isn) : seq,
    ...(acks ? { ack: known ? relative(ack, peerIsn) : ack } : {}),
    ...(known ? {} : { abs: true }),
  };
}

export function summaryOfSent(sent: Transmission): SentSummary {
  const why = NAMES[sent.why]!;
  switch (sent.protocol) {
    case Sent.tcp:
      return { ...summary(sent.flags, sent.seq, sent.ack, sent.iss, sent.irs), why };
    case Sent.icmp:
    case Sent.icmpv6:
      return { proto: sent.protocol === Sent.icmp ? 'icmp' : 'icmpv6', type: sent.icmpType, code: sent.icmpCode, why };
    case Sent.arp:
      return { proto: 'arp', why };
    default:
      return { proto: 'udp', why };
  }
}

/** A captured segment of the host: it is the sender. */
export function summaryOfFacts(facts: Facts): SentSummary {
  return summary(facts.tcpFlags, facts.seq, facts.ack, facts.senderIsn, facts.receiverIsn);
}

export function summaryOfAny(facts: Facts): SentSummary {
  if (facts.arpOperation !== 0) return { proto: 'arp' };
  if (facts.protocol === IpProtocol.tcp) return summaryOfFacts(facts);
  if (facts.protocol === IpProtocol.udp) return { proto: 'udp' };
  return { proto: facts.protocol === IpProtocol.icmpv6 ? 'icmpv6' : 'icmp', type: facts.icmpType, code: facts.icmpCode };
}

/** One key for what our host sends and what the captured server sent: protocol, addressee, ports or ICMP type and code. */
export function keyOfSent(sent: Transmission): string {
  const to = `${sent.dst0},${sent.dst1},${sent.dst2},${sent.dst3}`;
  if (sent.protocol === Sent.arp) return `arp ${sent.dst3} ${sent.src3}`;
  if (sent.protocol === Sent.icmp || sent.protocol === Sent.icmpv6)
    return icmpKey(sent.protocol, to, sent.icmpType, sent.icmpCode);
  return `${sent.protocol} ${to} ${sent.sourcePort} ${sent.destinationPort}`;
}

function icmpKey(protocol: number, to: string, type: number, code: number): string {
  const kind = ECHO_REPLIES.has(`${protocol} ${type}`) ? `${type}` : `${type}/${code}`;
  return `${protocol} ${to} ${kind}`;
}

export function keyOfFacts(facts: Facts): string {
  if (facts.arpOperation !== 0) return `arp ${facts.dst3} ${facts.src3}`;
  const to = `${facts.dst0},${facts.dst1},${facts.dst2},${facts.dst3}`;
  if (!facts.hasTransport) return `${facts.protocol} ${to} `;
  if (facts.protocol === IpProtocol.icmp || facts.protocol === IpProtocol.icmpv6)
    return icmpKey(facts.protocol, to, facts.icmpType, facts.icmpCode);
  return `${facts.protocol} ${to} ${facts.sourcePort} ${facts.destinationPort}`;
}
