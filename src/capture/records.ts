import type { Frame } from '../wire/frame.ts';
import { LinkType } from '../wire/link.ts';
import type { Damage } from './damage.ts';
import type { CaptureInterface } from './interface.ts';

/** Largest frame of the link types that rxpath climbs: libpcap's MAXIMUM_SNAPLEN. A longer one is a forged or damaged length. */
const MAX_FRAME_BYTES = 262_144;
/** Largest frame of every other link type (USB captures reach it). */
const MAX_OTHER_FRAME_BYTES = 1_048_576;

const CLIMBED = new Set<number>(Object.values(LinkType));

/** Most bytes that a frame of this link type may have. */
export function maxFrameBytes(linkType: number): number {
  return CLIMBED.has(linkType) ? MAX_FRAME_BYTES : MAX_OTHER_FRAME_BYTES;
}

/** The records of one file format, taken one by one out of a window on the input. */
export interface Records {
  readonly interfaces: readonly CaptureInterface[];
  /** Set once: nothing comes after it. */
  readonly damage: Damage | null;
  /** Bytes that the record at hand has in all, as far as its header has been seen: what a cut file should have had. */
  readonly wanted: number;
  /** Where in the input the record begins of which only a part has been read; -1 between records. */
  readonly unfinished: number;
  readonly commentCount: number;
  /** Fills `frame`; false when the window holds no whole record, or at damage. */
  next(frame: Frame): boolean;
}
