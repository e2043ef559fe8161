import { CATALOGUE, NAMES } from '../trace/catalogue.ts';
import { type Decision, Effect } from '../trace/decision.ts';
import type { Facts } from '../trace/facts.ts';
import { relative } from '../trace/relative.ts';
import type { FrameRecord } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { Sent, type Transmission } from '../trace/transmission.ts';
import { formatMac } from '../wire/address.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { TcpFlag } from '../wire/tcp.ts';
import { fragment, type JsonBytes } from './json-bytes.ts';
import { TuplePieces } from './json-tuples.ts';
import { flagLetters } from './names.ts';
import { PathTable } from './paths.ts';
import { LOSES } from './tally.ts';
import { finalIndex, sentenceAt } from './words.ts';

/** Bytes that suffice for the fixed pieces of one packet or transmission. */
const ROOM = 1024;
const TRUE = fragment(',"abs":true');

const HEAD = fragment('{"type":"packet","n":');
const T_NS = fragment(',"t_ns":');
const LEN = fragment(',"len":');
const CAPLEN = fragment(',"caplen":');
const DIR_IN = fragment(',"dir":"in"');
const DIR_OUT = fragment(',"dir":"out"');
const SMAC = fragment(',"smac":');
const DMAC = fragment(',"dmac":');
const VLAN = fragment(',"vlan":');
const ETHERTYPE = fragment(',"ethertype":');
const SRC = fragment(',"src":"');
const SPORT = fragment('","sport":');
const DST = fragment(',"dst":"');
const DPORT = fragment('","dport":');
const QUOTE = fragment('"');
const ACK_NUMBER = fragment(',"ack":');
const CAPTURED_ACK = fragment(',"captured_ack":');
const WIN = fragment(',"win":');
const PAYLOAD = fragment(',"payload":');
const ICMP_TYPE = fragment(',"icmp_type":');
const ICMP_CODE = fragment(',"icmp_code":');
const FRAG = fragment(',"frag":{"id":');
const OFFSET = fragment(',"offset":');
const MORE = fragment(',"more":true}');
const LAST = fragment(',"more":false}');
const OP = fragment(',"op":');
const DETAIL = fragment(',"detail":');
const REPLIES = fragment(',"replies":[');
const SOCKET = fragment(',"socket":');
const END = fragment('}\n');
const TRANSMIT = fragment('{"type":"transmit","t_ns":');
const TIMER = fragment('{"type":"timer","t_ns":');
const CAUSE = fragment(',"cause":"');
const DECISION = fragment(',"decision":"');

const NAME_BYTES: readonly Buffer[] = (NAMES as readonly string[]).map((name) => fragment(name));
/** `,"flags":"SA","seq":` by flag bits. */
const FLAGS_SEQ: readonly Buffer[] = Array.from({ length: 256 }, (_, flags) =>
  fragment(`,"flags":"${flagLetters(flags)}","seq":`),
);

