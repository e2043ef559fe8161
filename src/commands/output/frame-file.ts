import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { PcapngWriter } from '../../capture/writer.ts';
import type { Frame } from '../../wire/frame.ts';
import { Exit, Failure, unwritable } from '../failure.ts';

/** Frames as they come, written to a pcapng file with their direction, in nanoseconds. */
export class FrameFile {
  private readonly path: string;
  private readonly fd: number;
  private writer: PcapngWriter | null = null;
  private readonly origin: () => bigint;
  private readonly flag: string;

  /** `origin`: nanoseconds since 1970 of time 0, asked for when the first frame comes. `inputs` are files that it must not be; `flag` is what named it. */
  constructor(path: string, inputs: readonly string[], origin: () => bigint, flag = '--write') {
    this.path = path;
    this.origin = origin;
    this.flag = flag;
    const there = statSync(path, { throwIfNoEntry: false });
    for (const input of inputs) {
      const stat = statSync(input, { throwIfNoEntry: false });
      if (there !== undefined && stat !== undefined && stat.ino === there.ino && stat.dev === there.dev)
        throw new Failure('E_USAGE', Exit.usage, `${flag} ${path} is the capture that is read.`);
    }
    if (!/\.pcapng$/i.test(path)) throw new Failure('E_USAGE', Exit.usage, `${flag} ${path}: the name must end in .pcapng`);
    try {
      this.fd = openSync(path, 'w');
    } catch (error) {
      throw unwritable(`${flag} ${path}`, error);
    }
  }

  readonly record = (frame: Frame): void => {
    this.writer ??= this.begin();
    this.writer.write({ ...frame, interfaceId: 0, linkErrors: frame.linkErrors });
  };

  /** Nothing more comes. Throws Failure where not all could be written. */
  async finish(): Promise<void> {
    try {
      this.writer ??= this.begin();
      await this.writer.flush();
      closeSync(this.fd);
    } catch (error) {
      throw unwritable(`${this.flag} ${this.path}`, error, Exit.input);
    }
  }

  private begin(): PcapngWriter {
    const write = (bytes: Uint8Array): void => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.fd, bytes, at, bytes.length - at);
    };
    const writer = new PcapngWriter(write, { origin: this.origin() });
    writer.section({ application: 'rxpath' });
    writer.interface({ resolution: { base: 10, exponent: 9 } });
    return writer;
  }
}
