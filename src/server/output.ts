import type { Socket } from '../host/sockets.ts';
import type { Exchange } from './http/exchange.ts';

/** Shorter bodies go out in one write with their head. */
const SMALL = 16 * 1024;

interface Piece {
  readonly bytes: Uint8Array;
  at: number;
  /** The exchange whose response this piece is the beginning of, and the end of. */
  readonly begins: Exchange | null;
  readonly ends: Exchange | null;
}

/** What a conversation has still to write. Bodies are written from where they lie. */
export class Output {
  /** Bytes that wait. */
  waiting = 0;
  private pieces: Piece[] = [];

  add(exchange: Exchange | null, head: Uint8Array, body: Uint8Array): void {
    this.waiting += head.length + body.length;
    if (body.length > SMALL) {
      this.pieces.push(
        { bytes: head, at: 0, begins: exchange, ends: null },
        { bytes: body, at: 0, begins: null, ends: exchange },
      );
      return;
    }
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    this.pieces.push({ bytes, at: 0, begins: exchange, ends: exchange });
  }

  /** Writes what the socket takes; gives the number of bytes. `begun` and `done` are told of responses. */
  flush(socket: Socket, begun: (exchange: Exchange) => void, done: (exchange: Exchange) => void): number {
    let written = 0;
    let index = 0;
    for (; index < this.pieces.length; index++) {
      const piece = this.pieces[index]!;
      const taken = socket.write(piece.bytes, piece.at, piece.bytes.length);
      if (taken > 0 && piece.at === 0 && piece.begins !== null) begun(piece.begins);
      piece.at += taken;
      written += taken;
      if (piece.at < piece.bytes.length) break;
      if (piece.ends !== null) done(piece.ends);
    }
    if (index > 0) this.pieces = this.pieces.slice(index);
    this.waiting -= written;
    return written;
  }

  /** Forgets what waits; `cutOff` is told of each response that does not reach its end. */
  abandon(cutOff: (exchange: Exchange) => void): void {
    for (const piece of this.pieces) if (piece.ends !== null) cutOff(piece.ends);
    this.pieces = [];
    this.waiting = 0;
  }
}
