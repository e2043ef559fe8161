import { ArpOperation } from '../../wire/arp.ts';
import { u16, u32 } from '../../wire/bytes.ts';
import { EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IcmpType } from '../../wire/icmp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { type Candidate, type Candidates, claim } from './candidates.ts';
import { Peek } from './peek.ts';
import type { Servers } from './servers.ts';

/** Neighbours, and protocols of addresses, that are remembered. */
const MOST = 1 << 16;
/** Offset of the operation in an ARP packet. */
const OPERATION = 6;
/** Codes of "port unreachable". */
const PORT4 = 3;
const PORT6 = 4;

/** What packets without ports tell of who is there: ARP, ICMP, neighbour discovery, other IP protocols. */
export class Messages {
  /** Who was asked for by neighbour solicitations; true: and has answered. */
  readonly neighbours = new Map<Candidate, boolean>();
  /** IP protocols other than TCP and UDP by who sent them: number of the address × 256 + protocol. */
  private readonly spoken = new Set<number>();
  private readonly candidates: Candidates;
  private readonly servers: Servers;
  private readonly quoted = new Peek();

  constructor(candidates: Candidates, servers: Servers) {
    this.candidates = candidates;
    this.servers = servers;
  }

  /** The address has sent packets of this IP protocol (neither TCP nor UDP). */
  speaks({ number }: Candidate, protocol: number): boolean {
    return this.spoken.has(number * 256 + protocol);
  }

  look(peek: Peek, frame: Frame): void {
    const source = this.candidates.source(peek);
    const destination = this.candidates.destination(peek);
    if (source === null || destination === null) return;
    if (peek.etherType === EtherType.arp) {
      if (u16(frame.bytes, peek.network + OPERATION) === ArpOperation.reply) {
        this.servers.pair(source, destination, true);
        claim(source, peek);
      } else this.servers.pair(destination, source, false);
      return;
    }
    source.alive = true;
    if (peek.protocol >= 0 && this.spoken.size < MOST) this.spoken.add(source.number * 256 + peek.protocol);
    if (!peek.hasTransport) return;
    if (peek.protocol === IpProtocol.icmp) {
      if (peek.icmpType === IcmpType.echoReply) this.servers.pair(source, destination, true);
      else if (peek.icmpType === IcmpType.echoRequest) this.servers.pair(destination, source, false);
      else if (peek.icmpType === IcmpType.destinationUnreachable) this.lookAtUnreachable(peek, frame);
    } else if (peek.protocol === IpProtocol.icmpv6) {
      if (peek.icmpType === Icmpv6Type.echoReply) this.servers.pair(source, destination, true);
      else if (peek.icmpType === Icmpv6Type.echoRequest) this.servers.pair(destination, source, false);
      else if (peek.icmpType === Icmpv6Type.destinationUnreachable) this.lookAtUnreachable(peek, frame);
      else if (peek.icmpType === Icmpv6Type.neighborSolicitation || peek.icmpType === Icmpv6Type.neighborAdvertisement)
        this.lookAtNeighbour(peek, frame, source, destination);
    }
  }

  /** Neighbour discovery (RFC 4861): who was asked for, and who has answered; all hosts of a link do both. */
  private lookAtNeighbour(peek: Peek, { bytes, end }: Frame, source: Candidate, destination: Candidate): void {
    const at = peek.transport + 8;
    if (end - at < 16) return;
    const isAnswer = peek.icmpType === Icmpv6Type.neighborAdvertisement;
    // whoever looks whether its address is free, or tells everybody of it, is not asked
    if ((isAnswer ? peek.dst0 >>> 24 === 0xff : isUnspecified(peek)) || this.neighbours.size >= MOST) return;
    const target = this.candidates.add(6, u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12));
    const asker = isAnswer ? destination : source;
    if (target === null || asker === target) return;
    // an answer to nobody in the capture tells who receives it, rather
    if (!isAnswer) this.neighbours.set(target, this.neighbours.get(target) === true);
    else if (this.neighbours.has(target)) this.neighbours.set(target, true);
  }

  /** Whoever refuses what was sent to it answers; a port unreachable quotes the datagram that found no socket. */
  private lookAtUnreachable(peek: Peek, frame: Frame): void {
    const { quoted, candidates } = this;
    quoted.lookAtPacket(frame.bytes, peek.transport + 8, frame.end);
    if (quoted.family === 0) return;
    const target = candidates.destination(quoted);
    const asker = candidates.destination(peek);
    if (target === null) return;
    if (target === candidates.source(peek) && asker !== null) this.servers.pair(target, asker, true);
    if (frame.bytes[peek.transport + 1] !== (peek.protocol === IpProtocol.icmp ? PORT4 : PORT6)) return;
    if (quoted.protocol === IpProtocol.udp && quoted.hasTransport)
      this.servers.serve(target, quoted.destinationPort, 'udp').refused = true;
  }
}

function isUnspecified({ src0, src1, src2, src3 }: Peek): boolean {
  return (src0 | src1 | src2 | src3) === 0;
}
