import { parseIp, parseMac } from '../../src/wire/address.ts';
import { type ArpFields, encodeArp } from '../../src/wire/arp.ts';
import { NO_BYTES } from '../../src/wire/bytes.ts';
import { pseudoHeader4, pseudoHeader6 } from '../../src/wire/checksum.ts';
import { crc32, encodeFcs, FCS_LENGTH } from '../../src/wire/crc32.ts';
import { ETHERNET_MIN, EtherType, encodeEthernet } from '../../src/wire/ethernet.ts';
import { encodeIcmp, type IcmpFields } from '../../src/wire/icmp.ts';
import { encodeIcmpv6, type Icmpv6Fields } from '../../src/wire/icmpv6.ts';
import { IpProtocol } from '../../src/wire/ip-protocol.ts';
import { encodeIpv4, type Ipv4Fields } from '../../src/wire/ipv4.ts';
import { encodeIpv6, type Ipv6Fields } from '../../src/wire/ipv6.ts';
import { encodeTcp, type TcpFields } from '../../src/wire/tcp.ts';
import { encodeUdp, type UdpFields } from '../../src/wire/udp.ts';
import { encodeVlan, type VlanFields } from '../../src/wire/vlan.ts';

type Given<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;
type Body = Uint8Array | string;

/** What is left out of a layer is computed or takes a plain default; what is given goes out as it is, right or wrong. */
export interface FrameFields {
  /** MACs in text or as 48-bit integers; omitted: 02:00:00:00:00:02 to 02:00:00:00:00:01. `null`: no link header at all. */
  ethernet?: { destination?: string | number; source?: string | number; etherType?: number } | null;
  /** Tags, outermost first; `tpid` omitted: 0x8100. */
  vlan?: ReadonlyArray<Given<VlanFields, 'etherType'> & { tpid?: number }>;
  arp?: Given<Omit<ArpFields, 'senderMac' | 'senderIp' | 'targetMac' | 'targetIp'>, 'operation'> & {
    senderMac?: string | number;
    senderIp: string | number;
    targetMac?: string | number;
    targetIp: string | number;
  };
  ipv4?: Given<Omit<Ipv4Fields, 'source' | 'destination'>, 'protocol'> & {
    source: string | number;
    destination: string | number;
  };
  ipv6?: Given<
    Pick<Ipv6Fields, 'version' | 'trafficClass' | 'flowLabel' | 'payloadLength' | 'nextHeader' | 'hopLimit'>,
    'nextHeader'
  > & {
    source: string;
    destination: string;
    /** Extension headers byte by byte; `nextHeader` must then name the first of them. */
    extensions?: Uint8Array;
  };
  tcp?: Given<TcpFields, 'seq' | 'flags'>;
  udp?: UdpFields;
  icmp?: IcmpFields;
  icmpv6?: Icmpv6Fields;
  /** Data of the transport above, or what follows the last header given. Text is written in UTF-8. */
  payload?: Body;
  /** Bytes after the packet that no length field counts. */
  trailer?: Uint8Array;
  /** Zeros up to 60 bytes, as an Ethernet card sends them. Omitted: false. */
  pad?: boolean;
  /** `true`: a right FCS at the end; a number: exactly this one. Omitted: none. */
  fcs?: boolean | number;
}

const ROOM = 0x1_0000 + 512;
const scratch = new Uint8Array(ROOM);

/** Bytes of one frame in a new array. Throws a RangeError for an address in text that is none. */
export function buildFrame(fields: FrameFields): Uint8Array {
  const payload = bodyOf(fields.payload);
  const trailer = fields.trailer ?? NO_BYTES;
  const room = payload.length + trailer.length + 512;
  const out = room > ROOM ? new Uint8Array(room) : scratch;
  let at = putLink(fields, out);
  if (fields.arp) at += putArp(fields.arp, out, at);
  if (fields.ipv4) at += putIpv4(fields, fields.ipv4, payload, out, at);
  else if (fields.ipv6) at += putIpv6(fields, fields.ipv6, payload, out, at);
  else at += putUpper(fields, payload, 0, out, at);
  out.set(trailer, at);
  at += trailer.length;
  if (fields.pad && at < ETHERNET_MIN) {
    out.fill(0, at, ETHERNET_MIN);
    at = ETHERNET_MIN;
  }
  if (fields.fcs !== undefined && fields.fcs !== false) {
    encodeFcs(fields.fcs === true ? crc32(out, 0, at) : fields.fcs, out, at);
    at += FCS_LENGTH;
  }
  return out.slice(0, at);
}

