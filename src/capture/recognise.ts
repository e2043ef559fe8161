import { Frame } from '../wire/frame.ts';
import type { ByteSource } from './byte-source.ts';
import { ClassicRecords, classicKind, FILE_HEADER_BYTES } from './classic.ts';
import { type CaptureCode, CaptureError, shownName } from './error.ts';
import { describeUnknown } from './identify.ts';
import { PcapngRecords } from './pcapng.ts';
import { BlockType } from './pcapng-format.ts';
import type { Records } from './records.ts';
import type { Timeline } from './timeline.ts';
import type { Window } from './window.ts';

/** What the file is. In pcapng, version and byte order are the first section's, and resolution belongs to each interface. */
export interface CaptureFormat {
  readonly name: 'pcap' | 'pcapng';
  readonly version: string;
  readonly littleEndian: boolean;
  /** Classic pcap whose time stamps count nanoseconds. */
  readonly nanoseconds: boolean;
  /** Classic pcap with 24-byte record headers. */
  readonly modified: boolean;
  readonly compression: 'gzip' | null;
}

/** A recognised capture: its records come next in the window. */
export interface Recognised {
  readonly format: CaptureFormat;
  readonly records: Records;
}

const MAGIC_BYTES = 4;
/** Enough of an unknown input to say what it is, where so many bytes are there. */
const HINT_BYTES = 16;
const MAX_HINT_BYTES = 512;

/** Reads the file header of the capture at the source's beginning. Rejects with CaptureError. */
export async function recognise(source: ByteSource, window: Window, timeline: Timeline): Promise<Recognised> {
  await have(source, window, MAGIC_BYTES);
  if (window.length === 0) throw nothingThere(source);
  const magic = window.length < MAGIC_BYTES ? 0 : window.view.getUint32(window.start, false);
  if (magic === BlockType.section) return recognisePcapng(source, window, timeline);
  const kind = classicKind(magic);
  if (kind === null) {
    await have(source, window, HINT_BYTES);
    const start = window.bytes.subarray(window.start, Math.min(window.end, window.start + MAX_HINT_BYTES));
    throw new CaptureError('E_CAPTURE_UNKNOWN_FORMAT', source.name, describeUnknown(source.name, start));
  }
  if (!(await have(source, window, FILE_HEADER_BYTES))) throw cutHeader(source, window);
  const records = new ClassicRecords(window, timeline, kind);
  if (records.major < 2)
    throw refusal(source, 'E_CAPTURE_UNSUPPORTED_VERSION', `is pcap version ${records.version}; only 2.0 and later are known`);
  const { version } = records;
  return { records, format: { name: 'pcap', version, ...kind, compression: source.compression } };
}

async function recognisePcapng(source: ByteSource, window: Window, timeline: Timeline): Promise<Recognised> {
  const records = new PcapngRecords(window, timeline);
  const frame = new Frame();
  while (!records.begin(frame)) {
    const { damage } = records;
    if (damage !== null)
      throw new CaptureError(damage.code, source.name, `${shownName(source.name)}: ${damage.message}`, damage.offset);
    if (!(await window.fill(source))) throw cutHeader(source, window);
  }
  const { version, littleEndian } = records.sections[0]!;
  const { compression } = source;
  return { records, format: { name: 'pcapng', version, littleEndian, nanoseconds: false, modified: false, compression } };
}

/** Whether the input has so many bytes; waits for them. */
async function have(source: ByteSource, window: Window, bytes: number): Promise<boolean> {
  while (window.length < bytes) if (!(await window.fill(source))) return false;
  return true;
}

function nothingThere(source: ByteSource): CaptureError {
  const { damage, name } = source;
  if (damage !== null) return new CaptureError(damage.code, name, `${shownName(name)}: ${damage.message}`, damage.offset);
  return refusal(source, 'E_CAPTURE_EMPTY', 'is empty: the capture ended before it began');
}

function cutHeader(source: ByteSource, window: Window): CaptureError {
  const { damage, name } = source;
  if (damage !== null) return new CaptureError(damage.code, name, `${shownName(name)}: ${damage.message}`, damage.offset);
  return refusal(
    source,
    'E_CAPTURE_TRUNCATED',
    `was cut within its file header: ${window.length} bytes are there`,
    window.length,
  );
}

function refusal(source: ByteSource, code: CaptureCode, what: string, offset = 0): CaptureError {
  return new CaptureError(
    code,
    source.name,
    `${shownName(source.name)} ${what}. Take the capture again, or name another file.`,
    offset,
  );
}
