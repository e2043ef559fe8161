import { type Ending, type Sink, Socket, State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { Tcp } from './tcp.ts';
import type { ConnectionAlarm } from './timers.ts';

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
  iss = -1;
  irs = -1;
  rcvNxt = 0;
  sndNxt = 0;
  bucketWnd = 0;
  rcvWscale = 0;
  tsOk = false;
  tsOffset = 0;
  tsRecent = 0;
  tsRecentAt = -1;
  lastLimitedAckAt = -1;
  lifeAlarm: ConnectionAlarm;

  constructor(tcp: Tcp) {
    super();
    this.tcp = tcp;
    this.lifeAlarm = tcp.noAlarm;
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
