import type { ParsedPacket } from 'pcap-parser';
import { Frame } from '../wire/frame.ts';
import { type CaptureFormat, CaptureReader } from './reader.ts';
import { type OpenSecond, secondReading } from './second-reader.ts';
import { openSource } from './source.ts';
import { splitSeconds } from './timeline.ts';

export type CheckedField = 'time' | 'captured_length' | 'wire_length' | 'bytes' | 'count';

/**
 * One field of one record on which the readers disagree: `time` in microseconds since 1970-01-01 00:00:00 UTC, lengths in bytes,
 * `bytes` the first byte that differs, and where.
 */
export interface Disagreement {
  /** Counts from 1; for `count` the first record that only one of them has. */
  readonly record: number;
  readonly field: CheckedField;
  readonly ours: number;
  readonly theirs: number;
  readonly offset?: number;
}

/** What a second reader makes of a capture. */
export interface CrossCheck {
  readonly file: string;
  /** `unreadable`: the second reader cannot read it, or must not be given it; `reason` says why. */
  readonly status: 'agreed' | 'disagreed' | 'unreadable';
  readonly reason: string | null;
  /** Records compared. */
  readonly records: number;
  /** How many fields differ; the first hundred are in `disagreements`. */
  readonly count: number;
  readonly disagreements: readonly Disagreement[];
}

const MAX_KEPT = 100;

/**
 * Reads a classic microsecond capture again with the npm package pcap-parser, which shares no code with ours, and compares every
 * record. Rejects with CaptureError where ours cannot open it. What pcap-parser cannot read is said to be so; a damaged file is not
 * given to it, because a forged length makes it buffer without end.
 */
export async function crossCheck(path: string, second: OpenSecond = secondReading): Promise<CrossCheck> {
  const reader = await CaptureReader.open(await openSource(path));
  try {
    const reason = unfit(reader.format) ?? (reader.source.rewindable ? await damageOf(reader) : 'a pipe cannot be read twice');
    if (reason !== null) return unreadable(path, reason);
    return await compare(path, reader, second);
  } finally {
    await reader.close();
  }
}

function unreadable(file: string, reason: string): CrossCheck {
  return { file, status: 'unreadable', reason, records: 0, count: 0, disagreements: [] };
}

function unfit(format: CaptureFormat): string | null {
  if (format.compression !== null) return 'pcap-parser does not inflate gzip';
  if (format.name === 'pcapng') return 'pcap-parser does not read pcapng';
  if (format.nanoseconds) return 'pcap-parser does not read nanosecond pcap';
  if (format.modified) return 'pcap-parser does not read modified pcap';
  return null;
}

async function damageOf(reader: CaptureReader): Promise<string | null> {
  const frame = new Frame();
  do while (reader.next(frame));
  while (await reader.fill());
  if (reader.damage !== null) return `the file is damaged, and pcap-parser cannot cope with that (${reader.damage.message})`;
  await reader.rewind();
  return null;
}

async function compare(path: string, reader: CaptureReader, second: OpenSecond): Promise<CrossCheck> {
  const source = await openSource(path);
  const theirs = await second((into) => source.read(into, 0, into.length));
  const comparison = new Comparison(reader);
  for (let records = await theirs.more(); records !== null; records = await theirs.more()) {
    for (const record of records) await comparison.with(record);
  }
  await source.close();
  if (theirs.refusal !== null) return unreadable(path, `pcap-parser: ${theirs.refusal}`);
  await comparison.end();
  const { records, count, disagreements } = comparison;
  return { file: path, status: count === 0 ? 'agreed' : 'disagreed', reason: null, records, count, disagreements };
}

/** Our reader, record by record beside the other. */
class Comparison {
  records = 0;
  count = 0;
  readonly disagreements: Disagreement[] = [];
  private readonly reader: CaptureReader;
  private readonly frame = new Frame();
  private theirRecords = 0;

  constructor(reader: CaptureReader) {
    this.reader = reader;
  }

  async with(packet: ParsedPacket): Promise<void> {
    this.theirRecords++;
    if (!(await this.advance())) return;
    this.records++;
    const { frame } = this;
    const { header, data } = packet;
    this.same('time', this.microseconds(), header.timestampSeconds * 1e6 + header.timestampMicroseconds);
    this.same('captured_length', frame.end - frame.start, header.capturedLength);
    this.same('wire_length', frame.wireLength, header.originalLength);
    this.sameBytes(data);
  }

  /** Both have ended: have they given as many? */
  async end(): Promise<void> {
    let ours = this.records;
    while (await this.advance()) ours++;
    if (ours !== this.theirRecords) this.keep({ record: this.records + 1, field: 'count', ours, theirs: this.theirRecords });
  }

  private async advance(): Promise<boolean> {
    while (!this.reader.next(this.frame)) if (!(await this.reader.fill())) return false;
    return true;
  }

  /** Rounded, because a time months after the origin has no single nanoseconds. */
  private microseconds(): number {
    const { seconds, nanoseconds } = splitSeconds(this.reader.origin);
    return seconds * 1e6 + Math.round((nanoseconds + this.frame.time) / 1000);
  }

  private same(field: CheckedField, ours: number, theirs: number): void {
    if (ours !== theirs) this.keep({ record: this.records, field, ours, theirs });
  }

  private sameBytes(data: Uint8Array): void {
    const { bytes, start, end } = this.frame;
    const length = Math.min(end - start, data.length);
    if (Buffer.compare(bytes.subarray(start, start + length), data.subarray(0, length)) === 0) return;
    let at = 0;
    while (bytes[start + at] === data[at]) at++;
    this.keep({ record: this.records, field: 'bytes', ours: bytes[start + at]!, theirs: data[at]!, offset: at });
  }

  private keep(disagreement: Disagreement): void {
    this.count++;
    if (this.disagreements.length < MAX_KEPT) this.disagreements.push(disagreement);
  }
}
