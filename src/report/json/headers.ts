import type { Facts } from '../../trace/facts.ts';
import { relative } from '../../trace/relative.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { flagLetters } from '../words/names.ts';
import { fragment, type JsonBytes } from './bytes.ts';

const SRC = fragment(',"src":"');
const SPORT = fragment('","sport":');
const DST = fragment(',"dst":"');
const DPORT = fragment('","dport":');
const QUOTE = fragment('"');
const ACK_NUMBER = fragment(',"ack":');
const ABSOLUTE = fragment(',"abs":true');
const WIN = fragment(',"win":');
const PAYLOAD = fragment(',"payload":');
const ICMP_TYPE = fragment(',"icmp_type":');
const ICMP_CODE = fragment(',"icmp_code":');
const OP = fragment(',"op":');

/** `,"flags":"SA","seq":` by flag bits. */
const FLAGS_SEQ: readonly Buffer[] = Array.from({ length: 256 }, (_, flags) =>
  fragment(`,"flags":"${flagLetters(flags)}","seq":`),
);

/** `,"proto":"tcp"` by IP protocol number. */
export const PROTO: readonly Buffer[] = Array.from({ length: 256 }, (_, protocol) => {
  switch (protocol) {
    case IpProtocol.tcp:
      return fragment(',"proto":"tcp"');
    case IpProtocol.udp:
      return fragment(',"proto":"udp"');
    case IpProtocol.icmp:
      return fragment(',"proto":"icmp"');
    case IpProtocol.icmpv6:
      return fragment(',"proto":"icmpv6"');
    default:
      return fragment(`,"proto":"ip","ip_proto":${protocol}`);
  }
});
export const PROTO_IP = fragment(',"proto":"ip"');
export const PROTO_ARP = fragment(',"proto":"arp"');

/** Source and destination, each four words as in Facts. */
type Ends = Pick<Facts, 'src0' | 'src1' | 'src2' | 'src3' | 'dst0' | 'dst1' | 'dst2' | 'dst3'>;

/** The header fields that packets which came and packets which were sent have alike. Callers reserve the room. */
export class JsonHeaders {
  private readonly json: JsonBytes;

  constructor(json: JsonBytes) {
    this.json = json;
  }

  /** Addresses with ports. */
  endpoints(p: Ends, family: number, sport: number, dport: number): void {
    const { json } = this;
    json.raw(SRC);
    json.ip(family, p.src0, p.src1, p.src2, p.src3);
    json.raw(SPORT);
    json.integer(sport);
    json.raw(DST);
    json.ip(family, p.dst0, p.dst1, p.dst2, p.dst3);
    json.raw(DPORT);
    json.integer(dport);
  }

  addresses(p: Ends, family: number): void {
    const { json } = this;
    json.raw(SRC);
    json.ip(family, p.src0, p.src1, p.src2, p.src3);
    json.raw(QUOTE);
    json.raw(DST);
    json.ip(family, p.dst0, p.dst1, p.dst2, p.dst3);
    json.raw(QUOTE);
  }

  /** `isn`, `peerIsn`: of the sender and of its peer, -1 not known; numbers count from them where those that are needed are known. */
  segment(flags: number, seq: number, ack: number, window: number, payload: number, isn: number, peerIsn: number): void {
    const { json } = this;
    const acks = (flags & TcpFlag.ack) !== 0;
    const known = isn >= 0 && (!acks || peerIsn >= 0);
    json.raw(FLAGS_SEQ[flags & 0xff]!);
    json.integer(known ? relative(seq, isn) : seq);
    if (acks) {
      json.raw(ACK_NUMBER);
      json.integer(known ? relative(ack, peerIsn) : ack);
    }
    if (!known) json.raw(ABSOLUTE);
    json.raw(WIN);
    json.integer(window);
    this.payload(payload);
  }

  icmp(type: number, code: number): void {
    this.json.raw(ICMP_TYPE);
    this.json.integer(type);
    this.json.raw(ICMP_CODE);
    this.json.integer(code);
  }

  arp(operation: number): void {
    this.json.raw(OP);
    this.json.integer(operation);
  }

  payload(length: number): void {
    this.json.raw(PAYLOAD);
    this.json.integer(length);
  }
}
