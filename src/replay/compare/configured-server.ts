import type { Clock, Ending, Socket } from '../../host/sockets.ts';
import { type Alarm, Timers } from '../../host/time/timers.ts';
import type { CapturedTap } from '../../server/captured/server.ts';
import type { ServerConfiguration } from '../../server/configuration.ts';
import { Programs } from '../../server/programs.ts';
import type { ResponseEvent, TraceEvent } from '../../trace/events.ts';
import { Trace } from '../../trace/trace.ts';
import { BodySums } from './answers.ts';
import { StreamListener, StreamSocket } from './stream-socket.ts';

const FIRST_DESCRIPTOR = 3;

/**
 * A configured server beside a captured one: it reads what the captured one's clients sent, as a stream and at the same times, and answers as it
 * would. No packet is made of it. A connection whose beginning was not captured, or whose port it does not listen on, has no such twin.
 */
export class ConfiguredServer implements CapturedTap {
  readonly programs: Programs;
  readonly sums = new BodySums();
  private readonly trace = new Trace();
  private readonly timers = new Timers();
  private readonly listeners = new Map<number, StreamListener>();
  private readonly twins = new Map<Socket, StreamSocket>();
  private readonly answered: ResponseEvent[] = [];
  private readonly clock: Clock;

  constructor(configuration: ServerConfiguration) {
    const { trace, timers } = this;
    trace.events = [];
    this.programs = new Programs(trace, configuration);
    this.programs.log.watch = this.sums;
    this.clock = {
      get now() {
        return trace.time;
      },
      arm: (alarm: Alarm, due: number) => timers.arm(alarm, Math.max(due, trace.time)),
      cancel: (alarm: Alarm) => timers.cancel(alarm),
    };
    for (const config of configuration.host.listeners) {
      if (config.protocol !== 'tcp' || this.listeners.has(config.port)) continue;
      const program = this.programs.programFor(config);
      const listener = new StreamListener(FIRST_DESCRIPTOR + this.listeners.size, config.port, config.backlog, program);
      this.listeners.set(config.port, listener);
      program.started?.(listener, this.clock);
    }
  }

  /** Time has come to `time`, and frame `frame` climbs (0: none): what was due before is done. */
  begin(time: number, frame: number): void {
    const { timers, trace } = this;
    for (let alarm = timers.take(time); alarm !== null; alarm = timers.take(time)) {
      const { due } = alarm;
      alarm.due = Number.POSITIVE_INFINITY;
      trace.begin(due);
      alarm.expire(due);
      this.gather();
    }
    trace.begin(time, frame);
  }

  /** Lets mounted programs answer; null where none was asked. */
  settle(): Promise<void> | null {
    const pending = this.programs.settle();
    if (pending === null) return null;
    const { time, frame } = this.trace;
    return pending.then(() => {
      this.begin(time, frame);
      return this.settle() ?? undefined;
    });
  }

  /** Its responses since it was asked last, into `events`. */
  tell(events: TraceEvent[]): void {
    this.gather();
    events.push(...this.answered);
    this.answered.length = 0;
  }

  read(socket: Socket, bytes: Uint8Array, start: number, end: number, missing: number): void {
    this.twinOf(socket)?.put(bytes, start, end, missing);
  }

  readDone(socket: Socket): void {
    const twin = this.twins.get(socket);
    if (twin === undefined) return;
    if (socket.eof) twin.putEnd();
    if (twin.closed) return;
    twin.program!.readable(twin);
    this.gather();
  }

  ended(socket: Socket, how: Ending): void {
    const twin = this.twins.get(socket);
    if (twin === undefined) return;
    this.twins.delete(socket);
    // closed in order, it is the captured server that is done: ours may still have to answer
    if (how !== 'closed') twin.end(how);
    else if (!twin.closed && !twin.eof) {
      twin.putEnd();
      twin.program!.readable(twin);
    }
    this.gather();
  }

  private twinOf(socket: Socket): StreamSocket | null {
    const known = this.twins.get(socket);
    // sockets of captured connections are used again for others
    if (known !== undefined && known.openedAt === socket.openedAt && known.peerPort === socket.peerPort) return known;
    const listener = this.listeners.get(socket.localPort);
    if (listener === undefined || socket.adopted) return null;
    const twin = new StreamSocket(socket, listener.program!);
    this.twins.set(socket, twin);
    listener.connect(twin);
    return twin;
  }

  private gather(): void {
    const { events } = this.trace;
    for (const event of events!) if (event.type === 'response') this.answered.push(event);
    events!.length = 0;
  }
}
