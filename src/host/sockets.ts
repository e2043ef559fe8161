import type { Alarm } from './time/timers.ts';

/** TCP states; a bound UDP socket is `unconnected`. Order and names are the outside ones (tables, JSON). */
export const State = {
  closed: 0,
  listen: 1,
  synReceived: 2,
  established: 3,
  finWait1: 4,
  finWait2: 5,
  closing: 6,
  timeWait: 7,
  closeWait: 8,
  lastAck: 9,
  unconnected: 10,
  /** Last, so that the numbers before it stay as they are. */
  synSent: 11,
} as const;
export { STATE_NAMES } from '../trace/state.ts';
export { Alarm } from './time/timers.ts';

/**
 * Receives stream bytes in order: a view that is valid during the call, then `missing` bytes that the sender sent but that are not
 * in the capture (cut by the snaplen, or a hole).
 */
export type Sink = (bytes: Uint8Array, start: number, end: number, missing: number) => void;

/** Why a socket is no more: both sides closed in order, a reset from the peer, one from us, a time-out, or the trace ended. */
export type Ending = 'closed' | 'peer_reset' | 'aborted' | 'timeout' | 'replaced';

/** Virtual time, as programs have it. An alarm that is due is an activity of its own. */
export interface Clock {
  /** Nanoseconds, as in Frame.time. */
  readonly now: number;
  /** Sets an alarm, or moves it; equal times fire in the order they were set. */
  arm(alarm: Alarm, due: number): void;
  cancel(alarm: Alarm): void;
}

/** What the server room implements: the program behind a listener. All calls happen while a frame or timer is worked on. */
export interface Program {
  /** The socket that it serves is open: bound, and a listener listens. Called once for each. */
  started?(socket: Socket, clock: Clock): void;
  /** The accept queue of `listener` is no longer empty: `accept` when there is somebody to serve it. */
  acceptable(listener: Listener): void;
  /** Bytes or the end of the stream (`socket.eof`) can be read. */
  readable(socket: Socket): void;
  /** A program that leaves datagrams lying; without this method, one reads them as they come. */
  neverReads?(socket: Socket): boolean;
  /** There is room to write again after `write` took less than it was given. */
  writable(socket: Socket): void;
  /** The socket has left the table; its descriptor, if it had one, may be used again. */
  ended(socket: Socket, how: Ending): void;
  /**
   * Live hosts, listeners only: the activity under way is over, and what it sends (`trace.transmissions`) leaves. `socket`: of the
   * connection that a frame came to; null: none did.
   */
  activityEnds?(socket: Socket | null): void;
  /** Followed connections only: bytes that the captured server wrote, in order. */
  observed?(socket: Socket, bytes: Uint8Array, start: number, end: number, missing: number): void;
  /** Followed connections only: the captured server closed its direction. */
  observedEnd?(socket: Socket): void;
  /** Both directions are closed: TIME_WAIT. True: nothing is left to say of it, and the program has forgotten it. */
  retired?(socket: Socket): boolean;
}

/** When bytes came: nanoseconds as in Frame.time, and the frame. */
export interface Came {
  readonly time: number;
  readonly frame: number;
}

/** What every socket knows: its descriptor, its half or whole 4-tuple, its state. Words as in Packet. */
export abstract class Socket {
  /** -1 until the program has it (a connection before accept). */
  fd = -1;
  abstract readonly protocol: 'tcp' | 'udp';
  state: number = State.closed;
  family = 4;
  local0 = 0;
  local1 = 0;
  local2 = 0;
  local3 = 0;
  /** Bound to any address of the host: the tuple's local half is not fixed. */
  localAny = false;
  localPort = 0;
  peer0 = 0;
  peer1 = 0;
  peer2 = 0;
  peer3 = 0;
  /** 0: no peer, the half-empty tuple. */
  peerPort = 0;
  program: Program | null = null;
  /** The program's own record of this socket. */
  session: unknown = null;
  /** The driver's own record beside this socket: what the comparison with a capture waits for. */
  companion: unknown = null;
  /** Nanoseconds; -1 not yet. */
  openedAt = -1;
  closedAt = -1;
  /** State in which it left the table; its `state` is then closed. */
  lastState: number = State.closed;
  /** HTTP requests read from it. */
  requests = 0;
  /** Who sent the first FIN or RST. */
  closedBy: '' | 'client' | 'server' = '';
  /** Its beginning was not captured. */
  adopted = false;
  /** What waits to be read came before this host could know that it is to be taken; null: it was taken as it came. */
  came: Came | null = null;

