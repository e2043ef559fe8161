import type { TcpConnection } from './connection.ts';
import { FOLLOWED_OUT_OF_ORDER } from './constants.ts';
import { add, after, before } from './seq.ts';

interface Piece {
  seq: number;
  endSeq: number;
  bytes: Uint8Array;
}

const NONE = new Uint8Array(0);

/**
 * What the captured server sent, put in order: each byte is told once, however often and in whatever order the capture shows it. A hole
 * that the client has acknowledged was only missed by the capture: it is told as missing once something newer is there.
 */
export class ObservedStream {
  private next: number;
  private held: Piece[] = [];
  private heldBytes = 0;
  private finSeq = -1;
  private ended = false;

  constructor(next: number) {
    this.next = next;
  }

  /** The server has closed, and everything before that was told. */
  get isOver(): boolean {
    return this.ended && this.held.length === 0;
  }

  /** Bytes from `seq` on, `missing` more not captured. */
  take(c: TcpConnection, seq: number, bytes: Uint8Array, start: number, end: number, missing: number): void {
    const endSeq = add(seq, end - start + missing);
    if (!after(endSeq, this.next)) return;
    if (after(seq, this.next)) {
      this.hold(c, seq, endSeq, bytes, start, end);
      return;
    }
    this.tell(c, seq, endSeq, bytes, start, end);
    this.drain(c);
  }

  /** A FIN with this number was sent. */
  fin(c: TcpConnection, seq: number): void {
    this.finSeq = seq;
    this.drain(c);
  }

  /** The client has acknowledged everything before `ack`. */
  acked(c: TcpConnection, ack: number): void {
    while (this.held.length > 0 && !after(this.held[0]!.seq, ack)) {
      this.skipTo(c, this.held[0]!.seq);
      this.drain(c);
    }
    if (this.finSeq >= 0 && !this.ended && after(ack, this.finSeq)) {
      this.skipTo(c, this.finSeq);
      this.drain(c);
    }
  }

  /** The connection is over: what is held comes now, with holes. */
  finish(c: TcpConnection, ack: number): void {
    if (this.held.length > 0) this.acked(c, this.held[this.held.length - 1]!.seq);
    if (after(ack, this.next) && !this.ended) this.skipTo(c, this.finSeq >= 0 && before(this.finSeq, ack) ? this.finSeq : ack);
    this.drain(c);
  }

  private skipTo(c: TcpConnection, seq: number): void {
    const missing = (seq - this.next) | 0;
    if (missing <= 0) return;
    this.next = seq;
    c.program?.observed?.(c, NONE, 0, 0, missing);
  }

  private tell(c: TcpConnection, seq: number, endSeq: number, bytes: Uint8Array, start: number, end: number): void {
    const skip = (this.next - seq) >>> 0;
    const from = Math.min(end, start + skip);
    const length = (endSeq - this.next) >>> 0;
    this.next = endSeq;
    c.program?.observed?.(c, bytes, from, end, length - (end - from));
  }

  private hold(c: TcpConnection, seq: number, endSeq: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.heldBytes + (end - start) > FOLLOWED_OUT_OF_ORDER) {
      this.acked(c, seq);
      this.take(c, seq, bytes, start, end, ((endSeq - seq) >>> 0) - (end - start));
      return;
    }
    const copy = new Uint8Array(end - start);
    copy.set(bytes.subarray(start, end));
    let at = this.held.length;
    while (at > 0 && after(this.held[at - 1]!.seq, seq)) at--;
    this.held.splice(at, 0, { seq, endSeq, bytes: copy });
    this.heldBytes += copy.length;
  }

  private drain(c: TcpConnection): void {
    while (this.held.length > 0 && !after(this.held[0]!.seq, this.next)) {
      const piece = this.held.shift()!;
      this.heldBytes -= piece.bytes.length;
      if (after(piece.endSeq, this.next)) this.tell(c, piece.seq, piece.endSeq, piece.bytes, 0, piece.bytes.length);
    }
    if (this.finSeq >= 0 && !this.ended && this.next === this.finSeq) {
      this.ended = true;
      this.next = add(this.next, 1);
      c.program?.observedEnd?.(c);
    }
  }
}
