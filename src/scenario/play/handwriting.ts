import { Random } from '../../host/random.ts';
import { State } from '../../host/sockets.ts';
import { add } from '../../host/tcp/seq.ts';
import { timestamp } from '../../host/tcp/transmit.ts';
import { ArpOperation } from '../../wire/arp.ts';
import { u16, u32 } from '../../wire/bytes.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import { Frame } from '../../wire/frame.ts';
import { finalDestination } from '../../wire/ipv4-options.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { HandFlow } from '../by-hand/hand-flow.ts';
import { sealed, wrapHex, wrapUp } from '../by-hand/wire-frame.ts';
import { type Ends, packUp } from '../by-hand/wire-packet.ts';
import type { Link } from '../cable/link.ts';
import type { Address, Peer } from '../clients/peer.ts';
import type { PeerConnection } from '../clients/peer-connection.ts';
import type { StepRecord } from '../record/step-record.ts';
import type { HexStep, ReplayStep, WireStep } from '../tree/script.ts';
import { spanOf } from '../tree/script.ts';
import type { Cast, Named } from './cast.ts';
import type { About } from './open-step.ts';
import { StepError } from './step-error.ts';

const BROADCAST = { high: 0xffff, low: 0xffff_ffff };
const ETHERNET = 1;
/** Bytes of data in one packet, whatever its headers: its length field has 16 bits. */
const MOST_DATA = 65_535;

/**
 * Frames that a script writes itself. Their time is that at which they are on the server's wire: a link's faults concern them, its
 * latency does not.
 */
export class Handwriting {
  private readonly cast: Cast;
  private readonly random: Random;
  private nextId = 1;

  constructor(cast: Cast, seed: number) {
    this.cast = cast;
    this.random = new Random(seed ^ 0x5eed);
  }

  /** `bob:5000 > 80 tcp SYN`. */
  wire(step: WireStep, record: StepRecord | null): About | null {
    const { cast } = this;
    const { world } = cast;
    const named = this.connectionFor(step);
    const { packet, frame: changes } = step;
    const link = named === null ? cast.link(step.from.name, step, 'from') : world.cables.links.get(named.peer.name)!;
    const { peer } = link;
    const from = changes.fromIp ?? peer.address;
    const receiver = step.to?.name === undefined ? null : cast.link(step.to.name, step, 'to');
    const to =
      changes.toIp ?? receiver?.peer.address ?? step.to?.address ?? named?.server ?? cast.serverAddress(from.family, step);
    const hasPorts = packet.protocol === 'tcp' || packet.protocol === 'udp';
    const fromPort = step.from.port ?? named?.ports.clientPort ?? (hasPorts ? peer.freePort() : 0);
    const toPort = step.to?.port ?? named?.ports.serverPort ?? 0;
    const flow = named === null && fromPort > 0 ? world.flows.of(from.words, fromPort, to.words, toPort) : null;
    const responsesBefore = named?.connection.responses.done ?? flow?.done ?? 0;
    if (flow !== null) {
      if (hasPorts) peer.byHand(fromPort);
      flow.step = record;
    }
    const ends: Ends = {
      from,
      fromPort,
      fromMac: changes.fromMac ?? peer.mac,
      to,
      ...(changes.ipOptions === undefined || to.family === 6 ? {} : { finalTo: behindRoute(changes.ipOptions, to) }),
      toPort,
      lastPacket: packetOf(named?.connection.lastPacket ?? flow?.lastPacket ?? peer.lastPacket),
      newIss: () => this.random.next(),
      ...(receiver === null ? standing(named, flow) : facing(receiver.peer, toPort, flow)),
    };
    const data = cast.bytes('data' in packet ? packet.data : undefined, step);
    if (data.length > MOST_DATA)
      throw new StepError(`${data.length} bytes of data are more than any packet holds: ${MOST_DATA} at most`, step.at);
    const packed = packUp(packet, data, ends, receiver === null && step.to?.address === undefined && changes.toIp === undefined);
    const isQuestion = packet.protocol === 'arp' && packet.operation === ArpOperation.request;
    const toMac = isQuestion ? BROADCAST : (receiver?.peer.mac ?? cast.macTowards(to));
    const ttl = changes.ttl ?? peer.ttl;
    const frames = wrapUp(packed, { from, to, fromMac: peer.mac, toMac, ttl, id: this.nextId++ & 0xffff, changes });
    this.launch(receiver ?? link, frames, step, record, receiver === null);
    if (packet.protocol === 'tcp') {
      flow?.sent(packed.seq, packed.length, packed.flags);
      if (named !== null) goOn(named.connection, packed.seq, packed.length, packed.flags);
    }
    if (named !== null) {
      named.connection.step = record;
      world.touch(named.connection);
    }
    const ports =
      fromPort === 0
        ? null
        : { family: from.family, client: from.words, clientPort: fromPort, server: to.words, serverPort: toPort };
    if (ports === null && named === null) return null;
    return { ports: ports ?? named!.ports, connection: named?.connection ?? null, flow, responsesBefore };
  }

  /** `hex 020000000001 …`: faults are those of the link that the source MAC belongs to. */
  hex(step: HexStep, record: StepRecord | null): void {
    const { bytes, frame } = step;
    const source = bytes.length >= 12 ? u16(bytes, 6) * 0x1_0000_0000 + u32(bytes, 8) : -1;
    this.launch(this.cast.world.cables.linkByMac(source), [wrapHex(bytes, frame, step.nopad === true)], step, record, true);
  }