  /** Bytes waiting: ss's Recv-Q and Send-Q. A listener's are the accept queue's length and the backlog. */
  abstract get recvQ(): number;
  abstract get sendQ(): number;
  /** Number of the peer's SYN; -1: it has none, or it is not known. */
  get peerIsn(): number {
    return -1;
  }
  /** True when the peer has closed and everything before that was read. */
  abstract get eof(): boolean;
  /** Hands all that waits to `sink`; gives the number of bytes. A datagram socket hands one datagram a call. */
  abstract read(sink: Sink): number;
  /** Takes as much as the send buffer has room for; gives the number of bytes taken. */
  abstract write(bytes: Uint8Array, start: number, end: number): number;
  /** Closes our direction after what was written. */
  abstract shutdown(): void;
  abstract close(): void;
}

/** A listening socket: stays as it is; each SYN makes a copy with the peer's parameters. */
export interface Listener extends Socket {
  readonly backlog: number;
  /** Connections that wait to be accepted. */
  readonly waiting: number;
  /** Gives the oldest waiting connection a descriptor, or null. */
  accept(): Socket | null;
}

/** Descriptors as the program sees them: the lowest free one from 3 on (0, 1 and 2 are taken). */
export class Descriptors {
  private readonly open: (Socket | null)[] = [];
  /** A bit for each taken descriptor, 32 a word, and one for each word that has no free one, as the kernel keeps them. */
  private taken = new Int32Array(64);
  private full = new Int32Array(2);
  /** No word of `full` before this one tells of a free descriptor. */
  private first = 0;

  assign(socket: Socket): number {
    let { first } = this;
    while (first < this.full.length && this.full[first] === -1) first++;
    if (first === this.full.length) this.grow();
    this.first = first;
    const word = first * 32 + lowestClear(this.full[first]!);
    const bit = lowestClear(this.taken[word]!);
    this.taken[word]! |= 1 << bit;
    if (this.taken[word] === -1) this.full[first]! |= 1 << (word & 31);
    const at = word * 32 + bit;
    this.open[at] = socket;
    socket.fd = at + 3;
    return socket.fd;
  }

  release(socket: Socket): void {
    const at = socket.fd - 3;
    if (at < 0 || this.open[at] !== socket) return;
    this.open[at] = null;
    const word = at >> 5;
    this.taken[word]! &= ~(1 << (at & 31));
    this.full[word >> 5]! &= ~(1 << (word & 31));
    if (word >> 5 < this.first) this.first = word >> 5;
  }

  private grow(): void {
    const taken = new Int32Array(this.taken.length * 2);
    taken.set(this.taken);
    this.taken = taken;
    const full = new Int32Array(this.full.length * 2);
    full.set(this.full);
    this.full = full;
  }

  /** `to` takes the place of `from`. */
  pass(from: Socket, to: Socket): void {
    const at = from.fd - 3;
    if (at >= 0 && this.open[at] === from) this.open[at] = to;
  }

  *[Symbol.iterator](): Iterator<Socket> {
    for (const socket of this.open) if (socket !== null) yield socket;
  }
}

/** Number of the lowest bit that is 0; there is one. */
function lowestClear(word: number): number {
  const free = ~word;
  return 31 - Math.clz32(free & -free);
}
