import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { fileTarget, PcapngWriter, PcapWriter } from '../capture/writer.ts';
import type { Tap } from '../scenario/world.ts';
import { CATALOGUE, NAMES } from '../trace/catalogue.ts';
import type { Decision } from '../trace/decision.ts';
import type { Trace } from '../trace/trace.ts';
import { crc32, FCS_LENGTH, fcsAt } from '../wire/crc32.ts';

/** 2023-11-14 22:13:20 UTC: a script has no date, and its files are to be the same each time. */
const ORIGIN = 1_700_000_000_000_000_000n;
const INBOUND = 1;
const OUTBOUND = 2;
/** Bytes that may wait to be written. */
const MOST_BEHIND = 4 * 1024 * 1024;
/** As in Frame.linkErrors. */
const CRC_ERROR = 0x100;

export interface RecordingOptions {
  readonly fcs: boolean;
  readonly only: 'in' | 'out' | undefined;
  readonly comments: boolean;
}

/** Writes the frames on a server's wire to a capture file. */
export class Recording {
  frames = 0;
  private readonly file: Writable;
  private readonly writer: PcapWriter | PcapngWriter;
  private readonly options: RecordingOptions;

  constructor(path: string, isPcapng: boolean, options: RecordingOptions) {
    this.options = options;
    this.file = fileTarget(path);
    const fcsLength = options.fcs ? FCS_LENGTH : 0;
    if (isPcapng) {
      const writer = new PcapngWriter(this.file, { origin: ORIGIN });
      writer.section({ application: 'rxpath' });
      writer.interface({ resolution: { base: 10, exponent: 9 }, ...(options.fcs ? { fcsLength } : {}) });
      this.writer = writer;
    } else {
      this.writer = new PcapWriter(this.file, { nanoseconds: true, origin: ORIGIN, ...(options.fcs ? { fcsLength } : {}) });
    }
  }

  readonly tap: Tap = (bytes, time, number, trace) => {
    const { options, writer } = this;
    const inbound = trace !== null;
    if (options.only !== undefined && inbound !== (options.only === 'in')) return;
    this.frames++;
    const body = bytes.length - FCS_LENGTH;
    const end = options.fcs ? bytes.length : body;
    const frame = { bytes, start: 0, end, wireLength: end, time, direction: inbound ? INBOUND : OUTBOUND };
    if (writer instanceof PcapWriter) {
      writer.write(frame);
      return;
    }
    const isBad = !options.fcs && body >= 0 && fcsAt(bytes, body) !== crc32(bytes, 0, body);
    const comments = options.comments && inbound ? [commentOf(trace, number)] : [];
    writer.write({ ...frame, linkErrors: isBad ? CRC_ERROR : 0 }, comments);
  };

  /** The file is behind: more frames have to wait. */
  readonly drain = (): Promise<void> | null => (this.writer.backlog > MOST_BEHIND ? this.writer.flush() : null);

  async end(): Promise<void> {
    await this.writer.flush();
    this.file.end();
    await once(this.file, 'close');
  }
}

/** `#6 drop nic fcs_error`. */
function commentOf(trace: Trace, number: number): string {
  if (trace.final < 0) return `#${number}`;
  const { effect, layer, reason } = CATALOGUE[trace.final] as Decision;
  return `#${number} ${effect} ${layer} ${reason ?? NAMES[trace.final]!}`;
}
