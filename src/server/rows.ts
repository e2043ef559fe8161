import { type Ending, type Socket, STATE_NAMES } from '../host/sockets.ts';
import type { ExchangeRow, PoolSummary, SocketRow } from '../trace/run.ts';
import { formatIp } from '../wire/address.ts';
import type { ConnectionRecord, Exchange } from './http/exchange.ts';
import { WaitingModule } from './waiting.ts';

/** Rows kept of connections; later ones are only counted. Sockets without a peer, of which there are few, all have one. */
const MOST_ROWS = 10_000;

/** The sockets of a run, those that are gone first. */
export class SocketRows {
  readonly rows: SocketRow[] = [];
  count = 0;

  add(socket: Socket, ending: Ending | ''): void {
    this.count++;
    if (this.rows.length < MOST_ROWS || socket.peerPort === 0) this.rows.push(row(socket, ending));
  }

  /** `count` sockets that are there at the end: those for which there is no room are not even looked at. */
  addAll(sockets: Iterable<Socket>, count: number): void {
    this.count += count;
    if (this.rows.length >= MOST_ROWS) return;
    for (const socket of sockets) {
      this.rows.push(row(socket, ''));
      if (this.rows.length >= MOST_ROWS) return;
    }
  }
}

function row(socket: Socket, ending: Ending | ''): SocketRow {
  const session = socket.session as { readonly record?: ConnectionRecord } | null;
  const record = session?.record;
  const module = record?.module ?? -1;
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
    ...(record === undefined || record.handOver === '' ? null : { handOver: record.handOver }),
    ...(record === undefined || record.leftAt < 0 ? null : { served: record.leftAt - record.takenAt }),
    ...(socket.peerPort === 0 && socket.program instanceof WaitingModule ? { pool: poolSummary(socket.program) } : null),
    adopted: socket.adopted,
  };
}

function poolSummary({ pool, accepted, turnedAway }: WaitingModule): PoolSummary {
  const { workers, max, mostBusy, started } = pool;
  return { workers, max, started, mostBusy, served: accepted, turnedAway };
}

/** An exchange as the HTTP table has it. */
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
    requestIncomplete: !exchange.requestWhole && !exchange.requestBad && !exchange.requestRefused && exchange.requestFrame > 0,
    responseIncomplete: exchange.status !== 0 && exchange.responseIncomplete,
    requestAt: exchange.requestTime,
    firstByteAt: exchange.firstTime,
    lastByteAt: exchange.lastTime,
    source: connection.module < 0 ? 'captured' : 'server',
    closedBy: connection.closedBy,
    server: formatIp(
      connection.family === 6 ? 6 : 4,
      connection.server0,
      connection.server1,
      connection.server2,
      connection.server3,
    ),
    sport: connection.serverPort,
    module: connection.module < 0 ? '' : `#${connection.module}`,
  };
}
