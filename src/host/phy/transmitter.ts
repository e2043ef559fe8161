import { Gaussian } from './gaussian.ts';
import { IDLE_BITS, type LineSignal, SAMPLES_PER_BIT, SILENCE_BITS } from './line.ts';
import { manchester } from './manchester.ts';

/** Part of a bit time that an edge takes: 25 ns. */
const EDGE = 0.25;
/** Part of a bit time in which the line falls to 1/e when the transmitter lets go of it. */
const DECAY = 0.5;

/** What becomes of a signal between transmitter and receiver. */
export interface LineConditions {
  /** What the line leaves of the transmitter's amplitude. Absent: 1. */
  readonly amplitude?: number;
  /** Deviation of Gaussian noise; the transmitter's amplitude is 1. Absent: none. */
  readonly noise?: number;
  /** The same seed gives the same noise and the same phase. Absent: 1. */
  readonly seed?: number;
  /** How much faster the sender's clock runs than the receiver's, in parts per million; IEEE 802.3 allows each 100. */
  readonly drift?: number;
  /** Bits behind the last octet, as repeaters and collisions leave them. */
  readonly dribble?: number;
}

/**
 * The line signal of a frame: `bytes[start, end)` with its FCS, as a 10BASE-T transmitter sends it and noise and clocks change it.
 * Silence, preamble, start of frame delimiter, the octets, TP_IDL, silence. Any bytes can be sent, any number of them.
 */
export function transmitSignal(bytes: Uint8Array, start: number, end: number, conditions: LineConditions = {}): LineSignal {
  const { amplitude = 1, noise = 0, seed = 1, drift = 0, dribble = 0 } = conditions;
  const halves = manchester(bytes, start, end, dribble);
  const chance = new Gaussian(seed);
  // Receiver and sender sample and send when it suits them: where in a sample the frame begins is chance.
  const phase = chance.even();
  const bits = halves.length / 2;
  const step = (1 + drift * 1e-6) / SAMPLES_PER_BIT;
  const samples = new Float32Array(Math.ceil((bits + IDLE_BITS + 2 * SILENCE_BITS) / step));
  for (let i = 0; i < samples.length; i++) {
    const level = amplitude * levelAt(halves, (i + phase) * step - SILENCE_BITS);
    samples[i] = noise > 0 ? level + noise * chance.next() : level;
  }
  return { samples, samplesPerBit: SAMPLES_PER_BIT };
}

/** The line at a time in bit times since the first bit began. */
function levelAt(halves: Int8Array, time: number): number {
  const at = Math.floor(time * 2);
  const level = idealAt(halves, at);
  const since = time - at / 2;
  const until = (at + 1) / 2 - time;
  const half = EDGE / 2;
  if (time * 2 >= halves.length + IDLE_BITS * 2) return decay(time - halves.length / 2 - IDLE_BITS);
  if (since < half) return between(idealAt(halves, at - 1), level, 0.5 + since / EDGE);
  if (until < half) return between(level, idealAt(halves, at + 1), 0.5 - until / EDGE);
  return level;
}

function idealAt(halves: Int8Array, at: number): number {
  if (at < 0) return 0;
  return halves[at] ?? (at < halves.length + IDLE_BITS * 2 ? 1 : 0);
}

function between(from: number, to: number, part: number): number {
  return from + (to - from) * part;
}

function decay(time: number): number {
  return Math.exp(-time / DECAY);
}
