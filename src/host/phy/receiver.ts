import { type LineSignal, PREAMBLE_BYTES, SFD } from './line.ts';
import { Reading } from './reading.ts';

/** What became of a signal. */
export const Received = {
  frame: 0,
  /** Nothing rises above the noise. */
  silence: 1,
  /** Something is there, but no preamble to lock to. */
  noLock: 2,
  /** No start of frame delimiter where one has to be. */
  sfdLost: 3,
  /** The carrier ends before a frame could begin. */
  short: 4,
} as const;

/** Amplitude of the preamble's fundamental (a square wave of 1 has 4/π of it): from which on there is a signal, and a lock. */
const SQUELCH = 0.55;
const LOCK = 0.75;
const FOUND_BITS = 4;
const LOCK_BITS = 8;
/** The tone's phase may differ so much (radians) between two windows that lie a bit apart. */
const STEADY = 0.6;
/** A preamble has 64 bits with its delimiter; some may have been lost on the way, none can have come to it. */
const SFD_WITHIN = 72;
/** Less difference between the halves of a bit than this is no transition; the halves of a clean bit differ by 2. */
const TRANSITION = 0.7;
/** Both halves above: the line is held high (TP_IDL). Both nearer to 0 than this: it is let go. */
const HIGH = 0.4;
const HIGH_MEAN = 0.7;
const LOW = 0.3;
const HIGH_BITS = 2;
const LOW_BITS = 3;
/** Early-late loop: what of the error goes into the phase, and into the frequency; and the farthest that the clocks may be apart. */
const PHASE_GAIN = 0.08;
const FREQUENCY_GAIN = 0.0006;
const DRIFT_MAX = 0.0006;
const SFD_BITS = 8;
const PREAMBLE_BITS = PREAMBLE_BYTES * 8;

/**
 * A 10BASE-T receiver on samples: squelch, lock to the preamble, clock recovery by the transition in the middle of every bit, and a
 * decision for each bit by the means of its halves. It judges what it decides by violations of the code only: whether the octets are
 * those that were sent is the FCS's to say. One object serves all signals.
 */
export class Receiver {
  readonly reading = new Reading();
  /** Whole octets of the last frame, without preamble and delimiter: `length` of them. */
  bytes = new Uint8Array(2048);
  length = 0;
  /** Bits behind the last whole octet. */
  dribble = 0;
  private samples: Float32Array = new Float32Array(0);
  private perBit = 8;
  private center = 0;
  private period = 8;
  private first = 0;
  private second = 0;

  /** A `Received` number. */
  receive(signal: LineSignal): number {
    this.samples = signal.samples;
    this.perBit = signal.samplesPerBit;
    this.period = signal.samplesPerBit;
    this.length = this.dribble = 0;
    const { reading } = this;
    reading.clear();
    if (!this.lock()) return reading.foundAt < 0 ? Received.silence : Received.noLock;
    this.readBack();
    reading.lockedAt = reading.count;
    const outcome = this.findDelimiter();
    if (outcome !== Received.frame) return outcome;
    reading.dataAt = reading.count;
    this.readData();
    reading.drift = Math.round((this.perBit / this.period - 1) * 1e6);
    return Received.frame;
  }

  /** Looks for the preamble's tone, and takes the middle of the next bit from its phase. */
  private lock(): boolean {
    const { samples, perBit, reading } = this;
    const window = LOCK_BITS * perBit;
    let before = Number.NaN;
    for (let at = 0; at + window <= samples.length; at += perBit) {
      if (reading.foundAt < 0 && this.tone(at, FOUND_BITS * perBit) > SQUELCH) reading.foundAt = at;
      const strength = this.tone(at, window);
      const phase = this.phase;
      const isSteady = Math.abs(turn(phase - before)) < STEADY;
      before = phase;
      if (strength < LOCK || !isSteady || reading.foundAt < 0) continue;
      // The tone rises through zero in the middle of a one, and falls in the middle of a zero, a bit time later.
      const rise = (phase / Math.PI) * perBit;
      const bits = Math.ceil((at + window - rise) / perBit + 0.5);
      this.center = rise + bits * perBit;
      return true;
    }
    return false;
  }

  /** After `tone`: where the fundamental rises through zero, as an angle from sample 0 (2π is two bit times). */
  private phase = 0;

