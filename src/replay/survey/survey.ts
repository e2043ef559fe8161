import { u32 } from '../../wire/bytes.ts';
import { EtherType } from '../../wire/ethernet.ts';
import { type Frame, FrameDirection } from '../../wire/frame.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { AddressSet } from './address-set.ts';
import { Copies } from './copies.ts';
import { FileDirections } from './file-directions.ts';
import { Flows, Seen } from './flows.ts';
import { checkSums, isIntact, Sums } from './intact.ts';
import { Peek } from './peek.ts';
import { serverPort } from './ports.ts';
import { Reliability } from './reliability.ts';
import { speaker } from './speaker.ts';
import { Votes } from './votes.ts';
import { Way } from './way.ts';

/** Addresses, and pairs of server and client, that are told apart; what comes later is not looked at for the choice of the host. */
const MOST_ADDRESSES = 1 << 16;
const MOST_PAIRS = 1 << 16;
/** Packets whose checksums are looked at to tell a capture with meaningless ones. */
const SAMPLES = 1 << 16;
/** MACs that an address's ARP replies may name. */
const MOST_CLAIMS = 4;
const NONE: readonly number[] = [];

type Ends = Pick<Peek, 'src0' | 'src1' | 'src2' | 'src3' | 'dst0' | 'dst1' | 'dst2' | 'dst3'>;

/** What the survey knows of one IP address. */
export interface Candidate {
  readonly number: number;
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
  /** Connections it accepted (SYN-ACK sent), and that it was asked for (SYN received). */
  accepted: number;
  asked: number;
  /** It sent at least one frame. */
  alive: boolean;
  /** TCP segments to the address, and those of them that came in a frame to a group. */
  segments: number;
  grouped: number;
  /** How often a frame to (or from) the address carried the MAC; the key is upper 16 bits × 2³² + lower 32. */
  readonly macs: Map<number, number>;
  /** MACs that its ARP replies say it has; empty until there is one. */
  claimed: readonly number[];
}

export interface Endpoint {
  readonly address: Candidate;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  asked: number;
  accepted: number;
  /** It sent data although its beginning was not captured (TCP), or answered (UDP). */
  answered: boolean;
  /** A client went on as if it had been accepted, though the capture shows no answer. */
  presumed: boolean;
  /** An ICMP port unreachable or a reset said that nobody is there. */
  refused: boolean;
}

/** One end that looks like a server and one that looks like its client. */
export interface Pair {
  readonly server: Candidate;
  readonly client: Candidate;
  /** The server's end sent something, and was sent something. */
  alive: boolean;
  asked: boolean;
  /** The client acknowledged what the capture does not show. */
  presumed: boolean;
}

interface End {
  readonly address: Candidate;
  readonly port: number;
}

/** The first, fast pass over a capture file: who serves whom, under which MACs, and how much there is. Nothing is judged. */
export class Survey {
  frames = 0;
  bytes = 0;
  /** Frames by link type. */
  readonly linkTypes = new Map<number, number>();
  /** Frames of which the capture holds less than the wire did. */
  cut = 0;
  /** Null: the file says of no frame where it went. */
  directions: FileDirections | null = null;
  readonly flows = new Flows();
  /** Looked for among the first segments only. */
  readonly copies = new Copies();
  readonly candidates: Candidate[] = [];
  readonly endpoints = new Map<number, Endpoint>();
  readonly pairs = new Map<number, Pair>();
  /** Who was asked for by neighbour solicitations; true: and has answered. */
  readonly neighbours = new Map<Candidate, boolean>();
  /** IP protocols other than TCP and UDP by who sent them: number of the address × 256 + protocol. */
  private readonly spoken = new Set<number>();
  private readonly addresses = new AddressSet(MOST_ADDRESSES);
  /** Those of the last frame and of the one before: the two ends of a conversation take turns. */
  private way = new Way();
  private otherWay = new Way();
  private readonly quoted = new Peek();
  private readonly undecided: { from: End; to: End; fromSpokeFirst: boolean }[] = [];
  /** Frames that told something new, by whether their checksums are right. */
  believed = 0;
  doubted = 0;
  private readonly before: Survey | null;
  private readonly credulous: boolean;
  private readonly reliability = new Reliability();
  private sampled = 0;
  private linkType = -1;
  private linkTypeCount = 0;
  /** Votes under way: of sources and destinations, those met last and those before. */
  private readonly recent: Votes[] = [new Votes(), new Votes(), new Votes(), new Votes()];

