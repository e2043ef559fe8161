import { type Ending, type Socket, STATE_NAMES } from '../host/sockets.ts';
import type { ConnectionRecord, Exchange } from '../server/http/exchange.ts';
import type { ExchangeRow, SocketRow } from '../trace/run.ts';
import { formatIp } from '../wire/address.ts';

/** Rows kept of sockets that have left the table; later ones are only counted. */
const MOST_ROWS = 10_000;

/** The sockets of a run, those that are gone first. */
export class SocketRows {
  readonly rows: SocketRow[] = [];
  count = 0;

  add(socket: Socket, ending: Ending | ''): void {
    this.count++;
    if (this.rows.length < MOST_ROWS) this.rows.push(row(socket, ending));
  }
}

function row(socket: Socket, ending: Ending | ''): SocketRow {
  const session = socket.session as { readonly record?: ConnectionRecord } | null;
  const module = session?.record?.module ?? -1;
  return {
    proto: socket.protocol,
    state: STATE_NAMES[ending === '' ? socket.state : socket.lastState]!,
    recvQ: socket.recvQ,
    sendQ: socket.sendQ,
    local: socket.localAny
      ? ''
      : formatIp(socket.family === 6 ? 6 : 4, socket.local0, socket.local1, socket.local2, socket.local3),
    lport: socket.localPort,
    peer:
      socket.peerPort === 0 ? '' : formatIp(socket.family === 6 ? 6 : 4, socket.peer0, socket.peer1, socket.peer2, socket.peer3),
    pport: socket.peerPort,
    fd: socket.fd,
    requests: socket.requests,
    closedBy: socket.closedBy,
    ending,
    module: module < 0 ? '' : `#${module}`,
    adopted: socket.adopted,
  };
}

export function exchangeRow(exchange: Exchange): ExchangeRow {
  const { connection } = exchange;
  return {
    n: exchange.requestFrame,
    fd: connection.fd,
    client: formatIp(
      connection.family === 6 ? 6 : 4,
      connection.client0,
      connection.client1,
      connection.client2,
      connection.client3,
    ),
    cport: connection.clientPort,
    method: exchange.method,
    target: exchange.target,
    version: exchange.version,
    host: exchange.host,
    status: exchange.status,
    bodyBytes: exchange.status === 0 ? -1 : exchange.responseBytes,
    requestAt: exchange.requestTime,
    firstByteAt: exchange.firstTime,
    lastByteAt: exchange.lastTime,
    source: connection.module < 0 ? 'captured' : 'server',
    closedBy: connection.closedBy,
  };
}
