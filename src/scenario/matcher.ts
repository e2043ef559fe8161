import { CATALOGUE, EFFECT_OF, NAMES } from '../trace/catalogue.ts';
import { type Decision, EFFECTS } from '../trace/decision.ts';
import type { Trace } from '../trace/trace.ts';
import { Sent, type Transmission } from '../trace/transmission.ts';
import type { Expectation, ExpectReplyTcp, Payload } from './script.ts';

/** Follows what happens until its expectation has come true; those that are only true or not at the end are judged elsewhere. */
export class Matcher {
  readonly expectation: Expectation;
  /** It has come true, and when (nanoseconds). */
  met = false;
  metAt = -1;
  /** What was forbidden has happened. */
  broken = false;

  constructor(expectation: Expectation) {
    this.expectation = expectation;
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
        for (let i = 0; i < trace.transmissionCount; i++) this.broken ||= !isQuestion(trace.transmissions[i]!);
        return;
      default:
        for (let i = 0; i < trace.transmissionCount && !this.met; i++) this.met = isReply(e, trace.transmissions[i]!, base);
    }
  }
}

/** Whatever asks for a MAC is no answer. */
function isQuestion(t: Transmission): boolean {
  return t.protocol === Sent.arp ? t.arpOperation === 1 : t.protocol === Sent.icmpv6 && t.icmpType === 135;
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

function isReply(e: Expectation, t: Transmission, base: number): boolean {
  switch (e.type) {
    case 'reply_tcp':
      return t.protocol === Sent.tcp && isTcpReply(e, t, base);
    case 'reply_icmp':
      if (t.protocol !== (e.protocol === 'icmp' ? Sent.icmp : Sent.icmpv6)) return false;
      return t.icmpType === e.icmp.type && (e.icmp.code === undefined || t.icmpCode === e.icmp.code);
    case 'reply_udp':
      return t.protocol === Sent.udp && (e.data === undefined || hasText(t, e.data));
    case 'reply_neighbour':
      return e.protocol === 'arp'
        ? t.protocol === Sent.arp && t.arpOperation === 2
        : t.protocol === Sent.icmpv6 && t.icmpType === 136;
    default:
      return false;
  }
}

/** Flags are compared without PSH unless it is asked for; a number as in the header may also be counted from the ISN. */
function isTcpReply({ flags, ack, win }: ExpectReplyTcp, t: Transmission, base: number): boolean {
  if (t.flags !== flags && (t.flags & ~8) !== flags) return false;
  if (win !== undefined && t.window !== win) return false;
  if (ack === undefined) return true;
  if (ack.relative) return base >= 0 && t.ack === (base + ack.value) >>> 0;
  return t.ack === ack.value || (t.irs >= 0 && (t.ack - t.irs) >>> 0 === ack.value);
}

function hasText(t: Transmission, data: Payload): boolean {
  const length = t.payloadEnd - t.payloadStart;
  if (data.type === 'fill') return length === data.length;
  if (data.type === 'file') return false;
  const { payload, payloadStart } = t;
  return Buffer.from(payload.buffer, payload.byteOffset + payloadStart, length).includes(Buffer.from(data.bytes));
}
