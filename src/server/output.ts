import type { Socket } from '../host/sockets.ts';
import { contentOf } from './http/chunks.ts';
import type { Exchange } from './http/exchange.ts';

/** Shorter bodies go out in one write with their head. */
const SMALL = 16 * 1024;

interface Piece {
  readonly bytes: Uint8Array;
  at: number;
  /** The response that this piece is the beginning of, and the end of. */
  readonly begins: Response | null;
  readonly ends: Response | null;
}

interface Response {
  readonly exchange: Exchange;
  readonly body: Uint8Array;
  readonly isChunked: boolean;
  /** Bytes of the stream before the body. */
  readonly bodyAt: number;
}

/** A response begins, or ends, with the byte that is the `at`th of the stream. */
interface Mark {
  readonly response: Response;
  readonly at: number;
  readonly isEnd: boolean;
}

/** Who is told of the responses of a connection. */
export interface OutputListener {
  /** The first byte of a response has left the host. */
  begun(exchange: Exchange): void;
  /** So has its last. */
  ended(exchange: Exchange): void;
  /** The rest of it will not leave; so much of its content has. */
  cutOff(exchange: Exchange, bytes: number): void;
}

/** What a conversation has still to write, and what of it has not left the host. Bodies are written from where they lie. */
export class Output {
  /** Bytes that wait to be written. */
  waiting = 0;
  private pieces: Piece[] = [];
  /** Bytes of the stream that the socket has taken, and those that have left. */
  private taken = 0;
  private left = 0;
  /** Of what the socket has taken, in order. */
  private marks: Mark[] = [];

  /** Something that the socket has taken has not left. */
  get isLeaving(): boolean {
    return this.left < this.taken;
  }

  /** `exchange`: whose response it is; null: of a response before the final one. */
  add(exchange: Exchange | null, head: Uint8Array, body: Uint8Array, isChunked = false): void {
    const bodyAt = this.taken + this.waiting + head.length;
    const response = exchange === null ? null : { exchange, body, isChunked, bodyAt };
    this.waiting += head.length + body.length;
    if (body.length > SMALL) {
      this.pieces.push(
        { bytes: head, at: 0, begins: response, ends: null },
        { bytes: body, at: 0, begins: null, ends: response },
      );
      return;
    }
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    this.pieces.push({ bytes, at: 0, begins: response, ends: response });
  }

  /** Writes what the socket takes; gives the number of bytes. */
  flush(socket: Socket): number {
    const before = this.taken;
    let index = 0;
    for (; index < this.pieces.length; index++) {
      const piece = this.pieces[index]!;
      const taken = socket.write(piece.bytes, piece.at, piece.bytes.length);
      if (taken > 0 && piece.at === 0 && piece.begins !== null) this.mark(piece.begins, this.taken + 1, false);
      piece.at += taken;
      this.taken += taken;
      if (piece.at < piece.bytes.length) break;
      if (piece.ends !== null) this.mark(piece.ends, this.taken, true);
    }
    if (index > 0) this.pieces = this.pieces.slice(index);
    this.waiting -= this.taken - before;
    return this.taken - before;
  }

  /** The stream up to its `end`th byte (modulo 2³²) has left; without it, all that was written. False: it had before. */
  leave(listener: OutputListener, end = this.taken): boolean {
    const more = (end - this.left) | 0;
    if (more <= 0) return false;
    this.left += more;
    let told = 0;
    for (; told < this.marks.length && this.marks[told]!.at <= this.left; told++) {
      const { response, isEnd } = this.marks[told]!;
      if (isEnd) listener.ended(response.exchange);
      else listener.begun(response.exchange);
    }
    if (told > 0) this.marks = this.marks.slice(told);
    return true;
  }

  /** Nothing more is written: what waits for that is forgotten. */
  stop(listener: OutputListener): void {
    const { pieces } = this;
    if (pieces.length === 0) return;
    this.pieces = [];
    this.waiting = 0;
    for (const { ends } of pieces) {
      if (ends === null) continue;
      this.marks = this.marks.filter(({ response }) => response !== ends);
      this.cutOff(listener, ends);
    }
  }

  /** Nor does anything leave any more. */
  abandon(listener: OutputListener): void {
    const { marks } = this;
    if (marks.length > 0) this.marks = [];
    for (const { response, isEnd } of marks) if (isEnd) this.cutOff(listener, response);
    this.stop(listener);
  }

  private cutOff(listener: OutputListener, { exchange, body, isChunked, bodyAt }: Response): void {
    const sent = body.subarray(0, Math.max(0, this.left - bodyAt));
    listener.cutOff(exchange, isChunked ? contentOf(sent) : sent.length);
  }

  private mark(response: Response, at: number, isEnd: boolean): void {
    this.marks.push({ response, at, isEnd });
  }
}
