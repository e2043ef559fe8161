const SECOND = 1e9;

/** How much a request may be, and how long the server waits. Bytes; nanoseconds of virtual time. */
export interface Limits {
  /** Request target: 414 beyond it. */
  readonly target: number;
  /** Field lines together, and how many: 431 beyond them. */
  readonly fieldBytes: number;
  readonly fieldLines: number;
  /** Content: 413 beyond it. */
  readonly body: number;
  /** Content of all requests that are being read together: 503 beyond it. */
  readonly bodies: number;
  /** Extensions of all chunks of a message together: 400 beyond it. */
  readonly chunkExtensions: number;
  /** A head that has begun must be whole within this: 408. */
  readonly headTime: number;
  /** Content goes on within this: 408. */
  readonly bodyTime: number;
  /** A connection without a request under way is closed after this, without a word. */
  readonly idleTime: number;
  /** The client takes something of a response within this, or the connection is given up. */
  readonly writeTime: number;
  /** After a refusal the client's bytes are still read and thrown away for so long, so that it can read why. */
  readonly lingerTime: number;
}

export const LIMITS: Limits = {
  target: 8192,
  fieldBytes: 32 * 1024,
  fieldLines: 100,
  body: 1024 * 1024,
  bodies: 256 * 1024 * 1024,
  chunkExtensions: 1024,
  headTime: 60 * SECOND,
  bodyTime: 60 * SECOND,
  idleTime: 75 * SECOND,
  writeTime: 60 * SECOND,
  lingerTime: 5 * SECOND,
};
