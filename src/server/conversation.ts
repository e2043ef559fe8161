import { Alarm, type Clock, type Ending, type Sink, type Socket } from '../host/sockets.ts';
import { D } from '../trace/catalogue.ts';
import type { Trace } from '../trace/trace.ts';
import type { Transmission } from '../trace/transmission.ts';
import type { EarlyArrivals } from './arrivals.ts';
import type { Departing, Departures } from './departures.ts';
import { Exchanges } from './exchanges.ts';
import type { Responder } from './http/answer.ts';
import type { ConnectionRecord } from './http/exchange.ts';
import type { ExchangeLog } from './http/exchange-log.ts';
import type { HeadParser } from './http/head-parser.ts';
import type { HeadStore } from './http/head-store.ts';
import { Reading } from './http/request-input.ts';
import { LIMITS, type Limits } from './limits.ts';
import { Output } from './output.ts';
import { recordOf } from './record.ts';

/** What a server is given, and its conversations share. */
export interface GivenContext {
  readonly trace: Trace;
  readonly clock: Clock;
  readonly log: ExchangeLog;
  readonly store: HeadStore;
  /** Room for the content of requests. */
  readonly bodies: HeadStore;
  readonly parser: HeadParser;
  readonly responder: Responder;
  /** Absent: `LIMITS`. */
  readonly limits?: Limits;
}

/** What the conversations of one server share. */
export interface ServerContext extends GivenContext {
  readonly early: EarlyArrivals;
  readonly departures: Departures;
  /** Told when a timer or an answer that was waited for has moved a conversation. */
  readonly settled?: (conversation: Conversation) => void;
}

/**
 * One accepted connection: reads, writes and closes as HTTP says (RFC 9112 §9). It is an alarm too: for whatever the connection waits for
 * at the time.
 */
export class Conversation extends Alarm implements Departing {
  /** The descriptor is given back: nothing more is read or written. */
  done = false;
  readonly record: ConnectionRecord;
  readonly socket: Socket;
  private readonly context: ServerContext;
  private readonly limits: Limits;
  private readonly exchanges: Exchanges;
  private readonly output = new Output();
  /** Bytes of the stream that were read. */
  private taken = 0;
  private lingering = false;
  private clientClosed = false;
  /** Nanoseconds: since when the client has taken nothing of what waits; -1: nothing waits. */
  private blockedSince = -1;
  private readonly sink: Sink = (bytes, start, end, missing) => this.exchanges.input.feed(bytes, start, end, missing);

  constructor(context: ServerContext, socket: Socket, module: number, preStarted: boolean) {
    super();
    this.context = context;
    this.limits = context.limits ?? LIMITS;
    this.socket = socket;
    this.record = recordOf(socket);
    this.record.module = module;
    this.record.preStarted = preStarted;
    this.exchanges = new Exchanges(context, this.limits, socket, this.record, this.output, () => this.answered());
    this.watch();
  }

  /** Reads what there is, unless responses wait to be written: what cannot be answered is left to fill the window. */
  read(late: boolean): void {
    if (this.done) return;
    if (this.lingering) {
      this.readOn();
      return;
    }
    if (this.output.waiting > 0 || this.exchanges.asking !== null) {
      this.noteCame();
      if (this.socket.recvQ === 0 && this.socket.eof) this.readEnd();
      return;
    }
    this.readAll(late);
    this.proceed();
  }

  /** There is room to write again. */
  resume(): void {
    if (!this.done && !this.lingering) this.proceed();
  }

  /** The socket has left the table. */
  end(how: Ending): void {
    const { record, socket, exchanges } = this;
    record.closedBy = socket.closedBy;
    record.ending = how;
    if (!this.done) exchanges.giveUpReading();
    this.output.abandon(exchanges);
    this.context.departures.delete(this);
    if (this.done) return;
    exchanges.giveUpAsking();
    this.finish();
  }

  leaves({ seq, iss, payloadStart, payloadEnd }: Transmission): void {
    this.noteLeft(seq - iss - 1 + payloadEnd - payloadStart);
    if (!this.output.isLeaving) this.context.departures.delete(this);
  }

  /** The time of what is waited for is over. */
  override expire(now: number): void {
    if (this.done) return;
    const { exchanges } = this;
    if (exchanges.delayedUntil >= 0) {
      exchanges.delayIsOver();
      this.proceed();
    } else if (this.lingering) this.close();
    else if (this.output.waiting > 0) this.writeTimedOut();
    else if (exchanges.input.at === Reading.head || exchanges.reading !== null) {
      exchanges.timedOut(now);
      this.proceed();
    } else {
      this.context.trace.record(D.http_idle_timeout, this.socket.fd, this.limits.idleTime);
      this.close();
    }
    this.context.settled?.(this);
  }

  private answered(): void {
    this.proceed();
    this.context.settled?.(this);
  }

