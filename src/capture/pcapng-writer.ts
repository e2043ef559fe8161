import { Gather } from './gather.ts';
import type { Resolution } from './interface.ts';
import type { WritableFrame } from './pcap-writer.ts';
import { BLOCK_FRAME_BYTES, BlockType, BYTE_ORDER_MAGIC, OptionCode, PACKET_BYTES, padded } from './pcapng-format.ts';
import { addText, commentOptions, encodeOptions, u32Option, u64Option, type WritableOption } from './pcapng-option-writer.ts';
import type { Target } from './sink.ts';
import { Stamper } from './stamper.ts';

/** What a section header block says of the machine and the program that captured. */
export interface SectionOptions {
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
  readonly comments?: readonly string[];
}

/** What an interface description block says. */
export interface InterfaceOptions {
  readonly linkType?: number;
  /** Most bytes kept of a frame; 0, or left out, is no limit. */
  readonly snaplen?: number;
  readonly name?: string;
  readonly description?: string;
  /** Left out: microseconds, which is also what a file that does not say means. */
  readonly resolution?: Resolution;
  readonly offsetSeconds?: bigint;
  /** Bytes of FCS at the end of each frame. */
  readonly fcsLength?: number;
  readonly comments?: readonly string[];
}

/** A frame, and what an enhanced packet block can say of it; every Frame will do. */
export interface PcapngFrame extends WritableFrame {
  readonly interfaceId?: number;
  /** 0 nothing, 1 inbound, 2 outbound. */
  readonly direction?: number;
  /** Bytes of FCS at the end of this frame, up to 15; written down where it is not what the interface says. */
  readonly fcsLength?: number;
  /** As in Frame. */
  readonly linkErrors?: number;
}

/** What holds for a whole file. Left out: little-endian, and time 0 is 1970-01-01 00:00:00 UTC. */
export interface PcapngWriterOptions {
  readonly littleEndian?: boolean;
  /** Nanoseconds since 1970-01-01 00:00:00 UTC of time 0. */
  readonly origin?: bigint;
}

const MICROSECONDS: Resolution = { base: 10, exponent: 6 };
const NO_OPTIONS: readonly WritableOption[] = [];

/** Writes pcapng 1.0 (draft-ietf-opsawg-pcapng): `section`, then its `interface`s, then packets. */
export class PcapngWriter {
  private readonly gather: Gather;
  private readonly origin: bigint;
  private little: boolean;
  private stampers: Stamper[] = [];
  private fcsLengths: number[] = [];

  constructor(target: Target, options: PcapngWriterOptions = {}) {
    this.gather = new Gather(target);
    this.little = options.littleEndian ?? true;
    this.origin = options.origin ?? 0n;
  }