  /** `before`: an earlier look at the same capture, which has told whose checksums mean nothing. */
  constructor(before: Survey | null = null) {
    this.before = before;
    this.credulous = before !== null && before.believed === 0;
  }

  /** Frames were doubted that can be believed now that it is known how many of their sender's checksums are wrong. */
  get needsAnotherLook(): boolean {
    if (this.doubted === 0) return false;
    return this.believed === 0 || this.reliability.hasCredible;
  }

  look(frame: Frame): void {
    this.frames++;
    this.bytes += frame.wireLength;
    if (frame.end - frame.start < frame.wireLength) this.cut++;
    if (frame.linkType !== this.linkType) this.countLinkType(frame.linkType);
    this.linkTypeCount++;
    const goesOn = this.way.takes(frame) || this.turn().takes(frame);
    const { peek } = this.way;
    if (!goesOn) {
      this.way.end();
      peek.look(frame);
      if (peek.family === 0) return;
      if (peek.hasMacs) this.countMacs(peek);
    }
    if (frame.direction !== FrameDirection.unsaid) {
      this.directions ??= new FileDirections();
      this.directions.look(peek, frame.direction);
    }
    if (this.sampled < SAMPLES && peek.hasTransport && (peek.protocol === IpProtocol.tcp || peek.protocol === IpProtocol.udp))
      this.sample(peek, frame);
    if (peek.protocol === IpProtocol.tcp) this.lookAtTcp(peek, frame);
    else if (peek.protocol === IpProtocol.udp && peek.hasTransport) this.lookAtUdp(peek, frame);
    else this.lookAtOther(peek, frame);
  }

  /** After the last frame. */
  finish(): void {
    this.countLinkType(-1);
    for (const votes of this.recent) votes.begin(null, 0);
    this.way.end();
    this.otherWay.end();
    this.decide();
  }

  find(w0: number, w1: number, w2: number, w3: number): Candidate | undefined {
    return this.candidates[this.addresses.find(w0, w1, w2, w3)];
  }

  endpoint(address: Candidate, port: number, protocol: 'tcp' | 'udp'): Endpoint | undefined {
    return this.endpoints.get(endpointKey(address, port, protocol));
  }

  private lookAtTcp(peek: Peek, frame: Frame): void {
    if (!peek.hasTransport) return;
    const before = this.flows.find(peek);
    const low = this.flows.fromLow;
    const flags = peek.tcpFlags;
    const syn = (flags & TcpFlag.syn) !== 0;
    let bits: number;
    if ((flags & TcpFlag.rst) !== 0) bits = low ? Seen.resetByLow : Seen.resetByHigh;
    else if (syn && (flags & 0x10) !== 0)
      bits = low ? Seen.synAckFromLow | Seen.sentByLow : Seen.synAckFromHigh | Seen.sentByHigh;
    else if (syn) bits = low ? Seen.synFromLow : Seen.synFromHigh;
    else bits = low ? Seen.sentByLow : Seen.sentByHigh;
    if ((before & bits) === bits || !this.isWitness(peek, frame)) return;
    if (before === 0 && low) bits |= Seen.lowSpokeFirst;
    const flow = this.flows.touch(peek);
    if (flow < 0) return;
    this.flows.mark(flow, bits);
    const source = this.source(peek);
    const destination = this.destination(peek);
    if (source === null || destination === null) return;
    source.alive = true;
    if ((flags & TcpFlag.rst) !== 0) {
      const asked = low ? before & Seen.synFromHigh : before & Seen.synFromLow;
      if (asked !== 0) {
        this.serve(source, peek.sourcePort, 'tcp').refused = true;
        this.pair(source, destination, true);
      }
    } else if (syn && (flags & 0x10) !== 0) {
      source.accepted++;
      this.pair(source, destination, true);
      this.serve(source, peek.sourcePort, 'tcp').accepted++;
    } else if (syn) {
      destination.asked++;
      this.serve(destination, peek.destinationPort, 'tcp').asked++;
    } else if ((before & (low ? Seen.synFromLow : Seen.synFromHigh)) !== 0) {
      if ((before & (low ? Seen.synAckFromHigh : Seen.synAckFromLow)) === 0)
        this.presume(destination, peek.destinationPort, source);
    } else if ((before & (Seen.synFromLow | Seen.synFromHigh | Seen.synAckFromLow | Seen.synAckFromHigh)) === 0) {
      this.lookAtMidstream(peek, frame, source, destination, (before & Seen.lowSpokeFirst) !== 0 ? low : !low);
    }
  }

