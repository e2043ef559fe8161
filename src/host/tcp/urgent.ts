import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { fromIrs, type TcpConnection, Urgent } from './connection.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';

/**
 * RFC 9293 §3.10.7.4, sixth: the urgent pointer. It points behind the urgent byte (RFC 1122 §4.2.2.4) or, with tcp_stdurg, at it; Linux
 * takes that byte out of the stream.
 */
export function receiveUrgent(c: TcpConnection, s: Segment): void {
  if ((s.flags & TcpFlag.urg) !== 0) {
    if (c.tcp.rules.urgentInStream) enterUrgentMode(c, s);
    else announce(c, s);
  }
  if (c.urgent !== Urgent.awaited) return;
  const offset = (c.urgentSeq - s.seq) | 0;
  if (offset < 0 || offset >= s.dataLength) return;
  c.urgent = Urgent.valid;
  const at = s.dataStart + offset;
  c.tcp.trace.record(D.tcp_urgent_byte, fromIrs(c, c.urgentSeq), at < s.dataEnd ? s.bytes[at]! : 0);
}

/** RFC 9293 §3.8.5: the pointer stands behind the urgent data, of any length; an advance of it is told once. */
function enterUrgentMode(c: TcpConnection, s: Segment): void {
  const end = add(s.seq, s.urgentPointer);
  if (c.rcvShutdown || !after(end, c.rcvNxt) || (c.urgent !== Urgent.none && !after(end, c.urgentSeq))) return;
  c.urgent = Urgent.inStream;
  c.urgentSeq = end;
  c.tcp.trace.record(D.tcp_rfc_urgent, fromIrs(c, end));
}

function announce(c: TcpConnection, s: Segment): void {
  let pointer = s.urgentPointer;
  if (pointer > 0 && c.tcp.sysctl['ipv4.tcp_stdurg'] === 0) pointer--;
  const seq = add(s.seq, pointer);
  if (after(c.copiedSeq, seq) || before(seq, c.rcvNxt)) return;
  if (c.urgent !== Urgent.none && !after(seq, c.urgentSeq)) return;
  // An urgent byte that was never read and that a new one follows at once is skipped.
  if (c.urgent !== Urgent.none && c.urgentSeq === c.copiedSeq && c.copiedSeq !== c.rcvNxt && c.receiveQueue.length > 0) {
    c.receiveQueue.take(1, null);
    c.copiedSeq = add(c.copiedSeq, 1);
  }
  c.urgent = Urgent.awaited;
  c.urgentSeq = seq;
  c.predicts = false;
}
