import type { Alarm, Clock } from '../host/sockets.ts';

/** The host's clock for programs that are made before their host is: set to it when the first socket is open. Until then no time passes. */
export class ProgramClock implements Clock {
  private host: Clock | null = null;

  get now(): number {
    return this.host === null ? 0 : this.host.now;
  }

  /** The host that the program runs on. */
  follow(host: Clock): void {
    this.host = host;
  }

  arm(alarm: Alarm, due: number): void {
    if (this.host === null) alarm.due = due;
    else this.host.arm(alarm, due);
  }

  cancel(alarm: Alarm): void {
    if (this.host === null) alarm.due = Number.POSITIVE_INFINITY;
    else this.host.cancel(alarm);
  }
}
