import type { TcpConnection } from './connection.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';

const EMPTY = -1;
const DELETED = -2;
/** Connections among which the idlest is looked for. */
const LOOKED_AT = 16;

/**
 * 4-tuple → connection: open addressing over connection slots, linear probing. Lookup allocates nothing; addresses are compared in the
 * connection itself, IPv4 being four words with zeros in front.
 */
export class ConnectionTable {
  private slots = new Int32Array(1024).fill(EMPTY);
  /** Hash of the connection in each slot: another one's memory need not be touched. */
  private hashes = new Int32Array(1024);
  private mask = 1023;
  private used = 0;
  private readonly connections: (Known | null)[] = [];
  private readonly free: number[] = [];
  size = 0;
  private hand = 0;

  find(
    family: number,
    local0: number,
    local1: number,
    local2: number,
    local3: number,
    localPort: number,
    peer0: number,
    peer1: number,
    peer2: number,
    peer3: number,
    peerPort: number,
  ): Known | null {
    const { slots, hashes, mask, connections } = this;
    const h = hash(local2, local3, localPort, peer2, peer3, peerPort);
    let at = h & mask;
    for (;;) {
      const slot = slots[at]!;
      if (slot === EMPTY) return null;
      if (slot !== DELETED && hashes[at] === h) {
        const c = connections[slot]!;
        if (
          c.peerPort === peerPort &&
          c.peer3 === peer3 &&
          c.localPort === localPort &&
          c.local3 === local3 &&
          c.family === family &&
          (family === 4 ||
            (c.peer0 === peer0 &&
              c.peer1 === peer1 &&
              c.peer2 === peer2 &&
              c.local0 === local0 &&
              c.local1 === local1 &&
              c.local2 === local2))
        ) {
          return c;
        }
      }
      at = (at + 1) & mask;
    }
  }

  add(c: Known): void {
    if ((this.used + 1) * 2 > this.mask) this.rehash();
    let slot = this.free.pop();
    if (slot === undefined) {
      slot = this.connections.length;
      this.connections.push(c);
    } else {
      this.connections[slot] = c;
    }
    c.slot = slot;
    this.place(slot, hash(c.local2, c.local3, c.localPort, c.peer2, c.peer3, c.peerPort));
    this.size++;
  }

  /** Puts `next`, of the same addresses and slot, in the place of the connection in that slot. */
  replace(next: Known): void {
    this.connections[next.slot] = next;
  }

  remove(c: Known): void {
    const { slots, mask } = this;
    let at = hash(c.local2, c.local3, c.localPort, c.peer2, c.peer3, c.peerPort) & mask;
    while (slots[at] !== c.slot) {
      if (slots[at] === EMPTY) return;
      at = (at + 1) & mask;
    }
    // A run that ends here needs no mark.
    if (slots[(at + 1) & mask] === EMPTY) {
      slots[at] = EMPTY;
      this.used--;
    } else {
      slots[at] = DELETED;
    }
    this.connections[c.slot] = null;
    this.free.push(c.slot);
    c.slot = -1;
    this.size--;
  }

  *[Symbol.iterator](): Iterator<Known> {
    for (const c of this.connections) if (c !== null) yield c;
  }

  /** The one least lately heard of a few that come next in turn; null where they are all TIME_WAIT. */
  idlest(): TcpConnection | null {
    let found: TcpConnection | null = null;
    for (let looked = 0; looked < LOOKED_AT; looked++) {
      this.hand = (this.hand + 1) % this.connections.length;
      const c = this.connections[this.hand] ?? null;
      if (c instanceof TimeWaitSocket || c === null) continue;
      if (found === null || c.lastHeardAt < found.lastHeardAt) found = c;
    }
    return found;
  }

  private place(slot: number, h: number): void {
    const { slots, mask } = this;
    let at = h & mask;
    while (slots[at]! >= 0) at = (at + 1) & mask;
    if (slots[at] === EMPTY) this.used++;
    slots[at] = slot;
    this.hashes[at] = h;
  }

  private rehash(): void {
    const { slots, hashes } = this;
    const capacity = this.size * 4 > this.mask ? (this.mask + 1) * 2 : this.mask + 1;
    this.slots = new Int32Array(capacity).fill(EMPTY);
    this.hashes = new Int32Array(capacity);
    this.mask = capacity - 1;
    this.used = 0;
    for (let at = 0; at < slots.length; at++) if (slots[at]! >= 0) this.place(slots[at]!, hashes[at]!);
  }
}

function hash(local2: number, local3: number, localPort: number, peer2: number, peer3: number, peerPort: number): number {
  let h = Math.imul(peer3 ^ (local2 << 7) ^ (peer2 << 3), 0x9e3779b1) ^ Math.imul(local3, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ ((peerPort << 16) | localPort), 0xc2b2ae35);
  return h ^ (h >>> 13);
}