/** `,"proto":"tcp"` by IP protocol number. */
const PROTO: readonly Buffer[] = Array.from({ length: 256 }, (_, protocol) => {
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
const PROTO_IP = fragment(',"proto":"ip"');
const PROTO_ARP = fragment(',"proto":"arp"');
const PROTO_LINK = fragment(',"proto":"link"');

/** `,"verdict":…,"layer":…` and on drops the reasons, by final decision. */
const VERDICTS: readonly Buffer[] = (CATALOGUE as readonly Decision[]).map((d) => {
  let text = `,"verdict":"${d.effect}","layer":"${d.layer}"`;
  if (d.effect === 'drop') {
    text += `,"reason":"${d.reason ?? 'not_specified'}"`;
    if (d.skb !== undefined) text += `,"skb_reason":"${d.skb}"`;
  }
  return fragment(text);
});
/** `,"layer":…` and the reasons, by decision: what a timer gave up. */
const LOSSES: readonly Buffer[] = (CATALOGUE as readonly Decision[]).map((d) => {
  const reason = d.reason ?? d.skb?.toLowerCase() ?? 'not_specified';
  return fragment(`,"layer":"${d.layer}","reason":"${reason}"${d.skb === undefined ? '' : `,"skb_reason":"${d.skb}"`}`);
});
const IS_DROP = Uint8Array.from(CATALOGUE, (d: Decision) => (d.effect === 'drop' ? 1 : 0));
const IS_OUTBOUND = Uint8Array.from(CATALOGUE, (d: Decision) => (d.effect === 'observe' ? 1 : 0));
const IS_STEP = Uint8Array.from(CATALOGUE, (d: Decision) => (Effect[d.effect] <= Effect.observe ? 1 : 0));

/** `packet`, `transmit` and `timer` lines. */
export class JsonPackets {
  private readonly json: JsonBytes;
  private readonly paths = new PathTable();
  /** See climb(), by path index. */
  private readonly climbs: Buffer[] = [];
  private readonly tuples = new TuplePieces();

  constructor(json: JsonBytes) {
    this.json = json;
  }

  packet(frame: FrameRecord, trace: Trace): void {
    const { json } = this;
    const { facts, final } = trace;
    json.reserve(ROOM);
    json.raw(HEAD);
    json.integer(frame.number);
    json.raw(T_NS);
    json.integer(frame.time);
    json.raw(LEN);
    json.integer(frame.wireLength);
    json.raw(CAPLEN);
    json.integer(frame.end - frame.start);
    this.facts(facts, final >= 0 && IS_OUTBOUND[final] === 1);
    if (final >= 0 && IS_DROP[final] === 1) {
      json.raw(VERDICTS[final]!);
      json.raw(DETAIL);
      json.string(sentenceAt(trace, finalIndex(trace)));
    }
    const path = this.paths.find(trace);
    json.long(path < 0 ? climb(trace) : (this.climbs[path] ??= climb(trace)));
    json.reserve(ROOM);
    if (trace.transmissionCount > 0) {
      json.raw(REPLIES);
      for (let i = 0; i < trace.transmissionCount; i++) {
        const sent = trace.transmissions[i]!;
        json.reserve(ROOM);
        json.byte(i === 0 ? 0x7b : 0x2c);
        if (i > 0) json.byte(0x7b);
        this.sent(sent, !answers(sent, facts), false);
        json.byte(0x7d);
      }
      json.byte(0x5d);
    }
    if (facts.fd >= 0) {
      json.raw(SOCKET);
      json.integer(facts.fd);
    }
    json.raw(END);
  }

  /** What a timer or the program did without a frame: a line for each transmission, and for each thing given up. */
  activity(trace: Trace): void {
    const { json } = this;
    let sent = 0;
    let cause = -1;
    for (let i = 0; i < trace.length; i++) {
      const id = trace.ids[i]!;
      if (CATALOGUE[id]!.effect === 'reply' && sent < trace.transmissionCount && trace.transmissions[sent]!.why === id) {
        json.reserve(ROOM);
        json.raw(TRANSMIT);
        json.integer(trace.time);
        json.raw(CAUSE);
        json.raw(NAME_BYTES[cause < 0 ? id : cause]!);
        json.raw(QUOTE);
        this.sent(trace.transmissions[sent]!, true, true);
        json.raw(END);
        sent++;
        continue;
      }
      cause = id;
      if (LOSES[id] === 0) continue;
      json.reserve(ROOM);
      json.raw(TIMER);
      json.integer(trace.time);
      json.raw(DECISION);
      json.raw(NAME_BYTES[id]!);
      json.raw(QUOTE);
      json.raw(LOSSES[id]!);
      json.raw(DETAIL);
      json.string(sentenceAt(trace, i));
      json.reserve(ROOM);
      json.raw(END);
    }
  }

  /** The packet's own fields. */
  private facts(f: Facts, outbound: boolean): void {
    if (f.family === 0 || f.arpOperation !== 0) {
      this.link(f, outbound);
      return;
    }
    const { json } = this;
    const tcp = f.hasTransport && f.protocol === IpProtocol.tcp;
    const udp = f.hasTransport && f.protocol === IpProtocol.udp;
    if ((tcp || udp) && f.vlan < 0) {
      const piece = this.tuples.find(f, outbound);
      if (piece === undefined) {
        const from = json.at;
        this.network(f, outbound, true);
        this.tuples.keep(f, outbound, json.since(from));
      } else json.raw(piece);
    } else this.network(f, outbound, tcp || udp);
    if (f.fragId >= 0) {
      json.raw(FRAG);
      json.integer(f.fragId);
      json.raw(OFFSET);
      json.integer(f.fragOffset);
      json.raw(f.fragMore ? MORE : LAST);
    }
    if (tcp) {
      this.segment(f.tcpFlags, f.seq, f.ack, f.window, f.dataLength, f.senderIsn, f.receiverIsn);
      if (f.capturedAck >= 0) {
        json.raw(CAPTURED_ACK);
        json.integer(f.capturedAck);
      }
    } else if (f.hasTransport) {
      if (!udp) this.icmp(f.icmpType, f.icmpCode);
      json.raw(PAYLOAD);
      json.integer(f.dataLength);
    }
  }

  /** A frame without an IP header. */
  private link(f: Facts, outbound: boolean): void {
    const { json } = this;
    json.raw(outbound ? DIR_OUT : DIR_IN);
    json.raw(f.arpOperation !== 0 ? PROTO_ARP : PROTO_LINK);
    if (f.hasMacs) this.macs(f);
    if (f.vlan >= 0) this.vlan(f.vlan);
    if (f.arpOperation !== 0) {
      json.raw(OP);
      json.integer(f.arpOperation);
      this.addresses(f, 4, false, 0, 0);
    } else if (f.etherType >= 0) {
      json.raw(ETHERTYPE);
      json.integer(f.etherType);
    }
  }

  private network(f: Facts, outbound: boolean, ports: boolean): void {
    const { json } = this;
    json.raw(outbound ? DIR_OUT : DIR_IN);
    json.raw(f.protocol < 0 ? PROTO_IP : PROTO[f.protocol & 0xff]!);
    if (f.vlan >= 0) this.vlan(f.vlan);
    this.addresses(f, f.family, ports, f.sourcePort, f.destinationPort);
  }

  private vlan(id: number): void {
    this.json.raw(VLAN);
    this.json.integer(id);
  }

  private macs(f: Facts): void {
    const { json } = this;
    json.raw(SMAC);
    json.string(formatMac(f.sourceMacHigh, f.sourceMacLow));
    json.raw(DMAC);
    json.string(formatMac(f.destinationMacHigh, f.destinationMacLow));
  }

  private addresses(
    p: Pick<Facts, 'src0' | 'src1' | 'src2' | 'src3' | 'dst0' | 'dst1' | 'dst2' | 'dst3'>,
    family: number,
    ports: boolean,
    sport: number,
    dport: number,
  ): void {
    const { json } = this;
    json.raw(SRC);
    json.ip(family, p.src0, p.src1, p.src2, p.src3);
    if (ports) {
      json.raw(SPORT);
      json.integer(sport);
    } else json.raw(QUOTE);
    json.raw(DST);
    json.ip(family, p.dst0, p.dst1, p.dst2, p.dst3);
    if (ports) {
      json.raw(DPORT);
      json.integer(dport);
    } else json.raw(QUOTE);
  }

  private segment(flags: number, seq: number, ack: number, window: number, payload: number, isn: number, peerIsn: number): void {
    const { json } = this;
    const acks = (flags & TcpFlag.ack) !== 0;
    const known = isn >= 0 && (!acks || peerIsn >= 0);
    json.raw(FLAGS_SEQ[flags & 0xff]!);
    json.integer(known ? relative(seq, isn) : seq);
    if (acks) {
      json.raw(ACK_NUMBER);
      json.integer(known ? relative(ack, peerIsn) : ack);
    }
    if (!known) json.raw(TRUE);
    json.raw(WIN);
    json.integer(window);
    json.raw(PAYLOAD);
    json.integer(payload);
  }

  private icmp(type: number, code: number): void {
    this.json.raw(ICMP_TYPE);
    this.json.integer(type);
    this.json.raw(ICMP_CODE);
    this.json.integer(code);
  }

  /** The fields of something sent; a leading comma where it continues an object. */
  private sent(t: Transmission, withAddresses: boolean, continues: boolean): void {
    const { json } = this;
    const proto = sentProto(t.protocol);
    json.raw(continues ? proto : proto.subarray(1));
    const tcp = t.protocol === Sent.tcp;
    const udp = t.protocol === Sent.udp;
    if (withAddresses) this.addresses(t, t.family, tcp || udp, t.sourcePort, t.destinationPort);
    if (tcp) {
      this.segment(t.flags, t.seq, t.ack, t.window, t.payloadEnd - t.payloadStart, t.iss, t.irs);
      this.options(t);
    } else if (t.protocol === Sent.arp) {
      json.raw(OP);
      json.integer(t.arpOperation);
    } else {
      if (t.protocol === Sent.icmp || t.protocol === Sent.icmpv6) this.icmp(t.icmpType, t.icmpCode);
      json.raw(PAYLOAD);
      json.integer(t.payloadEnd - t.payloadStart);
    }
    json.raw(WHY[t.why]!);
  }

  private options(t: Transmission): void {
    if (t.mss < 0 && t.windowScale < 0 && !t.sackPermitted && !t.hasTimestamps && t.sackCount === 0) return;
    const { json } = this;
    let open = OPTIONS;
    const known = t.irs >= 0;
    if (t.mss >= 0) {
      json.raw(open);
      json.raw(MSS);
      json.integer(t.mss);
      open = COMMA;
    }
    if (t.windowScale >= 0) {
      json.raw(open);
      json.raw(WS);
      json.integer(t.windowScale);
      open = COMMA;
    }
    if (t.sackPermitted) {
      json.raw(open);
      json.raw(SACK_OK);
      open = COMMA;
    }
    if (t.hasTimestamps) {
      json.raw(open);
      json.raw(TS_VAL);
      json.integer(t.tsVal);
      json.raw(TS_ECR);
      json.integer(t.tsEcr);
      open = COMMA;
    }
    if (t.sackCount > 0) {
      json.raw(open);
      json.raw(SACK);
      for (let i = 0; i < t.sackCount; i++) {
        if (i > 0) json.byte(0x2c);
        json.byte(0x5b);
        json.integer(known ? relative(t.sack[i * 2]!, t.irs) : t.sack[i * 2]!);
        json.byte(0x2c);
        json.integer(known ? relative(t.sack[i * 2 + 1]!, t.irs) : t.sack[i * 2 + 1]!);
        json.byte(0x5d);
      }
      json.byte(0x5d);
    }
    json.byte(0x7d);
  }
}

const OPTIONS = fragment(',"options":{');
const COMMA = fragment(',');
const MSS = fragment('"mss":');
const WS = fragment('"ws":');
const SACK_OK = fragment('"sack_ok":true');
const TS_VAL = fragment('"ts_val":');
const TS_ECR = fragment(',"ts_ecr":');
const SACK = fragment('"sack":[');

/** `,"why":"tcp_syn_ack"`, and the kernel's reason on resets, by reply decision. */
const WHY: readonly Buffer[] = (CATALOGUE as readonly Decision[]).map((d, number) =>
  fragment(`,"why":"${NAMES[number]}"${d.rst === undefined ? '' : `,"rst_reason":"${d.rst}"`}`),
);

const FORWARDED = fragment(',"proto":"ip"');

function sentProto(protocol: number): Buffer {
  if (protocol === Sent.arp) return PROTO_ARP;
  return protocol === Sent.forwarded ? FORWARDED : PROTO[protocol & 0xff]!;
}

/** True where the reply goes back exactly the way that the packet came. */
function answers(t: Transmission, f: Facts): boolean {
  return (
    t.src3 === f.dst3 &&
    t.dst3 === f.src3 &&
    t.src2 === f.dst2 &&
    t.dst2 === f.src2 &&
    t.src1 === f.dst1 &&
    t.dst1 === f.src1 &&
    t.src0 === f.dst0 &&
    t.dst0 === f.src0 &&
    (t.protocol === Sent.tcp || t.protocol === Sent.udp
      ? t.protocol === f.protocol && t.sourcePort === f.destinationPort && t.destinationPort === f.sourcePort
      : true)
  );
}

/** `,"path":[…]`, all steps but the last `pass`; before it, where the frame was not dropped, its verdict and layer. */
function climb({ ids, length, final }: Trace): Buffer {
  let last = length - 1;
  while (last >= 0 && IS_STEP[ids[last]!] === 0) last--;
  const steps: string[] = [];
  for (let i = 0; i <= last; i++) {
    const id = ids[i]!;
    if (IS_STEP[id] === 0) continue;
    const d = CATALOGUE[id] as Decision;
    steps.push(`{"layer":"${d.layer}","verdict":"${i === last ? d.effect : 'pass'}","decision":"${NAMES[id]}"}`);
  }
  const verdict = final < 0 || IS_DROP[final] === 1 ? '' : VERDICTS[final]!.toString();
  return fragment(`${verdict},"path":[${steps.join(',')}]`);
}
