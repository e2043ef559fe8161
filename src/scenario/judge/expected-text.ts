import { ArpOperation } from '../../wire/arp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Transmission } from '../../trace/transmission.ts';
import { Sent } from '../../trace/transmission.ts';
import type { Bounds, Expectation, Payload, SequenceNumber } from '../tree/script.ts';

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;
/** The order in which flags are said: what a segment is for comes before its ACK. */
const SAID = ['SYN', 'FIN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const;

/** TCP flags as a script writes them: `SYN,ACK`. */
function flagsText(flags: number): string {
  const set = SAID.filter((name) => (flags & (1 << FLAGS.indexOf(name))) !== 0);
  return set.length === 0 ? 'none' : set.join(',');
}

/** An expectation as a script writes it, without the word `expect`. */
export function expectedText(e: Expectation): string {
  switch (e.type) {
    case 'drop':
      return `drop ${e.layer} ${e.reason}`;
    case 'verdict':
      return e.verdict;
    case 'reply_tcp': {
      const numbers = [e.ack === undefined ? '' : ` ack ${numberText(e.ack)}`, e.win === undefined ? '' : ` win ${e.win}`];
      return `reply ${flagsText(e.flags)}${numbers.join('')}`;
    }
    case 'reply_icmp':
      return `reply ${e.protocol} ${e.icmp.type}${e.icmp.code === undefined ? '' : ` ${e.icmp.code}`}`;
    case 'reply_udp':
      return `reply udp${dataText(e.data)}`;
    case 'reply_neighbour':
      return `reply ${e.protocol}`;
    case 'no_reply':
      return 'no reply';
    case 'socket':
      return `socket ${e.connection === undefined ? '' : `${e.connection} `}${e.state}`;
    case 'http':
      return `http ${e.status}${dataText(e.body)}`;
    case 'count':
      return `count ${e.verdict} ${boundsText(e.count)}`;
    case 'reason':
      return `reason ${e.reason} ${boundsText(e.count)}`;
    case 'decision':
      return `${e.no ? 'no ' : ''}decision ${e.name}`;
    case 'analysis_decision':
      return `analysis ${e.no ? 'no ' : ''}decision ${e.name}`;
    case 'analysis_count':
      return `analysis count ${e.verdict} ${boundsText(e.count)}`;
    case 'within':
      return `within ${durationText(e.duration)}`;
  }
}

function numberText({ relative, value }: SequenceNumber): string {
  return relative && value >= 0 ? `+${value}` : String(value);
}

function dataText(data: Payload | undefined): string {
  if (data === undefined) return '';
  if (data.type === 'bytes') return ` ${JSON.stringify(Buffer.from(data.bytes).toString('utf8'))}`;
  return data.type === 'fill' ? ` data ${data.length}` : ` file ${data.path}`;
}

function boundsText({ min, max }: Bounds): string {
  if (max === undefined) return `>= ${min}`;
  return min === max ? String(min) : `${min}..${max}`;
}

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
      return `${flagsText(t.flags)}${(t.flags & TcpFlag.ack) !== 0 ? ` ack ${ack}` : ''} win ${t.window}`;
    }
    case Sent.udp:
      return `udp data ${t.payloadEnd - t.payloadStart}`;
    case Sent.icmp:
      return `icmp ${t.icmpType} ${t.icmpCode}`;
    case Sent.icmpv6:
      return t.icmpType === Icmpv6Type.neighborAdvertisement ? 'nd' : `icmpv6 ${t.icmpType} ${t.icmpCode}`;
    case Sent.arp:
      return t.arpOperation === ArpOperation.reply ? 'arp' : 'arp request';
    default:
      return 'a forwarded packet';
  }
}
