import { TcpOptions } from '../../wire/tcp-options.ts';

const NONE = new Uint8Array(0);

/** The incoming segment under work, read once from its header. One object per host. */
export class Segment {
  seq = 0;
  ack = 0;
  /** One past the last sequence number: data, SYN and FIN counted. */
  endSeq = 0;
  flags = 0;
  /** The field, not scaled. */
  window = 0;
  urgentPointer = 0;
  headerLength = 20;
  /** Bytes of data as the IP header gives them, and the range of them that is there. */
  dataLength = 0;
  bytes: Uint8Array = NONE;
  dataStart = 0;
  dataEnd = 0;
  /** IP's ECN field is CE (3). */
  ce = false;
  /** IP's ECN field says that the sender takes part (not 0). */
  ect = false;
  readonly options = new TcpOptions();
  /** Fewer than two option bytes: `options` was not parsed and is empty. */
  hasOptions = false;
  /** What the segment costs in receive memory (see `truesize`). */
  truesize = 0;
  /** Bytes that its buffer has left behind the data (see `roomBehind`). */
  room = 0;
}

/**
 * What a segment of `length` IP bytes costs in receive memory: the driver's buffer rounded to cache lines, the buffer's trailer and
 * the packet record, as a 64-bit Linux accounts them.
 */
export function truesize(length: number): number {
  return ((length + 14 + 64 + 63) & ~63) + 576;
}

/** What is left of the driver's buffer behind `length` IP bytes: a small segment that follows is copied there at no cost. */
export function roomBehind(length: number): number {
  return -(length + 14) & 63;
}

/** What is saved when a segment's bytes are joined to the record before it. */
export const JOINED = 256;

/** So many segments can be joined to a record, beside those that are copied into its buffer. */
export const PIECES = 17;
