import { TcpFlag } from '../../wire/tcp.ts';
import { windowOf } from './ack.ts';
import { type TcpConnection, Urgent } from './connection.ts';
import { spareMemory } from './memory.ts';
import type { Segment } from './segment.ts';
import { add, after } from './seq.ts';
import { memoryInUse, receiveWindow } from './window.ts';

/**
 * Header prediction, Linux's short path: the segment is the next one, says nothing new of the window, carries no option but the agreed
 * timestamps, and its data fits in memory that is reserved already. Then nothing else is looked at.
 */
export function isPredicted(c: TcpConnection, s: Segment): boolean {
  if (!c.predicts || s.seq !== c.rcvNxt || (s.flags & ~TcpFlag.psh) !== TcpFlag.ack) return false;
  if (windowOf(c, s) !== c.sndWnd || after(s.ack, c.sndNxt) || s.headerLength !== (c.tsOk ? 32 : 20)) return false;
  if (c.tsOk && (!s.options.hasTimestamps || ((s.options.tsVal - c.tsRecent) | 0) < 0)) return false;
  if (s.dataLength === 0) return true;
  return !after(s.endSeq, add(c.rcvNxt, receiveWindow(c))) && s.truesize <= spareMemory(c);
}

/** Prediction begins again where nothing stands against it: no hole, no closed window, no full buffer, no urgent byte. */
export function checkPrediction(c: TcpConnection): void {
  if (c.reassembly !== null && c.reassembly.count > 0) return;
  if (c.rcvWnd !== 0 && c.urgent === Urgent.none && memoryInUse(c) < c.rcvbuf) c.predicts = true;
}
