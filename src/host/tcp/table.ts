import type { TcpConnection } from './connection.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';
import { TupleIndex } from './tuple-index.ts';

/** Connections among which the idlest is looked for. */
const LOOKED_AT = 16;

/**
 * 4-tuple → connection. Those that only TIME_WAIT keeps are looked for in an index of their own, and last: there may be a hundred of them
 * for each connection that segments still come for, and what those need is to stay near.
 */
export class ConnectionTable {
  private readonly whole = new TupleIndex();
  private readonly waiting = new TupleIndex();
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
    const { connections } = this;
    const ports = (localPort << 16) | peerPort;
    const hash = mixed(local2, local3, ports, peer2, peer3);
    const peer = peer3 | 0;
    let index = this.whole;
    for (let at = -1; ; ) {
      at = index.find(hash, ports, peer, at);
      if (at < 0) {
        if (index === this.waiting) return null;
        index = this.waiting;
        continue;
      }
      const c = connections[index.slotAt(at)]!;
      if (c.family !== family) continue;
      if (family === 4) return c;
      const isPeer = c.peer0 === peer0 && c.peer1 === peer1 && c.peer2 === peer2;
      if (isPeer && c.local0 === local0 && c.local1 === local1 && c.local2 === local2 && c.local3 === local3) return c;
    }
  }

  add(c: TcpConnection): void {
    let slot = this.free.pop();
    if (slot === undefined) {
      slot = this.connections.length;
      this.connections.push(c);
    } else {
      this.connections[slot] = c;
    }
    c.slot = slot;
    const ports = portsOf(c);
    this.whole.add(slot, hashOf(c, ports), ports, c.peer3);
    this.size++;
  }

  /** What TIME_WAIT keeps of the connection in a slot, of the same addresses, takes its place. */
  replace(left: TimeWaitSocket): void {
    const { slot } = left;
    const ports = portsOf(left);
    const hash = hashOf(left, ports);
    this.connections[slot] = left;
    this.whole.remove(slot, hash);
    this.waiting.add(slot, hash, ports, left.peer3);
  }

  remove(c: Known): void {
    const index = c instanceof TimeWaitSocket ? this.waiting : this.whole;
    index.remove(c.slot, hashOf(c, portsOf(c)));
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
}

function portsOf(c: Known): number {
  return (c.localPort << 16) | c.peerPort;
}

function hashOf(c: Known, ports: number): number {
  return mixed(c.local2, c.local3, ports, c.peer2, c.peer3);
}

/** With all else equal, different `local3` give different hashes: where an entry fits, IPv4 addresses need no more comparing. */
function mixed(local2: number, local3: number, ports: number, peer2: number, peer3: number): number {
  let h = Math.imul(peer3 ^ (local2 << 7) ^ (peer2 << 3), 0x9e3779b1) ^ Math.imul(local3, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ ports, 0xc2b2ae35);
  return h ^ (h >>> 13);
}
