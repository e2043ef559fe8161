import { TcpFlag } from '../../wire/tcp.ts';
import {
  endOf,
  Kind,
  type TrackedSegment,
  type TrackedSide,
  TrackedState,
  type TrackedTcp,
  takeOptions,
} from './conntrack-tcp-entry.ts';

/** An acknowledgment may lag so far behind at least. */
const LAG = 66000;

/** Where a segment lies: within the window; outside, but what a TCP may send all the same; or not part of the connection. */
export const Place = { inside: 0, ignored: 1, outside: 2 } as const;

/**
 * Is the segment within what the other side has offered, and does it acknowledge what was sent? A `Place`. `beLiberal`: nothing is held
 * against any connection.
 */
export function place(tcp: TrackedTcp, s: TrackedSegment, kind: number, direction: number, beLiberal: boolean): number {
  const sender = tcp.sides[direction]!;
  const receiver = tcp.sides[1 - direction]!;
  const hasAck = (s.flags & TcpFlag.ack) !== 0;
  const isSyn = (s.flags & TcpFlag.syn) !== 0;
  const isReset = (s.flags & TcpFlag.rst) !== 0;
  const end = endOf(s);
  let seq = s.seq;
  let last = end;
  let ack = s.ack;
  let sack = receiver.hasSack && s.sackEdge >= 0 && ((s.sackEdge - ack) | 0) > 0 ? s.sackEdge : ack;
  if (sender.maxWindow === 0) {
    if (isSyn) {
      open(sender, receiver, s, end, direction);
      if (!hasAck) return Place.inside;
    } else join(sender, receiver, s, end, sack);
  } else if (
    isSyn &&
    ((end - sender.end) | 0) > 0 &&
    (tcp.state === TrackedState.synSent || tcp.state === TrackedState.synRecv)
  ) {
    open(sender, receiver, s, end, direction);
    if (direction === 1 && !hasAck) return Place.inside;
  }
  if (!hasAck || (isReset && ack === 0)) ack = sack = receiver.end;
  if (isReset && seq === 0 && tcp.state === TrackedState.synSent) seq = last = sender.end;

  const lag = Math.max(sender.maxWindow, LAG);
  const isFresh = ((sack - (receiver.end - lag - 1)) | 0) > 0;
  const isSeen = ((sack - receiver.end) | 0) <= 0;
  const isAfterEdge = ((last - (sender.end - receiver.maxWindow - 1)) | 0) > 0;
  const isLiberal = sender.isLiberal || beLiberal;
  if (((seq - sender.maxEnd) | 0) > 0) {
    const overshot = (last - sender.maxEnd + 1) >>> 0;
    const isALittle = receiver.maxWindow > 0 && isAfterEdge && isFresh && isSeen && overshot <= receiver.maxWindow;
    if (isALittle) {
      sender.end = last;
      sender.hasUnacknowledged = true;
    }
    if (isLiberal) return Place.inside;
    return isALittle ? Place.ignored : Place.outside;
  }
  if (!isSeen) return isLiberal ? Place.inside : Place.outside;
  if ((receiver.maxWindow > 0 && !isAfterEdge) || !isFresh) return isLiberal ? Place.inside : Place.ignored;

  const window = isSyn ? s.window : s.window * 2 ** sender.scale;
  sender.maxWindow = Math.max(sender.maxWindow, window + ((sack - ack) >>> 0));
  if (((last - sender.end) | 0) > 0) {
    sender.end = last;
    sender.hasUnacknowledged = true;
  }
  if (hasAck && (sender.maxAck < 0 || ((ack - sender.maxAck) | 0) > 0)) sender.maxAck = ack;
  if (receiver.maxWindow !== 0 && ((last - sender.maxEnd) | 0) > 0) receiver.maxWindow += (last - sender.maxEnd) >>> 0;
  if (((sack + window - receiver.maxEnd) | 0) >= 0) receiver.maxEnd = (sack + window + (window === 0 ? 1 : 0)) >>> 0;
  if (ack === receiver.end) receiver.hasUnacknowledged = false;
  if (kind === Kind.ack) countRetransmission(tcp, s, direction, seq, ack, last);
  return Place.inside;
}

function open(sender: TrackedSide, receiver: TrackedSide, s: TrackedSegment, end: number, direction: number): void {
  sender.end = sender.maxEnd = end;
  sender.maxWindow = Math.max(s.window, 1);
  takeOptions(sender, s);
  if (direction === 1 && !(sender.hasScale && receiver.hasScale)) sender.scale = receiver.scale = 0;
}

/** In the middle of a connection, what the segment says is all that is known of this direction. */
function join(sender: TrackedSide, receiver: TrackedSide, s: TrackedSegment, end: number, sack: number): void {
  sender.end = end;
  sender.maxWindow = Math.max(s.window * 2 ** sender.scale, 1);
  sender.maxEnd = (end + sender.maxWindow) >>> 0;
  if (receiver.maxWindow === 0) receiver.end = receiver.maxEnd = sack;
  else if (sack === (receiver.end + 1) >>> 0) receiver.end = sack;
}

function countRetransmission(tcp: TrackedTcp, s: TrackedSegment, direction: number, seq: number, ack: number, end: number): void {
  const isSame =
    tcp.lastDirection === direction &&
    tcp.lastSeq === seq &&
    tcp.lastAck === ack &&
    tcp.lastEnd === end &&
    tcp.lastWindow === s.window;
  if (isSame) {
    tcp.retransmissions++;
    return;
  }
  tcp.lastDirection = direction;
  tcp.lastSeq = seq;
  tcp.lastAck = ack;
  tcp.lastEnd = end;
  tcp.lastWindow = s.window;
  tcp.retransmissions = 0;
}
