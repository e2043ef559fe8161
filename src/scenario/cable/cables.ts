import { isGroupMac, joinMac } from '../../wire/address.ts';
import { u16, u32 } from '../../wire/bytes.ts';
import { FCS_LENGTH } from '../../wire/crc32.ts';
import { ETHERNET_HEADER, EtherType } from '../../wire/ethernet.ts';
import { sealed } from '../by-hand/wire-frame.ts';
import type { Peer } from '../clients/peer.ts';
import type { StepRecord } from '../record/step-record.ts';
import { type Flight, FrameQueue } from './frame-queue.ts';
import { Link } from './link.ts';

/** Where a frame goes, and what it belongs to. */
export interface Journey {
  readonly link: Link | null;
  /** Nanoseconds: when it leaves, and how long it is on its way where nothing goes wrong. */
  readonly time: number;
  readonly latency: number;
  readonly inbound: boolean;
  readonly step: StepRecord | null;
  readonly fcsLength?: number;
}

/** The links between clients and server, and the frames on them. */
export class Cables {
  readonly links = new Map<string, Link>();
  private readonly queue = new FrameQueue();
  private readonly byMac = new Map<number, Link>();
  private readonly byAddress = new Map<string, Link>();

  join(peer: Peer, latency: number): Link {
    const link = new Link(peer, latency);
    this.links.set(peer.name, link);
    this.byMac.set(joinMac(peer.mac.high, peer.mac.low), link);
    this.byAddress.set(peer.address.words.join('.'), link);
    return link;
  }

  /** The link of the client with this MAC; null: nobody's. */
  linkByMac(mac: number): Link | null {
    return this.byMac.get(mac) ?? null;
  }

  peerAt(w0: number, w1: number, w2: number, w3: number): Peer | undefined {
    return this.byAddress.get(`${w0}.${w1}.${w2}.${w3}`)?.peer;
  }

  get isEmpty(): boolean {
    return this.queue.size === 0;
  }

  /** Nanoseconds when the next frame arrives; Infinity: none is on its way. */
  get next(): number {
    return this.queue.next;
  }

  /** The frame that arrives next; only where there is one. */
  take(): Flight {
    return this.queue.pop();
  }

  /** Sends a frame of the server to whom its MAC says; gives the client that it is for alone. */
  deliver(frame: Uint8Array, time: number): Peer | null {
    const high = u16(frame, 0);
    if (isGroupMac(high)) {
      for (const link of this.links.values())
        this.carry(frame, { link, time, latency: link.latency, inbound: false, step: null });
      return null;
    }
    const direct = this.byMac.get(joinMac(high, u32(frame, 2)));
    const link = direct ?? this.beyond(frame);
    if (link === undefined) return null;
    const own = direct === undefined ? readdressed(frame, link.peer) : frame;
    this.carry(own, { link, time, latency: link.latency, inbound: false, step: null });
    return link.peer;
  }

  /** Puts a frame on its way, as often and as late as its link makes it; with the bits that the link inverts. */
  carry(bytes: Uint8Array, { link, time, latency, inbound, step, fcsLength = FCS_LENGTH }: Journey): void {
    if (link === null) {
      this.send({ time: time + latency, bytes, fcsLength, link, inbound, step });
      return;
    }
    const fate = link.decide(bytes.length);
    const arrival = link.arrival(time, latency, fate, inbound);
    const { copies, flipped } = fate;
    for (let copy = 0; copy < copies; copy++) {
      const own = copy > 0 || flipped >= 0 || !inbound ? bytes.slice() : bytes;
      if (flipped >= 0) own[flipped >> 3]! ^= 1 << (flipped & 7);
      this.send({ time: arrival, bytes: own, fcsLength, link, inbound, step });
    }
  }

  private send(flight: Omit<Flight, 'order'>): void {
    if (flight.step !== null) flight.step.pending++;
    this.queue.push(flight);
  }

  /** A client behind a router that has no part in the script: the packet's own address tells who it is for. */
  private beyond(frame: Uint8Array): Link | undefined {
    const type = u16(frame, 12);
    const at = ETHERNET_HEADER;
    if (type === EtherType.ipv4) return this.byAddress.get(`0.0.0.${u32(frame, at + 16)}`);
    if (type !== EtherType.ipv6) return undefined;
    return this.byAddress.get([24, 28, 32, 36].map((offset) => u32(frame, at + offset)).join('.'));
  }
}

/** As the last router sends it on: with the client's MAC. */
function readdressed(frame: Uint8Array, { mac: { high, low } }: Peer): Uint8Array {
  const copy = frame.slice();
  copy.set([high >>> 8, high & 0xff, low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff]);
  return sealed(copy, 0, copy.length - FCS_LENGTH);
}
