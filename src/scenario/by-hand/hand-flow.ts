import type { Facts } from '../../trace/facts.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { u16, u32 } from '../../wire/bytes.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { Ahead } from '../clients/ahead.ts';
import { Responses } from '../clients/responses.ts';
import type { StepRecord } from '../record/step-record.ts';

/** Flows that are remembered; the ones that began first are forgotten when there are more. */
const MOST_FLOWS = 65_536;

const NEVER = () => -1;

/** What a flow needs to know of a segment that comes back on it. */
type Heard = Pick<Transmission, 'seq' | 'flags' | 'payload' | 'payloadStart' | 'payloadEnd'>;

/** A connection (or datagrams between two ports) whose client half a script writes by hand: the numbers on which it stands. */
export class HandFlow {
  /** Number of the client's SYN, and the next one that it would use; -1: not known. */
  iss = -1;
  next = -1;
  /** The server's ISN, and the next number that is expected of it; -1: not known. */
  irs = -1;
  rcvNxt = -1;
  /** The last step that belongs to it, where somebody expects something of that. */
  step: StepRecord | null = null;
  /** The last packet that the server sent on it, as a frame: what an ICMP error quotes. */
  lastPacket: Uint8Array | null = null;
  private read: Responses | null = null;
  private readonly ahead = new Ahead();

  /** Responses that are complete. */
  get done(): number {
    return this.read === null ? 0 : this.read.done;
  }

  get responses(): Responses {
    this.read ??= new Responses(NEVER);
    return this.read;
  }

  /** The client has sent this; what does not follow on `next` is kept until the gap is filled. */
  sent(seq: number, length: number, flags: number): void {
    if ((flags & TcpFlag.syn) !== 0) {
      this.iss = seq;
      this.next = seq;
      this.ahead.forget();
    }
    if (this.next < 0) this.next = seq;
    const end = (seq + length + ((flags >> 1) & 1) + (flags & TcpFlag.fin)) >>> 0;
    this.next = this.ahead.reach(this.next, seq, end);
  }

  /** The server sends this. */
  heard(t: Heard): void {
    const length = t.payloadEnd - t.payloadStart;
    if ((t.flags & TcpFlag.rst) !== 0) return;
    if ((t.flags & TcpFlag.syn) !== 0) {
      this.irs = t.seq;
      this.rcvNxt = (t.seq + 1) >>> 0;
      return;
    }
    if (this.rcvNxt < 0) this.rcvNxt = t.seq;
    if (t.seq === this.rcvNxt && length > 0) this.responses.feed(t.payload, t.payloadStart, t.payloadEnd);
    const end = (t.seq + length + (t.flags & TcpFlag.fin)) >>> 0;
    if (((end - this.rcvNxt) | 0) > 0) this.rcvNxt = end;
    if ((t.flags & TcpFlag.fin) !== 0) this.responses.end();
  }
}

/** The flows of a run, by addresses and ports. */
export class HandFlows {
  private readonly flows = new Map<string, HandFlow>();

  get size(): number {
    return this.flows.size;
  }

  /** The flow of a client's address and port with the server's; made where there is none. */
  of(client: readonly number[], clientPort: number, server: readonly number[], serverPort: number): HandFlow {
    const key = keyOf(client, clientPort, server, serverPort);
    let flow = this.flows.get(key);
    if (flow === undefined) {
      flow = new HandFlow();
      this.flows.set(key, flow);
      if (this.flows.size > MOST_FLOWS)
        for (const oldest of this.flows.keys()) {
          this.flows.delete(oldest);
          break;
        }
    }
    return flow;
  }

  /** The flow that a packet from its client belongs to. */
  peek(p: Facts): HandFlow | undefined {
    if (this.flows.size === 0) return undefined;
    return this.flows.get(
      keyOf([p.src0, p.src1, p.src2, p.src3], p.sourcePort, [p.dst0, p.dst1, p.dst2, p.dst3], p.destinationPort),
    );
  }

  /** The flow that a frame of the server belongs to. */
  ofFrame(frame: Uint8Array): HandFlow | undefined {
    const ends = this.flows.size === 0 ? null : endsOf(frame);
    return ends === null ? undefined : this.flows.get(keyOf(ends.to, ends.toPort, ends.from, ends.fromPort));
  }

  /** A script speaks by hand: if it speaks for the other side too, that one goes on from there. `mayBegin`: that may be its first. */
  hear(frame: Uint8Array, mayBegin: boolean): void {
    if (!mayBegin && this.ofFrame(frame) === undefined) return;
    const ends = endsOf(frame);
    if (ends === null || ends.protocol !== IpProtocol.tcp) return;
    const { at, end } = ends;
    const payloadStart = at + ((frame[at + 12]! >> 4) << 2);
    const payloadEnd = Math.max(payloadStart, end);
    const flow = this.of(ends.to, ends.toPort, ends.from, ends.fromPort);
    flow.heard({ seq: u32(frame, at + 4), flags: frame[at + 13]!, payload: frame, payloadStart, payloadEnd });
  }

  /** The flow that a packet of the server belongs to. */
  find(t: Transmission): HandFlow | undefined {
    if (this.flows.size === 0 || (t.protocol !== Sent.tcp && t.protocol !== Sent.udp)) return undefined;
    return this.flows.get(
      keyOf([t.dst0, t.dst1, t.dst2, t.dst3], t.destinationPort, [t.src0, t.src1, t.src2, t.src3], t.sourcePort),
    );
  }
}

/** Addresses and ports of an IP packet in a frame, and where its payload begins and ends; null: it is none. */
function endsOf(frame: Uint8Array) {
  const is4 = u16(frame, 12) === EtherType.ipv4;
  if (!is4 && u16(frame, 12) !== EtherType.ipv6) return null;
  const ip = ETHERNET_HEADER;
  const words = (from: number) => (is4 ? [0, 0, 0, u32(frame, from)] : [0, 4, 8, 12].map((word) => u32(frame, from + word)));
  const at = ip + (is4 ? (frame[ip]! & 0xf) << 2 : 40);
  return {
    protocol: frame[ip + (is4 ? 9 : 6)]!,
    from: words(ip + (is4 ? 12 : 8)),
    fromPort: u16(frame, at),
    to: words(ip + (is4 ? 16 : 24)),
    toPort: u16(frame, at + 2),
    at,
    end: ip + (is4 ? u16(frame, ip + 2) : u16(frame, ip + 4) + 40),
  };
}

function keyOf(client: readonly number[], clientPort: number, server: readonly number[], serverPort: number): string {
  return `${client.join('.')}:${clientPort} ${server.join('.')}:${serverPort}`;
}
