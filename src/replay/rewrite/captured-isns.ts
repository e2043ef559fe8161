import { u32 } from '../../wire/bytes.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { Peek } from '../survey/peek.ts';

const HEADER = 20;
const TIMESTAMPS = 8;
const NOP = 1;
/** Connections of which the captured numbers are remembered. */
const MOST = 1 << 20;
/** Connections whose SYN was seen and not yet its answer. */
const MOST_OPEN = 1 << 16;

type Ends = Pick<Peek, 'src0' | 'src1' | 'src2' | 'src3' | 'sourcePort' | 'dst0' | 'dst1' | 'dst2' | 'dst3' | 'destinationPort'>;

/** A connection as its captured handshake began it. */
export interface Opening {
  readonly synSeq: number;
  /** ISN of the captured server and the TSval of its SYN-ACK; -1 where the capture does not tell. */
  isn: number;
  tsVal: number;
}

/**
 * Initial sequence numbers and timestamps that captured servers chose, for a replay in which the client's numbers are to fit. They stand in
 * the SYN-ACK; where that was not captured, in the first ACK of the client.
 */
export class CapturedIsns {
  /** Connections whose server's number is known. */
  known = 0;
  private readonly openings = new Map<string, Opening[]>();
  private readonly open = new Map<string, Opening>();
  private readonly peek = new Peek();
  private count = 0;

  look(frame: Frame): void {
    const { peek } = this;
    peek.look(frame);
    if (peek.protocol !== IpProtocol.tcp || !peek.hasTransport || peek.transport + HEADER > frame.end) return;
    const flags = peek.tcpFlags & (TcpFlag.syn | TcpFlag.rst | TcpFlag.ack);
    if (flags === TcpFlag.syn) this.began(clientKey(peek), u32(frame.bytes, peek.transport + 4));
    else if (flags === (TcpFlag.syn | TcpFlag.ack)) {
      const ack = u32(frame.bytes, peek.transport + 8);
      const seq = u32(frame.bytes, peek.transport + 4);
      this.answered(serverKey(peek), (ack - 1) >>> 0, seq, timestamp(frame, peek.transport, 0));
    } else if (flags === TcpFlag.ack && this.open.size > 0) this.wentOn(frame);
  }

  /** What the server answered to this SYN of the client; undefined where the capture does not tell. */
  find(peek: Ends, synSeq: number): Opening | undefined {
    return this.openings.get(clientKey(peek))?.find((opening) => opening.synSeq === synSeq);
  }

  private began(key: string, synSeq: number): void {
    const there = this.openings.get(key);
    if (there?.some((opening) => opening.synSeq === synSeq) || this.count >= MOST) return;
    const opening = { synSeq, isn: -1, tsVal: -1 };
    if (there === undefined) this.openings.set(key, [opening]);
    else there.push(opening);
    this.count++;
    if (this.open.size < MOST_OPEN) this.open.set(key, opening);
  }

  private answered(key: string, synSeq: number, isn: number, tsVal: number): void {
    const opening = this.openings.get(key)?.find((one) => one.synSeq === synSeq);
    if (opening === undefined || opening.isn >= 0) return;
    this.learn(key, opening, isn, tsVal);
  }

  /** The client acknowledges a SYN-ACK that the capture does not have. */
  private wentOn(frame: Frame): void {
    const { peek } = this;
    const key = clientKey(peek);
    const opening = this.open.get(key);
    if (opening === undefined || u32(frame.bytes, peek.transport + 4) !== (opening.synSeq + 1) >>> 0) return;
    const isn = (u32(frame.bytes, peek.transport + 8) - 1) >>> 0;
    this.learn(key, opening, isn, timestamp(frame, peek.transport, 4));
  }

  private learn(key: string, opening: Opening, isn: number, tsVal: number): void {
    opening.isn = isn;
    opening.tsVal = tsVal;
    this.known++;
    this.open.delete(key);
  }
}

function clientKey({ src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort }: Ends): string {
  // joined: a template's parts would all be kept with it
  return [src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort].join();
}

function serverKey({ src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort }: Ends): string {
  return [dst0, dst1, dst2, dst3, destinationPort, src0, src1, src2, src3, sourcePort].join();
}

/** TSval (`field` 0) or TSecr (4) of the segment whose header begins at `tcp`; -1 without the option. */
function timestamp({ bytes, end: frameEnd }: Frame, tcp: number, field: number): number {
  const end = Math.min(frameEnd, tcp + (bytes[tcp + 12]! >> 4) * 4);
  for (let at = tcp + HEADER; at + 1 < end && bytes[at] !== 0; ) {
    if (bytes[at] === NOP) {
      at++;
      continue;
    }
    const length = bytes[at + 1]!;
    if (bytes[at] === TIMESTAMPS && length === 10 && at + length <= end) return u32(bytes, at + 2 + field);
    at += Math.max(2, length);
  }
  return -1;
}
