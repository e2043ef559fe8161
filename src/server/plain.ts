import type { Ending, Listener, Program, Sink, Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';

/** A program that accepts everybody at once and serves all connections itself. */
abstract class PlainProgram implements Program {
  protected readonly trace: Trace;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  started(socket: Socket): void {
    this.trace.record(socket.protocol === 'tcp' ? D.server_waits : D.server_waits_datagram, socket.fd);
  }

  acceptable(listener: Listener): void {
    while (listener.waiting > 0) {
      const socket = listener.accept();
      if (socket === null) return;
      this.trace.record(D.server_accept, socket.fd, socket.peerPort);
      if (socket.recvQ > 0 || socket.eof) this.serve(socket, true);
    }
  }

  readable(socket: Socket): void {
    this.serve(socket, false);
  }

  writable(socket: Socket): void {
    this.serve(socket, true);
  }

  ended(_socket: Socket, _how: Ending): void {}

  /** Reads what waits, or one datagram, into `sink`; `late`: it came with an earlier frame. */
  protected read(socket: Socket, sink: Sink, late: boolean): void {
    if (socket.protocol === 'udp') {
      this.trace.record(D.server_read, socket.fd, socket.read(sink));
      return;
    }
    const waiting = socket.recvQ;
    if (waiting > 0) this.trace.record(late ? D.server_read_waiting : D.server_read, socket.fd, waiting);
    socket.read(sink);
  }

  /** The client has closed: so does the program. */
  protected closeSecond(socket: Socket): void {
    this.trace.record(D.server_end_of_stream, socket.fd);
    this.trace.record(D.server_closes_second, socket.fd);
    socket.close();
  }

  protected abstract serve(socket: Socket, late: boolean): void;
}

/** RFC 863: reads and forgets. */
export class Discard extends PlainProgram {
  protected serve(socket: Socket, late: boolean): void {
    this.read(socket, nothing, late);
    if (socket.protocol === 'tcp' && socket.eof) this.closeSecond(socket);
  }
}

const nothing: Sink = () => {};

/** Accepts and never reads: the receive window closes; datagrams fill the receive buffer. */
export class Silent extends PlainProgram {
  override started(socket: Socket): void {
    this.trace.record(socket.protocol === 'tcp' ? D.server_waits : D.server_never_reads, socket.fd);
  }

  protected serve(socket: Socket, _late: boolean): void {
    if (socket.recvQ > 0 || socket.protocol === 'udp') this.trace.record(D.server_not_reading, socket.fd, socket.recvQ);
  }
}

/** Never accepts: the accept queue fills; never reads datagrams. */
export class Idle implements Program {
  private readonly trace: Trace;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  started(socket: Socket): void {
    this.trace.record(socket.protocol === 'tcp' ? D.server_never_accepts : D.server_never_reads, socket.fd);
  }

  acceptable(listener: Listener): void {
    this.trace.record(D.server_not_accepting, listener.waiting);
  }

  readable(socket: Socket): void {
    if (socket.protocol === 'udp') this.trace.record(D.server_not_reading, socket.fd, socket.recvQ);
  }
  neverReads(): boolean {
    return true;
  }
  writable(_socket: Socket): void {}
  ended(_socket: Socket, _how: Ending): void {}
}

/** RFC 862: writes back what it reads; reads no more than it could write. */
export class Echo extends PlainProgram {
  /** Bytes that were read and not yet taken by the send buffer, by socket. */
  private readonly held = new Map<Socket, Uint8Array>();
  private socket: Socket | null = null;
  private written = 0;
  private readonly sink: Sink = (bytes, start, end) => this.back(bytes, start, end);

  override ended(socket: Socket, _how: Ending): void {
    this.held.delete(socket);
  }

  protected serve(socket: Socket, late: boolean): void {
    this.socket = socket;
    this.written = 0;
    const held = this.held.get(socket);
    if (held !== undefined) {
      this.held.delete(socket);
      this.back(held, 0, held.length);
    }
    if (!this.held.has(socket)) this.read(socket, this.sink, late);
    if (this.written > 0) this.trace.record(D.server_write, socket.fd, this.written);
    const left = this.held.get(socket);
    if (left !== undefined) this.trace.record(D.server_write_blocked, socket.fd, left.length);
    else if (socket.protocol === 'tcp' && socket.eof) this.closeSecond(socket);
  }

  private back(bytes: Uint8Array, start: number, end: number): void {
    const socket = this.socket!;
    const before = this.held.get(socket);
    const taken = before === undefined ? socket.write(bytes, start, end) : 0;
    this.written += taken;
    if (start + taken === end || socket.protocol === 'udp') return;
    const rest = bytes.subarray(start + taken, end);
    this.held.set(socket, before === undefined ? new Uint8Array(rest) : Buffer.concat([before, rest]));
  }
}
