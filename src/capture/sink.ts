import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';

/** Takes bytes in order; a promise says when it can take more. The bytes are the sink's own from then on. */
export type Sink = (bytes: Uint8Array) => void | Promise<void>;

/** Where a writer's bytes go: a function, or a stream that is held to its own pace. */
export type Target = Sink | Writable;

/** A sink that waits until a stream has taken the bytes; a function is one already. Rejects with the stream's error. */
export function sinkOf(target: Target): Sink {
  if (typeof target === 'function') return target;
  return (bytes) =>
    new Promise((resolve, reject) => {
      target.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
}

/** A new file, or one written over; `fd`: it is open already. `end` it after the writer's `flush`. */
export function fileTarget(path: string, fd?: number): Writable {
  return createWriteStream(path, fd === undefined ? {} : { fd });
}

/** What a sink gathers in memory. */
export class MemorySink {
  private readonly parts: Uint8Array[] = [];
  readonly take: Sink = (bytes) => {
    this.parts.push(bytes);
  };

  bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.parts));
  }
}
