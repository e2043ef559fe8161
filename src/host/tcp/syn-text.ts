import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { TcpConnection } from './connection.ts';
import { keepUntaken } from './observe.ts';
import { receiveData } from './receive.ts';
import { Segment, truesize } from './segment.ts';
import { add } from './seq.ts';

/** What a SYN carried besides itself, for when the handshake is complete. */
export interface SynText {
  readonly bytes: Uint8Array;
  readonly fin: boolean;
}

const kept = new Segment();

/** RFC 9293 §3.10.7.2, third: text and FIN of a SYN wait, as far as the window reaches. */
export function keepSynText(c: TcpConnection, s: Segment): void {
  const { trace } = c.tcp;
  const fits = s.dataLength <= c.rcvWnd;
  const fin = (s.flags & TcpFlag.fin) !== 0;
  if (s.dataLength > 0) trace.record(D.tcp_rfc_syn_text, s.dataLength);
  if (fin) trace.record(D.tcp_rfc_syn_fin);
  if (c.tcp.followed) {
    // whether the captured server took it, its ACK tells
    if (s.dataLength > 0) keepUntaken(c, s, c.rcvNxt);
    return;
  }
  const end = Math.min(s.dataEnd, s.dataStart + c.rcvWnd);
  // what was not captured of it, and what does not fit, is sent again
  c.synText = { bytes: s.bytes.slice(s.dataStart, end), fin: fin && fits && end - s.dataStart === s.dataLength };
}

/** The handshake is complete: the connection takes what its SYN carried. */
export function takeSynText(c: TcpConnection, { bytes, fin }: SynText): void {
  c.synText = null;
  kept.flags = TcpFlag.ack | (fin ? TcpFlag.fin : 0);
  kept.seq = add(c.irs, 1);
  kept.endSeq = add(kept.seq, bytes.length + (fin ? 1 : 0));
  kept.ack = c.sndUna;
  kept.bytes = bytes;
  kept.dataStart = 0;
  kept.dataEnd = kept.dataLength = bytes.length;
  kept.truesize = truesize(bytes.length + kept.headerLength + (c.family === 4 ? 20 : 40));
  receiveData(c, kept);
  kept.bytes = new Uint8Array(0);
}
