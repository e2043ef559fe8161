import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Transmission } from '../../trace/transmission.ts';
import { fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import { IcmpType, UnreachableCode } from '../../wire/icmp.ts';
import { Icmpv6Type, Unreachable6Code } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { UDP_HEADER, UdpView } from '../../wire/udp.ts';
import type { Addresses } from '../addresses.ts';
import type { HostConfig, ListenerConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import type { IpIds } from '../ip/ip-ids.ts';
import { IpTarget, type Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import { UdpSocket } from './udp-socket.ts';

/** Linux verifies datagrams up to this length before it looks for a socket (CHECKSUM_BREAK). */
const SUMMED_AT_ONCE = 76;

/** UDP (RFC 768, RFC 1122 §4.1, RFC 8200 §8.1; Linux udp_rcv). */
export class Udp {
  readonly mtu: number;
  readonly ids: IpIds;
  private readonly context: HostContext;
  private readonly config: HostConfig;
  private readonly trace: Trace;
  private readonly addresses: Addresses;
  private readonly errors4: IcmpErrors;
  private readonly errors6: Icmpv6Errors;
  private readonly view = new UdpView();
  /** Sockets by port, those with one port in a chain. */
  private readonly bound = new Map<number, UdpSocket>();

  constructor(context: HostContext, addresses: Addresses, ids: IpIds, errors4: IcmpErrors, errors6: Icmpv6Errors) {
    this.context = context;
    this.config = context.config;
    this.trace = context.trace;
    this.addresses = addresses;
    this.ids = ids;
    this.mtu = context.config.mtu;
    this.errors4 = errors4;
    this.errors6 = errors6;
  }

  listen(listener: ListenerConfig): UdpSocket {
    const socket = this.socket(listener);
    this.bind(socket);
    return socket;
  }

  /** A socket that is not bound yet, with its descriptor. */
  socket(listener: ListenerConfig): UdpSocket {
    const socket = new UdpSocket(this, this.trace, listener, this.config.sysctl['core.rmem_default']);
    socket.openedAt = this.context.now;
    this.context.descriptors.assign(socket);
    return socket;
  }

  hasPort(port: number): boolean {
    return this.bound.has(port);
  }

  bind(socket: UdpSocket): void {
    socket.program = this.context.programFor(socket.config);
    socket.next = this.bound.get(socket.localPort) ?? null;
    this.bound.set(socket.localPort, socket);
    socket.program.started?.(socket, this.context.clock);
  }

  /** Every bound socket, in the order of their ports' first binding. */
  *sockets(): Generator<UdpSocket> {
    for (const first of this.bound.values()) {
      for (let socket: UdpSocket | null = first; socket !== null; socket = socket.next) yield socket;
    }
  }

  receive(packet: Packet): void {
    const { trace } = this;
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    const there = packet.payloadEnd - packet.payloadStart;
    if (there < UDP_HEADER) {
      trace.record(packet.payloadLength > there ? D.udp_not_captured : D.udp_header_cut, there);
      return;
    }
    this.fill(packet);
    const length = view.length === 0 && packet.family === 6 ? packet.payloadLength : view.length;
    if (length > packet.payloadLength) {
      trace.record(D.udp_length_beyond_packet, length, packet.payloadLength);
      return;
    }
    if (length < UDP_HEADER) {
      trace.record(D.udp_length_below_header, length);
      return;
    }
    const end = packet.payloadStart + length;
    if (end < packet.networkEnd) packet.networkEnd = packet.payloadEnd = end;
    if (!this.hasRightChecksum(packet, length)) return;
    this.deliver(packet, end);
  }

  observe(packet: Packet): void {
    const view = this.view.at(packet.bytes, packet.payloadStart, packet.payloadEnd);
    if (packet.payloadEnd - packet.payloadStart >= UDP_HEADER) {
      this.fill(packet);
      const { length } = view;
      const isWhole = view.checksum !== 0 && length >= UDP_HEADER && view.start + length <= packet.payloadEnd;
      if (isWhole && fold(sumBytes(view.bytes, view.start, view.start + length, pseudoHeader(packet, length))) !== 0xffff) {
        const isOffloaded = view.checksum === fold(pseudoHeader(packet, length));
        this.trace.record(isOffloaded ? D.udp_checksum_offloaded : D.udp_observed_checksum_bad);
      }
    }
    this.trace.record(D.udp_observed, packet.dataLength);
  }

  unbind(socket: UdpSocket): void {
    let at = this.bound.get(socket.localPort) ?? null;
    if (at === socket) {
      if (socket.next === null) this.bound.delete(socket.localPort);
      else this.bound.set(socket.localPort, socket.next);
    } else {
      while (at !== null && at.next !== socket) at = at.next;
      if (at !== null) at.next = socket.next;
    }
    socket.closedAt = this.context.now;
    socket.state = State.closed;
    this.context.descriptors.release(socket);
    if (this.context.onEnded !== null) this.context.onEnded(socket, 'closed');
  }

  /** Fills in the source address of a socket's datagram, and what does not depend on the socket. */
  complete(socket: UdpSocket, out: Transmission): void {
    const { sysctl } = this.config;
    out.ttl = out.family === 4 ? sysctl['ipv4.ip_default_ttl'] : this.context.hopLimit6;
    if (!socket.localAny) {
      out.src0 = socket.local0;
      out.src1 = socket.local1;
      out.src2 = socket.local2;
      out.src3 = socket.local3;
    } else if (out.family === 4) out.src3 = this.addresses.sourceFor4(out.dst3);
    else {
      const ours = this.addresses.sourceFor6(out.dst0, out.dst1, out.dst2, out.dst3);
      if (ours !== undefined) [out.src0, out.src1, out.src2, out.src3] = ours.words;
    }
  }

  private fill(packet: Packet): void {
    const { view } = this;
    packet.hasTransport = true;
    packet.sourcePort = view.sourcePort;
    packet.destinationPort = view.destinationPort;
    packet.dataLength = Math.max(0, (view.length || packet.payloadLength) - UDP_HEADER);
  }

  private hasRightChecksum(packet: Packet, length: number): boolean {
    const { trace, view } = this;
    const field = view.checksum;
    if (field === 0) {
      if (packet.family === 6) {
        trace.record(this.find(packet) === null ? D.udp_no_socket_unsummed : D.udp_checksum_missing, packet.destinationPort);
        return false;
      }
      trace.record(D.udp_checksum_none);
      return true;
    }
    const end = view.start + length;
    if (end > packet.payloadEnd) {
      trace.record(D.udp_checksum_not_captured);
      return true;
    }
    const pseudo = pseudoHeader(packet, length);
    const sum = fold(sumBytes(view.bytes, view.start, end, pseudo));
    if (sum === 0xffff) {
      trace.record(D.udp_checksum_good);
      return true;
    }
    const rules = this.config.capture;
    if (rules !== null && !packet.sealed) {
      if (rules.offload && field === fold(pseudo)) {
        trace.record(D.udp_checksum_offloaded);
        return true;
      }
      if (rules.disregardChecksum(packet)) {
        trace.record(D.udp_checksum_disregarded);
        return true;
      }
    }
    if (rules === null && length > SUMMED_AT_ONCE && this.isLeftOut(packet)) return false;
    const isUnheard = packet.family === 6 && length > SUMMED_AT_ONCE && this.find(packet) === null;
    if (isUnheard && packet.ipTarget !== IpTarget.multicast) trace.record(D.udp_no_socket_damaged, packet.destinationPort);
    else trace.record(D.udp_checksum_bad, field, ~fold(sum + (~field & 0xffff)) & 0xffff);
    return false;
  }

  /** Linux sums up a long datagram only when it is read: a damaged one takes room in the queue till then, and is not even damaged where there is none. */
  private isLeftOut(packet: Packet): boolean {
    for (let socket = this.bound.get(packet.destinationPort) ?? null; socket !== null; socket = socket.next) {
      if (!matches(socket, packet)) continue;
      if (!socket.hasRoom(packet)) {
        this.trace.record(D.socket_datagram_no_room, socket.rcvbuf, packet.dataLength);
        return true;
      }
      socket.chargeDamaged(packet);
    }
    return false;
  }

  private deliver(packet: Packet, dataEnd: number): void {
    const { trace } = this;
    if (packet.ipTarget === IpTarget.broadcast || packet.ipTarget === IpTarget.multicast) {
      this.deliverToAll(packet, dataEnd);
      return;
    }
    const socket = this.find(packet);
    if (socket !== null) {
      trace.record(D.udp_socket_found, socket.fd);
      this.queue(socket, packet, dataEnd);
      return;
    }
    if (this.config.capture?.assumeUdp(packet) === true) {
      trace.record(D.socket_datagram_assumed, packet.destinationPort);
      return;
    }
    trace.record(D.udp_no_socket, packet.destinationPort);
    if (packet.family === 4) {
      this.errors4.send(packet, IcmpType.destinationUnreachable, UnreachableCode.port, 0, D.icmp_port_unreachable);
    } else this.errors6.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.port, 0, D.icmpv6_port_unreachable);
  }

  /** The socket bound to this address, else the one bound to any. */
  private find(packet: Packet): UdpSocket | null {
    if (packet.destinationPort === 0) return null;
    let best: UdpSocket | null = null;
    for (let socket = this.bound.get(packet.destinationPort) ?? null; socket !== null; socket = socket.next) {
      if (!matches(socket, packet)) continue;
      if (!socket.localAny) return socket;
      best = socket;
    }
    return best;
  }

  /** A datagram to a group goes to every socket of its port; nobody is told when there is none. */
  private deliverToAll(packet: Packet, dataEnd: number): void {
    let found = 0;
    let socket = packet.destinationPort === 0 ? null : (this.bound.get(packet.destinationPort) ?? null);
    for (; socket !== null; socket = socket.next) {
      if (!socket.localAny && !matches(socket, packet)) continue;
      if (socket.config.isDual === true && packet.family === 4 && packet.ipTarget === IpTarget.multicast) continue;
      found++;
      this.queue(socket, packet, dataEnd);
    }
    if (found > 0) return;
    const isAssumed = this.config.capture?.assumeUdp(packet) === true;
    this.trace.record(isAssumed ? D.socket_datagram_assumed : D.udp_group_no_socket, packet.destinationPort);
  }

  private queue(socket: UdpSocket, packet: Packet, dataEnd: number): void {
    if (!socket.hasRoom(packet)) {
      this.trace.record(D.socket_datagram_no_room, socket.rcvbuf, packet.dataLength);
      return;
    }
    packet.fd = socket.fd;
    this.trace.record(D.socket_datagram, packet.dataLength, socket.fd);
    socket.arrive(packet, dataEnd);
  }
}

function matches(socket: UdpSocket, packet: Packet): boolean {
  if (socket.localAny) return true;
  return (
    socket.family === packet.family &&
    socket.local3 === packet.dst3 &&
    socket.local2 === packet.dst2 &&
    socket.local1 === packet.dst1 &&
    socket.local0 === packet.dst0
  );
}

function pseudoHeader(packet: Packet, length: number): number {
  if (packet.family === 4) return pseudoHeader4(packet.src3, packet.dst3, IpProtocol.udp, length);
  return pseudoHeader6(
    packet.src0,
    packet.src1,
    packet.src2,
    packet.src3,
    packet.dst0,
    packet.dst1,
    packet.dst2,
    packet.dst3,
    IpProtocol.udp,
    length,
  );
}
