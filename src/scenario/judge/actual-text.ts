import { Sent, type Transmission } from '../../trace/transmission.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { ICMP4, ICMP6 } from '../kinds/icmp.ts';
import { writeFlags } from '../kinds/tcp.ts';

/** Nanoseconds in the unit that leaves the fewest digits: `20ms`, `1.5s`. */
export function durationText(ns: number): string {
  if (ns >= 1e9) return `${Math.round(ns / 1e3) / 1e6}s`;
  if (ns >= 1e6) return `${Math.round(ns) / 1e6}ms`;
  return ns >= 1e3 ? `${ns / 1e3}us` : `${ns}ns`;
}

/** Something that the server sent, as an expectation would have it. */
export function replyText(t: Transmission): string {
  switch (t.protocol) {
    case Sent.tcp: {
      const ack = t.irs < 0 ? t.ack : (t.ack - t.irs) >>> 0;
      return `${writeFlags(t.flags)}${(t.flags & TcpFlag.ack) !== 0 ? ` ack ${ack}` : ''} win ${t.window}`;
    }
    case Sent.udp:
      return `udp data ${t.payloadEnd - t.payloadStart}`;
    case Sent.icmp:
      return `icmp ${ICMP4.write({ type: t.icmpType, code: t.icmpCode })}`;
    case Sent.icmpv6:
      if (t.icmpType === Icmpv6Type.neighborAdvertisement) return 'nd';
      return `icmpv6 ${ICMP6.write({ type: t.icmpType, code: t.icmpCode })}`;
    case Sent.arp:
      return t.arpOperation === ArpOperation.reply ? 'arp' : 'arp request';
    default:
      return 'a forwarded packet';
  }
}
