import { type Frame, NO_COMMENTS } from '../wire/frame.ts';
import type { Damage } from './damage.ts';
import { type CaptureInterface, plainInterface } from './interface.ts';
import { maxFrameBytes, type Records } from './records.ts';
import { splitSeconds, type Timeline } from './timeline.ts';
import type { Window } from './window.ts';

// File header (draft-ietf-opsawg-pcap section 4): magic, version, two reserved words, snaplen, link type.
const MAJOR = 4;
const MINOR = 6;
const SNAPLEN = 16;
const LINK_TYPE = 20;
export const FILE_HEADER_BYTES = 24;

// Record header (section 5): seconds, fraction, captured length, length on the wire.
const FRACTION = 4;
const CAPTURED = 8;
const WIRE = 12;
const RECORD_HEADER_BYTES = 16;
/** "Modified" records go on with interface index (4), protocol (2), packet type (1) and a byte of padding. */
const MODIFIED_HEADER_BYTES = 24;
const PACKET_TYPE = 22;
const PACKET_OUTGOING = 4;

/** Seconds by which times are reckoned too high at first, so that their product with 1e9 is none of 32 bits from the first frame on. */
const AHEAD = 4;

/** What the magic number of a classic pcap file says. `modified`: record headers of 24 bytes (Kuznetzov). */
export interface ClassicKind {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly modified: boolean;
}

/** The file format that these four bytes, read as big-endian, begin; null for any other. */
export function classicKind(magic: number): ClassicKind | null {
  switch (magic) {
    case 0xa1b2c3d4:
      return { littleEndian: false, nanoseconds: false, modified: false };
    case 0xd4c3b2a1:
      return { littleEndian: true, nanoseconds: false, modified: false };
    case 0xa1b23c4d:
      return { littleEndian: false, nanoseconds: true, modified: false };
    case 0x4d3cb2a1:
      return { littleEndian: true, nanoseconds: true, modified: false };
    case 0xa1b2cd34:
      return { littleEndian: false, nanoseconds: false, modified: true };
    case 0x34cdb2a1:
      return { littleEndian: true, nanoseconds: false, modified: true };
    default:
      return null;
  }
}

/** Records before version 2.3 hold the two lengths the other way round; version 2.3 was written in both orders. */
const LENGTHS_IN_ORDER = 0;
const LENGTHS_SWAPPED = 1;
const LENGTHS_EITHER = 2;

/** The records of a classic pcap file; construct it with the whole file header at the window's start. */
export class ClassicRecords implements Records {
  readonly interfaces: readonly [CaptureInterface];
  readonly major: number;
  readonly version: string;
  damage: Damage | null = null;
  wanted = RECORD_HEADER_BYTES;
  readonly commentCount = 0;
  private readonly window: Window;
  private readonly timeline: Timeline;
  private readonly little: boolean;
  private readonly modified: boolean;
  private readonly headerBytes: number;
  private readonly linkType: number;
  private readonly fcsLength: number;
  private readonly maxCaptured: number;
  private readonly unit: number;
  private readonly lengths: number;
  private originSeconds = 0;
  private originNanoseconds = 0;
  private placed = false;

  constructor(window: Window, timeline: Timeline, kind: ClassicKind) {
    this.window = window;
    this.timeline = timeline;
    const { view, start } = window;
    this.little = kind.littleEndian;
    this.modified = kind.modified;
    this.headerBytes = kind.modified ? MODIFIED_HEADER_BYTES : RECORD_HEADER_BYTES;
    this.unit = kind.nanoseconds ? 1 : 1000;
    this.major = view.getUint16(start + MAJOR, this.little);
    const minor = view.getUint16(start + MINOR, this.little);
    this.version = `${this.major}.${minor}`;
    this.lengths = lengthOrder(this.major, minor);
    const link = view.getUint32(start + LINK_TYPE, this.little);
    this.linkType = link & 0xffff;
    this.fcsLength = fcsLengthOf(link);
    this.maxCaptured = maxFrameBytes(this.linkType);
    const snaplen = view.getUint32(start + SNAPLEN, this.little);
    const resolution = { base: 10, exponent: kind.nanoseconds ? 9 : 6 } as const;
    this.interfaces = [plainInterface(this.linkType, snaplen, this.fcsLength, resolution)];
    window.pass(FILE_HEADER_BYTES);
  }

  next(frame: Frame): boolean {
    const window = this.window;
    const view = window.view;
    const at = window.start;
    const body = at + this.headerBytes;
    if (body > window.end) return this.short(this.headerBytes);
    const little = this.little;
    let captured = view.getUint32(at + CAPTURED, little);
    let wire = view.getUint32(at + WIRE, little);
    if (this.lengths !== LENGTHS_IN_ORDER && (this.lengths === LENGTHS_SWAPPED || captured > wire)) {
      const first = captured;
      captured = wire;
      wire = first;
    }
    if (captured > this.maxCaptured) return this.forged(captured);
    const end = body + captured;
    if (end > window.end) return this.short(this.headerBytes + captured);
    const seconds = view.getUint32(at, little);
    const nanoseconds = view.getUint32(at + FRACTION, little) * this.unit;
    if (!this.placed) this.place(seconds, nanoseconds);
    frame.bytes = window.bytes;
    frame.start = body;
    frame.end = end;
    frame.time = (seconds - this.originSeconds) * 1e9 + (nanoseconds - this.originNanoseconds);
    frame.wireLength = wire;
    frame.linkType = this.linkType;
    frame.fcsLength = this.fcsLength;
    frame.direction = this.modified ? (view.getUint8(at + PACKET_TYPE) === PACKET_OUTGOING ? 2 : 1) : 0;
    frame.interfaceId = 0;
    frame.linkErrors = 0;
    frame.comments = NO_COMMENTS;
    this.interfaces[0].frames++;
    window.start = end;
    return true;
  }

  get unfinished(): number {
    return this.window.start < this.window.end ? this.window.offset : -1;
  }

  private place(seconds: number, nanoseconds: number): void {
    if (!this.timeline.begun) this.timeline.begin(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    const origin = splitSeconds(this.timeline.origin);
    this.originSeconds = origin.seconds - AHEAD;
    this.originNanoseconds = origin.nanoseconds + AHEAD * 1e9;
    this.placed = true;
  }

  private short(bytes: number): false {
    this.wanted = bytes;
    return false;
  }

  private forged(captured: number): false {
    const offset = this.window.offset;
    const message = `The record at byte ${offset} claims ${captured} captured bytes; link type ${this.linkType} allows ${this.maxCaptured}.`;
    this.damage ??= { code: 'E_CAPTURE_DAMAGED', offset, lostBytes: null, message };
    return false;
  }
}

/** FCS bytes by the link-type word: bit 26 says that bits 28-31 count 16-bit words of FCS. */
function fcsLengthOf(link: number): number {
  return (link & 0x04000000) === 0 ? -1 : (link >>> 28) * 2;
}

function lengthOrder(major: number, minor: number): number {
  if (major === 543 || (major === 2 && minor < 3)) return LENGTHS_SWAPPED;
  return major === 2 && minor === 3 ? LENGTHS_EITHER : LENGTHS_IN_ORDER;
}
