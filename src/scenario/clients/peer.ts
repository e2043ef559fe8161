import { Addresses } from '../../host/addresses.ts';
import { type HostAddress, type HostConfig, type Mac, PLAIN_HOST } from '../../host/config.ts';
import { Host } from '../../host/host.ts';
import { solicit } from '../../host/neighbours/neighbour-discovery.ts';
import type { Program, Sink, Socket } from '../../host/sockets.ts';
import { type SysctlName, sysctls } from '../../host/sysctl.ts';
import { connect } from '../../host/tcp/connect.ts';
import { D } from '../../trace/catalogue.ts';
import { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { joinMac } from '../../wire/address.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { u16 } from '../../wire/bytes.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IcmpType } from '../../wire/icmp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import type { StepRecord } from '../record/step-record.ts';
import type { ClientStep } from '../tree/script.ts';
import { PeerConnection, type PeerListener } from './peer-connection.ts';

/** Ports that a client takes for its connections, as Linux has them by default. */
const FIRST_PORT = 32_768;
const LAST_PORT = 60_999;
/** Ports between them: a client has no more connections to one port, those in TIME_WAIT included. */
const TIME_WAITS = LAST_PORT - FIRST_PORT;

export type Address = Omit<HostAddress, 'prefix'>;

/** A client's machine: a host of its own, and the program that does on it what the script says. Its decisions are its own affair. */
export class Peer implements PeerListener {
  readonly name: string;
  readonly host: Host;
  readonly address: Address;
  readonly mac: Mac;
  readonly ttl: number;
  readonly family: 4 | 6;
  readonly trace = new Trace();
  /** The last step that this client did, where somebody expects something of that. */
  step: StepRecord | null = null;
  /** The last frame that the server sent to this client. */
  lastPacket: Uint8Array | null = null;
  /** Told of each connection that has left the client's table. */
  onEnded: ((connection: PeerConnection) => void) | null = null;
  private readonly options: ClientStep;
  /** Open connections by their port. */
  private readonly connections = new Map<number, PeerConnection>();
  private readonly addresses: Addresses;
  private readonly datagrams = new Datagrams();
  private readonly bound = new Set<number>();
  private readonly handPorts = new Set<number>();
  private readonly clock = () => this.host.context.now;
  /** The one that ended last: what its machine still sends in the same breath is its own. */
  private parting: PeerConnection | null = null;
  private nextPort = FIRST_PORT;
  private nextEcho = 1;

  constructor(step: ClientStep, mac: Mac, prefix: number, server: HostConfig, seed: number) {
    this.name = step.name;
    this.options = step;
    this.address = step.ip;
    this.family = step.ip.family;
    this.mac = mac;
    this.ttl = step.ttl ?? 64;
    const changes: Partial<Record<SysctlName, number>> = {
      'ipv4.tcp_timestamps': step.timestamps === true ? 1 : 0,
      'ipv4.tcp_sack': step.noSack === true ? 0 : 1,
      'ipv4.tcp_window_scaling': step.wscale === undefined ? 0 : 1,
      'ipv4.tcp_max_tw_buckets': TIME_WAITS,
    };
    if (step.ttl !== undefined) changes['ipv4.ip_default_ttl'] = changes['ipv6.hop_limit'] = step.ttl;
    const config: HostConfig = {
      ...PLAIN_HOST,
      macs: [mac],
      addresses: [{ ...step.ip, prefix }],
      mtu: server.mtu,
      sysctl: sysctls(changes),
      seed,
    };
    this.addresses = new Addresses(config.addresses);
    this.host = new Host(config, this.trace, () => this.datagrams);
  }

  /** Opens a connection; null: the port is in use. */
  connect(time: number, to: Address, port: number, local: number, step: StepRecord | null): PeerConnection | null {
    if (this.connections.has(local)) return null;
    const connection = new PeerConnection(local, this, this.clock);
    connection.step = step;
    const [dst0, dst1, dst2, dst3] = this.address.words;
    const [src0, src1, src2, src3] = to.words;
    const words = { src0, src1, src2, src3, dst0, dst1, dst2, dst3 };
    const tuple = { family: to.family, sourcePort: port, destinationPort: local, ...words };
    const { mss, wscale, window } = this.options;
    const options = {
      ...(mss === undefined ? {} : { mss }),
      ...(wscale === undefined ? {} : { windowScale: wscale }),
      ...(window === undefined ? {} : { rcvbuf: window }),
    };
    this.connections.set(local, connection);
    this.host.act(time, () => {
      connection.socket = connect(this.host.tcp, tuple, connection, options);
    });
    if (connection.socket === null) this.connections.delete(local);
    return connection.socket === null ? null : connection;
  }

  /** What the client's program does with one of its connections. */
  act(time: number, work: () => void): void {
    this.host.act(time, work);
  }