  /** `replay FILE`: the frames of a capture, at their own distances. */
  async replay(step: ReplayStep, record: StepRecord | null): Promise<void> {
    const { world } = this.cast;
    const begun = world.now;
    const capture = await this.cast.openCapture(step.file, step);
    try {
      const frame = new Frame();
      let first = Number.NaN;
      do {
        while (capture.next(frame)) {
          if (frame.linkType !== ETHERNET) throw new StepError(`${step.file} is no capture of Ethernet`, spanOf(step, 'file'));
          if (step.onlyFrom !== undefined && !comesFrom(frame, step.onlyFrom)) continue;
          if (Number.isNaN(first)) first = frame.time;
          const time = begun + Math.max(0, frame.time - first);
          const hasFcs = frame.fcsLength > 0;
          const bytes = hasFcs ? frame.bytes.slice(frame.start, frame.end) : sealed(frame.bytes, frame.start, frame.end);
          // no more than what is due is held in memory
          await world.runUntil(time);
          world.put(null, bytes, time, record);
        }
      } while (await capture.fill());
      for (const { file, offset, lostBytes, code, message } of capture.damages)
        this.cast.damage.push({ file, offset, lost: lostBytes ?? -1, code, message });
    } finally {
      await capture.close();
    }
  }

  /** A name without a port, or without a target, means the connection of that name where there is one. */
  private connectionFor(step: WireStep): Named | null {
    const named = this.cast.connections.get(step.from.name);
    if (named === undefined) return null;
    if (!this.cast.world.cables.links.has(step.from.name)) return named;
    return step.from.port === undefined && step.to?.port === undefined && step.packet.protocol === 'tcp' ? named : null;
  }

  /** Puts frames on the wire, as often and as late as the statement says. */
  private launch(
    link: Link | null,
    frames: readonly Uint8Array[],
    step: WireStep | HexStep,
    record: StepRecord | null,
    inbound: boolean,
  ): void {
    const { world } = this.cast;
    const { lose, dup, delay } = step.frame;
    if (lose === true) return;
    for (const bytes of frames) {
      for (let copy = dup === true ? 2 : 1; copy > 0; copy--) world.put(link, bytes, world.now + (delay ?? 0), record, inbound);
    }
  }
}

/** The numbers on which the sender stands. */
function standing(named: Named | null, flow: HandFlow | null): Pick<Ends, 'next' | 'rcvNxt' | 'window' | 'tsVal' | 'tsEcr'> {
  const none = { window: -1, tsVal: -1, tsEcr: -1 };
  if (named === null) return { ...none, next: flow?.next ?? -1, rcvNxt: flow?.rcvNxt ?? -1 };
  const { connection } = named;
  const c = connection.socket;
  if (c === null) return { ...none, next: connection.lastNext, rcvNxt: connection.lastRcvNxt };
  return {
    next: c.sndNxt,
    rcvNxt: c.rcvNxt,
    window: Math.min(0xffff, c.rcvWnd >>> c.rcvWscale),
    tsVal: c.tsOk ? timestamp(c) : -1,
    tsEcr: c.tsOk ? c.tsRecent : -1,
  };
}

/** The numbers on which whoever speaks to a client's port stands: its connection expects them, or whoever writes for it by hand. */
function facing(peer: Peer, port: number, flow: HandFlow | null): ReturnType<typeof standing> {
  const c = peer.connectionAt(port)?.socket ?? null;
  if (c === null) {
    peer.byHand(port);
    return standing(null, flow);
  }
  const next = c.state === State.synSent ? -1 : c.rcvNxt;
  return { next, rcvNxt: c.sndNxt, window: -1, tsVal: -1, tsEcr: -1 };
}

/** What is written by hand in the place of a client's connection is as if its machine had sent it, once nothing is missing before it. */
function goOn(connection: PeerConnection, seq: number, length: number, flags: number): void {
  const c = connection.socket;
  if (c === null || c.sendQueue.head !== null) return;
  if ((flags & TcpFlag.rst) !== 0) {
    if (seq === c.sndNxt) c.tcp.remove(c, 'aborted');
    return;
  }
  const end = add(seq, length + (flags & TcpFlag.fin));
  if ((flags & TcpFlag.fin) !== 0) connection.finByHand = end;
  const next = connection.ahead.reach(c.sndNxt, seq, end);
  if (next === c.sndNxt) return;
  c.sndNxt = c.writeSeq = c.pushedSeq = next;
  if (next !== connection.finByHand || c.sndShutdown) return;
  c.sndShutdown = true;
  c.finSent = true;
  c.tcp.setState(c, c.state === State.closeWait ? State.lastAck : State.finWait1);
}

/** Where a packet with these options goes in the end. */
function behindRoute(options: Uint8Array, to: Address): Address {
  return { family: 4, words: [0, 0, 0, finalDestination(options, to.words[3])] };
}

/** The IP packet in a frame of the server. */
function packetOf(frame: Uint8Array | null): Uint8Array | null {
  if (frame === null) return null;
  const at = ETHERNET_HEADER;
  const length = u16(frame, 12) === EtherType.ipv4 ? u16(frame, at + 2) : u16(frame, at + 4) + 40;
  return frame.slice(at, at + length);
}

function comesFrom({ bytes, start, end }: Frame, { family, words }: Address): boolean {
  const at = start + ETHERNET_HEADER;
  const type = u16(bytes, start + 12);
  if (family === 4) return type === EtherType.ipv4 && end - at >= 20 && u32(bytes, at + 12) === words[3];
  return type === EtherType.ipv6 && end - at >= 40 && words.every((word, i) => u32(bytes, at + 8 + i * 4) === word);
}
