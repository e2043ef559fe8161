import type { Listener, Program, Socket } from '../src/host/sockets.ts';
import { TcpConnection } from '../src/host/tcp/connection.ts';
import { UdpSocket } from '../src/host/udp/udp-socket.ts';
import { formatIp } from '../src/wire/address.ts';
import type { LinuxEvent } from './capture.ts';

/** The server program as it was recorded: it accepts, reads, writes and closes when the recorded one did. */
export class RecordedProgram implements Program {
  private readonly listeners = new Map<number, Listener>();
  private readonly connections = new Map<string, Socket>();
  private readonly datagrams = new Map<number, Socket>();
  private read = new Uint8Array(0);
  private early: Socket | null = null;

  acceptable(listener: Listener): void {
    this.listeners.set(listener.localPort, listener);
  }
  readable(socket: Socket): void {
    if (socket.protocol === 'udp') this.datagrams.set(socket.localPort, socket);
  }
  neverReads(socket: Socket): boolean {
    return socket instanceof UdpSocket && socket.config.program === 'noread';
  }
  writable(): void {}
  ended(): void {}

  /** A connection that was reset while it waited is accepted by the recorded program, and not by ours: its turn takes nothing. */
  private accept(conn: string, port: number): void {
    const next = this.early ?? this.listeners.get(port)?.accept();
    if (!next) return;
    const isNext = !(next instanceof TcpConnection) || nameOf(next) === conn;
    this.early = isNext ? null : next;
    if (isNext) this.connections.set(conn, next);
  }

  act(event: LinuxEvent): void {
    const port = Number(event.conn?.slice(event.conn.lastIndexOf('>') + 1));
    const connection = this.connections.get(event.conn ?? '');
    switch (event.op) {
      case 'accept':
        this.accept(event.conn!, port);
        return;
      case 'read':
        if (connection instanceof TcpConnection) connection.readSome(event.n!, () => {});
        return;
      case 'read-error':
        // The kernel has ended the connection: what the program does with it now reaches nobody.
        this.connections.delete(event.conn ?? '');
        return;
      case 'read-eof':
        connection?.read(() => {});
        return;
      case 'write':
        connection?.write(new Uint8Array(event.n!), 0, event.n!);
        // The recorded program had more to write and waits for room.
        if ((event.left ?? 0) > 0 && connection instanceof TcpConnection) connection.wantWritable = true;
        return;
      case 'close':
        connection?.close();
        return;
      case 'close-linger0':
        if (connection instanceof TcpConnection) connection.abort();
        return;
      case 'shutdown-write':
        connection?.shutdown();
        return;
      case 'udp-read':
        this.read = new Uint8Array(0);
        this.datagrams.get(port)?.read((bytes, start, end) => {
          this.read = bytes.slice(start, end);
        });
        return;
      case 'udp-write':
      case 'udp-write-error':
        this.datagrams.get(port)?.write(this.read, 0, this.read.length);
        return;
      default:
    }
  }
}

function nameOf({ family, peer0, peer1, peer2, peer3, peerPort, localPort }: TcpConnection): string {
  return `${formatIp(family, peer0, peer1, peer2, peer3)}:${peerPort}>${localPort}`;
}
