import type { SocketEvent } from '../trace/events.ts';
import type { Trace } from '../trace/trace.ts';
import { formatIp } from '../wire/address.ts';
import { type Socket, STATE_NAMES } from './sockets.ts';

/** Tells what has happened to a socket at `time`, if anybody wants to know. */
export function tellSocket(trace: Trace, time: number, event: string, socket: Socket): void {
  if (trace.told === null) return;
  const family = socket.family === 6 ? 6 : 4;
  const told: { -readonly [K in keyof SocketEvent]: SocketEvent[K] } = {
    type: 'socket',
    time,
    event,
    fd: socket.fd,
    proto: socket.protocol,
    local: socket.localAny ? '*' : formatIp(family, socket.local0, socket.local1, socket.local2, socket.local3),
    lport: socket.localPort,
    state: STATE_NAMES[socket.state]!,
  };
  if (socket.peerPort > 0) {
    told.peer = formatIp(family, socket.peer0, socket.peer1, socket.peer2, socket.peer3);
    told.pport = socket.peerPort;
  }
  if (socket.adopted) told.adopted = true;
  trace.told.push(told);
}
