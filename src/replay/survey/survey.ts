import { type Frame, FrameDirection } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { Candidates } from './candidates.ts';
import { Copies } from './copies.ts';
import { FileDirections } from './file-directions.ts';
import { Flows, Seen } from './flows.ts';
import { MacVotes } from './mac-votes.ts';
import { Messages } from './messages.ts';
import type { Peek } from './peek.ts';
import { serverPort } from './ports.ts';
import { Servers } from './servers.ts';
import { Trust } from './trust.ts';
import { Way } from './way.ts';

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
  readonly candidates = new Candidates();
  readonly servers = new Servers();
  readonly messages = new Messages(this.candidates, this.servers);
  readonly trust: Trust;
  private readonly macs = new MacVotes(this.candidates);
  /** Those of the last frame and of the one before: the two ends of a conversation take turns. */
  private way = new Way();
  private otherWay = new Way();
  private linkType = -1;
  private linkTypeCount = 0;

  /** `before`: an earlier look at the same capture, which has told whose checksums mean nothing. */
  constructor(before: Survey | null = null) {
    this.trust = new Trust(this.candidates, before === null ? null : before.trust);
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
      if (peek.hasMacs) this.macs.count(peek, this.way);
    }
    if (frame.direction !== FrameDirection.unsaid) {
      this.directions ??= new FileDirections();
      this.directions.look(peek, frame.direction);
    }
    if (this.trust.wantsSamples && peek.hasTransport) this.sample(peek, frame);
    if (peek.protocol === IpProtocol.tcp) this.lookAtTcp(peek, frame);
    else if (peek.protocol === IpProtocol.udp && peek.hasTransport) this.lookAtUdp(peek, frame);
    else this.messages.look(peek, frame);
  }

  /** After the last frame. */
  finish(): void {
    this.countLinkType(-1);
    this.macs.finish();
    this.way.end();
    this.otherWay.end();
    this.servers.decide();
  }

  private sample(peek: Peek, frame: Frame): void {
    if (peek.protocol !== IpProtocol.tcp && peek.protocol !== IpProtocol.udp) return;
    if (peek.protocol === IpProtocol.tcp && peek.family === 4) this.copies.look(peek, frame);
    this.trust.sample(peek, frame);
  }

  private lookAtTcp(peek: Peek, frame: Frame): void {
    if (!peek.hasTransport) return;
    const before = this.flows.find(peek);
    const low = this.flows.fromLow;
    const flags = peek.tcpFlags;
    const syn = (flags & TcpFlag.syn) !== 0;
    let bits: number;
    if ((flags & TcpFlag.rst) !== 0) bits = low ? Seen.resetByLow : Seen.resetByHigh;
    else if (syn && (flags & TcpFlag.ack) !== 0)
      bits = low ? Seen.synAckFromLow | Seen.sentByLow : Seen.synAckFromHigh | Seen.sentByHigh;
    else if (syn) bits = low ? Seen.synFromLow : Seen.synFromHigh;
    else bits = low ? Seen.sentByLow : Seen.sentByHigh;
    if ((before & bits) === bits || !this.trust.believes(peek, frame)) return;
    if (before === 0 && low) bits |= Seen.lowSpokeFirst;
    const flow = this.flows.touch(peek);
    if (flow < 0) return;
    this.flows.mark(flow, bits);
    const source = this.candidates.source(peek);
    const destination = this.candidates.destination(peek);
    if (source === null || destination === null) return;
    const { servers } = this;
    source.alive = true;
    if ((flags & TcpFlag.rst) !== 0) {
      const asked = low ? before & Seen.synFromHigh : before & Seen.synFromLow;
      if (asked !== 0) {
        servers.serve(source, peek.sourcePort, 'tcp').refused = true;
        servers.pair(source, destination, true);
      }
    } else if (syn && (flags & TcpFlag.ack) !== 0) {
      source.accepted++;
      servers.pair(source, destination, true);
      servers.serve(source, peek.sourcePort, 'tcp').accepted++;
    } else if (syn) {
      destination.asked++;
      servers.serve(destination, peek.destinationPort, 'tcp').asked++;
    } else if ((before & (low ? Seen.synFromLow : Seen.synFromHigh)) !== 0) {
      if ((before & (low ? Seen.synAckFromHigh : Seen.synAckFromLow)) === 0)
        servers.presume(destination, peek.destinationPort, source);
    } else if ((before & (Seen.synFromLow | Seen.synFromHigh | Seen.synAckFromLow | Seen.synAckFromHigh)) === 0) {
      const sourceSpokeFirst = (before & Seen.lowSpokeFirst) !== 0 ? low : !low;
      servers.lookAtMidstream(peek, frame, source, destination, sourceSpokeFirst);
    }
  }

  private lookAtUdp(peek: Peek, frame: Frame): void {
    const before = this.flows.find(peek);
    const low = this.flows.fromLow;
    const bits = low ? Seen.sentByLow : Seen.sentByHigh;
    if ((before & bits) === bits || !this.trust.believes(peek, frame)) return;
    const isNew = before === 0;
    const flow = this.flows.touch(peek);
    if (flow < 0) return;
    this.flows.mark(flow, isNew && low ? bits | Seen.lowSpokeFirst : bits);
    const source = this.candidates.source(peek);
    const destination = this.candidates.destination(peek);
    if (source === null || destination === null) return;
    source.alive = true;
    const told = serverPort(peek.sourcePort, peek.destinationPort);
    const sourceServes = told > 0 || (told === 0 && !isNew);
    if (sourceServes) {
      this.servers.serve(source, peek.sourcePort, 'udp').answered = true;
      this.servers.pair(source, destination, true);
    } else {
      this.servers.serve(destination, peek.destinationPort, 'udp').asked++;
      this.servers.pair(destination, source, false);
    }
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
