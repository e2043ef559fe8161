import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Batch } from '../batch.ts';
import type { Ending } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { TcpListener } from './listener.ts';
import type { Known } from './time-wait-socket.ts';

/** Which programs have to be called when the work at hand is done. A list is walked while calls add to it. */
export class Wakes {
  private readonly trace: Trace;
  private readonly listeners = new Batch<TcpListener>();
  private readonly readers = new Batch<TcpConnection>();
  private readonly writers = new Batch<TcpConnection>();
  private readonly endings = new Batch<Known>();
  private readonly hows = new Batch<Ending>();
  /** The one reader of most activities; those after it are in `readers`. */
  private first: TcpConnection | null = null;
  /** Others than `first` wait. */
  private more = false;

  constructor(trace: Trace) {
    this.trace = trace;
  }

  accepter(listener: TcpListener): void {
    this.more = true;
    if (!this.listeners.has(listener)) this.listeners.add(listener);
  }

  reader(c: TcpConnection): void {
    if (this.first === null || this.first === c) {
      this.first = c;
      return;
    }
    this.more = true;
    const { readers } = this;
    if (readers.size === 0 || readers.at(readers.size - 1) !== c) readers.add(c);
  }

  writer(c: TcpConnection): void {
    this.more = true;
    this.writers.add(c);
  }

  end(c: Known, how: Ending): void {
    this.more = true;
    this.endings.add(c);
    this.hows.add(how);
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
    const { listeners } = this;
    for (let i = 0; i < listeners.size; i++) {
      const listener = listeners.at(i);
      if (listener.waiting > 0 && listener.program !== null) listener.program.acceptable(listener);
    }
    listeners.clear();
  }

  private runOthers(): void {
    const { readers, writers, endings, hows } = this;
    this.more = false;
    for (let i = 0; i < readers.size; i++) this.read(readers.at(i));
    readers.clear();
    for (let i = 0; i < writers.size; i++) {
      const c = writers.at(i);
      if (c.slot >= 0 && !c.orphan) c.program?.writable(c);
    }
    writers.clear();
    for (let i = 0; i < endings.size; i++) endings.at(i).onEnd(hows.at(i));
    endings.clear();
    hows.clear();
    if (this.listeners.size > 0) this.more = true;
  }

  private read(c: TcpConnection): void {
    const waiting = c.receiveQueue.length;
    if (waiting === 0 && !c.finReceived) return;
    if (c.orphan || c.program === null) return;
    if (c.fd < 0) {
      if (waiting > 0) this.trace.record(D.socket_not_accepted, waiting);
      c.receiveQueue.keep();
      return;
    }
    if (waiting > 0) this.trace.record(D.socket_data, waiting, c.fd);
    else if (!c.eofRead) this.trace.record(D.socket_end, c.fd);
    c.program.readable(c);
    c.receiveQueue.keep();
  }
}