  /** Begins a section, in its own byte order where one is given; its interfaces count from 0 again. */
  section(about: SectionOptions = {}, littleEndian = this.little): void {
    this.little = littleEndian;
    this.stampers = [];
    this.fcsLengths = [];
    const options = commentOptions(about.comments);
    addText(options, OptionCode.sectionHardware, about.hardware);
    addText(options, OptionCode.sectionOs, about.os);
    addText(options, OptionCode.sectionApplication, about.application);
    const body = new Uint8Array(16);
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, littleEndian);
    view.setUint16(4, 1, littleEndian);
    view.setBigInt64(8, -1n, littleEndian);
    this.block(BlockType.section, body, options);
  }

  /** Gives the interface's number within the section. */
  interface(about: InterfaceOptions = {}): number {
    const { linkType = 1, snaplen = 0, resolution, offsetSeconds, fcsLength } = about;
    const options = commentOptions(about.comments);
    addText(options, OptionCode.interfaceName, about.name);
    addText(options, OptionCode.interfaceDescription, about.description);
    if (resolution !== undefined) options.push({ code: OptionCode.interfaceResolution, value: resolutionByte(resolution) });
    if (fcsLength !== undefined) options.push({ code: OptionCode.interfaceFcsLength, value: Uint8Array.of(fcsLength * 8) });
    if (offsetSeconds !== undefined) options.push(u64Option(OptionCode.interfaceOffset, offsetSeconds, this.little));
    const body = new Uint8Array(8);
    const view = new DataView(body.buffer);
    view.setUint16(0, linkType, this.little);
    view.setUint32(4, snaplen, this.little);
    this.block(BlockType.interface, body, options);
    this.fcsLengths.push(fcsLength ?? -1);
    return this.stampers.push(new Stamper(this.origin, resolution ?? MICROSECONDS, offsetSeconds ?? 0n)) - 1;
  }

  /** An enhanced packet block, with its comments and any other options. Its interface must have been written in this section. */
  write(frame: PcapngFrame, comments?: readonly string[], more: readonly WritableOption[] = NO_OPTIONS): void {
    const id = frame.interfaceId ?? 0;
    const stamper = this.stampers[id];
    if (stamper === undefined) throw new RangeError(`This section has no interface ${id}: write it before its packets.`);
    const { little, gather } = this;
    const captured = frame.end - frame.start;
    const options = encodeOptions(this.packetOptions(frame, comments, more), little);
    const length = PACKET_BYTES + padded(captured) + options.length;
    const at = gather.room(length);
    const { view, bytes } = gather;
    stamper.stamp(frame.time);
    view.setUint32(at, BlockType.enhancedPacket, little);
    view.setUint32(at + 4, length, little);
    view.setUint32(at + 8, id, little);
    view.setUint32(at + 12, stamper.high, little);
    view.setUint32(at + 16, stamper.low, little);
    view.setUint32(at + 20, captured, little);
    view.setUint32(at + 24, frame.wireLength, little);
    bytes.set(frame.bytes.subarray(frame.start, frame.end), at + 28);
    bytes.set(options, at + 28 + padded(captured));
    view.setUint32(at + length - 4, length, little);
  }

  /** A simple packet block: no time, interface 0, and only as many bytes as that interface's snaplen allows. */
  writeSimple(frame: WritableFrame): void {
    const body = new Uint8Array(4 + frame.end - frame.start);
    new DataView(body.buffer).setUint32(0, frame.wireLength, this.little);
    body.set(frame.bytes.subarray(frame.start, frame.end), 4);
    this.block(BlockType.simplePacket, body);
  }

  /** A block of any type: its body, which is padded, and options. */
  block(type: number, body: Uint8Array, options: readonly WritableOption[] = NO_OPTIONS): void {
    const { little, gather } = this;
    const encoded = encodeOptions(options, little);
    const length = BLOCK_FRAME_BYTES + padded(body.length) + encoded.length;
    const at = gather.room(length);
    const { view, bytes } = gather;
    view.setUint32(at, type, little);
    view.setUint32(at + 4, length, little);
    bytes.set(body, at + 8);
    bytes.set(encoded, at + 8 + padded(body.length));
    view.setUint32(at + length - 4, length, little);
  }

  /** Bytes that the target has not taken yet: await `flush` when there are too many. */
  get backlog(): number {
    return this.gather.backlog;
  }

  /** Hands all that was written to the target. Rejects with the target's error. */
  flush(): Promise<void> {
    return this.gather.flush();
  }

  private packetOptions(frame: PcapngFrame, comments?: readonly string[], more = NO_OPTIONS): readonly WritableOption[] {
    const { interfaceId = 0, direction = 0, fcsLength = -1, linkErrors = 0 } = frame;
    const ownFcs = fcsLength > 0 && fcsLength !== this.fcsLengths[interfaceId] ? fcsLength : 0;
    const flags = (direction | (ownFcs << 5) | (linkErrors << 16)) >>> 0;
    if (flags === 0 && comments === undefined) return more;
    const options = [...commentOptions(comments), ...more];
    if (flags !== 0) options.push(u32Option(OptionCode.packetFlags, flags, this.little));
    return options;
  }
}

/** if_tsresol: the upper bit chooses between powers of 2 and of 10. */
function resolutionByte({ base, exponent }: Resolution): Uint8Array {
  return Uint8Array.of(exponent | (base === 2 ? 0x80 : 0));
}
