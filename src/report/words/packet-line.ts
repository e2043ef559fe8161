import type { Facts } from '../../trace/facts.ts';
import { relative } from '../../trace/relative.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { formatMac } from '../../wire/address.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TCP_HEADER, TcpFlag } from '../../wire/tcp.ts';
import { TcpOptions } from '../../wire/tcp-options.ts';
import { etherTypeName, flagLetters, icmpName, ipProtocolName, segmentName } from './names.ts';
import { destinationAddress, sourceAddress } from './words.ts';

const OPTIONS = new TcpOptions();
/** Names of what is known by its protocol number only: a fragment, or a header that was not captured. */
const TRANSPORTS: Readonly<Record<number, string>> = {
  [IpProtocol.tcp]: 'TCP',
  [IpProtocol.udp]: 'UDP',
  [IpProtocol.icmp]: 'ICMP',
  [IpProtocol.icmpv6]: 'ICMPv6',
  [IpProtocol.fragment]: 'IPv6',
};

/** `10.0.0.2:51234 > 10.0.0.1:80`; MAC addresses where no network header was read; empty where there are none either. */
export function endpoints(f: Facts): string {
  if (f.family !== 0 && f.arpOperation === 0) {
    return f.hasTransport && hasPorts(f.protocol)
      ? `${endpoint(sourceAddress(f), f.sourcePort)} > ${endpoint(destinationAddress(f), f.destinationPort)}`
      : `${sourceAddress(f)} > ${destinationAddress(f)}`;
  }
  if (!f.hasMacs) return '';
  return `${formatMac(f.sourceMacHigh, f.sourceMacLow)} > ${formatMac(f.destinationMacHigh, f.destinationMacLow)}`;
}

/** What the packet says, after its addresses: `TCP S seq 0 win 64240 <mss 1460>`, `UDP frag 0x1234 1480:2960(1480) MF`. */
export function contents(f: Facts): string {
  const text = f.fragId < 0 ? wholeContents(f) : `${wholeContents(f)}${f.hasTransport ? ',' : ''} ${fragmentText(f)}`;
  return f.vlan < 0 ? text : `vlan ${f.vlan} ${text}`.trimEnd();
}

function wholeContents(f: Facts): string {
  if (f.arpOperation !== 0) {
    const mac = f.hasMacs ? formatMac(f.sourceMacHigh, f.sourceMacLow) : '?';
    return arpText(f.arpOperation, sourceAddress(f), destinationAddress(f), mac);
  }
  if (f.family === 0)
    return f.etherType < 0 ? '' : f.hasMacs && f.etherType < 0x600 ? `LLC length ${f.etherType}` : etherTypeName(f.etherType);
  if (!f.hasTransport)
    return f.protocol < 0 ? `IPv${f.family}` : (TRANSPORTS[f.protocol] ?? `protocol ${ipProtocolName(f.protocol)}`);
  switch (f.protocol) {
    case IpProtocol.tcp:
      return tcpText(f.tcpFlags, f.seq, f.ack, f.window, f.dataLength, f.senderIsn, f.receiverIsn) + tcpOptionsOf(f);
    case IpProtocol.udp:
      return `UDP length ${f.dataLength}`;
    case IpProtocol.icmp:
    case IpProtocol.icmpv6:
      return `${icmpText(f.protocol, f.icmpType, f.icmpCode)} length ${f.dataLength}`;
    default:
      return `protocol ${ipProtocolName(f.protocol)}`;
  }
}

/** Identification, range of bytes in the datagram, and MF where more come after them. */
function fragmentText({ fragId, fragOffset, fragLength, fragMore }: Facts): string {
  const range = `${fragOffset}:${fragOffset + fragLength}(${fragLength})`;
  return `frag 0x${fragId.toString(16).padStart(4, '0')} ${range}${fragMore ? ' MF' : ''}`;
}

/** Short name of what the packet is: `SYN`, `data`, `UDP`, `ICMP echo request`; the length where nothing was read. */
export function packetName(f: Facts, length: number): string {
  if (f.arpOperation !== 0) return 'ARP';
  if (f.family === 0) return f.etherType >= 0x600 ? etherTypeName(f.etherType) : `${length} bytes`;
  if (f.hasTransport && f.protocol === IpProtocol.tcp) return segmentName(f.tcpFlags, f.dataLength);
  if (f.protocol === IpProtocol.udp) return 'UDP';
  if (f.hasTransport && (f.protocol === IpProtocol.icmp || f.protocol === IpProtocol.icmpv6)) {
    return icmpText(f.protocol, f.icmpType, f.icmpCode);
  }
  return f.protocol < 0 ? `IPv${f.family}` : `IP ${ipProtocolName(f.protocol)}`;
}

