import { TcpFlag } from '../../wire/tcp.ts';
import { AckDue, type TcpConnection } from './connection.ts';
import { enterQuickAck } from './delack.ts';
import type { Segment } from './segment.ts';

/** A data segment tells of congestion (RFC 3168 §6.1.3): ECE goes back in every ACK until the sender answers with CWR. */
export function noteEcn(c: TcpConnection, s: Segment): void {
  if (!c.ecnOk) return;
  if (s.ce) {
    if (!c.demandCwr) {
      enterQuickAck(c, 2);
      c.demandCwr = true;
    }
    c.ecnSeen = true;
  } else if (s.ect) {
    c.ecnSeen = true;
  } else if (c.ecnSeen) {
    // Not ECN-capable after it was: a retransmission.
    enterQuickAck(c, 2);
  }
}

/** The sender has reduced its window: no more ECE. It may have little to send, so that its data is acknowledged at once. */
export function acceptCwr(c: TcpConnection, s: Segment): void {
  if ((s.flags & TcpFlag.cwr) === 0 || !c.ecnOk) return;
  c.demandCwr = false;
  if (s.seq !== s.endSeq) c.ackDue |= AckDue.now;
}
