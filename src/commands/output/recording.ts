import { once } from 'node:events';
import { openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileTarget, PcapngWriter, PcapWriter } from '../../capture/writer.ts';
import type { CaptureSettings, Sighting } from '../../scenario/cable/viewpoint.ts';
import type { Tap } from '../../scenario/play/server-wire.ts';
import { CATALOGUE, D, NAMES } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import type { Trace } from '../../trace/trace.ts';
import { FrameDirection } from '../../wire/frame.ts';
import { LINK_NAMES, LinkType } from '../../wire/link.ts';
import { LinkError } from '../../wire/link-error.ts';
import { Exit, Failure, unwritable } from '../failure.ts';

/** 2023-11-14 22:13:20 UTC: a script has no date, and its files are to be the same each time. */
const ORIGIN = 1_700_000_000_000_000_000n;
/** Bytes that may wait to be written. */
const MOST_BEHIND = 4 * 1024 * 1024;

export interface RecordingOptions extends CaptureSettings {
  readonly comments?: boolean;
}

/** Writes the frames on a server's wire to a capture file, as the script's `capture` steps and the options say; the options come first. */
export class Recording {
  frames = 0;
  private readonly path: string;
  private readonly settings: CaptureSettings;
  private readonly comments: boolean;
  private readonly file: Writable;
  private readonly pcapng: PcapngWriter | null;
  /** Made with the first frame, which says what the file's header has to say. */
  private pcap: PcapWriter | null = null;
  private kind = '';
  /** Interfaces of the pcapng file, by what they are like. */
  private readonly interfaces = new Map<string, number>();

  /** Throws Failure where the file cannot be made. */
  constructor(path: string, isPcapng: boolean, { comments = false, ...settings }: RecordingOptions) {
    this.path = path;
    this.settings = settings;
    this.comments = comments;
    try {
      this.file = fileTarget(path, openSync(path, 'w'));
    } catch (error) {
      throw unwritable(path, error);
    }
    // whoever waits for a write is told of its failure
    this.file.on('error', () => {});
    this.pcapng = isPcapng ? new PcapngWriter(this.file, { origin: ORIGIN }) : null;
    this.pcapng?.section({ application: 'rxpath' });
  }

  readonly tap: Tap = (whole, time, number, trace, viewpoint) => {
    const isPlain = Object.keys(this.settings).length === 0;
    const own = isPlain ? viewpoint : viewpoint.with(this.settings);
    const seen = own.see(whole, trace !== null);
    if (seen === null) return;
    this.frames++;
    const { bytes, wireLength, linkErrors } = seen;
    const direction = trace !== null ? FrameDirection.inbound : FrameDirection.outbound;
    const frame = { bytes, start: 0, end: bytes.length, wireLength, time, direction };
    if (this.pcapng === null) {
      this.pcapFor(seen).write(frame);
      return;
    }
    const comments = this.comments && trace !== null ? [commentOf(trace, number)] : [];
    const interfaceId = this.interfaceFor(this.pcapng, seen, own.settings.snaplen ?? 0);
    const unaligned = trace !== null && trace.final === D.nic_alignment_error ? LinkError.unaligned : 0;
    this.pcapng.write({ ...frame, interfaceId, linkErrors: linkErrors | unaligned }, comments);
  };

  /** The file is behind: more frames have to wait. */
  readonly drain = (): Promise<void> | null => {
    const writer = this.pcapng ?? this.pcap;
    return writer !== null && writer.backlog > MOST_BEHIND ? this.written(writer) : null;
  };

  /** Nothing more comes. Rejects with Failure where not all could be written. */
  async end(): Promise<void> {
    if (this.pcapng !== null) {
      if (this.interfaces.size === 0) this.interfaceFor(this.pcapng, this.nothing, 0);
    } else this.pcap ??= this.pcapFor(this.nothing);
    await this.written((this.pcapng ?? this.pcap)!);
    this.file.end();
    await once(this.file, 'close');
  }

  private async written(writer: PcapngWriter | PcapWriter): Promise<void> {
    try {
      await writer.flush();
    } catch (error) {
      throw unwritable(this.path, error, Exit.input);
    }
  }

  /** Of a file without a frame. */
  private get nothing(): Pick<Sighting, 'linkType' | 'fcsLength'> {
    const { linkType = LinkType.ethernet, fcs } = this.settings;
    return { linkType, fcsLength: fcs === true ? 4 : 0 };
  }

  /** A pcap file is of one link type. */
  private pcapFor({ linkType, fcsLength }: Pick<Sighting, 'linkType' | 'fcsLength'>): PcapWriter {
    const kind = `${linkType} ${fcsLength}`;
    if (this.pcap === null) {
      this.kind = kind;
      const fcs = fcsLength > 0 ? { fcsLength } : {};
      this.pcap = new PcapWriter(this.file, { nanoseconds: true, origin: ORIGIN, linkType, ...fcs });
    } else if (kind !== this.kind) {
      const what = `the script captures ${LINK_NAMES[linkType] ?? `link type ${linkType}`} too`;
      throw new Failure('E_USAGE', Exit.usage, `${this.path}: ${what}, and a .pcap file has one link type only: write .pcapng`);
    }
    return this.pcap;
  }

  private interfaceFor(
    writer: PcapngWriter,
    { linkType, fcsLength }: Pick<Sighting, 'linkType' | 'fcsLength'>,
    snaplen: number,
  ): number {
    const key = `${linkType} ${fcsLength} ${snaplen}`;
    let id = this.interfaces.get(key);
    if (id === undefined) {
      const fcs = fcsLength > 0 ? { fcsLength } : {};
      id = writer.interface({ linkType, snaplen, resolution: { base: 10, exponent: 9 }, ...fcs });
      this.interfaces.set(key, id);
    }
    return id;
  }
}

/** `#6 drop nic fcs_error`. */
function commentOf(trace: Trace, number: number): string {
  if (trace.final < 0) return `#${number}`;
  const { effect, layer, reason } = CATALOGUE[trace.final] as Decision;
  return `#${number} ${effect} ${layer} ${reason ?? NAMES[trace.final]!}`;
}
