import { ADDRESS, MAC, ORIGIN, TARGET } from '../kinds/addresses.ts';
import { CORRUPTION, FRAGMENTATION } from '../kinds/frame.ts';
import { ARP_OPERATION, ICMP4, ICMP6 } from '../kinds/icmp.ts';
import { FLAG, integer, type Kind, oneOf } from '../kinds/kind.ts';
import { ETHER_TYPE, IP_PROTOCOL, U4, U8, U16, U32, VLAN_ID } from '../kinds/numbers.ts';
import { SACK, SEQUENCE, TCP_FLAGS } from '../kinds/tcp.ts';
import { FRAME_BYTES, HEX, PAYLOAD } from '../kinds/text.ts';
import { DURATION } from '../kinds/times.ts';
import type { IcmpCode } from '../tree/values.ts';
import type { Alternative, Field, Shape } from './shape.ts';

const DATA: Field = { key: 'data', part: 'packet', words: 'data', kind: PAYLOAD, bare: true };

function packet(fields: readonly Omit<Field, 'part'>[]): readonly Field[] {
  return fields.map((field) => ({ ...field, part: 'packet' }));
}

function item(key: string, kind: Field['kind'], optional = false): Field {
  return { key, part: 'packet', kind, optional };
}

const TCP: Alternative = {
  word: 'tcp',
  items: [item('flags', TCP_FLAGS, true)],
  fields: [
    ...packet([
      { key: 'seq', words: 'seq', kind: SEQUENCE },
      { key: 'ack', words: 'ack', kind: SEQUENCE },
      { key: 'win', words: 'win', aliases: ['window'], kind: U16 },
      { key: 'mss', words: 'mss', kind: U16 },
      { key: 'wscale', words: 'wscale', kind: U8 },
      {
        key: 'sackPermitted',
        words: 'sack_permitted',
        aliases: ['sackok', 'sack ok', 'sack permitted', 'sack_perm'],
        kind: FLAG,
      },
      { key: 'sack', words: 'sack', kind: SACK, many: 'in a row' },
      { key: 'tsval', words: 'tsval', kind: U32 },
      { key: 'tsecr', words: 'tsecr', kind: U32 },
      { key: 'urg', words: 'urg', kind: U16 },
      { key: 'dataOffset', words: 'data_offset', kind: U4 },
      { key: 'options', words: 'options', kind: HEX },
    ]),
    DATA,
  ],
};

const UDP: Alternative = {
  word: 'udp',
  items: [],
  fields: [...packet([{ key: 'length', words: 'length', kind: U16 }]), DATA],
};

function icmp(word: 'icmp' | 'icmpv6', aliases: readonly string[], kind: Kind<IcmpCode>): Alternative {
  return {
    word,
    aliases,
    items: [item('icmp', kind)],
    fields: [
      ...packet([
        { key: 'id', words: 'id', kind: U16 },
        { key: 'seq', words: 'seq', kind: U16 },
        { key: 'mtu', words: 'mtu', kind: U32 },
        { key: 'gateway', words: 'gateway', aliases: ['via', 'gw'], kind: ADDRESS },
        { key: 'pointer', words: 'pointer', kind: U32 },
      ]),
      DATA,
    ],
  };
}

const ARP: Alternative = {
  word: 'arp',
  items: [item('operation', ARP_OPERATION), item('address', ADDRESS, true)],
  fields: packet([
    { key: 'senderMac', words: 'sender_mac', kind: MAC },
    { key: 'senderIp', words: 'sender_ip', aliases: ['tell'], kind: ADDRESS },
    { key: 'targetMac', words: 'target_mac', kind: MAC },
    { key: 'targetIp', words: 'target_ip', kind: ADDRESS },
    { key: 'hardwareType', words: 'hardware_type', aliases: ['htype'], kind: U16 },
    { key: 'protocolType', words: 'protocol_type', aliases: ['ptype'], kind: ETHER_TYPE },
    { key: 'hardwareLength', words: 'hardware_length', aliases: ['hlen'], kind: U8 },
    { key: 'protocolLength', words: 'protocol_length', aliases: ['plen'], kind: U8 },
  ]),
};

const ND_MESSAGE = oneOf('nd_message', ['solicit', 'advertise', 'router_solicit', 'router_advertise', 'redirect'], {
  solicitation: 'solicit',
  advertisement: 'advertise',
  ns: 'solicit',
  na: 'advertise',
  rs: 'router_solicit',
  ra: 'router_advertise',
});

