/** What a capture file says of one interface. Classic pcap has one, described by the file header. */
export interface CaptureInterface {
  /** Counts from 0 within its section. */
  readonly id: number;
  /** Counts from 0; always 0 in classic pcap. */
  readonly section: number;
  readonly linkType: number;
  /** Most bytes kept of a frame; 0 is no limit. */
  readonly snaplen: number;
  /** Bytes of FCS at the end of each frame; -1 where the file does not say. */
  readonly fcsLength: number;
  readonly resolution: Resolution;
  /** Seconds that are added to each time stamp. */
  readonly offsetSeconds: bigint;
  readonly name: string | null;
  readonly description: string | null;
  readonly filter: string | null;
  readonly comments: readonly string[];
  /** Frames seen so far. */
  frames: number;
  /** Received, and dropped by interface and system, as the last statistics block says; null where none does. */
  received: bigint | null;
  dropped: bigint | null;
}

/** Time stamps count units of base ** -exponent seconds. */
export interface Resolution {
  readonly base: 2 | 10;
  readonly exponent: number;
}

/** An interface of which only the file header speaks, as in classic pcap. */
export function plainInterface(linkType: number, snaplen: number, fcsLength: number, resolution: Resolution): CaptureInterface {
  return {
    id: 0,
    section: 0,
    linkType,
    snaplen,
    fcsLength,
    resolution,
    offsetSeconds: 0n,
    name: null,
    description: null,
    filter: null,
    comments: [],
    frames: 0,
    received: null,
    dropped: null,
  };
}
