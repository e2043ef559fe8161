import type { Frame } from '../../wire/frame.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { type Candidate, MOST_ADDRESSES } from './candidates.ts';
import type { Peek } from './peek.ts';
import { serverPort } from './ports.ts';
import { speaker } from './speaker.ts';

/** Endpoints, and pairs of server and client, that are told apart; what comes later is not looked at for the choice of the host. */
const MOST_PAIRS = 1 << 16;

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

/** Who serves whom, and on which ports. */
export class Servers {
  readonly endpoints = new Map<number, Endpoint>();
  readonly pairs = new Map<number, Pair>();
  private readonly undecided: { from: End; to: End; fromSpokeFirst: boolean }[] = [];

  endpoint(address: Candidate, port: number, protocol: 'tcp' | 'udp'): Endpoint | undefined {
    return this.endpoints.get(endpointKey(address, port, protocol));
  }

  hasAnswered(server: Candidate, client: Candidate): boolean {
    return this.pairs.get(pairKey(server, client))?.alive === true;
  }

  /** The endpoint is spoken to, or speaks, as one that serves. */
  serve(address: Candidate, port: number, protocol: 'tcp' | 'udp'): Endpoint {
    const key = endpointKey(address, port, protocol);
    let endpoint = this.endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = { address, port, protocol, asked: 0, accepted: 0, answered: false, presumed: false, refused: false };
      if (this.endpoints.size < MOST_PAIRS) this.endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  /** A packet between the two: `alive` from the server, else to it. */
  pair(server: Candidate, client: Candidate, alive: boolean): void {
    const key = pairKey(server, client);
    const pair = this.pairs.get(key);
    if (pair !== undefined) {
      pair.alive ||= alive;
      pair.asked ||= !alive;
    } else if (this.pairs.size < MOST_PAIRS) this.pairs.set(key, { server, client, alive, asked: !alive, presumed: false });
  }

  /** The client's SYN was answered, as what it sends next shows. */
  presume(server: Candidate, port: number, client: Candidate): void {
    this.serve(server, port, 'tcp').presumed = true;
    this.pair(server, client, false);
    const pair = this.pairs.get(pairKey(server, client));
    if (pair !== undefined) pair.presumed = true;
  }

  /** A segment of a connection whose beginning is not in the capture so far: what is said tells who serves, else the ports do, else `decide`. */
  lookAtMidstream(peek: Peek, frame: Frame, source: Candidate, destination: Candidate, sourceSpokeFirst: boolean): void {
    const told = speaker(peek, frame) || serverPort(peek.sourcePort, peek.destinationPort);
    if (told > 0) this.serveMidstream(source, peek.sourcePort, destination, true);
    else if (told < 0) {
      this.serveMidstream(destination, peek.destinationPort, source, false);
      if ((peek.tcpFlags & TcpFlag.ack) !== 0) this.presume(destination, peek.destinationPort, source);
    } else if (this.undecided.length < MOST_PAIRS) {
      const from = { address: source, port: peek.sourcePort };
      const to = { address: destination, port: peek.destinationPort };
      this.undecided.push({ from, to, fromSpokeFirst: sourceSpokeFirst });
    }
  }

  /** After the last frame. Of two ends with ports that tell nothing, the one that more flows have in common serves; else the one that was spoken to. */
  decide(): void {
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

  private serveMidstream(server: Candidate, port: number, client: Candidate, sent: boolean): void {
    const endpoint = this.serve(server, port, 'tcp');
    endpoint.answered ||= sent;
    this.pair(server, client, sent);
  }
}

function pairKey(server: Candidate, client: Candidate): number {
  return server.number * MOST_ADDRESSES + client.number;
}

function endpointKey(address: Candidate, port: number, protocol: 'tcp' | 'udp'): number {
  return (address.number * 2 + (protocol === 'tcp' ? 1 : 0)) * 65536 + port;
}
