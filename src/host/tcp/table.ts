import type { TcpConnection } from './connection.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';

/** An entry: connection slot, both ports, the last words of the local and the peer's address. */
const ENTRY = 4;
const EMPTY = -1;
const DELETED = -2;
/** Connections among which the idlest is looked for. */
const LOOKED_AT = 16;

/**
 * 4-tuple → connection: open addressing with linear probing. An entry holds what tells nearly all connections apart, so that the memory
 * of those that are not meant need not be touched; IPv6's other words are compared in the connection itself (IPv4 has zeros there).
 */
export class ConnectionTable {
  private mask = 1023;
  private entries = emptyEntries(1024);
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
    const { entries, mask, connections } = this;
    const ports = (localPort << 16) | peerPort;
    const local = local3 | 0;
    const peer = peer3 | 0;
    for (let at = hash(local2, local3, ports, peer2, peer3) & mask; ; at = (at + 1) & mask) {
      const slot = entries[at * ENTRY]!;
      if (slot === EMPTY) return null;
      if (entries[at * ENTRY + 1] !== ports || entries[at * ENTRY + 2] !== local || entries[at * ENTRY + 3] !== peer) continue;
      if (slot === DELETED) continue;
      const c = connections[slot]!;
      if (c.family !== family) continue;
      if (family === 4) return c;
      const isPeer = c.peer0 === peer0 && c.peer1 === peer1 && c.peer2 === peer2;
      if (isPeer && c.local0 === local0 && c.local1 === local1 && c.local2 === local2) return c;
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
    this.place(c);
    this.size++;
  }

  /** Puts `next`, of the same addresses and slot, in the place of the connection in that slot. */
  replace(next: Known): void {
    this.connections[next.slot] = next;
  }

  remove(c: Known): void {
    const { entries, mask } = this;
    let at = hashOf(c) & mask;
    while (entries[at * ENTRY] !== c.slot) {
      if (entries[at * ENTRY] === EMPTY) return;
      at = (at + 1) & mask;
    }
    // A run that ends here needs no mark.
    if (entries[((at + 1) & mask) * ENTRY] === EMPTY) {
      entries[at * ENTRY] = EMPTY;
      this.used--;
    } else {
      entries[at * ENTRY] = DELETED;
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

  private place(c: Known): void {
    const { entries, mask } = this;
    let at = hashOf(c) & mask;
    while (entries[at * ENTRY]! >= 0) at = (at + 1) & mask;
    if (entries[at * ENTRY] === EMPTY) this.used++;
    entries[at * ENTRY] = c.slot;
    entries[at * ENTRY + 1] = (c.localPort << 16) | c.peerPort;
    entries[at * ENTRY + 2] = c.local3;
    entries[at * ENTRY + 3] = c.peer3;
  }

  private rehash(): void {
    const capacity = this.size * 4 > this.mask ? (this.mask + 1) * 2 : this.mask + 1;
    this.entries = emptyEntries(capacity);
    this.mask = capacity - 1;
    this.used = 0;
    for (const c of this.connections) if (c !== null) this.place(c);
  }
}

function emptyEntries(capacity: number): Int32Array {
  const entries = new Int32Array(capacity * ENTRY);
  for (let at = 0; at < entries.length; at += ENTRY) entries[at] = EMPTY;
  return entries;
}

function hashOf(c: Known): number {
  return hash(c.local2, c.local3, (c.localPort << 16) | c.peerPort, c.peer2, c.peer3);
}

function hash(local2: number, local3: number, ports: number, peer2: number, peer3: number): number {
  let h = Math.imul(peer3 ^ (local2 << 7) ^ (peer2 << 3), 0x9e3779b1) ^ Math.imul(local3, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ ports, 0xc2b2ae35);
  return h ^ (h >>> 13);
}
