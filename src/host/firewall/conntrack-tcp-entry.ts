import { TcpFlag } from '../../wire/tcp.ts';

/** States of a tracked TCP connection, as Linux's conntrack names them. */
export const TrackedState = {
  none: 0,
  synSent: 1,
  synRecv: 2,
  established: 3,
  finWait: 4,
  closeWait: 5,
  lastAck: 6,
  timeWait: 7,
  close: 8,
  /** A SYN from either side: they open at the same time. */
  synSent2: 9,
} as const;

/** What a segment is, for the transitions between the states. */
export const Kind = { syn: 0, synAck: 1, fin: 2, ack: 3, rst: 4, none: 5 } as const;

/** What the tracker looks at in a segment. */
export interface TrackedSegment {
  seq: number;
  ack: number;
  flags: number;
  /** As sent. */
  window: number;
  /** Bytes of data. */
  length: number;
  /** -1: no option. */
  windowScale: number;
  sackPermitted: boolean;
  /** Highest right edge of its SACK blocks; -1 without. */
  sackEdge: number;
}

/** One direction of a connection: how far it has sent, how far it may, and the largest window that it has offered. */
export class TrackedSide {
  end = 0;
  maxEnd = 0;
  maxWindow = 0;
  scale = 0;
  hasScale = false;
  hasSack = false;
  /** Picked up in the middle: its numbers are guesses, and nothing is held against them. */
  isLiberal = false;
  maxAck = -1;
  hasUnacknowledged = false;
  closedFirst = false;

  clear(): void {
    this.end = this.maxEnd = this.maxWindow = this.scale = 0;
    this.hasScale = this.hasSack = this.isLiberal = this.hasUnacknowledged = this.closedFirst = false;
    this.maxAck = -1;
  }
}

/** The TCP half of an entry. */
export class TrackedTcp {
  state: number = TrackedState.none;
  readonly sides: readonly [TrackedSide, TrackedSide] = [new TrackedSide(), new TrackedSide()];
  lastKind: number = Kind.none;
  lastDirection = 0;
  lastSeq = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWindow = -1;
  lastScale = -1;
  lastSack = false;
  /** A SYN was let through to a connection in LAST_ACK: the ACK that answers it does not end the connection. */
  expectsChallenge = false;
  opensTogether = false;
  retransmissions = 0;
}

/** What a SYN says of its sender. */
export function takeOptions(side: TrackedSide, s: TrackedSegment): void {
  side.scale = Math.max(s.windowScale, 0);
  side.hasScale = s.windowScale >= 0;
  side.hasSack = s.sackPermitted;
  side.maxAck = -1;
  side.hasUnacknowledged = side.closedFirst = false;
}

/** A segment's first number after it. */
export function endOf(s: TrackedSegment): number {
  return (s.seq + s.length + (s.flags & TcpFlag.fin) + ((s.flags & TcpFlag.syn) >> 1)) >>> 0;
}
