import type { Socket } from '../host/sockets.ts';
import { ConnectionRecord } from './http/exchange.ts';

/** What exchanges keep of a socket. */
export function recordOf(socket: Socket): ConnectionRecord {
  const record = new ConnectionRecord();
  record.fd = socket.fd;
  record.family = socket.family;
  record.client0 = socket.peer0;
  record.client1 = socket.peer1;
  record.client2 = socket.peer2;
  record.client3 = socket.peer3;
  record.clientPort = socket.peerPort;
  record.server0 = socket.local0;
  record.server1 = socket.local1;
  record.server2 = socket.local2;
  record.server3 = socket.local3;
  record.serverPort = socket.localPort;
  record.clientIsn = socket.peerIsn;
  record.adopted = socket.adopted;
  return record;
}
