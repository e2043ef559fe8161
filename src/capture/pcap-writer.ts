import { FrameDirection } from '../wire/frame.ts';
import { Gather } from './gather.ts';
import type { Target } from './sink.ts';
import { splitSeconds } from './timeline.ts';

/** What the header of a classic pcap file says. Left out: Ethernet, little-endian, microseconds. */
export interface PcapWriterOptions {
  readonly linkType?: number;
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  /** 24-byte record headers; each record then holds its direction. */
  readonly modified?: boolean;
  readonly snaplen?: number;
  /** Bytes of FCS at the end of each frame, an even number up to 30; left out: the file does not say. */
  readonly fcsLength?: number;
  /** Nanoseconds since 1970-01-01 00:00:00 UTC of time 0. */
  readonly origin?: bigint;
}

/** What a writer needs of a frame; every Frame will do. */
export interface WritableFrame {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Nanoseconds after the origin. */
  readonly time: number;
  readonly wireLength: number;
  readonly direction?: number;
}

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MODIFIED = 0xa1b2cd34;
const FCS_PRESENT = 0x0400_0000;

/** Writes classic pcap 2.4 (draft-ietf-opsawg-pcap). Times beyond 32 bits of seconds wrap; microsecond files round down. */
export class PcapWriter {
  private readonly gather: Gather;
  private readonly little: boolean;
  private readonly modified: boolean;
  private readonly unit: number;
  private readonly originSeconds: number;
  private readonly originNanoseconds: number;

  constructor(target: Target, options: PcapWriterOptions = {}) {
    const {
      linkType = 1,
      littleEndian = true,
      nanoseconds = false,
      modified = false,
      snaplen = 262_144,
      fcsLength,
      origin = 0n,
    } = options;
    this.gather = new Gather(target);
    this.little = littleEndian;
    this.modified = modified;
    this.unit = nanoseconds && !modified ? 1 : 1000;
    const split = splitSeconds(origin);
    this.originSeconds = split.seconds;
    this.originNanoseconds = split.nanoseconds;
    const fcs = fcsLength === undefined ? 0 : ((fcsLength >> 1) << 28) | FCS_PRESENT;
    const at = this.gather.room(24);
    const { view } = this.gather;
    view.setUint32(at, modified ? MAGIC_MODIFIED : this.unit === 1 ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS, littleEndian);
    view.setUint16(at + 4, 2, littleEndian);
    view.setUint16(at + 6, 4, littleEndian);
    view.setUint32(at + 16, snaplen, littleEndian);
    view.setUint32(at + 20, (linkType | fcs) >>> 0, littleEndian);
  }

  write(frame: WritableFrame): void {
    const { little, gather } = this;
    const length = frame.end - frame.start;
    const header = this.modified ? 24 : 16;
    const at = gather.room(header + length);
    const { view } = gather;
    const nanoseconds = this.originNanoseconds + frame.time;
    const seconds = Math.floor(nanoseconds / 1e9);
    view.setUint32(at, this.originSeconds + seconds, little);
    view.setUint32(at + 4, Math.floor((nanoseconds - seconds * 1e9) / this.unit), little);
    view.setUint32(at + 8, length, little);
    view.setUint32(at + 12, frame.wireLength, little);
    if (this.modified && frame.direction === FrameDirection.outbound) view.setUint8(at + 22, 4);
    gather.bytes.set(frame.bytes.subarray(frame.start, frame.end), at + header);
  }

  /** Bytes that the target has not taken yet: await `flush` when there are too many. */
  get backlog(): number {
    return this.gather.backlog;
  }

  flush(): Promise<void> {
    return this.gather.flush();
  }
}
