import { type Frame, NO_COMMENTS } from '../wire/frame.ts';
import type { Damage } from './damage.ts';
import type { CaptureCode } from './error.ts';
import type { CaptureInterface } from './interface.ts';
import {
  BLOCK_FRAME_BYTES,
  BlockType,
  BYTE_ORDER_MAGIC,
  INTERFACE_BYTES,
  OptionCode,
  PACKET_BYTES,
  padded,
  SECTION_BYTES,
  SIMPLE_PACKET_BYTES,
  STATISTICS_BYTES,
} from './pcapng-format.ts';
import { Options } from './pcapng-options.ts';
import { type CaptureSection, InterfaceState, readInterface, readSection, Texts } from './pcapng-sections.ts';
import type { Records } from './records.ts';
import type { Timeline } from './timeline.ts';
import { WINDOW_BYTES, type Window } from './window.ts';

/** Interfaces that one section may have. */
const MAX_INTERFACES = 65_536;
/** Sections and interfaces of all sections that are remembered for a report. */
const MAX_REMEMBERED = 1_000;

// What a block gave.
const NOTHING = 0;
const DESCRIPTION = 1;
const PACKET = 2;

/** The packets of a pcapng file: its blocks in order, those without a packet read for what they say or passed by. */
export class PcapngRecords implements Records {
  readonly interfaces: CaptureInterface[] = [];
  readonly sections: CaptureSection[] = [];
  sectionCount = 0;
  commentCount = 0;
  /** Blocks of a type that is passed by: names, secrets, custom and unknown ones. */
  passedBlocks = 0;
  damage: Damage | null = null;
  wanted = BLOCK_FRAME_BYTES;
  private readonly window: Window;
  private readonly timeline: Timeline;
  private readonly options = new Options();
  private readonly texts = new Texts();
  private little = false;
  private current: InterfaceState[] = [];
  private blockOffset = 0;
  /** Length of the block that is being passed by; its end must repeat it. 0 where there is none. */
  private passing = 0;

  constructor(window: Window, timeline: Timeline) {
    this.window = window;
    this.timeline = timeline;
  }

  next(frame: Frame): boolean {
    let taken = DESCRIPTION;
    while (taken === DESCRIPTION) taken = this.takeBlock(frame);
    return taken === PACKET;
  }

  /** Reads the first section header; false while bytes of it are missing, or at damage. */
  begin(frame: Frame): boolean {
    return this.sectionCount > 0 || this.takeBlock(frame) !== NOTHING;
  }

  get unfinished(): number {
    if (this.passing !== 0) return this.blockOffset;
    return this.window.start < this.window.end ? this.window.offset : -1;
  }

  private takeBlock(frame: Frame): number {
    if (this.passing !== 0 && !this.passedBy()) return NOTHING;
    const window = this.window;
    const view = window.view;
    const at = window.start;
    if (at + BLOCK_FRAME_BYTES > window.end) return this.short(BLOCK_FRAME_BYTES);
    const type = view.getUint32(at, this.little);
    if (type === BlockType.section && !this.chooseByteOrder(at)) return NOTHING;
    const total = view.getUint32(at + 4, this.little);
    if (total < BLOCK_FRAME_BYTES) return this.broken(`has an impossible length of ${total}`);
    if (!isRead(type)) return this.passBlock(total);
    if (total > WINDOW_BYTES) return this.broken(`claims ${total} bytes; ${WINDOW_BYTES} are the most that it may have`);
    // Some writers leave the padding out of the length that they write down; it is there all the same.
    const end = at + padded(total);
    if (end > window.end) return this.short(end - at);
    const repeated = view.getUint32(end - 4, this.little);
    if (repeated !== total) return this.broken(`begins with the length ${total} and ends with ${repeated}`);
    const taken = this.readBlock(frame, type, at, end);
    if (taken !== NOTHING) window.start = end;
    return taken;
  }

