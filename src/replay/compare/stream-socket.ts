import { type Ending, type Listener, type Program, type Sink, Socket, State } from '../../host/sockets.ts';

/** Zeros that stand for missing bytes, so many at a time. */
const ZEROS = new Uint8Array(1 << 14);

/** A connection without packets: bytes of a client's stream are put in, what the program writes is taken and forgotten. */
export class StreamSocket extends Socket {
  readonly protocol = 'tcp';
  private readonly isn: number;
  private readonly pieces: Uint8Array[] = [];
  private waiting = 0;
  private finReceived = false;
  private isShut = false;
  /** The program has closed it. */
  closed = false;

  /** A twin of `like`: its descriptor, its addresses and ports. */
  constructor(like: Socket, program: Program) {
    super();
    this.program = program;
    this.state = State.established;
    this.fd = like.fd;
    this.family = like.family;
    this.local0 = like.local0;
    this.local1 = like.local1;
    this.local2 = like.local2;
    this.local3 = like.local3;
    this.localPort = like.localPort;
    this.peer0 = like.peer0;
    this.peer1 = like.peer1;
    this.peer2 = like.peer2;
    this.peer3 = like.peer3;
    this.peerPort = like.peerPort;
    this.openedAt = like.openedAt;
    this.isn = like.peerIsn;
  }

  override get peerIsn(): number {
    return this.isn;
  }

  get recvQ(): number {
    return this.waiting;
  }

  get sendQ(): number {
    return 0;
  }

  get eof(): boolean {
    return this.finReceived && this.waiting === 0;
  }

  /** The client's next bytes, copied; then `missing` ones, for which zeros stand. Nobody is told. */
  put(bytes: Uint8Array, start: number, end: number, missing: number): void {
    if (this.closed) return;
    if (end > start) this.pieces.push(bytes.slice(start, end));
    for (let left = missing; left > 0; left -= ZEROS.length) this.pieces.push(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
    this.waiting += end - start + missing;
  }

  /** The client has closed its direction. */
  putEnd(): void {
    this.finReceived = true;
    if (this.closedBy === '') this.closedBy = 'client';
  }

  read(sink: Sink): number {
    const length = this.waiting;
    this.waiting = 0;
    for (const piece of this.pieces.splice(0)) sink(piece, 0, piece.length, 0);
    return length;
  }

  write(_bytes: Uint8Array, start: number, end: number): number {
    return this.isShut || this.closed ? 0 : end - start;
  }

  shutdown(): void {
    this.isShut = true;
    if (this.closedBy === '') this.closedBy = 'server';
  }

  close(): void {
    this.shutdown();
    this.closed = true;
    this.pieces.length = this.waiting = 0;
  }

  end(how: Ending): void {
    if (how === 'peer_reset' && this.closedBy === '') this.closedBy = 'client';
    this.state = State.closed;
    this.program?.ended(this, how);
  }
}

/** A listening socket without packets. */
export class StreamListener extends Socket implements Listener {
  readonly protocol = 'tcp';
  readonly backlog: number;
  private readonly queue: StreamSocket[] = [];

  constructor(fd: number, port: number, backlog: number, program: Program) {
    super();
    this.state = State.listen;
    this.localAny = true;
    this.fd = fd;
    this.localPort = port;
    this.backlog = backlog;
    this.program = program;
  }

  get waiting(): number {
    return this.queue.length;
  }
  get recvQ(): number {
    return this.queue.length;
  }
  get sendQ(): number {
    return this.backlog;
  }
  get eof(): boolean {
    return false;
  }

  /** A connection waits to be accepted, and the program is told. */
  connect(socket: StreamSocket): void {
    this.queue.push(socket);
    this.program!.acceptable(this);
  }

  accept(): Socket | null {
    return this.queue.shift() ?? null;
  }

  read(): number {
    return 0;
  }
  write(): number {
    return 0;
  }
  shutdown(): void {}
  close(): void {}
}
