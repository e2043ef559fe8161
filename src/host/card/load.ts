import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { Frame } from '../../wire/frame.ts';
import type { HostConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Packet } from '../packet.ts';
import { Alarm } from '../time/timers.ts';

const FIRST_ROOM = 2048;

/** What the driver is about: asleep until the card interrupts, or polling. */
const Cpu = { elsewhere: 0, polling: 1 } as const;

/** One place in the receive ring: memory that the card has put a frame into, and what the card decided about it. */
export class Slot {
  readonly frame = new Frame();
  /** Nanoseconds: when the frame came. */
  arrived = 0;
  /** Bytes of the frame that are an FCS. */
  trailer = 0;
  decisions: number[] = [];
  values: number[] = [];
  private memory = new Uint8Array(FIRST_ROOM);

  /** Takes the frame and the decisions so far. */
  fill(packet: Packet, trace: Trace, now: number): void {
    const { frame } = packet;
    const length = frame.end - frame.start;
    if (length > this.memory.length) this.memory = new Uint8Array(length);
    this.memory.set(frame.bytes.subarray(frame.start, frame.end));
    Object.assign(this.frame, frame);
    this.frame.bytes = this.memory;
    this.frame.start = 0;
    this.frame.end = length;
    this.arrived = now;
    this.trailer = Math.max(frame.end - packet.networkEnd, 0);
    this.decisions = [...trace.ids.subarray(0, trace.length)];
    this.values = [...trace.values.subarray(0, trace.length * 3)];
  }
}

/**
 * The receive path of a host whose CPU takes its time: the card fills a ring of slots and raises an interrupt, after `irqUsecs` or with the
 * `irqFrames`th frame that waits for it; the driver then polls, `cpuPerFrame` for each frame and `pollBudget` of them at most before other
 * work gets a turn, until the ring is empty (Linux NAPI). A frame climbs when the CPU is through with it, and gives its slot back.
 */
export class Load {
  readonly slots: number;
  /** Set by the host: a frame is taken out of the ring and climbs. */
  climb: ((slot: Slot) => void) | null = null;
  /** Set by the host: does the server program have connections to serve? */
  isServing: () => boolean = () => false;
  /** Frames that the poll under way has taken, the one that climbs included. */
  polled = 0;
  /** The poll before this one has left frames, its budget being used up. */
  isResumed = false;
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly delay: number;
  private readonly frames: number;
  private readonly cost: number;
  private readonly budget: number;
  private readonly ring: Slot[] = [];
  private readonly free: Slot[] = [];
  private state: number = Cpu.elsewhere;
  private pollBegan = 0;
  private readonly interrupt = new Call(() => this.answer());
  private readonly poll = new Call(() => this.takeOne());

  constructor(context: HostContext) {
    const { config } = context;
    this.context = context;
    this.trace = context.trace;
    this.slots = Math.max(1, config.ring);
    this.delay = config.irqUsecs * 1000;
    this.frames = config.irqFrames;
    this.cost = config.cpuPerFrame;
    this.budget = config.pollBudget;
  }

  /** The configuration asks for it: a live host whose frames may have to wait. */
  static isConfigured(config: HostConfig): boolean {
    return config.capture === null && (config.cpuPerFrame > 0 || (config.irqUsecs > 0 && config.irqFrames > 1));
  }

  /** The card has a frame for the ring; false: no slot is free. Recorded either way. */
  take(packet: Packet): boolean {
    const { trace, ring } = this;
    const { now } = this.context;
    if (ring.length === this.slots) {
      trace.record(D.nic_ring_full, this.slots);
      return false;
    }
    trace.record(D.nic_ring_slot, ring.length + 1, this.slots);
    this.tell(now);
    const slot = this.free.pop() ?? new Slot();
    slot.fill(packet, trace, now);
    ring.push(slot);
    return true;
  }

  /** How the CPU learns of the frame. */
  private tell(now: number): void {
    const { trace, context } = this;
    const waiting = this.ring.length + 1;
    const isImmediate = this.delay === 0 || this.frames <= 1;
    if (this.state === Cpu.polling) trace.record(D.nic_polling);
    else if (waiting === 1 && isImmediate) {
      trace.record(D.nic_interrupt);
      context.timers.arm(this.interrupt, now);
    } else if (waiting === 1) {
      trace.record(D.nic_interrupt_delayed, this.delay, this.frames);
      context.timers.arm(this.interrupt, now + this.delay);
    } else if (waiting === this.frames && !isImmediate) {
      trace.record(D.nic_interrupt_frames, waiting);
      context.timers.arm(this.interrupt, now);
    } else trace.record(D.nic_interrupt_pending);
  }

  /** The interrupt: whatever the CPU did, it does the driver's work now. */
  private answer(): void {
    const { trace, ring, context } = this;
    if (ring.length === 0) return;
    const waited = context.now - ring[0]!.arrived;
    trace.record(this.isServing() ? D.driver_interrupt_program : D.driver_interrupt_idle, ring.length, waited);
    this.state = Cpu.polling;
    this.polled = 0;
    this.pollBegan = context.now;
    context.timers.arm(this.poll, context.now + this.cost);
  }

  private takeOne(): void {
    const { ring, trace, context, budget } = this;
    const slot = ring.shift()!;
    this.polled++;
    this.climb?.(slot);
    this.isResumed = false;
    this.free.push(slot);
    const isSpent = budget > 0 && this.polled >= budget;
    if (ring.length > 0 && !isSpent) {
      context.timers.arm(this.poll, context.now + this.cost);
      return;
    }
    trace.record(D.driver_poll_done, this.polled, context.now - this.pollBegan);
    if (ring.length === 0) {
      this.state = Cpu.elsewhere;
      return;
    }
    this.isResumed = true;
    this.polled = 0;
    this.pollBegan = context.now;
    context.timers.arm(this.poll, context.now + this.cost);
  }
}

/** An alarm that calls somebody. */
class Call extends Alarm {
  private readonly work: () => void;

  constructor(work: () => void) {
    super();
    this.work = work;
  }

  expire(): void {
    this.work();
  }
}