  /** A segment of a connection whose beginning is not in the capture so far: what is said tells who serves, else the ports do, else `finish`. */
  private lookAtMidstream(peek: Peek, frame: Frame, source: Candidate, destination: Candidate, sourceSpokeFirst: boolean): void {
    const told = speaker(peek, frame) || serverPort(peek.sourcePort, peek.destinationPort);
    if (told > 0) this.serveMidstream(source, peek.sourcePort, destination, true);
    else if (told < 0) {
      this.serveMidstream(destination, peek.destinationPort, source, false);
      if ((peek.tcpFlags & 0x10) !== 0) this.presume(destination, peek.destinationPort, source);
    } else if (this.undecided.length < MOST_PAIRS) {
      const from = { address: source, port: peek.sourcePort };
      const to = { address: destination, port: peek.destinationPort };
      this.undecided.push({ from, to, fromSpokeFirst: sourceSpokeFirst });
    }
  }

  /** The client's SYN was answered, as what it sends next shows. */
  private presume(server: Candidate, port: number, client: Candidate): void {
    this.serve(server, port, 'tcp').presumed = true;
    this.pair(server, client, false);
    const pair = this.pairs.get(pairKey(server, client));
    if (pair !== undefined) pair.presumed = true;
  }

  private serveMidstream(server: Candidate, port: number, client: Candidate, sent: boolean): void {
    const endpoint = this.serve(server, port, 'tcp');
    endpoint.answered ||= sent;
    this.pair(server, client, sent);
  }

  /** Of two ends with ports that tell nothing, the one that more flows have in common serves; else the one that was spoken to. */
  private decide(): void {
    const flows = new Map<number, number>();
    const key = ({ address, port }: End): number => endpointKey(address, port, 'tcp');
    for (const { from, to } of this.undecided) {
      for (const end of [from, to]) flows.set(key(end), (flows.get(key(end)) ?? 0) + 1);
    }
    for (const { from, to, fromSpokeFirst } of this.undecided) {
      const more = flows.get(key(from))! - flows.get(key(to))!;
      const fromServes = more > 0 || (more === 0 && !fromSpokeFirst);
      if (fromServes) this.serveMidstream(from.address, from.port, to.address, true);
      else this.serveMidstream(to.address, to.port, from.address, false);
    }
    this.undecided.length = 0;
  }

  private lookAtUdp(peek: Peek, frame: Frame): void {
    const before = this.flows.find(peek);
    const low = this.flows.fromLow;
    const bits = low ? Seen.sentByLow : Seen.sentByHigh;
    if ((before & bits) === bits || !this.isWitness(peek, frame)) return;
    const isNew = before === 0;
    const flow = this.flows.touch(peek);
    if (flow < 0) return;
    this.flows.mark(flow, isNew && low ? bits | Seen.lowSpokeFirst : bits);
    const source = this.source(peek);
    const destination = this.destination(peek);
    if (source === null || destination === null) return;
    source.alive = true;
    const told = serverPort(peek.sourcePort, peek.destinationPort);
    const sourceServes = told > 0 || (told === 0 && !isNew);
    if (sourceServes) {
      this.serve(source, peek.sourcePort, 'udp').answered = true;
      this.pair(source, destination, true);
    } else {
      this.serve(destination, peek.destinationPort, 'udp').asked++;
      this.pair(destination, source, false);
    }
  }

