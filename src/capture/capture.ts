import type { Frame } from '../wire/frame.ts';
import type { Damage } from './damage.ts';
import { CaptureError } from './error.ts';
import { type CaptureFormat, CaptureReader } from './reader.ts';
import { type Inspection, inspect, openSource } from './source.ts';
import { Timeline } from './timeline.ts';
import { Window } from './window.ts';

/** Damage, and the file in which it was met. */
export interface FileDamage extends Damage {
  readonly file: string;
}

/**
 * Opens one or several captures as one continuous trace: frame numbers go on from file to file, and time counts from the first
 * frame of the first. A file that cannot be read, or is no capture, is damage, and the trace goes on after it. Rejects with CaptureError
 * where all are so.
 */
export function openCapture(paths: readonly string[]): Promise<Capture> {
  return Capture.open(paths);
}

/** One trace out of several capture files; the loop over it is CaptureReader's. */
export class Capture {
  readonly paths: readonly string[];
  /** Bytes on disk of all files; null where one is a pipe. */
  readonly size: number | null;
  /** Whether `rewind` works: only files, no pipes. */
  readonly rewindable: boolean;
  /** Files opened so far, in order; the last one is being read. */
  readonly files: CaptureReader[] = [];
  /** Where files stopped making sense, in order. */
  readonly damages: FileDamage[] = [];
  /** Frames given out so far. */
  frameCount = 0;
  private readonly timeline = new Timeline();
  private readonly window = new Window();
  private reader: CaptureReader | null = null;
  private opened = 0;
  private consumedBefore = 0;
  private refused: CaptureError | null = null;

  private constructor(paths: readonly string[], size: number | null, rewindable: boolean) {
    this.paths = paths;
    this.size = size;
    this.rewindable = rewindable;
  }

  /** See openCapture. */
  static async open(paths: readonly string[]): Promise<Capture> {
    if (paths.filter((path) => path === '-').length > 1) {
      throw new CaptureError('E_CAPTURE_STDIN_TWICE', '-', 'Standard input can be read only once. Name `-` once.');
    }
    let size: number | null = 0;
    let rewindable = true;
    for (const path of paths) {
      const found = await inspect(path).catch(orNothing);
      size = size === null || found.size === null ? null : size + found.size;
      rewindable &&= found.rewindable;
    }
    const capture = new Capture(paths, size, rewindable);
    await capture.begin();
    return capture;
  }

  /** Fills the frame; false: `fill` first. The frame's bytes hold until then. */
  next(frame: Frame): boolean {
    if (this.reader === null || !this.reader.next(frame)) return false;
    frame.number = ++this.frameCount;
    return true;
  }

  /** Reads what has arrived, or waits for it, or goes on to the next file; false at the end of the last. */
  async fill(): Promise<boolean> {
    if (this.reader === null) return false;
    if (await this.reader.fill()) return true;
    await this.leave(this.reader);
    return this.enter();
  }

  /** Nanoseconds since 1970-01-01 00:00:00 UTC of the first frame; 0n before it. */
  get origin(): bigint {
    return this.timeline.origin;
  }

  /** Of the file being read, or of the last one. */
  get format(): CaptureFormat {
    return this.files.at(-1)!.format;
  }

  /** The first damage; null where all is well so far. */
  get damage(): FileDamage | null {
    return this.damages[0] ?? null;
  }

  /** Bytes on disk taken so far: with `size`, a progress bar. */
  get consumed(): number {
    return this.consumedBefore + (this.reader?.source.consumed ?? 0);
  }

  get commentCount(): number {
    return this.files.reduce((count, file) => count + file.commentCount, 0);
  }

  /**
   * Starts again at the first frame of the first file. Rejects with CaptureError for a pipe (E_CAPTURE_NOT_REWINDABLE), and where the files
   * have become something else.
   */
  async rewind(): Promise<void> {
    if (!this.rewindable) {
      throw new CaptureError(
        'E_CAPTURE_NOT_REWINDABLE',
        this.paths[0]!,
        'A pipe can be read only once. Save it to a file first.',
      );
    }
    await this.close();
    this.files.length = 0;
    this.damages.length = 0;
    this.frameCount = 0;
    this.timeline.last = 0;
    this.opened = 0;
    this.consumedBefore = 0;
    this.refused = null;
    await this.begin();
  }

  async close(): Promise<void> {
    const { reader } = this;
    this.reader = null;
    await reader?.close();
  }

  private async begin(): Promise<void> {
    if (!(await this.enter())) throw this.refused ?? new CaptureError('E_CAPTURE_NOT_FOUND', '', 'No capture was named.');
  }

  /** Opens the next file that is a capture; those that are not are damage. */
  private async enter(): Promise<boolean> {
    while (this.opened < this.paths.length) {
      const path = this.paths[this.opened++]!;
      try {
        await this.openFile(path);
        return true;
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        this.refused ??= error;
        this.damages.push({ file: path, code: error.code, offset: error.offset, lostBytes: null, message: error.message });
      }
    }
    return false;
  }

  private async openFile(path: string): Promise<void> {
    const source = await openSource(path);
    try {
      this.reader = await CaptureReader.open(source, this.timeline, this.window);
      this.files.push(this.reader);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  private async leave(reader: CaptureReader): Promise<void> {
    this.consumedBefore += reader.source.consumed;
    if (reader.damage !== null) this.damages.push({ file: reader.source.name, ...reader.damage });
    await this.close();
  }
}

/** What cannot be read is told when its turn comes. */
function orNothing(error: unknown): Inspection {
  if (error instanceof CaptureError) return { size: 0, rewindable: true };
  throw error;
}
