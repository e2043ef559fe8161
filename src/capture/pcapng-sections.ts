import { Clock } from './clock.ts';
import type { CaptureInterface, Resolution } from './interface.ts';
import { OptionCode } from './pcapng-format.ts';
import type { Options } from './pcapng-options.ts';
import { maxFrameBytes } from './records.ts';
import type { Timeline } from './timeline.ts';

const MICROSECONDS: Resolution = { base: 10, exponent: 6 };

/** What a section header says of its section. */
export interface CaptureSection {
  readonly littleEndian: boolean;
  readonly version: string;
  readonly hardware: string | null;
  readonly os: string | null;
  readonly application: string | null;
  readonly comments: readonly string[];
}

/** One interface of the section at hand, with what its packets need. */
export class InterfaceState {
  readonly info: CaptureInterface;
  readonly clock: Clock;
  readonly maxCaptured: number;

  constructor(info: CaptureInterface, timeline: Timeline) {
    this.info = info;
    this.clock = new Clock(timeline, info.resolution, info.offsetSeconds);
    this.maxCaptured = maxFrameBytes(info.linkType);
  }
}

/** Keeps at most a mebibyte of text out of all section and interface headers, so that a forged file cannot fill the memory. */
export class Texts {
  private left = 1 << 20;

  /** The text of the option at hand, without its first `skip` bytes; null where there is no more room. */
  keep(option: Options, skip = 0): string | null {
    if (option.length > this.left) return null;
    this.left -= option.length;
    return option.text(skip);
  }

  add(list: string[], option: Options): void {
    const kept = this.keep(option);
    if (kept !== null) list.push(kept);
  }
}

/** The section that these options describe. */
export function readSection(options: Options, littleEndian: boolean, version: string, texts: Texts): CaptureSection {
  let hardware: string | null = null;
  let os: string | null = null;
  let application: string | null = null;
  const comments: string[] = [];
  while (options.next()) {
    if (options.code === OptionCode.comment) texts.add(comments, options);
    else if (options.code === OptionCode.sectionHardware) hardware = texts.keep(options);
    else if (options.code === OptionCode.sectionOs) os = texts.keep(options);
    else if (options.code === OptionCode.sectionApplication) application = texts.keep(options);
  }
  return { littleEndian, version, hardware, os, application, comments };
}

/** Where an interface stands and the two fields that are not options. */
export interface InterfacePlace {
  readonly id: number;
  readonly section: number;
  readonly linkType: number;
  readonly snaplen: number;
}

/** The interface that these options describe. */
export function readInterface(place: InterfacePlace, options: Options, texts: Texts): CaptureInterface {
  let name: string | null = null;
  let description: string | null = null;
  let filter: string | null = null;
  let resolution = MICROSECONDS;
  let fcsLength = -1;
  let offsetSeconds = 0n;
  const comments: string[] = [];
  while (options.next()) {
    if (options.code === OptionCode.comment) texts.add(comments, options);
    else if (options.code === OptionCode.interfaceName) name = texts.keep(options);
    else if (options.code === OptionCode.interfaceDescription) description = texts.keep(options);
    else if (options.code === OptionCode.interfaceFilter) filter = texts.keep(options, 1);
    else if (options.code === OptionCode.interfaceResolution) resolution = resolutionOf(options.u8()) ?? resolution;
    else if (options.code === OptionCode.interfaceFcsLength) fcsLength = fcsLengthOf(options.u8()) ?? fcsLength;
    else if (options.code === OptionCode.interfaceOffset) offsetSeconds = options.i64() ?? offsetSeconds;
  }
  return {
    id: place.id,
    section: place.section,
    linkType: place.linkType,
    snaplen: place.snaplen,
    fcsLength,
    resolution,
    offsetSeconds,
    name,
    description,
    filter,
    comments,
    frames: 0,
    received: null,
    dropped: null,
  };
}

/** if_tsresol: the upper bit chooses between powers of 2 and of 10. */
function resolutionOf(value: number | null): Resolution | null {
  if (value === null) return null;
  return { base: (value & 0x80) === 0 ? 10 : 2, exponent: value & 0x7f };
}

/** if_fcslen counts bits, but its own example is 4, and writers followed that: no FCS has fewer than 8 bits. */
function fcsLengthOf(value: number | null): number | null {
  if (value === null) return null;
  return value < 8 ? value : value >>> 3;
}
