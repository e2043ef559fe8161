import type { HostConfig } from '../config.ts';

/** How the driver learns of the frame. */
export const Interrupt = { raised: 0, pending: 1, polling: 2 } as const;

/**
 * The receive ring between card and driver, as its occupancy over time: a frame takes a slot when it arrives and gives it back when
 * the CPU has taken it. An interrupt starts the CPU (after `irqUsecs`, or with the `irqFrames`th frame that waits for it);
 * then it polls, `cpuPerFrame` for each frame, until the ring is empty.
 */
export class Ring {
  readonly slots: number;
  /** Slots in use after the last arrival, its own included. */
  used = 0;
  /** An `Interrupt` number: what the last arrival meant to the driver. */
  interrupt: number = Interrupt.raised;
  /** Frames that this run of polling has taken, the last arrival included. */
  polled = 0;
  private readonly delay: number;
  private readonly frames: number;
  private readonly cpu: number;
  /** Times at which polled frames will be done: a circular buffer. */
  private readonly done: Float64Array;
  private head = 0;
  private polling = 0;
  /** Frames that wait for the interrupt, which comes at `irqAt`. */
  private waiting = 0;
  private irqAt = 0;
  private busyUntil = Number.NEGATIVE_INFINITY;

  constructor(config: HostConfig) {
    this.slots = Math.max(1, config.ring);
    this.delay = config.irqUsecs * 1000;
    this.frames = config.irqFrames;
    this.cpu = config.cpuPerFrame;
    this.done = new Float64Array(this.slots);
  }

  /** A frame arrives; false: no slot is free. Times may go backwards, as captures' clocks do. */
  arrive(now: number): boolean {
    if (this.waiting > 0 && this.irqAt <= now) this.start(this.irqAt);
    while (this.polling > 0 && this.done[this.head]! <= now) {
      this.head = this.head + 1 === this.slots ? 0 : this.head + 1;
      this.polling--;
    }
    if (this.polling + this.waiting === this.slots) return false;
    if (this.waiting > 0) {
      this.interrupt = Interrupt.pending;
      this.waiting++;
      if (this.waiting >= this.frames) this.start(now);
    } else if (now < this.busyUntil) {
      this.interrupt = Interrupt.polling;
      this.poll(this.busyUntil);
    } else {
      this.interrupt = Interrupt.raised;
      this.polled = 0;
      this.waiting = 1;
      this.irqAt = now + this.delay;
      if (this.delay === 0 || this.frames <= 1) this.start(now);
    }
    this.used = this.polling + this.waiting;
    return true;
  }

  /** The interrupt comes: the driver begins to poll what waits. */
  private start(at: number): void {
    let from = at;
    for (; this.waiting > 0; this.waiting--) {
      this.poll(from);
      from = this.busyUntil;
    }
  }

  private poll(from: number): void {
    this.busyUntil = from + this.cpu;
    let tail = this.head + this.polling;
    if (tail >= this.slots) tail -= this.slots;
    this.done[tail] = this.busyUntil;
    this.polling++;
    this.polled++;
  }
}