/** What the host sends, with its addresses. `mac`: its own, or what stands for it. */
export function sentText(t: Transmission, withAddresses: boolean, mac: string): string {
  const text = sentContents(t, mac);
  if (!withAddresses || t.protocol === Sent.arp) return text;
  const ports = hasPorts(t.protocol);
  const from = ports ? endpoint(sourceAddress(t), t.sourcePort) : sourceAddress(t);
  const to = ports ? endpoint(destinationAddress(t), t.destinationPort) : destinationAddress(t);
  return `${from} > ${to}  ${text}`;
}

export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function sentContents(t: Transmission, mac: string): string {
  switch (t.protocol) {
    case Sent.tcp: {
      const text = tcpText(t.flags, t.seq, t.ack, t.window, t.payloadLength, t.iss, t.irs);
      const options: string[] = [];
      if (t.mss >= 0) options.push(`mss ${t.mss}`);
      if (t.windowScale >= 0) options.push(`ws ${t.windowScale}`);
      if (t.sackPermitted) options.push('sackOK');
      if (t.hasTimestamps) options.push(`ts ${t.tsVal} ${t.tsEcr}`);
      for (let i = 0; i < t.sackCount; i++) {
        options.push(`sack ${relative(t.sack[i * 2]!, t.irs)}:${relative(t.sack[i * 2 + 1]!, t.irs)}`);
      }
      return text + bracket(options);
    }
    case Sent.udp:
      return `UDP length ${t.payloadLength}`;
    case Sent.icmp:
    case Sent.icmpv6:
      return `${icmpText(t.protocol, t.icmpType, t.icmpCode)} length ${t.payloadLength}`;
    case Sent.arp:
      return arpText(t.arpOperation, sourceAddress(t), destinationAddress(t), mac);
    default:
      return 'forwarded';
  }
}

/** `S seq 0 win 64240`, `PA seq 1:79(78) ack 1 win 502`: relative numbers where the ISN is known. */
function tcpText(flags: number, seq: number, ack: number, window: number, length: number, isn: number, peerIsn: number): string {
  const from = relative(seq, isn);
  const seqText = length > 0 ? `seq ${from}:${from + length}(${length})` : `seq ${from}`;
  const ackText = flags & TcpFlag.ack ? ` ack ${relative(ack, peerIsn)}` : '';
  return `TCP ${flagLetters(flags) || 'no flags'} ${seqText}${ackText} win ${window}`;
}

function tcpOptionsOf(f: Facts): string {
  const from = f.payloadStart + TCP_HEADER;
  if (from > f.payloadEnd || f.payloadEnd > f.bytes.length) return '';
  const to = Math.min(f.payloadStart + (f.bytes[f.payloadStart + 12]! >> 4) * 4, f.payloadEnd);
  if (to <= from) return '';
  const o = OPTIONS;
  o.parse(f.bytes, from, to);
  const options: string[] = [];
  if (o.mss >= 0) options.push(`mss ${o.mss}`);
  if (o.windowScale >= 0) options.push(`ws ${o.windowScale}`);
  if (o.sackPermitted) options.push('sackOK');
  if (o.hasTimestamps) options.push(`ts ${o.tsVal} ${o.tsEcr}`);
  for (let i = 0; i < o.sackCount; i++) {
    options.push(`sack ${relative(o.sack[i * 2]!, f.receiverIsn)}:${relative(o.sack[i * 2 + 1]!, f.receiverIsn)}`);
  }
  if (o.md5) options.push('md5');
  if (o.malformed) options.push('malformed');
  return bracket(options);
}

function bracket(options: readonly string[]): string {
  return options.length === 0 ? '' : ` <${options.join(', ')}>`;
}

function icmpText(protocol: number, type: number, code: number): string {
  return protocol === IpProtocol.icmpv6 ? `ICMPv6 ${icmpName(6, type, code)}` : `ICMP ${icmpName(4, type, code)}`;
}

function arpText(operation: number, sender: string, target: string, mac: string): string {
  if (operation === 1) return `ARP who-has ${target} tell ${sender}`;
  if (operation === 2) return `ARP ${sender} is-at ${mac}`;
  return `ARP operation ${operation}`;
}

function hasPorts(protocol: number): boolean {
  return protocol === IpProtocol.tcp || protocol === IpProtocol.udp;
}
