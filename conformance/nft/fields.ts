import type { FirewallTest, PacketField, PayloadField } from '../../src/host/config.ts';
import {
  DIRECTIONS,
  DSCPS,
  ECNS,
  FAMILIES,
  ICMP_CODES,
  ICMP_TYPES,
  ICMPV6_CODES,
  ICMPV6_TYPES,
  type Names,
  PACKET_TYPES,
  PROTOCOLS,
  SERVICES,
} from './names.ts';

/** What a rule's words ask for, how its values are written, and what must be so that a packet has it. */
export interface Field {
  readonly of: PayloadField | PacketField | 'source6' | 'destination6';
  readonly names?: Names;
  readonly needs?: readonly FirewallTest[];
  /** It names an interface, and the card is the only one there is. */
  readonly isCard?: boolean;
}

const network = (bit: number, length: number): PayloadField => ({ header: 'network', bit, length });
const transport = (bit: number, length: number): PayloadField => ({ header: 'transport', bit, length });
const is = (of: PacketField, value: number): FirewallTest => ({ of, ranges: [[value, value]] });
const protocol = (name: string): readonly FirewallTest[] => [is('protocol', PROTOCOLS[name]!)];
const V4 = [is('family', 4)];
const V6 = [is('family', 6)];

function all(needs: readonly FirewallTest[], fields: Readonly<Record<string, PayloadField | Field>>): Record<string, Field> {
  const withNeeds = (field: PayloadField | Field): Field => ('of' in field ? { needs, ...field } : { of: field, needs });
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, withNeeds(field)]));
}

const PORTS = {
  sport: { of: transport(0, 16), names: SERVICES },
  dport: { of: transport(16, 16), names: SERVICES },
} as const;

/** By the protocol's word and the field's. */
export const HEADER_FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ip: all(V4, {
    version: network(0, 4),
    hdrlength: network(4, 4),
    dscp: { of: network(8, 6), names: DSCPS },
    ecn: { of: network(14, 2), names: ECNS },
    length: network(16, 16),
    id: network(32, 16),
    'frag-off': network(48, 16),
    ttl: network(64, 8),
    protocol: { of: 'protocol', names: PROTOCOLS },
    checksum: network(80, 16),
    saddr: { of: 'source4' },
    daddr: { of: 'destination4' },
  }),
  ip6: all(V6, {
    version: network(0, 4),
    dscp: { of: network(4, 6), names: DSCPS },
    ecn: { of: network(10, 2), names: ECNS },
    flowlabel: network(12, 20),
    length: network(32, 16),
    nexthdr: { of: 'nextHeader', names: PROTOCOLS },
    hoplimit: network(56, 8),
    saddr: { of: 'source6' },
    daddr: { of: 'destination6' },
  }),
  tcp: all(protocol('tcp'), {
    ...PORTS,
    sequence: transport(32, 32),
    ackseq: transport(64, 32),
    doff: transport(96, 4),
    reserved: transport(100, 4),
    flags: transport(104, 8),
    window: transport(112, 16),
    checksum: transport(128, 16),
    urgptr: transport(144, 16),
  }),
  udp: all(protocol('udp'), { ...PORTS, length: transport(32, 16), checksum: transport(48, 16) }),
  udplite: all(protocol('udplite'), { ...PORTS, checksum: transport(48, 16) }),
  sctp: all(protocol('sctp'), { ...PORTS, vtag: transport(32, 32) }),
  dccp: all(protocol('dccp'), PORTS),
  th: all([], PORTS),
  icmp: all(protocol('icmp'), {
    type: { of: transport(0, 8), names: ICMP_TYPES },
    code: { of: transport(8, 8), names: ICMP_CODES },
    checksum: transport(16, 16),
    id: transport(32, 16),
    sequence: transport(48, 16),
    mtu: transport(48, 16),
  }),
  icmpv6: all(protocol('icmpv6'), {
    type: { of: transport(0, 8), names: ICMPV6_TYPES },
    code: { of: transport(8, 8), names: ICMPV6_CODES },
    checksum: transport(16, 16),
    id: transport(32, 16),
    sequence: transport(48, 16),
    mtu: transport(32, 32),
  }),
  ether: all([], { saddr: { of: 'sourceMac' }, daddr: { of: 'destinationMac' }, type: { of: 'family', names: FAMILIES } }),
};

/** Behind `meta`, and some of them without it. */
export const META_FIELDS: Readonly<Record<string, Field>> = {
  l4proto: { of: 'protocol', names: PROTOCOLS },
  nfproto: { of: 'family', names: FAMILIES },
  protocol: { of: 'family', names: FAMILIES },
  pkttype: { of: 'packetType', names: PACKET_TYPES },
  length: { of: 'length' },
  mark: { of: 'mark' },
  iif: { of: 'family', isCard: true },
  iifname: { of: 'family', isCard: true },
  oif: { of: 'family', isCard: true },
  oifname: { of: 'family', isCard: true },
};
export const CT_FIELDS: Readonly<Record<string, Field>> = { direction: { of: 'direction', names: DIRECTIONS } };

/** ICMP messages that ask or answer have an identifier and a number (nft asks for their types too). */
export const ASKING: Readonly<Record<string, FirewallTest>> = {
  icmp: {
    of: transport(0, 8),
    ranges: [
      [0, 0],
      [8, 8],
    ],
  },
  icmpv6: { of: transport(0, 8), ranges: [[128, 129]] },
};

/** `@th,16,16`: bits of a header, counted by whoever wrote the rule. */
export function rawPayload(word: string): Field | undefined {
  const found = /^@(nh|th),(\d+),(\d+)$/.exec(word);
  if (found === null || Number(found[3]) === 0 || Number(found[3]) > 32) return undefined;
  return { of: (found[1] === 'nh' ? network : transport)(Number(found[2]), Number(found[3])) };
}
