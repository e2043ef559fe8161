import type { Frame } from '../wire/frame.ts';
import type { ByteSource } from './byte-source.ts';
import { cutRecord, type Damage, failedInput, giveUpAt } from './damage.ts';
import type { CaptureInterface } from './interface.ts';
import { PcapngRecords } from './pcapng.ts';
import type { CaptureSection } from './pcapng-sections.ts';
import { type CaptureFormat, type Recognised, recognise } from './recognise.ts';
import type { Records } from './records.ts';
import { Timeline } from './timeline.ts';
import { Window } from './window.ts';

export type { CaptureFormat } from './recognise.ts';

/**
 * The frames of one capture. `next` is synchronous and gives what is in memory; when it says false, `fill` reads on:
 *
 *     for (;;) {
 *       while (reader.next(frame)) look(frame);
 *       if (!(await reader.fill())) break;
 *     }
 *     if (reader.damage) tell(reader.damage);
 */
export class CaptureReader {
  readonly source: ByteSource;
  readonly timeline: Timeline;
  format: CaptureFormat;
  /** Frames given out so far. */
  frameCount = 0;
  damage: Damage | null = null;
  private readonly window: Window;
  private records: Records;
  private ended = false;

  private constructor(source: ByteSource, window: Window, timeline: Timeline, opened: Recognised) {
    this.source = source;
    this.window = window;
    this.timeline = timeline;
    this.format = opened.format;
    this.records = opened.records;
  }

  /**
   * Recognises the format by its first bytes. Rejects with CaptureError: E_CAPTURE_EMPTY, E_CAPTURE_UNKNOWN_FORMAT,
   * E_CAPTURE_UNSUPPORTED_VERSION, E_CAPTURE_TRUNCATED or _DAMAGED where the file header itself is. Frame times count from the
   * timeline's origin where it has begun, else from this capture's first frame. The window may have served another reader.
   */
  static async open(source: ByteSource, timeline = new Timeline(), window = new Window()): Promise<CaptureReader> {
    await window.reset();
    return new CaptureReader(source, window, timeline, await recognise(source, window, timeline));
  }

  /** Fills the frame; false: `fill` first. The frame's bytes hold until then. */
  next(frame: Frame): boolean {
    if (this.ended) return false;
    if (!this.records.next(frame)) return this.stopAtDamage();
    frame.number = ++this.frameCount;
    this.timeline.last = frame.time;
    return true;
  }

  /** Reads what has arrived, or waits for it; false at the end, or at damage, after which nothing comes. */
  async fill(): Promise<boolean> {
    if (this.ended) return false;
    if (await this.window.fill(this.source)) return true;
    this.finish();
    return false;
  }

  /** Nanoseconds since 1970-01-01 00:00:00 UTC at which frame times begin; 0n before the first frame. */
  get origin(): bigint {
    return this.timeline.origin;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.records.interfaces;
  }

  /** pcapng's section headers (the first thousand of them); none in classic pcap. */
  get sections(): readonly CaptureSection[] {
    return this.records instanceof PcapngRecords ? this.records.sections : [];
  }

  /** Comments met so far, on frames, interfaces, sections and statistics. */
  get commentCount(): number {
    return this.records.commentCount;
  }

  /** Starts again at the first frame; the timeline stays. Rejects with CaptureError (E_CAPTURE_NOT_REWINDABLE) for a pipe. */
  async rewind(): Promise<void> {
    await this.window.reset();
    await this.source.rewind();
    const { format, records } = await recognise(this.source, this.window, this.timeline);
    this.format = format;
    this.records = records;
    this.frameCount = 0;
    this.damage = null;
    this.ended = false;
  }

  async close(): Promise<void> {
    this.ended = true;
    await this.window.reset();
    await this.source.close();
  }

  private stopAtDamage(): false {
    const { damage } = this.records;
    if (damage === null) return false;
    this.ended = true;
    this.damage = giveUpAt(damage, damage.offset, this.inputSize());
    return false;
  }

  private finish(): void {
    this.ended = true;
    const { unfinished, wanted } = this.records;
    const failed = this.source.damage;
    if (failed !== null) this.damage = failedInput(failed, unfinished === -1 ? failed.offset : unfinished, this.inputSize());
    else if (unfinished !== -1) this.damage = cutRecord(unfinished, this.window.readTo - unfinished, wanted);
  }

  /** Size of what offsets count in: that of an inflated input is not known. */
  private inputSize(): number | null {
    return this.source.compression === null ? this.source.size : null;
  }
}
