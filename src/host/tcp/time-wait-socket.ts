import { type Ending, type Sink, Socket, State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { NumberRows } from './number-rows.ts';
import type { Tcp } from './tcp.ts';
import type { ConnectionAlarm } from './timers.ts';

// A socket's numbers in its row.
const ISS = 0;
const IRS = 1;
const RCV_NXT = 2;
const SND_NXT = 3;
const TS_OFFSET = 4;
const TS_RECENT = 5;
const TS_RECENT_AT = 6;
const LAST_LIMITED_ACK_AT = 7;
/** Numbers that each of these sockets has in a row. */
export const TIME_WAIT_NUMBERS = 8;

/**
 * What is left of a connection in TIME_WAIT that its program has forgotten: the numbers that a late segment is judged by. It takes the connection's place in
 * the table and its descriptor; the connection with its buffers is let go, as Linux replaces a socket by inet_timewait_sock.
 */
export class TimeWaitSocket extends Socket {
  readonly protocol = 'tcp';
  readonly tcp: Tcp;
  followed = false;
  readonly bucket = true;
  slot = -1;
  bucketWnd = 0;
  rcvWscale = 0;
  tsOk = false;
  lifeAlarm: ConnectionAlarm;
  /** The numbers below, from `row` on. */
  private readonly rows: NumberRows;
  readonly row: number;

  constructor(tcp: Tcp, rows: NumberRows) {
    super();
    this.tcp = tcp;
    this.lifeAlarm = tcp.noAlarm;
    this.rows = rows;
    this.row = rows.take();
  }

  get iss(): number {
    return this.rows.values[this.row + ISS]!;
  }

  get irs(): number {
    return this.rows.values[this.row + IRS]!;
  }

  get rcvNxt(): number {
    return this.rows.values[this.row + RCV_NXT]!;
  }
  set rcvNxt(seq: number) {
    this.rows.values[this.row + RCV_NXT] = seq;
  }

  get sndNxt(): number {
    return this.rows.values[this.row + SND_NXT]!;
  }
  set sndNxt(seq: number) {
    this.rows.values[this.row + SND_NXT] = seq;
  }

  get tsOffset(): number {
    return this.rows.values[this.row + TS_OFFSET]!;
  }
  set tsOffset(value: number) {
    this.rows.values[this.row + TS_OFFSET] = value;
  }

  get tsRecent(): number {
    return this.rows.values[this.row + TS_RECENT]!;
  }
  set tsRecent(value: number) {
    this.rows.values[this.row + TS_RECENT] = value;
  }

  get tsRecentAt(): number {
    return this.rows.values[this.row + TS_RECENT_AT]!;
  }
  set tsRecentAt(time: number) {
    this.rows.values[this.row + TS_RECENT_AT] = time;
  }

  get lastLimitedAckAt(): number {
    return this.rows.values[this.row + LAST_LIMITED_ACK_AT]!;
  }
  set lastLimitedAckAt(time: number) {
    this.rows.values[this.row + LAST_LIMITED_ACK_AT] = time;
  }

  /** Takes the connection's numbers. The object is used again and again: every field is set. */
  become(c: TcpConnection): void {
    this.fd = c.fd;
    this.followed = c.followed;
    this.state = this.lastState = State.timeWait;
    this.family = c.family;
    this.local0 = c.local0;
    this.local1 = c.local1;
    this.local2 = c.local2;
    this.local3 = c.local3;
    this.localPort = c.localPort;
    this.peer0 = c.peer0;
    this.peer1 = c.peer1;
    this.peer2 = c.peer2;
    this.peer3 = c.peer3;
    this.peerPort = c.peerPort;
    this.program = c.program;
    this.companion = c.companion;
    this.session = null;
    this.openedAt = c.openedAt;
    this.closedAt = -1;
    this.requests = c.requests;
    this.closedBy = c.closedBy;
    this.adopted = c.adopted;
    this.came = null;
    this.slot = c.slot;
    this.bucketWnd = c.bucketWnd;
    this.rcvWscale = c.rcvWscale;
    this.tsOk = c.tsOk;
    const { values } = this.rows;
    const { row } = this;
    values[row + ISS] = c.iss;
    values[row + IRS] = c.irs;
    values[row + RCV_NXT] = c.rcvNxt;
    values[row + SND_NXT] = c.sndNxt;
    values[row + TS_OFFSET] = c.tsOffset;
    values[row + TS_RECENT] = c.tsRecent;
    values[row + TS_RECENT_AT] = c.tsRecentAt;
    values[row + LAST_LIMITED_ACK_AT] = c.lastLimitedAckAt;
    this.lifeAlarm = c.lifeAlarm;
  }

  get recvQ(): number {
    return 0;
  }

  get sendQ(): number {
    return 0;
  }

  get eof(): boolean {
    return true;
  }

  read(_sink: Sink): number {
    return 0;
  }

  write(_bytes: Uint8Array, _start: number, _end: number): number {
    return 0;
  }

  shutdown(): void {}

  close(): void {}

  /** Told once, when the socket leaves the table. */
  onEnd(how: Ending): void {
    this.tcp.ended(this, how);
  }
}

/** A connection as the table has it: whole, or what TIME_WAIT leaves of it. */
export type Known = TcpConnection | TimeWaitSocket;
