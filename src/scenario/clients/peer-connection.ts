import type { Ending, Program, Sink, Socket } from '../../host/sockets.ts';
import { State } from '../../host/sockets.ts';
import type { TcpConnection } from '../../host/tcp/connection.ts';
import type { StepRecord } from '../record/step-record.ts';
import { Ahead } from './ahead.ts';
import { Responses } from './responses.ts';

/** First words by which a text that a client sends is taken for a request. */
const REQUEST = /^([A-Z]{3,10}) \S+ HTTP\/1\.[01]\r?\n/;
const HEAD_END = /\r?\n\r?\n/;

/** What a client's machine tells of its connections. */
export interface PeerListener {
  ended(connection: PeerConnection): void;
}

/** A client's program on one connection: writes what the script says as there is room, reads what comes, closes when it is told to. */
export class PeerConnection implements Program {
  readonly port: number;
  /** Null before it is opened and after it has left the client's table. */
  socket: TcpConnection | null = null;
  /** The last step that acted on it, where somebody expects something of that. */
  step: StepRecord | null = null;
  /** How it ended; empty while there is something of it. */
  ending: Ending | '' = '';
  /** The client reads what comes. */
  reading = true;
  /** The last frame that the server sent on it. */
  lastPacket: Uint8Array | null = null;
  /** A step waits for the response. */
  isAsked = false;
  /** Where it stood when it ended: the next number of its own, and the one expected of the server; -1: it has not. */
  lastNext = -1;
  lastRcvNxt = -1;
  /** What was written by hand in its place, ahead of its numbers; and where a FIN of that ends, -1: none. */
  readonly ahead = new Ahead();
  finByHand = -1;
  /** Bytes read. */
  received = 0;
  readonly responses: Responses;
  private readonly listener: PeerListener;
  /** What was not written yet. */
  private waiting: Uint8Array[] = [];
  private closing = false;
  private finishing = false;
  private sawEnd = false;
  private readonly sink: Sink = (bytes, start, end) => {
    this.received += end - start;
    this.responses.feed(bytes, start, end);
  };

  /** `clock`: the time now. */
  constructor(port: number, listener: PeerListener, clock: () => number) {
    this.port = port;
    this.responses = new Responses(clock);
    this.listener = listener;
  }

  /** A request was sent whose response is not complete. */
  get awaitsResponse(): boolean {
    return this.responses.done < this.responses.asked;
  }

  send(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString('latin1');
    const request = REQUEST.exec(text);
    if (request !== null && HEAD_END.test(text)) this.responses.expect(request[1]!);
    this.waiting.push(bytes);
    this.flush();
  }

  /** Closes both directions when everything is written. */
  close(): void {
    this.closing = true;
    this.flush();
  }

  /** Ends our direction when everything is written; reads on. */
  shutdown(): void {
    this.finishing = true;
    this.flush();
  }

  reset(): void {
    this.waiting = [];
    this.socket?.abort();
  }

  read(amount: 'none' | 'all'): void {
    this.reading = amount === 'all';
    if (this.reading && this.socket !== null) this.readable(this.socket);
  }

  acceptable(): void {}

  /** The connection is there, or has room again. */
  writable(_socket: Socket): void {
    this.flush();
  }

  readable(socket: Socket): void {
    if (!this.reading) return;
    if (socket.recvQ > 0) socket.read(this.sink);
    if (!socket.eof || this.sawEnd) return;
    this.sawEnd = true;
    socket.read(this.sink);
    this.responses.end();
    // the server is done, and so is a client that has read everything
    this.closing = true;
    this.flush();
  }

  ended(_socket: Socket, how: Ending): void {
    if (this.ending !== '') return;
    this.ending = how;
    if (this.socket !== null) {
      this.lastNext = this.socket.sndNxt;
      this.lastRcvNxt = this.socket.rcvNxt;
    }
    this.socket = null;
    this.lastPacket = null;
    this.waiting = [];
    this.listener.ended(this);
  }

  /** Only TIME_WAIT is left of it, which is the machine's affair. */
  retired(socket: Socket): boolean {
    if (socket.recvQ > 0) return false;
    if (this.ending === '') this.ended(socket, 'closed');
    return true;
  }

  private flush(): void {
    const { socket } = this;
    if (socket === null || socket.state === State.synSent || socket.state === State.synReceived) return;
    while (this.waiting.length > 0) {
      const bytes = this.waiting[0]!;
      const taken = socket.write(bytes, 0, bytes.length);
      if (taken < bytes.length) {
        this.waiting[0] = bytes.subarray(taken);
        return;
      }
      this.waiting.shift();
    }
    if (this.closing) socket.close();
    else if (this.finishing) socket.shutdown();
  }
}