  private lookAtOther(peek: Peek, frame: Frame): void {
    const source = this.source(peek);
    const destination = this.destination(peek);
    if (source === null || destination === null) return;
    if (peek.etherType === EtherType.arp) {
      const reply = frame.bytes[frame.start + 21] === 2;
      if (reply) {
        this.pair(source, destination, true);
        claim(source, peek);
      } else this.pair(destination, source, false);
      return;
    }
    source.alive = true;
    if (peek.protocol >= 0 && this.spoken.size < MOST_PAIRS) this.spoken.add(source.number * 256 + peek.protocol);
    if (!peek.hasTransport) return;
    if (peek.protocol === IpProtocol.icmp) {
      if (peek.icmpType === 0) this.pair(source, destination, true);
      else if (peek.icmpType === 8) this.pair(destination, source, false);
      else if (peek.icmpType === 3) this.lookAtUnreachable(peek, frame);
    } else if (peek.protocol === IpProtocol.icmpv6) {
      if (peek.icmpType === 129) this.pair(source, destination, true);
      else if (peek.icmpType === 128) this.pair(destination, source, false);
      else if (peek.icmpType === 1) this.lookAtUnreachable(peek, frame);
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
    if ((isAnswer ? peek.dst0 >>> 24 === 0xff : isUnspecified(peek)) || this.neighbours.size >= MOST_PAIRS) return;
    const target = this.candidate(6, u32(bytes, at), u32(bytes, at + 4), u32(bytes, at + 8), u32(bytes, at + 12));
    const asker = isAnswer ? destination : source;
    if (target === null || asker === target) return;
    // an answer to nobody in the capture tells who receives it, rather
    if (!isAnswer) this.neighbours.set(target, this.neighbours.get(target) === true);
    else if (this.neighbours.has(target)) this.neighbours.set(target, true);
  }

  /** Whoever refuses what was sent to it answers; a port unreachable quotes the datagram that found no socket. */
  private lookAtUnreachable(peek: Peek, frame: Frame): void {
    const { quoted } = this;
    quoted.lookAtPacket(frame.bytes, peek.transport + 8, frame.end);
    if (quoted.family === 0) return;
    const target = this.destination(quoted);
    const asker = this.destination(peek);
    if (target === null) return;
    if (target === this.source(peek) && asker !== null) this.pair(target, asker, true);
    if (frame.bytes[peek.transport + 1] !== (peek.protocol === IpProtocol.icmp ? 3 : 4)) return;
    if (quoted.protocol === IpProtocol.udp && quoted.hasTransport)
      this.serve(target, quoted.destinationPort, 'udp').refused = true;
  }

  private sample(peek: Peek, frame: Frame): void {
    if (peek.protocol === IpProtocol.tcp && peek.family === 4) this.copies.look(peek, frame);
    const sums = checkSums(peek, frame);
    if (sums === Sums.untold) return;
    const source = this.source(peek);
    const destination = this.destination(peek);
    if (source === null || destination === null) return;
    this.sampled++;
    this.reliability.note(source.number, destination.number, sums === Sums.wrong);
  }

  /** Are nearly all of the sender's checksums wrong, at least to this address, so that they tell nothing? */
  isUnreliable(from: Candidate, to: Candidate): boolean {
    return this.reliability.isUnreliable(from.number, to.number);
  }

  /** The same of the sender and the addressee of a packet. */
  isMeaningless({ src0, src1, src2, src3, dst0, dst1, dst2, dst3 }: Ends): boolean {
    const from = this.find(src0, src1, src2, src3);
    const to = this.find(dst0, dst1, dst2, dst3);
    return from !== undefined && to !== undefined && this.isUnreliable(from, to);
  }

  /** The address has sent packets of this IP protocol (neither TCP nor UDP). */
  speaks({ number }: Candidate, protocol: number): boolean {
    return this.spoken.has(number * 256 + protocol);
  }

  hasAnswered(server: Candidate, client: Candidate): boolean {
    return this.pairs.get(pairKey(server, client))?.alive === true;
  }

  /** May the frame be believed? One that was damaged names ports and addresses that never were. */
  private isWitness(peek: Peek, frame: Frame): boolean {
    if (isIntact(peek, frame)) {
      this.believed++;
      return true;
    }
    this.doubted++;
    if (this.credulous) return true;
    const { before } = this;
    const from = before?.find(peek.src0, peek.src1, peek.src2, peek.src3);
    const to = before?.find(peek.dst0, peek.dst1, peek.dst2, peek.dst3);
    return from !== undefined && to !== undefined && before!.reliability.isCredible(from.number, to.number);
  }

  private serve(address: Candidate, port: number, protocol: 'tcp' | 'udp'): Endpoint {
    const key = endpointKey(address, port, protocol);
    let endpoint = this.endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = { address, port, protocol, asked: 0, accepted: 0, answered: false, presumed: false, refused: false };
      if (this.endpoints.size < MOST_PAIRS) this.endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  private pair(server: Candidate, client: Candidate, alive: boolean): void {
    const key = pairKey(server, client);
    const pair = this.pairs.get(key);
    if (pair !== undefined) {
      pair.alive ||= alive;
      pair.asked ||= !alive;
    } else if (this.pairs.size < MOST_PAIRS) this.pairs.set(key, { server, client, alive, asked: !alive, presumed: false });
  }

  private source(peek: Peek): Candidate | null {
    return this.candidate(peek.family, peek.src0, peek.src1, peek.src2, peek.src3);
  }

  private destination(peek: Peek): Candidate | null {
    return this.candidate(peek.family, peek.dst0, peek.dst1, peek.dst2, peek.dst3);
  }

  private candidate(family: number, w0: number, w1: number, w2: number, w3: number): Candidate | null {
    const number = this.addresses.add(w0, w1, w2, w3);
    if (number < 0) return null;
    let candidate = this.candidates[number];
    if (candidate === undefined) {
      const words = [w0, w1, w2, w3] as const;
      candidate = {
        number,
        family: family === 6 ? 6 : 4,
        words,
        accepted: 0,
        asked: 0,
        alive: false,
        segments: 0,
        grouped: 0,
        macs: new Map(),
        claimed: NONE,
      };
      this.candidates.push(candidate);
    }
    return candidate;
  }

  /** Every frame votes for the MACs of its two addresses, so that a damaged MAC is outvoted. */
  private countMacs(peek: Peek): void {
    if (peek.etherType === EtherType.arp) return;
    const source = this.vote(
      0,
      peek.family,
      peek.src0,
      peek.src1,
      peek.src2,
      peek.src3,
      peek.sourceMacHigh * 4294967296 + peek.sourceMacLow,
    );
    const isGroup = (peek.destinationMacHigh & 0x0100) !== 0;
    // a group's MAC belongs to nobody; only TCP never speaks to one
    if (isGroup && peek.protocol !== IpProtocol.tcp) return;
    const mac = peek.destinationMacHigh * 4294967296 + peek.destinationMacLow;
    const destination = this.vote(1, peek.family, peek.dst0, peek.dst1, peek.dst2, peek.dst3, mac);
    this.way.begin(source, destination);
    if (destination === null || peek.protocol !== IpProtocol.tcp) return;
    destination.segments++;
    if (isGroup) destination.grouped++;
  }

  private vote(side: number, family: number, w0: number, w1: number, w2: number, w3: number, mac: number): Candidate | null {
    const { recent } = this;
    const first = recent[side]!;
    if (!first.isFor(w0, w1, w2, w3, mac)) {
      // the two ends of a conversation take turns
      recent[side] = recent[side + 2]!;
      recent[side + 2] = first;
      if (!recent[side].isFor(w0, w1, w2, w3, mac)) recent[side].begin(this.candidate(family, w0, w1, w2, w3), mac);
    }
    const votes = recent[side]!;
    votes.count++;
    return votes.candidate;
  }

  /** To the way of the frame before the last one. */
  private turn(): Way {
    const { way } = this;
    this.way = this.otherWay;
    this.otherWay = way;
    return this.way;
  }

  private countLinkType(next: number): void {
    if (this.linkTypeCount > 0) this.linkTypes.set(this.linkType, (this.linkTypes.get(this.linkType) ?? 0) + this.linkTypeCount);
    this.linkType = next;
    this.linkTypeCount = 0;
  }
}

function isUnspecified({ src0, src1, src2, src3 }: Peek): boolean {
  return (src0 | src1 | src2 | src3) === 0;
}

/** An ARP reply comes from the MAC that it tells of. */
function claim(source: Candidate, { hasMacs, sourceMacHigh, sourceMacLow }: Peek): void {
  const mac = sourceMacHigh * 4294967296 + sourceMacLow;
  if (!hasMacs || source.claimed.length >= MOST_CLAIMS || source.claimed.includes(mac)) return;
  source.claimed = [...source.claimed, mac];
}

function pairKey(server: Candidate, client: Candidate): number {
  return server.number * MOST_ADDRESSES + client.number;
}

function endpointKey(address: Candidate, port: number, protocol: 'tcp' | 'udp'): number {
  return (address.number * 2 + (protocol === 'tcp' ? 1 : 0)) * 65536 + port;
}
