import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import type { Facts } from '../../trace/facts.ts';
import type { FrameRecord } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { formatMac } from '../../wire/address.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { LOSES } from '../tally.ts';
import { PathTable } from '../views/paths.ts';
import { finalIndex, sentenceAt } from '../words/words.ts';
import { fragment, type JsonBytes } from './bytes.ts';
import { climb, IS_DROP, VERDICTS } from './climb.ts';
import { JsonHeaders, PROTO, PROTO_ARP, PROTO_IP } from './headers.ts';
import { plainJson } from './plain-text.ts';
import { JsonSent } from './sent.ts';
import { TuplePieces } from './tuples.ts';

/** Bytes that suffice for the fixed pieces of one packet or transmission. */
const ROOM = 1024;

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
const QUOTE = fragment('"');
const CAPTURED_ACK = fragment(',"captured_ack":');
const FRAG = fragment(',"frag":{"id":');
const OFFSET = fragment(',"offset":');
const MORE = fragment(',"more":true}');
const LAST = fragment(',"more":false}');
const DETAIL = fragment(',"detail":');
const REPLIES = fragment(',"replies":[');
const COMMENTS = fragment(',"comments":');
const SOCKET = fragment(',"socket":');
const END = fragment('}\n');
const TRANSMIT = fragment('{"type":"transmit","t_ns":');
const TIMER = fragment('{"type":"timer","t_ns":');
const CAUSE = fragment(',"cause":"');
const DECISION = fragment(',"decision":"');

const NAME_BYTES: readonly Buffer[] = (NAMES as readonly string[]).map((name) => fragment(name));
const PROTO_LINK = fragment(',"proto":"link"');

/** `,"layer":…` and the reasons, by decision: what a timer gave up. */
const LOSSES: readonly Buffer[] = (CATALOGUE as readonly Decision[]).map((d) => {
  const reason = d.reason ?? d.skb?.toLowerCase() ?? 'not_specified';
  return fragment(`,"layer":"${d.layer}","reason":"${reason}"${d.skb === undefined ? '' : `,"skb_reason":"${d.skb}"`}`);
});
const IS_OUTBOUND = Uint8Array.from(CATALOGUE, (d: Decision) => (d.effect === 'observe' ? 1 : 0));

/** `packet`, `transmit` and `timer` lines. */
export class JsonPackets {
  private readonly json: JsonBytes;
  private readonly paths = new PathTable();
  /** See climb(), by path index. */
  private readonly climbs: Buffer[] = [];
  private readonly tuples = new TuplePieces();
  private readonly headers: JsonHeaders;
  private readonly sent: JsonSent;

  constructor(json: JsonBytes) {
    this.json = json;
    this.headers = new JsonHeaders(json);
    this.sent = new JsonSent(json, this.headers);
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
        this.sent.write(sent, !answers(sent, facts), false);
        json.byte(0x7d);
      }
      json.byte(0x5d);
    }
    if (frame.comments !== undefined && frame.comments.length > 0) {
      json.raw(COMMENTS);
      json.long(Buffer.from(plainJson(frame.comments)));
      json.reserve(ROOM);
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
        this.sent.write(trace.transmissions[sent]!, true, true);
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
    const { json, headers } = this;
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
      headers.segment(f.tcpFlags, f.seq, f.ack, f.window, f.dataLength, f.senderIsn, f.receiverIsn);
      if (f.capturedAck >= 0) {
        json.raw(CAPTURED_ACK);
        json.integer(f.capturedAck);
      }
    } else if (f.hasTransport) {
      if (!udp) headers.icmp(f.icmpType, f.icmpCode);
      headers.payload(f.dataLength);
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
      this.headers.arp(f.arpOperation);
      this.headers.addresses(f, 4);
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
    if (ports) this.headers.endpoints(f, f.family, f.sourcePort, f.destinationPort);
    else this.headers.addresses(f, f.family);
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
