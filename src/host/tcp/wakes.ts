import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Ending } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { TcpListener } from './listener.ts';
import type { Known } from './time-wait-socket.ts';

/** Which programs have to be called when the work at hand is done. A list is walked while calls add to it. */
export class Wakes {
  private readonly trace: Trace;
  private readonly listeners: TcpListener[] = [];
  private readonly readers: TcpConnection[] = [];
  private readonly writers: TcpConnection[] = [];
  private readonly endings: Known[] = [];
  private readonly hows: Ending[] = [];
  /** The one reader of most activities; those after it are in `readers`. */
  private first: TcpConnection | null = null;
  /** Others than `first` wait. */
  private more = false;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  accepter(listener: TcpListener): void {
    this.more = true;
    if (!this.listeners.includes(listener)) this.listeners.push(listener);
  }

  reader(c: TcpConnection): void {
    if (this.first === null || this.first === c) {
      this.first = c;
      return;
    }
    this.more = true;
    if (this.readers[this.readers.length - 1] !== c) this.readers.push(c);
  }

  writer(c: TcpConnection): void {
    this.more = true;
    this.writers.push(c);
  }

  end(c: Known, how: Ending): void {
    this.more = true;
    this.endings.push(c);
    this.hows.push(how);
  }

  run(): void {
    while (this.more || this.first !== null) {
      if (this.more) this.acceptAll();
      const c = this.first;
      if (c !== null) {
        this.first = null;
        this.read(c);
      }
      if (this.more) this.runOthers();
    }
  }

  private acceptAll(): void {
    for (let i = 0; i < this.listeners.length; i++) {
      const listener = this.listeners[i]!;
      if (listener.waiting > 0 && listener.program !== null) listener.program.acceptable(listener);
    }
    this.listeners.length = 0;
  }

  private runOthers(): void {
    this.more = false;
    for (let i = 0; i < this.readers.length; i++) this.read(this.readers[i]!);
    this.readers.length = 0;
    for (let i = 0; i < this.writers.length; i++) {
      const c = this.writers[i]!;
      if (c.slot >= 0 && !c.orphan) c.program?.writable(c);
    }
    this.writers.length = 0;
    for (let i = 0; i < this.endings.length; i++) this.endings[i]!.onEnd(this.hows[i]!);
    this.endings.length = 0;
    this.hows.length = 0;
    if (this.listeners.length > 0) this.more = true;
  }

  private read(c: TcpConnection): void {
    const waiting = c.receiveQueue.length;
    if (waiting === 0 && !c.finReceived) return;
    if (c.orphan || c.program === null) {
      if (waiting > 0) {
        this.trace.record(D.socket_unread, waiting);
        c.read(discard);
      }
      return;
    }
    if (c.fd < 0) {
      if (waiting > 0) this.trace.record(D.socket_not_accepted, waiting);
      c.receiveQueue.keep();
      return;
    }
    if (waiting > 0) this.trace.record(D.socket_data, waiting, c.fd);
    else if (!c.eofRead) this.trace.record(D.socket_end, c.fd);
    c.program?.readable(c);
    c.receiveQueue.keep();
  }
}

function discard(): void {}
