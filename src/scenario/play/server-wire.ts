import type { HostConfig } from '../../host/config.ts';
import type { Host } from '../../host/host.ts';
import type { LineSignal } from '../../host/phy/line.ts';
import type { Reading } from '../../host/phy/reading.ts';
import type { Trace } from '../../trace/trace.ts';
import { Frame } from '../../wire/frame.ts';
import { settle } from '../../wire/shape.ts';
import type { Flight } from '../cable/frame-queue.ts';
import { Line } from '../cable/line.ts';
import { Viewpoint } from '../cable/viewpoint.ts';

/** Nanoseconds for eight bits at 1 Gb/s, and at 10 Mb/s. */
const OCTET_TIME = 8;
const OCTET_TIME_10BASE_T = 800;

/**
 * Somebody who watches the server's wire: each frame that reaches it or leaves it, with its FCS. `trace` has what was decided of one that
 * came in; null for one that goes out. `viewpoint`: how the script wants a capture to be taken.
 */
export type Tap = (bytes: Uint8Array, time: number, number: number, trace: Trace | null, viewpoint: Viewpoint) => void;

/** Told of a frame's signal and of what the phy made of it; both are valid during the call. */
export type OnSignal = (number: number, signal: LineSignal, reading: Reading) => void;

/** The server's end of its wire: frames go up into its card, and whoever watches sees them and those that it sends. */
export class ServerWire {
  /** Frames that reached the server. */
  frames = 0;
  tap: Tap | null = null;
  /** How the wire is captured at present. */
  viewpoint: Viewpoint;
  /** Told of each signal that came to the server's phy. */
  onSignal: OnSignal | null = null;
  /** Nanoseconds for eight bits. */
  readonly octetTime: number;
  private readonly host: Host;
  private readonly trace: Trace;
  /** What the server sends while a frame climbs comes after it on the wire. */
  private readonly answers: Uint8Array[] = [];
  private isClimbing = false;
  /** Frames in the server's receive ring, by number. */
  private readonly ring = new Map<number, Flight>();
  /** Frames come to the server as a line signal; null: as bytes. */
  private readonly phy: Line | null;
  private readonly frame = settle(new Frame(), ['time']);

  constructor(config: HostConfig, host: Host, trace: Trace) {
    this.host = host;
    this.trace = trace;
    this.viewpoint = new Viewpoint({}, config);
    this.phy = config.phy === undefined ? null : new Line(config.seed);
    this.octetTime = config.phy === undefined ? OCTET_TIME : OCTET_TIME_10BASE_T;
  }

  /** No frame waits in the ring. */
  get isQuiet(): boolean {
    return this.ring.size === 0;
  }

  /** A frame reaches the server; gives it when its climb is over, and null while it waits in the ring. */
  arrive(flight: Flight): Frame | null {
    const { frame, trace } = this;
    frame.bytes = flight.bytes;
    frame.start = 0;
    frame.end = frame.wireLength = flight.bytes.length;
    frame.time = flight.time;
    frame.fcsLength = flight.fcsLength;
    frame.number = ++this.frames;
    this.isClimbing = true;
    const isOver = this.phy === null ? this.host.receive(frame) : this.receiveSignal(this.phy, flight);
    this.isClimbing = false;
    if (this.tap !== null) {
      // of a signal, the card and a capture have what the phy has read, if anything
      const seen = this.phy === null ? flight.bytes : frame.bytes.slice(0, frame.end);
      if (seen.length > 0) this.tap(seen, flight.time, frame.number, trace, this.viewpoint);
      for (const answer of this.answers) this.tap(answer, flight.time, 0, null, this.viewpoint);
      this.answers.length = 0;
    }
    if (isOver) return frame;
    this.ring.set(frame.number, flight);
    return null;
  }

  /** The frame of that number, if it waited in the ring: its turn has come. */
  takeFromRing(number: number): Flight | undefined {
    const flight = this.ring.get(number);
    if (flight !== undefined) this.ring.delete(number);
    return flight;
  }

  /** A frame with its FCS goes out. */
  leave(bytes: Uint8Array, time: number): void {
    if (this.tap === null) return;
    if (this.isClimbing) this.answers.push(bytes);
    else this.tap(bytes, time, 0, null, this.viewpoint);
  }

  private receiveSignal(phy: Line, flight: Flight): boolean {
    const signal = phy.signalOf(flight);
    const isOver = this.host.receiveSignal(signal, this.frame);
    const { reading } = this.host;
    if (this.onSignal !== null && reading !== null) this.onSignal(this.frame.number, signal, reading);
    return isOver;
  }
}
