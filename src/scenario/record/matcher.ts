import { CATALOGUE, EFFECT_OF, NAMES } from '../../trace/catalogue.ts';
import { type Decision, EFFECTS } from '../../trace/decision.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Expectation, ExpectReplyTcp, Payload } from '../tree/script.ts';

/** Follows what happens until its expectation has come true; those that are only true or not at the end are judged elsewhere. */
export class Matcher {
  readonly expectation: Expectation;
  /** The data that it asks for: empty where it asks for none. */
  readonly wanted: Uint8Array;
  /** It has come true, and when (nanoseconds). */
  met = false;
  metAt = -1;
  /** What was forbidden has happened. */
  broken = false;

  /** `bytesOf`: reads the files that expectations name. */
  constructor(expectation: Expectation, bytesOf: (payload: Payload | undefined) => Uint8Array) {
    this.expectation = expectation;
    this.wanted = bytesOf(payloadOf(expectation));
  }

  /** Looks at what was decided and sent. `base`: the number that the step's sender would use next, -1 where it is not known. */
  see(trace: Trace, isClimb: boolean, base: number): void {
    if (this.met) return;
    this.look(trace, isClimb, base);
    if (this.met) this.metAt = trace.time;
  }

  private look(trace: Trace, isClimb: boolean, base: number): void {
    const e = this.expectation;
    switch (e.type) {
      case 'drop':
        if (isClimb) this.met ||= isDrop(trace, e.layer, e.reason);
        return;
      case 'verdict':
        if (isClimb) this.met ||= trace.final >= 0 && EFFECTS[EFFECT_OF[trace.final]!] === e.verdict;
        return;
      case 'decision':
        if (takes(trace, e.name)) {
          if (e.no) this.broken = true;
          else this.met = true;
        }
        return;
      case 'no_reply':
        for (let i = 0; i < trace.transmissionCount; i++) this.broken ||= !asksForMac(trace.transmissions[i]!);
        return;
      default:
        for (let i = 0; i < trace.transmissionCount && !this.met; i++) this.met = this.isReply(e, trace.transmissions[i]!, base);
    }
  }

  private isReply(e: Expectation, t: Transmission, base: number): boolean {
    switch (e.type) {
      case 'reply_tcp':
        return t.protocol === Sent.tcp && isTcpReply(e, t, base);
      case 'reply_icmp':
        if (t.protocol !== (e.protocol === 'icmp' ? Sent.icmp : Sent.icmpv6)) return false;
        return t.icmpType === e.icmp.type && (e.icmp.code === undefined || t.icmpCode === e.icmp.code);
      case 'reply_udp':
        return t.protocol === Sent.udp && (e.data === undefined || hasData(t, e.data, this.wanted));
      case 'reply_neighbour':
        return e.protocol === 'arp'
          ? t.protocol === Sent.arp && t.arpOperation === ArpOperation.reply
          : t.protocol === Sent.icmpv6 && t.icmpType === Icmpv6Type.neighborAdvertisement;
      default:
        return false;
    }
  }
}

function payloadOf(e: Expectation): Payload | undefined {
  if (e.type === 'http') return e.body;
  return e.type === 'reply_udp' ? e.data : undefined;
}

/** Whatever asks for a MAC says nothing to those who wait for an answer. */
export function asksForMac({ protocol, arpOperation, icmpType }: Transmission): boolean {
  if (protocol === Sent.arp) return arpOperation === ArpOperation.request;
  return protocol === Sent.icmpv6 && icmpType === Icmpv6Type.neighborSolicitation;
}

/** The frame's last step is a drop in that layer for that reason; the decision's own name will do for the reason. */
function isDrop(trace: Trace, layer: string, reason: string): boolean {
  if (trace.final < 0) return false;
  const decision = CATALOGUE[trace.final] as Decision;
  if (decision.effect !== 'drop' || decision.layer !== layer) return false;
  return decision.reason === reason || NAMES[trace.final] === reason;
}

function takes(trace: Trace, name: string): boolean {
  for (let i = 0; i < trace.length; i++) if (NAMES[trace.ids[i]!] === name) return true;
  return false;
}

/** Flags are compared without PSH unless it is asked for; a number as in the header may also be counted from the ISN. */
function isTcpReply({ flags, ack, win }: ExpectReplyTcp, t: Transmission, base: number): boolean {
  if (t.flags !== flags && (t.flags & ~TcpFlag.psh) !== flags) return false;
  if (win !== undefined && t.window !== win) return false;
  if (ack === undefined) return true;
  if (ack.relative) return base >= 0 && t.ack === (base + ack.value) >>> 0;
  return t.ack === ack.value || (t.irs >= 0 && (t.ack - t.irs) >>> 0 === ack.value);
}

/** So many bytes, or these among them. */
function hasData({ payload, payloadStart, payloadEnd }: Transmission, data: Payload, wanted: Uint8Array): boolean {
  const length = payloadEnd - payloadStart;
  if (data.type === 'fill') return length === data.length;
  return Buffer.from(payload.buffer, payload.byteOffset + payloadStart, length).includes(Buffer.from(wanted));
}
