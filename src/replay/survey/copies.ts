import type { Frame } from '../../wire/frame.ts';
import type { Peek } from './peek.ts';

/** Segments that are remembered, a power of two; a newer one takes an older one's place where both want the same. */
const PLACES = 1 << 10;
const WIDTH = 7;
/** Nanoseconds within which a router passes a segment on. */
const SOON = 100_000_000;
/** Of so many segments, one at least must be a copy for it to be the capture's doing. */
const SHARE = 5;
const FEWEST = 4;

/**
 * TCP segments that a capture has twice because it was taken in two places: on both sides of a router (another TTL, or another MAC), or by a
 * switch that copies what comes in and what goes out (the same frame again). A retransmission has another IP identification.
 */
export class Copies {
  /** Segments looked at. */
  looked = 0;
  /** Second copies behind a router, and of the same frame. */
  routed = 0;
  same = 0;
  private readonly places = new Float64Array(PLACES * WIDTH);

  /** A TCP segment of IPv4. */
  look(peek: Peek, { bytes, end, time }: Frame): void {
    const { network, transport, sourceMacLow, sourcePort, destinationPort } = peek;
    if (end - transport < 16) return;
    this.looked++;
    const id = u16(bytes, network + 4);
    const name = (sourcePort * 65536 + destinationPort) * 65536 + id;
    const ttl = bytes[network + 8]!;
    const length = u16(bytes, network + 2) * 65536 + u16(bytes, transport + 12);
    const seq = u16(bytes, transport + 4) * 65536 + u16(bytes, transport + 6);
    const ack = u16(bytes, transport + 8) * 65536 + u16(bytes, transport + 10);
    const { places } = this;
    const at = (mix(seq ^ Math.imul(ack, 0x9e3779b1) ^ id) & (PLACES - 1)) * WIDTH;
    const isAgain =
      places[at] === seq &&
      places[at + 1] === ack &&
      places[at + 2] === length &&
      places[at + 3] === name &&
      Math.abs(time - places[at + 6]!) < SOON;
    if (isAgain) {
      if (places[at + 4] !== ttl || places[at + 5] !== sourceMacLow) this.routed++;
      // with the same time it is the same record, of a file that is joined twice
      else if (id !== 0 && time !== places[at + 6]) this.same++;
    }
    places[at] = seq;
    places[at + 1] = ack;
    places[at + 2] = length;
    places[at + 3] = name;
    places[at + 4] = ttl;
    places[at + 5] = sourceMacLow;
    places[at + 6] = time;
  }

  /** So many that the capture was taken so; `routed`: most of them behind a router. Null: they are not. */
  get told(): { readonly count: number; readonly routed: boolean } | null {
    const { looked, routed, same } = this;
    const count = routed + same;
    return count < FEWEST || count * SHARE < looked ? null : { count, routed: routed >= same };
  }
}

function mix(x: number): number {
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d);
  return x ^ (x >>> 12);
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
