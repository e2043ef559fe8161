import type { Packet } from '../packet.ts';
import { SECOND } from './constants.ts';
import type { Known } from './time-wait-socket.ts';

/** Connections that are remembered after their end; a newer one takes an older one's place where both want the same. */
const PLACES = 1 << 10;
const WIDTH = 8;
/** What was under way when a connection ended comes so soon after. */
const WHILE = 60 * SECOND;
/** … and its numbers are as near to those that the connection ended with. */
const NEAR = 64 << 20;

/**
 * Numbers of followed connections that the client has reset. What was still under way then (data that the server had sent
 * before the reset came, the client's resets that answer it) belongs to none: it is not the middle of a connection that began before
 * the capture.
 */
export class Departed {
  /** Numbers of the connection last found. */
  iss = -1;
  irs = -1;
  private readonly places = new Float64Array(PLACES * WIDTH);

  add(c: Known, now: number): void {
    const { places } = this;
    const network = folded(c.peer0, c.peer1, c.peer2);
    const at = placeOf(c.peer3, c.peerPort, c.localPort);
    places[at] = c.peer3;
    places[at + 1] = c.peerPort * 65536 + c.localPort;
    places[at + 2] = c.rcvNxt;
    places[at + 3] = c.sndNxt;
    places[at + 4] = c.irs;
    places[at + 5] = c.iss;
    places[at + 6] = now + WHILE;
    places[at + 7] = network;
  }

  /** Is the client's reset of a connection that is over? */
  received(packet: Packet, seq: number, now: number): boolean {
    const { src0, src1, src2, src3, sourcePort, destinationPort } = packet;
    return this.find(folded(src0, src1, src2), src3, sourcePort, destinationPort, 2, seq, now);
  }

  /** Is the server's? */
  observed(packet: Packet, seq: number, now: number): boolean {
    const { dst0, dst1, dst2, dst3, sourcePort, destinationPort } = packet;
    return this.find(folded(dst0, dst1, dst2), dst3, destinationPort, sourcePort, 3, seq, now);
  }

  private find(
    network: number,
    peer: number,
    peerPort: number,
    localPort: number,
    side: number,
    seq: number,
    now: number,
  ): boolean {
    const { places } = this;
    const at = placeOf(peer, peerPort, localPort);
    if (places[at] !== peer || places[at + 1] !== peerPort * 65536 + localPort || now > places[at + 6]!) return false;
    if (places[at + 7] !== network) return false;
    if (Math.abs((seq - places[at + side]!) | 0) > NEAR) return false;
    this.irs = places[at + 4]!;
    this.iss = places[at + 5]!;
    return true;
  }
}

/** Of an IPv6 address the upper 96 bits, as 32; 0 of an IPv4 address. */
function folded(w0: number, w1: number, w2: number): number {
  return Math.imul(Math.imul(w0, 0x9e3779b1) ^ w1, 0x85ebca77) ^ w2;
}

function placeOf(peer: number, peerPort: number, localPort: number): number {
  const mixed = Math.imul(peer ^ Math.imul((peerPort << 16) | localPort, 0x9e3779b1), 0x85ebca77);
  return ((mixed >>> 8) & (PLACES - 1)) * WIDTH;
}
