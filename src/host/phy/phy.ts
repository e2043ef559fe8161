import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Frame } from '../../wire/frame.ts';
import { BIT_NANOSECONDS, type LineSignal } from './line.ts';
import type { Reading } from './reading.ts';
import { Received, Receiver } from './receiver.ts';

const FCS_LENGTH = 4;

/** The physical layer in front of the card: a line signal becomes the octets of a frame, or nothing. */
export class Phy {
  /** Bits behind the last whole octet of the last frame. */
  dribble = 0;
  private readonly trace: Trace;
  private readonly receiver = new Receiver();

  constructor(trace: Trace) {
    this.trace = trace;
  }

  /** What was made of the last signal, bit by bit. */
  get reading(): Reading {
    return this.receiver.reading;
  }

  /**
   * The signal's octets become those of `frame`, FCS included, valid until the next signal; false: no frame was found in it, and that is
   * recorded. Whether the octets are right is for the card to say.
   */
  receive(signal: LineSignal, frame: Frame): boolean {
    const { trace, receiver } = this;
    const { reading } = receiver;
    const received = receiver.receive(signal);
    frame.bytes = receiver.bytes;
    frame.start = 0;
    frame.end = frame.wireLength = receiver.length;
    frame.fcsLength = FCS_LENGTH;
    this.dribble = receiver.dribble;
    if (received === Received.silence) {
      trace.record(D.phy_no_signal, Math.round((signal.samples.length / signal.samplesPerBit) * BIT_NANOSECONDS));
      return false;
    }
    trace.record(D.phy_signal_found, Math.round((reading.foundAt / signal.samplesPerBit) * BIT_NANOSECONDS));
    if (received === Received.noLock) {
      trace.record(D.phy_no_lock);
      return false;
    }
    trace.record(D.phy_preamble_locked, reading.lockedAt);
    const sought = reading.count - reading.lockedAt;
    if (received === Received.sfdLost) trace.record(D.phy_sfd_lost, sought);
    else if (received === Received.short) trace.record(D.phy_carrier_short, sought);
    if (received !== Received.frame) return false;
    trace.record(D.phy_sfd_found, reading.dataAt);
    const violations = reading.violationCount;
    if (violations > 0) trace.record(D.phy_code_violation, violations, reading.count - reading.dataAt);
    if (receiver.dribble > 0) trace.record(D.phy_dribble, receiver.dribble);
    trace.record(D.phy_frame_received, receiver.length, reading.drift);
    return true;
  }
}
