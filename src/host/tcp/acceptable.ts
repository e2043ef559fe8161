import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { fromIrs, type TcpConnection } from './connection.ts';
import type { Segment } from './segment.ts';
import { add, after, before } from './seq.ts';
import { receiveWindow } from './window.ts';

/** RFC 9293 §3.10.7.4 table 6: does the segment overlap the window of `window` numbers that begins at `left` (§4, RCV.WND)? */
export function isAcceptable(seq: number, endSeq: number, left: number, window: number): boolean {
  if (seq === endSeq) return window === 0 ? seq === left : (seq - left) >>> 0 < window;
  return window > 0 && after(endSeq, left) && before(seq, add(left, window));
}

/**
 * RFC 9293 §3.10.7.4, first, to the letter, where Linux says `linux` (0: taken): 0, or the decision. A closed window still lets ACK and URG
 * pass; what lies beyond the right edge is cut off the segment.
 */
export function exactVerdict(c: TcpConnection, s: Segment, linux: number): number {
  const window = receiveWindow(c);
  const isText = s.endSeq !== s.seq && (s.flags & (TcpFlag.rst | TcpFlag.syn)) === 0;
  if (window === 0 && isText && s.seq === c.rcvNxt) {
    c.tcp.trace.record(D.tcp_rfc_zero_window, (s.endSeq - s.seq) >>> 0, fromIrs(c, s.seq));
    return 0;
  }
  if (isAcceptable(s.seq, s.endSeq, c.rcvNxt, window)) {
    const edge = add(c.rcvNxt, window);
    if (isText && after(s.endSeq, edge)) cut(c, s, edge);
    return 0;
  }
  if (linux !== 0) return linux;
  return before(s.seq, c.rcvNxt) ? D.tcp_rfc_old_segment : D.tcp_rfc_beyond_window;
}

/** Takes off what the segment has from number `edge` on: its FIN first of all. */
function cut(c: TcpConnection, s: Segment, edge: number): void {
  const over = (s.endSeq - edge) >>> 0;
  c.tcp.trace.record(D.tcp_rfc_trimmed, over, fromIrs(c, edge));
  s.dataLength -= over - (s.flags & TcpFlag.fin);
  s.flags &= ~TcpFlag.fin;
  s.dataEnd = Math.min(s.dataEnd, s.dataStart + s.dataLength);
  s.endSeq = edge;
}
