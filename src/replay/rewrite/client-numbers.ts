import type { Host } from '../../host/host.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { Peek } from '../survey/peek.ts';
import { AckMap, type Sent } from './ack-map.ts';
import type { CapturedIsns } from './captured-isns.ts';
import type { Rewriter } from './rewriter.ts';

/** Makes the numbers in the client's segments fit what our host has sent. */
export class ClientNumbers {
  /** The segment's ACK stands for another number of bytes than the client had from the captured server. */
  isMapped = false;
  readonly acks = new AckMap();
  private readonly isns: CapturedIsns;
  private readonly host: Host;
  private readonly sent: Sent = { iss: -1, next: 0 };

  constructor(isns: CapturedIsns, host: Host) {
    this.isns = isns;
    this.host = host;
  }

  /** `captured`: how far the captured server had sent on the connection; null: not known. `peek`: the frame as it was captured. */
  fit(rewriter: Rewriter, peek: Peek, captured: Sent | null): void {
    this.isMapped = false;
    if (!rewriter.hasTcp) return;
    const flags = rewriter.peek.tcpFlags & (TcpFlag.syn | TcpFlag.ack);
    if (flags === TcpFlag.syn) this.acks.open(peek, rewriter.seq, this.isns.find(peek, rewriter.seq)?.isn ?? -1);
    else if ((flags & TcpFlag.ack) !== 0) this.mapAck(rewriter, peek, captured);
  }

  private mapAck(rewriter: Rewriter, peek: Peek, captured: Sent | null): void {
    const { acks } = this;
    if (!acks.choose(peek, captured, this.sentTo(rewriter.peek))) return;
    rewriter.ack = acks.mapAck(rewriter.ack);
    this.isMapped = acks.from !== acks.to;
    rewriter.findSack();
    for (let at = rewriter.sackStart; at < rewriter.sackEnd; at += 4) rewriter.setEdge(at, acks.mapEdge(rewriter.edgeAt(at)));
  }

  /** How far our host has sent to the sender of this packet. */
  private sentTo(peek: Peek): Sent | null {
    const { src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort } = peek;
    const { table } = this.host.tcp;
    const found = table.find(peek.family, dst0, dst1, dst2, dst3, destinationPort, src0, src1, src2, src3, sourcePort);
    if (found === null) return null;
    this.sent.iss = found.iss;
    this.sent.next = found.sndNxt;
    return this.sent;
  }
}