  /** Amplitude of the preamble's fundamental, whose period is two bit times, in a window. */
  private tone(at: number, window: number): number {
    const { samples, perBit } = this;
    const step = Math.PI / perBit;
    let sine = 0;
    let cosine = 0;
    for (let i = at; i < at + window; i++) {
      const v = samples[i]!;
      sine += v * Math.sin(i * step);
      cosine += v * Math.cos(i * step);
    }
    this.phase = Math.atan2(-cosine, sine);
    return (2 / window) * Math.hypot(sine, cosine);
  }

  /** The bits before the lock, as far back as there are transitions, so that they can be shown. */
  private readBack(): void {
    const { perBit, center } = this;
    const most = Math.min(Math.floor(center / perBit), PREAMBLE_BITS);
    let count = 0;
    for (; count < most; count++) {
      this.measure(center - (count + 1) * perBit);
      if (Math.abs(this.second - this.first) < TRANSITION) break;
    }
    for (let i = count; i > 0; i--) {
      this.center = center - i * perBit;
      this.decide();
    }
    this.center = center;
  }

  private findDelimiter(): number {
    const { reading } = this;
    let shift = 0;
    for (let i = 0; i < SFD_WITHIN; i++) {
      if (this.hasEnded()) return Received.short;
      shift = (shift >> 1) | (this.decide() << (SFD_BITS - 1));
      this.follow();
      const isFull = reading.count - reading.lockedAt >= SFD_BITS;
      if (isFull && shift === SFD) return Received.frame;
    }
    return Received.sfdLost;
  }

  private readData(): void {
    let octet = 0;
    let bits = 0;
    while (!this.hasEnded()) {
      octet |= this.decide() << bits;
      this.follow();
      if (++bits < 8) continue;
      if (this.length === this.bytes.length) this.makeRoom();
      this.bytes[this.length++] = octet;
      octet = bits = 0;
    }
    this.dribble = bits;
  }

  /** The bit around `center`, from the means of its halves. */
  private decide(): number {
    this.measure(this.center);
    const bit = this.second > this.first ? 1 : 0;
    this.reading.add(this.center, bit, Math.abs(this.second - this.first) < TRANSITION);
    return bit;
  }

  /** On to the next bit, corrected by where the transition of this one was. */
  private follow(): void {
    const late = this.lateness();
    const nominal = this.perBit;
    const period = this.period - FREQUENCY_GAIN * late;
    this.period = Math.min(Math.max(period, nominal * (1 - DRIFT_MAX)), nominal * (1 + DRIFT_MAX));
    this.center += this.period - PHASE_GAIN * late;
  }

  /** How many samples after the transition `center` lies: what the line has risen or fallen to there tells. */
  private lateness(): number {
    const { samples, center, perBit } = this;
    const at = Math.floor(center);
    const part = center - at;
    const level = (samples[at] ?? 0) * (1 - part) + (samples[at + 1] ?? 0) * part;
    const direction = this.second > this.first ? 1 : -1;
    return Math.min(Math.max(level * direction, -1), 1) * (perBit / 8);
  }

  /** The line is held high for two bit times, or let go for three. */
  private hasEnded(): boolean {
    const { center, period } = this;
    let high = 0;
    let low = 0;
    let sum = 0;
    for (let i = 0; i < LOW_BITS; i++) {
      const middle = center + i * period;
      if (middle + period / 2 >= this.samples.length) return true;
      this.measure(middle);
      const { first, second } = this;
      if (i < HIGH_BITS) {
        if (first > HIGH && second > HIGH) high++;
        sum += first + second;
      }
      if (Math.abs(first) < LOW && Math.abs(second) < LOW) low++;
    }
    return low === LOW_BITS || (high === HIGH_BITS && sum > HIGH_MEAN * HIGH_BITS * 2);
  }

  /** Means of the two halves of the bit around `middle`, without the samples at its edges. */
  private measure(middle: number): void {
    const { samples, perBit } = this;
    const half = perBit / 2;
    const margin = perBit / 8;
    const before = Math.round(middle - half + margin);
    const after = Math.round(middle + margin);
    const width = half - margin;
    let first = 0;
    let second = 0;
    for (let i = 0; i < width; i++) {
      first += samples[before + i] ?? 0;
      second += samples[after + i] ?? 0;
    }
    this.first = first / width;
    this.second = second / width;
  }

  private makeRoom(): void {
    const bytes = new Uint8Array(this.bytes.length * 2);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}

/** An angle from -π to π. */
function turn(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
