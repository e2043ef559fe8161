/** 10BASE-T: 10 Mbit/s (IEEE 802.3 clause 14). */
export const BIT_NANOSECONDS = 100;
/** Samples of the line in a bit time: 80 million a second. */
export const SAMPLES_PER_BIT = 8;
/** Bytes before the frame: alternating bits to lock to, and the start of frame delimiter (IEEE 802.3 §3.2.1, §3.2.2). */
export const PREAMBLE_BYTES = 7;
export const PREAMBLE = 0x55;
export const SFD = 0xd5;
/** Bit times: silence before and after a frame in a signal, and the high level that ends it (TP_IDL, §14.2.1.1). */
export const SILENCE_BITS = 4;
export const IDLE_BITS = 2.5;

/** What is on the wire while one frame passes, as the receiver's converter takes it: 1 is the transmitter's amplitude. */
export interface LineSignal {
  readonly samples: Float32Array;
  readonly samplesPerBit: number;
}
