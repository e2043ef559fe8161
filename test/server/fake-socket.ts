import { type Ending, type Listener, type Program, type Sink, Socket, State } from '../../src/host/sockets.ts';

/** A piece of a stream: bytes, then a number of bytes that are missing. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly missing: number;
}

/** A socket without a host: the test puts in what arrives and looks at what was written. */
export class FakeSocket extends Socket {
  readonly protocol: 'tcp' | 'udp';
  /** Everything the program wrote. */
  readonly written: Buffer[] = [];
  /** Bytes that `write` takes before it is full. */
  room = Number.POSITIVE_INFINITY;
  finReceived = false;
  shutDown = false;
  closed = false;
  private readonly pieces: Piece[] = [];

  constructor(program: Program | null = null, protocol: 'tcp' | 'udp' = 'tcp', peerPort = 50000) {
    super();
    this.program = program;
    this.protocol = protocol;
    this.state = protocol === 'tcp' ? State.established : State.unconnected;
    this.local3 = 0x0a000001;
    this.localPort = 80;
    this.peer3 = 0x0a000002;
    this.peerPort = peerPort;
  }

  get recvQ(): number {
    let length = 0;
    for (const piece of this.pieces) length += piece.bytes.length + piece.missing;
    return length;
  }

  get sendQ(): number {
    return 0;
  }

  get eof(): boolean {
    return this.finReceived && this.pieces.length === 0;
  }

  get output(): string {
    return Buffer.concat(this.written).toString('latin1');
  }

  read(sink: Sink): number {
    const length = this.protocol === 'udp' ? (this.pieces[0]?.bytes.length ?? 0) : this.recvQ;
    for (const piece of this.pieces.splice(0, this.protocol === 'udp' ? 1 : this.pieces.length)) {
      // The view is valid during the call only: neighbours that do not belong to it, and nothing of it afterwards.
      const room = Buffer.alloc(piece.bytes.length + 20, 'x');
      room.set(piece.bytes, 10);
      sink(room, 10, 10 + piece.bytes.length, piece.missing);
      room.fill(0xee);
    }
    return length;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    const taken = Math.min(end - start, this.room);
    this.room -= taken;
    if (taken > 0) this.written.push(Buffer.from(bytes.subarray(start, start + taken)));
    return taken;
  }

  shutdown(): void {
    this.shutDown = true;
  }

  close(): void {
    this.closed = true;
    if (this.closedBy === '') this.closedBy = 'server';
  }

  /** Bytes arrive, and the program is told. */
  arrive(text: string | Uint8Array, missing = 0): void {
    this.put(text, missing);
    this.program!.readable(this);
  }

  /** Bytes arrive, and nobody is told. */
  put(text: string | Uint8Array, missing = 0): void {
    this.pieces.push({ bytes: typeof text === 'string' ? Buffer.from(text, 'latin1') : text, missing });
  }

  /** The client's FIN arrives. */
  arriveEnd(): void {
    this.finReceived = true;
    if (this.closedBy === '') this.closedBy = 'client';
    this.program!.readable(this);
  }

  /** The captured server writes. */
  serverWrites(text: string | Uint8Array, missing = 0): void {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    const room = Buffer.alloc(bytes.length + 20, 'y');
    room.set(bytes, 10);
    this.program!.observed!(this, room, 10, 10 + bytes.length, missing);
    room.fill(0xee);
  }

  end(how: Ending): void {
    this.state = State.closed;
    this.program!.ended(this, how);
  }
}

/** A listening socket whose accept queue the test fills. */
export class FakeListener extends FakeSocket implements Listener {
  backlog = 128;
  readonly queue: FakeSocket[] = [];
  private nextFd = 4;

  constructor(program: Program) {
    super(program);
    this.fd = 3;
    this.state = State.listen;
    this.peerPort = 0;
  }

  get waiting(): number {
    return this.queue.length;
  }

  accept(): Socket | null {
    const socket = this.queue.shift();
    if (socket === undefined) return null;
    socket.fd = this.nextFd++;
    return socket;
  }

  /** A connection is established and waits to be accepted. */
  connect(peerPort = 50000 + this.nextFd): FakeSocket {
    const socket = new FakeSocket(this.program, 'tcp', peerPort);
    this.queue.push(socket);
    this.program!.acceptable(this);
    return socket;
  }
}
