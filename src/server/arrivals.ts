import type { Socket } from '../host/sockets.ts';
import type { Trace } from '../trace/trace.ts';

/** The stream is there up to its `end`th byte since then: nanoseconds as in Frame.time, and the frame (0: none). */
export interface Arrival {
  readonly end: number;
  readonly time: number;
  readonly frame: number;
}

/** When the bytes of one stream came, as far back as they have not been dealt with. */
export class Arrivals {
  private marks: Arrival[] = [];

  note(end: number, { time, frame }: Trace): void {
    const last = this.marks.at(-1);
    if (last === undefined || end > last.end) this.marks.push({ end, time, frame });
  }

  /** Of the `end`th byte, which came; nobody asks for an earlier one again. */
  of(end: number): Arrival {
    const { marks } = this;
    let index = 0;
    while (index < marks.length - 1 && marks[index]!.end < end) index++;
    if (index > 0) this.marks = marks.slice(index);
    return this.marks[0]!;
  }
}

/** Bytes that come before their connection is accepted. */
export class EarlyArrivals {
  private readonly trace: Trace;
  private readonly waiting = new Map<Socket, Arrivals>();

  constructor(trace: Trace) {
    this.trace = trace;
  }

  note(socket: Socket): void {
    if (socket.recvQ === 0) return;
    let arrivals = this.waiting.get(socket);
    if (arrivals === undefined) {
      arrivals = new Arrivals();
      this.waiting.set(socket, arrivals);
    }
    arrivals.note(socket.recvQ, this.trace);
  }

  /** Of a socket that is accepted now, or gone. */
  take(socket: Socket): Arrivals {
    const arrivals = this.waiting.get(socket);
    if (arrivals === undefined) return new Arrivals();
    this.waiting.delete(socket);
    return arrivals;
  }
}
