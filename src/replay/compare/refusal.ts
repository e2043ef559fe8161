import type { Facts } from '../../trace/facts.ts';
import { Sent } from '../../trace/transmission.ts';
import { ICMP_HEADER, IcmpType } from '../../wire/icmp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { Peek } from '../survey/peek.ts';

/** An ICMP error by which the captured host, or a firewall on it, turns away what it was sent. */
export class Refusal {
  /** What it turns away: source and destination are those of the client's packet. */
  readonly quoted = new Peek();

  /** Does the host's packet say that what it quotes cannot be delivered to the host itself? */
  look(facts: Facts): boolean {
    const { quoted } = this;
    if (!facts.hasTransport) return false;
    const is6 = facts.protocol === IpProtocol.icmpv6;
    if (!is6 && facts.protocol !== IpProtocol.icmp) return false;
    if (facts.icmpType !== (is6 ? Icmpv6Type.destinationUnreachable : IcmpType.destinationUnreachable)) return false;
    quoted.lookAtPacket(facts.bytes, facts.payloadStart + ICMP_HEADER, facts.payloadEnd);
    if (!quoted.hasTransport || quoted.dst3 !== facts.src3 || quoted.dst0 !== facts.src0) return false;
    return quoted.dst1 === facts.src1 && quoted.dst2 === facts.src2;
  }

  /** Under which our own refusal of the same packet is waited for (see `keyOfSent`). */
  get key(): string {
    const { family, protocol, src0, src1, src2, src3, sourcePort, destinationPort } = this.quoted;
    const to = `${src0},${src1},${src2},${src3}`;
    if (protocol === IpProtocol.tcp) return `${Sent.tcp} ${to} ${destinationPort} ${sourcePort}`;
    return family === 6 ? `${Sent.icmpv6} ${to} 1/4` : `${Sent.icmp} ${to} 3/3`;
  }
}