function bodyOf(body: Body | undefined): Uint8Array {
  if (body === undefined) return NO_BYTES;
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

function mac(value: string | number | undefined, otherwise: number): number {
  if (typeof value !== 'string') return value ?? otherwise;
  const parsed = parseMac(value);
  if (parsed === undefined) throw new RangeError(`not a MAC address: ${value}`);
  return parsed;
}

function ip4(value: string | number): number {
  if (typeof value === 'number') return value >>> 0;
  const parsed = parseIp(value);
  if (parsed?.family !== 4) throw new RangeError(`not an IPv4 address: ${value}`);
  return parsed.w3;
}

function ip6(value: string): { w0: number; w1: number; w2: number; w3: number } {
  const parsed = parseIp(value);
  if (parsed?.family !== 6) throw new RangeError(`not an IPv6 address: ${value}`);
  return parsed;
}

function networkType(fields: FrameFields): number {
  if (fields.arp) return EtherType.arp;
  return fields.ipv6 ? EtherType.ipv6 : EtherType.ipv4;
}

function putLink(fields: FrameFields, out: Uint8Array): number {
  if (fields.ethernet === null) return 0;
  const ethernet = fields.ethernet ?? {};
  const tags = fields.vlan ?? [];
  const inner = ethernet.etherType ?? networkType(fields);
  let at = encodeEthernet(
    {
      destination: mac(ethernet.destination, 0x0200_0000_0001),
      source: mac(ethernet.source, 0x0200_0000_0002),
      etherType: tags.length > 0 ? (tags[0]!.tpid ?? EtherType.vlan) : inner,
    },
    out,
    0,
  );
  for (let i = 0; i < tags.length; i++) {
    const next = tags[i + 1];
    const etherType = tags[i]!.etherType ?? (next ? (next.tpid ?? EtherType.vlan) : inner);
    at += encodeVlan({ ...tags[i]!, etherType }, out, at);
  }
  return at;
}

function putArp(arp: NonNullable<FrameFields['arp']>, out: Uint8Array, at: number): number {
  const filled: ArpFields = {
    ...arp,
    operation: arp.operation ?? 1,
    senderMac: mac(arp.senderMac, 0x0200_0000_0002),
    senderIp: ip4(arp.senderIp),
    targetMac: mac(arp.targetMac, 0),
    targetIp: ip4(arp.targetIp),
  };
  return encodeArp(filled, out, at);
}

function upperProtocol(fields: FrameFields): number {
  if (fields.tcp) return IpProtocol.tcp;
  if (fields.udp) return IpProtocol.udp;
  if (fields.icmp) return IpProtocol.icmp;
  return fields.icmpv6 ? IpProtocol.icmpv6 : 253;
}

function putIpv4(
  fields: FrameFields,
  ipv4: NonNullable<FrameFields['ipv4']>,
  payload: Uint8Array,
  out: Uint8Array,
  at: number,
): number {
  const source = ip4(ipv4.source);
  const destination = ip4(ipv4.destination);
  const upper = upperProtocol(fields);
  const header: Ipv4Fields = { ...ipv4, source, destination, protocol: ipv4.protocol ?? upper };
  const length = encodeIpv4(header, out, at);
  const written = putUpper(fields, payload, pseudoHeader4(source, destination, upper, 0), out, at + length);
  return encodeIpv4({ ...header, payloadLength: ipv4.payloadLength ?? written }, out, at) + written;
}

function putIpv6(
  fields: FrameFields,
  ipv6: NonNullable<FrameFields['ipv6']>,
  payload: Uint8Array,
  out: Uint8Array,
  at: number,
): number {
  const s = ip6(ipv6.source);
  const d = ip6(ipv6.destination);
  const upper = upperProtocol(fields);
  const pseudo = pseudoHeader6(s.w0, s.w1, s.w2, s.w3, d.w0, d.w1, d.w2, d.w3, upper, 0);
  const extensions = ipv6.extensions ?? NO_BYTES;
  const header: Ipv6Fields = {
    ...ipv6,
    source0: s.w0,
    source1: s.w1,
    source2: s.w2,
    source3: s.w3,
    destination0: d.w0,
    destination1: d.w1,
    destination2: d.w2,
    destination3: d.w3,
    nextHeader: ipv6.nextHeader ?? upper,
  };
  const length = encodeIpv6(header, out, at);
  out.set(extensions, at + length);
  const written = extensions.length + putUpper(fields, payload, pseudo, out, at + length + extensions.length);
  return encodeIpv6({ ...header, payloadLength: ipv6.payloadLength ?? written }, out, at) + written;
}

function putUpper(fields: FrameFields, payload: Uint8Array, pseudoHeader: number, out: Uint8Array, at: number): number {
  const { tcp, udp, icmp, icmpv6 } = fields;
  if (tcp) return encodeTcp({ payload, pseudoHeader, ...tcp, seq: tcp.seq ?? 0, flags: tcp.flags ?? 0 }, out, at);
  if (udp) return encodeUdp({ payload, pseudoHeader, ...udp }, out, at);
  if (icmp) return encodeIcmp({ payload, ...icmp }, out, at);
  if (icmpv6) return encodeIcmpv6({ payload, pseudoHeader, ...icmpv6 }, out, at);
  out.set(payload, at);
  return payload.length;
}
