import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent } from '../../trace/transmission.ts';
import { isMapped4 } from '../../wire/address.ts';
import { copied, NO_BYTES } from '../../wire/bytes.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { UDP_HEADER } from '../../wire/udp.ts';
import type { ListenerConfig } from '../config.ts';
import type { Packet } from '../packet.ts';
import { type Sink, Socket, State } from '../sockets.ts';
import { truesize } from '../truesize.ts';
import type { Udp } from './udp.ts';

/** SO_RCVBUF below this is raised to it (SOCK_MIN_RCVBUF). */
const RCVBUF_MIN = 2304;

/** One datagram with its sender; `bytes` are its own copy when it waits, the packet's while it is handed over. */
class Datagram {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  missing = 0;
  charge = 0;
  family = 4;
  peer0 = 0;
  peer1 = 0;
  peer2 = 0;
  peer3 = 0;
  port = 0;

  /** Takes the data of the packet that climbs, in place. */
  hold(packet: Packet, dataEnd: number): void {
    this.bytes = packet.bytes;
    this.start = packet.payloadStart + UDP_HEADER;
    this.end = Math.min(dataEnd, packet.payloadEnd);
    this.missing = dataEnd - this.end;
    this.charge = memoryOf(packet);
    this.family = packet.family;
    this.peer0 = packet.src0;
    this.peer1 = packet.src1;
    this.peer2 = packet.src2;
    this.peer3 = packet.src3;
    this.port = packet.sourcePort;
  }
}

/** A bound UDP socket without a peer. `write` answers the sender of the datagram read last. */
export class UdpSocket extends Socket {
  readonly protocol = 'udp';
  next: UdpSocket | null = null;
  readonly config: ListenerConfig;
  /** Bytes of memory, as Linux counts them, that waiting datagrams may take. */
  readonly rcvbuf: number;
  private readonly udp: Udp;
  private readonly trace: Trace;
  private waiting: Datagram[] = [];
  private waitingBytes = 0;
  private charged = 0;
  /** The part of it that damaged datagrams take. */
  private damaged = 0;
  /** The datagram that arrives: handed over without a copy if the program reads at once. */
  private readonly arriving = new Datagram();
  private hasArriving = false;
  private last: Datagram = this.arriving;

  constructor(udp: Udp, trace: Trace, listener: ListenerConfig, defaultRcvbuf: number) {
    super();
    this.udp = udp;
    this.trace = trace;
    this.config = listener;
    this.state = State.unconnected;
    this.localPort = listener.port;
    const { address } = listener;
    this.localAny = address === undefined;
    if (address !== undefined) {
      this.family = address.family;
      [this.local0, this.local1, this.local2, this.local3] = address.words;
    }
    const asked = listener.options?.rcvbuf;
    this.rcvbuf = asked === undefined ? defaultRcvbuf : Math.max(asked * 2, RCVBUF_MIN);
  }

  get recvQ(): number {
    const { arriving } = this;
    return this.hasArriving ? this.waitingBytes + arriving.end - arriving.start : this.waitingBytes;
  }
  get sendQ(): number {
    return 0;
  }
  get eof(): boolean {
    return false;
  }

  /** Room for the packet? One always fits into an empty queue. */
  hasRoom(packet: Packet): boolean {
    const needed = memoryOf(packet);
    return this.charged === 0 || this.charged + needed <= this.rcvbuf;
  }

  /** A damaged datagram lies in the queue of a program that does not read. */
  chargeDamaged(packet: Packet): void {
    if (this.waiting.length === 0 && this.program?.neverReads?.(this) !== true) return;
    const charge = memoryOf(packet);
    this.charged += charge;
    this.damaged += charge;
  }

  /** Takes the packet's datagram and tells the program. */
  arrive(packet: Packet, dataEnd: number): void {
    const datagram = this.waiting.length > 0 ? new Datagram() : this.arriving;
    datagram.hold(packet, dataEnd);
    if (datagram === this.arriving) this.hasArriving = true;
    else this.keep(datagram);
    this.program?.readable(this);
    if (!this.hasArriving) return;
    this.hasArriving = false;
    const copy = Object.assign(new Datagram(), datagram);
    this.keep(copy);
  }

  read(sink: Sink): number {
    this.charged -= this.damaged;
    this.damaged = 0;
    const datagram = this.hasArriving ? this.arriving : this.waiting.shift();
    if (datagram === undefined) return 0;
    if (this.hasArriving) this.hasArriving = false;
    else {
      this.charged -= datagram.charge;
      this.waitingBytes -= datagram.end - datagram.start;
    }
    this.last = datagram;
    sink(datagram.bytes, datagram.start, datagram.end, datagram.missing);
    return datagram.end - datagram.start;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    const to = this.last;
    if (to.port === 0) {
      this.trace.record(D.udp_reply_impossible);
      return 0;
    }
    const out = this.trace.transmit(D.udp_reply, end - start);
    out.protocol = Sent.udp;
    out.family = to.family;
    out.dst0 = to.peer0;
    out.dst1 = to.peer1;
    out.dst2 = to.peer2;
    out.dst3 = to.peer3;
    out.sourcePort = this.localPort;
    out.destinationPort = to.port;
    out.payload = bytes;
    out.payloadStart = start;
    out.payloadEnd = end;
    // An IPv4 address in IPv6's clothes is answered as what it is (RFC 4291 §2.5.5.2).
    if (out.family === 6 && isMapped4(out.dst0, out.dst1, out.dst2)) {
      out.family = 4;
      out.dst0 = out.dst1 = out.dst2 = 0;
    }
    this.udp.complete(this, out);
    out.dontFragment = end - start + UDP_HEADER + IPV4_HEADER <= this.udp.mtu;
    if (out.family === 4) out.ipId = this.udp.ids.next(out.src3, out.dst3, IpProtocol.udp);
    return end - start;
  }

  shutdown(): void {}

  close(): void {
    this.waiting = [];
    this.waitingBytes = 0;
    this.charged = 0;
    this.udp.unbind(this);
  }

  private keep(datagram: Datagram): void {
    datagram.bytes = copied(datagram.bytes, datagram.start, datagram.end);
    datagram.end -= datagram.start;
    datagram.start = 0;
    this.waiting.push(datagram);
    this.waitingBytes += datagram.end;
    this.charged += datagram.charge;
  }
}

function memoryOf(packet: Packet): number {
  return packet.reassembled ? packet.memory : truesize(packet.frame.wireLength);
}
