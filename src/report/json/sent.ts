import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import { relative } from '../../trace/relative.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { fragment, type JsonBytes } from './bytes.ts';
import { type JsonHeaders, PROTO, PROTO_ARP, PROTO_IP } from './headers.ts';

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

/** What the host has sent. Callers reserve the room. */
export class JsonSent {
  private readonly json: JsonBytes;
  private readonly headers: JsonHeaders;

  constructor(json: JsonBytes, headers: JsonHeaders) {
    this.json = json;
    this.headers = headers;
  }

  /** The fields of a packet. `continues`: they stand in an object that has begun, so that a comma comes first. */
  write(t: Transmission, withAddresses: boolean, continues: boolean): void {
    const { json, headers } = this;
    const proto = protoOf(t.protocol);
    json.raw(continues ? proto : proto.subarray(1));
    if (withAddresses) {
      if (t.protocol === Sent.tcp || t.protocol === Sent.udp) headers.endpoints(t, t.family, t.sourcePort, t.destinationPort);
      else headers.addresses(t, t.family);
    }
    const length = t.payloadLength;
    switch (t.protocol) {
      case Sent.tcp:
        headers.segment(t.flags, t.seq, t.ack, t.window, length, t.iss, t.irs);
        this.options(t);
        break;
      case Sent.arp:
        headers.arp(t.arpOperation);
        break;
      case Sent.icmp:
      case Sent.icmpv6:
        headers.icmp(t.icmpType, t.icmpCode);
        headers.payload(length);
        break;
      default:
        headers.payload(length);
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

function protoOf(protocol: number): Buffer {
  if (protocol === Sent.arp) return PROTO_ARP;
  return protocol === Sent.forwarded ? PROTO_IP : PROTO[protocol & 0xff]!;
}