  /** Sends a datagram from a port that the client then has; what comes back is read. */
  udp(time: number, to: Address, port: number, from: number | undefined, data: Uint8Array): void {
    const local = from ?? this.freePort();
    if (!this.bound.has(local)) {
      this.bound.add(local);
      this.host.udp.listen({ protocol: 'udp', port: local, backlog: 0, program: 'client' });
    }
    this.host.act(time, () => {
      const out = this.begin(D.udp_send, to, data.length, port);
      out.protocol = Sent.udp;
      out.sourcePort = local;
      out.destinationPort = port;
      out.payload = data;
      out.payloadEnd = data.length;
      out.dontFragment = false;
    });
  }

  ping(time: number, to: Address, size: number): void {
    const data = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
    const sequence = this.nextEcho++ & 0xffff;
    this.host.act(time, () => {
      const out = this.begin(D.icmp_echo_sent, to, sequence, size);
      const is4 = to.family === 4;
      out.protocol = is4 ? Sent.icmp : Sent.icmpv6;
      out.icmpType = is4 ? IcmpType.echoRequest : Icmpv6Type.echoRequest;
      out.icmpRest = sequence;
      out.payload = data;
      out.payloadEnd = size;
      out.dontFragment = false;
    });
  }

  /** Asks everybody on the link for an address's MAC, as ARP or a neighbour solicitation. */
  arp(time: number, address: Address): void {
    this.host.act(time, () => {
      if (address.family === 6) {
        const [w0, w1, w2, w3] = address.words;
        solicit(
          this.trace,
          this.addresses.sourceFor6(w0, w1, w2, w3),
          joinMac(this.mac.high, this.mac.low),
          w0,
          w1,
          w2,
          w3,
          true,
          1,
        );
        return;
      }
      const out = this.begin(D.arp_request_sent, address, address.words[3], 1);
      out.protocol = Sent.arp;
      out.arpOperation = ArpOperation.request;
      out.macHigh = 0xffff;
      out.macLow = 0xffff_ffff;
    });
  }

  /** A frame arrives at the client's card. */
  receive(frame: Frame): void {
    this.host.receive(frame);
  }

  connectionAt(port: number): PeerConnection | null {
    return this.connections.get(port) ?? null;
  }

  /** A script writes by hand what this port sends: the machine has no part in it. */
  byHand(port: number): void {
    this.handPorts.add(port);
  }

  /** A frame for such a port arrives. */
  isByHand(bytes: Uint8Array): boolean {
    if (this.handPorts.size === 0) return false;
    const etherType = u16(bytes, 12);
    const is4 = etherType === EtherType.ipv4;
    if (!is4 && etherType !== EtherType.ipv6) return false;
    const protocol = bytes[ETHERNET_HEADER + (is4 ? 9 : 6)];
    if (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp) return false;
    const at = ETHERNET_HEADER + (is4 ? (bytes[ETHERNET_HEADER]! & 0xf) << 2 : 40);
    return this.handPorts.has(u16(bytes, at + 2));
  }

  /** The connection that a frame from or to this client belongs to, by the client's port in it. */
  connectionOf(bytes: Uint8Array, start: number, isSent: boolean): PeerConnection | null {
    const etherType = u16(bytes, start + 12);
    let at = start + ETHERNET_HEADER;
    if (etherType === EtherType.ipv4 && bytes[at + 9] === IpProtocol.tcp) at += (bytes[at]! & 0xf) << 2;
    else if (etherType === EtherType.ipv6 && bytes[at + 6] === IpProtocol.tcp) at += 40;
    else return null;
    const port = u16(bytes, isSent ? at : at + 2);
    return this.connections.get(port) ?? (isSent && this.parting?.port === port ? this.parting : null);
  }

  ended(connection: PeerConnection): void {
    this.parting = connection;
    if (this.connections.get(connection.port) === connection) this.connections.delete(connection.port);
    if (this.onEnded !== null) this.onEnded(connection);
  }

  /** Ports by turns, as long as one is free. */
  freePort(): number {
    for (let tried = FIRST_PORT; tried <= LAST_PORT; tried++) {
      const port = this.nextPort;
      this.nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      if (!this.connections.has(port) && !this.bound.has(port) && !this.handPorts.has(port)) return port;
    }
    return FIRST_PORT;
  }

  private begin(why: number, to: Address, a: number, b: number): Transmission {
    const out = this.trace.transmit(why, a, b);
    out.family = to.family;
    [out.src0, out.src1, out.src2, out.src3] = this.address.words;
    [out.dst0, out.dst1, out.dst2, out.dst3] = to.words;
    const { sysctl } = this.host.context.config;
    out.ttl = to.family === 4 ? sysctl['ipv4.ip_default_ttl'] : sysctl['ipv6.hop_limit'];
    out.ipId = this.host.context.random.next() & 0xffff;
    return out;
  }
}

/** Reads what comes to the client's UDP ports. */
class Datagrams implements Program {
  private readonly sink: Sink = () => {};
  acceptable(): void {}
  readable(socket: Socket): void {
    socket.read(this.sink);
  }
  writable(): void {}
  ended(): void {}
}