  private readBlock(frame: Frame, type: number, at: number, end: number): number {
    if (type === BlockType.enhancedPacket || type === BlockType.packet) return this.packet(frame, at, end, type);
    if (type === BlockType.simplePacket) return this.simplePacket(frame, at, end);
    if (type === BlockType.section) return this.section(at, end);
    if (type === BlockType.interface) return this.interface(at, end);
    return this.statistics(at, end);
  }

  /** An enhanced packet block, or the obsolete one, which differs in its 16-bit interface. */
  private packet(frame: Frame, at: number, end: number, type: number): number {
    const view = this.window.view;
    const little = this.little;
    if (end - at < PACKET_BYTES) return this.broken('is too short for a packet');
    const id = type === BlockType.packet ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little);
    const on = this.current[id];
    if (on === undefined) return this.broken(`names interface ${id}, and its section has ${this.current.length}`);
    const captured = view.getUint32(at + 20, little);
    const body = at + 28;
    if (captured > end - 4 - body) return this.broken(`holds fewer than the ${captured} bytes that it says were captured`);
    if (captured > on.maxCaptured) return this.forged(captured, on);
    const options = body + padded(captured);
    frame.bytes = this.window.bytes;
    frame.start = body;
    frame.end = body + captured;
    frame.time = on.clock.at(view.getUint32(at + 12, little), view.getUint32(at + 16, little));
    frame.wireLength = view.getUint32(at + 24, little);
    frame.linkType = on.info.linkType;
    frame.fcsLength = on.info.fcsLength;
    frame.direction = 0;
    frame.interfaceId = id;
    frame.linkErrors = 0;
    frame.comments = NO_COMMENTS;
    on.info.frames++;
    if (options < end - 4) this.packetOptions(frame, options, end - 4);
    return PACKET;
  }

  /** A packet without time, interface or captured length: the previous packet's time, interface 0, and its snaplen. */
  private simplePacket(frame: Frame, at: number, end: number): number {
    const on = this.current[0];
    if (end - at < SIMPLE_PACKET_BYTES) return this.broken('is too short for a packet');
    if (on === undefined) return this.broken('is a packet, and its section has no interface');
    const wire = this.window.view.getUint32(at + 8, this.little);
    const body = at + 12;
    let captured = Math.min(wire, end - 4 - body);
    if (on.info.snaplen !== 0) captured = Math.min(captured, on.info.snaplen);
    if (captured > on.maxCaptured) return this.forged(captured, on);
    frame.bytes = this.window.bytes;
    frame.start = body;
    frame.end = body + captured;
    frame.time = this.timeline.last;
    frame.wireLength = wire;
    frame.linkType = on.info.linkType;
    frame.fcsLength = on.info.fcsLength;
    frame.direction = 0;
    frame.interfaceId = 0;
    frame.linkErrors = 0;
    frame.comments = NO_COMMENTS;
    on.info.frames++;
    return PACKET;
  }

  /** epb_flags: bits 0-1 direction, 5-8 bytes of FCS, 16-31 link-layer errors. */
  private packetOptions(frame: Frame, start: number, end: number): void {
    const options = this.options.over(this.window.view, start, end, this.little);
    let comments: string[] | null = null;
    while (options.next()) {
      if (options.code === OptionCode.comment) {
        this.commentCount++;
        // whoever keeps the comments of an earlier frame keeps them as they are
        if (comments === null) frame.comments = comments = [];
        comments.push(options.text());
      }
      if (options.code !== OptionCode.packetFlags) continue;
      const flags = options.u32() ?? 0;
      const direction = flags & 3;
      const fcsLength = (flags >>> 5) & 15;
      if (direction !== 3) frame.direction = direction;
      if (fcsLength !== 0) frame.fcsLength = fcsLength;
      frame.linkErrors = flags >>> 16;
    }
  }

  private section(at: number, end: number): number {
    const view = this.window.view;
    if (end - at < SECTION_BYTES) return this.broken('is too short for a section header');
    const major = view.getUint16(at + 12, this.little);
    const minor = view.getUint16(at + 14, this.little);
    if (major !== 1 || (minor !== 0 && minor !== 2)) {
      return this.broken(`begins a section of version ${major}.${minor}; only 1.0 is known`, 'E_CAPTURE_UNSUPPORTED_VERSION');
    }
    this.options.over(view, at + 24, end - 4, this.little);
    const section = readSection(this.options, this.little, `${major}.${minor}`, this.texts);
    this.commentCount += section.comments.length;
    if (this.sections.length < MAX_REMEMBERED) this.sections.push(section);
    this.sectionCount++;
    this.current = [];
    return DESCRIPTION;
  }

  private interface(at: number, end: number): number {
    const view = this.window.view;
    if (end - at < INTERFACE_BYTES) return this.broken('is too short for an interface');
    if (this.current.length === MAX_INTERFACES) return this.broken(`is more than the ${MAX_INTERFACES} interfaces of a section`);
    const place = {
      id: this.current.length,
      section: this.sectionCount - 1,
      linkType: view.getUint16(at + 8, this.little),
      snaplen: view.getUint32(at + 12, this.little),
    };
    const info = readInterface(place, this.options.over(view, at + 16, end - 4, this.little), this.texts);
    this.commentCount += info.comments.length;
    this.current.push(new InterfaceState(info, this.timeline));
    if (this.interfaces.length < MAX_REMEMBERED) this.interfaces.push(info);
    return DESCRIPTION;
  }

  private statistics(at: number, end: number): number {
    const view = this.window.view;
    const on = end - at < STATISTICS_BYTES ? undefined : this.current[view.getUint32(at + 8, this.little)];
    if (on === undefined) return DESCRIPTION;
    let dropped: bigint | null = null;
    const options = this.options.over(view, at + 20, end - 4, this.little);
    while (options.next()) {
      if (options.code === OptionCode.comment) this.commentCount++;
      else if (options.code === OptionCode.statisticsReceived) on.info.received = options.u64() ?? on.info.received;
      else if (options.code === OptionCode.statisticsDropped || options.code === OptionCode.statisticsSystemDropped) {
        dropped = (dropped ?? 0n) + (options.u64() ?? 0n);
      }
    }
    on.info.dropped = dropped ?? on.info.dropped;
    return DESCRIPTION;
  }

  private chooseByteOrder(at: number): boolean {
    const view = this.window.view;
    this.little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    if (this.little || view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) return true;
    this.broken('is a section header without the byte-order magic');
    return false;
  }

  private passBlock(total: number): number {
    this.blockOffset = this.window.offset;
    this.passing = total;
    this.passedBlocks++;
    this.wanted = padded(total);
    this.window.pass(padded(total) - 4);
    return DESCRIPTION;
  }

  /** Whether the block that is being passed by has ended, and well. */
  private passedBy(): boolean {
    const window = this.window;
    if (window.skip > 0 || window.start + 4 > window.end) return false;
    const repeated = window.view.getUint32(window.start, this.little);
    if (repeated === this.passing) {
      window.start += 4;
      this.passing = 0;
      return true;
    }
    this.broken(`begins with the length ${this.passing} and ends with ${repeated}`);
    return false;
  }

  private short(bytes: number): number {
    this.wanted = bytes;
    return NOTHING;
  }

  private forged(captured: number, on: InterfaceState): number {
    return this.broken(`claims ${captured} captured bytes; link type ${on.info.linkType} allows ${on.maxCaptured}`);
  }

  private broken(what: string, code: CaptureCode = 'E_CAPTURE_DAMAGED'): number {
    const offset = this.passing === 0 ? this.window.offset : this.blockOffset;
    this.damage ??= { code, offset, lostBytes: null, message: `The block at byte ${offset} ${what}.` };
    return NOTHING;
  }
}

function isRead(type: number): boolean {
  return (
    type === BlockType.enhancedPacket ||
    type === BlockType.simplePacket ||
    type === BlockType.packet ||
    type === BlockType.interface ||
    type === BlockType.statistics ||
    type === BlockType.section
  );
}
