import { EtherType } from '../../wire/ethernet.ts';
import { LINK_NAMES } from '../../wire/link.ts';

/** Flag bits from FIN up, as packetdrill's letters; ACK is `A`. */
const FLAG_LETTERS = 'FSRPAUEC';
/** The order in which they are told: S F R P A U E C. */
const FLAG_ORDER = [1, 0, 2, 3, 4, 5, 6, 7];

const FLAG_TEXTS: readonly string[] = Array.from({ length: 256 }, (_, flags) =>
  FLAG_ORDER.map((bit) => (flags & (1 << bit) ? FLAG_LETTERS[bit]! : '')).join(''),
);

/** TCP flag bits as letters, `SA`; empty for none. */
export function flagLetters(flags: number): string {
  return FLAG_TEXTS[flags & 0xff]!;
}

/** What people call a segment with these flags. */
export function segmentName(flags: number, length: number): string {
  const kind = flags & 0x07;
  if (kind === 0x02) return flags & 0x10 ? 'SYN-ACK' : 'SYN';
  if (kind === 0x01) return length > 0 ? 'data+FIN' : 'FIN';
  if (kind === 0x04) return 'RST';
  if (kind !== 0) return flagLetters(flags);
  if (length > 0) return 'data';
  return flags & 0x10 ? 'ACK' : flagLetters(flags) || 'no flags';
}

const ETHER_TYPES: Readonly<Record<number, string>> = {
  [EtherType.ipv4]: 'IPv4',
  [EtherType.arp]: 'ARP',
  [EtherType.vlan]: 'VLAN tag',
  [EtherType.ipv6]: 'IPv6',
  34824: 'pause frame',
  34825: 'slow protocols',
  34887: 'MPLS',
  34888: 'MPLS multicast',
  34915: 'PPPoE discovery',
  34916: 'PPPoE session',
  34958: 'EAPOL',
  34984: 'VLAN tag (802.1ad)',
  35020: 'LLDP',
  36864: 'loopback test',
};

export function etherTypeName(value: number): string {
  const name = ETHER_TYPES[value];
  const hex = `0x${value.toString(16).padStart(4, '0')}`;
  return name === undefined ? hex : `${hex} (${name})`;
}

const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'hop-by-hop options',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4 in IP',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6 in IP',
  43: 'IPv6 routing',
  44: 'IPv6 fragment',
  46: 'RSVP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  59: 'no next header',
  60: 'IPv6 destination options',
  88: 'EIGRP',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
  136: 'UDP-Lite',
};

export function ipProtocolName(value: number): string {
  const name = IP_PROTOCOLS[value];
  return name === undefined ? String(value) : `${value} (${name})`;
}

export function linkTypeName(value: number): string {
  const name = LINK_NAMES[value];
  return name === undefined ? String(value) : `${value} (${name})`;
}

const ICMP_TYPES: Readonly<Record<number, string>> = {
  0: 'echo reply',
  3: 'unreachable',
  4: 'source quench',
  5: 'redirect',
  8: 'echo request',
  9: 'router advertisement',
  10: 'router solicitation',
  11: 'time exceeded',
  12: 'parameter problem',
  13: 'timestamp request',
  14: 'timestamp reply',
};

const UNREACHABLE_CODES = ['net', 'host', 'protocol', 'port', 'fragmentation needed', 'source route failed'];

const ICMPV6_TYPES: Readonly<Record<number, string>> = {
  1: 'unreachable',
  2: 'packet too big',
  3: 'time exceeded',
  4: 'parameter problem',
  128: 'echo request',
  129: 'echo reply',
  130: 'multicast listener query',
  131: 'multicast listener report',
  132: 'multicast listener done',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbour solicitation',
  136: 'neighbour advertisement',
  137: 'redirect',
  143: 'multicast listener report v2',
};

/** `port unreachable`, `echo request`, `type 42 code 1`. */
export function icmpName(version: 4 | 6, type: number, code: number): string {
  if (version === 4 && type === 3) {
    const what = UNREACHABLE_CODES[code];
    return what === undefined ? `unreachable, code ${code}` : code === 4 || code === 5 ? what : `${what} unreachable`;
  }
  if (version === 6 && type === 1 && code === 4) return 'port unreachable';
  if (type === (version === 4 ? 11 : 3) && code < 2)
    return code === 0 ? 'time exceeded in transit' : 'time exceeded in reassembly';
  const name = (version === 4 ? ICMP_TYPES : ICMPV6_TYPES)[type];
  if (name === undefined) return `type ${type} code ${code}`;
  return code === 0 ? name : `${name}, code ${code}`;
}