  /** Writes, serves the requests that had to wait for that, reads on, and closes when everything is said. */
  private proceed(): void {
    const { exchanges, socket } = this;
    const { input } = exchanges;
    while (this.flush() && exchanges.asking === null) {
      if (input.paused) {
        exchanges.late = true;
        input.resume();
      } else if (!exchanges.last && socket.recvQ > 0) this.readAll(true);
      else if (!exchanges.askedToContinue) break;
      if (exchanges.askedToContinue) exchanges.sayContinue();
    }
    if (socket.recvQ === 0 && socket.eof) this.readEnd();
    this.closeWhenOver();
    this.watch();
  }

  private readAll(late: boolean): void {
    const { socket } = this;
    const waiting = socket.recvQ;
    if (waiting > 0) this.context.trace.record(late ? D.server_read_waiting : D.server_read, socket.fd, waiting);
    this.exchanges.late = late;
    this.noteCame();
    this.taken += socket.read(this.sink);
  }

  /** What waits to be read has come by now. */
  private noteCame(): void {
    this.exchanges.arrivals.note(this.taken + this.socket.recvQ, this.context.trace);
  }

  private readEnd(): void {
    if (this.clientClosed) return;
    this.clientClosed = true;
    this.context.trace.record(D.server_end_of_stream, this.socket.fd);
  }

  /** False: something still waits to be written. */
  private flush(): boolean {
    const { socket, output } = this;
    if (output.waiting === 0) return true;
    const { trace, departures } = this.context;
    const written = output.flush(socket);
    if (written > 0) {
      if (socket.sendQ === 0) this.noteLeft();
      else departures.lookFor(this);
      if (output.isLeaving) departures.add(this);
      trace.record(D.server_write, socket.fd, written);
    }
    if (output.waiting === 0) return true;
    trace.record(D.server_write_blocked, socket.fd, output.waiting);
    if (written > 0 || this.blockedSince < 0) this.blockedSince = trace.time;
    return false;
  }

  /** The stream up to its `end`th byte has left; without it, all that was written. */
  private noteLeft(end?: number): void {
    const { output, exchanges } = this;
    if (output.leave(exchanges, end)) exchanges.noteLeft();
  }

  private closeWhenOver(): void {
    const { exchanges, clientClosed } = this;
    if (this.done || this.output.waiting > 0 || exchanges.asking !== null || (!exchanges.last && !clientClosed)) return;
    if (!clientClosed && (exchanges.lingers || this.socket.recvQ > 0)) {
      this.linger();
      return;
    }
    if (clientClosed) exchanges.giveUpReading();
    this.close();
  }

  private close(): void {
    const { socket } = this;
    this.context.trace.record(this.clientClosed ? D.server_closes_second : D.server_closes_first, socket.fd);
    this.finish();
    socket.close();
    if (this.record.closedBy === '') this.record.closedBy = socket.closedBy;
  }

  /**
   * Closes our direction alone and reads on for a while: a reset, which bytes that nobody reads would cause, could reach the client
   * before it has read the answer (RFC 9112 §9.6).
   */
  private linger(): void {
    const { clock, trace } = this.context;
    this.lingering = true;
    trace.record(D.http_linger, this.socket.fd, this.limits.lingerTime);
    this.socket.shutdown();
    if (this.record.closedBy === '') this.record.closedBy = this.socket.closedBy;
    clock.arm(this, clock.now + this.limits.lingerTime);
    this.readOn();
  }

  private readOn(): void {
    const { socket } = this;
    const { trace } = this.context;
    if (socket.recvQ > 0) trace.record(D.http_linger_read, socket.fd, socket.recvQ);
    socket.read(ignore);
    if (!socket.eof) return;
    this.readEnd();
    this.close();
  }

  private finish(): void {
    this.done = true;
    this.exchanges.input.stop();
    this.context.clock.cancel(this);
  }

  private writeTimedOut(): void {
    this.context.trace.record(D.http_write_timeout, this.socket.fd, this.limits.writeTime, this.output.waiting);
    this.output.stop(this.exchanges);
    this.close();
  }

  /** Sets the alarm for what is waited for now. */
  private watch(): void {
    const { limits, exchanges } = this;
    const { clock } = this.context;
    const { now } = clock;
    if (this.output.waiting === 0) this.blockedSince = -1;
    if (this.done || this.lingering) return;
    if (exchanges.delayedUntil >= 0) clock.arm(this, exchanges.delayedUntil);
    else if (exchanges.asking !== null) clock.cancel(this);
    else if (this.output.waiting > 0) clock.arm(this, Math.max(now, this.blockedSince + limits.writeTime));
    else if (exchanges.input.at === Reading.head) clock.arm(this, Math.max(now, exchanges.begunAt + limits.headTime));
    else clock.arm(this, now + (exchanges.reading === null ? limits.idleTime : limits.bodyTime));
  }
}

const ignore: Sink = () => {};
