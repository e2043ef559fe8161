import { type Ending, type Sink, Socket, State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { Tcp } from './tcp.ts';
import type { ConnectionAlarm } from './timers.ts';

/**
 * What is left of a followed connection in TIME_WAIT: the numbers that a late segment is judged by. It takes the connection's place in
 * the table and its descriptor; the connection with its buffers is let go, as Linux replaces a socket by inet_timewait_sock.
 */
export class TimeWaitSocket extends Socket {
  readonly protocol = 'tcp';
  readonly tcp: Tcp;
  readonly followed = true;
  readonly bucket = true;
  slot: number;
  readonly iss: number;
  readonly irs: number;
  rcvNxt: number;
  sndNxt: number;
  readonly bucketWnd: number;
  readonly rcvWscale: number;
  readonly tsOk: boolean;
  readonly tsOffset: number;
  tsRecent: number;
  tsRecentAt: number;
  lastLimitedAckAt: number;
  readonly lifeAlarm: ConnectionAlarm;

  constructor(c: TcpConnection) {
    super();
    this.fd = c.fd;
    this.state = State.timeWait;
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
    this.openedAt = c.openedAt;
    this.requests = c.requests;
    this.closedBy = c.closedBy;
    this.adopted = c.adopted;
    this.tcp = c.tcp;
    this.slot = c.slot;
    this.iss = c.iss;
    this.irs = c.irs;
    this.rcvNxt = c.rcvNxt;
    this.sndNxt = c.sndNxt;
    this.bucketWnd = c.bucketWnd;
    this.rcvWscale = c.rcvWscale;
    this.tsOk = c.tsOk;
    this.tsOffset = c.tsOffset;
    this.tsRecent = c.tsRecent;
    this.tsRecentAt = c.tsRecentAt;
    this.lastLimitedAckAt = c.lastLimitedAckAt;
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
