import type { Host } from '../../host/host.ts';
import { State } from '../../host/sockets.ts';
import { TcpConnection } from '../../host/tcp/connection.ts';
import type { PeerConnection } from './peer-connection.ts';

/** The clients' connections of which something may be under way. */
export class Exchanges {
  private readonly server: Host;
  private readonly active = new Set<PeerConnection>();

  constructor(server: Host) {
    this.server = server;
  }

  /** Something was done with a connection, or came on it: it is looked at before all is called quiet. */
  touch(connection: PeerConnection): void {
    this.active.add(connection);
  }

  forget(connection: PeerConnection): void {
    this.active.delete(connection);
  }

  /** Is any of them unfinished? Those that are not are let go of. */
  get areUnderWay(): boolean {
    for (const connection of this.active) {
      if (this.isUnfinished(connection)) return true;
      this.active.delete(connection);
    }
    return false;
  }

  /**
   * Something is unacknowledged, by either side, or a response is waited for by a client that reads. A closed window is nothing that would
   * end by itself.
   */
  isUnfinished(connection: PeerConnection): boolean {
    const { socket } = connection;
    if (socket === null) return false;
    if (socket.state === State.synSent || socket.packetsOut > 0) return true;
    if (connection.awaitsResponse && connection.isAsked && connection.reading) return true;
    const c = this.server.tcp.table.find(
      socket.family,
      socket.peer0,
      socket.peer1,
      socket.peer2,
      socket.peer3,
      socket.peerPort,
      socket.local0,
      socket.local1,
      socket.local2,
      socket.local3,
      socket.localPort,
    );
    if (!(c instanceof TcpConnection) || c.bucket) return false;
    return c.state === State.synReceived ? !c.ackedEarly : c.packetsOut > 0;
  }
}
