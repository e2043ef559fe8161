import type { Exchange } from './exchange.ts';

/** Requests that wait for their responses; the oldest is given up for a new one (a capture may hold one direction only). */
const MOST = 1000;

/** The exchanges of a connection that have no response yet, in the order of their requests: responses come in the same (RFC 9112 §9.3.2). */
export class PendingExchanges {
  length = 0;
  first: Exchange | null = null;
  private last: Exchange | null = null;
  /** Bytes of the responses were lost, and none has begun since. */
  private holed = false;
  /** The first request that came after that. */
  private afterHole: Exchange | null = null;

  clear(): void {
    this.length = 0;
    this.first = this.last = this.afterHole = null;
    this.holed = false;
  }

  /** Gives the exchange that had to make room, or null. */
  add(exchange: Exchange): Exchange | null {
    const oldest = this.length === MOST ? this.take() : null;
    if (this.last === null) this.first = exchange;
    else this.last.next = exchange;
    this.last = exchange;
    this.length++;
    if (this.holed && this.afterHole === null) this.afterHole = exchange;
    return oldest;
  }

  take(): Exchange | null {
    const exchange = this.first;
    if (exchange === null) return null;
    this.first = exchange.next;
    exchange.next = null;
    if (this.first === null) this.last = null;
    if (this.afterHole === exchange) this.afterHole = null;
    this.length--;
    return exchange;
  }

  /** Bytes of the responses were lost: which of those that wait was answered in them is not known. */
  hole(): void {
    this.holed = true;
    this.afterHole = null;
  }

  /**
   * A response begins. Gives an exchange that can no longer have one, or null when there is none left: a client that sent another request
   * after the hole had what it waited for.
   */
  outdated(): Exchange | null {
    if (this.holed && this.afterHole !== null && this.first !== this.afterHole) return this.take();
    this.holed = false;
    this.afterHole = null;
    return null;
  }
}
