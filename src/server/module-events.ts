import { type Socket, STATE_NAMES } from '../host/sockets.ts';
import type { SocketEvent, TraceEvent } from '../trace/events.ts';
import { formatIp } from '../wire/address.ts';
import type { ConnectionRecord } from './http/exchange.ts';

/** Tells that a module takes a connection. */
export function pushHandedOver(events: TraceEvent[], socket: Socket, record: ConnectionRecord): void {
  events.push({ ...about(record), time: record.takenAt, event: 'handed_over', state: STATE_NAMES[socket.state]! });
}

/** Tells that the module is done with it. */
export function pushReleased(events: TraceEvent[], socket: Socket, record: ConnectionRecord, time: number): void {
  const state = STATE_NAMES[socket.state]!;
  events.push({ ...about(record), time, event: 'released', state, served: time - record.takenAt });
}

function about(record: ConnectionRecord): Omit<SocketEvent, 'time' | 'event' | 'state'> {
  const family = record.family === 6 ? 6 : 4;
  return {
    type: 'socket',
    fd: record.fd,
    proto: 'tcp',
    local: formatIp(family, record.server0, record.server1, record.server2, record.server3),
    lport: record.serverPort,
    peer: formatIp(family, record.client0, record.client1, record.client2, record.client3),
    pport: record.clientPort,
    module: record.module,
    ...(record.handOver === '' ? null : { handOver: record.handOver }),
  };
}
