import { D } from '../trace/catalogue.ts';
import { isMulticast4 } from '../wire/address.ts';
import type { Addresses } from './addresses.ts';
import type { HostAddress, HostConfig, ListenerConfig } from './config.ts';
import type { HostContext } from './context.ts';
import { tellSocket } from './socket-event.ts';
import type { Socket } from './sockets.ts';
import type { Tcp } from './tcp/tcp.ts';
import type { Udp } from './udp/udp.ts';

/** A socket of the configuration that could not be opened, as bind() says why. */
export interface RefusedListener {
  readonly listener: ListenerConfig;
  readonly error: 'EADDRINUSE' | 'EADDRNOTAVAIL';
  /** Descriptor of the socket that has the port; -1: none has. */
  readonly holder: number;
}

/**
 * The program's start on a live host: it asks for each socket of its configuration by socket(), bind() and listen(), one after the
 * other. What cannot be bound is closed again, and the next one is tried.
 */
export class Startup {
  readonly refused: RefusedListener[] = [];
  private readonly context: HostContext;
  private readonly config: HostConfig;
  private readonly addresses: Addresses;
  private readonly tcp: Tcp;
  private readonly udp: Udp;

  constructor(context: HostContext, addresses: Addresses, tcp: Tcp, udp: Udp) {
    this.context = context;
    this.config = context.config;
    this.addresses = addresses;
    this.tcp = tcp;
    this.udp = udp;
  }

  run(): void {
    const { listeners } = this.config;
    if (listeners.length > 0) this.context.trace.record(D.server_starts, listeners.length);
    for (const listener of listeners) this.open(listener);
  }

  private open(listener: ListenerConfig): void {
    const { trace } = this.context;
    if (listener.protocol === 'tcp') {
      const socket = this.tcp.socket(listener);
      trace.record(D.server_socket_stream, socket.fd);
      if (!this.bind(socket, listener)) return;
      trace.record(D.server_listen, socket.fd, listener.backlog, socket.backlog);
      this.tcp.startListening(socket);
      return;
    }
    const socket = this.udp.socket(listener);
    trace.record(D.server_socket_datagram, socket.fd);
    if (!this.bind(socket, listener)) return;
    this.udp.bind(socket);
    tellSocket(trace, this.context.now, 'bind', socket);
  }

  /** Linux inet_csk_get_port, inet_bind: an address of ours, and no other socket of that port whose address is the same or any. */
  private bind(socket: Socket, listener: ListenerConfig): boolean {
    const { trace, descriptors } = this.context;
    const { port, address } = listener;
    const holder = this.holderOf(socket);
    const isOurs = address === undefined || this.isOurs(address, listener);
    if (isOurs && holder === null) {
      if (address === undefined) trace.record(D.server_bind_any, socket.fd, port);
      else if (address.family === 4) trace.record(D.server_bind_ipv4, socket.fd, port, address.words[3]);
      else trace.record(D.server_bind_ipv6, socket.fd, port, this.ordinal(address));
      return true;
    }
    if (isOurs) trace.record(D.server_bind_in_use, socket.fd, port, holder!.fd);
    else trace.record(D.server_bind_not_ours, socket.fd, port);
    this.refused.push({ listener, error: isOurs ? 'EADDRINUSE' : 'EADDRNOTAVAIL', holder: holder?.fd ?? -1 });
    descriptors.release(socket);
    return false;
  }

  private holderOf(socket: Socket): Socket | null {
    const others: Iterable<Socket> = socket.protocol === 'tcp' ? this.tcp.listeners : this.udp.sockets();
    for (const other of others) if (other.localPort === socket.localPort && overlaps(other, socket)) return other;
    return null;
  }

  private isOurs({ family, words }: HostAddress, { protocol }: ListenerConfig): boolean {
    if (family === 6) return this.addresses.isOurs6(...words) || (protocol === 'udp' && words[0] >>> 24 === 0xff);
    return this.addresses.isOurs4(words[3]) || (protocol === 'udp' && isMulticast4(words[3]));
  }

  /** From 1, among the host's addresses. */
  private ordinal({ words }: HostAddress): number {
    return 1 + this.config.addresses.findIndex((own) => own.words.every((word, i) => word === words[i]));
  }
}

function overlaps(a: Socket, b: Socket): boolean {
  if (a.localAny || b.localAny) return true;
  return (
    a.family === b.family && a.local0 === b.local0 && a.local1 === b.local1 && a.local2 === b.local2 && a.local3 === b.local3
  );
}