const ND: Alternative = {
  word: 'nd',
  aliases: ['ndp'],
  items: [item('message', ND_MESSAGE), item('address', ADDRESS, true)],
  fields: packet([
    { key: 'mac', words: 'mac', aliases: ['lladdr'], kind: MAC },
    { key: 'noMac', words: 'no mac', aliases: ['no lladdr'], kind: FLAG },
    { key: 'router', words: 'router', kind: FLAG },
    { key: 'solicited', words: 'solicited', kind: FLAG },
    { key: 'override', words: 'override', kind: FLAG },
  ]),
};

/** `ip proto 47`: the word `proto` is read and not needed. */
const NUMBERED: Kind<number> = {
  ...IP_PROTOCOL,
  name: 'ip_protocol_number',
  read(cursor) {
    cursor.take(['proto']);
    return IP_PROTOCOL.read(cursor);
  },
};

const IP: Alternative = { word: 'ip', aliases: ['ipv6'], items: [item('number', NUMBERED)], fields: [DATA] };
const ETHER: Alternative = {
  word: 'ether',
  aliases: ['ethertype', 'eth'],
  items: [item('etherType', ETHER_TYPE)],
  fields: [DATA],
};

/** What is different from the right frame. */
const FRAME: readonly Field[] = (
  [
    { key: 'fromMac', words: 'from mac', kind: MAC },
    { key: 'toMac', words: 'to mac', kind: MAC },
    { key: 'fromIp', words: 'from ip', kind: ADDRESS },
    { key: 'toIp', words: 'to ip', kind: ADDRESS },
    { key: 'vlan', words: 'vlan', kind: VLAN_ID, many: 'again' },
    { key: 'ttl', words: 'ttl', aliases: ['hop_limit'], kind: U8 },
    { key: 'version', words: 'ip_version', kind: U4 },
    { key: 'ihl', words: 'ihl', kind: U4 },
    { key: 'totalLength', words: 'total_length', aliases: ['payload_length'], kind: U16 },
    { key: 'tos', words: 'tos', aliases: ['traffic_class'], kind: U8 },
    { key: 'id', words: 'ip_id', kind: U16 },
    { key: 'df', words: 'dont_fragment', aliases: ['df'], kind: FLAG },
    { key: 'mf', words: 'more_fragments', aliases: ['mf'], kind: FLAG },
    {
      key: 'offset',
      words: 'fragment_offset',
      aliases: ['frag_offset'],
      kind: integer('fragment_offset', 'an offset in bytes', 0, 65_528),
    },
    { key: 'proto', words: 'ip_proto', aliases: ['next_header'], kind: IP_PROTOCOL },
    { key: 'ipOptions', words: 'ip_options', kind: HEX },
    { key: 'fragment', words: 'fragment', kind: FRAGMENTATION },
    { key: 'corrupt', words: 'corrupt', kind: CORRUPTION, many: 'again' },
    { key: 'truncate', words: 'truncate', kind: U16 },
    { key: 'nopad', words: 'nopad', aliases: ['no pad'], kind: FLAG },
    { key: 'dup', words: 'dup', aliases: ['duplicate'], kind: FLAG },
    { key: 'lose', words: 'lose', aliases: ['drop'], kind: FLAG },
    { key: 'delay', words: 'delay', kind: DURATION },
  ] satisfies readonly Omit<Field, 'part'>[]
).map((field) => ({ ...field, part: 'frame' }));

const WIRE: Shape = {
  type: 'wire',
  about: 'a frame by hand: what is omitted is computed and right',
  subject: { key: 'from', kind: ORIGIN },
  verbs: [{ words: '>', aliases: ['->', '→'] }],
  items: [{ key: 'to', kind: TARGET, optional: true }],
  fields: FRAME,
  parts: ['packet', 'frame'],
  variant: {
    key: 'packet',
    tag: 'protocol',
    fallback: 'tcp',
    expected: 'a protocol (tcp, udp, icmp, icmpv6, arp, nd, ip, ether)',
    of: [TCP, UDP, icmp('icmp', ['icmp4'], ICMP4), icmp('icmpv6', ['icmp6'], ICMP6), ARP, ND, IP, ETHER],
  },
};

/** Those changes that do not need to know what is in the frame. */
const OF_BYTES: ReadonlySet<string> = new Set(['corrupt', 'truncate', 'nopad', 'dup', 'lose', 'delay']);

const HEX_SHAPE: Shape = {
  type: 'hex',
  about: 'a frame as bytes; padded to 60, and the FCS is added',
  verbs: [{ words: 'hex' }],
  items: [{ key: 'bytes', kind: FRAME_BYTES }],
  fields: FRAME.filter(({ key }) => OF_BYTES.has(key)),
  parts: ['frame'],
};

export const WIRE_SHAPES: readonly Shape[] = [WIRE, HEX_SHAPE];
