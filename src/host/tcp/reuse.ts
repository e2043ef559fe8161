import { TcpFlag } from '../../wire/tcp.ts';
import { State } from '../sockets.ts';
import { SECOND } from './constants.ts';
import type { Segment } from './segment.ts';
import { before } from './seq.ts';
import type { Known } from './time-wait-socket.ts';
import { receiveWindow } from './window.ts';

/** A connection from which nothing was heard for so long has probably ended where the capture did not look. */
const QUIET = 30 * SECOND;

/**
 * A SYN on the ports of a followed connection: is it a new one? Yes where the old has begun to close or was quiet, and where the number
 * is none that the old one could use; else it is the old one's SYN again, or an attack on it.
 */
export function startsNewConnection(c: Known, s: Segment): boolean {
  if ((s.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst)) !== TcpFlag.syn) return false;
  if (s.seq === c.irs) return false;
  if (c.bucket || (c.state !== State.established && c.state !== State.synReceived && c.state !== State.synSent)) return true;
  if (c.tcp.now - c.lastHeardAt > QUIET) return true;
  const ahead = (s.seq - c.rcvNxt) | 0;
  return before(s.seq, c.rcvNxt) || ahead >= receiveWindow(c);
}
