import type { Socket } from '../../host/sockets.ts';
import type { SocketEvent, TraceEvent } from '../../trace/events.ts';
import { formatIp } from '../../wire/address.ts';
import type { Peek } from '../survey/peek.ts';

/** Connections that are remembered. */
const MOST = 1 << 18;

/** Connections of which a machine is not believed, as events and rows name them. */
export class Disowned {
  private readonly known = new Set<string>();

  /** Whoever of the two is the server. */
  add({ family, src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort }: Peek): void {
    if (this.known.size >= MOST) return;
    const version = family === 6 ? 6 : 4;
    const from = `${formatIp(version, src0, src1, src2, src3)} ${sourcePort}`;
    const to = `${formatIp(version, dst0, dst1, dst2, dst3)} ${destinationPort}`;
    this.known.add(`${from} ${to}`).add(`${to} ${from}`);
  }

  has(socket: Socket): boolean {
    if (this.known.size === 0) return false;
    const { family, local0, local1, local2, local3, localPort, peer0, peer1, peer2, peer3, peerPort } = socket;
    const version = family === 6 ? 6 : 4;
    const local = `${formatIp(version, local0, local1, local2, local3)} ${localPort}`;
    return this.known.has(`${local} ${formatIp(version, peer0, peer1, peer2, peer3)} ${peerPort}`);
  }

  /** Takes the events of connections' sockets out of a list, of those that are here (`here`) or of the others. */
  remove(events: TraceEvent[] | null, here: boolean): void {
    if (events === null) return;
    let kept = 0;
    for (const event of events) if (!isOfConnection(event) || this.names(event) !== here) events[kept++] = event;
    events.length = kept;
  }

  private names({ local, lport, peer, pport }: SocketEvent): boolean {
    return this.known.has(`${local} ${lport} ${peer} ${pport}`);
  }
}

function isOfConnection(event: TraceEvent): event is SocketEvent {
  return event.type === 'socket' && event.peer !== undefined;
}
